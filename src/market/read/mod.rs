//! Reading candles: any export's bytes become one [`Series`] and a [`Card`] that says how.
//!
//! bytes → `unpack` bytes → `decode` text → `table` or `json` rows of cells → `columns` which cell is what → `when` and `number` values →
//! `assemble` a series. Layouts are recognised by rules over the content, never configured; what stays ambiguous is
//! refused with the option that decides.

mod assemble;
mod card;
mod columns;
mod decode;
mod identity;
mod json;
mod number;
mod table;
mod unpack;
mod when;

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{AggregateError, Series, Timeframe};
pub use card::{Card, Clock, Irregularity};
pub use when::DateOrder;

/// What standard input is called.
const STDIN: &str = "standard input";

/// What the reader cannot know from the file, all optional.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The zone of times that name none; UTC unless given.
    pub zone: Option<TimeZone>,
    /// The instrument, over what the file or its name says.
    pub symbol: Option<String>,
    /// The spacing, over what the candles say.
    pub timeframe: Option<Timeframe>,
    /// The order of day, month and year, where the file leaves it open.
    pub date_order: Option<DateOrder>,
    /// The present; a last candle that has not closed by then is dropped. Without it none is.
    pub now: Option<Timestamp>,
    /// Keep a candle that has not closed yet.
    pub keep_forming: bool,
    /// Make coarser candles of the file's.
    pub coarser: Option<Timeframe>,
    /// What the columns of a file without header are, in its own order: `time`, `low`, `high` and so on.
    pub columns: Vec<String>,
}

/// A file read: the candles, and the card that says what was recognised and assumed.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The closed candles.
    pub series: Series,
    /// How they were read.
    pub card: Card,
}

/// Why a file gives no series. Each line names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("{file}: {reason}; check the path and try again")]
    Io {
        /// As the user named it.
        file: String,
        /// The system's words.
        reason: String,
    },
    /// Nothing but blanks.
    #[error("{0}: the file is empty; export the candles again")]
    Empty(String),
    /// Binary, or a container not read yet.
    #[error("{file}: this is {what}, not text; export the candles as CSV")]
    NotText {
        /// As the user named it.
        file: String,
        /// What it looks like.
        what: &'static str,
    },
    /// A document of JSON without candles.
    #[error("{file}: no candles in it{}; candles need time, open, high, low and close", in_words(.said))]
    NoCandles {
        /// As the user named it.
        file: String,
        /// What a service says in it instead.
        said: Option<String>,
    },
    /// JSON that cannot be read.
    #[error("{file}: {reason}; candles need time, open, high, low and close")]
    Json {
        /// As the user named it.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A table, but not of candles.
    #[error("{file}: no column for {missing} (found: {found}); candles need time, open, high, low and close")]
    Columns {
        /// As the user named it.
        file: String,
        /// The roles nobody plays.
        missing: String,
        /// The header as it stands.
        found: String,
    },
    /// A header and no rows.
    #[error("{0}: a header but no candles; export a longer period")]
    NoRows(String),
    /// No row, or too few, could be read.
    #[error(
        "{file}, line {line}: {reason}; {refused} of {rows} rows are no candles, so this is not read as a candle file"
    )]
    TooManyRefused {
        /// As the user named it.
        file: String,
        /// The first refused line.
        line: usize,
        /// What is wrong with it.
        reason: String,
        /// How many were refused.
        refused: usize,
        /// Of how many.
        rows: usize,
    },
    /// Day and month cannot be told apart.
    #[error(
        "{file}: `{example}` can be {} or {}; say which with --date-order {} or {}",
        .first.words(), .second.words(), .first.option(), .second.option()
    )]
    AmbiguousDate {
        /// As the user named it.
        file: String,
        /// A date that shows it.
        example: String,
        /// One reading.
        first: DateOrder,
        /// The other.
        second: DateOrder,
    },
    /// Times no rule reads.
    #[error(
        "{file}, line {line}: `{text}` is no time that can be read; write it as 2024-05-02 13:00 or as epoch seconds"
    )]
    Time {
        /// As the user named it.
        file: String,
        /// Where.
        line: usize,
        /// The cell.
        text: String,
    },
    /// The coarser candles asked for cannot be made.
    #[error("{file}: {reason}")]
    Coarser {
        /// As the user named it.
        file: String,
        /// Why.
        reason: AggregateError,
    },
    /// One candle has no spacing.
    #[error("{0}: a single candle does not tell its timeframe; say it with --timeframe H1")]
    Timeframe(String),
}

fn in_words(words: &Option<String>) -> String {
    words
        .as_ref()
        .map_or_else(String::new, |words| format!(" (it says: {words})"))
}

/// Reads the candles in `bytes`; `name` is the file's name, for messages and for symbol and timeframe.
///
/// # Errors
/// [`ReadError`] when the bytes hold no candles, or could be read in two ways.
pub fn read(bytes: &[u8], name: &str, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let (bytes, inner) = unpack::unpack(bytes, name)?;
    // Within an archive, the file's own name says what it holds.
    let named = inner.as_deref().unwrap_or(name);
    let text = decode::text(&bytes, name)?;
    let mut table = if json::is_json(&text) {
        json::table(&text, name, !options.columns.is_empty())?
    } else {
        table::split(&text, name)?
    };
    if !options.columns.is_empty() {
        table.rows.insert(
            0,
            table::Row {
                line: 0,
                cells: options.columns.clone(),
            },
        );
    }
    let layout = columns::recognise(&table, name)?;
    let mut loaded = assemble::assemble(&table, &layout, named, options)?;
    name.clone_into(&mut loaded.card.file);
    match options.coarser.filter(|to| *to != loaded.series.timeframe()) {
        Some(to) => loaded.coarser(to, name),
        None => Ok(loaded),
    }
}

impl Loaded {
    /// Coarser candles of these; `name` is for messages.
    ///
    /// # Errors
    /// [`ReadError::Coarser`] when they cannot be made.
    pub fn coarser(self, to: Timeframe, name: &str) -> Result<Self, ReadError> {
        let series = self.series.coarser(to).map_err(|reason| ReadError::Coarser {
            file: name.to_owned(),
            reason,
        })?;
        let card = Card {
            made_of: Some(self.series.timeframe()),
            timeframe: to,
            rows: series.candles().len(),
            first: super::timestamp(series.candles()[0].time),
            last: super::timestamp(series.last().time),
            ..self.card
        };
        Ok(Self { series, card })
    }
}

/// No candle file is larger; what is, is no candle file.
const LARGEST: u64 = 1 << 30;

/// The bytes of a file or pipe, as far as they can be candles.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_char_device(&file.metadata()?.file_type()) {
        return Err(std::io::Error::other("a device, not a file"));
    }
    take_bounded(file)
}

fn take_bounded(from: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other("larger than 1 GiB"));
    }
    Ok(bytes)
}

/// Reads the candle file at `path`; `-` is standard input.
///
/// # Errors
/// [`ReadError`], with the path in its text.
pub fn read_file(path: &Path, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let stdin = path.as_os_str() == "-";
    let shown = if stdin {
        STDIN.to_owned()
    } else {
        path.display().to_string()
    };
    let bytes = if stdin {
        take_bounded(std::io::stdin().lock())
    } else {
        read_bounded(path)
    };
    let bytes = bytes.map_err(|error| ReadError::Io {
        file: shown.clone(),
        reason: crate::text::io_reason(&error),
    })?;
    read(&bytes, &shown, options)
}
