//! What the command line accepts.

mod track;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub use track::{ExportFormat, HistoryArgs, HistoryCommand, HistoryFilter, ScoreArgs, WalkArgs};

use crate::market::Timeframe;
use crate::market::read::DateOrder;
use crate::ttl::Ttl;

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nResearch, not advice: nothing here is a recommendation to trade."
);

/// A trading-analysis workbench for the terminal.
///
/// Without a subcommand it opens the workbench, on CANDLES or on the bundled sample.
#[derive(Debug, Parser)]
#[command(name = "wickdesk", version = VERSION, subcommand_precedence_over_arg = true, max_term_width = 100)]
pub struct Args {
    /// Candle file to open, in any broker's or charting site's layout, or SOURCE:SYMBOL:TF for live candles
    pub candles: Option<PathBuf>,
    /// Template to begin with
    #[arg(short, long)]
    pub template: Option<String>,
    /// Model to begin with, provider/model or offline
    #[arg(short, long)]
    pub model: Option<String>,
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Cache directory
    #[arg(long, global = true, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Data directory
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Say more in the log
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    pub(super) fn apply(self) {
        let choice = match self {
            Color::Auto => return,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask one question and print the answer
    Ask(Box<AskArgs>),
    /// Read candle files and print the data card
    Candles(CandlesArgs),
    /// Fetch candles from a live source
    Fetch(FetchArgs),
    /// Print what the candles say
    Facts(FactsArgs),
    /// Draw the candles with what they say, on the terminal or as a picture
    Chart(ChartArgs),
    /// Read an answer, print its setup and check it on candles
    Check(CheckArgs),
    /// Play setups on the candles that came after them
    Replay(ReplayArgs),
    /// The journal: every answer that was shown, and what became of it
    History(HistoryArgs),
    /// The scoreboard of the journal, or of a walk
    Score(ScoreArgs),
    /// Ask a template at many past as-ofs, play each setup on what followed, and score
    Walk(Box<WalkArgs>),
    /// The library of templates
    Templates(TemplatesArgs),
    /// The disk cache
    Cache(CacheArgs),
    /// Providers and models: which have a key, what they cost, whether they answer
    Models(ModelsArgs),
    /// Check the installation: directories, cache, keys, terminal
    Doctor,
    /// Print shell completions
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// How candle files are read.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct ReadArgs {
    /// Zone of times that name none, such as Europe/Athens or -05; UTC unless given
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub tz: Option<String>,
    /// Symbol, over what the file says
    #[arg(long)]
    pub symbol: Option<String>,
    /// Timeframe, over what the candles say
    #[arg(long, value_name = "TF")]
    pub timeframe: Option<Timeframe>,
    /// Make coarser candles of the file's, such as H4 of M15
    #[arg(long, value_name = "TF")]
    pub to: Option<Timeframe>,
    /// Order of day, month and year, where the file leaves it open
    #[arg(long, value_enum, value_name = "ORDER")]
    pub date_order: Option<DateOrder>,
    /// Keep a last candle that has not closed yet
    #[arg(long)]
    pub keep_forming: bool,
}

/// What a model is asked with.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct ParamArgs {
    /// Sampling temperature, 0 or more
    #[arg(long, value_parser = at_least_zero, allow_negative_numbers = true)]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1
    #[arg(long, value_parser = share, allow_negative_numbers = true)]
    pub top_p: Option<f64>,
    /// Most tokens of the answer
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: Option<u32>,
    /// Seed
    #[arg(long, allow_negative_numbers = true)]
    pub seed: Option<i64>,
}

impl ParamArgs {
    /// Those that are given, by name.
    pub fn given(&self) -> Vec<(String, serde_json::Value)> {
        let params = [
            ("temperature", self.temperature.map(serde_json::Value::from)),
            ("top_p", self.top_p.map(serde_json::Value::from)),
            ("max_tokens", self.max_tokens.map(serde_json::Value::from)),
            ("seed", self.seed.map(serde_json::Value::from)),
        ];
        let given = params
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}

/// `wickdesk ask`
#[derive(Debug, ClapArgs)]
pub struct AskArgs {
    /// The prompt; - reads it from standard input
    pub prompt: Option<String>,
    /// Template: a name or a file
    #[arg(short, long)]
    pub template: Option<String>,
    /// Coarser timeframe of the first candle file, told beside it; repeat for several
    #[arg(long, value_name = "TF", requires = "candles")]
    pub also: Vec<Timeframe>,
    /// Candle file, or SOURCE:SYMBOL:TF for live candles; the first is the one that setups are checked against
    #[arg(short, long, value_name = "FILE")]
    pub candles: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub read: ReadArgs,
    /// History: take the last candle that opens at or before TIME as the last
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Set a variable of the template
    #[arg(short, long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Model: provider/model, a bare name, or offline
    #[arg(short, long)]
    pub model: Option<String>,
    /// Address of an OpenAI-compatible server, version path included
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// System message
    #[arg(long)]
    pub system: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub params: ParamArgs,
    /// How long the answer stays cached: 15m, 4h, 2d or none
    #[arg(long)]
    pub ttl: Option<Ttl>,
    /// Neither read nor write the cache
    #[arg(long, conflicts_with_all = ["refresh", "sample"])]
    pub no_cache: bool,
    /// Ask anew and keep the answer as a further sample
    #[arg(long, conflicts_with = "sample")]
    pub refresh: bool,
    /// Serve this sample of several, or ask for it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub sample: Option<u32>,
    /// Print the prompt and what it would take; ask nobody
    #[arg(long)]
    pub dry_run: bool,
    /// Print the answer when it is whole
    #[arg(long)]
    pub no_stream: bool,
    /// Print one JSON value
    #[arg(long)]
    pub json: bool,
}

/// `wickdesk candles`
#[derive(Debug, ClapArgs)]
pub struct CandlesArgs {
    /// Candle files; - is standard input, SOURCE:SYMBOL:TF live candles
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub read: ReadArgs,
    /// Write canonical CSV to a file, or to standard output with -
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Print JSON, one card a line
    #[arg(long)]
    pub json: bool,
}

/// `wickdesk fetch`
#[derive(Debug, ClapArgs)]
pub struct FetchArgs {
    /// Source: binance, coinbase, stooq, yahoo, twelvedata, alphavantage, or one of the configuration
    pub source: String,
    /// Symbol, as the source spells it
    pub symbol: String,
    /// Timeframe, such as M15, H1 or D1
    #[arg(long, value_name = "TF")]
    pub timeframe: Timeframe,
    /// How many closed candles, the newest; a file that is carried on gets all that are new
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub limit: u64,
    /// Write to a file, or carry it on; without it they go to standard output as CSV
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print one JSON value
    #[arg(long)]
    pub json: bool,
}

/// `wickdesk facts`
#[derive(Debug, ClapArgs)]
pub struct FactsArgs {
    /// Candle file; - is standard input, SOURCE:SYMBOL:TF live candles
    pub file: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub read: ReadArgs,
    /// History: take the last candle that opens at or before TIME as the last
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Print one JSON value
    #[arg(long)]
    pub json: bool,
    /// Write one CSV per concept into a directory
    #[arg(long, value_name = "DIR")]
    pub export: Option<PathBuf>,
}

/// `wickdesk chart`
#[derive(Debug, ClapArgs)]
pub struct ChartArgs {
    /// Candle file; - is standard input, SOURCE:SYMBOL:TF live candles
    pub file: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub read: ReadArgs,
    /// History: take the last candle that opens at or before TIME as the last
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// What is drawn: structure, order-blocks, gaps, equal, fibonacci, session, averages, profile, rsi, volume, all, none
    #[arg(long, value_name = "LAYER", value_delimiter = ',')]
    pub layers: Vec<String>,
    /// Only what a template's facts hold: levels and zones that live at the last candle
    #[arg(long)]
    pub template_facts: bool,
    /// Columns, or pixels of a picture
    #[arg(long, value_name = "N")]
    pub width: Option<u16>,
    /// Rows, or pixels of a picture
    #[arg(long, value_name = "N")]
    pub height: Option<u16>,
    /// Columns a candle takes
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=6))]
    pub step: u16,
    /// Write an SVG picture; - for standard output
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// `wickdesk check`
#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    /// The answer: a file, or - for standard input
    pub answer: PathBuf,
    /// Candle file to check against
    #[arg(short, long, value_name = "FILE")]
    pub candles: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub read: ReadArgs,
    /// The last candle that the answer could know
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// With --json: also the live level nearest to each price of the setup
    #[arg(long)]
    pub levels: bool,
    /// Print one JSON value
    #[arg(long)]
    pub json: bool,
}

