//! RSI divergence, by the rule of TradingView's built-in indicator.

use serde::{Deserialize, Serialize};

use super::pivots::{Pivot, line_pivots};
use super::{Direction, Line, Side};
use crate::market::Candle;

/// What price and RSI disagree about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DivergenceKind {
    /// Price made a lower low, RSI a higher one.
    RegularBullish,
    /// Price made a higher low, RSI a lower one.
    HiddenBullish,
    /// Price made a higher high, RSI a lower one.
    RegularBearish,
    /// Price made a lower high, RSI a higher one.
    HiddenBearish,
}

impl DivergenceKind {
    /// The name in tables and prompts.
    pub fn name(self) -> &'static str {
        match self {
            Self::RegularBullish => "regular_bullish",
            Self::HiddenBullish => "hidden_bullish",
            Self::RegularBearish => "regular_bearish",
            Self::HiddenBearish => "hidden_bearish",
        }
    }

    /// The way it speaks for.
    pub fn direction(self) -> Direction {
        match self {
            Self::RegularBullish | Self::HiddenBullish => Direction::Bullish,
            Self::RegularBearish | Self::HiddenBearish => Direction::Bearish,
        }
    }
}

/// Two RSI pivots of one side whose prices tell another story.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Divergence {
    /// The bar of the first pivot.
    pub first: usize,
    /// The bar of the second.
    pub second: usize,
    /// What they say.
    pub kind: DivergenceKind,
    /// Five bars behind the second.
    pub known: usize,
}

/// The divergences of a market, found candle by candle, in order of the second pivot: pivots of the RSI five bars each
/// way, two successive ones of a side 6 to 61 bars apart, against the high or low of the pivot's own bar.
#[derive(Debug, Clone, Default)]
pub struct Divergences {
    last: [Option<Pivot>; 2],
}

impl Divergences {
    /// The divergences that become known at the last of `candles`, all candles so far, whose index is `rsi`.
    pub fn push(&mut self, candles: &[Candle], rsi: &Line) -> Vec<Divergence> {
        let mut found = Vec::new();
        for pivot in line_pivots(rsi, 5, 5) {
            let Some(before) = self.last[pivot.side.slot()].replace(pivot) else {
                continue;
            };
            if !(6..=61).contains(&(pivot.bar - before.bar)) {
                continue;
            }
            let price = |bar: usize| match pivot.side {
                Side::High => candles[bar].high,
                Side::Low => candles[bar].low,
            };
            let (was, is) = (price(before.bar), price(pivot.bar));
            let kind = match pivot.side {
                Side::Low if is < was && pivot.price > before.price => DivergenceKind::RegularBullish,
                Side::Low if is > was && pivot.price < before.price => DivergenceKind::HiddenBullish,
                Side::High if is > was && pivot.price < before.price => DivergenceKind::RegularBearish,
                Side::High if is < was && pivot.price > before.price => DivergenceKind::HiddenBearish,
                _ => continue,
            };
            found.push(Divergence {
                first: before.bar,
                second: pivot.bar,
                kind,
                known: pivot.known,
            });
        }
        found
    }
}
