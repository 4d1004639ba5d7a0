//! `wickdesk walk`: a template along the past, scored.

use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::args::{ReadArgs, WalkArgs};
use super::output::{self, Exit, Failure};
use super::{Session, load};
use crate::desk::{Costs, Progress, Variant, Walk, WalkEstimate, parse_as_of};
use crate::journal::walks::{self, Kept};
use crate::market::{Series, Timeframe};
use crate::model::cutoff;
use crate::prompt::{Template, Values};
use crate::report::{self, Report};
use crate::setup::score::{By, Score, Trial, board, pairs};

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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::new(format!("no runtime: {e}")))?;
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
    // What was answered is on disk before the process ends.
    session.desk.cache().flush();
    let seconds = begun.elapsed().as_secs_f64();
    runtime.shutdown_background();
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

/// The walk of these arguments.
fn walk(session: &Session, args: &WalkArgs) -> Result<Walk, Failure> {
    let read = ReadArgs {
        tz: args.tz.clone(),
        symbol: args.symbol.clone(),
        timeframe: args.timeframe,
        date_order: args.date_order,
        ..ReadArgs::default()
    };
    let mut series = Vec::new();
    for path in &args.candles {
        let loaded = load::read(path, &read, || Ok(session.desk.settings().clone()))?;
        load::warn_of(&loaded);
        series.push(Arc::new(loaded.series));
    }
    let mut templates: Vec<Template> = Vec::new();
    for name in &args.template {
        let mut template = session.desk.library().find(name)?.0;
        if templates.iter().any(|t| t.name == template.name) {
            // Two versions of a template: told apart by what is in them.
            template.name = format!("{}@{}", template.name, &template.hash()[..6]);
        }
        templates.push(template);
    }
    let (timeframes, sweeps) = sweeps(&args.set)?;
    // Of several templates each takes what it knows; what none knows is said by the first that is asked.
    let knows = |template: &Template, name: &str| {
        template.variables.iter().any(|v| v.name == name) || template.names_used().contains(name)
    };
    let own = |template: &Template| -> Sweeps {
        let all = |name: &str| !templates.iter().any(|t| knows(t, name));
        let kept = sweeps.iter().filter(|(name, _)| knows(template, name) || all(name));
        kept.cloned().collect()
    };
    let mut variants = Vec::new();
    for series in &series {
        for timeframe in timeframes
            .as_deref()
            .map_or_else(|| vec![series.timeframe()], <[Timeframe]>::to_vec)
        {
            let series = coarser(series, timeframe)?;
            for template in &templates {
                for (suffix, values) in combinations(&own(template)) {
                    variants.push(Variant {
                        name: format!("{}{suffix}", template.name),
                        template: template.clone(),
                        values,
                        series: Arc::clone(&series),
                    });
                }
            }
        }
    }
    let mut models: Vec<String> = Vec::new();
    for name in &args.model {
        // Under two names it is still one model, and asked once.
        let model = session.desk.reach(name, args.base_url.as_deref())?.0.to_string();
        if !models.contains(&model) {
            models.push(model);
        }
    }
    if models.is_empty() {
        models.push(crate::model::ModelName::offline().to_string());
    }
    let local = |name: &String| {
        session
            .desk
            .reach(name, args.base_url.as_deref())
            .is_ok_and(|(m, _)| m.is_local())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let concurrent = if models.iter().all(local) { cores } else { cores.max(4) };
    Ok(Walk {
        variants,
        models,
        every: args.every,
        from: args.from.as_deref().map(parse_as_of).transpose()?,
        to: args.to.as_deref().map(parse_as_of).transpose()?,
        params: args.params.given(),
        costs: Costs {
            spread: args.spread,
            commission: args.commission,
            expiry: args.expiry,
            max_hold: args.max_hold,
        },
        base_url: args.base_url.clone(),
        spend: args.spend,
        concurrent: args.concurrent.unwrap_or(concurrent),
    })
}

type Sweeps = Vec<(String, Vec<String>)>;

/// What `--set` says: timeframes, and the values of each variable.
fn sweeps(set: &[String]) -> Result<(Option<Vec<Timeframe>>, Sweeps), Failure> {
    let (mut timeframes, mut sweeps) = (None, Sweeps::new());
    for pair in set {
        let Some((name, values)) = pair.split_once('=') else {
            return Err(Failure::new(format!(
                "--set {pair}: write it as NAME=VALUE or NAME=VALUE,VALUE"
            )));
        };
        let (name, values) = (name.trim(), listed(values));
        if name == "timeframe" {
            let read = |text: &String| {
                text.parse::<Timeframe>()
                    .map_err(|e| Failure::new(format!("--set {}: {e}", crate::text::clean_line(pair))))
            };
            timeframes = Some(values.iter().map(read).collect::<Result<_, _>>()?);
        } else {
            sweeps.push((name.to_owned(), values));
        }
    }
    Ok((timeframes, sweeps))
}

/// The values between commas; `\,` is a comma in a value.
fn listed(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, values.last_mut()) {
            (',', _) => values.push(String::new()),
            (c, Some(last)) => {
                let escaped = c == '\\' && characters.next_if_eq(&',').is_some();
                last.push(if escaped { ',' } else { c });
            }
            (_, None) => {}
        }
    }
    values
}

