//! OpenAI's chat completions: OpenAI itself, Azure, and every server that speaks like them.

use serde_json::{Value as Json, json};

use super::{Counted, Said, messages, text};
use crate::model::answer::Finish;
use crate::model::request::Request;

/// The version of Azure's interface, where none is set.
pub(super) const AZURE_VERSION: &str = "2024-10-21";

pub(super) fn body(request: &Request) -> Json {
    let mut body = json!({
        "model": request.model.model(),
        "messages": messages(request),
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    let own = matches!(request.model.provider(), "openai" | "azure");
    for (name, value) in request.params.iter() {
        // OpenAI has renamed the limit; the servers that speak like it have not.
        let name = if own && name == "max_tokens" {
            "max_completion_tokens"
        } else {
            name
        };
        body[name] = value.clone();
    }
    body
}

pub(super) fn read(piece: &Json, said: &mut Vec<Said>) {
    said.extend(text(&piece["model"]).map(Said::Model));
    let choice = &piece["choices"][0];
    // A whole answer has a message where a stream has a delta.
    let delta = if choice["delta"].is_object() {
        &choice["delta"]
    } else {
        &choice["message"]
    };
    let thought = text(&delta["reasoning_content"]).or_else(|| text(&delta["reasoning"]));
    said.extend(thought.map(Said::Thinking));
    match &delta["content"] {
        // Mistral's and Azure's parts.
        Json::Array(parts) => said.extend(parts.iter().filter_map(|part| text(&part["text"])).map(Said::Text)),
        content => said.extend(text(content).map(Said::Text)),
    }
    said.extend(text(&delta["refusal"]).map(Said::Refusal));
    let usage = [&piece["usage"], &piece["x_groq"]["usage"], &choice["usage"]];
    said.extend(usage.iter().find_map(|u| counted(u)).map(Said::Usage));
    said.extend(
        choice["finish_reason"]
            .as_str()
            .map(|reason| Said::Finish(finish(reason))),
    );
}

fn counted(usage: &Json) -> Option<Counted> {
    let input = usage["prompt_tokens"].as_u64()?;
    let details = &usage["prompt_tokens_details"];
    // DeepSeek counts hits beside, not within.
    let cached = details["cached_tokens"]
        .as_u64()
        .or(usage["prompt_cache_hit_tokens"].as_u64());
    Some(Counted {
        input: Some(input),
        cached_input: cached,
        output: usage["completion_tokens"].as_u64(),
        reasoning: usage["completion_tokens_details"]["reasoning_tokens"].as_u64(),
    })
}

fn finish(reason: &str) -> Finish {
    match reason {
        "stop" | "eos" | "end_turn" | "stop_sequence" => Finish::Stop,
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "content_filter" => Finish::ContentFilter,
        "refusal" => Finish::Refusal,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        "error" => Finish::Error,
        _ => Finish::Incomplete,
    }
}
