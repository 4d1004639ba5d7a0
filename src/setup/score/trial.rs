//! One analysis with what became of it.

use serde::{Deserialize, Serialize};

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
    /// What the same stop and targets gave on average of both sides, entered at the next open.
    pub random_r: Option<f64>,
    /// What the offline analyst's answer to the same question gave; `None` for its own, and where it had nothing to say.
    pub offline_r: Option<f64>,
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
}

/// The expected result of entering at the next open, on either side as a coin falls, with the stop and the targets as far
/// away as `setup` has them from its entry: the mean of both sides. `None` where that cannot be played, or is not over.
pub fn random_side(setup: &Setup, close: f64, terms: Terms, later: &[Candle]) -> Option<f64> {
    let sign = setup.side?.sign()?;
    let entry = setup.entry.map_or(close, crate::setup::Zone::middle);
    let open = later.first()?.open;
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
        let outcome = Play::new(&setup, open, terms).ok()?.run(later);
        outcome.r.filter(|_| outcome.is_over())
    });
    Some(f64::midpoint(both[0]?, both[1]?))
}
