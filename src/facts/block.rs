//! The `facts` block of a prompt: the same facts as JSON, one section a line, newest and nearest first, live levels only.
//!
//! These are its types: [`super::Facts`] writes it, and it is read back by the offline analyst, through the same types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dealing_range::Zone;
use super::divergence::DivergenceKind;
use super::request::BlockRequest;
use super::{Direction, Side};

/// The sections that `facts("…")` can name.
pub const SECTIONS: [&str; 14] = [
    "price",
    "rsi",
    "atr",
    "ema",
    "swings",
    "fib",
    "range",
    "structure",
    "order_blocks",
    "fvg",
    "liquidity",
    "divergence",
    "profile",
    "sessions",
];

/// Tokens that a block takes at most, unless told otherwise.
pub const BUDGET: usize = 2_000;

/// What the candles say, as a prompt carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// The instrument.
    pub symbol: String,
    /// The spacing of the candles.
    pub timeframe: String,
    /// Open time of the last closed candle.
    pub as_of: String,
    /// Candles computed on.
    pub candles: usize,
    /// Decimals of the prices.
    pub decimals: u8,
    /// What the template asks of an answer, in a prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<BlockRequest>,
    /// The last candle and the extremes of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<BlockPrice>,
    /// RSI(14) now and one candle ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rsi: Option<BlockRsi>,
    /// ATR(14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr: Option<f64>,
    /// EMA by period.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ema: BTreeMap<usize, f64>,
    /// The last pivots, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub swings: Vec<BlockSwing>,
    /// Levels of the last swing leg, and of the last internal one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fib: Vec<BlockFib>,
    /// The dealing range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<BlockRange>,
    /// Trend and last breaks, by size.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub structure: Vec<BlockStructure>,
    /// Unbroken order blocks, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_blocks: Vec<BlockZone>,
    /// Unfilled fair value gaps, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fvg: Vec<BlockZone>,
    /// Unswept equal highs and lows, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub liquidity: Vec<BlockLevel>,
    /// The last RSI divergences, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub divergence: Vec<BlockDivergence>,
    /// Volume profile of the last 200 candles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<BlockProfile>,
    /// What the day, week and month before reached, and the last sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<BlockSession>,
}

/// A level of a session or period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockSession {
    /// Which: `previous_day_high`, `london_low`, and so on.
    pub name: String,
    /// Its price.
    pub price: f64,
    /// The candle it was made in.
    pub time: String,
    /// Distance from the close in ATR, signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr_away: Option<f64>,
}

/// The last candle and the extremes of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are a candle's own")]
pub struct BlockPrice {
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub highest_high: f64,
    pub lowest_low: f64,
}

/// RSI(14).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockRsi {
    /// At the as-of.
    pub value: f64,
    /// One candle before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<f64>,
}

/// A pivot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockSwing {
    /// High or low.
    pub side: Side,
    /// Its price.
    pub price: f64,
    /// Its candle.
    pub time: String,
    /// Distance from the close in ATR, signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr_away: Option<f64>,
}

/// Fibonacci levels of a leg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockFib {
    /// `swing` or `internal`.
    pub leg: String,
    /// The way it ran.
    pub direction: Direction,
    /// Where it started.
    pub from: f64,
    /// That candle.
    pub from_time: String,
    /// Where it ended.
    pub to: f64,
    /// That candle.
    pub to_time: String,
    /// Price by ratio.
    pub retracement: BTreeMap<String, f64>,
    /// Price by ratio.
    pub extension: BTreeMap<String, f64>,
}

/// The dealing range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockRange {
    /// Its high.
    pub high: f64,
    /// Its low.
    pub low: f64,
    /// Where the close lies, 0 to 1.
    pub position: f64,
    /// What that means.
    pub zone: Zone,
}

/// Structure of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockStructure {
    /// `swing` or `internal`.
    pub size: String,
    /// The way of the last break.
    pub trend: Direction,
    /// The last breaks, newest first.
    pub breaks: Vec<BlockBreak>,
}

/// A break of structure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockBreak {
    /// `BOS` or `CHoCH`.
    pub kind: String,
    /// The way it broke.
    pub direction: Direction,
    /// The level broken.
    pub level: f64,
    /// The candle that closed beyond it.
    pub time: String,
}

/// A price zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockZone {
    /// Bullish is demand, bearish supply.
    pub direction: Direction,
    /// Upper edge.
    pub top: f64,
    /// Lower edge.
    pub bottom: f64,
    /// Its candle.
    pub time: String,
    /// Whether price has been back in it.
    pub tested: bool,
    /// Distance from the close to the nearer edge in ATR, signed, 0 inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr_away: Option<f64>,
}

/// A liquidity level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockLevel {
    /// Equal highs or equal lows.
    pub side: Side,
    /// The outer price.
    pub price: f64,
    /// The second candle.
    pub time: String,
    /// Distance from the close in ATR, signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr_away: Option<f64>,
}

/// An RSI divergence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockDivergence {
    /// Regular or hidden, bullish or bearish.
    pub kind: DivergenceKind,
    /// The first pivot's candle.
    pub first: String,
    /// The second's.
    pub second: String,
}

/// Volume profile of the last 200 candles in 24 rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockProfile {
    /// Point of control.
    pub poc: f64,
    /// Value area high.
    pub vah: f64,
    /// Value area low.
    pub val: f64,
    /// What the volume counts: `real` or `tick`.
    pub volume: String,
}
