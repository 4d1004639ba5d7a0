//! Trials gathered into scores, a group a row.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::groups::{By, Compared, Difference, Name, groups};
use super::stats::{Interval, mean, median};
use super::trial::{Fate, Trial};
use super::{ENOUGH, Observation, estimate, former, share};
use crate::setup::Ended;

/// Stated confidence against what came of it, in one range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// From this confidence.
    pub from: f64,
    /// Below this one.
    pub below: f64,
    /// Closed trades stated with it.
    pub n: usize,
    /// Mean confidence of these.
    pub stated: f64,
    /// Share of them that won.
    pub won: f64,
}

/// What one group of analyses came to. Everything in R is after the costs that the replay took off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Analyses.
    pub n: usize,
    /// What it is about.
    #[serde(flatten)]
    pub name: Name,
    /// Models that answered, as servers named them; the model asked for is not always the one that answers.
    pub answered_by: Vec<String>,
    /// Proposed no trade.
    pub no_trade: usize,
    /// Proposed what cannot be played.
    pub unplayable: usize,
    /// Orders not filled in time.
    pub expired: usize,
    /// Orders whose target was reached first.
    pub missed: usize,
    /// Orders whose stop loss was reached first.
    pub invalidated: usize,
    /// Orders and trades that are still on.
    pub open: usize,
    /// Closed trades.
    pub trades: usize,
    /// How many of these are independent: could be held one after another.
    #[serde(rename = "effective")]
    pub independent: usize,
    /// Whether the independent trades are fewer than [`ENOUGH`].
    pub too_few: bool,
    /// Closed trades that allowed a better reading.
    pub ambiguous: usize,
    /// Closed trades that won.
    pub wins: usize,
    /// Closed trades that did not.
    pub losses: usize,
    /// Share of closed trades that won.
    pub win_rate: Option<f64>,
    /// Its interval, by [`share`].
    #[serde(flatten, with = "former::win_rate_interval")]
    pub win_rate_interval: Option<Interval>,
    /// Mean result of a closed trade.
    pub mean_r: Option<f64>,
    /// Its interval, by [`estimate`]; unbounded with one independent trade.
    pub mean_r_interval: Option<Interval>,
    /// Median result of a closed trade.
    pub median_r: Option<f64>,
    /// Sum of all results.
    pub total_r: f64,
    /// Mean result of an analysis, 0 for those without a trade.
    #[serde(flatten, with = "former::mean_r_per_analysis")]
    pub mean_r_per_analysis: Option<f64>,
    /// Sum of the gains over the sum of the losses; `None` without a loss.
    pub profit_factor: Option<f64>,
    /// Largest fall of the running total from a high.
    pub max_drawdown_r: f64,
    /// Most losses in a row.
    pub longest_losing_run: usize,
    /// Confidence against results, in ranges.
    pub calibration: Vec<Calibration>,
    /// Mean square of confidence less result (1 won, 0 lost); 0.25 is a coin.
    pub brier: Option<f64>,
    /// Share of analyses with a failed check.
    pub failed_check_rate: f64,
    /// What the calls cost, in US dollars.
    pub cost_usd: f64,
    /// The same for each R won; `None` where none was.
    pub usd_per_r: Option<f64>,
    /// Difference to the offline analyst on the same as-ofs.
    pub vs_offline: Option<Compared>,
    /// Difference to a random side with the same stop and targets, see [`super::random_side`].
    pub vs_random: Option<Compared>,
    /// Running total of R, closed trades by as-of: time and total.
    #[serde(skip)]
    pub curve: Vec<(i64, f64)>,
}

/// The conclusion from a mean and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// None: there are fewer than [`ENOUGH`] independent trades.
    TooFew,
    /// The interval is above 0.
    Wins,
    /// The interval is below 0.
    Loses,
    /// The interval contains 0.
    Open,
}

impl Verdict {
    /// The verdict of an interval that stands on so many independent trades.
    pub fn of(independent: usize, interval: Option<Interval>) -> Self {
        match interval {
            _ if independent < ENOUGH => Verdict::TooFew,
            Some(interval) if interval.low > 0.0 => Verdict::Wins,
            Some(interval) if interval.high < 0.0 => Verdict::Loses,
            _ => Verdict::Open,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::TooFew => "too few to tell",
            Verdict::Wins => "wins (95 % confidence)",
            Verdict::Loses => "loses (95 % confidence)",
            Verdict::Open => "not distinguishable from chance",
        }
    }
}

