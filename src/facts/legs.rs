//! Legs: the alternating swings of a market at one size, by LuxAlgo's rule.

use super::Side;
use super::pivots::Pivot;
use crate::market::Candle;

/// Size of internal structure.
pub const INTERNAL: usize = 5;
/// Size of swing structure.
pub const SWING: usize = 50;
/// Size for equal highs and lows.
pub const EQUAL: usize = 3;

/// The leg pivots of a market at one size, found candle by candle; highs and lows alternate; `known` is `bar + size`.
///
/// At bar t, look at c = t − size: a high above all highs since turns the leg down and makes c a swing high, else a low
/// below all lows since turns it up and makes c a swing low. It starts as down. (LuxAlgo, Smart Money Concepts.)
#[derive(Debug, Clone)]
pub struct Legs {
    size: usize,
    up: bool,
}

impl Legs {
    /// Legs of `size` candles.
    pub fn new(size: usize) -> Self {
        Self { size, up: false }
    }

    /// The swing point that becomes known at the close of the last of `candles`, all candles so far; each call has one
    /// candle more than the one before.
    pub fn push(&mut self, candles: &[Candle]) -> Option<Pivot> {
        let known = candles.len().checked_sub(1)?;
        let bar = known.checked_sub(self.size)?;
        let (at, after) = (&candles[bar], &candles[bar + 1..]);
        let (side, price) = if after.iter().all(|a| at.high > a.high) {
            (Side::High, at.high)
        } else if after.iter().all(|a| at.low < a.low) {
            (Side::Low, at.low)
        } else {
            return None;
        };
        let up = side == Side::Low;
        (std::mem::replace(&mut self.up, up) != up).then_some(Pivot {
            bar,
            side,
            price,
            known,
        })
    }
}
