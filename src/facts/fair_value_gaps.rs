//! Fair value gaps: prices that a fast candle left untraded between its neighbours.

use serde::Serialize;

use super::Direction;
use super::first_hit::FirstHit;
use crate::market::Candle;

/// A gap between the candle before and the candle after a fast one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FairValueGap {
    /// The fast candle in the middle.
    pub bar: usize,
    /// The way it ran.
    pub direction: Direction,
    /// Upper edge.
    pub top: f64,
    /// Lower edge.
    pub bottom: f64,
    /// The bar after the middle one; known at its close.
    pub known: usize,
    /// The first later bar that trades into the gap.
    pub touched: Option<usize>,
    /// The first later bar that trades through it.
    pub filled: Option<usize>,
}

/// All gaps, oldest first; neighbours are not joined.
pub(super) fn fair_value_gaps(candles: &[Candle], hit: &FirstHit) -> Vec<FairValueGap> {
    let mut found = Vec::new();
    for (at, window) in candles.windows(3).enumerate() {
        let [before, middle, after] = window else { continue };
        let bar = at + 1;
        let from = bar + 2;
        if before.high < after.low && middle.close > middle.open {
            found.push(FairValueGap {
                bar,
                direction: Direction::Bullish,
                top: after.low,
                bottom: before.high,
                known: bar + 1,
                touched: hit.low_at_most(from, after.low),
                filled: hit.low_at_most(from, before.high),
            });
        } else if before.low > after.high && middle.close < middle.open {
            found.push(FairValueGap {
                bar,
                direction: Direction::Bearish,
                top: before.low,
                bottom: after.high,
                known: bar + 1,
                touched: hit.high_at_least(from, after.high),
                filled: hit.high_at_least(from, before.low),
            });
        }
    }
    found
}