impl Score {
    /// The verdict on the mean result.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.independent, self.mean_r_interval)
    }

    /// Orders that were never filled.
    pub fn unfilled(&self) -> usize {
        self.expired + self.missed + self.invalidated
    }
}

/// Bounds of the ranges of confidence.
const RANGES: [f64; 6] = [0.0, 0.4, 0.5, 0.6, 0.7, 1.000_001];

/// Gathers `trials` into a score for each row, ordered by name.
pub fn board(trials: &[Trial], by: By) -> Vec<Score> {
    groups(trials, by)
        .into_iter()
        .map(|(name, group)| score(name, &group))
        .collect()
}

/// The score of one row; its trials are in order of time.
pub fn score(name: Name, group: &[&Trial]) -> Score {
    let ended = |wanted: Ended| {
        group
            .iter()
            .filter(|t| t.fate.outcome().is_some_and(|o| o.ended == wanted))
            .count()
    };
    let closed: Vec<(&Trial, f64)> = group.iter().filter_map(|t| Some((*t, t.closed_r()?))).collect();
    let results: Vec<f64> = closed.iter().map(|(_, r)| *r).collect();
    let observations: Vec<Observation> = closed.iter().map(|(t, r)| t.observed(*r)).collect();
    let trades = results.len();
    let mean_r = estimate(&observations);
    let independent = mean_r.map_or(0, |e| e.independent);
    let wins = results.iter().filter(|r| **r > 0.0).count();
    let won = results.iter().filter(|r| **r > 0.0).sum::<f64>() + 0.0;
    let lost: f64 = -results.iter().filter(|r| **r < 0.0).sum::<f64>();
    let total_r = results.iter().sum::<f64>() + 0.0;
    // A sum of nothing is -0.
    let cost_usd = group.iter().filter_map(|t| t.cost_usd).sum::<f64>() + 0.0;
    let known = group.iter().filter(|t| t.result().is_some()).count();
    let failed = group.iter().filter(|t| t.failed_check).count();
    let curve = curve(&closed);
    let to_offline: Vec<Difference> = group.iter().filter_map(|t| t.to_offline()).collect();
    let to_random: Vec<Difference> = group.iter().filter_map(|t| t.to_random()).collect();
    Score {
        n: group.len(),
        name,
        answered_by: group
            .iter()
            .map(|t| t.answered_by.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        no_trade: group.iter().filter(|t| t.fate == Fate::NoTrade).count(),
        unplayable: group.iter().filter(|t| matches!(t.fate, Fate::Unplayable(_))).count(),
        expired: ended(Ended::Expired),
        missed: ended(Ended::Missed),
        invalidated: ended(Ended::Invalidated),
        open: ended(Ended::Open),
        trades,
        independent,
        too_few: independent < ENOUGH,
        ambiguous: closed
            .iter()
            .filter(|(t, _)| t.fate.outcome().is_some_and(|o| o.ambiguous))
            .count(),
        wins,
        losses: trades - wins,
        win_rate: (trades > 0).then(|| wins as f64 / trades as f64),
        win_rate_interval: share(&observations).map(|e| e.interval),
        mean_r: mean(&results),
        mean_r_interval: mean_r.map(|e| e.interval),
        median_r: median(&results),
        total_r,
        mean_r_per_analysis: (known > 0).then(|| total_r / known as f64),
        profit_factor: (lost > 0.0).then(|| won / lost),
        max_drawdown_r: drawdown(&curve),
        longest_losing_run: losing_run(&results),
        calibration: calibration(&closed),
        brier: brier(&closed),
        failed_check_rate: if group.is_empty() {
            0.0
        } else {
            failed as f64 / group.len() as f64
        },
        cost_usd,
        usd_per_r: (cost_usd > 0.0 && total_r > 0.0).then(|| cost_usd / total_r),
        vs_offline: Compared::of(&to_offline),
        vs_random: Compared::of(&to_random),
        curve,
    }
}

fn curve(closed: &[(&Trial, f64)]) -> Vec<(i64, f64)> {
    let mut total = 0.0;
    closed
        .iter()
        .map(|(trial, r)| {
            total += r;
            (trial.as_of, total)
        })
        .collect()
}

fn drawdown(curve: &[(i64, f64)]) -> f64 {
    let mut highest = 0.0f64;
    curve.iter().fold(0.0, |deepest, (_, total)| {
        highest = highest.max(*total);
        deepest.max(highest - total)
    })
}

fn losing_run(results: &[f64]) -> usize {
    let mut run = 0;
    results
        .iter()
        .map(|r| {
            run = if *r > 0.0 { 0 } else { run + 1 };
            run
        })
        .max()
        .unwrap_or(0)
}

fn calibration(closed: &[(&Trial, f64)]) -> Vec<Calibration> {
    let stated: Vec<(f64, bool)> = closed
        .iter()
        .filter_map(|(t, r)| Some((t.confidence?, *r > 0.0)))
        .collect();
    RANGES
        .windows(2)
        .filter_map(|bounds| {
            let (from, below) = (bounds[0], bounds[1]);
            let here: Vec<&(f64, bool)> = stated.iter().filter(|(c, _)| (from..below).contains(c)).collect();
            let n = here.len();
            (n > 0).then(|| Calibration {
                from,
                below: below.min(1.0),
                n,
                stated: here.iter().map(|(c, _)| c).sum::<f64>() / n as f64,
                won: here.iter().filter(|(_, won)| *won).count() as f64 / n as f64,
            })
        })
        .collect()
}

fn brier(closed: &[(&Trial, f64)]) -> Option<f64> {
    let squares: Vec<f64> = closed
        .iter()
        .filter_map(|(t, r)| {
            let won = if *r > 0.0 { 1.0 } else { 0.0 };
            Some((t.confidence? - won).powi(2))
        })
        .collect();
    mean(&squares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Outcome;
    use crate::setup::score::pairs;

    fn trial(model: &str, as_of: i64, fate: Fate) -> Trial {
        Trial {
            model: model.to_owned(),
            answered_by: model.to_owned(),
            template: "smc".to_owned(),
            symbol: "X".to_owned(),
            timeframe: "H1".to_owned(),
            as_of,
            until: as_of + 5,
            fate,
            confidence: Some(0.6),
            cost_usd: Some(0.01),
            failed_check: as_of % 2 == 0,
            random_r: Some(0.0),
            offline_r: (model == "m").then_some(0.5),
            offline_until: (model == "m").then_some(as_of + 5),
        }
    }

    fn played(ended: Ended, r: Option<f64>) -> Fate {
        Fate::Played(Outcome {
            ended,
            filled: r.map(|_| (0, 1.0)),
            end: Some(1),
            exit: r.map(|_| 1.0),
            r,
            ambiguous: false,
            targets_hit: 0,
            targets: 1,
        })
    }

    fn apart(results: &[f64]) -> Vec<Trial> {
        let each = results
            .iter()
            .enumerate()
            .map(|(at, r)| trial("m", at as i64 * 10, played(Ended::Stop, Some(*r))));
        each.collect()
    }

    #[test]
    fn a_verdict_needs_eight_independent_trades() {
        let losses: Vec<f64> = (0..8).map(|at| -1.0 - f64::from(at) * 0.001).chain([0.1]).collect();
        let score = &board(&apart(&losses), By::default())[0];
        assert_eq!(
            (score.independent, score.too_few, score.verdict()),
            (9, false, Verdict::Loses)
        );
        let score = &board(&apart(&losses[2..]), By::default())[0];
        assert_eq!(
            (score.independent, score.too_few, score.verdict()),
            (7, true, Verdict::TooFew)
        );
        // Sixty trades on the same candles are one.
        let told: Vec<Trial> = (0..60)
            .map(|_| trial("m", 0, played(Ended::Target, Some(2.0))))
            .collect();
        let score = &board(&told, By::default())[0];
        assert_eq!(
            (score.trades, score.independent, score.verdict()),
            (60, 1, Verdict::TooFew)
        );
        assert_eq!(score.mean_r_interval, Some(Interval::UNBOUNDED));
        assert_eq!(score.vs_random.unwrap().verdict(), Verdict::TooFew);
    }

    #[test]
    fn a_score_keeps_its_former_names_for_a_version() {
        let score = &board(&apart(&[2.0, -1.0, 2.0]), By::default())[0];
        let json = serde_json::to_value(score).unwrap();
        assert_eq!(json["mean_r_per_analysis"], 1.0);
        assert_eq!(json["mean_r_per_analysis"], json["expectancy_r"]);
        assert_eq!(json["win_rate_interval"], json["win_rate_interval_effective"]);
        assert_eq!(json["effective"], 3);
        let same = |read: &Score| {
            assert_eq!(read.mean_r_per_analysis, score.mean_r_per_analysis);
            assert_eq!(read.win_rate_interval, score.win_rate_interval);
            assert_eq!((read.independent, &read.name), (score.independent, &score.name));
        };
        same(&serde_json::from_value(json.clone()).unwrap());
        // As an older version wrote it: without the new names.
        let mut former = json;
        let members = former.as_object_mut().unwrap();
        members.remove("mean_r_per_analysis");
        members["vs_random"].as_object_mut().unwrap().remove("effective");
        same(&serde_json::from_value(former).unwrap());
        // One trade has no bounds, and JSON says so.
        let one = serde_json::to_value(&board(&apart(&[2.0]), By::default())[0]).unwrap();
        assert_eq!(one["mean_r_interval"], serde_json::json!({ "low": null, "high": null }));
        let one: Score = serde_json::from_value(one).unwrap();
        assert_eq!(one.mean_r_interval, Some(Interval::UNBOUNDED));
    }

    #[test]
    fn as_ofs_without_a_difference_do_not_narrow_it() {
        let results = [1.0, -1.0, 2.0, -1.0, -1.0, 0.5, -1.0, 3.0];
        let mut trials = apart(&results);
        let few = board(&trials, By::default())[0].vs_random.unwrap();
        let none = |at: i64| Trial {
            offline_r: Some(0.0),
            ..trial("m", 1_000 + at * 10, Fate::NoTrade)
        };
        let alone = board(&trials, By::default())[0].vs_offline.unwrap();
        trials.extend((0..24).map(none));
        let more = board(&trials, By::default())[0].vs_offline.unwrap();
        assert_eq!((alone.n, more.n, more.independent), (8, 32, alone.independent));
        let (alone, more) = (alone.interval.unwrap(), more.interval.unwrap());
        assert!((more.low * 4.0 - alone.low).abs() < 1e-9 && (more.high * 4.0 - alone.high).abs() < 1e-9);
        assert_eq!(few.independent, 8);
    }

    #[test]
    fn a_score_counts_each_fate_once() {
        let trials = [
            trial("m", 0, Fate::NoTrade),
            trial("m", 10, played(Ended::Target, Some(2.0))),
            trial("m", 20, played(Ended::Stop, Some(-1.0))),
            trial("m", 22, played(Ended::Stop, Some(-1.0))),
            trial("m", 30, played(Ended::Expired, None)),
            trial("m", 40, played(Ended::Open, Some(0.4))),
            trial("m", 50, Fate::Unplayable("the stop is missing".to_owned())),
            trial("offline/2", 10, played(Ended::Stop, Some(-1.0))),
            trial("offline/2", 30, Fate::NoTrade),
        ];
        let board = board(&trials, By::default());
        let score = &board[0];
        assert_eq!(
            (score.n, score.no_trade, score.unplayable, score.expired, score.open),
            (7, 1, 1, 1, 1)
        );
        assert_eq!(
            (
                score.trades,
                score.independent,
                score.wins,
                score.losses,
                score.longest_losing_run
            ),
            (3, 2, 1, 2, 2)
        );
        assert!(score.too_few && score.total_r.abs() < 1e-12 && (score.max_drawdown_r - 2.0).abs() < 1e-12);
        assert_eq!((score.profit_factor, score.median_r), (Some(1.0), Some(-1.0)));
        // Six have a result, together nothing; the open one has none yet.
        let offline = score.vs_offline.unwrap();
        assert_eq!((offline.n, offline.mean), (6, -0.5));
        assert!((score.brier.unwrap() - (0.16 + 0.36 + 0.36) / 3.0).abs() < 1e-12);
        assert_eq!(score.verdict(), Verdict::TooFew);
        assert_eq!(
            board[1].vs_offline, None,
            "the offline analyst is not compared with itself"
        );
        // Both have a result on 10 and 30: +2 against -1, nothing against nothing.
        let pairs = pairs(&trials);
        assert_eq!((pairs.len(), pairs[0].compared.n, pairs[0].compared.mean), (1, 2, 1.5));
        assert_eq!(pairs[0].one.to_string(), "m · smc · X H1");
        assert_eq!(super::board(&trials, By::parse("template").unwrap()).len(), 1);
        assert_eq!(By::parse("model,size"), Err("size".to_owned()));
    }
}
