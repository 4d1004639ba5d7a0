//! Two records of the journal beside each other, line by line, and what became of one in words.

use std::fmt::Write as _;

use similar::TextDiff;

use crate::journal::Record;
use crate::market::{price, timestamp};
use crate::setup::ticket_of;

/// What became of a record, with the candle that decided it.
pub fn outcome(record: &Record) -> String {
    let head = record.head();
    let Some(decided) = &record.decided else {
        return "open: load later candles of this market to play it forward".to_owned();
    };
    let mut words = head.status();
    if let Some(r) = head.trial.closed_r() {
        let _ = write!(words, " {r:+.2} R");
    }
    if let Some(outcome) = decided.fate.outcome()
        && outcome.ambiguous
    {
        words.push_str(", ambiguous");
    }
    let decimals = record.decimals();
    if let Some(c) = &decided.candle {
        let when = timestamp(c.time).strftime("%Y-%m-%d %H:%M UTC");
        let shown = [c.open, c.high, c.low, c.close].map(|p| price(p, decimals));
        let _ = write!(words, ", decided by the {when} candle ({})", shown.join(" "));
    }
    words
}

/// Two records beside each other: what is said of them, their setups, and their answers line by line.
pub fn difference(one: &Record, other: &Record) -> String {
    let facts = |r: &Record| {
        let market = r.market.as_ref();
        let mut text = String::new();
        let template = r
            .template
            .as_ref()
            .map_or_else(|| "-".to_owned(), |t| format!("{} ({})", t.name, t.hash));
        let as_of = market.map_or_else(
            || "-".to_owned(),
            |m| format!("{} {} {}", m.symbol, m.timeframe, timestamp(m.as_of)),
        );
        let _ = writeln!(
            text,
            "question: {}\nmodel: {}\nanswered by: {}\ntemplate: {template}\nas of: {as_of}",
            r.label, r.model, r.answered_by
        );
        for (name, words) in r
            .setup
            .as_ref()
            .map_or_else(Vec::new, |s| ticket_of(s, r.decimals(), None))
        {
            let _ = writeln!(text, "{name}: {words}");
        }
        for check in &r.checks {
            let _ = writeln!(text, "{}: {}", check.title(), check.status);
        }
        let _ = writeln!(text, "outcome: {}", outcome(r));
        text
    };
    let mut out = String::new();
    let said = |r: &Record| {
        r.messages
            .iter()
            .map(|m| format!("{}: {}\n", m.role.name(), m.text))
            .collect::<String>()
    };
    for (what, a, b) in [
        ("facts", facts(one), facts(other)),
        ("prompt", said(one), said(other)),
        ("answer", one.answer.clone(), other.answer.clone()),
    ] {
        let diff = TextDiff::from_lines(&a, &b);
        let mut shown = diff.unified_diff();
        let (from, to) = (format!("{what} {}", one.id), format!("{what} {}", other.id));
        let shown = shown.context_radius(2).header(&from, &to).to_string();
        out.push_str(&if shown.is_empty() {
            format!("{what}: the same\n")
        } else {
            shown
        });
    }
    out
}
