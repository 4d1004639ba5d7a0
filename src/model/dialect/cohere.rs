//! Cohere's chat, version 2.

use serde_json::{Value as Json, json};

use super::{Counted, Said, messages, stops, text};
use crate::model::answer::Finish;
use crate::model::request::Request;

pub(super) fn body(request: &Request) -> Json {
    let mut body = json!({
        "model": request.model.model(),
        "messages": messages(request),
        "stream": true,
    });
    for (name, value) in request.params.iter() {
        match name {
            "top_p" => body["p"] = value.clone(),
            "top_k" => body["k"] = value.clone(),
            "stop" => {
                body["stop_sequences"] = stops(value);
            }
            name => body[name] = value.clone(),
        }
    }
    body
}

pub(super) fn read(piece: &Json, said: &mut Vec<Said>) {
    match piece["type"].as_str() {
        Some("content-start" | "content-delta") => content(&piece["delta"]["message"]["content"], said),
        Some("message-end") => {
            let delta = &piece["delta"];
            said.extend(counted(&delta["usage"]).map(Said::Usage));
            if let Some(words) = text(&delta["error"]) {
                said.push(Said::Error(words));
            }
            said.extend(delta["finish_reason"].as_str().map(|r| Said::Finish(finish(r))));
        }
        Some(_) => {}
        // A whole answer.
        None => {
            for part in piece["message"]["content"].as_array().into_iter().flatten() {
                content(part, said);
            }
            said.extend(counted(&piece["usage"]).map(Said::Usage));
            said.extend(piece["finish_reason"].as_str().map(|r| Said::Finish(finish(r))));
        }
    }
}

fn content(content: &Json, said: &mut Vec<Said>) {
    said.extend(text(&content["thinking"]).map(Said::Thinking));
    said.extend(text(&content["text"]).map(Said::Text));
}

fn counted(usage: &Json) -> Option<Counted> {
    let counts = [&usage["tokens"], &usage["billed_units"]];
    let counts = counts.into_iter().find(|c| c["input_tokens"].is_number())?;
    // Some counts are written as 12.0.
    let number = |name: &str| counts[name].as_f64().map(|n| n as u64);
    Some(Counted {
        input: number("input_tokens"),
        cached_input: usage["cached_tokens"].as_f64().map(|n| n as u64),
        output: number("output_tokens"),
        reasoning: None,
    })
}

fn finish(reason: &str) -> Finish {
    match reason {
        "COMPLETE" | "STOP_SEQUENCE" => Finish::Stop,
        "MAX_TOKENS" | "ERROR_LIMIT" => Finish::Length,
        "ERROR_TOXIC" => Finish::ContentFilter,
        "TOOL_CALL" => Finish::ToolCalls,
        "ERROR" | "TIMEOUT" => Finish::Error,
        _ => Finish::Incomplete,
    }
}
