//! What an answer proposes: reading its setup, and checking it against the candles.
//!
//! [`read`] takes a setup from an answer and guesses nothing; [`check`] holds it against [`Facts`](crate::facts::Facts).

mod block;
pub mod checks;
pub mod costs;
mod lenient;
mod levels;
mod number;
mod prose;
mod read;
pub mod replay;
pub mod score;
mod ticket;

use serde::{Deserialize, Serialize};

pub use checks::{Check, Ground, Status, check, check_bare};
pub use levels::{LevelSource, level_sources};
pub use read::read;
pub use replay::{Ended, Outcome, Play, Replay, Terms, Unplayable};
pub use ticket::{ticket, ticket_of};

/// Which way a setup trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Buys.
    Long,
    /// Sells.
    Short,
    /// Proposes no trade.
    None,
}

impl Side {
    /// 1 for long, −1 for short, `None` without a trade.
    pub fn sign(self) -> Option<f64> {
        match self {
            Side::Long => Some(1.0),
            Side::Short => Some(-1.0),
            Side::None => None,
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Side::Long => "long",
            Side::Short => "short",
            Side::None => "none",
        })
    }
}

/// How a setup enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// At once.
    Market,
    /// At the entry or better.
    Limit,
    /// Once price passes the entry.
    Stop,
}

impl std::fmt::Display for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Order::Market => "market",
            Order::Limit => "limit",
            Order::Stop => "stop",
        })
    }
}

/// An entry price or zone, `low ≤ high`, both above zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct Zone {
    low: f64,
    high: f64,
}

impl Zone {
    /// The zone between two prices, in either order.
    pub fn between(a: f64, b: f64) -> Self {
        Self {
            low: a.min(b),
            high: a.max(b),
        }
    }

    /// The lower edge.
    pub fn low(self) -> f64 {
        self.low
    }

    /// The upper edge.
    pub fn high(self) -> f64 {
        self.high
    }

    /// The middle: `E` of the checks.
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}

impl From<[f64; 2]> for Zone {
    fn from([a, b]: [f64; 2]) -> Self {
        Self::between(a, b)
    }
}

impl From<Zone> for [f64; 2] {
    fn from(zone: Zone) -> Self {
        [zone.low, zone.high]
    }
}

/// A fact that an answer says it relies on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The fact's name, as the answer gives it.
    pub name: String,
    /// Its value, as the answer gives it.
    pub value: f64,
    /// The candle it names, as it names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// A level of a setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Where it enters.
    Entry,
    /// The stop loss.
    Stop,
    /// One of its targets.
    Target,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Level::Entry => "entry",
            Level::Stop => "stop",
            Level::Target => "target",
        })
    }
}

/// A level that an answer states and that cannot be read as a price: `6,600`, `40 pips`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Which level.
    pub level: Level,
    /// As it is written.
    pub text: String,
}

/// A trade setup as an answer proposes it; what it does not state is missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Setup {
    /// Which way.
    pub side: Option<Side>,
    /// How it enters.
    pub order: Option<Order>,
    /// Where it enters.
    pub entry: Option<Zone>,
    /// Where it is wrong.
    pub stop: Option<f64>,
    /// Where it takes profit, in the answer's order.
    pub targets: Vec<f64>,
    /// Reward divided by risk, as claimed.
    pub risk_reward: Option<f64>,
    /// Candles for which it stands.
    pub valid_bars: Option<u32>,
    /// Stated confidence, 0 to 1.
    pub confidence: Option<f64>,
    /// What would end the idea, in words.
    pub invalidation: Option<String>,
    /// Facts it relies on.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Levels that are stated and cannot be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

impl Setup {
    /// Whether it proposes to buy or sell.
    pub fn is_trade(&self) -> bool {
        matches!(self.side, Some(Side::Long | Side::Short))
    }

    /// Reward over risk of each target from the middle of the entry; empty while one is missing or the risk is none.
    pub fn ratios(&self, entry: f64) -> Vec<f64> {
        let (Some(sign), Some(stop)) = (self.side.and_then(Side::sign), self.stop) else {
            return Vec::new();
        };
        let risk = (entry - stop) * sign;
        if risk <= 0.0 {
            return Vec::new();
        }
        self.targets.iter().map(|t| (t - entry) * sign / risk).collect()
    }
}

/// Where a setup was found in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// In a block.
    Block,
    /// In labelled lines.
    Prose,
    /// Nowhere.
    None,
}

/// What was read from an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The primary setup.
    pub setup: Option<Setup>,
    /// Where it was found.
    pub source: Source,
    /// Further setups, in the answer's order.
    pub alternatives: Vec<Setup>,
    /// Whether a block is cut off by the end of the answer.
    pub cut: bool,
}

/// The prices that candles make believable: half the lowest low to twice the highest high.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Half the lowest low.
    pub low: f64,
    /// Twice the highest high.
    pub high: f64,
}

impl Scale {
    /// The scale of candles with these extremes.
    pub fn of(lowest_low: f64, highest_high: f64) -> Self {
        Self {
            low: 0.5 * lowest_low,
            high: 2.0 * highest_high,
        }
    }

    /// Whether `price` lies in it.
    pub fn holds(&self, price: f64) -> bool {
        (self.low..=self.high).contains(&price)
    }
}
