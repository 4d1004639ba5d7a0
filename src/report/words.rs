//! A score in words: the columns of a table, and the lines of a terminal.

use crate::setup::score::{Compared, Interval, Score, Verdict};

/// A column of a scoreboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`heading` says them")]
pub enum Column {
    N,
    NoTrade,
    Unfilled,
    Trades,
    Independent,
    WinRate,
    MeanR,
    MedianR,
    ProfitFactor,
    MeanRPerAnalysis,
    Drawdown,
    LosingRun,
    VsOffline,
    VsRandom,
    FailedChecks,
    Cost,
}

impl Column {
    /// All of them, N first.
    pub const ALL: [Column; 16] = [
        Column::N,
        Column::NoTrade,
        Column::Unfilled,
        Column::Trades,
        Column::Independent,
        Column::WinRate,
        Column::MeanR,
        Column::MedianR,
        Column::ProfitFactor,
        Column::MeanRPerAnalysis,
        Column::Drawdown,
        Column::LosingRun,
        Column::VsOffline,
        Column::VsRandom,
        Column::FailedChecks,
        Column::Cost,
    ];

    /// What stands over it.
    pub fn heading(self) -> &'static str {
        match self {
            Column::N => "N",
            Column::NoTrade => "no trade",
            Column::Unfilled => "unfilled",
            Column::Trades => "trades",
            Column::Independent => "independent",
            Column::WinRate => "won",
            Column::MeanR => "mean R",
            Column::MedianR => "median R",
            Column::ProfitFactor => "profit factor",
            Column::MeanRPerAnalysis => "R per analysis",
            Column::Drawdown => "max drawdown",
            Column::LosingRun => "losing run",
            Column::VsOffline => "vs offline",
            Column::VsRandom => "vs random",
            Column::FailedChecks => "checks failed",
            Column::Cost => "cost",
        }
    }

    /// Its name in a table of data.
    pub fn name(self) -> &'static str {
        match self {
            Column::N => "n",
            Column::NoTrade => "no_trade",
            Column::Unfilled => "unfilled",
            Column::Trades => "trades",
            Column::Independent => "effective",
            Column::WinRate => "win_rate",
            Column::MeanR => "mean_r",
            Column::MedianR => "median_r",
            Column::ProfitFactor => "profit_factor",
            Column::MeanRPerAnalysis => "mean_r_per_analysis",
            Column::Drawdown => "max_drawdown_r",
            Column::LosingRun => "longest_losing_run",
            Column::VsOffline => "vs_offline",
            Column::VsRandom => "vs_random",
            Column::FailedChecks => "failed_check_rate",
            Column::Cost => "cost_usd",
        }
    }

    /// The number it is sorted by.
    pub fn value(self, score: &Score) -> Option<f64> {
        let count = |n: usize| Some(n as f64);
        match self {
            Column::N => count(score.n),
            Column::NoTrade => count(score.no_trade),
            Column::Unfilled => count(score.unfilled()),
            Column::Trades => count(score.trades),
            Column::Independent => count(score.independent),
            Column::WinRate => score.win_rate,
            Column::MeanR => score.mean_r,
            Column::MedianR => score.median_r,
            Column::ProfitFactor => score.profit_factor,
            Column::MeanRPerAnalysis => score.mean_r_per_analysis,
            Column::Drawdown => Some(score.max_drawdown_r),
            Column::LosingRun => count(score.longest_losing_run),
            Column::VsOffline => score.vs_offline.map(|c| c.mean),
            Column::VsRandom => score.vs_random.map(|c| c.mean),
            Column::FailedChecks => Some(score.failed_check_rate),
            Column::Cost => Some(score.cost_usd),
        }
    }

    /// What stands in it, on one line; `-` where there is nothing to say.
    pub fn cell(self, score: &Score) -> String {
        let Some(value) = self.value(score) else {
            return "-".to_owned();
        };
        match self {
            Column::WinRate | Column::FailedChecks => format!("{:.1} %", value * 100.0),
            Column::MeanR | Column::MedianR | Column::MeanRPerAnalysis | Column::VsOffline | Column::VsRandom => {
                r(value)
            }
            Column::ProfitFactor => format!("{value:.2}"),
            Column::Drawdown => format!("{value:.1} R"),
            Column::Cost => format!("${value:.4}"),
            _ => format!("{value:.0}"),
        }
    }
}

/// A result in R: its sign always, no negative nothing.
fn r(value: f64) -> String {
    format!("{:+.2}", (value * 100.0).round() / 100.0 + 0.0)
}

/// ` [-0.01, +0.12]`, or ` (interval unbounded)` where one event is all there is.
fn within(interval: Option<Interval>) -> String {
    match interval {
        None => String::new(),
        Some(i) if i.is_bounded() => format!(" [{}, {}]", r(i.low), r(i.high)),
        Some(_) => " (interval unbounded)".to_owned(),
    }
}

