//! One call to a source, tried again where that helps, and what its refusals mean.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Response, StatusCode};
use serde_json::Value as Json;

use super::pattern::Filling;
use super::{FeedError, Source};
use crate::web::{self, Redirects};

/// How long a call may take in all.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a call is tried.
const TRIES: u32 = 4;
/// No answer is larger.
const LARGEST: usize = 64 << 20;
/// No server's words are told longer than this.
const DETAIL: usize = 200;

/// The answer of the source to this filling of its address.
pub(super) async fn call(source: &Source, filling: &Filling<'_>) -> Result<String, FeedError> {
    let mut tries = 1;
    loop {
        let error = match once(source, filling).await {
            Ok(text) => return Ok(text),
            Err(error) => error,
        };
        match error.wait_before_retry(tries).filter(|_| tries < TRIES) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(error),
        }
        tries += 1;
    }
}

async fn once(source: &Source, filling: &Filling<'_>) -> Result<String, FeedError> {
    let url = source.url.address(filling);
    let connect = |reason: String| FeedError::Connect {
        origin: source.name.clone(),
        host: host(&url),
        reason: scrub(filling, &reason),
    };
    let client = web::client(source.loopback, Redirects::Follow).map_err(connect)?;
    let mut request = client.get(&url).timeout(PATIENCE);
    for (name, value) in &source.headers {
        request = request.header(name, value.header(filling));
    }
    let failed = |error: reqwest::Error| {
        if error.is_timeout() && !error.is_connect() {
            FeedError::TimedOut {
                origin: source.name.clone(),
                seconds: PATIENCE.as_secs(),
            }
        } else {
            let unconnected = error.is_connect();
            // Without the address: a key may stand in it.
            let reason = web::innermost(&error.without_url());
            if unconnected {
                connect(reason)
            } else {
                FeedError::BrokeOff {
                    origin: source.name.clone(),
                    reason: scrub(filling, &reason),
                }
            }
        }
    };
    let response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(refused(source, filling, response).await);
    }
    let bytes = whole(response).await.map_err(failed)?;
    let bytes = bytes.ok_or_else(|| FeedError::NotCandles {
        origin: source.name.clone(),
        symbol: filling.symbol.to_owned(),
        detail: format!("more than {} MiB", LARGEST >> 20),
    })?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match in_words(&text) {
        // Some refuse with a friendly status.
        Some((status, words)) => Err(meaning(source, filling, status, &words, None)),
        None => Ok(text),
    }
}

/// The body, if it is not too large; one that ends early is an error, not a short body.
async fn whole(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}

async fn refused(source: &Source, filling: &Filling<'_>, response: Response) -> FeedError {
    let status = response.status();
    let after = web::retry_after(response.headers(), Timestamp::now());
    let text = web::read_capped(response, 65_536).await;
    let words = in_words(&text).map(|(_, words)| words);
    let words = words.unwrap_or_else(|| match text.trim() {
        "" => status.canonical_reason().unwrap_or("no reason given").to_lowercase(),
        page if page.starts_with('<') => "it sent a web page".to_owned(),
        text => text.to_owned(),
    });
    meaning(source, filling, Some(status), &words, after)
}

/// What a refusal in these words, with this status, means.
fn meaning(
    source: &Source,
    filling: &Filling<'_>,
    status: Option<StatusCode>,
    words: &str,
    after: Option<Duration>,
) -> FeedError {
    let origin = source.name.clone();
    let detail = scrub(filling, words);
    let lower = words.to_lowercase();
    let says = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    // Without a status that tells, the words have to.
    let untold = status.is_none_or(|s| s.is_success() || s == StatusCode::BAD_REQUEST || s == StatusCode::FORBIDDEN);
    let limited = untold
        && says(&[
            "rate limit",
            "call frequency",
            "too many",
            "api credits",
            "requests per",
            "hits limit",
        ]);
    // Binance answers 418 to who did not heed 429.
    let limited = limited || status.is_some_and(|s| matches!(s.as_u16(), 418 | 429));
    let keyed = source.key_env.as_deref().filter(|_| {
        status.is_some_and(|s| matches!(s, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
            || untold && says(&["apikey", "api key", "api_key"])
    });
    match (limited, keyed, status) {
        (true, ..) => FeedError::RateLimited { origin, after, detail },
        (_, Some(variable), _) => FeedError::WrongKey {
            origin,
            detail,
            variable: variable.to_owned(),
        },
        (.., Some(status)) if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => FeedError::Server {
            origin,
            status: status.as_u16(),
            detail,
        },
        _ => FeedError::Refused {
            origin,
            symbol: filling.symbol.to_owned(),
            detail,
        },
    }
}

/// What a document says that holds an error instead of candles, with the status in it, if there is one.
fn in_words(text: &str) -> Option<(Option<StatusCode>, String)> {
    /// Under what names services put words: Binance, Coinbase, Twelve Data, Alpha Vantage, Yahoo.
    const NAMES: [&str; 7] = [
        "msg",
        "message",
        "Error Message",
        "Information",
        "Note",
        "description",
        "error",
    ];
    fn words(json: &Json, depth: usize) -> Option<&str> {
        let object = json.as_object().filter(|_| depth < 4)?;
        let own = NAMES.iter().find_map(|name| object.get(*name)?.as_str());
        own.or_else(|| {
            ["error", "chart", "finance"]
                .iter()
                .find_map(|name| words(object.get(*name)?, depth + 1))
        })
    }
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let json: Json = serde_json::from_str(text).ok()?;
    let said = words(&json, 0)?.to_owned();
    let code = json
        .get("code")
        .and_then(Json::as_u64)
        .and_then(|c| u16::try_from(c).ok());
    Some((code.and_then(|c| StatusCode::from_u16(c).ok()), said))
}

fn host(url: &str) -> String {
    let host = url::Url::parse(url).ok().and_then(|u| {
        let port = u.port().map_or_else(String::new, |p| format!(":{p}"));
        Some(format!("{}{port}", u.host_str()?))
    });
    host.unwrap_or_else(|| "its address".to_owned())
}

/// A server's words without the key, should it echo it, on one line.
pub(super) fn scrub(filling: &Filling<'_>, text: &str) -> String {
    let line = crate::text::clean_line(text);
    let line = filling.key.map_or_else(|| line.clone(), |key| key.scrub(&line));
    line.chars().take(DETAIL).collect()
}
