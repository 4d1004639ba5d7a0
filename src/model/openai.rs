//! The OpenAI-compatible chat, streamed: OpenAI itself and every server that speaks like it.
//!
//! An answer is complete only when its finish reason says so. Whether `[DONE]` follows does not matter; a stream that
//! ends without a reason ends without an [`Event::Finish`], and whoever reads it marks the answer partial.

use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;
use reqwest::{Response, StatusCode};
use serde_json::{Value as Json, json};
use sse_parse::SseParser;

use super::answer::{Event, Finish, Usage};
use super::error::ModelError;
use super::provider::Endpoint;
use super::request::Request;
use super::{EventStream, Model};
use crate::web::{self, Redirects};

/// How long to wait for the usage that follows a finish reason.
const AFTERMATH: Duration = Duration::from_secs(2);
/// No frame of a chat is longer; one that is, is dropped.
const LONGEST_FRAME: usize = 8 << 20;
/// No error, and no answer that is no stream, needs more.
const LONGEST_REFUSAL: usize = 65_536;
/// No server's words are told longer than this.
const DETAIL: usize = 240;

/// A model behind an OpenAI-compatible address.
#[derive(Debug, Clone)]
pub struct OpenAi {
    endpoint: Endpoint,
}

impl OpenAi {
    /// The models at `endpoint`.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    fn body(request: &Request) -> Json {
        let messages: Vec<Json> = request
            .messages
            .iter()
            .map(|m| json!({ "role": m.role.name(), "content": m.text }))
            .collect();
        let mut body = json!({
            "model": request.model.model(),
            "messages": messages,
            "stream": true,
            "stream_options": { "include_usage": true },
        });
        let own = request.model.provider() == "openai";
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
}

impl Model for OpenAi {
    fn ask(&self, request: &Request) -> EventStream {
        let endpoint = self.endpoint.clone();
        let model = request.model.model().to_owned();
        let body = Self::body(request);
        let answer = async move {
            match send(&endpoint, &model, &body).await {
                Ok(response) => read(endpoint, response).await,
                Err(error) => one(Err(error)),
            }
        };
        Box::pin(stream::once(answer).flatten())
    }
}

fn one(item: Result<Event, ModelError>) -> EventStream {
    Box::pin(stream::once(async { item }))
}

async fn send(endpoint: &Endpoint, model: &str, body: &Json) -> Result<Response, ModelError> {
    let url = format!("{}/chat/completions", endpoint.base_url);
    let client = web::client(endpoint.is_loopback(), Redirects::Refuse).map_err(|reason| ModelError::Connect {
        url: url.clone(),
        reason,
    })?;
    let mut call = client.post(&url).json(body).header("accept", "text/event-stream");
    if let Some(key) = &endpoint.key {
        call = call.bearer_auth(key.expose());
    }
    let response = call.send().await.map_err(|error| transport(endpoint, &error))?;
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(refused(endpoint, model, response).await)
    }
}

fn transport(endpoint: &Endpoint, error: &reqwest::Error) -> ModelError {
    if error.is_timeout() && !error.is_connect() {
        return ModelError::TimedOut {
            provider: endpoint.provider.clone(),
            seconds: web::SILENCE.as_secs(),
        };
    }
    ModelError::Connect {
        url: endpoint.base_url.clone(),
        reason: scrubbed(endpoint, &web::innermost(error)),
    }
}

fn scrubbed(endpoint: &Endpoint, text: &str) -> String {
    let line = crate::text::clean_line(text);
    let line = endpoint
        .key
        .as_ref()
        .map_or_else(|| line.clone(), |key| key.scrub(&line));
    line.chars().take(DETAIL).collect()
}

