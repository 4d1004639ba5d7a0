//! `wickdesk models`: which can be asked, what they cost, whether they answer, and what was spent.

use jiff::Timestamp;
use serde_json::json;

use super::Session;
use super::args::{ModelsArgs, ModelsCommand};
use super::output::{self, Exit, Failure};
use crate::desk::{Sum, environment};
use crate::model::{KNOWN, ModelName, Support, price};

pub(super) fn run(session: &Session, args: &ModelsArgs) -> Result<Exit, Failure> {
    match &args.command {
        None => list(session, None, false),
        Some(ModelsCommand::List { filter, json }) => list(session, filter.as_deref(), *json),
        Some(ModelsCommand::Check { model, base_url, json }) => {
            check(session, model.as_deref(), base_url.as_deref(), *json)
        }
        Some(ModelsCommand::Refresh { from }) => refresh(session, from),
        Some(ModelsCommand::Spend { json }) => spend(session, *json),
    }
}

/// A model that can be named.
struct Row {
    name: String,
    key: String,
    price: Option<price::Price>,
}

fn rows(session: &Session) -> Vec<Row> {
    let settings = session.desk.settings();
    let mut rows = vec![Row {
        name: ModelName::offline().to_string(),
        key: "built in".to_owned(),
        price: None,
    }];
    for (name, provider) in &settings.providers {
        rows.extend(provider.models.iter().map(|model| Row {
            name: format!("{name}/{model}"),
            key: "configured".to_owned(),
            price: None,
        }));
    }
    let mut without = Vec::new();
    for known in KNOWN.iter().filter(|k| k.dialect().is_some()) {
        let has_key = crate::config::has_key(settings, known.name, &environment);
        let key = match (has_key, known.keyless) {
            (true, _) => "key set".to_owned(),
            (_, true) => "needs no key".to_owned(),
            _ => format!("no key ({})", known.keys.join(" or ")),
        };
        let models = price::models_of(known.name).into_iter().map(|model| {
            let name = format!("{}/{model}", known.name);
            let price = ModelName::parse(&name, &[]).ok().and_then(|model| price::price(&model));
            Row {
                name,
                key: key.clone(),
                price,
            }
        });
        if has_key { &mut rows } else { &mut without }.extend(models);
    }
    rows.extend(without);
    rows
}

fn list(session: &Session, filter: Option<&str>, as_json: bool) -> Result<Exit, Failure> {
    let wanted = filter.map(str::to_lowercase);
    let fits = |row: &Row| wanted.as_ref().is_none_or(|w| row.name.to_lowercase().contains(w));
    let rows: Vec<Row> = rows(session).into_iter().filter(fits).collect();
    if as_json {
        for row in &rows {
            output::json(&json!({
                "model": row.name,
                "key": row.key,
                "usd_per_million": row.price.map(|p| json!({"input": p.input, "cached_input": p.cached_input, "output": p.output})),
                "context": row.price.and_then(|p| p.context),
            }))?;
        }
        return Ok(Exit::Done);
    }
    output::line(&format!(
        "{:<52} {:>9} {:>9} {:>9}  {}",
        "model", "$ in/M", "$ out/M", "context", "key"
    ))?;
    let number = |n: Option<f64>| n.map_or_else(|| "-".to_owned(), |n| format!("{n}"));
    for row in &rows {
        let context = row
            .price
            .and_then(|p| p.context)
            .map_or_else(|| "-".to_owned(), |n| n.to_string());
        output::line(&format!(
            "{:<52} {:>9} {:>9} {:>9}  {}",
            row.name,
            number(row.price.map(|p| p.input)),
            number(row.price.map(|p| p.output)),
            context,
            row.key
        ))?;
    }
    if filter.is_none() {
        output::line("\nNot supported")?;
        for known in KNOWN {
            if let Support::Not(why) = known.support {
                output::line(&format!("{:<52} {why}", known.name))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Whether a model answers.
fn check(session: &Session, model: Option<&str>, base_url: Option<&str>, as_json: bool) -> Result<Exit, Failure> {
    let runtime = output::runtime()?;
    let tested = runtime.block_on(async {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => None,
            tested = session.desk.test_model(model.map(str::to_owned), base_url.map(str::to_owned)) => Some(tested),
        }
    });
    session.desk.cache().flush();
    runtime.shutdown_background();
    let answer = tested.ok_or_else(Failure::interrupted)??;
    if as_json {
        output::json(&json!({
            "model": answer.model,
            "requested_model": answer.requested_model,
            "finish_reason": answer.finish.name(),
            "latency_ms": answer.latency_ms,
            "cost_usd": answer.cost_usd,
            "answers": true,
        }))?;
    } else {
        output::line(&answer.in_words())?;
    }
    Ok(Exit::Done)
}

/// Newer prices, into a file of the analyst's own.
fn refresh(session: &Session, from: &str) -> Result<Exit, Failure> {
    let shown = crate::text::clean_line(from);
    let fail = |reason: String| Failure::new(format!("{shown}: {reason}; the prices stay as they are"));
    let json = if from.starts_with("https://") || from.starts_with("http://") {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Failure::new(format!("no runtime: {e}")))?;
        runtime.block_on(crate::model::fetch_text(from)).map_err(fail)?
    } else {
        std::fs::read_to_string(from).map_err(|e| fail(crate::text::io_reason(&e)))?
    };
    let (text, count) = price::from_litellm(&json, from).map_err(fail)?;
    let path = session.desk.settings().places.prices();
    crate::files::write_whole(&path, text.as_bytes()).map_err(|e| fail(crate::text::io_reason(&e)))?;
    output::line(&format!("{} in {}", crate::text::count(count, "model"), path.display()))?;
    Ok(Exit::Done)
}

fn spend(session: &Session, as_json: bool) -> Result<Exit, Failure> {
    let spending = session.desk.spending(Timestamp::now());
    if as_json {
        output::json(&spending)?;
        return Ok(Exit::Done);
    }
    let limits = session.desk.settings().limits;
    let row = |name: &str, sum: &Sum, limit: Option<f64>| {
        let limit = limit.map_or_else(String::new, |limit| format!(" of ${limit:.2}"));
        let unpriced = match sum.unpriced {
            0 => String::new(),
            n => format!(", {n} of unknown price"),
        };
        let estimated = match sum.estimated {
            0 => String::new(),
            n => format!(", {n} estimated"),
        };
        let calls = crate::text::count(usize::try_from(sum.calls).unwrap_or(usize::MAX), "call");
        output::line(&format!(
            "{name:<12} ${:.4}{limit}  {calls}, {} tokens{unpriced}{estimated}",
            sum.usd, sum.tokens
        ))
    };
    row("today", &spending.day, limits.spend_per_day)?;
    row("this month", &spending.month, limits.spend_per_month)?;
    row("ever", &spending.ever, None)?;
    Ok(Exit::Done)
}
