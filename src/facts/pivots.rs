//! Pivots: bars that stand out from a number of bars before and behind them.

use serde::Serialize;

use super::{Line, Side};
use crate::market::Candle;

/// A swing point, and the bar at whose close it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pivot {
    /// The bar it lies at.
    pub bar: usize,
    /// High or low.
    pub side: Side,
    /// The bar's high or low.
    pub price: f64,
    /// The bar at whose close it can be stated.
    pub known: usize,
}

/// Pivots with `left` lower (higher) bars before and `right` not higher (lower) ones behind: of a flat top the first bar
/// wins. In order of bar, a high before a low on the same bar. Known at `bar + right`.
pub fn pivots(candles: &[Candle], left: usize, right: usize) -> Vec<Pivot> {
    let mut found = Vec::new();
    for bar in left..candles.len().saturating_sub(right) {
        for side in [Side::High, Side::Low] {
            let value = |at: usize| match side {
                Side::High => candles[at].high,
                Side::Low => -candles[at].low,
            };
            if stands_out(bar, left, right, value) {
                found.push(Pivot {
                    bar,
                    side,
                    price: value(bar).abs(),
                    known: bar + right,
                });
            }
        }
    }
    found
}

/// Pivots of a line, by the same rule; `price` is the line's value.
pub fn line_pivots(line: &Line, left: usize, right: usize) -> Vec<Pivot> {
    let values = line.values();
    let mut found = Vec::new();
    for at in left..values.len().saturating_sub(right) {
        for (side, sign) in [(Side::High, 1.0), (Side::Low, -1.0)] {
            if stands_out(at, left, right, |i| sign * values[i]) {
                let bar = line.first() + at;
                found.push(Pivot {
                    bar,
                    side,
                    price: values[at],
                    known: bar + right,
                });
            }
        }
    }
    found
}

fn stands_out(bar: usize, left: usize, right: usize, value: impl Fn(usize) -> f64) -> bool {
    let top = value(bar);
    (bar - left..bar).all(|i| value(i) < top) && (bar + 1..=bar + right).all(|i| value(i) <= top)
}
