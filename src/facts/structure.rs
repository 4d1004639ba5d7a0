//! Market structure: breaks of structure and changes of character, by LuxAlgo's rule.

use serde::Serialize;

use super::pivots::Pivot;
use super::{Direction, Side};
use crate::market::Candle;

/// What a break says of the trend before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BreakKind {
    /// A break of structure: the trend goes on (also the first break of all).
    #[serde(rename = "BOS")]
    BreakOfStructure,
    /// A change of character: the trend was the other way.
    #[serde(rename = "CHoCH")]
    ChangeOfCharacter,
}

impl BreakKind {
    /// `BOS` or `CHoCH`.
    pub fn label(self) -> &'static str {
        match self {
            BreakKind::BreakOfStructure => "BOS",
            BreakKind::ChangeOfCharacter => "CHoCH",
        }
    }
}

/// A close beyond a swing point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Break {
    /// The bar whose close breaks; known at that close.
    pub known: usize,
    /// What it says of the trend.
    pub kind: BreakKind,
    /// The way it breaks.
    pub direction: Direction,
    /// The level broken.
    pub level: f64,
    /// The bar of the swing point broken.
    pub pivot: usize,
}

/// The last swing point of one side, and whether it has been broken.
#[derive(Debug, Clone, Copy)]
struct Standing {
    pivot: Pivot,
    broken: bool,
}

/// The breaks of a market's swings at one size, found candle by candle.
///
/// At bar t, with the swing points known by then: the close lies beyond the last one of a side, the close before did not
/// lie beyond the level as it stood then, and this point is unbroken. A wick is no break. While a point's level equals
/// that of the last point of the outer structure (the swings, for internal breaks) it does not count.
#[derive(Debug, Clone, Default)]
pub struct Breaks {
    trend: Option<Direction>,
    last: [Option<Standing>; 2],
}

impl Breaks {
    /// The breaks that the last of `candles`, all candles so far, makes by its close: a high's before a low's. `swing` is
    /// the point that becomes known at it, `outer` the levels of the outer structure's last high and low.
    pub fn push(&mut self, candles: &[Candle], swing: Option<Pivot>, outer: [Option<f64>; 2]) -> Vec<Break> {
        let before = self.last;
        if let Some(pivot) = swing {
            self.last[pivot.side.slot()] = Some(Standing { pivot, broken: false });
        }
        let [.., previous, candle] = candles else {
            return Vec::new();
        };
        let mut made = Vec::new();
        for (side, direction) in [(Side::High, Direction::Bullish), (Side::Low, Direction::Bearish)] {
            let at = side.slot();
            let (Some(now), Some(then)) = (self.last[at], before[at]) else {
                continue;
            };
            let level = now.pivot.price;
            if now.broken || outer[at] == Some(level) {
                continue;
            }
            let beyond = |close: f64, level: f64| match side {
                Side::High => close > level,
                Side::Low => close < level,
            };
            if !beyond(candle.close, level) || beyond(previous.close, then.pivot.price) {
                continue;
            }
            let turned = self.trend.is_some_and(|trend| trend != direction);
            made.push(Break {
                known: candles.len() - 1,
                kind: if turned {
                    BreakKind::ChangeOfCharacter
                } else {
                    BreakKind::BreakOfStructure
                },
                direction,
                level,
                pivot: now.pivot.bar,
            });
            self.trend = Some(direction);
            self.last[at] = Some(Standing { broken: true, ..now });
        }
        made
    }

    /// The levels of the last swing high and low, for the structure within this one.
    pub fn levels(&self) -> [Option<f64>; 2] {
        self.last.map(|standing| standing.map(|s| s.pivot.price))
    }
}
