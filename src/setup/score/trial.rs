//! One analysis with what became of it.

use serde::{Deserialize, Serialize};

use super::Observation;
use super::groups::Difference;
use crate::market::Candle;
use crate::setup::{Outcome, Play, Setup, Side, Terms};

/// What an analysis came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It proposed no trade, or nothing at all.
    NoTrade,
    /// It proposed something that cannot be played, and why.
    Unplayable(String),
    /// It was played as far as the candles go.
    Played(Outcome),
}

/// One analysis with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The model that was asked, `provider/model`.
    pub model: String,
    /// The model that answered, as the server named it.
    pub answered_by: String,
    /// The template's name.
    pub template: String,
    /// The instrument.
    pub symbol: String,
    /// The spacing of the candles.
    pub timeframe: String,
    /// Open time of the last candle it could know, UTC epoch seconds.
    pub as_of: i64,
    /// Open time of the candle that decided it, or of the last one played; its as-of where nothing was played.
    pub until: i64,
    /// What became of it.
    pub fate: Fate,
    /// Confidence as stated, 0 to 1.
    pub confidence: Option<f64>,
    /// What the model's call cost, in US dollars.
    pub cost_usd: Option<f64>,
    /// Whether a check failed.
    pub failed_check: bool,
    /// Result of the random side, see [`random_side`].
    pub random_r: Option<f64>,
    /// What the offline analyst's answer to the same question gave; `None` for its own, and where it had nothing to say.
    pub offline_r: Option<f64>,
    /// Open time of the candle that decided the offline analyst's setup; its as-of where nothing was played.
    #[serde(default)]
    pub offline_until: Option<i64>,
}

impl Fate {
    /// What became of `setup` on the candles after its as-of; `close` is the as-of candle's. Without a setup the answer is told
    /// apart by whether it is `whole`.
    pub fn of(setup: Option<&Setup>, whole: bool, close: f64, terms: Terms, later: &[Candle]) -> Self {
        match setup {
            None if whole => Fate::Unplayable("no setup is in the answer".to_owned()),
            None => Fate::Unplayable("the answer was cut off".to_owned()),
            Some(setup) if setup.side == Some(Side::None) => Fate::NoTrade,
            Some(setup) => match Play::new(setup, close, terms) {
                Ok(play) => Fate::Played(play.run(later)),
                Err(reason) => Fate::Unplayable(reason.to_string()),
            },
        }
    }

    /// The outcome, if it was played.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Fate::Played(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// The result in R, if a trade came of it and is over.
    pub fn closed_r(&self) -> Option<f64> {
        self.outcome().filter(|o| o.is_over()).and_then(|o| o.r)
    }

    /// The result in R, nothing traded counted as nothing won and nothing lost; `None` while a trade or an order is open.
    pub fn result(&self) -> Option<f64> {
        match self {
            Fate::Played(outcome) if !outcome.is_over() => None,
            _ => Some(self.closed_r().unwrap_or(0.0)),
        }
    }
}

impl Trial {
    /// Its result in R, if a trade came of it and is over.
    pub fn closed_r(&self) -> Option<f64> {
        self.fate.closed_r()
    }

    /// Its result in R, as [`Fate::result`] counts.
    pub fn result(&self) -> Option<f64> {
        self.fate.result()
    }

    /// `value`, found on the candles of this trial.
    pub(super) fn observed(&self, value: f64) -> Observation {
        Observation {
            start: self.as_of,
            end: self.until,
            value,
        }
    }

    /// Its result minus the offline analyst's, if both are known.
    pub(super) fn to_offline(&self) -> Option<Difference> {
        let offline = self.offline_r?;
        let observed = self.observed(self.result()? - offline);
        Some(Difference {
            observed: Observation {
                // Not known before both are decided.
                end: observed.end.max(self.offline_until.unwrap_or(i64::MIN)),
                ..observed
            },
            traded: self.closed_r().is_some() || offline != 0.0,
        })
    }

    /// Its result minus that of the random side, if both are known. An open trade counts as it is marked: trades that stop out
    /// are over sooner than those that reach their target, so leaving open ones out would favour the random side.
    pub(super) fn to_random(&self) -> Option<Difference> {
        let result = self.fate.outcome().and_then(|o| o.r)?;
        Some(Difference {
            observed: self.observed(result - self.random_r?),
            traded: true,
        })
    }
}

