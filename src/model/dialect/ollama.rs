//! Ollama's own chat: one JSON value a line.

use serde_json::{Map, Value as Json, json};

use super::{Counted, Said, messages, text};
use crate::model::answer::Finish;
use crate::model::request::Request;

pub(super) fn body(request: &Request) -> Json {
    let mut body = json!({
        "model": request.model.model(),
        "messages": messages(request),
        "stream": true,
    });
    let mut options = Map::new();
    for (name, value) in request.params.iter() {
        let name = if name == "max_tokens" { "num_predict" } else { name };
        options.insert(name.to_owned(), value.clone());
    }
    if !options.is_empty() {
        body["options"] = options.into();
    }
    body
}

pub(super) fn read(piece: &Json, said: &mut Vec<Said>) {
    said.extend(text(&piece["model"]).map(Said::Model));
    let message = &piece["message"];
    said.extend(text(&message["thinking"]).map(Said::Thinking));
    said.extend(text(&message["content"]).map(Said::Text));
    if piece["done"].as_bool() == Some(true) {
        if let Some(input) = piece["prompt_eval_count"].as_u64() {
            said.push(Said::Usage(Counted {
                input: Some(input),
                output: piece["eval_count"].as_u64(),
                ..Counted::default()
            }));
        }
        // `done` without a reason says that the line is the last, not that the model had said all.
        said.extend(piece["done_reason"].as_str().map(|reason| {
            Said::Finish(match reason {
                "stop" => Finish::Stop,
                "length" => Finish::Length,
                _ => Finish::Incomplete,
            })
        }));
        said.push(Said::Over);
    }
}
