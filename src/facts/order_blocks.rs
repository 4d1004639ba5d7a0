//! Order blocks: the candle from which a break of structure set out, by LuxAlgo's rule.

use serde::Serialize;

use super::first_hit::FirstHit;
use super::structure::Break;
use super::{Direction, Line};
use crate::market::Candle;

/// The zone of an order block.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OrderBlock {
    /// The bar of the break that made it; known at that close.
    pub known: usize,
    /// Bullish is demand below, bearish supply above.
    pub direction: Direction,
    /// The bar it is.
    pub bar: usize,
    /// Upper edge: that bar's high.
    pub top: f64,
    /// Lower edge: that bar's low.
    pub bottom: f64,
    /// The first bar after the break that trades into the zone.
    pub tested: Option<usize>,
    /// The first bar from the break on that trades beyond the zone (LuxAlgo: mitigated).
    pub broken: Option<usize>,
}

/// The order blocks of `breaks`, in their order.
///
/// Of the bars from the broken pivot up to the break, the one with the lowest low (bullish) or highest high (bearish),
/// the first on ties. Bars with a range of at least twice `atr200` enter with high and low exchanged, so that they are
/// taken only when nothing else is there.
pub(super) fn order_blocks(candles: &[Candle], breaks: &[Break], atr200: &Line, hit: &FirstHit) -> Vec<OrderBlock> {
    breaks.iter().map(|b| order_block(candles, b, atr200, hit)).collect()
}

fn order_block(candles: &[Candle], broken: &Break, atr200: &Line, hit: &FirstHit) -> OrderBlock {
    let depth = |bar: usize| {
        let candle = &candles[bar];
        let wide = atr200.at(bar).is_some_and(|atr| candle.high - candle.low >= 2.0 * atr);
        match (broken.direction, wide) {
            (Direction::Bullish, false) => candle.low,
            (Direction::Bullish, true) => candle.high,
            (Direction::Bearish, false) => -candle.high,
            (Direction::Bearish, true) => -candle.low,
        }
    };
    let t = broken.known;
    let mut bar = broken.pivot;
    for candidate in broken.pivot + 1..t {
        if depth(candidate) < depth(bar) {
            bar = candidate;
        }
    }
    let (top, bottom) = (candles[bar].high, candles[bar].low);
    let (tested, gone) = match broken.direction {
        Direction::Bullish => (hit.low_at_most(t + 1, top), hit.low_below(t, bottom)),
        Direction::Bearish => (hit.high_at_least(t + 1, bottom), hit.high_above(t, top)),
    };
    OrderBlock {
        known: t,
        direction: broken.direction,
        bar,
        top,
        bottom,
        tested,
        broken: gone,
    }
}
