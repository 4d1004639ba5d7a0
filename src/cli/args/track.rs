//! What history, score and walk accept.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{ParamArgs, ReadArgs, at_least_zero, positive};
use crate::market::Timeframe;
use crate::market::read::DateOrder;

/// `wickdesk history`
#[derive(Debug, ClapArgs)]
pub struct HistoryArgs {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub command: Option<HistoryCommand>,
}

/// Which records of the journal.
#[derive(Debug, Default, ClapArgs)]
pub struct HistoryFilter {
    /// Only of symbols that hold this text
    #[arg(long)]
    pub symbol: Option<String>,
    /// Only of models whose names hold this text
    #[arg(long)]
    pub model: Option<String>,
    /// Only of templates whose names hold this text
    #[arg(long)]
    pub template: Option<String>,
    /// Only with this tag
    #[arg(long)]
    pub tag: Option<String>,
    /// Only what is not decided
    #[arg(long)]
    pub open: bool,
    /// Only what was shown since TIME
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
}

/// How the journal is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A record a line, whole
    Jsonl,
    /// A table without prompts and answers
    Csv,
}

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// List records, newest first
    List {
        #[command(flatten)]
        #[allow(missing_docs, reason = "its own type says it")]
        filter: HistoryFilter,
        /// At most so many
        #[arg(short = 'n', long, value_name = "N")]
        limit: Option<usize>,
        /// Print JSON, one record a line
        #[arg(long)]
        json: bool,
    },
    /// Show one: question, answer, setup, checks and outcome
    Show {
        /// Its number
        id: u64,
        /// With the prompt as it was sent
        #[arg(long)]
        prompt: bool,
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Find records by words of answer, note, tags, question or model; all of them, "in quotes" as they stand
    Search {
        /// The words
        #[arg(required = true)]
        words: Vec<String>,
        /// At most so many
        #[arg(short = 'n', long, value_name = "N")]
        limit: Option<usize>,
        /// Print JSON, one record a line
        #[arg(long)]
        json: bool,
    },
    /// What differs between two records: question, setup, checks, outcome, prompt and answer
    Diff {
        /// The one's number
        one: u64,
        /// The other's
        other: u64,
    },
    /// Write the journal out, the oldest first; - for standard output
    Export {
        /// Where to: FILE.csv is a table, anything else JSON lines
        #[arg(default_value = "-")]
        file: PathBuf,
        /// The format, over what the name says
        #[arg(long, value_enum)]
        format: Option<ExportFormat>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "its own type says it")]
        filter: HistoryFilter,
    },
    /// Write one record as a page to send on: FILE.html with its chart, or FILE.md
    Page {
        /// Its number
        id: u64,
        /// Where to
        file: PathBuf,
    },
    /// Play what is open forward on later candles; or one record, candle by candle
    Replay {
        /// Its number
        id: Option<u64>,
        /// Later candles of the record's market; without them those kept with it
        #[arg(short, long, value_name = "FILE")]
        candles: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "its own type says it")]
        read: ReadArgs,
    },
    /// Set a record's note; without words take it away
    Note {
        /// Its number
        id: u64,
        /// The note
        text: Vec<String>,
    },
    /// Add tags to a record; -TAG takes one away
    Tag {
        /// Its number
        id: u64,
        /// The tags
        #[arg(required = true, allow_hyphen_values = true)]
        tags: Vec<String>,
    },
    /// Delete records for good
    Delete {
        /// Their numbers
        #[arg(required = true)]
        ids: Vec<u64>,
    },
    /// Delete for good what was shown before a time
    Prune {
        /// The time
        #[arg(long, value_name = "TIME")]
        before: String,
        /// Do it
        #[arg(short, long)]
        yes: bool,
    },
}

/// `wickdesk score`
#[derive(Debug, ClapArgs)]
pub struct ScoreArgs {
    /// Split rows by model,template,symbol,timeframe or some of them
    #[arg(long, value_name = "WORDS")]
    pub by: Option<String>,
    /// A walk instead of the journal: its name, or how it begins
    #[arg(long, value_name = "NAME")]
    pub walk: Option<String>,
    /// List the walks that are kept
    #[arg(long)]
    pub walks: bool,
    /// Write a report: FILE.md, or FILE.html with charts
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
    /// Print a table of data
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print one JSON value
    #[arg(long)]
    pub json: bool,
}

/// `wickdesk walk`
#[derive(Debug, ClapArgs)]
pub struct WalkArgs {
    /// Candle file to walk along; repeat for several instruments
    #[arg(short, long, value_name = "FILE", required = true)]
    pub candles: Vec<PathBuf>,
    /// Template: a name or a file; repeat to compare several on the same as-ofs
    #[arg(short, long, required = true)]
    pub template: Vec<String>,
    /// Model: provider/model, a bare name, or offline, which is asked without one; repeat for several
    #[arg(short, long, num_args = 1..)]
    pub model: Vec<String>,
    /// Ask at every Nth closed candle
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive)]
    pub every: usize,
    /// First as-of; without it the 200th candle, before which the slowest average says nothing
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Last as-of
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Set a variable of the template; with several values, and timeframe=H1,H4, walk each
    #[arg(short, long, value_name = "NAME=VALUE[,VALUE]")]
    pub set: Vec<String>,
    /// Address of an OpenAI-compatible server, version path included
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub params: ParamArgs,
    /// Zone of times that name none, such as Europe/Athens or -05; UTC unless given
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub tz: Option<String>,
    /// Symbol, over what the file says
    #[arg(long)]
    pub symbol: Option<String>,
    /// Timeframe, over what the candles say
    #[arg(long, value_name = "TF")]
    pub timeframe: Option<Timeframe>,
    /// Order of day, month and year, where the file leaves it open
    #[arg(long, value_enum, value_name = "ORDER")]
    pub date_order: Option<DateOrder>,
    /// Spread (ask minus bid) in price units; default: typical for the instrument
    #[arg(long, value_name = "PRICE", value_parser = at_least_zero)]
    pub spread: Option<f64>,
    /// Commission for both ways in price units; default: typical for the instrument
    #[arg(long, value_name = "PRICE", value_parser = at_least_zero)]
    pub commission: Option<f64>,
    /// Candles an order waits, where neither answer nor template says
    #[arg(long, value_name = "N", value_parser = positive)]
    pub expiry: Option<usize>,
    /// Candles a trade is held
    #[arg(long, value_name = "N", value_parser = positive)]
    pub max_hold: Option<usize>,
    /// Score the periods before and after TIME separately
    #[arg(long, value_name = "TIME")]
    pub split: Option<String>,
    /// Questions on their way at once
    #[arg(long, value_name = "N", value_parser = positive)]
    pub concurrent: Option<usize>,
    /// Make no further call once so many US dollars were spent
    #[arg(long, value_name = "USD", value_parser = at_least_zero)]
    pub spend: Option<f64>,
    /// Make paid calls without being asked
    #[arg(short, long)]
    pub yes: bool,
    /// Write a report: FILE.md, or FILE.html with charts
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
    /// Print one JSON value
    #[arg(long)]
    pub json: bool,
}