async fn refused(endpoint: &Endpoint, model: &str, response: Response) -> ModelError {
    let status = response.status();
    let after = web::retry_after(response.headers(), Timestamp::now());
    let text = web::read_capped(response, LONGEST_REFUSAL).await;
    let detail = scrubbed(endpoint, &message_of(&text).unwrap_or_else(|| fallback(&text)));
    let provider = endpoint.provider.clone();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ModelError::WrongKey {
            provider,
            status: status.as_u16(),
            variable: endpoint.key_source.to_string(),
        },
        StatusCode::NOT_FOUND => ModelError::NoSuchModel {
            provider,
            model: model.to_owned(),
            detail,
        },
        StatusCode::TOO_MANY_REQUESTS => ModelError::RateLimited {
            provider,
            after,
            detail,
        },
        s if s.is_client_error() => ModelError::BadRequest {
            provider,
            status: s.as_u16(),
            detail,
        },
        s if s.is_redirection() => ModelError::NotAModel {
            url: endpoint.base_url.clone(),
            what: format!("a redirect ({})", s.as_u16()),
        },
        s => ModelError::Server {
            provider,
            status: s.as_u16(),
            detail,
        },
    }
}

/// The message of an error object, in the shapes servers use.
fn message_of(text: &str) -> Option<String> {
    let json: Json = serde_json::from_str(text).ok()?;
    error_message(&json)
}

fn error_message(json: &Json) -> Option<String> {
    let error = json.get("error")?;
    let message = error.get("message").or(Some(error))?;
    Some(message.as_str().map_or_else(|| message.to_string(), str::to_owned))
}

fn fallback(text: &str) -> String {
    if text.trim().is_empty() {
        "no reason given".to_owned()
    } else if looks_like_html(text) {
        "it sent a web page".to_owned()
    } else {
        text.to_owned()
    }
}

fn looks_like_html(text: &str) -> bool {
    let start = text.trim_start().get(..9).unwrap_or_default().to_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html")
}

async fn read(endpoint: Endpoint, response: Response) -> EventStream {
    let kind = response
        .headers()
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_lowercase();
    if kind.contains("json") || kind.contains("html") {
        let text = web::read_capped(response, LONGEST_REFUSAL).await;
        return Box::pin(stream::iter(whole(&endpoint, &text)));
    }
    let state = Reading {
        endpoint,
        bytes: Box::pin(response.bytes_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec()))),
        parser: SseParser::new().max_buffer(LONGEST_FRAME),
        pending: std::collections::VecDeque::new(),
        named: false,
        said: false,
        finish: None,
        over: false,
    };
    Box::pin(stream::unfold(state, |mut state| async move {
        let item = state.next().await?;
        Some((item, state))
    }))
}

/// An answer that came in one piece of JSON, though a stream was asked for.
fn whole(endpoint: &Endpoint, text: &str) -> Vec<Result<Event, ModelError>> {
    let not_a_model = |what: &str| ModelError::NotAModel {
        url: endpoint.base_url.clone(),
        what: what.to_owned(),
    };
    if looks_like_html(text) {
        return vec![Err(not_a_model("a web page"))];
    }
    let Ok(json) = serde_json::from_str::<Json>(text) else {
        return vec![Err(not_a_model("something that is no JSON"))];
    };
    if let Some(message) = error_message(&json) {
        return vec![Err(server(endpoint, &message))];
    }
    let choice = &json["choices"][0];
    let Some(content) = choice["message"]["content"].as_str().filter(|c| !c.is_empty()) else {
        return vec![Err(not_a_model("JSON without an answer in it"))];
    };
    let mut events = Vec::new();
    events.extend(
        json["model"]
            .as_str()
            .map(|m| Ok(Event::Named(crate::text::clean_line(m)))),
    );
    events.push(Ok(Event::Text(content.to_owned())));
    events.extend(usage(&json["usage"]).map(|u| Ok(Event::Usage(u))));
    events.extend(choice["finish_reason"].as_str().map(|r| Ok(Event::Finish(finish(r)))));
    events
}

fn server(endpoint: &Endpoint, message: &str) -> ModelError {
    ModelError::Server {
        provider: endpoint.provider.clone(),
        status: 200,
        detail: scrubbed(endpoint, message),
    }
}

type Bytes = std::pin::Pin<Box<dyn Stream<Item = reqwest::Result<Vec<u8>>> + Send>>;

