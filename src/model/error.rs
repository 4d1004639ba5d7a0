//! Why a model did not answer: each kind told apart, each in one line with what to do.

use std::time::Duration;

/// Why a model did not answer. No variant holds a key, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Not a model's name.
    #[error("unknown model `{name}`; {hint}")]
    UnknownModel {
        /// As given.
        name: String,
        /// The nearest name, or how to write one.
        hint: String,
    },
    /// A provider that is not spoken to.
    #[error("unknown provider `{provider}`; {hint}")]
    UnknownProvider {
        /// As given.
        provider: String,
        /// The nearest name, or how to add it.
        hint: String,
    },
    /// No key is set.
    #[error("no key for {provider}: set {variable}, or ask the offline analyst with -m offline")]
    NoKey {
        /// Whose key.
        provider: String,
        /// Where it is looked for.
        variable: String,
    },
    /// The key was refused.
    #[error("{provider} refuses the key ({status}): check {variable}")]
    WrongKey {
        /// Who refuses.
        provider: String,
        /// The status.
        status: u16,
        /// Where the key comes from.
        variable: String,
    },
    /// The server has no such model.
    #[error("{provider} has no model `{model}`: {detail}; check the name with the provider")]
    NoSuchModel {
        /// Who was asked.
        provider: String,
        /// What for.
        model: String,
        /// The server's words.
        detail: String,
    },
    /// Asked too often, or too much.
    #[error("{provider} limits the rate{}: {detail}; ask again later", wait(.after))]
    RateLimited {
        /// Who limits.
        provider: String,
        /// How long it says to wait.
        after: Option<Duration>,
        /// The server's words.
        detail: String,
    },
    /// The request is not as the server wants it.
    #[error("{provider} refuses the request ({status}): {detail}; change the prompt or its parameters")]
    BadRequest {
        /// Who refuses.
        provider: String,
        /// The status.
        status: u16,
        /// The server's words.
        detail: String,
    },
    /// The server failed.
    #[error("{provider} failed ({status}): {detail}; ask again later")]
    Server {
        /// Who failed.
        provider: String,
        /// The status.
        status: u16,
        /// The server's words.
        detail: String,
    },
    /// Nobody answers there.
    #[error("cannot reach {url}: {reason}; is the server running, and the address right?")]
    Connect {
        /// Where.
        url: String,
        /// What the system says.
        reason: String,
    },
    /// It took too long.
    #[error("{provider} did not answer within {seconds} s; ask again, or try another model")]
    TimedOut {
        /// Who.
        provider: String,
        /// How long was waited.
        seconds: u64,
    },
    /// What came back is no answer of a model.
    #[error("{url} is no model server: it answered with {what}; check the base URL")]
    NotAModel {
        /// Where.
        url: String,
        /// What it sent.
        what: String,
    },
    /// It answered with nothing.
    #[error("{provider} gave an empty answer; ask again, or try another model")]
    Empty {
        /// Who.
        provider: String,
    },
    /// The address is none, or not safe.
    #[error("base URL `{url}`: {reason}")]
    BaseUrl {
        /// As given.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// It failed after some text had come.
    #[error("{provider} failed in the middle of the answer: {detail}")]
    Midway {
        /// Who.
        provider: String,
        /// The words.
        detail: String,
    },
}

impl ModelError {
    /// Whether the remedy is configuration: a key, a provider, a name.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::UnknownModel { .. } | Self::UnknownProvider { .. } | Self::NoKey { .. } | Self::BaseUrl { .. }
        )
    }
}

fn wait(after: &Option<Duration>) -> String {
    after.map_or(String::new(), |d| format!(" (wait {} s)", d.as_secs()))
}
