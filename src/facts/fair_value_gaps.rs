//! Fair value gaps: prices that a fast candle left untraded between its neighbours.

use serde::Serialize;

use super::Direction;
use super::waiting::Waiting;
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

/// The gaps of a market, found candle by candle, oldest first; neighbours are not joined.
#[derive(Debug, Clone)]
pub(super) struct Gaps {
    touched: Waiting,
    filled: Waiting,
}

impl Gaps {
    pub fn new() -> Self {
        Self {
            touched: Waiting::to_touch(),
            filled: Waiting::to_touch(),
        }
    }

    /// The numbers of the gaps that are not filled.
    pub fn live(&self) -> Vec<usize> {
        self.filled.owners()
    }

    /// Notes in `gaps` what the last of `candles`, all candles so far, does to them, and the gap it makes.
    pub fn push(&mut self, candles: &[Candle], gaps: &mut Vec<FairValueGap>) {
        let Some((now, candle)) = candles.len().checked_sub(1).zip(candles.last()) else {
            return;
        };
        self.touched.reached(candle, |gap| gaps[gap].touched = Some(now));
        self.filled.reached(candle, |gap| gaps[gap].filled = Some(now));
        let [.., before, middle, after] = candles else { return };
        let (direction, top, bottom) = if before.high < after.low && middle.close > middle.open {
            (Direction::Bullish, after.low, before.high)
        } else if before.low > after.high && middle.close < middle.open {
            (Direction::Bearish, before.low, after.high)
        } else {
            return;
        };
        // Price comes back into it by its near edge and leaves it by its far one.
        let (back, near, far) = match direction {
            Direction::Bullish => (Direction::Bearish, top, bottom),
            Direction::Bearish => (Direction::Bullish, bottom, top),
        };
        self.touched.add(back, near, gaps.len());
        self.filled.add(back, far, gaps.len());
        gaps.push(FairValueGap {
            bar: now - 1,
            direction,
            top,
            bottom,
            known: now,
            touched: None,
            filled: None,
        });
    }
}
