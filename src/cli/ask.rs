//! `wickdesk ask`: one question, headless.

use std::io::Read as _;
use std::sync::Arc;

use futures_util::StreamExt;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::args::AskArgs;
use super::output::{self, Exit, Failure};
use super::{Session, load};
use crate::desk::{
    Answer, Answering, Desk, DeskError, Judged, Market, Policy, Prepared, Question, Step, parse_as_of, stamp,
};
use crate::market::Series;
use crate::prompt::Values;

pub(super) fn run(session: Session, args: &AskArgs) -> Result<Exit, Failure> {
    let runtime = output::runtime()?;
    let question = question(&session, args)?;
    let prepared = session.desk.prepare(&question)?;
    if args.dry_run {
        return dry_run(&session, &prepared, args.json);
    }
    if let Some(trouble) = &session.trouble {
        output::warn(&trouble.to_string());
    }
    let policy = match args.sample {
        Some(n) => Policy::Sample(n),
        None if args.no_cache => Policy::Past,
        None if args.refresh => Policy::Refresh,
        None => Policy::Cached,
    };
    let result = runtime.block_on(async {
        let steps = session.desk.ask(&prepared, policy);
        let quiet = args.json || args.no_stream;
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => Ok(None),
            result = follow(steps, quiet) => result.map(Some),
        }
    });
    let exit = match result {
        Ok(Some(answer)) => {
            for series in question.candles.iter().take(1) {
                settle(&session.desk, series);
            }
            show(&session, &prepared, &answer, args)
        }
        Ok(None) => {
            output::note("\ninterrupted; nothing of it is stored");
            Ok(Exit::Interrupted)
        }
        Err(failure) => Err(failure),
    };
    session.close(runtime);
    exit
}

fn question(session: &Session, args: &AskArgs) -> Result<Question, Failure> {
    let template = match &args.template {
        Some(name) => Some(session.desk.library().find(name)?.0),
        None => None,
    };
    let mut candles = Vec::new();
    for path in &args.candles {
        let loaded = load::read(path, &args.read, || Ok(session.desk.settings().clone()))?;
        load::warn_of(&loaded);
        candles.push(Arc::new(loaded.series));
    }
    if let Some(first) = candles.first().cloned() {
        for to in &args.also {
            let coarser = first.coarser(*to);
            candles.push(Arc::new(
                coarser.map_err(|e| Failure::new(format!("--also {to}: {e}")))?,
            ));
        }
    }
    let mut values = Values::default();
    for pair in &args.set {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::new(format!("--set {pair}: write it as NAME=VALUE")));
        };
        values.set(name.trim(), value);
    }
    if template.is_none() && !args.set.is_empty() {
        return Err(Failure::new("--set fills a template's variables; name one with -t"));
    }
    if candles.is_empty() && args.as_of.is_some() {
        return Err(Failure::new("--as-of chooses among candles; load some with -c FILE"));
    }
    let prompt = match args.prompt.as_deref() {
        Some("-") => Some(stdin()?),
        other => other.map(str::to_owned),
    };
    Ok(Question {
        template,
        prompt,
        system: args.system.clone(),
        candles,
        as_of: args.as_of.as_deref().map(parse_as_of).transpose()?,
        values,
        model: args.model.clone(),
        base_url: args.base_url.clone(),
        params: args.params.given(),
        ttl: args.ttl,
    })
}

fn stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::new(format!("standard input: {}", crate::text::io_reason(&e))))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Follows an ask to its end; prints text as it comes unless `quiet`.
async fn follow(mut steps: Answering, quiet: bool) -> Result<Answer, Failure> {
    let mut answer = None;
    let mut ended_line = true;
    while let Some(step) = steps.next().await {
        match step {
            Step::Text(text) if !quiet => {
                output::out(&text)?;
                ended_line = text.ends_with('\n');
            }
            Step::Text(_) | Step::Thinking(_) => {}
            Step::WasThinking if !quiet => {
                output::out("\n")?;
                ended_line = true;
                output::note("The text above is what the model thought. Its answer follows.");
            }
            Step::WasThinking => {}
            Step::Note(words) | Step::Waiting(words) => output::note(&crate::text::clean_line(&words)),
            Step::Done(done) => answer = Some(*done),
            Step::Stored(Ok(())) => {}
            Step::Stored(Err(reason)) => {
                if !quiet && !ended_line {
                    output::out("\n")?;
                    ended_line = true;
                }
                output::warn(&format!("not stored: {reason}"));
            }
            Step::Failed(error) => return Err(DeskError::from(error).into()),
        }
    }
    if !quiet && !ended_line {
        output::out("\n")?;
    }
    answer.ok_or_else(|| Failure::new("the call ended without an answer; ask again"))
}

