//! `wickdesk cache stats`: counts, hit rates, and what they saved.

use serde_json::Value as Json;

use super::{Exit, Failure, output};
use crate::cache::Report;
use crate::desk::{Desk, Sharing};
use crate::text::{bytes, count, duration};

pub(super) fn run(desk: &Desk, as_json: bool) -> Result<Exit, Failure> {
    let report = desk.cache().report();
    let sharing = match desk.settings().shared {
        Some(_) => output::runtime()?.block_on(desk.greet_shared()),
        None => None,
    };
    if as_json {
        let mut json = report.json();
        if let Some(object) = json.as_object_mut() {
            object.insert(
                "shared".to_owned(),
                sharing.map_or(Json::Null, |sharing| sharing.json()),
            );
        }
        output::json(&json)?;
        return Ok(Exit::Done);
    }
    for (label, value) in lines(&report, sharing.as_ref()) {
        output::line(&format!("{label:<15} {value}"))?;
    }
    Ok(Exit::Done)
}

fn lines(report: &Report, sharing: Option<&Sharing>) -> Vec<(&'static str, String)> {
    let counts = &report.lifetime;
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |r| format!("{:.1} %", r * 100.0));
    let entries = |n: u64, size: u64| format!("{n} entries, {}", bytes(size));
    let refused: Vec<String> = counts
        .refused
        .iter()
        .map(|(reason, n)| format!("{n} {reason}"))
        .collect();
    let mut lines = vec![
        ("directory", report.cache_dir.display().to_string()),
        (
            "on disk",
            format!(
                "{} of {}; the file has {}",
                entries(report.disk_items, report.disk_bytes),
                bytes(report.disk_limit),
                bytes(report.file_bytes)
            ),
        ),
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
        (
            "misses",
            format!("{} ({} of them joined a call on its way)", counts.misses, counts.joined),
        ),
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
    // Told where there is one, or was.
    if sharing.is_some() || counts.shared_hits + counts.shared_misses > 0 {
        let hits = format!(
            "{} ({} of those that reached the shared cache)",
            counts.shared_hits,
            rate(counts.shared_hit_rate())
        );
        let at = lines
            .iter()
            .position(|(label, _)| *label == "disk hits")
            .map_or(0, |i| i + 1);
        lines.insert(at, ("shared hits", hits));
    }
    if let Some(sharing) = sharing {
        lines.insert(2, ("shared", format!("{}, {}", sharing.server, sharing.words())));
    }
    lines
}
