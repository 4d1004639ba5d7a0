//! `wickdesk walk`: a template along the past, scored. [`plan`] says which walk the arguments mean.

mod plan;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::Session;
use super::args::WalkArgs;
use super::output::{self, Exit, Failure};
use crate::desk::{Progress, Walk, WalkEstimate, parse_as_of};
use crate::journal::walks::{self, Kept};
use crate::model::cutoff;
use crate::report::{self, Report};
use crate::setup::score::{By, Score, Trial, board, pairs};
use plan::{about, walk};

pub(super) fn run(session: &Session, args: &WalkArgs) -> Result<Exit, Failure> {
    for path in &args.report {
        writer(path)?;
    }
    let split = args.split.as_deref().map(parse_as_of).transpose()?;
    let walk = walk(session, args)?;
    if walk.questions() == 0 {
        return Err(Failure::new(
            "no candle lies between --from and --to; the card of `wickdesk candles` tells the span",
        ));
    }
    if let Some(trouble) = &session.trouble {
        output::warn(&trouble.to_string());
    }
    let warnings = warnings(session, &walk)?;
    for warning in &warnings {
        output::warn(warning);
    }
    if !confirmed(session, &walk, args.yes)? {
        return Err(Failure::new("nothing was asked"));
    }
    let runtime = output::runtime()?;
    let progress = Arc::new(Progress::default());
    let interrupted = Arc::new(AtomicBool::new(false));
    runtime.spawn({
        let (progress, interrupted) = (Arc::clone(&progress), Arc::clone(&interrupted));
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                interrupted.store(true, Ordering::Relaxed);
                progress.stop.store(true, Ordering::Relaxed);
            }
        }
    });
    let begun = Instant::now();
    let bar = bar(&walk);
    let shown = runtime.spawn(show(bar.clone(), Arc::clone(&progress)));
    let trials = session.desk.walk(&walk, runtime.handle(), &progress);
    shown.abort();
    bar.finish_and_clear();
    let seconds = begun.elapsed().as_secs_f64();
    session.close(runtime);
    let trials = trials.map_err(|error| {
        if progress.done() > 0 {
            output::note(&kept(&progress, &walk));
        }
        Failure::from(error)
    })?;
    if interrupted.load(Ordering::Relaxed) {
        output::note(&format!("stopped: {}", kept(&progress, &walk)));
        return Ok(Exit::Interrupted);
    }
    let found = Found {
        about: about(&walk, args),
        warnings,
        trials,
        split,
    };
    found.report(session, args, &walk)?;
    if args.json {
        found.print_json(&progress, seconds)?;
    } else {
        found.print()?;
    }
    output::note(&said(&progress, seconds));
    let left = walk.questions() - progress.done();
    match (left, progress.last_failure.lock().ok().and_then(|why| why.clone())) {
        (0, _) => Ok(Exit::Done),
        (_, Some(why)) => Err(Failure::new(format!(
            "{} got no answer, the last: {why}; the same walk asks only these",
            crate::text::count(left, "question")
        ))),
        (_, None) => Err(Failure::new(format!(
            "{} US dollars were spent, as much as --spend allows; {} left, the same walk asks only these",
            progress.usd(),
            crate::text::count(left, "question")
        ))),
    }
}

/// How far a walk that ended early has come.
fn kept(progress: &Progress, walk: &Walk) -> String {
    format!(
        "{} of {} questions are answered and kept; the same walk goes on from there",
        progress.done(),
        walk.questions()
    )
}

/// What is to be said against a walk before it is believed.
fn warnings(session: &Session, walk: &Walk) -> Result<Vec<String>, Failure> {
    let first = walk.variants.iter().filter_map(|v| {
        let bar = walk.bars(&v.series).into_iter().next()?;
        Some(v.series.candles()[bar].time)
    });
    let Some(first) = first.min() else {
        return Ok(Vec::new());
    };
    let mut warnings = Vec::new();
    for name in &walk.models {
        let (model, _) = session.desk.reach(name, walk.base_url.as_deref())?;
        if model.is_local() {
            continue;
        }
        match cutoff(&model) {
            None => warnings.push(format!(
                "when {model} was trained is not known here: what came after an as-of may be remembered, not foreseen"
            )),
            Some(date) => {
                let trained = date
                    .to_zoned(TimeZone::UTC)
                    .map_or(i64::MAX, |z| z.timestamp().as_second());
                if first < trained {
                    warnings.push(format!(
                        "as-ofs lie before {date}, up to when {model} was trained: what came after may be remembered, not foreseen"
                    ));
                }
            }
        }
    }
    Ok(warnings)
}

/// Whether what the walk would cost is agreed to; asked on a terminal, before the first paid call.
fn confirmed(session: &Session, walk: &Walk, yes: bool) -> Result<bool, Failure> {
    let mut paid = false;
    for name in &walk.models {
        let (_, endpoint) = session.desk.reach(name, walk.base_url.as_deref())?;
        paid |= endpoint.is_some_and(|e| !e.is_loopback());
    }
    if !paid {
        return Ok(true);
    }
    let estimate = session.desk.walk_estimate(walk)?;
    let words = in_words(&estimate);
    if yes || estimate.calls == 0 {
        output::note(&words);
        return Ok(true);
    }
    output::agreed(&format!("{words}. Go on?"))?
        .ok_or_else(|| Failure::new(format!("{words}; add --yes to have them made")))
}

fn in_words(estimate: &WalkEstimate) -> String {
    let usd = estimate.usd.map_or_else(
        || "at a price that is not known here".to_owned(),
        |usd| format!("about ${usd:.2}"),
    );
    format!(
        "{}, {} of them in the cache: {} to pay for, about {} prompt tokens, {usd}",
        crate::text::count(estimate.questions, "question"),
        estimate.hits,
        crate::text::count(estimate.calls, "call"),
        estimate.tokens,
    )
}

