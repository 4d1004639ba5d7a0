//! Trials gathered into scores, a group a row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ENOUGH;
use super::stats::{Interval, block_bootstrap, effective, mean, median, wilson};
use super::trial::{Fate, Trial};
use crate::setup::Ended;

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

    fn key(self, trial: &Trial) -> [String; 4] {
        let part = |wanted: bool, text: &str| if wanted { text.to_owned() } else { String::new() };
        [
            part(self.model, &trial.model),
            part(self.template, &trial.template),
            part(self.symbol, &trial.symbol),
            part(self.timeframe, &trial.timeframe),
        ]
    }
}

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

/// A difference of results on the same as-ofs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// As-ofs that both have a result for.
    pub n: usize,
    /// Mean difference in R.
    pub mean: f64,
    /// Its 95 % interval, by blocks.
    pub interval: Option<Interval>,
}

/// What one group of analyses came to. Everything in R is after the costs that the replay took off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Analyses.
    pub n: usize,
    /// The model asked; empty where rows are not told apart by it. The same of the three that follow.
    pub model: String,
    /// The template's name.
    pub template: String,
    /// The instrument.
    pub symbol: String,
    /// The spacing of the candles.
    pub timeframe: String,
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
    /// How many of these could be held one after another.
    pub effective: usize,
    /// Whether the closed trades are fewer than tell anything.
    pub too_few: bool,
    /// Closed trades that allowed a better reading.
    pub ambiguous: usize,
    /// Closed trades that won.
    pub wins: usize,
    /// Closed trades that did not.
    pub losses: usize,
    /// Share of closed trades that won.
    pub win_rate: Option<f64>,
    /// Its Wilson interval.
    pub win_rate_interval: Option<Interval>,
    /// Mean result of a closed trade.
    pub mean_r: Option<f64>,
    /// Its interval, by blocks as long as trades overlap.
    pub mean_r_interval: Option<Interval>,
    /// Median result of a closed trade.
    pub median_r: Option<f64>,
    /// All results together.
    pub total_r: f64,
    /// Result of an analysis, those without a trade counted as nothing.
    pub expectancy_r: Option<f64>,
    /// What was won over what was lost; `None` where nothing was lost.
    pub profit_factor: Option<f64>,
    /// Deepest fall of the running total from its highest.
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
    /// Difference to entering on either side at the next open with the same stops.
    pub vs_random: Option<Compared>,
    /// Running total of R, closed trades by as-of: time and total.
    #[serde(skip)]
    pub curve: Vec<(i64, f64)>,
}

/// Bounds of the ranges of confidence.
const RANGES: [f64; 6] = [0.0, 0.4, 0.5, 0.6, 0.7, 1.000_001];

/// Gathers `trials` into a score for each group, ordered by name.
pub fn board(trials: &[Trial], by: By) -> Vec<Score> {
    let mut groups: BTreeMap<[String; 4], Vec<&Trial>> = BTreeMap::new();
    let mut offline: BTreeMap<(&str, &str, &str, i64), f64> = BTreeMap::new();
    for trial in trials {
        groups.entry(by.key(trial)).or_default().push(trial);
        if is_offline(&trial.model)
            && let Some(result) = trial.result()
        {
            offline.insert(question(trial), result);
        }
    }
    groups
        .into_iter()
        .map(|(key, mut group)| {
            group.sort_by(|a, b| (a.as_of, &a.symbol, &a.model).cmp(&(b.as_of, &b.symbol, &b.model)));
            score(key, &group, &offline)
        })
        .collect()
}

fn is_offline(model: &str) -> bool {
    model.starts_with("offline")
}

fn question(trial: &Trial) -> (&str, &str, &str, i64) {
    (&trial.template, &trial.symbol, &trial.timeframe, trial.as_of)
}

