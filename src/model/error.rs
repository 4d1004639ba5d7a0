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
    #[error("{provider} {}", refused_key(.provider, *.status, .variable.as_deref()))]
    WrongKey {
        /// Who refuses.
        provider: String,
        /// The status.
        status: u16,
        /// Where the key comes from; `None` where none was sent.
        variable: Option<String>,
    },
    /// The server has no such model.
    #[error("{provider} has no model `{model}`: {detail}; {hint}")]
    NoSuchModel {
        /// Who was asked.
        provider: String,
        /// What for.
        model: String,
        /// The server's words.
        detail: String,
        /// The nearest name.
        hint: String,
    },
    /// The account is used up.
    #[error("{provider} has no quota left for this key: {detail}; add credit there, or choose another model with -m")]
    Quota {
        /// Who refuses.
        provider: String,
        /// The server's words.
        detail: String,
    },
    /// The prompt is longer than the model can read.
    #[error("the prompt is too long for {provider}{}: {detail}; shorten it, or choose a model that reads more", beyond(.by))]
    ContextTooLong {
        /// Who refuses.
        provider: String,
        /// By how many tokens, where it says.
        by: Option<u64>,
        /// The server's words.
        detail: String,
    },
    /// A parameter that it does not take.
    #[error("{provider} does not take {name}: {detail}; leave it away")]
    BadParameter {
        /// Who refuses.
        provider: String,
        /// Which.
        name: String,
        /// The server's words.
        detail: String,
    },
    /// The provider's filter let nothing through.
    #[error("{provider} filtered it all: {detail}; change the prompt")]
    Filtered {
        /// Who.
        provider: String,
        /// The words.
        detail: String,
    },
    /// The name of the server is none.
    #[error("cannot resolve {url}: {reason}; is the network up, and the address spelled right?")]
    Unresolved {
        /// Where.
        url: String,
        /// What the system says.
        reason: String,
    },
    /// The connection cannot be made safe.
    #[error("no safe connection to {url}: {reason}; check the address, its certificate and the clock")]
    Tls {
        /// Where.
        url: String,
        /// What is wrong.
        reason: String,
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
    /// A file of recorded answers.
    #[error("recorded answers {path}: {reason}")]
    Recording {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// An answer that was to be looked at again.
    #[error("this sample is no longer in the cache; r asks again")]
    Gone,
    /// A limit of the analyst's own.
    #[error("{reason}")]
    Unaffordable {
        /// Which, and what to do.
        reason: String,
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
    #[error("{provider} took too long: {waited} within {seconds} s; ask again, or try another model")]
    TimedOut {
        /// Who.
        provider: String,
        /// For what.
        waited: Waited,
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
            Self::UnknownModel { .. }
                | Self::UnknownProvider { .. }
                | Self::NoKey { .. }
                | Self::BaseUrl { .. }
                | Self::Unaffordable { .. }
        )
    }

    /// What happened, without what to do about it: it is being done.
    pub(super) fn cause(&self) -> String {
        match self {
            Self::RateLimited { provider, detail, .. } => format!("{provider} limits the rate: {detail}"),
            Self::Server {
                provider,
                status,
                detail,
            } => format!("{provider} failed ({status}): {detail}"),
            Self::Connect { url, reason } => format!("cannot reach {url}: {reason}"),
            other => other.to_string(),
        }
    }

    /// How long to wait before the same is asked again, after so many tries; `None` where that would be of no use.
    pub(super) fn wait_before_retry(&self, tries: u32) -> Option<Duration> {
        match self {
            Self::RateLimited { after, .. } => Some(after.unwrap_or_else(|| crate::web::backoff(tries))),
            // What is said within an answer of status 200 is said for good.
            Self::Server { status: 200, .. } => None,
            Self::Server { .. } => Some(crate::web::backoff(tries)),
            // Where nobody listens, nobody does a moment later either.
            Self::Connect { reason, .. } if reason.contains("refused") => None,
            Self::Connect { .. } => Some(crate::web::backoff(tries)),
            _ => None,
        }
    }
}

/// Which of the four waits was too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// For the connection.
    Connection,
    /// For the first words; pings and comments are none.
    First,
    /// For the next words.
    Idle,
    /// For the whole answer.
    Total,
}

impl std::fmt::Display for Waited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Waited::Connection => "no connection",
            Waited::First => "no words",
            Waited::Idle => "nothing more",
            Waited::Total => "no end",
        })
    }
}

fn refused_key(provider: &str, status: u16, variable: Option<&str>) -> String {
    match variable {
        Some(variable) => format!("refuses the key ({status}): check {variable}"),
        None => format!("wants a key ({status}): set key_env or key_cmd in [providers.{provider}]"),
    }
}

fn beyond(tokens: &Option<u64>) -> String {
    tokens.map_or_else(String::new, |n| format!(" by {n} tokens"))
}

fn wait(after: &Option<Duration>) -> String {
    after.map_or(String::new(), |d| format!(" (wait {} s)", d.as_secs()))
}
