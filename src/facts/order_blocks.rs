//! Order blocks: the candle from which a break of structure set out, by LuxAlgo's rule.

use serde::Serialize;

use super::structure::Break;
use super::waiting::Waiting;
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

/// The order blocks of a market's breaks, in their order, found candle by candle.
#[derive(Debug, Clone)]
pub(super) struct Blocks {
    tested: Waiting,
    broken: Waiting,
}

impl Blocks {
    pub fn new() -> Self {
        Self {
            tested: Waiting::to_touch(),
            broken: Waiting::to_pass(),
        }
    }

    /// The numbers of the blocks that are not broken.
    pub fn live(&self) -> Vec<usize> {
        self.broken.owners()
    }

    /// Notes in `blocks` what the last of `candles`, all candles so far, does to them, and the blocks of the breaks it
    /// makes.
    pub fn push(&mut self, candles: &[Candle], made: &[Break], atr200: &Line, blocks: &mut Vec<OrderBlock>) {
        let Some((now, candle)) = candles.len().checked_sub(1).zip(candles.last()) else {
            return;
        };
        self.tested.reached(candle, |block| blocks[block].tested = Some(now));
        for broken in made {
            let bar = origin(candles, broken, atr200);
            let (top, bottom) = (candles[bar].high, candles[bar].low);
            // Price comes back to it by its near edge and breaks it by its far one.
            let (back, near, far) = match broken.direction {
                Direction::Bullish => (Direction::Bearish, top, bottom),
                Direction::Bearish => (Direction::Bullish, bottom, top),
            };
            self.tested.add(back, near, blocks.len());
            self.broken.add(back, far, blocks.len());
            blocks.push(OrderBlock {
                known: now,
                direction: broken.direction,
                bar,
                top,
                bottom,
                tested: None,
                broken: None,
            });
        }
        // The bar of the break may break its own block; it does not test it.
        self.broken.reached(candle, |block| blocks[block].broken = Some(now));
    }
}

/// Of the bars from the broken pivot up to the break, the one with the lowest low (bullish) or highest high (bearish),
/// the first on ties. Bars with a range of at least twice `atr200` enter with high and low exchanged, so that they are
/// taken only when nothing else is there.
fn origin(candles: &[Candle], broken: &Break, atr200: &Line) -> usize {
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
    let mut bar = broken.pivot;
    for candidate in broken.pivot + 1..broken.known {
        if depth(candidate) < depth(bar) {
            bar = candidate;
        }
    }
    bar
}
