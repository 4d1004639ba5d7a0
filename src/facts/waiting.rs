//! Prices that wait to be reached: which of many levels a candle trades to, without a look at the others.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Direction;
use crate::market::Candle;

/// Levels below and above the market, each with the number of what it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    /// Whether price has to pass a level, or only to touch it.
    pass: bool,
    /// The highest first.
    below: BinaryHeap<Level>,
    /// The lowest first: prices are negated.
    above: BinaryHeap<Level>,
}

/// A price with its owner, in order of price.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Level(f64, usize);

impl Eq for Level {}

impl Ord for Level {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(other.1.cmp(&self.1))
    }
}

impl PartialOrd for Level {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Waiting {
    /// Levels that are reached when a candle trades at them.
    pub fn to_touch() -> Self {
        Self {
            pass: false,
            below: BinaryHeap::new(),
            above: BinaryHeap::new(),
        }
    }

    /// Levels that are reached when a candle trades beyond them.
    pub fn to_pass() -> Self {
        Self {
            pass: true,
            ..Self::to_touch()
        }
    }

    /// Has `owner` wait for price to move in `direction` to `level`.
    pub fn add(&mut self, direction: Direction, level: f64, owner: usize) {
        match direction {
            Direction::Bearish => self.below.push(Level(level, owner)),
            Direction::Bullish => self.above.push(Level(-level, owner)),
        }
    }

    /// The owners that still wait, in order of their number.
    pub fn owners(&self) -> Vec<usize> {
        let mut owners: Vec<usize> = self.below.iter().chain(&self.above).map(|level| level.1).collect();
        owners.sort_unstable();
        owners
    }

    /// Takes out the owners whose level `candle` reaches.
    pub fn reached(&mut self, candle: &Candle, mut met: impl FnMut(usize)) {
        for (levels, reach) in [(&mut self.below, candle.low), (&mut self.above, -candle.high)] {
            while let Some(level) = levels.peek() {
                let reached = reach < level.0 || !self.pass && reach == level.0;
                if !reached {
                    break;
                }
                met(level.1);
                levels.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_walk(
            prices in prop::collection::vec(0u8..20, 1..60),
            levels in prop::collection::vec((0u8..20, any::<bool>(), 0usize..60), 0..20),
            pass in any::<bool>(),
        ) {
            let candle = |p: u8| Candle { time: 0, open: 0.0, high: f64::from(p) + 1.0, low: f64::from(p), close: 0.0, volume: 0.0 };
            let mut waiting = if pass { Waiting::to_pass() } else { Waiting::to_touch() };
            let mut found = vec![None; levels.len()];
            for (bar, price) in prices.iter().enumerate() {
                waiting.reached(&candle(*price), |owner| found[owner] = Some(bar));
                for (owner, (level, up, _)) in levels.iter().enumerate().filter(|(_, l)| l.2 == bar) {
                    let direction = if *up { Direction::Bullish } else { Direction::Bearish };
                    waiting.add(direction, f64::from(*level), owner);
                }
            }
            for (owner, (level, up, from)) in levels.iter().enumerate() {
                let level = f64::from(*level);
                let reaches = |c: &Candle| match (up, pass) {
                    (true, true) => c.high > level,
                    (true, false) => c.high >= level,
                    (false, true) => c.low < level,
                    (false, false) => c.low <= level,
                };
                let walk = (from + 1..prices.len()).find(|bar| reaches(&candle(prices[*bar])));
                prop_assert_eq!(found[owner], walk);
            }
        }
    }
}