fn score(
    [model, template, symbol, timeframe]: [String; 4],
    group: &[&Trial],
    offline: &BTreeMap<(&str, &str, &str, i64), f64>,
) -> Score {
    let ended = |wanted: Ended| {
        group
            .iter()
            .filter(|t| t.outcome().is_some_and(|o| o.ended == wanted))
            .count()
    };
    let closed: Vec<(&Trial, f64)> = group.iter().filter_map(|t| Some((*t, t.closed_r()?))).collect();
    let results: Vec<f64> = closed.iter().map(|(_, r)| *r).collect();
    let spans: Vec<(i64, i64)> = closed.iter().map(|(t, _)| (t.as_of, t.until)).collect();
    let trades = results.len();
    let effective = effective(&spans);
    let block = trades.div_ceil(effective.max(1));
    let wins = results.iter().filter(|r| **r > 0.0).count();
    let won: f64 = results.iter().filter(|r| **r > 0.0).sum();
    let lost: f64 = -results.iter().filter(|r| **r < 0.0).sum::<f64>();
    let total_r: f64 = results.iter().sum();
    let cost_usd: f64 = group.iter().filter_map(|t| t.cost_usd).sum();
    let known = group.iter().filter(|t| t.result().is_some()).count();
    let failed = group.iter().filter(|t| t.failed_check).count();
    let curve = curve(&closed);
    let to_offline: Vec<f64> = group
        .iter()
        .filter(|t| !is_offline(&t.model))
        .filter_map(|t| Some(t.result()? - offline.get(&question(t))?))
        .collect();
    let to_random: Vec<f64> = closed.iter().filter_map(|(t, r)| Some(r - t.random_r?)).collect();
    Score {
        n: group.len(),
        model,
        template,
        symbol,
        timeframe,
        no_trade: group.iter().filter(|t| t.fate == Fate::NoTrade).count(),
        unplayable: group.iter().filter(|t| matches!(t.fate, Fate::Unplayable(_))).count(),
        expired: ended(Ended::Expired),
        missed: ended(Ended::Missed),
        invalidated: ended(Ended::Invalidated),
        open: ended(Ended::Open),
        trades,
        effective,
        too_few: trades < ENOUGH,
        ambiguous: closed
            .iter()
            .filter(|(t, _)| t.outcome().is_some_and(|o| o.ambiguous))
            .count(),
        wins,
        losses: trades - wins,
        win_rate: (trades > 0).then(|| wins as f64 / trades as f64),
        win_rate_interval: wilson(wins, trades),
        mean_r: mean(&results),
        mean_r_interval: block_bootstrap(&results, block),
        median_r: median(&results),
        total_r,
        expectancy_r: (known > 0).then(|| total_r / known as f64),
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
        vs_offline: compared(&to_offline, block),
        vs_random: compared(&to_random, block),
        curve,
    }
}

fn compared(differences: &[f64], block: usize) -> Option<Compared> {
    Some(Compared {
        n: differences.len(),
        mean: mean(differences)?,
        interval: block_bootstrap(differences, block),
    })
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

    fn trial(model: &str, as_of: i64, fate: Fate) -> Trial {
        Trial {
            model: model.to_owned(),
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
            trial("offline/1", 10, played(Ended::Stop, Some(-1.0))),
            trial("offline/1", 30, Fate::NoTrade),
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
                score.effective,
                score.wins,
                score.losses,
                score.longest_losing_run
            ),
            (3, 2, 1, 2, 2)
        );
        assert!(score.too_few && score.total_r.abs() < 1e-12 && (score.max_drawdown_r - 2.0).abs() < 1e-12);
        assert_eq!((score.profit_factor, score.median_r), (Some(1.0), Some(-1.0)));
        // On the two as-ofs that both have: +2 against -1, nothing against nothing.
        let offline = score.vs_offline.unwrap();
        assert_eq!((offline.n, offline.mean), (2, 1.5));
        assert!((score.brier.unwrap() - (0.16 + 0.36 + 0.36) / 3.0).abs() < 1e-12);
        assert_eq!(
            board[1].vs_offline, None,
            "the offline analyst is not compared with itself"
        );
        assert_eq!(super::board(&trials, By::parse("template").unwrap()).len(), 1);
        assert_eq!(By::parse("model,size"), Err("size".to_owned()));
    }
}
