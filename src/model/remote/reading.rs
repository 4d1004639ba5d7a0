//! An answer being read: bytes in, events out, whatever pieces they come in, for as long as each may take.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use reqwest::Response;
use serde_json::Value as Json;
use sse_parse::SseParser;
use tokio::time::Instant;

use super::refused::{looks_like_html, told};
use crate::model::answer::{Event, Finish};
use crate::model::dialect::{Counted, Said, error_words};
use crate::model::error::{ModelError, Waited};
use crate::model::provider::Endpoint;
use crate::web;

/// How long to wait for the usage that follows a finish reason.
const AFTERMATH: Duration = Duration::from_secs(2);
/// No piece of an answer is longer; one that is, is dropped.
const LONGEST: usize = 8 << 20;

type Bytes = Pin<Box<dyn Stream<Item = reqwest::Result<Vec<u8>>> + Send>>;

/// How pieces are told apart.
enum Framing {
    /// Not known before the first byte: a stream was asked for, something else may come.
    Unknown,
    /// Server-sent events.
    Events(Box<SseParser>),
    /// One JSON value a line.
    Lines(Vec<u8>),
    /// The whole answer is one document.
    Whole(Vec<u8>),
}

/// A response being read.
pub(super) struct Reading {
    endpoint: Endpoint,
    bytes: Bytes,
    framing: Framing,
    coming: VecDeque<Result<Event, ModelError>>,
    begun: Instant,
    /// When the last words or thoughts came.
    last: Option<Instant>,
    named: bool,
    said: bool,
    declined: bool,
    counted: Counted,
    /// The reason, held back until the usage behind it has come or will not.
    finish: Option<Finish>,
    over: bool,
}

