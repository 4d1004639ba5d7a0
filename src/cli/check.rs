//! `wickdesk check`: an answer's setup, held against candles.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::args::{Args, CheckArgs};
use super::output::{self, Exit, Failure};
use super::{ask, load};
use crate::desk::Judged;
use crate::facts::Facts;
use crate::market::{price, timestamp};
use crate::setup::{level_sources, ticket};

pub(super) fn run(global: &Args, args: &CheckArgs) -> Result<Exit, Failure> {
    let loaded = load::read(&args.candles, &args.read, || super::settings(global))?;
    load::warn_of(&loaded);
    let market = ask::market_of(Arc::new(loaded.series), args.as_of.as_deref())?;
    let text = answer(args)?;
    let judged = Judged::of(&text, true, Some(&market));
    if args.json {
        let mut value = ask::judged_json(&judged);
        if let Json::Object(members) = &mut value {
            members.insert("complete".to_owned(), json!(judged.complete));
            if args.levels {
                let setup = judged.reading.setup.as_ref();
                let levels = setup.map_or_else(Vec::new, |s| level_sources(s, &market.facts));
                members.insert("levels".to_owned(), json!(levels));
            }
        }
        output::json(&value)?;
    } else {
        show(&judged, &market.facts)?;
    }
    Ok(if !judged.complete {
        Exit::Partial
    } else if judged.failed() {
        Exit::CheckFailed
    } else {
        Exit::Done
    })
}

fn answer(args: &CheckArgs) -> Result<String, Failure> {
    let shown = args.answer.display();
    let bytes = if args.answer.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(&args.answer)
    };
    let bytes = bytes.map_err(|e| Failure::new(format!("{shown}: {}", crate::text::io_reason(&e))))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn show(judged: &Judged, facts: &Facts) -> Result<(), Failure> {
    match &judged.reading.setup {
        Some(setup) => {
            for (label, value) in ticket(setup, Some(facts)) {
                output::line(&format!("{label:<13} {value}"))?;
            }
        }
        None => output::line("no setup")?,
    }
    let more = judged.reading.alternatives.len();
    if more > 0 {
        output::line(&format!("and {}", crate::text::count(more, "alternative")))?;
    }
    let levels = judged.reading.setup.as_ref().map(|s| level_sources(s, facts));
    for level in levels.iter().flatten() {
        let shown = price(level.at, facts.decimals);
        let time = timestamp(level.time).strftime("%Y-%m-%d %H:%M");
        output::line(&format!("{:<13} {} ({shown}, candle {time})", "level", level.words()))?;
    }
    output::line("")?;
    for check in &judged.checks {
        output::line(&format!(
            "{} {:<28} {}",
            output::status(check.status),
            check.title(),
            check.detail
        ))?;
    }
    Ok(())
}
