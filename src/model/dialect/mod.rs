//! How providers speak: what is sent where, and what each piece of an answer says. Pure: no call is made here.
//!
//! One file a dialect. Each knows its address, its headers, its body, and reads its pieces, whole or streamed, into what they
//! [say](Said). Framing, waiting and retrying are the same for all: [`super::remote`].

mod anthropic;
mod cohere;
mod gemini;
mod ollama;
mod openai;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::answer::{Finish, Usage};
use super::provider::Endpoint;
use super::request::Request;
use crate::secret::Secret;

/// A provider's way of speaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// OpenAI's chat, and every server that speaks like it.
    OpenAi,
    /// OpenAI's chat at Azure, where the model is a deployment in the address.
    Azure,
    /// Anthropic's messages.
    Anthropic,
    /// Gemini's generateContent.
    Gemini,
    /// Cohere's chat, version 2.
    Cohere,
    /// Ollama's own chat.
    Ollama,
}

/// What a piece of an answer says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    /// The model's name, as the server has it.
    Model(String),
    /// More text.
    Text(String),
    /// More of what it thinks to itself.
    Thinking(String),
    /// More of why it declines.
    Refusal(String),
    /// Tokens, as far as they are counted: what is not said stays.
    Usage(Counted),
    /// Why it ended.
    Finish(Finish),
    /// The stream says that it is over.
    Over,
    /// It failed, in these words.
    Error(String),
}

/// Tokens as a piece counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub input: Option<u64>,
    pub cached_input: Option<u64>,
    pub output: Option<u64>,
    pub reasoning: Option<u64>,
}

impl Counted {
    /// Adds what `later` says.
    pub fn with(self, later: Self) -> Self {
        Self {
            input: later.input.or(self.input),
            cached_input: later.cached_input.or(self.cached_input),
            output: later.output.or(self.output),
            reasoning: later.reasoning.or(self.reasoning),
        }
    }

    /// The usage, once the prompt has been counted.
    pub fn usage(self) -> Option<Usage> {
        Some(Usage {
            input: self.input?,
            cached_input: self.cached_input.unwrap_or(0),
            output: self.output.unwrap_or(0),
            reasoning: self.reasoning.unwrap_or(0),
        })
    }
}

impl Dialect {
    /// Where `model` is asked at `endpoint`.
    pub(super) fn url(self, endpoint: &Endpoint, model: &str) -> String {
        let base = &endpoint.base_url;
        match self {
            Dialect::OpenAi => format!("{base}/chat/completions"),
            Dialect::Azure => {
                let version = endpoint.api_version.as_deref().unwrap_or(openai::AZURE_VERSION);
                format!("{base}/openai/deployments/{model}/chat/completions?api-version={version}")
            }
            Dialect::Anthropic => format!("{base}/messages"),
            Dialect::Gemini => format!("{base}/models/{model}:streamGenerateContent?alt=sse"),
            Dialect::Cohere => format!("{base}/chat"),
            Dialect::Ollama => format!("{}/api/chat", base.trim_end_matches("/v1").trim_end_matches("/api")),
        }
    }

    /// The header that carries the key.
    pub(super) fn key_header(self, key: &Secret) -> (&'static str, String) {
        match self {
            Dialect::OpenAi | Dialect::Cohere | Dialect::Ollama => {
                ("authorization", format!("Bearer {}", key.expose()))
            }
            Dialect::Azure => ("api-key", key.expose().to_owned()),
            Dialect::Anthropic => ("x-api-key", key.expose().to_owned()),
            Dialect::Gemini => ("x-goog-api-key", key.expose().to_owned()),
        }
    }

    /// Headers sent with every call.
    pub(super) fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Dialect::Anthropic => &[("anthropic-version", "2023-06-01")],
            _ => &[],
        }
    }

    /// What is sent.
    pub(super) fn body(self, request: &Request) -> Json {
        match self {
            Dialect::OpenAi | Dialect::Azure => openai::body(request),
            Dialect::Anthropic => anthropic::body(request),
            Dialect::Gemini => gemini::body(request),
            Dialect::Cohere => cohere::body(request),
            Dialect::Ollama => ollama::body(request),
        }
    }

    /// Whether pieces come as one JSON value a line, not as server-sent events.
    pub(super) fn is_lines(self) -> bool {
        self == Dialect::Ollama
    }

    /// What a piece says: a frame of a stream, or a whole answer.
    pub(super) fn read(self, piece: &Json) -> Vec<Said> {
        let mut said = Vec::new();
        match self {
            Dialect::OpenAi | Dialect::Azure => openai::read(piece, &mut said),
            Dialect::Anthropic => anthropic::read(piece, &mut said),
            Dialect::Gemini => gemini::read(piece, &mut said),
            Dialect::Cohere => cohere::read(piece, &mut said),
            Dialect::Ollama => ollama::read(piece, &mut said),
        }
        said
    }

    /// A parameter that the provider insists on, and its value where the analyst says nothing: it is part of the request,
    /// and so of its key.
    pub fn required(self) -> Option<(&'static str, Json)> {
        (self == Dialect::Anthropic).then(|| ("max_tokens", json!(anthropic::MAX_TOKENS)))
    }
}

/// The words of an error object, in the shapes servers use.
pub(super) fn error_words(json: &Json) -> Option<String> {
    // Gemini puts an error in a list of one.
    let json = json.as_array().and_then(|list| list.first()).unwrap_or(json);
    let error = json.get("error").filter(|e| !e.is_null())?;
    let message = error.get("message").unwrap_or(error);
    Some(message.as_str().map_or_else(|| message.to_string(), str::to_owned))
}

/// Text at `value`, if there is any.
fn text(value: &Json) -> Option<String> {
    value.as_str().filter(|t| !t.is_empty()).map(str::to_owned)
}

/// Words that end an answer, as the list that most want.
fn stops(value: &Json) -> Json {
    if value.is_array() {
        value.clone()
    } else {
        json!([value])
    }
}

/// The messages in the roles of OpenAI's chat.
fn messages(request: &Request) -> Vec<Json> {
    let messages = request.messages.iter();
    messages
        .map(|m| json!({ "role": m.role.name(), "content": m.text }))
        .collect()
}

/// The system's words, and the other messages.
fn apart(request: &Request) -> (String, Vec<&crate::message::Message>) {
    use crate::message::Role;
    let (system, rest): (Vec<_>, Vec<_>) = request.messages.iter().partition(|m| m.role == Role::System);
    let system: Vec<&str> = system.iter().map(|m| m.text.as_str()).collect();
    (system.join("\n\n"), rest)
}