fn bar(walk: &Walk) -> ProgressBar {
    let bar = ProgressBar::new(walk.questions() as u64);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} · {eta} left{msg}") {
        bar.set_style(style);
    }
    bar
}

/// Shows on the bar how far the walk has come, until it is aborted.
async fn show(bar: ProgressBar, progress: Arc<Progress>) {
    loop {
        let tokens = progress.tokens.load(Ordering::Relaxed);
        bar.set_position(progress.done() as u64);
        if tokens > 0 {
            bar.set_message(format!(" · {tokens} tokens, ${:.4}", progress.usd()));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn said(progress: &Progress, seconds: f64) -> String {
    let calls = progress.calls.load(Ordering::Relaxed);
    let mut words = format!(
        "{} answered in {}: {} from the cache, {} computed by a model",
        crate::text::count(progress.done(), "question"),
        crate::text::duration(seconds * 1000.0),
        progress.hits.load(Ordering::Relaxed),
        calls,
    );
    let tokens = progress.tokens.load(Ordering::Relaxed);
    if tokens > 0 {
        words.push_str(&format!(" with {tokens} tokens for ${:.4}", progress.usd()));
    }
    words
}

/// What a walk found.
struct Found {
    about: Vec<(String, String)>,
    warnings: Vec<String>,
    trials: Vec<Trial>,
    split: Option<Timestamp>,
}

impl Found {
    /// The scores of the time before the split and after it. A trade that was on at the split is in neither.
    fn parts(&self) -> Vec<(String, Vec<Score>)> {
        let Some(split) = self.split else { return Vec::new() };
        let at = split.as_second();
        let part = |wanted: &dyn Fn(&Trial) -> bool| {
            let trials: Vec<Trial> = self.trials.iter().filter(|t| wanted(t)).cloned().collect();
            board(&trials, By::default())
        };
        let day = split.strftime("%Y-%m-%d %H:%M UTC");
        vec![
            (
                format!("In sample, before {day}"),
                part(&|t| t.as_of < at && t.until < at),
            ),
            (format!("Out of sample, from {day} on"), part(&|t| t.as_of >= at)),
        ]
    }

    fn print_json(&self, progress: &Progress, seconds: f64) -> Result<(), Failure> {
        let mut value = json!({
            "scoreboard": board(&self.trials, By::default()),
            "asked": progress.done(),
            "hits": progress.hits.load(Ordering::Relaxed),
            "calls": progress.calls.load(Ordering::Relaxed),
            "seconds": (seconds * 1000.0).round() / 1000.0,
        });
        if let Json::Object(members) = &mut value {
            let pairs = pairs(&self.trials);
            if !pairs.is_empty() {
                members.insert("pairs".to_owned(), json!(pairs));
            }
            let names = ["in_sample", "out_of_sample"];
            for (name, (_, scores)) in names.into_iter().zip(self.parts()) {
                members.insert(name.to_owned(), json!(scores));
            }
        }
        output::json(&value)
    }

    fn print(&self) -> Result<(), Failure> {
        print_scores(&board(&self.trials, By::default()))?;
        for (name, scores) in self.parts() {
            output::line(&format!("{name}\n"))?;
            print_scores(&scores)?;
        }
        let pairs = pairs(&self.trials);
        for pair in &pairs {
            let words = report::compared(pair.compared);
            output::line(&format!("{} minus {}: {words}", pair.one, pair.other))?;
        }
        Ok(())
    }

    /// Keeps the walk, and writes the reports that are wanted.
    fn report(&self, session: &Session, args: &WalkArgs, walk: &Walk) -> Result<(), Failure> {
        let words: Vec<&str> = walk.variants.iter().take(1).map(|v| v.series.symbol()).collect();
        let words = format!("{}-{}", args.template.join("-"), words.join("-"));
        let kept = Kept {
            about: self.about.clone(),
            warnings: self.warnings.clone(),
            trials: self.trials.clone(),
        };
        let data = &session.desk.settings().places.data;
        match walks::keep(data, &walks::name(&self.about, &words), &kept) {
            Ok(path) => tracing::info!(path = %path.display(), "the walk is kept"),
            Err(error) => output::warn(&format!(
                "the walk is not kept: {}: {}",
                data.display(),
                crate::text::io_reason(&error)
            )),
        }
        let report = Report {
            title: format!("Walk of {}", args.template.join(", ")),
            about: self.about.clone(),
            warnings: self.warnings.clone(),
            trials: &self.trials,
            by: By::default(),
            parts: self.parts(),
        };
        for path in &args.report {
            let text = writer(path)?(&report);
            crate::files::write_whole(path, text.as_bytes())
                .map_err(|e| Failure::new(format!("{}: {}", path.display(), crate::text::io_reason(&e))))?;
        }
        Ok(())
    }
}

/// Prints scores, a paragraph each.
pub(super) fn print_scores(scores: &[Score]) -> Result<(), Failure> {
    for score in scores {
        output::line(&score.name.to_string())?;
        for line in report::lines(score) {
            output::line(&format!("  {line}"))?;
        }
        let curve = report::sparkline(&score.curve, 60);
        if !curve.is_empty() {
            output::line(&format!("  {curve}"))?;
        }
        output::line("")?;
    }
    Ok(())
}

/// What writes a report of this file's kind.
pub(super) fn writer(path: &Path) -> Result<fn(&Report<'_>) -> String, Failure> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("md" | "markdown") => Ok(report::markdown),
        Some("html" | "htm") => Ok(report::html),
        _ => Err(Failure::new(format!(
            "--report {}: end its name with .md or .html",
            path.display()
        ))),
    }
}