/// Plays forward what the journal has open of these candles' market, and tells what they decide.
pub(super) fn settle(desk: &Desk, series: &Series) {
    match desk.settle(series) {
        Ok(settled) => {
            for one in settled {
                let r = one.r.map_or_else(String::new, |r| format!(" {r:+.2} R"));
                output::note(&format!("history {}: {}{r} · {}", one.id, one.status, one.label));
            }
        }
        Err(error) => output::warn(&error.to_string()),
    }
}

fn show(session: &Session, prepared: &Prepared, answer: &Answer, args: &AskArgs) -> Result<Exit, Failure> {
    let judged = Judged::answer(answer, prepared.market.as_ref());
    let now = Timestamp::now();
    if args.json {
        output::json(&as_json(prepared, answer, &judged, now))?;
    } else if args.no_stream {
        output::out(answer.text.trim_end())?;
        output::out("\n")?;
    }
    let source = args
        .candles
        .first()
        .map_or_else(String::new, |path| path.display().to_string());
    if let Err(error) = session.desk.record(prepared, answer, &judged, &source) {
        output::warn(&error.to_string());
    }
    for check in judged.checks.iter().filter(|c| c.status >= crate::setup::Status::Warn) {
        output::note(&format!(
            "{} {}: {}",
            output::status(check.status),
            check.title(),
            check.detail
        ));
    }
    let as_of = prepared.market.as_ref().map(|m| (m.as_of(), m.freshness(now)));
    output::note(&stamp(answer, as_of, now.as_millisecond()));
    Ok(if !answer.finish.is_complete() {
        Exit::Partial
    } else if judged.failed() {
        Exit::CheckFailed
    } else {
        Exit::Done
    })
}

fn as_json(prepared: &Prepared, answer: &Answer, judged: &Judged, now: Timestamp) -> Json {
    let time = |millis: i64| Timestamp::from_millisecond(millis).map(|t| t.to_string()).ok();
    let market = prepared.market.as_ref();
    let freshness = market.map(|m| m.freshness(now));
    let mut value = json!({
        "answer": answer.text,
        "complete": answer.finish.is_complete(),
        "finish_reason": answer.finish.name(),
        "model": answer.model,
        "requested_model": answer.requested_model,
        "cache": {
            "tier": answer.tier,
            "key": answer.key.to_string(),
            "created": time(answer.created),
            "expires": answer.expires.and_then(time),
            "sample": answer.sample,
        },
        "as_of": market.map(|m| crate::market::timestamp(m.as_of()).to_string()),
        "freshness": freshness.map_or(crate::desk::Fresh::Unknown, |f| f.state),
        "candles_since": freshness.and_then(|f| f.candles_since),
        "latency_ms": round(answer.latency_ms),
        "original_latency_ms": round(answer.original_latency_ms),
        "usage": answer.usage,
        "cost_usd": answer.cost_usd,
    });
    if let (Some(value), Json::Object(judged)) = (value.as_object_mut(), judged_json(judged)) {
        value.extend(judged);
    }
    value
}

fn round(millis: f64) -> f64 {
    (millis * 1000.0).round() / 1000.0
}

/// Setup, its source, alternatives and checks.
pub(super) fn judged_json(judged: &Judged) -> Json {
    let reading = &judged.reading;
    json!({
        "setup": reading.setup,
        "setup_source": reading.source,
        "alternatives": reading.alternatives,
        "checks": judged.checks,
    })
}

fn dry_run(session: &Session, prepared: &Prepared, as_json: bool) -> Result<Exit, Failure> {
    let estimate = session.desk.estimate(prepared);
    let request = &prepared.request;
    if as_json {
        output::json(&json!({
            "model": request.model.to_string(),
            "base_url": request.base_url,
            "messages": request.messages,
            "params": request.params.iter().collect::<std::collections::BTreeMap<_, _>>(),
            "key": prepared.key.to_string(),
            "tokens_estimate": estimate.tokens,
            "cost_usd_estimate": estimate.usd,
            "hit": estimate.hit,
        }))?;
        return Ok(Exit::Done);
    }
    for message in &request.messages {
        output::line(&format!("[{}]\n{}\n", message.role.name(), message.text))?;
    }
    let cost = match estimate.usd {
        None => "price unknown".to_owned(),
        Some(usd) if usd > 0.0 => format!("about ${usd:.4} before the answer"),
        Some(_) => "free".to_owned(),
    };
    output::note(&format!(
        "{} · about {} tokens · {cost} · would be {}",
        request.model,
        estimate.tokens,
        estimate.hit_words()
    ));
    Ok(Exit::Done)
}

/// The market of a file at an as-of, for commands that check.
pub(super) fn market_of(series: Arc<crate::market::Series>, as_of: Option<&str>) -> Result<Market, Failure> {
    let as_of = as_of.map(parse_as_of).transpose()?;
    Ok(Market::of(&series, as_of)?)
}
