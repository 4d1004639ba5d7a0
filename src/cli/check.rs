//! `wickdesk check`: an answer's setup, held against candles.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::args::CheckArgs;
use super::output::{self, Exit, Failure};
use super::{ask, load};
use crate::desk::Judged;
use crate::market::price;
use crate::setup::Setup;

pub(super) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    let loaded = load::read(&args.candles, &args.read)?;
    load::warn_of(&loaded);
    let market = ask::market_of(Arc::new(loaded.series), args.as_of.as_deref())?;
    let text = answer(args)?;
    let judged = Judged::of(&text, true, Some(&market));
    if args.json {
        let mut value = ask::judged_json(&judged);
        if let Json::Object(members) = &mut value {
            members.insert("complete".to_owned(), json!(judged.complete));
        }
        output::json(&value)?;
    } else {
        show(&judged, market.facts.decimals)?;
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

fn show(judged: &Judged, decimals: u8) -> Result<(), Failure> {
    match &judged.reading.setup {
        Some(setup) => {
            for (label, value) in lines(setup, decimals) {
                output::line(&format!("{label:<13} {value}"))?;
            }
        }
        None => output::line("no setup")?,
    }
    let more = judged.reading.alternatives.len();
    if more > 0 {
        output::line(&format!("and {}", crate::text::count(more, "alternative")))?;
    }
    output::line("")?;
    for check in &judged.checks {
        output::line(&format!(
            "{} {:<15} {}",
            output::status(check.status),
            check.name,
            check.detail
        ))?;
    }
    Ok(())
}

/// A setup as label and value.
fn lines(setup: &Setup, decimals: u8) -> Vec<(&'static str, String)> {
    let missing = || "not stated".to_owned();
    let shown = |p: f64| price(p, decimals);
    let mut lines = vec![("side", setup.side.map_or_else(missing, |s| s.to_string()))];
    if !setup.is_trade() {
        return lines;
    }
    let targets: Vec<String> = setup.targets.iter().map(|t| shown(*t)).collect();
    lines.extend([
        ("order", setup.order.map_or_else(missing, |o| o.to_string())),
        (
            "entry",
            setup.entry.map_or_else(missing, |z| {
                if z.low() == z.high() {
                    shown(z.low())
                } else {
                    format!("{} to {}", shown(z.low()), shown(z.high()))
                }
            }),
        ),
        ("stop", setup.stop.map_or_else(missing, shown)),
        (
            "targets",
            if targets.is_empty() {
                missing()
            } else {
                targets.join(", ")
            },
        ),
    ]);
    let optional = [
        ("risk_reward", setup.risk_reward.map(|r| r.to_string())),
        ("valid_bars", setup.valid_bars.map(|n| n.to_string())),
        ("confidence", setup.confidence.map(|c| c.to_string())),
        (
            "invalidation",
            setup.invalidation.as_deref().map(crate::text::clean_line),
        ),
    ];
    lines.extend(optional.into_iter().filter_map(|(label, value)| Some((label, value?))));
    lines
}
