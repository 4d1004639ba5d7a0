//! Every concept of a series, computed once.

use super::divergence::{Divergence, divergences};
use super::equal_levels::{EqualLevels, equal_levels};
use super::fair_value_gaps::{FairValueGap, fair_value_gaps};
use super::first_hit::FirstHit;
use super::legs::{EQUAL, INTERNAL, SWING, legs};
use super::order_blocks::{OrderBlock, order_blocks};
use super::pivots::{Pivot, pivots};
use super::structure::{Break, breaks};
use super::{Direction, Line, atr, ema, rsi};
use crate::market::Candle;

/// Periods of the moving averages.
pub const EMA_PERIODS: [usize; 3] = [20, 50, 200];

/// The structure of a market at one size: its swings, their breaks, and the order blocks of those.
#[derive(Debug, Clone)]
pub struct Trading {
    /// Swing points, oldest first, alternating.
    pub legs: Vec<Pivot>,
    /// Breaks of them, oldest first.
    pub breaks: Vec<Break>,
    /// The order block of each break.
    pub order_blocks: Vec<OrderBlock>,
}

impl Trading {
    /// The way of the last break.
    pub fn trend(&self) -> Option<Direction> {
        self.breaks.last().map(|b| b.direction)
    }
}

/// All concepts over a stretch of candles, every bar of it taken as closed.
#[derive(Debug, Clone)]
pub struct Study {
    /// RSI(14).
    pub rsi: Line,
    /// ATR(14).
    pub atr: Line,
    /// EMA of each of `EMA_PERIODS`.
    pub emas: [Line; 3],
    /// Pivots 5/5.
    pub pivots: Vec<Pivot>,
    /// Structure of size 5.
    pub internal: Trading,
    /// Structure of size 50.
    pub swing: Trading,
    /// Fair value gaps.
    pub gaps: Vec<FairValueGap>,
    /// Equal highs and lows.
    pub equal_levels: Vec<EqualLevels>,
    /// RSI divergences.
    pub divergences: Vec<Divergence>,
}

impl Study {
    /// Computes everything over `candles`, oldest first.
    pub fn of(candles: &[Candle]) -> Self {
        let closes = || candles.iter().map(|c| c.close);
        let rsi = rsi::rsi(closes(), 14);
        let atr200 = atr::atr(candles, 200);
        let hit = FirstHit::over(candles);
        let swing_legs = legs(candles, SWING);
        let trading = |legs: Vec<Pivot>, outer: Option<&[Pivot]>| {
            let breaks = breaks(candles, &legs, outer);
            Trading {
                order_blocks: order_blocks(candles, &breaks, &atr200, &hit),
                breaks,
                legs,
            }
        };
        Self {
            atr: atr::atr(candles, 14),
            emas: EMA_PERIODS.map(|period| ema::ema(closes(), period)),
            pivots: pivots(candles, 5, 5),
            internal: trading(legs(candles, INTERNAL), Some(&swing_legs)),
            gaps: fair_value_gaps(candles, &hit),
            equal_levels: equal_levels(candles, &legs(candles, EQUAL), &atr200, &hit),
            divergences: divergences(candles, &rsi),
            swing: trading(swing_legs, None),
            rsi,
        }
    }
}
