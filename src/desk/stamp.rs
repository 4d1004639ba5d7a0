//! The stamp: where an answer came from, what it took, and of which candle it speaks, in one line.

use super::ask::Answer;
use super::freshness::Freshness;
use crate::cache::Tier;
use crate::market::timestamp;
use crate::text::duration;

/// The stamp of `answer` at `now` (UTC epoch milliseconds): `disk hit · 3.1 ms · asked 2 h ago (was 8.4 s, $0.0123) · …`
pub fn stamp(answer: &Answer, as_of: Option<(i64, Freshness)>, now: i64) -> String {
    let mut parts = Vec::new();
    let cost = answer.cost_usd.map(|usd| format!("${usd:.4}"));
    match answer.tier {
        Tier::Model => {
            parts.push(format!("model {}", answer.model));
            parts.push(duration(answer.latency_ms));
            parts.extend(cost);
        }
        tier => {
            parts.push(format!("{tier} hit"));
            parts.push(duration(answer.latency_ms));
            let was = std::iter::once(duration(answer.original_latency_ms)).chain(cost);
            let ago = duration(now.saturating_sub(answer.created).max(0) as f64);
            parts.push(format!("asked {ago} ago (was {})", was.collect::<Vec<_>>().join(", ")));
        }
    }
    // A partial answer is not kept, under no number.
    if answer.sample > 0 && answer.finish.is_complete() {
        parts.push(format!("sample {}", answer.sample));
    }
    if !answer.finish.is_complete() {
        parts.push(format!("partial: {}", answer.finish.words()));
    }
    if let Some((time, freshness)) = as_of {
        parts.push(format!(
            "as of the {} candle",
            timestamp(time).strftime("%Y-%m-%d %H:%M UTC")
        ));
        parts.push(freshness.words());
    }
    parts.join(" · ")
}
