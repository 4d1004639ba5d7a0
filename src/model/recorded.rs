//! A recorded model: answers from a file, with their timing. For tests and demonstrations, `-m recorded/FILE`.
//!
//! The file has one answer a line: `{"asked": "words of the prompt", "says": ["piece", …], "ms": 40, "finish": "stop"}`. The
//! first line whose `asked` stands in the prompt answers; a line without it answers every prompt. `ms` is the pause before each
//! piece. It is labelled as what it is, and its answers are kept like any model's.

use std::time::Duration;

use futures_util::stream;
use serde::Deserialize;

use super::answer::{Event, Finish, Usage};
use super::error::ModelError;
use super::request::Request;
use super::{EventStream, Model, price};

/// The provider's name.
pub const RECORDED: &str = "recorded";

/// A model that replays the answers of a file, which is its name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recorded;

/// A recorded answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(default)]
    asked: Option<String>,
    says: Vec<String>,
    #[serde(default)]
    ms: u64,
    #[serde(default = "stop")]
    finish: Option<Finish>,
}

fn stop() -> Option<Finish> {
    Some(Finish::Stop)
}

impl Model for Recorded {
    fn ask(&self, request: &Request) -> EventStream {
        match find(request) {
            Ok(answer) => Box::pin(stream::unfold(
                (events(request, answer), 0),
                |(events, at)| async move {
                    let (pause, event) = events.get(at)?.clone();
                    tokio::time::sleep(pause).await;
                    Some((Ok(event), (events, at + 1)))
                },
            )),
            Err(error) => Box::pin(stream::once(async { Err(error) })),
        }
    }
}

/// The answer to this request.
fn find(request: &Request) -> Result<Answer, ModelError> {
    let path = request.model.model();
    let fail = |reason: String| ModelError::Recording {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|e| fail(crate::text::io_reason(&e)))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (at, line) in lines {
        let answer: Answer = serde_json::from_str(line).map_err(|e| fail(format!("line {}: {e}", at + 1)))?;
        let fits = |words: &String| request.messages.iter().any(|m| m.text.contains(words.as_str()));
        if answer.asked.as_ref().is_none_or(fits) {
            return Ok(answer);
        }
    }
    Err(fail("no answer in it is to this prompt".to_owned()))
}

fn events(request: &Request, answer: Answer) -> Vec<(Duration, Event)> {
    let at_once = Duration::ZERO;
    let pause = Duration::from_millis(answer.ms);
    let tokens: usize = answer.says.iter().map(String::len).sum();
    let mut events = vec![(at_once, Event::Named(request.model.to_string()))];
    events.extend(answer.says.into_iter().map(|piece| (pause, Event::Text(piece))));
    let usage = Usage {
        input: price::estimate_tokens(request.text_len()),
        output: price::estimate_tokens(tokens),
        ..Usage::default()
    };
    events.push((at_once, Event::Usage(usage)));
    events.extend(answer.finish.map(|finish| (at_once, Event::Finish(finish))));
    events
}