/// Every combination of values, and what is said of those that vary.
fn combinations(sweeps: &[(String, Vec<String>)]) -> Vec<(String, Values)> {
    let mut all = vec![(String::new(), Values::default())];
    for (name, values) in sweeps {
        all = all
            .iter()
            .flat_map(|(suffix, set)| {
                values.iter().map(move |value| {
                    let mut set = set.clone();
                    set.set(name, value);
                    let varies = values.len() > 1;
                    let more = if varies {
                        format!(" {name}={}", crate::text::clean_line(value))
                    } else {
                        String::new()
                    };
                    (format!("{suffix}{more}"), set)
                })
            })
            .collect();
    }
    all
}

fn coarser(series: &Arc<Series>, to: Timeframe) -> Result<Arc<Series>, Failure> {
    if series.timeframe() == to {
        return Ok(Arc::clone(series));
    }
    let made = series.coarser(to);
    Ok(Arc::new(
        made.map_err(|e| Failure::new(format!("--set timeframe={to}: {e}")))?,
    ))
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
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::new(format!("{words}; add --yes to have them made")));
    }
    let mut stderr = anstream::stderr();
    let _ = write!(stderr, "{words}. Go on? [y/N] ");
    let _ = stderr.flush();
    let mut said = String::new();
    std::io::stdin()
        .read_line(&mut said)
        .map_err(|e| Failure::new(format!("standard input: {}", crate::text::io_reason(&e))))?;
    Ok(matches!(said.trim(), "y" | "Y" | "yes"))
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

/// What the walk is, the same on every run.
fn about(walk: &Walk, args: &WalkArgs) -> Vec<(String, String)> {
    let mut about = Vec::new();
    let mut add = |name: &str, words: String| about.push((name.to_owned(), words));
    let distinct = |words: Vec<String>| {
        let mut seen: Vec<String> = Vec::new();
        words.into_iter().for_each(|w| {
            if !seen.contains(&w) {
                seen.push(w);
            }
        });
        seen
    };
    let templates = walk
        .variants
        .iter()
        .map(|v| format!("{} ({})", v.name, &v.template.hash()[..8]));
    add("templates", distinct(templates.collect()).join(", "));
    add("models", walk.models.join(", "));
    for variant in &walk.variants {
        let series = &variant.series;
        let bars = walk.bars(series);
        let day = |bar: Option<&usize>| {
            let time = bar.and_then(|b| series.candles().get(*b)).map_or(0, |c| c.time);
            crate::market::timestamp(time).strftime("%Y-%m-%d %H:%M").to_string()
        };
        let close = bars.first().map_or(0.0, |b| series.candles()[*b].close);
        let terms = walk.costs.terms(series.symbol(), close, variant.template.valid_bars);
        let words = format!(
            "{} as-ofs, every {}, {} to {} UTC; at {close} a spread of {:.6} and a commission of {:.6}; orders wait {} candles unless the answer says otherwise, trades are held {}",
            bars.len(),
            walk.every,
            day(bars.first()),
            day(bars.last()),
            terms.spread,
            terms.commission,
            terms.expiry,
            terms.max_hold
        );
        add(&format!("{} {}", series.symbol(), series.timeframe()), words);
    }
    if !args.set.is_empty() {
        add("set", args.set.join(" "));
    }
    let params: Vec<String> = walk
        .params
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !params.is_empty() {
        add("parameters", params.join(" "));
    }
    distinct_lines(about)
}

/// Several variants on one series say the same of it.
fn distinct_lines(lines: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for line in lines {
        if !kept.contains(&line) {
            kept.push(line);
        }
    }
    kept
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
            output::line(&format!("{} less {}: {words}", pair.one, pair.other))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_between_commas() {
        assert_eq!(listed("H1,H4"), ["H1", "H4"]);
        assert_eq!(listed(r"a\,b,c\d,"), ["a,b", r"c\d", ""]);
    }

    #[test]
    fn every_combination_is_named_by_what_varies() {
        let set = ["risk=1,2".to_owned(), "bias=long".to_owned(), "n=7,8".to_owned()];
        let Ok((None, sweeps)) = sweeps(&set) else {
            panic!("no timeframe is among them")
        };
        let names: Vec<String> = combinations(&sweeps).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [" risk=1 n=7", " risk=1 n=8", " risk=2 n=7", " risk=2 n=8"]);
    }
}
