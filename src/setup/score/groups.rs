//! Trials set beside one another: what rows are told apart by, pairs on the same as-ofs, slices by hour and weekday.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::stats::{Interval, mean};
use super::trial::Trial;
use super::{Observation, Verdict, estimate};
use crate::facts::session_levels;
use crate::market::timestamp;

/// What a scoreboard's rows are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the trial's own")]
pub struct By {
    pub model: bool,
    pub template: bool,
    pub symbol: bool,
    pub timeframe: bool,
}

impl Default for By {
    fn default() -> Self {
        Self {
            model: true,
            template: true,
            symbol: true,
            timeframe: true,
        }
    }
}

impl By {
    /// Reads `model,template,symbol,timeframe` or some of them.
    ///
    /// # Errors
    /// The word that is none of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut by = Self {
            model: false,
            template: false,
            symbol: false,
            timeframe: false,
        };
        for word in text.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            match word {
                "model" => by.model = true,
                "template" => by.template = true,
                "symbol" => by.symbol = true,
                "timeframe" => by.timeframe = true,
                other => return Err(other.to_owned()),
            }
        }
        Ok(by)
    }

    /// The row that a trial belongs to.
    pub fn name(self, trial: &Trial) -> Name {
        let part = |wanted: bool, text: &str| if wanted { text.to_owned() } else { String::new() };
        Name {
            model: part(self.model, &trial.model),
            template: part(self.template, &trial.template),
            symbol: part(self.symbol, &trial.symbol),
            timeframe: part(self.timeframe, &trial.timeframe),
        }
    }
}

/// What a row of a scoreboard is about; empty where rows are not told apart by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name {
    /// The model asked.
    pub model: String,
    /// The template's name.
    pub template: String,
    /// The instrument.
    pub symbol: String,
    /// The spacing of the candles.
    pub timeframe: String,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let market = [self.symbol.as_str(), &self.timeframe];
        let market = market
            .into_iter()
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let parts = [self.model.as_str(), &self.template, &market];
        let words: Vec<&str> = parts.into_iter().filter(|w| !w.is_empty()).collect();
        match words.as_slice() {
            [] => f.write_str("all"),
            words => f.write_str(&words.join(" · ")),
        }
    }
}

/// The trials of each row, rows by name, trials by time.
pub fn groups(trials: &[Trial], by: By) -> Vec<(Name, Vec<&Trial>)> {
    let mut groups: BTreeMap<Name, Vec<&Trial>> = BTreeMap::new();
    for trial in trials {
        groups.entry(by.name(trial)).or_default().push(trial);
    }
    for group in groups.values_mut() {
        group.sort_by(|a, b| (a.as_of, &a.symbol, &a.model).cmp(&(b.as_of, &b.symbol, &b.model)));
    }
    groups.into_iter().collect()
}

/// A difference of two results on one as-of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Difference {
    pub observed: Observation,
    /// Whether a trade came of either.
    pub traded: bool,
}

/// The mean difference of results on the same as-ofs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// As-ofs on which both have a result.
    pub n: usize,
    /// Mean difference in R.
    pub mean: f64,
    /// Its 95 % interval, by [`estimate`].
    pub interval: Option<Interval>,
    /// How many independent differences there are, of those on which either side traded.
    #[serde(rename = "effective", default)]
    pub independent: usize,
}

impl Compared {
    /// The mean of differences; `None` of none. An as-of on which neither side traded differs by 0. It is counted in `n` and in
    /// the mean, and says nothing about the spread of the others: the interval is that of the others, scaled.
    pub(super) fn of(differences: &[Difference]) -> Option<Self> {
        let values: Vec<f64> = differences.iter().map(|d| d.observed.value).collect();
        let traded = differences.iter().filter(|d| d.traded).map(|d| d.observed);
        let traded: Vec<Observation> = traded.collect();
        let share = traded.len() as f64 / differences.len().max(1) as f64;
        let estimate = estimate(&traded);
        Some(Self {
            n: differences.len(),
            mean: mean(&values)?,
            interval: Some(estimate.map_or(Interval::UNBOUNDED, |e| Interval {
                low: e.interval.low * share,
                high: e.interval.high * share,
            })),
            independent: estimate.map_or(0, |e| e.independent),
        })
    }

    /// The verdict on the difference.
    pub fn verdict(self) -> Verdict {
        Verdict::of(self.independent, self.interval)
    }
}

