//! Settings, where files lie, and where keys come from.
//!
//! A setting is taken from a flag, else a `WICKDESK_*` variable, else `config.toml`, else its default; which of them it
//! was is kept, for `wickdesk doctor`.

mod file;
mod keys;
mod places;
mod shared;

use std::path::PathBuf;

use crate::feed::Source;
use crate::model::Timeouts;
use crate::ttl::Ttl;

pub use file::{Colour, FileError, Limits, ProviderSettings};
pub use keys::{KeyError, has_key, key_for};
pub use places::Places;
pub use shared::{SharedError, SharedSettings};

/// Where a setting's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The command line.
    Flag,
    /// A `WICKDESK_*` environment variable.
    Environment,
    /// `config.toml`.
    File,
    /// Nothing said otherwise.
    Default,
}

impl std::fmt::Display for From {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            From::Flag => "flag",
            From::Environment => "environment",
            From::File => "config.toml",
            From::Default => "default",
        })
    }
}

/// A setting and where it comes from.
#[derive(Debug, Clone)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// Its origin.
    pub from: From,
}

impl<T> Setting<T> {
    /// The first of flag, environment and file that says something, else `default`.
    fn first(flag: Option<T>, environment: Option<T>, file: Option<T>, default: T) -> Self {
        let given = [(flag, From::Flag), (environment, From::Environment), (file, From::File)];
        given
            .into_iter()
            .find_map(|(value, from)| value.map(|value| Self { value, from }))
            .unwrap_or(Self {
                value: default,
                from: From::Default,
            })
    }
}

/// What the command line says of the settings.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--cache-dir`
    pub cache_dir: Option<PathBuf>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
}

/// All settings in force.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where files lie.
    pub places: Places,
    /// The configuration file that was read, if there is one.
    pub file: Option<PathBuf>,
    /// The model asked where neither the command nor the template says; `None` for the offline analyst.
    pub model: Setting<Option<String>>,
    /// The cache directory.
    pub cache_dir: Setting<PathBuf>,
    /// The time to live of answers.
    pub ttl: Setting<Ttl>,
    /// Bytes of the memory tier.
    pub memory_bytes: Setting<u64>,
    /// Bytes of the disk tier.
    pub disk_bytes: Setting<u64>,
    /// Tokens that a prompt's block of facts may take, where the template does not say.
    pub facts_budget: usize,
    /// The cache that several machines share, if one is set.
    pub shared: Option<SharedSettings>,
    /// The theme's name.
    pub theme: Setting<String>,
    /// Money put at risk on a trade, in the currency that prices are quoted in: setups are sized by it.
    pub risk_money: Option<f64>,
    /// Whether the workbench takes the mouse; without it the terminal's own selection works.
    pub mouse: bool,
    /// Whether the screen is drawn in ASCII; without a word of it where the locale has no more.
    pub ascii: Option<bool>,
    /// The colours of rising and falling candles, over the theme's.
    pub candles: (Option<Colour>, Option<Colour>),
    /// Providers of the configuration, by name.
    pub providers: Vec<(String, ProviderSettings)>,
    /// Models asked, in order, when the first does not answer.
    pub fallback: Vec<String>,
    /// What may be spent.
    pub limits: Limits,
    /// How long a model may take.
    pub timeouts: Timeouts,
    /// Candle sources of the configuration.
    pub sources: Vec<Source>,
}

/// Default size of the memory tier.
const MEMORY: u64 = 64 << 20;
/// Default size of the disk tier.
const DISK: u64 = 1 << 30;

/// Why the settings cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is faulty.
    #[error(transparent)]
    File(#[from] FileError),
    /// A variable is.
    #[error("{variable}: {reason}")]
    Environment {
        /// Which.
        variable: &'static str,
        /// Why.
        reason: String,
    },
    /// There is no home to put files in.
    #[error("no home directory is known; set HOME, or name directories with --cache-dir, --data-dir and --config")]
    Home,
}

impl Settings {
    /// Gathers the settings; `environment` looks a variable up.
    ///
    /// # Errors
    /// [`ConfigError`] when file or environment hold what cannot be read.
    pub fn gather(flags: &Flags, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variable = |name: &'static str| environment(name).filter(|v| !v.trim().is_empty());
        let mut places = Places::find().ok_or(ConfigError::Home)?;
        if let Some(data) = flags
            .data_dir
            .clone()
            .or_else(|| variable("WICKDESK_DATA_DIR").map(PathBuf::from))
        {
            places.data = data;
        }
        let named = flags
            .config
            .clone()
            .or_else(|| variable("WICKDESK_CONFIG").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| places.config.join("config.toml"));
        let (file, read) = file::read(&path, named.is_some())?;
        let ttl = parsed(variable("WICKDESK_TTL"), "WICKDESK_TTL", |t| {
            t.parse::<Ttl>().map_err(|e| e.to_string())
        })?;
        let size = |name| {
            parsed(variable(name), name, |t| {
                file::size(t).ok_or_else(|| format!("`{t}` is no size; write 64MiB"))
            })
        };
        Ok(Self {
            model: Setting::first(None, variable("WICKDESK_MODEL").map(Some), file.model.map(Some), None),
            cache_dir: Setting::first(
                flags.cache_dir.clone(),
                variable("WICKDESK_CACHE_DIR").map(PathBuf::from),
                file.cache.dir,
                places.cache.clone(),
            ),
            ttl: Setting::first(None, ttl, file.cache.ttl, Ttl::DEFAULT),
            memory_bytes: Setting::first(None, size("WICKDESK_CACHE_MEMORY")?, file.cache.memory, MEMORY),
            disk_bytes: Setting::first(None, size("WICKDESK_CACHE_DISK")?, file.cache.disk, DISK),
            shared: SharedSettings::gather(file.cache.shared, variable(shared::VARIABLE))?,
            theme: Setting::first(None, variable("WICKDESK_THEME"), file.ui.theme, "auto".to_owned()),
            risk_money: file.risk.money,
            mouse: file.ui.mouse,
            ascii: file.ui.ascii,
            candles: (file.ui.up, file.ui.down),
            facts_budget: file.facts.budget.unwrap_or(crate::facts::BUDGET),
            providers: file.providers,
            sources: file.sources,
            fallback: file.fallback,
            limits: file.limits,
            timeouts: timeouts(&file.timeouts),
            file: read.then_some(path),
            places,
        })
    }

    /// The configured provider of this name.
    pub fn provider(&self, name: &str) -> Option<&ProviderSettings> {
        self.providers.iter().find(|(n, _)| n == name).map(|(_, p)| p)
    }
}

/// The timeouts of the file over the usual ones.
fn timeouts(file: &file::TimeoutsSection) -> Timeouts {
    let usual = Timeouts::default();
    let or = |given: Option<jiff::SignedDuration>, usual| {
        given
            .and_then(|d| std::time::Duration::try_from(d).ok())
            .filter(|d| !d.is_zero())
            .unwrap_or(usual)
    };
    Timeouts {
        first: or(file.first, usual.first),
        idle: or(file.idle, usual.idle),
        total: or(file.total, usual.total),
    }
}

fn parsed<T>(
    text: Option<String>,
    variable: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, ConfigError> {
    text.map(|t| parse(&t))
        .transpose()
        .map_err(|reason| ConfigError::Environment { variable, reason })
}
