//! Every concept of a series, candle by candle: what is known at a candle is never touched by a later one.

use super::atr::Atr;
use super::divergence::{Divergence, Divergences};
use super::ema::Ema;
use super::equal_levels::{EqualLevels, Pairs};
use super::fair_value_gaps::{FairValueGap, Gaps};
use super::legs::{INTERNAL, Legs, SWING};
use super::order_blocks::{Blocks, OrderBlock};
use super::pivots::{Pivot, pivots};
use super::rsi::Rsi;
use super::structure::{Break, Breaks};
use super::{Direction, Line};
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
    finding: (Legs, Breaks, Blocks),
}

impl Trading {
    fn new(size: usize) -> Self {
        Self {
            legs: Vec::new(),
            breaks: Vec::new(),
            order_blocks: Vec::new(),
            finding: (Legs::new(size), Breaks::default(), Blocks::new()),
        }
    }

    /// The way of the last break.
    pub fn trend(&self) -> Option<Direction> {
        self.breaks.last().map(|b| b.direction)
    }

    /// The order blocks that are not broken, oldest first.
    pub fn live_blocks(&self) -> impl Iterator<Item = &OrderBlock> {
        self.finding.2.live().into_iter().map(|at| &self.order_blocks[at])
    }

    fn push(&mut self, candles: &[Candle], atr200: &Line, outer: [Option<f64>; 2]) {
        let (legs, breaks, blocks) = &mut self.finding;
        let swing = legs.push(candles);
        self.legs.extend(swing);
        let made = breaks.push(candles, swing, outer);
        blocks.push(candles, &made, atr200, &mut self.order_blocks);
        self.breaks.extend(made);
    }

    /// The levels of the last swing high and low.
    fn levels(&self) -> [Option<f64>; 2] {
        self.finding.1.levels()
    }
}

/// The indicators, as far as they have come.
#[derive(Debug, Clone)]
struct Indicators {
    rsi: Rsi,
    atr: Atr,
    atr200: Atr,
    emas: [Ema; 3],
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
    /// The bar with the highest high of all, the first of equal ones.
    pub highest: usize,
    /// The bar with the lowest low of all, the first of equal ones.
    pub lowest: usize,
    bars: usize,
    atr200: Line,
    indicators: Indicators,
    finding: (Gaps, Pairs, Divergences),
}

impl Study {
    /// Computes everything over `candles`, oldest first.
    pub fn of(candles: &[Candle]) -> Self {
        let mut study = Self {
            rsi: Line::default(),
            atr: Line::default(),
            emas: Default::default(),
            pivots: Vec::new(),
            internal: Trading::new(INTERNAL),
            swing: Trading::new(SWING),
            gaps: Vec::new(),
            equal_levels: Vec::new(),
            divergences: Vec::new(),
            highest: 0,
            lowest: 0,
            bars: 0,
            atr200: Line::default(),
            indicators: Indicators {
                rsi: Rsi::new(14),
                atr: Atr::new(14),
                atr200: Atr::new(200),
                emas: EMA_PERIODS.map(Ema::new),
            },
            finding: (Gaps::new(), Pairs::new(), Divergences::default()),
        };
        study.extend(candles);
        study
    }

    /// The gaps that are not filled, oldest first.
    pub fn live_gaps(&self) -> impl Iterator<Item = &FairValueGap> {
        self.finding.0.live().into_iter().map(|at| &self.gaps[at])
    }

    /// The equal levels that are not swept, in the order in which they became known.
    pub fn live_levels(&self) -> impl Iterator<Item = &EqualLevels> {
        self.finding.1.live().into_iter().map(|at| &self.equal_levels[at])
    }

    /// How many candles it knows.
    pub fn bars(&self) -> usize {
        self.bars
    }

    /// Goes on to the end of `candles`, of which it knows the first [`Study::bars`]. Takes time for the new ones alone.
    pub fn extend(&mut self, candles: &[Candle]) {
        for bar in self.bars..candles.len() {
            self.push(&candles[..=bar]);
        }
    }

    /// Takes in the last of `candles`, all candles so far.
    fn push(&mut self, candles: &[Candle]) {
        let bar = self.bars;
        let candle = &candles[bar];
        self.bars += 1;
        self.rsi.note(bar, self.indicators.rsi.push(candle.close));
        self.atr
            .note(bar, self.indicators.atr.push(candle.high, candle.low, candle.close));
        for (line, ema) in self.emas.iter_mut().zip(&mut self.indicators.emas) {
            line.note(bar, ema.push(candle.close));
        }
        self.atr200
            .note(bar, self.indicators.atr200.push(candle.high, candle.low, candle.close));
        if candle.high > candles[self.highest].high {
            self.highest = bar;
        }
        if candle.low < candles[self.lowest].low {
            self.lowest = bar;
        }
        self.pivots.extend(pivots(candles, 5, 5));
        self.swing.push(candles, &self.atr200, [None, None]);
        self.internal.push(candles, &self.atr200, self.swing.levels());
        let (gaps, pairs, divergences) = &mut self.finding;
        gaps.push(candles, &mut self.gaps);
        pairs.push(candles, self.atr200.at(bar), &mut self.equal_levels);
        self.divergences.extend(divergences.push(candles, &self.rsi));
    }
}
