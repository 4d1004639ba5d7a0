//! An answer: its events as they arrive, and what has come of it so far.

use serde::{Deserialize, Serialize};

/// Tokens of a call, as the provider counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompt, those read from the provider's cache included.
    pub input: u64,
    /// Of these, read from the provider's cache.
    pub cached_input: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// Of these, spent on reasoning.
    pub reasoning: u64,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model had said all.
    Stop,
    /// It ran into its token limit.
    Length,
    /// The provider's filter cut it.
    ContentFilter,
    /// The model declined.
    Refusal,
    /// It wanted a tool, of which there is none.
    ToolCalls,
    /// The analyst stopped it.
    Cancelled,
    /// The stream ended without saying why.
    Incomplete,
    /// The provider failed in the middle.
    Error,
}

impl Finish {
    /// Whether the answer is whole: it may be cached.
    pub fn is_complete(self) -> bool {
        self == Finish::Stop
    }

    /// The reason's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Finish::Stop => "stop",
            Finish::Length => "length",
            Finish::ContentFilter => "content_filter",
            Finish::Refusal => "refusal",
            Finish::ToolCalls => "tool_calls",
            Finish::Cancelled => "cancelled",
            Finish::Incomplete => "incomplete",
            Finish::Error => "error",
        }
    }

    /// The reason in words, for a partial answer.
    pub fn words(self) -> &'static str {
        match self {
            Finish::Stop => "complete",
            Finish::Length => "cut off at the token limit; raise max_tokens, in the template or with --max-tokens",
            Finish::ContentFilter => "cut off by the provider's filter",
            Finish::Refusal => "the model declined to answer",
            Finish::ToolCalls => "the model asked for a tool; there is none here",
            Finish::Cancelled => "cancelled",
            Finish::Incomplete => "the stream broke off before the answer's end; ask again",
            Finish::Error => "the provider failed in the middle; ask again",
        }
    }
}

/// One thing that happened to an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The prompt is on its way to the provider: from here on the call may cost.
    Sent,
    /// The model as the server names it.
    Named(String),
    /// More text.
    Text(String),
    /// More of what the model thinks to itself.
    Thinking(String),
    /// What it took.
    Usage(Usage),
    /// It failed before its first words and is tried again, in words.
    Waiting(String),
    /// The model refuses this parameter: it was asked without it.
    Dropped(String),
    /// It ended; nothing follows.
    Finish(Finish),
}

/// What has come of an answer so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// The model as the server named it.
    pub model: Option<String>,
    /// What it took.
    pub usage: Option<Usage>,
    /// Why it ended, once it has.
    pub finish: Option<Finish>,
}

impl Draft {
    /// Takes in `event`.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Named(name) => self.model = Some(name.clone()),
            Event::Text(text) => self.text.push_str(text),
            Event::Sent | Event::Thinking(_) | Event::Waiting(_) | Event::Dropped(_) => {}
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Finish(finish) => self.finish = Some(*finish),
        }
    }
}