/// `+0.05 R [-0.01, +0.12] on 213`, and `too few to tell` where that is so.
pub fn compared(compared: Compared) -> String {
    let few = match compared.verdict() {
        Verdict::TooFew => format!(", {}", Verdict::TooFew.words()),
        _ => String::new(),
    };
    format!(
        "{} R{} on {}{few}",
        r(compared.mean),
        within(compared.interval),
        compared.n
    )
}

/// `41.5 % [32.0, 51.6]`
pub(super) fn win_rate(score: &Score) -> String {
    let Some(rate) = score.win_rate else {
        return "-".to_owned();
    };
    let interval = score.win_rate_interval.map_or_else(String::new, |i| {
        format!(" [{:.1}, {:.1}]", i.low * 100.0, i.high * 100.0)
    });
    format!("{:.1} %{interval}", rate * 100.0)
}

/// `-0.04 R [-0.20, +0.12]`
pub(super) fn mean_r(score: &Score) -> String {
    score.mean_r.map_or_else(
        || "-".to_owned(),
        |mean| format!("{} R{}", r(mean), within(score.mean_r_interval)),
    )
}

/// A score on a few lines, N first.
pub fn lines(score: &Score) -> Vec<String> {
    let mut lines = vec![counts(score)];
    if score.trades > 0 {
        lines.push(format!(
            "won {} · mean {} · median {} R · total {} R",
            win_rate(score),
            mean_r(score),
            score.median_r.map_or_else(|| "-".to_owned(), r),
            r(score.total_r),
        ));
        lines.push(format!(
            "profit factor {} · {} R per analysis · max drawdown {:.1} R · {} losses in a row",
            Column::ProfitFactor.cell(score),
            score.mean_r_per_analysis.map_or_else(|| "-".to_owned(), r),
            score.max_drawdown_r,
            score.longest_losing_run,
        ));
    }
    let against = |what: &str, with: Option<Compared>| with.map(|c| format!("against {what} {}", compared(c)));
    let against: Vec<String> = [
        against("the offline analyst", score.vs_offline),
        against("a random side", score.vs_random),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !against.is_empty() {
        lines.push(against.join(" · "));
    }
    if !score.calibration.is_empty() {
        let ranges = score
            .calibration
            .iter()
            .map(|c| format!("stated {:.0} % won {:.0} % ({})", c.stated * 100.0, c.won * 100.0, c.n));
        let brier = score.brier.map_or_else(String::new, |b| format!(" · Brier {b:.3}"));
        lines.push(format!("confidence: {}{brier}", ranges.collect::<Vec<_>>().join(", ")));
    }
    let mut last = format!("checks failed {:.1} %", score.failed_check_rate * 100.0);
    if score.cost_usd > 0.0 {
        last.push_str(&format!(" · cost ${:.4}", score.cost_usd));
        if let Some(per_r) = score.usd_per_r {
            last.push_str(&format!(", ${per_r:.4} for each R"));
        }
    }
    let other = score.answered_by.iter().filter(|by| **by != score.name.model);
    let other: Vec<&str> = other.map(String::as_str).collect();
    if !other.is_empty() && !score.name.model.is_empty() {
        last.push_str(&format!(" · answered by {}", other.join(", ")));
    }
    lines.push(last);
    lines.push(score.verdict().words().to_owned());
    lines
}

fn counts(score: &Score) -> String {
    let mut parts = vec![format!("{} no trade", score.no_trade)];
    if score.unplayable > 0 {
        parts.push(format!("{} that cannot be played", score.unplayable));
    }
    parts.push(match score.unfilled() {
        0 => "none unfilled".to_owned(),
        n => format!(
            "{n} unfilled ({} expired, {} missed, {} invalidated)",
            score.expired, score.missed, score.invalidated
        ),
    });
    if score.open > 0 {
        parts.push(format!("{} open", score.open));
    }
    let mut trades = crate::text::count(score.trades, "trade");
    if score.independent < score.trades {
        trades.push_str(&format!(", {} independent", score.independent));
    }
    if score.ambiguous > 0 {
        trades.push_str(&format!(", {} ambiguous", score.ambiguous));
    }
    format!("N {}: {}; {trades}", score.n, parts.join(", "))
}

/// A curve in `width` cells of eighths; empty of nothing.
pub fn sparkline(curve: &[(i64, f64)], width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let values = curve.iter().map(|(_, v)| *v);
    let (low, high) = values.fold((0.0f64, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    if curve.is_empty() || width == 0 || high <= low {
        return String::new();
    }
    let cells = width.min(curve.len());
    (1..=cells)
        .map(|cell| {
            let value = curve[cell * curve.len() / cells - 1].1;
            BARS[(((value - low) / (high - low) * 7.0).round() as usize).min(7)]
        })
        .collect()
}
