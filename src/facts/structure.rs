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

/// The breaks of the swings in `legs`, oldest first.
///
/// At bar t, with the swing points known by then: the close lies beyond the last one of a side, the close before did not
/// lie beyond the level as it stood then, and this point is unbroken. A wick is no break. While a point's level equals
/// that of the last point of `outer` (the swing structure, for internal breaks) it does not count.
pub fn breaks(candles: &[Candle], legs: &[Pivot], outer: Option<&[Pivot]>) -> Vec<Break> {
    let mut found = Vec::new();
    let mut trend: Option<Direction> = None;
    let mut last: [Option<Standing>; 2] = [None, None];
    let mut outer_level: [Option<f64>; 2] = [None, None];
    let mut coming = legs.iter().peekable();
    let mut outer_coming = outer.unwrap_or_default().iter().peekable();
    for t in 0..candles.len() {
        let before = last;
        while let Some(pivot) = coming.next_if(|p| p.known <= t) {
            last[slot(pivot.side)] = Some(Standing {
                pivot: *pivot,
                broken: false,
            });
        }
        while let Some(pivot) = outer_coming.next_if(|p| p.known <= t) {
            outer_level[slot(pivot.side)] = Some(pivot.price);
        }
        if t == 0 {
            continue;
        }
        for (side, direction) in [(Side::High, Direction::Bullish), (Side::Low, Direction::Bearish)] {
            let at = slot(side);
            let (Some(now), Some(then)) = (last[at], before[at]) else {
                continue;
            };
            let level = now.pivot.price;
            if now.broken || outer_level[at] == Some(level) {
                continue;
            }
            let beyond = |close: f64, level: f64| match side {
                Side::High => close > level,
                Side::Low => close < level,
            };
            if !beyond(candles[t].close, level) || beyond(candles[t - 1].close, then.pivot.price) {
                continue;
            }
            let turned = trend.is_some_and(|trend| trend != direction);
            found.push(Break {
                known: t,
                kind: if turned {
                    BreakKind::ChangeOfCharacter
                } else {
                    BreakKind::BreakOfStructure
                },
                direction,
                level,
                pivot: now.pivot.bar,
            });
            trend = Some(direction);
            last[at] = Some(Standing { broken: true, ..now });
        }
    }
    found
}

fn slot(side: Side) -> usize {
    match side {
        Side::High => 0,
        Side::Low => 1,
    }
}
