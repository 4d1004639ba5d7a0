//! The path of one question, once, for whoever shows it: prepare → ask → judge → record.
//!
//! [`Desk::prepare`] turns a [`Question`] into a request and its key; [`Desk::ask`] walks memory → disk → the shared tier → model
//! and streams what comes; [`Judged::of`] reads the setup out of an answer and checks it. The command line and the workbench
//! both walk this path and no other.

mod ask;
mod asking;
mod board;
mod browse;
mod freshness;
mod judge;
mod learned;
mod live;
mod played;
mod prepare;
mod reach;
mod record;
mod sharing;
mod spend;
mod stamp;
mod walk;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::cache::{Cache, Flights, Key, Options, Trouble};
use crate::config::{ConfigError, KeyError, Settings, SharedError};
use crate::feed::FeedError;
use crate::journal::{Journal, JournalError};
use crate::market::{ReadError, SeriesError};
use crate::model::ModelError;
use crate::prompt::{Library, LibraryError, TemplateError};
use crate::shared::Shared;

pub use ask::{Answer, Answering, Policy, Step};
pub use board::{Board, Row};
pub use browse::{Browsed, Inspected};
pub use freshness::{Fresh, Freshness};
pub use judge::Judged;
pub use live::fetch;
pub use prepare::{Estimate, Market, Prepared, Question, parse_as_of};
pub use record::{Settled, after};
pub use sharing::{Sharing, Tie};
pub use spend::{Spending, Sum};
pub use stamp::stamp;
pub use walk::{Costs, Progress, Variant, Walk, WalkEstimate};

/// Everything that can go wrong on the way, each in one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A candle file.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A live source.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// Candles that make no series.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// A template that is not there.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// A template that cannot be filled.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A name that the template does not know.
    #[error("template {template} has no `{name}`; {hint}")]
    UnknownValue {
        /// The template.
        template: String,
        /// The name given.
        name: String,
        /// The nearest, or those there are.
        hint: String,
    },
    /// A time before the first candle.
    #[error("--as-of {asked}: the candles begin at {first}; choose a later time")]
    AsOf {
        /// The time asked for.
        asked: String,
        /// The first candle's.
        first: String,
    },
    /// A time that is none.
    #[error("`{0}` is no time; write it as 2024-05-02T13:00:00Z")]
    Time(String),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A limit of the configuration.
    #[error(
        "{usd:.4} US dollars were spent {when}, the limit is {limit}; raise {setting} in [limits], or ask -m offline"
    )]
    Spent {
        /// In which while.
        when: &'static str,
        /// How much.
        usd: f64,
        /// How much may be.
        limit: f64,
        /// The setting.
        setting: &'static str,
    },
    /// Neither prompt nor template.
    #[error("nothing to ask: give a prompt (- reads it from standard input), or a template with -t NAME")]
    Nothing,
}

impl DeskError {
    /// Whether the remedy is configuration: a key, a provider, a setting.
    pub fn is_configuration(&self) -> bool {
        match self {
            DeskError::Model(error) => error.is_configuration(),
            DeskError::Feed(error) => error.is_configuration(),
            DeskError::Key(_) | DeskError::Config(_) | DeskError::Spent { .. } => true,
            _ => false,
        }
    }
}

type Calls = Flights<(Key, u32), Step>;

/// The gates of providers, one each.
type Gates = std::sync::Mutex<std::collections::HashMap<String, Option<Arc<crate::model::Gate>>>>;

/// The desk: settings, templates, cache, and the calls on their way.
#[derive(Clone)]
pub struct Desk {
    settings: Arc<Settings>,
    library: Library,
    cache: Arc<Cache>,
    calls: Arc<Calls>,
    learned: Arc<learned::Learned>,
    gates: Arc<Gates>,
    journal: Arc<std::sync::OnceLock<Result<Journal, JournalError>>>,
    shared: Arc<tokio::sync::OnceCell<Result<Arc<Shared>, SharedError>>>,
    leaving: Arc<AtomicBool>,
}

impl Desk {
    /// Opens the desk. The second value tells of a cache that works on memory alone, or begins anew.
    pub fn open(settings: Settings) -> (Self, Option<Trouble>) {
        let options = Options {
            directory: settings.cache_dir.value.clone(),
            memory_bytes: settings.memory_bytes.value,
            disk_bytes: settings.disk_bytes.value,
            ttl: settings.ttl.value,
        };
        crate::model::price::read_own(settings.places.prices());
        let (cache, trouble) = Cache::open(&options, now_millis());
        let desk = Self {
            library: Library::new(settings.places.templates()),
            learned: Arc::new(learned::Learned::at(&settings.places.state)),
            gates: Arc::default(),
            journal: Arc::default(),
            shared: Arc::default(),
            leaving: Arc::default(),
            settings: Arc::new(settings),
            cache: Arc::new(cache),
            calls: Arc::default(),
        };
        (desk, trouble)
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The templates.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Has long work break off: the process is about to end.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// The cache.
    pub fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }
}

/// The present in UTC epoch milliseconds, as the cache counts.
pub fn now_millis() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Looks up an environment variable; one that is no Unicode is none.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