impl Reading {
    /// Reads `response` to the call that began then.
    pub fn of(endpoint: Endpoint, response: Response, begun: Instant) -> Self {
        let kind = response
            .headers()
            .get("content-type")
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_lowercase();
        let framing = if endpoint.dialect.is_lines() && !kind.contains("html") {
            Framing::Lines(Vec::new())
        } else if kind.contains("event-stream") {
            Framing::Events(Box::new(SseParser::new().max_buffer(LONGEST)))
        } else if kind.contains("json") || kind.contains("html") {
            Framing::Whole(Vec::new())
        } else {
            Framing::Unknown
        };
        Self {
            endpoint,
            bytes: Box::pin(response.bytes_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec()))),
            framing,
            coming: VecDeque::new(),
            begun,
            last: None,
            named: false,
            said: false,
            declined: false,
            counted: Counted::default(),
            finish: None,
            over: false,
        }
    }

    /// Whether any words of the answer have come.
    pub fn has_begun(&self) -> bool {
        self.said
    }

    pub async fn next(&mut self) -> Option<Result<Event, ModelError>> {
        loop {
            if let Some(event) = self.coming.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            if self.piece() {
                continue;
            }
            let (deadline, waited, after) = self.deadline();
            match tokio::time::timeout_at(deadline, self.bytes.next()).await {
                // A connection that breaks or hangs behind the finish reason takes nothing away.
                Err(_) | Ok(Some(Err(_))) if self.finish.is_some() => self.end(),
                Err(_) => self.fail(self.endpoint.timed_out(waited, after)),
                Ok(Some(Ok(bytes))) => self.feed(&bytes),
                Ok(Some(Err(error))) => {
                    let error = if error.is_timeout() || !self.said {
                        self.endpoint.transport(&error)
                    } else {
                        self.midway(&web::innermost(&error))
                    };
                    self.fail(error);
                }
                Ok(None) => self.close(),
            }
        }
    }

    /// Until when the next bytes may take, which of the timeouts that is, and its length.
    fn deadline(&self) -> (Instant, Waited, Duration) {
        let limits = self.endpoint.timeouts;
        let own = match self.last {
            _ if self.finish.is_some() => (Instant::now() + AFTERMATH, Waited::Idle, AFTERMATH),
            None => (self.begun + limits.first, Waited::First, limits.first),
            Some(last) => (last + limits.idle, Waited::Idle, limits.idle),
        };
        let total = (self.begun + limits.total, Waited::Total, limits.total);
        if total.0 < own.0 { total } else { own }
    }

    fn feed(&mut self, bytes: &[u8]) {
        if matches!(self.framing, Framing::Unknown) {
            // A stream of events never begins like a document.
            let first = bytes
                .iter()
                .find(|b| !b.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(b));
            self.framing = match first {
                Some(b'{' | b'[' | b'<') => Framing::Whole(Vec::new()),
                _ => Framing::Events(Box::new(SseParser::new().max_buffer(LONGEST))),
            };
        }
        match &mut self.framing {
            Framing::Events(parser) => parser.feed(bytes),
            Framing::Lines(buffer) | Framing::Whole(buffer) => {
                if buffer.len() + bytes.len() > LONGEST {
                    let what = format!("more than {} MiB without an end", LONGEST >> 20);
                    return self.fail(self.not_a_model(&what));
                }
                buffer.extend_from_slice(bytes);
            }
            Framing::Unknown => {}
        }
    }

    /// Reads a piece that has come whole; `false` if none has.
    fn piece(&mut self) -> bool {
        match &mut self.framing {
            Framing::Events(parser) => match parser.next_event() {
                Some(frame) => {
                    self.frame(&frame.data);
                    true
                }
                None => false,
            },
            Framing::Lines(buffer) => match buffer.iter().position(|b| *b == b'\n') {
                Some(end) => {
                    let line: Vec<u8> = buffer.drain(..=end).collect();
                    self.frame(&String::from_utf8_lossy(&line));
                    true
                }
                None => false,
            },
            Framing::Whole(_) | Framing::Unknown => false,
        }
    }

    /// The body has ended.
    fn close(&mut self) {
        match std::mem::replace(&mut self.framing, Framing::Unknown) {
            Framing::Lines(rest) if !rest.is_empty() => self.frame(&String::from_utf8_lossy(&rest)),
            Framing::Whole(document) => self.whole(&String::from_utf8_lossy(&document)),
            _ => {}
        }
        if !self.over {
            self.end();
        }
    }

    /// A document where a stream was asked for.
    fn whole(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        if looks_like_html(text) {
            return self.fail(self.not_a_model("a web page"));
        }
        let Ok(json) = serde_json::from_str::<Json>(text.trim_start_matches('\u{feff}')) else {
            return self.fail(self.not_a_model("something that is no JSON"));
        };
        match &json {
            // Gemini's pieces in a list.
            Json::Array(pieces) if error_words(&json).is_none() => pieces.iter().for_each(|piece| self.take(piece)),
            piece => self.take(piece),
        }
        if !self.said && !self.over && self.finish.is_none_or(Finish::is_complete) {
            self.fail(self.not_a_model("JSON without an answer in it"));
        }
    }

    fn frame(&mut self, data: &str) {
        let data = data.trim();
        if data == "[DONE]" {
            return self.end();
        }
        // A piece that is no JSON is a comment of some proxy; what matters is whether a finish reason comes.
        match serde_json::from_str::<Json>(data) {
            Ok(json) => self.take(&json),
            Err(_) if looks_like_html(data) && !self.said => self.fail(self.not_a_model("a web page")),
            Err(_) => {}
        }
    }

    fn take(&mut self, piece: &Json) {
        if let Some(words) = error_words(piece) {
            return self.failed_in(&words);
        }
        for said in self.endpoint.dialect.read(piece) {
            match said {
                Said::Model(name) if !self.named => {
                    self.named = true;
                    self.coming.push_back(Ok(Event::Named(crate::text::clean_line(&name))));
                }
                Said::Model(_) => {}
                Said::Text(text) => self.words(text),
                Said::Refusal(text) => {
                    self.declined = true;
                    self.words(text);
                }
                Said::Thinking(text) => {
                    self.last = Some(Instant::now());
                    self.coming.push_back(Ok(Event::Thinking(text)));
                }
                Said::Usage(counted) => {
                    self.counted = self.counted.with(counted);
                    self.coming.extend(self.counted.usage().map(|u| Ok(Event::Usage(u))));
                }
                Said::Finish(Finish::Stop) if self.declined => self.finish = Some(Finish::Refusal),
                Said::Finish(finish) => self.finish = Some(finish),
                Said::Error(words) => return self.failed_in(&words),
                Said::Over => return self.end(),
            }
        }
    }

    fn words(&mut self, text: String) {
        self.last = Some(Instant::now());
        self.said = true;
        self.coming.push_back(Ok(Event::Text(text)));
    }

    fn failed_in(&mut self, words: &str) {
        let error = if self.said {
            self.midway(words)
        } else {
            told(&self.endpoint, words)
        };
        self.fail(error);
    }

    fn end(&mut self) {
        self.over = true;
        let provider = self.endpoint.provider.clone();
        match self.finish.take() {
            None | Some(Finish::Stop) if !self.said => self.coming.push_back(Err(ModelError::Empty { provider })),
            Some(Finish::ContentFilter) if !self.said => self.coming.push_back(Err(ModelError::Filtered {
                provider,
                detail: "nothing of the answer came through".to_owned(),
            })),
            Some(finish) => self.coming.push_back(Ok(Event::Finish(finish))),
            None => {}
        }
    }

    fn fail(&mut self, error: ModelError) {
        self.over = true;
        self.coming.push_back(Err(error));
    }

    fn not_a_model(&self, what: &str) -> ModelError {
        ModelError::NotAModel {
            url: self.endpoint.base_url.clone(),
            what: what.to_owned(),
        }
    }

    fn midway(&self, detail: &str) -> ModelError {
        ModelError::Midway {
            provider: self.endpoint.provider.clone(),
            detail: self.endpoint.scrub(detail),
        }
    }
}
