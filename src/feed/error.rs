//! Why no candles came: each kind told apart, each in one line with what to do. No variant holds a key, or a part of one.

use std::time::Duration;

use crate::market::Timeframe;

/// Why a source gave no candles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// No source of that name.
    #[error("no source of candles is called `{name}`; {hint}")]
    UnknownSource {
        /// As given.
        name: String,
        /// The nearest, or those there are.
        hint: String,
    },
    /// It does not have that timeframe.
    #[error("{origin} has no {asked} candles; it has {offered}")]
    Timeframe {
        /// The source.
        origin: String,
        /// What was asked for.
        asked: Timeframe,
        /// What it has.
        offered: String,
    },
    /// It wants a key, and none is set.
    #[error("no key for {origin}: set {variable}")]
    NoKey {
        /// The source.
        origin: String,
        /// Where the key is looked for.
        variable: String,
    },
    /// It refuses the key.
    #[error("{origin} refuses the key: {detail}; check {variable}")]
    WrongKey {
        /// The source.
        origin: String,
        /// Its words.
        detail: String,
        /// Where the key comes from.
        variable: String,
    },
    /// It does not know the symbol, or does not like the question.
    #[error("{origin} has no candles of `{symbol}`: {detail}; check how it spells the symbol")]
    Refused {
        /// The source.
        origin: String,
        /// What was asked for.
        symbol: String,
        /// Its words.
        detail: String,
    },
    /// Asked too often.
    #[error("{origin} limits the rate{}: {detail}; fetch again later", wait(*.after))]
    RateLimited {
        /// The source.
        origin: String,
        /// How long it says to wait.
        after: Option<Duration>,
        /// Its words.
        detail: String,
    },
    /// It failed.
    #[error("{origin} failed ({status}): {detail}; fetch again later")]
    Server {
        /// The source.
        origin: String,
        /// The status.
        status: u16,
        /// Its words.
        detail: String,
    },
    /// Nobody answers there.
    #[error("cannot reach {origin} at {host}: {reason}; is the network up, and the address right?")]
    Connect {
        /// The source.
        origin: String,
        /// Where.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// Its answer ended before its end.
    #[error("the answer of {origin} broke off: {reason}; fetch again")]
    BrokeOff {
        /// The source.
        origin: String,
        /// What the system says.
        reason: String,
    },
    /// It took too long.
    #[error("{origin} did not answer within {seconds} s; fetch again later")]
    TimedOut {
        /// The source.
        origin: String,
        /// How long was waited.
        seconds: u64,
    },
    /// What came are no candles.
    #[error("{origin} answers with no candles of `{symbol}`: {detail}")]
    NotCandles {
        /// The source.
        origin: String,
        /// What was asked for.
        symbol: String,
        /// What came, or what is wrong with it.
        detail: String,
    },
}

fn wait(after: Option<Duration>) -> String {
    after.map_or_else(String::new, |after| format!(" and asks to wait {} s", after.as_secs()))
}

impl FeedError {
    /// Whether the remedy is configuration: a key, a source.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            FeedError::UnknownSource { .. } | FeedError::NoKey { .. } | FeedError::WrongKey { .. }
        )
    }

    /// How long to wait before the same is asked again, or `None` where that would be of no use: `tries` have been made.
    pub(super) fn wait_before_retry(&self, tries: u32) -> Option<Duration> {
        /// Who has to wait for longer is told so instead.
        const PATIENCE: Duration = Duration::from_secs(60);
        match self {
            FeedError::RateLimited { after, .. } => {
                let wait = after.unwrap_or_else(|| crate::web::backoff(tries));
                Some(wait).filter(|wait| *wait <= PATIENCE)
            }
            // Where nobody is, nobody is a moment later either.
            FeedError::Connect { .. } => (tries < 2).then(|| crate::web::backoff(tries)),
            FeedError::Server { .. } | FeedError::TimedOut { .. } | FeedError::BrokeOff { .. } => {
                Some(crate::web::backoff(tries))
            }
            _ => None,
        }
    }
}
