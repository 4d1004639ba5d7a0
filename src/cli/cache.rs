//! `wickdesk cache`: stats, list, clear.

use jiff::Timestamp;
use serde_json::json;

use super::Session;
use super::args::{CacheArgs, CacheCommand};
use super::output::{self, Exit, Failure};
use crate::cache::{Clear, Report};
use crate::desk::now_millis;
use crate::text::{bytes, count, duration};

pub(super) fn run(session: Session, args: &CacheArgs) -> Result<Exit, Failure> {
    if let Some(warning) = session.warning {
        return Err(Failure::new(warning));
    }
    let cache = session.desk.cache();
    match &args.command {
        None => stats(&cache.report(), false),
        Some(CacheCommand::Stats { json }) => stats(&cache.report(), *json),
        Some(CacheCommand::List { json }) => list(cache, *json),
        Some(CacheCommand::Clear { expired, json }) => {
            let what = if *expired { Clear::Expired } else { Clear::Both };
            let cleared = cache
                .clear(what, now_millis())
                .map_err(|e| Failure::new(e.to_string()))?;
            if *json {
                output::json(&cleared)?;
            } else {
                let which = if *expired { "expired " } else { "" };
                let entries = if cleared.disk == 1 { "entry" } else { "entries" };
                output::line(&format!("cleared {} {which}{entries} from disk", cleared.disk))?;
            }
            Ok(Exit::Done)
        }
    }
}

fn stats(report: &Report, as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        output::json(&report.json())?;
        return Ok(Exit::Done);
    }
    let counts = &report.lifetime;
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |r| format!("{:.1} %", r * 100.0));
    let entries = |n: u64, size: u64| format!("{n} entries, {}", bytes(size));
    let refused: Vec<String> = counts
        .refused
        .iter()
        .map(|(reason, n)| format!("{n} {reason}"))
        .collect();
    let lines = [
        ("directory", report.cache_dir.display().to_string()),
        ("on disk", entries(report.disk_items, report.disk_bytes)),
        ("lookups", counts.lookups.to_string()),
        (
            "memory hits",
            format!("{} ({} of lookups)", counts.memory_hits, rate(counts.memory_hit_rate())),
        ),
        (
            "disk hits",
            format!(
                "{} ({} of those that reached the disk)",
                counts.disk_hits,
                rate(counts.disk_hit_rate())
            ),
        ),
        ("overall", rate(counts.hit_rate())),
        ("misses", counts.misses.to_string()),
        ("past the cache", counts.bypasses.to_string()),
        ("stored", counts.stored.to_string()),
        (
            "not stored",
            if refused.is_empty() {
                "0".to_owned()
            } else {
                refused.join(", ")
            },
        ),
        (
            "gone",
            format!(
                "{} evicted, {} expired, {} damaged",
                counts.evicted, counts.expired, counts.corrupt
            ),
        ),
        (
            "saved",
            format!(
                "{}, ${:.4}, {}",
                count(usize::try_from(counts.calls_saved).unwrap_or(usize::MAX), "call"),
                counts.usd_saved,
                duration(counts.seconds_saved * 1000.0)
            ),
        ),
    ];
    for (label, value) in lines {
        output::line(&format!("{label:<15} {value}"))?;
    }
    Ok(Exit::Done)
}

fn list(cache: &crate::cache::Cache, as_json: bool) -> Result<Exit, Failure> {
    let entries = cache.list().map_err(|e| Failure::new(e.to_string()))?;
    let time = |millis: i64| Timestamp::from_millisecond(millis).ok();
    for (key, header) in entries {
        let expires = cache.expires(&header).and_then(time);
        let created = time(header.created);
        if as_json {
            output::json(&json!({
                "key": key.to_string(),
                "sample": header.sample,
                "created": created.map(|t| t.to_string()),
                "expires": expires.map(|t| t.to_string()),
                "requested_model": header.requested_model,
                "model": header.model,
                "label": header.label,
                "bytes": header.text_len,
                "latency_ms": header.latency_ms,
                "cost_usd": header.cost_usd,
            }))?;
            continue;
        }
        let shown =
            |t: Option<Timestamp>| t.map_or_else(|| "never".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M").to_string());
        let key = key.to_string();
        output::line(&format!(
            "{}  {}  {:>9}  {:<22} {}  (expires {})",
            &key[..12],
            shown(created),
            bytes(header.text_len),
            crate::text::clean_line(&header.requested_model),
            crate::text::clean_line(&header.label),
            shown(expires)
        ))?;
    }
    Ok(Exit::Done)
}
