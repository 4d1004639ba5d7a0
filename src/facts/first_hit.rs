//! The first later bar that reaches a price, found in a logarithm of the bars instead of a walk over them.

use crate::market::Candle;

/// Finds first bars whose low (high) reaches a level.
#[derive(Debug, Clone)]
pub(super) struct FirstHit {
    /// Leaves of the trees below: bars, rounded up to a power of two.
    leaves: usize,
    /// Lowest low of each subtree, the root at 1; infinite where there is no bar.
    lows: Vec<f64>,
    /// Highest high of each subtree; negative infinity where there is no bar.
    highs: Vec<f64>,
}

impl FirstHit {
    pub fn over(candles: &[Candle]) -> Self {
        let leaves = candles.len().next_power_of_two();
        let mut lows = vec![f64::INFINITY; 2 * leaves];
        let mut highs = vec![f64::NEG_INFINITY; 2 * leaves];
        for (bar, candle) in candles.iter().enumerate() {
            lows[leaves + bar] = candle.low;
            highs[leaves + bar] = candle.high;
        }
        for node in (1..leaves).rev() {
            lows[node] = lows[2 * node].min(lows[2 * node + 1]);
            highs[node] = highs[2 * node].max(highs[2 * node + 1]);
        }
        Self { leaves, lows, highs }
    }

    /// The first bar from `from` on whose low is at or under `price`.
    pub fn low_at_most(&self, from: usize, price: f64) -> Option<usize> {
        self.first(from, |node| self.lows[node] <= price)
    }

    /// The first bar from `from` on whose low is under `price`.
    pub fn low_below(&self, from: usize, price: f64) -> Option<usize> {
        self.first(from, |node| self.lows[node] < price)
    }

    /// The first bar from `from` on whose high is at or over `price`.
    pub fn high_at_least(&self, from: usize, price: f64) -> Option<usize> {
        self.first(from, |node| self.highs[node] >= price)
    }

    /// The first bar from `from` on whose high is over `price`.
    pub fn high_above(&self, from: usize, price: f64) -> Option<usize> {
        self.first(from, |node| self.highs[node] > price)
    }

    /// The first leaf from `from` on that `reaches`; a node reaches if any leaf under it does.
    fn first(&self, from: usize, reaches: impl Fn(usize) -> bool) -> Option<usize> {
        if from >= self.leaves {
            return None;
        }
        let mut node = self.leaves + from;
        // Climb to the right until a subtree reaches, then descend to its first leaf that does.
        while !reaches(node) {
            while node % 2 == 1 {
                node /= 2;
            }
            if node == 0 {
                return None;
            }
            node += 1;
        }
        while node < self.leaves {
            node *= 2;
            if !reaches(node) {
                node += 1;
            }
        }
        Some(node - self.leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_walk(prices in prop::collection::vec(0u8..20, 1..70), from in 0usize..80, level in 0u8..20) {
            let candles: Vec<Candle> = prices
                .iter()
                .map(|p| Candle { time: 0, open: 0.0, high: f64::from(*p) + 1.0, low: f64::from(*p), close: 0.0, volume: 0.0 })
                .collect();
            let hit = FirstHit::over(&candles);
            let level = f64::from(level);
            let walk = |test: &dyn Fn(&Candle) -> bool| (from..candles.len()).find(|b| test(&candles[*b]));
            prop_assert_eq!(hit.low_at_most(from, level), walk(&|c| c.low <= level));
            prop_assert_eq!(hit.low_below(from, level), walk(&|c| c.low < level));
            prop_assert_eq!(hit.high_at_least(from, level), walk(&|c| c.high >= level));
            prop_assert_eq!(hit.high_above(from, level), walk(&|c| c.high > level));
        }
    }
}
