//! Gemini's generateContent.

use serde_json::{Map, Value as Json, json};

use super::{Counted, Said, apart, stops, text};
use crate::message::Role;
use crate::model::answer::Finish;
use crate::model::request::Request;

pub(super) fn body(request: &Request) -> Json {
    let (system, rest) = apart(request);
    let contents: Vec<Json> = rest
        .iter()
        .map(|m| {
            let role = if m.role == Role::Assistant { "model" } else { "user" };
            json!({ "role": role, "parts": [{ "text": m.text }] })
        })
        .collect();
    let mut body = json!({ "contents": contents });
    if !system.is_empty() {
        body["systemInstruction"] = json!({ "parts": [{ "text": system }] });
    }
    let mut config = Map::new();
    for (name, value) in request.params.iter() {
        let name = match name {
            "max_tokens" => "maxOutputTokens",
            "top_p" => "topP",
            "top_k" => "topK",
            "presence_penalty" => "presencePenalty",
            "frequency_penalty" => "frequencyPenalty",
            "stop" => {
                config.insert("stopSequences".to_owned(), stops(value));
                continue;
            }
            name => name,
        };
        config.insert(name.to_owned(), value.clone());
    }
    if !config.is_empty() {
        body["generationConfig"] = config.into();
    }
    body
}

pub(super) fn read(piece: &Json, said: &mut Vec<Said>) {
    said.extend(text(&piece["modelVersion"]).map(Said::Model));
    let candidate = &piece["candidates"][0];
    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
        let thinks = part["thought"].as_bool().unwrap_or(false);
        said.extend(text(&part["text"]).map(|t| if thinks { Said::Thinking(t) } else { Said::Text(t) }));
    }
    said.extend(counted(&piece["usageMetadata"]).map(Said::Usage));
    if let Some(reason) = candidate["finishReason"].as_str() {
        said.push(Said::Finish(finish(reason)));
    } else if let Some(reason) = piece["promptFeedback"]["blockReason"].as_str() {
        said.push(Said::Error(format!("its filter refuses the prompt ({reason})")));
    }
}

fn counted(usage: &Json) -> Option<Counted> {
    let number = |name: &str| usage[name].as_u64();
    let thoughts = number("thoughtsTokenCount");
    Some(Counted {
        input: Some(number("promptTokenCount")?),
        cached_input: number("cachedContentTokenCount"),
        // Gemini counts thoughts beside the answer.
        output: number("candidatesTokenCount").or(thoughts).map(|n| {
            if number("candidatesTokenCount").is_some() {
                n + thoughts.unwrap_or(0)
            } else {
                n
            }
        }),
        reasoning: thoughts,
    })
}

fn finish(reason: &str) -> Finish {
    match reason {
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY" | "LANGUAGE" => {
            Finish::ContentFilter
        }
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => Finish::ToolCalls,
        _ => Finish::Incomplete,
    }
}
