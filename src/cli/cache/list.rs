//! `wickdesk cache list`: a line an entry, newest first, as they are read.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Cache, Exit, Failure, failed, output};
use crate::cache::Listed;
use crate::desk::now_millis;
use crate::text::{bytes, clean_line};

pub(super) fn run(cache: &Cache, filter: Option<&str>, limit: Option<usize>, as_json: bool) -> Result<Exit, Failure> {
    let filter = filter.map(str::to_lowercase);
    let wanted = |listed: &Listed| {
        filter.as_ref().is_none_or(|filter| {
            let header = &listed.header;
            [&header.label, &header.requested_model, &header.model]
                .iter()
                .any(|text| text.to_lowercase().contains(filter))
        })
    };
    let now = now_millis();
    let mut shown = 0;
    for listed in cache.list() {
        let listed = listed.map_err(failed)?;
        if !wanted(&listed) {
            continue;
        }
        if limit.is_some_and(|limit| shown >= limit) {
            break;
        }
        shown += 1;
        if as_json {
            output::json(&entry_json(&listed))?;
        } else {
            output::line(&line(&listed, now))?;
        }
    }
    Ok(Exit::Done)
}

fn time(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}

/// A time of the cache's in a few characters.
pub(super) fn short(millis: Option<i64>) -> String {
    let shown = millis.and_then(time);
    shown.map_or_else(|| "never".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M").to_string())
}

/// An entry without its answer.
fn entry_json(listed: &Listed) -> Value {
    let header = &listed.header;
    json!({
        "key": listed.key.to_string(),
        "sample": header.sample,
        "created": time(header.created).map(|t| t.to_string()),
        "expires": listed.expires.and_then(time).map(|t| t.to_string()),
        "requested_model": header.requested_model,
        "model": header.model,
        "label": header.label,
        "bytes": header.text_len,
        "disk_bytes": listed.room,
        "latency_ms": header.latency_ms,
        "cost_usd": header.cost_usd,
        "hits": listed.hits,
        "pinned": listed.pinned,
    })
}

fn line(listed: &Listed, now: i64) -> String {
    let header = &listed.header;
    let key = listed.key.to_string();
    let until = match listed.expires {
        Some(expires) if expires <= now => "expired".to_owned(),
        other => format!("expires {}", short(other)),
    };
    let pin = if listed.pinned { ", pinned" } else { "" };
    let sample = if header.sample > 0 {
        format!(" #{}", header.sample)
    } else {
        String::new()
    };
    format!(
        "{}  {}  {:>9}  {:<22} {}{sample}  ({until}{pin})",
        &key[..12],
        short(Some(header.created)),
        bytes(listed.room),
        clean_line(&header.requested_model),
        clean_line(&header.label),
    )
}
