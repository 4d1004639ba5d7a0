//! Where a setup's prices come from: the live level nearest to each. Information, not a check: a price of its own is no fault.

use serde::Serialize;

use super::Setup;
use crate::facts::{Facts, Unit, title};

/// A price of a setup beside the level nearest to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelSource {
    /// What it is of the setup: `entry`, `stop`, `target 1`.
    pub what: String,
    /// The price.
    pub price: f64,
    /// The nearest fact's name.
    pub level: String,
    /// Its price.
    pub at: f64,
    /// Open time of the candle it comes from, UTC epoch seconds.
    pub time: i64,
    /// How far the price lies above it in ATR, below it where negative; `None` without ATR.
    pub atr_away: Option<f64>,
}

impl LevelSource {
    /// `stop 0.1 ATR above Fibonacci 0.786`
    pub fn words(&self) -> String {
        let level = title(&self.level);
        match self.atr_away {
            Some(away) if away.abs() < 0.05 => format!("{} at the {level}", self.what),
            Some(away) => {
                let side = if away > 0.0 { "above" } else { "below" };
                format!("{} {:.1} ATR {side} the {level}", self.what, away.abs())
            }
            None => format!("{} near the {level}", self.what),
        }
    }
}

/// The level nearest to each price of `setup`, in its order: entry (both edges of a zone), stop, targets. Of levels equally near
/// the first known. Facts hold only what is live at the as-of.
pub fn level_sources(setup: &Setup, facts: &Facts) -> Vec<LevelSource> {
    let atr = facts.number("atr").filter(|a| *a > 0.0);
    let mut prices: Vec<(String, f64)> = Vec::new();
    if let Some(zone) = setup.entry {
        prices.push(("entry".to_owned(), zone.low()));
        if zone.high() > zone.low() {
            prices.push(("entry".to_owned(), zone.high()));
        }
    }
    prices.extend(setup.stop.map(|stop| ("stop".to_owned(), stop)));
    let targets = setup.targets.iter().enumerate();
    prices.extend(targets.map(|(at, target)| (format!("target {}", at + 1), *target)));
    prices
        .into_iter()
        .filter_map(|(what, price)| {
            let levels = facts.facts.iter().filter(|f| f.unit == Unit::Price);
            let (fact, at) = levels
                .filter_map(|f| Some((f, f.number()?)))
                .min_by(|a, b| (a.1 - price).abs().total_cmp(&(b.1 - price).abs()))?;
            Some(LevelSource {
                what,
                price,
                level: fact.name.clone(),
                at,
                time: fact.time,
                atr_away: atr.map(|atr| (price - at) / atr),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Zone;

    #[test]
    fn each_price_stands_beside_the_nearest_level() {
        let series = crate::market::sample(&crate::market::ReadOptions::default())
            .unwrap()
            .series;
        let facts = Facts::of(&series);
        let (low, atr) = (facts.number("swing_low").unwrap(), facts.number("atr").unwrap());
        let setup = Setup {
            entry: Some(Zone::between(low, low)),
            stop: Some(low - 0.2 * atr),
            ..Setup::default()
        };
        let sources = level_sources(&setup, &facts);
        assert_eq!(sources.len(), 2);
        assert_eq!((sources[0].at, sources[0].atr_away), (low, Some(0.0)));
        assert!(sources[0].words().starts_with("entry at the "));
        // No level lies nearer than the one named.
        for source in &sources {
            let nearer = |f: &&crate::facts::Fact| {
                f.unit == Unit::Price
                    && f.number()
                        .is_some_and(|n| (n - source.price).abs() < (source.at - source.price).abs())
            };
            assert!(facts.facts.iter().find(nearer).is_none(), "{source:?}");
        }
        assert!(level_sources(&Setup::default(), &facts).is_empty());
    }
}
