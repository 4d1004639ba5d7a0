//! `wickdesk cache show`: what was asked, its samples, and an answer.

use serde_json::json;

use super::list::short;
use super::{Cache, Exit, Failure, failed, newest, output};
use crate::cache::{Header, Key};
use crate::desk::{Desk, Inspected};
use crate::text::{bytes, clean, clean_line, duration};

pub(super) fn run(desk: &Desk, key: &Key, sample: Option<u32>, as_json: bool) -> Result<Exit, Failure> {
    let cache = desk.cache().as_ref();
    let sample = newest(cache, key, sample)?;
    let inspected = desk.inspect(key, sample).map_err(failed)?;
    let Some(Inspected {
        entry,
        request,
        samples,
    }) = inspected
    else {
        return Err(Failure::new("that entry has just gone"));
    };
    if as_json {
        let request = request.map(|request| {
            json!({
                "model": request.model.to_string(),
                "base_url": request.base_url,
                "messages": request.messages,
                "params": request.params.iter().collect::<std::collections::BTreeMap<_, _>>(),
            })
        });
        let samples: Vec<_> = samples.iter().map(|header| sample_json(cache, header)).collect();
        output::json(&json!({
            "key": key.to_string(),
            "label": entry.header.label,
            "request": request,
            "samples": samples,
            "sample": sample,
            "answer": entry.text,
        }))?;
        return Ok(Exit::Done);
    }
    let header = &entry.header;
    output::line(&format!("key      {key}"))?;
    output::line(&format!("asked    {}", clean_line(&header.label)))?;
    let model = match header.model == header.requested_model {
        true => header.model.clone(),
        false => format!("{}, as {}", header.requested_model, header.model),
    };
    output::line(&format!("model    {}", clean_line(&model)))?;
    output::line("samples")?;
    for other in &samples {
        let mark = if other.sample == sample { '>' } else { ' ' };
        output::line(&format!("  {mark} {}", sample_line(cache, other)))?;
    }
    if let Some(request) = request {
        for (name, value) in request.params.iter() {
            output::line(&format!("{name:<8} {value}"))?;
        }
        for message in &request.messages {
            output::line(&format!(
                "\n── {} ──\n{}",
                message.role.name(),
                clean(&message.text).trim_end()
            ))?;
        }
    }
    output::line(&format!(
        "\n── answer, sample {sample} ──\n{}",
        clean(&entry.text).trim_end()
    ))?;
    Ok(Exit::Done)
}

fn sample_line(cache: &Cache, header: &Header) -> String {
    let cost = match header.cost_usd {
        Some(cost) => format!("${cost:.4}"),
        None if header.local => "free".to_owned(),
        None => "cost unknown".to_owned(),
    };
    format!(
        "{}  {}  {}  {}  {}  expires {}",
        header.sample,
        short(Some(header.created)),
        bytes(header.text_len),
        duration(header.latency_ms),
        cost,
        short(cache.expires(header))
    )
}

fn sample_json(cache: &Cache, header: &Header) -> serde_json::Value {
    let time = |millis: i64| jiff::Timestamp::from_millisecond(millis).ok().map(|t| t.to_string());
    json!({
        "sample": header.sample,
        "created": time(header.created),
        "expires": cache.expires(header).and_then(time),
        "model": header.model,
        "bytes": header.text_len,
        "latency_ms": header.latency_ms,
        "cost_usd": header.cost_usd,
    })
}
