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

/// The pivots that become known at the close of the last of `candles`: its bar `right` ago, if `left` bars before it are
/// lower (higher) and `right` behind it not higher (lower), so that of a flat top the first bar wins. A high before a
/// low on the same bar.
pub fn pivots(candles: &[Candle], left: usize, right: usize) -> impl Iterator<Item = Pivot> + '_ {
    newest(candles.len(), left, right, move |side, bar| match side {
        Side::High => candles[bar].high,
        Side::Low => candles[bar].low,
    })
}

/// Pivots of a line, by the same rule; `price` is the line's value.
pub fn line_pivots(line: &Line, left: usize, right: usize) -> impl Iterator<Item = Pivot> + '_ {
    let values = line.values();
    let first = line.first();
    newest(values.len(), left, right, move |_, at| values[at]).map(move |pivot| Pivot {
        bar: first + pivot.bar,
        known: first + pivot.known,
        ..pivot
    })
}

fn newest(len: usize, left: usize, right: usize, value: impl Fn(Side, usize) -> f64) -> impl Iterator<Item = Pivot> {
    let known = len.checked_sub(1);
    let bar = known
        .and_then(|known| known.checked_sub(right))
        .filter(|bar| *bar >= left);
    let sides = [Side::High, Side::Low].into_iter();
    bar.into_iter()
        .flat_map(move |bar| sides.clone().map(move |side| (bar, side)))
        .filter_map(move |(bar, side)| {
            let price = value(side, bar);
            let lower = |at: usize, equal: bool| match side {
                Side::High => value(side, at) < price || equal && value(side, at) == price,
                Side::Low => value(side, at) > price || equal && value(side, at) == price,
            };
            let stands =
                (bar - left..bar).all(|at| lower(at, false)) && (bar + 1..=bar + right).all(|at| lower(at, true));
            stands.then_some(Pivot {
                bar,
                side,
                price,
                known: bar + right,
            })
        })
}