/// Two rows on the same as-ofs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The one.
    pub one: Name,
    /// The other.
    pub other: Name,
    /// The result of the one minus that of the other.
    pub compared: Compared,
}

/// Every two rows of one market that differ in model or template, not in both, on the as-ofs they share.
pub fn pairs(trials: &[Trial]) -> Vec<Pair> {
    let groups = groups(trials, By::default());
    let mut found = Vec::new();
    for (at, (one, trials)) in groups.iter().enumerate() {
        for (other, others) in &groups[at + 1..] {
            let market = one.symbol == other.symbol && one.timeframe == other.timeframe;
            if !market || (one.model == other.model) == (one.template == other.template) {
                continue;
            }
            found.extend(paired(trials, others).map(|compared| Pair {
                one: one.clone(),
                other: other.clone(),
                compared,
            }));
        }
    }
    found
}

/// The differences of two rows of one market.
fn paired(one: &[&Trial], other: &[&Trial]) -> Option<Compared> {
    let others: BTreeMap<i64, (f64, &Trial)> = other
        .iter()
        .filter_map(|t| Some((t.as_of, (t.result()?, *t))))
        .collect();
    let differences = one.iter().filter_map(|t| {
        let (result, other) = others.get(&t.as_of)?;
        Some(Difference {
            observed: Observation {
                start: t.as_of,
                // Not known before both are decided.
                end: t.until.max(other.until),
                value: t.result()? - result,
            },
            traded: t.closed_r().is_some() || other.closed_r().is_some(),
        })
    });
    Compared::of(&differences.collect::<Vec<_>>())
}

/// Closed trades of a part of the time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Which part.
    pub name: String,
    /// Closed trades.
    pub trades: usize,
    /// How many won.
    pub wins: usize,
    /// Mean result in R; `None` without a trade.
    pub mean_r: Option<f64>,
    /// Sum of their results in R.
    pub total_r: f64,
}

/// Closed trades by the sessions that were open at the close of the as-of candle's opening time: of cities, in their clocks.
pub fn by_session(trials: &[&Trial]) -> Vec<Slice> {
    slices(trials, |time| {
        let open = session_levels::open_at(time).join(" + ").replace('_', " ");
        if open.is_empty() { "none".to_owned() } else { open }
    })
}

/// Closed trades by the weekday of the as-of, in UTC.
pub fn by_weekday(trials: &[&Trial]) -> Vec<Slice> {
    let names = [
        (Weekday::Monday, "1 Monday"),
        (Weekday::Tuesday, "2 Tuesday"),
        (Weekday::Wednesday, "3 Wednesday"),
        (Weekday::Thursday, "4 Thursday"),
        (Weekday::Friday, "5 Friday"),
        (Weekday::Saturday, "6 Saturday"),
        (Weekday::Sunday, "7 Sunday"),
    ];
    let mut slices = slices(trials, |time| {
        let day = TimeZone::UTC.to_datetime(timestamp(time)).weekday();
        let name = names.iter().find(|(d, _)| *d == day).map_or("", |(_, name)| name);
        name.to_owned()
    });
    for slice in &mut slices {
        // The number was for their order.
        slice.name = slice.name.split_off(2);
    }
    slices
}

fn slices(trials: &[&Trial], name: impl Fn(i64) -> String) -> Vec<Slice> {
    let mut parts: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for trial in trials {
        if let Some(r) = trial.closed_r() {
            parts.entry(name(trial.as_of)).or_default().push(r);
        }
    }
    parts
        .into_iter()
        .map(|(name, results)| Slice {
            name,
            trades: results.len(),
            wins: results.iter().filter(|r| **r > 0.0).count(),
            mean_r: mean(&results),
            total_r: results.iter().sum(),
        })
        .collect()
}

/// How results are spread: the lower bound of each half R from the worst to the best, and closed trades in it.
pub fn distribution(trials: &[&Trial]) -> Vec<(f64, usize)> {
    let bins: Vec<i64> = trials
        .iter()
        .filter_map(|t| t.closed_r())
        // A trade that gapped far beyond its stop is put with the worst shown; so is the best.
        .map(|r| (r.clamp(-4.0, 9.9) * 2.0).floor() as i64)
        .collect();
    let (Some(low), Some(high)) = (bins.iter().min(), bins.iter().max()) else {
        return Vec::new();
    };
    (*low..=*high)
        .map(|bin| (bin as f64 / 2.0, bins.iter().filter(|b| **b == bin).count()))
        .collect()
}