/// A stream being read: frames in, events out.
struct Reading {
    endpoint: Endpoint,
    bytes: Bytes,
    parser: SseParser,
    pending: std::collections::VecDeque<Result<Event, ModelError>>,
    named: bool,
    said: bool,
    /// The reason, held back until the usage behind it has come or will not.
    finish: Option<Finish>,
    over: bool,
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Event, ModelError>> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            if let Some(frame) = self.parser.next_event() {
                self.frame(&frame.data);
                continue;
            }
            let chunk = if self.finish.is_some() {
                tokio::time::timeout(AFTERMATH, self.bytes.next()).await.unwrap_or(None)
            } else {
                self.bytes.next().await
            };
            match chunk {
                Some(Ok(bytes)) => self.parser.feed(&bytes),
                // A connection that breaks behind the finish reason takes nothing away.
                Some(Err(_)) if self.finish.is_some() => self.end(),
                Some(Err(error)) => self.broken(&error),
                None => self.end(),
            }
        }
    }

    fn end(&mut self) {
        self.over = true;
        match self.finish.take() {
            None | Some(Finish::Stop) if !self.said => {
                let provider = self.endpoint.provider.clone();
                self.pending.push_back(Err(ModelError::Empty { provider }));
            }
            Some(finish) => self.pending.push_back(Ok(Event::Finish(finish))),
            None => {}
        }
    }

    fn broken(&mut self, error: &reqwest::Error) {
        self.over = true;
        let error = if self.said {
            self.midway(&web::innermost(error))
        } else {
            transport(&self.endpoint, error)
        };
        self.pending.push_back(Err(error));
    }

    fn midway(&self, detail: &str) -> ModelError {
        ModelError::Midway {
            provider: self.endpoint.provider.clone(),
            detail: scrubbed(&self.endpoint, detail),
        }
    }

    fn frame(&mut self, data: &str) {
        if data.trim() == "[DONE]" {
            return self.end();
        }
        // A frame that is no JSON is a comment of some proxy; what matters is whether a finish reason comes.
        let Ok(chunk) = serde_json::from_str::<Json>(data) else {
            return;
        };
        if let Some(message) = error_message(&chunk) {
            self.over = true;
            let error = if self.said {
                self.midway(&message)
            } else {
                server(&self.endpoint, &message)
            };
            return self.pending.push_back(Err(error));
        }
        if let (false, Some(model)) = (self.named, chunk["model"].as_str()) {
            self.named = true;
            self.pending.push_back(Ok(Event::Named(crate::text::clean_line(model))));
        }
        let choice = &chunk["choices"][0];
        let delta = &choice["delta"];
        let text = |key: &str| delta[key].as_str().filter(|t| !t.is_empty()).map(str::to_owned);
        if let Some(thought) = text("reasoning_content").or_else(|| text("reasoning")) {
            self.pending.push_back(Ok(Event::Thinking(thought)));
        }
        let refusal = text("refusal");
        let refused = refusal.is_some();
        if let Some(words) = text("content").or(refusal) {
            self.said = true;
            self.pending.push_back(Ok(Event::Text(words)));
        }
        if let Some(usage) = usage(&chunk["usage"]) {
            self.pending.push_back(Ok(Event::Usage(usage)));
        }
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.finish = Some(if refused { Finish::Refusal } else { finish(reason) });
        }
    }
}

fn finish(reason: &str) -> Finish {
    match reason {
        "stop" | "eos" | "end_turn" => Finish::Stop,
        "length" | "max_tokens" => Finish::Length,
        "content_filter" => Finish::ContentFilter,
        "refusal" => Finish::Refusal,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        _ => Finish::Incomplete,
    }
}

fn usage(json: &Json) -> Option<Usage> {
    let tokens = |value: &Json| value.as_u64();
    Some(Usage {
        input: tokens(&json["prompt_tokens"])?,
        cached_input: tokens(&json["prompt_tokens_details"]["cached_tokens"]).unwrap_or(0),
        output: tokens(&json["completion_tokens"]).unwrap_or(0),
        reasoning: tokens(&json["completion_tokens_details"]["reasoning_tokens"]).unwrap_or(0),
    })
}
