//! `wickdesk cache stats`: counts, hit rates, and what they saved.

use super::{Exit, Failure, output};
use crate::cache::Report;
use crate::text::{bytes, count, duration};

pub(super) fn run(report: &Report, as_json: bool) -> Result<Exit, Failure> {
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
    for (label, value) in lines {
        output::line(&format!("{label:<15} {value}"))?;
    }
    Ok(Exit::Done)
}