/// The expected result of a side chosen by a coin: the mean of both, each with the stop loss and the targets as far from its
/// entry as `setup` has them. `None` where the setup cannot be played or was not filled.
///
/// Both sides enter when the order is filled: at that candle's open, or at its close where the order was filled inside it. Both
/// are held at most as long as the trade itself, and marked at the last close. An earlier entry would know that the price is
/// going to reach the order, and one that outlives the trade would depend on candles of later trades.
pub fn random_side(setup: &Setup, close: f64, terms: Terms, later: &[Candle]) -> Option<f64> {
    let sign = setup.side?.sign()?;
    let trade = Play::new(setup, close, terms).ok()?.run(later);
    let (filled, price) = trade.filled?;
    let (first, last) = (later.get(filled)?, trade.end?);
    let spread = if sign > 0.0 { terms.spread } else { 0.0 };
    let at_open = price == first.open + spread;
    let mut held = later.get(filled..=last)?.to_vec();
    if !at_open {
        let close = first.close;
        // What was left of the candle after the fill is not known: only its close is played.
        held[0] = Candle {
            open: close,
            high: close,
            low: close,
            ..*first
        };
    }
    let open = held[0].open;
    let entry = setup.entry.map_or(close, crate::setup::Zone::middle);
    let both = [1.0, -1.0].map(|side: f64| {
        let moved = |price: f64| open + (price - entry) * sign * side;
        let setup = Setup {
            side: Some(if side > 0.0 { Side::Long } else { Side::Short }),
            order: Some(crate::setup::Order::Market),
            entry: None,
            stop: setup.stop.map(moved),
            targets: setup.targets.iter().copied().map(moved).collect(),
            ..Setup::default()
        };
        Play::new(&setup, open, terms).ok()?.run(&held).r
    });
    Some(f64::midpoint(both[0]?, both[1]?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{Order, Zone};

    fn candle(time: i64, open: f64, high: f64, low: f64, close: f64) -> Candle {
        Candle {
            time,
            open,
            high,
            low,
            close,
            volume: 0.0,
        }
    }

    fn long(order: Order) -> Setup {
        Setup {
            side: Some(Side::Long),
            order: Some(order),
            entry: Some(Zone::between(100.0, 100.0)),
            stop: Some(98.0),
            targets: vec![104.0],
            ..Setup::default()
        }
    }

    #[test]
    fn a_coin_enters_with_the_order_and_leaves_with_the_trade() {
        let play = |order, later: &[Candle]| random_side(&long(order), 100.0, Terms::default(), later);
        // A market order is in at the open. Its own side loses 1 R; the other has won 0.8 R at that candle's close.
        let stopped = [
            candle(1, 100.0, 100.5, 99.0, 99.5),
            candle(2, 99.5, 99.6, 97.9, 98.4),
            candle(3, 98.4, 98.5, 90.0, 90.0),
        ];
        let both = play(Order::Market, &stopped).unwrap();
        assert!((both - (-1.0 + 0.8) / 2.0).abs() < 1e-9, "{both}");
        // A limit order that is filled and stopped in one candle: the coin gets what was left of it, nothing.
        let inside = [candle(1, 101.0, 101.0, 97.5, 99.0)];
        assert_eq!(play(Order::Limit, &inside), Some(0.0));
        // It waits for the fill: what the price did before is no gain of either side.
        let later = [
            candle(1, 103.0, 103.5, 100.5, 101.0),
            candle(2, 101.0, 101.0, 99.5, 100.5),
            candle(3, 100.5, 105.0, 100.4, 104.5),
        ];
        // From 100.5: the long takes 2 R at 104.5, the short is stopped at 102.5.
        assert_eq!(play(Order::Limit, &later), Some((2.0 - 1.0) / 2.0));
        assert_eq!(play(Order::Limit, &later[..1]), None, "not filled");
        // Still open, both are marked at the close: where they entered.
        assert_eq!(play(Order::Limit, &later[..2]), Some(0.0));
    }
}
