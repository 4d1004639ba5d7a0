//! Anthropic's messages.

use serde_json::{Value as Json, json};

use super::{Counted, Said, apart, stops, text};
use crate::model::answer::Finish;
use crate::model::request::Request;

/// The longest answer, which the interface wants to be told; more than any analysis needs.
pub(super) const MAX_TOKENS: u64 = 8_192;

pub(super) fn body(request: &Request) -> Json {
    let (system, rest) = apart(request);
    let messages: Vec<Json> = rest
        .iter()
        .map(|m| json!({ "role": m.role.name(), "content": m.text }))
        .collect();
    let mut body = json!({
        "model": request.model.model(),
        "max_tokens": MAX_TOKENS,
        "messages": messages,
        "stream": true,
    });
    if !system.is_empty() {
        body["system"] = system.into();
    }
    for (name, value) in request.params.iter() {
        match name {
            "stop" => {
                body["stop_sequences"] = stops(value);
            }
            name => body[name] = value.clone(),
        }
    }
    body
}

pub(super) fn read(piece: &Json, said: &mut Vec<Said>) {
    match piece["type"].as_str().unwrap_or_default() {
        "message_start" => {
            let message = &piece["message"];
            said.extend(text(&message["model"]).map(Said::Model));
            said.extend(counted(&message["usage"]).map(Said::Usage));
        }
        "content_block_start" => block(&piece["content_block"], said),
        "content_block_delta" => block(&piece["delta"], said),
        "message_delta" => {
            said.extend(counted(&piece["usage"]).map(Said::Usage));
            said.extend(piece["delta"]["stop_reason"].as_str().map(|r| Said::Finish(finish(r))));
        }
        "message_stop" => said.push(Said::Over),
        // A whole answer.
        "message" => {
            said.extend(text(&piece["model"]).map(Said::Model));
            piece["content"]
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|b| block(b, said));
            said.extend(counted(&piece["usage"]).map(Said::Usage));
            said.extend(piece["stop_reason"].as_str().map(|r| Said::Finish(finish(r))));
        }
        _ => {}
    }
}

fn block(block: &Json, said: &mut Vec<Said>) {
    said.extend(text(&block["text"]).map(Said::Text));
    said.extend(text(&block["thinking"]).map(Said::Thinking));
}

fn counted(usage: &Json) -> Option<Counted> {
    let number = |name: &str| usage[name].as_u64();
    let output = number("output_tokens");
    let fresh = number("input_tokens");
    let read = number("cache_read_input_tokens");
    // Anthropic counts what it reads from its cache, and what it writes to it, beside the fresh tokens.
    let written = number("cache_creation_input_tokens");
    let input = fresh.map(|fresh| fresh + read.unwrap_or(0) + written.unwrap_or(0));
    (input.is_some() || output.is_some()).then_some(Counted {
        input,
        cached_input: read,
        output,
        reasoning: None,
    })
}

fn finish(reason: &str) -> Finish {
    match reason {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "refusal" => Finish::Refusal,
        "tool_use" => Finish::ToolCalls,
        _ => Finish::Incomplete,
    }
}
