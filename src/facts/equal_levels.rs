//! Equal highs and lows: two swings that ended at one price, behind which liquidity rests until it is swept.

use serde::Serialize;

use super::legs::{EQUAL, Legs};
use super::pivots::Pivot;
use super::waiting::Waiting;
use super::{Direction, Side};
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

/// The pairs of a market, found candle by candle: successive points of one side in legs of size 3 that differ by less than
/// a tenth of ATR(200) at the bar where the second becomes known; in the order in which they become known.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    legs: Legs,
    /// The last swing high and low.
    last: [Option<Pivot>; 2],
    swept: Waiting,
}

impl Pairs {
    pub fn new() -> Self {
        Self {
            legs: Legs::new(EQUAL),
            last: [None, None],
            swept: Waiting::to_pass(),
        }
    }

    /// The numbers of the pairs that are not swept.
    pub fn live(&self) -> Vec<usize> {
        self.swept.owners()
    }

    /// Notes in `pairs` what the last of `candles`, all candles so far, does to them, and the pair it makes known;
    /// `atr200` is the average range at it.
    pub fn push(&mut self, candles: &[Candle], atr200: Option<f64>, pairs: &mut Vec<EqualLevels>) {
        let Some((now, candle)) = candles.len().checked_sub(1).zip(candles.last()) else {
            return;
        };
        self.swept.reached(candle, |at| {
            let pair = &mut pairs[at];
            pair.swept = Some(now);
            pair.close_back = match pair.side {
                Side::High => candle.close <= pair.outer(),
                Side::Low => candle.close >= pair.outer(),
            };
        });
        let Some(second) = self.legs.push(candles) else { return };
        let Some(first) = self.last[second.side.slot()].replace(second) else {
            return;
        };
        if !atr200.is_some_and(|atr| (first.price - second.price).abs() < 0.1 * atr) {
            return;
        }
        let pair = EqualLevels {
            side: second.side,
            first: first.bar,
            second: second.bar,
            first_level: first.price,
            second_level: second.price,
            known: second.known,
            swept: None,
            close_back: false,
        };
        let way = match pair.side {
            Side::High => Direction::Bullish,
            Side::Low => Direction::Bearish,
        };
        self.swept.add(way, pair.outer(), pairs.len());
        pairs.push(pair);
    }
}
