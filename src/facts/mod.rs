//! What the candles say: one file a concept, pure functions over candles, nothing known earlier than it could be.
//!
//! [`Study`] computes every concept of a series once; [`Facts`] is what it says at the last candle, by name, each with
//! the candle it comes from and the candle at whose close it became known. [`Block`] is the same as the JSON block of a
//! prompt. Definitions follow TA-Lib (indicators), TradingView (divergence) and LuxAlgo's rules for structure, as each
//! file states.

pub mod atr;
mod block;
mod block_writer;
pub mod dealing_range;
pub mod divergence;
pub mod ema;
pub mod equal_levels;
pub mod export;
mod fact;
pub mod fair_value_gaps;
pub mod fibonacci;
pub mod legs;
mod line;
pub mod order_blocks;
pub mod pivots;
mod request;
pub mod rsi;
pub mod session_levels;
pub mod structure;
mod study;
pub mod volume_profile;
mod waiting;

pub use block::{BUDGET, Block, BlockBreak, BlockFib, BlockLevel, BlockSession, BlockSwing, BlockZone, SECTIONS};
pub use fact::{Fact, Facts, Unit, Value, known_names, title};
pub use line::Line;
pub use request::{BlockRequest, Emphasis, VALID_BARS};
pub use study::{Study, Trading};

/// Which way a move, a break or a zone points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Upwards.
    Bullish,
    /// Downwards.
    Bearish,
}

impl Direction {
    /// 1 for up, −1 for down, as the exported tables write it.
    pub fn sign(self) -> i8 {
        match self {
            Direction::Bullish => 1,
            Direction::Bearish => -1,
        }
    }
}

impl std::fmt::Display for Direction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Direction::Bullish => "bullish",
            Direction::Bearish => "bearish",
        })
    }
}

/// Which end of a swing a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// A high.
    High,
    /// A low.
    Low,
}

impl Side {
    /// 0 for highs, 1 for lows: its place in a pair.
    fn slot(self) -> usize {
        match self {
            Side::High => 0,
            Side::Low => 1,
        }
    }

    /// `H` or `L`, as the exported tables write it.
    pub fn letter(self) -> char {
        match self {
            Side::High => 'H',
            Side::Low => 'L',
        }
    }
}