/// `wickdesk replay`
#[derive(Debug, ClapArgs)]
pub struct ReplayArgs {
    /// Setups as CSV: id,bar,dir,order,entry,sl,tps,spread,expiry,max_hold; dir 1 buys and -1 sells, tps apart by blanks
    pub setups: PathBuf,
    /// Candle file to play them on
    #[arg(short, long, value_name = "FILE")]
    pub candles: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub read: ReadArgs,
    /// Taken off each trade, both ways together, in price
    #[arg(long, value_name = "PRICE", default_value_t = 0.0)]
    pub commission: f64,
    /// Write the setups with their outcomes as CSV here, or to standard output with -
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
}

/// `wickdesk templates`
#[derive(Debug, ClapArgs)]
pub struct TemplatesArgs {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub command: Option<TemplatesCommand>,
}

/// What to do with templates.
#[derive(Debug, Subcommand)]
pub enum TemplatesCommand {
    /// List them
    List {
        /// Print JSON, one template a line
        #[arg(long)]
        json: bool,
    },
    /// Print one as it stands
    Show {
        /// Name or file
        name: String,
    },
    /// Check one, or all: line and column of what is wrong
    Check {
        /// Names or files; all of the library without any
        names: Vec<String>,
    },
    /// Print where your own templates lie
    Path,
}

