//! The checks: one rule a file, each a status and one line that says what was stated and what the data say.
//!
//! To add one, write a file with a function from `Case` to [`Check`] and name it in `RULES`. Checks annotate; they
//! never hide an answer.

mod claims;
mod complete;
mod order_type;
mod reach;
mod risk_reward;
mod scale;
mod stop_distance;
mod stop_side;
mod target_order;
mod target_side;
mod traded_through;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Reading, Scale, Setup};
use crate::facts::{self, Facts};
use crate::market::{Candle, price};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Pass,
    /// Not enough data, or not stated.
    Unknown,
    /// Unusual; look at it.
    Warn,
    /// Wrong.
    Fail,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Pass => "pass",
            Status::Unknown => "unknown",
            Status::Warn => "warn",
            Status::Fail => "fail",
        })
    }
}

/// One rule's verdict on a setup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The rule, `stop_side`; a claim's is `claim:` and the fact's name.
    pub name: String,
    /// The verdict.
    pub status: Status,
    /// What was stated and what the data say, in one line.
    pub detail: String,
}

impl Check {
    fn new(name: &str, status: Status, detail: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            status,
            detail: detail.into(),
        }
    }

    fn unknown(name: &str, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Unknown, detail)
    }

    /// What is checked, in the words of the screen: `stop on the right side`, `EMA 50 as claimed`. [`Check::name`] is for data.
    pub fn title(&self) -> String {
        if let Some(fact) = self.name.strip_prefix("claim:") {
            return format!("{} as claimed", facts::title(fact));
        }
        let known = TITLES.iter().find(|(name, _)| *name == self.name);
        known.map_or_else(|| self.name.clone(), |(_, title)| (*title).to_owned())
    }
}

/// The titles of the rules.
const TITLES: [(&str, &str); 10] = [
    ("complete", "setup complete"),
    ("scale", "prices in range"),
    ("stop_side", "stop on the right side"),
    ("target_side", "targets on right side"),
    ("target_order", "targets in order"),
    ("order_type", "order fits the price"),
    ("risk_reward", "reward:risk as claimed"),
    ("reach", "entry within reach"),
    ("stop_distance", "stop distance"),
    ("traded_through", "levels untouched since"),
];

/// What an answer is checked against: the candles its prompt was made from, and those that came later.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The facts at the as-of.
    pub facts: &'a Facts,
    /// Candles after the as-of, as far as they are known.
    pub later: &'a [Candle],
}

impl Ground<'_> {
    /// The scale of the candles; `None` without any price.
    pub fn scale(&self) -> Option<Scale> {
        Some(Scale::of(
            self.facts.number("lowest_low")?,
            self.facts.number("highest_high")?,
        ))
    }
}

/// A setup beside the data; what lies out of scale is already taken away, but for the check that says so.
struct Case<'a> {
    stated: &'a Setup,
    /// The setup with every price out of scale missing.
    setup: Setup,
    facts: &'a Facts,
    later: &'a [Candle],
    scale: Option<Scale>,
    close: f64,
    /// ATR(14) at the as-of.
    atr: Option<f64>,
    cut: bool,
}

impl Case<'_> {
    /// `E`: the middle of the entry zone, or the last close for a market order that names none.
    fn entry(&self) -> Option<f64> {
        let market = self.stated.order == Some(super::Order::Market) && self.stated.entry.is_none();
        self.setup
            .entry
            .map(super::Zone::middle)
            .or(market.then_some(self.close))
    }

    /// The distance from `a` to `b` in ATR.
    fn in_atr(&self, a: f64, b: f64) -> Option<f64> {
        self.atr.filter(|atr| *atr > 0.0).map(|atr| (a - b).abs() / atr)
    }

    /// 1 for long, −1 for short.
    fn sign(&self) -> Option<f64> {
        self.setup.side.and_then(super::Side::sign)
    }

    fn price(&self, value: f64) -> String {
        price(value, self.facts.decimals)
    }

    /// Names what is missing of the parts that a rule needs; `None` if all are there.
    fn missing(&self, parts: &[Part]) -> Option<String> {
        let names: Vec<&str> = parts.iter().filter_map(|part| self.is_missing(*part)).collect();
        let verb = match names.as_slice() {
            [] => return None,
            ["targets"] | [_, _, ..] => "are",
            [_] => "is",
        };
        Some(format!("{} {verb} missing", crate::text::listed(&names)))
    }

    /// The name of a part that is missing, or that is out of scale.
    fn is_missing(&self, part: Part) -> Option<&'static str> {
        let (name, there) = match part {
            Part::Side => ("side", self.sign().is_some()),
            Part::Order => ("order type", self.setup.order.is_some()),
            Part::Entry => ("entry", self.entry().is_some()),
            Part::Stop => ("stop", self.setup.stop.is_some()),
            Part::Targets => ("targets", !self.setup.targets.is_empty()),
            Part::Atr => ("ATR", self.atr.is_some_and(|atr| atr > 0.0)),
        };
        (!there).then_some(name)
    }
}

/// What a rule needs.
#[derive(Debug, Clone, Copy)]
enum Part {
    Side,
    Order,
    Entry,
    Stop,
    Targets,
    Atr,
}

/// All rules, in the order in which they are shown; a claim check follows for each claim.
const RULES: [fn(&Case<'_>) -> Option<Check>; 10] = [
    complete::check,
    scale::check,
    stop_side::check,
    target_side::check,
    target_order::check,
    order_type::check,
    risk_reward::check,
    reach::check,
    stop_distance::check,
    traded_through::check,
];

/// Checks what was read from an answer. `whole` is whether the answer itself is: its finish reason, where there is one.
///
/// Without a setup there is one check, `complete`; a stated "no trade" passes it.
pub fn check(reading: &Reading, whole: bool, ground: &Ground<'_>) -> Vec<Check> {
    let cut = reading.cut || !whole;
    let Some(stated) = &reading.setup else {
        return complete::of(None, cut).into_iter().collect();
    };
    let scale = ground.scale();
    let within = |p: f64| scale.is_none_or(|s| s.holds(p));
    let mut setup = stated.clone();
    setup.entry = setup.entry.filter(|z| within(z.low()) && within(z.high()));
    setup.stop = setup.stop.filter(|p| within(*p));
    setup.targets.retain(|p| within(*p));
    let case = Case {
        stated,
        setup,
        facts: ground.facts,
        later: ground.later,
        scale,
        close: ground.facts.number("close").unwrap_or(f64::NAN),
        atr: ground.facts.number("atr"),
        cut,
    };
    if !stated.is_trade() && stated.side.is_some() {
        return complete::check(&case)
            .into_iter()
            .chain(claims::checks(&case))
            .collect();
    }
    RULES
        .iter()
        .filter_map(|rule| rule(&case))
        .chain(claims::checks(&case))
        .collect()
}

/// What can be checked of an answer without candles: whether it is whole and states what a trade needs.
pub fn check_bare(reading: &Reading, whole: bool) -> Vec<Check> {
    complete::of(reading.setup.as_ref(), reading.cut || !whole)
        .into_iter()
        .collect()
}
