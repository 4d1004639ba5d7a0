//! The answer in words, with the setup block last.

use std::fmt::Write as _;

use super::input::AnalystInput;
use super::plan::Plan;
use super::weigh::View;
use crate::facts::Emphasis;
use crate::setup::Setup;

pub(super) fn write(input: &AnalystInput, view: &View, plan: Option<&Plan>) -> String {
    let block = &input.block;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "## {} {}, as of {}\n", block.symbol, block.timeframe, block.as_of);
    let _ = writeln!(
        text,
        "*Offline analyst: rules over the facts block, not a language model. It weighs {}.*\n",
        weighs(input.emphasis)
    );
    if let Some(price) = &block.price {
        let atr = block.atr.map(|a| format!(", ATR 14 {a}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "Close {}{atr}. The facts, and what each counts for:\n",
            price.close
        );
    }
    let _ = writeln!(text, "| what the candles say | vote |\n|---|---:|");
    for vote in &view.votes {
        let _ = writeln!(text, "| {} | {:+.1} |", vote.reason, vote.weight);
    }
    let verdict = match view.direction {
        Some(direction) => format!("{direction}: at least two votes net one way are a direction"),
        None => "no direction: fewer than two votes net either way".to_owned(),
    };
    let _ = writeln!(
        text,
        "| **together** | **{:+.1}** |\n\n**Verdict.** {verdict}.\n",
        view.score
    );
    levels(&mut text, input);
    faults(&mut text, input);
    match plan {
        Some(Plan::Trade {
            setup,
            entry,
            stop,
            targets,
        }) => trade(&mut text, setup, entry, stop, targets),
        Some(Plan::NoTrade(reason)) => {
            let _ = writeln!(text, "**No trade.** There is none worth taking: {reason}.\n");
            let _ = writeln!(text, "```setup\n{{\"side\": \"none\", \"confidence\": 0.5}}\n```");
        }
        None => {}
    }
    text
}

/// The emphasis in the answer's words.
fn weighs(emphasis: Emphasis) -> &'static str {
    match emphasis {
        Emphasis::Structure => {
            "structure first: entries at order blocks and gaps, bought in discount and sold in premium"
        }
        Emphasis::Fibonacci => "fibonacci first: entries at retracements of the last leg",
        Emphasis::Rsi => "rsi first: divergence and regime, entries at swings and averages",
        Emphasis::Confluence => "confluence: everything counts alike, entries where the most levels agree",
    }
}

/// What the request says and the rules cannot use.
fn faults(text: &mut String, input: &AnalystInput) {
    if input.faults.is_empty() {
        return;
    }
    let _ = writeln!(text, "**Request.** The offline analyst cannot use all of it.\n");
    for fault in &input.faults {
        let _ = writeln!(text, "- {fault}");
    }
    if input.wants_setup {
        let _ = writeln!(text, "\nChange the value to get a setup.");
    }
}

fn levels(text: &mut String, input: &AnalystInput) {
    let block = &input.block;
    let zone = |z: &crate::facts::BlockZone, kind: &str| {
        let tested = if z.tested { "tested" } else { "untested" };
        let away = z.atr_away.map(|a| format!(", {a:+.1} ATR away")).unwrap_or_default();
        format!(
            "{} {kind} {} to {} of {} ({tested}{away})",
            z.direction, z.bottom, z.top, z.time
        )
    };
    let mut lines: Vec<String> = Vec::new();
    lines.extend(block.order_blocks.iter().take(2).map(|z| zone(z, "order block")));
    lines.extend(block.fvg.iter().take(2).map(|z| zone(z, "fair value gap")));
    lines.extend(block.liquidity.iter().take(2).map(|l| {
        let side = if l.side == crate::facts::Side::High {
            "highs"
        } else {
            "lows"
        };
        format!("equal {side} at {} (unswept)", l.price)
    }));
    if let Some(fib) = block.fib.first() {
        let at = |ratio: &str| fib.retracement.get(ratio).map(ToString::to_string).unwrap_or_default();
        lines.push(format!(
            "{} leg {} to {}: half is {}, the 0.618 to 0.786 pocket {} to {}",
            fib.leg,
            fib.from,
            fib.to,
            at("0.5"),
            at("0.618"),
            at("0.786")
        ));
    }
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "**Levels nearest to price**\n");
    for line in lines {
        let _ = writeln!(text, "- {line}");
    }
    text.push('\n');
}

fn trade(text: &mut String, setup: &Setup, entry: &str, stop: &str, targets: &[String]) {
    let side = setup.side.map(|s| s.to_string()).unwrap_or_default();
    let _ = writeln!(
        text,
        "**Setup.** A {side} by limit order at {entry}. The stop lies beyond {stop}."
    );
    for (at, (price, name)) in setup.targets.iter().zip(targets).enumerate() {
        let _ = writeln!(text, "Target {} is {price}, {name}.", at + 1);
    }
    let _ = writeln!(text, "\n```setup\n{}\n```", block(setup));
}

/// The setup as the contract has it, a field a line.
fn block(setup: &Setup) -> String {
    let json = |value: serde_json::Value| value.to_string();
    let entry = setup.entry.map(<[f64; 2]>::from);
    let claims: Vec<_> = setup
        .claims
        .iter()
        .map(|c| serde_json::json!({ "name": c.name, "value": c.value }))
        .collect();
    let fields = [
        ("side", json(serde_json::json!(setup.side))),
        ("order", json(serde_json::json!(setup.order))),
        ("entry", json(serde_json::json!(entry))),
        ("stop", json(serde_json::json!(setup.stop))),
        ("targets", json(serde_json::json!(setup.targets))),
        ("risk_reward", json(serde_json::json!(setup.risk_reward))),
        ("valid_bars", json(serde_json::json!(setup.valid_bars))),
        ("confidence", json(serde_json::json!(setup.confidence))),
        ("invalidation", json(serde_json::json!(setup.invalidation))),
        ("claims", json(serde_json::json!(claims))),
    ];
    let lines: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("  \"{name}\": {value}"))
        .collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}
