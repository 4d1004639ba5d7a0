//! Calls over HTTP, for the rooms that reach the network: clients, waits, and failures in few words. No room's protocol.

use std::error::Error;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

/// How long a connection may take.
pub const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may be silent.
pub const SILENCE: Duration = Duration::from_secs(180);

/// Whether redirects are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// Never: what is sent is for one address.
    Refuse,
    /// A few.
    Follow,
}

/// The clients, with and without proxy, refusing and following redirects: connections are kept for the next call.
static CLIENTS: LazyLock<Result<[Client; 4], String>> = LazyLock::new(|| {
    install_ciphers();
    let builder = |policy: Policy| {
        Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(policy)
            .user_agent(concat!("wickdesk/", env!("CARGO_PKG_VERSION")))
    };
    let build = |b: reqwest::ClientBuilder| b.build().map_err(|e| e.to_string());
    Ok([
        build(builder(Policy::none()))?,
        build(builder(Policy::none()).no_proxy())?,
        build(builder(Policy::limited(5)))?,
        build(builder(Policy::limited(5)).no_proxy())?,
    ])
});

/// Has connections over TLS use ring's ciphers; again does nothing.
pub fn install_ciphers() {
    // Err only says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The client for an address; this machine is reached without a proxy.
///
/// # Errors
/// What the system says when no client can be made, as without certificates.
pub fn client(loopback: bool, redirects: Redirects) -> Result<&'static Client, String> {
    let clients = CLIENTS.as_ref().map_err(Clone::clone)?;
    let at = usize::from(loopback) + 2 * usize::from(redirects == Redirects::Follow);
    Ok(&clients[at])
}

/// Whether an address lies on this machine.
pub fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// The last cause, which says the most in the fewest words.
pub fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// The first `most` bytes of a body, as text; what comes after a failure in its midst is missing.
pub async fn read_capped(response: Response, most: usize) -> String {
    let mut bytes = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How long the server asks to wait: `Retry-After` in seconds or as a date; at least zero.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        // A day is as good as never, and no number of seconds overflows.
        return (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(86_400.0)));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::from_secs(
        u64::try_from(until.as_second() - now.as_second()).unwrap_or(0),
    ))
}

/// The wait before try number `tries` (from 1): half a second, doubled each time, with up to as much again by chance, so
/// that many who failed together do not come back together.
pub fn backoff(tries: u32) -> Duration {
    let base = 0.5 * f64::from(1u32 << tries.saturating_sub(1).min(6));
    Duration::from_secs_f64(base * (1.0 + fastrand::f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_in_seconds_and_as_dates() {
        let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let after = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", text.parse().unwrap());
            retry_after(&headers, now).map(|d| d.as_secs())
        };
        assert_eq!(after("7"), Some(7));
        assert_eq!(after("Fri, 02 Jan 2026 03:04:35 GMT"), Some(30));
        assert_eq!(after("Fri, 02 Jan 2026 03:04:00 GMT"), Some(0));
        assert_eq!(after("1e300"), Some(86_400));
        assert_eq!((after("-1"), after("soon")), (None, None));
    }

    #[test]
    fn waits_double_and_end() {
        for tries in 1..40 {
            let wait = backoff(tries).as_secs_f64();
            assert!((0.5..=64.0).contains(&wait), "{wait}");
        }
        assert!(backoff(4) >= Duration::from_secs(4));
    }
}
