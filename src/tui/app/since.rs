//! What has changed since the analysis before of the same template on the same market.

use super::message::Effect;
use super::{App, Since};
use crate::journal::Record;
use crate::market::{price, timestamp};
use crate::setup::Setup;

impl App {
    /// An answer is in the journal; what has changed since the one before is told beside it.
    pub(super) fn recorded(&mut self, id: u64, record: u64, before: Option<Box<Record>>) {
        let columns = self.tab.beside.iter_mut().map(|c| &mut c.response);
        let mut all = std::iter::once(&mut self.tab.response).chain(columns);
        let (Some(response), Some(before)) = (all.find(|r| r.asked == id), before) else {
            return;
        };
        let now = response.judged.as_ref().and_then(|j| j.reading.setup.as_ref());
        let Some(market) = &response.market else { return };
        let facts = &market.facts;
        let atr = facts.number("atr").filter(|atr| *atr > 0.0);
        let closed = market
            .series
            .since(before.market.as_ref().map_or(i64::MAX, |m| m.as_of));
        response.since = Some(Since {
            lines: lines(&before, now, closed, atr),
            records: (before.id, record),
        });
    }

    /// Shows how the analysis on show differs from the one before.
    pub(super) fn compare_since(&mut self, effects: &mut Vec<Effect>) {
        if let Some(since) = &self.tab.response.since {
            let (before, now) = since.records;
            effects.push(Effect::Differ(before, now));
        }
    }
}

/// When it was, what became of it, and how the setup has moved, in ATR.
fn lines(before: &Record, now: Option<&Setup>, closed: usize, atr: Option<f64>) -> Vec<String> {
    let Some(market) = &before.market else {
        return Vec::new();
    };
    let when = timestamp(market.as_of).strftime("%m-%d %H:%M");
    let head = before.head();
    let r = head
        .trial
        .closed_r()
        .map_or_else(String::new, |r| format!(" {r:+.2} R"));
    let mut lines = vec![format!(
        "since the analysis of {when}, {} before: {}{r}",
        crate::text::count(closed, "candle"),
        head.status()
    )];
    let side = |setup: Option<&Setup>| {
        let side = setup.and_then(|s| s.side);
        side.map_or_else(|| "no setup".to_owned(), |s| s.to_string())
    };
    let (was, is) = (side(before.setup.as_ref()), side(now));
    let mut moved = Vec::new();
    if was == is {
        moved.push(format!("still {is}"));
    } else {
        moved.push(format!("{was} → {is}"));
    }
    let prices = |setup: &Setup| {
        [
            setup.entry.map(|z| z.middle()),
            setup.stop,
            setup.targets.first().copied(),
        ]
    };
    if let (Some(old), Some(new)) = (&before.setup, now) {
        for ((name, old), new) in ["entry", "stop", "target"].iter().zip(prices(old)).zip(prices(new)) {
            let shown = |p: f64| price(p, market.decimals);
            match (old, new) {
                (Some(old), Some(new)) if shown(old) != shown(new) => {
                    let by = atr.map_or_else(String::new, |atr| format!(" ({:+.1} ATR)", (new - old) / atr));
                    moved.push(format!("{name} {} → {}{by}", shown(old), shown(new)));
                }
                (None, Some(new)) => moved.push(format!("{name} {}", shown(new))),
                (Some(_), None) => moved.push(format!("no {name} any more")),
                _ => {}
            }
        }
    }
    lines.push(format!("{} · D shows all", moved.join(" · ")));
    lines
}