/// `wickdesk models`
#[derive(Debug, ClapArgs)]
pub struct ModelsArgs {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub command: Option<ModelsCommand>,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List them: providers with a key first, prices per million tokens
    List {
        /// Only those whose name holds this text
        filter: Option<String>,
        /// Print JSON, one model a line
        #[arg(long)]
        json: bool,
    },
    /// Ask one for a word or two: does it answer, as whom, how fast, for how much
    Check {
        /// Model: provider/model or a bare name; the configured one without it
        model: Option<String>,
        /// Address of an OpenAI-compatible server, version path included
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Read newer prices from LiteLLM's published table: a file, or an https address
    Refresh {
        /// The file or address
        #[arg(
            default_value = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
        )]
        from: String,
    },
    /// What was spent today, this month and ever
    Spend {
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
}

/// `wickdesk cache`
#[derive(Debug, ClapArgs)]
pub struct CacheArgs {
    #[command(subcommand)]
    #[allow(missing_docs, reason = "its own type says it")]
    pub command: Option<CacheCommand>,
}

/// What to do with the cache.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Counts, hit rates, and what they saved
    Stats {
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// List the entries, newest first
    List {
        /// Only those whose question or model holds this text
        filter: Option<String>,
        /// At most so many
        #[arg(short = 'n', long, value_name = "N")]
        limit: Option<usize>,
        /// Print JSON, one entry a line
        #[arg(long)]
        json: bool,
    },
    /// Show a question: its request, its samples, and the answer
    Show {
        /// The key, or how it begins
        key: String,
        /// The answer of this sample; the newest unless given
        #[arg(long, value_name = "N")]
        sample: Option<u32>,
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Remove a question's samples, or one of them
    Remove {
        /// The key, or how it begins
        key: String,
        /// This sample alone
        #[arg(long, value_name = "N")]
        sample: Option<u32>,
    },
    /// Keep an answer however full the cache is
    Pin {
        /// The key, or how it begins
        key: String,
        /// This sample; the newest unless given
        #[arg(long, value_name = "N")]
        sample: Option<u32>,
        /// Keep it no longer than any other
        #[arg(long)]
        off: bool,
    },
    /// Clear it
    Clear {
        /// Only what has expired
        #[arg(long, conflicts_with = "shared")]
        expired: bool,
        /// What the desk's machines share, and nothing here
        #[arg(long)]
        shared: bool,
        /// Do not ask before the shared cache is cleared
        #[arg(long, requires = "shared")]
        yes: bool,
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Copy what is on disk to the shared cache
    Push {
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Copy what is in the shared cache to the disk
    Pull {
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Look at every page and entry; damaged entries are removed
    Verify {
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Give the file's unused space back to the disk
    Compact {
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Write all entries to one portable file; - for standard output
    Export {
        /// Where to
        file: PathBuf,
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
    /// Add the entries of an export; - for standard input
    Import {
        /// Where from
        file: PathBuf,
        /// Print one JSON value
        #[arg(long)]
        json: bool,
    },
}

fn at_least_zero(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    number.ok_or_else(|| "a number of 0 or more, such as 0.7".to_owned())
}

fn positive(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|n| *n > 0);
    number.ok_or_else(|| "a whole number of 1 or more".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    at_least_zero(text)
        .ok()
        .filter(|n| *n <= 1.0)
        .ok_or_else(|| "a number from 0 to 1, such as 0.9".to_owned())
}
