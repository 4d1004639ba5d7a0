//! Equal highs and lows: two swings that ended at one price, behind which liquidity rests until it is swept.

use serde::Serialize;

use super::first_hit::FirstHit;
use super::pivots::Pivot;
use super::{Line, Side};
use crate::market::Candle;

/// Two successive swing points of one side at nearly one level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EqualLevels {
    /// Highs (buy-side liquidity above) or lows (sell-side below).
    pub side: Side,
    /// The bar of the first.
    pub first: usize,
    /// The bar of the second.
    pub second: usize,
    /// The first's price.
    pub first_level: f64,
    /// The second's price.
    pub second_level: f64,
    /// The bar at which the second became known.
    pub known: usize,
    /// The first later bar that passes the outer of the two.
    pub swept: Option<usize>,
    /// Whether that bar closed back inside.
    pub close_back: bool,
}

impl EqualLevels {
    /// The outer of the two prices: what a sweep has to pass.
    pub fn outer(&self) -> f64 {
        match self.side {
            Side::High => self.first_level.max(self.second_level),
            Side::Low => self.first_level.min(self.second_level),
        }
    }
}

/// Pairs of successive points of one side in `legs` (size 3) that differ by less than a tenth of `atr200` at the bar
/// where the second becomes known; in the order in which they become known.
pub(super) fn equal_levels(candles: &[Candle], legs: &[Pivot], atr200: &Line, hit: &FirstHit) -> Vec<EqualLevels> {
    let mut found = Vec::new();
    for (at, second) in legs.iter().enumerate() {
        // Legs alternate: the point before the last is of the same side.
        let Some(first) = at.checked_sub(2).map(|i| &legs[i]) else {
            continue;
        };
        let near = atr200
            .at(second.known)
            .is_some_and(|atr| (first.price - second.price).abs() < 0.1 * atr);
        if !near {
            continue;
        }
        let mut pair = EqualLevels {
            side: second.side,
            first: first.bar,
            second: second.bar,
            first_level: first.price,
            second_level: second.price,
            known: second.known,
            swept: None,
            close_back: false,
        };
        let outer = pair.outer();
        let from = second.known + 1;
        pair.swept = match pair.side {
            Side::High => hit.high_above(from, outer),
            Side::Low => hit.low_below(from, outer),
        };
        pair.close_back = pair.swept.is_some_and(|bar| match pair.side {
            Side::High => candles[bar].close <= outer,
            Side::Low => candles[bar].close >= outer,
        });
        found.push(pair);
    }
    found
}
