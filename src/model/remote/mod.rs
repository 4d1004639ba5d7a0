//! A model behind an address: the call, its retries and its timeouts, whatever dialect it speaks.
//!
//! An answer is complete only when its finish reason says so. Whether a terminal marker follows does not matter; a stream
//! that ends without a reason ends without an [`Event::Finish`], and whoever reads it marks the answer partial.

mod reading;
mod refused;

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream;
use jiff::Timestamp;
use reqwest::Response;
use tokio::time::Instant;

use self::reading::Reading;
use super::answer::Event;
use super::error::{ModelError, Waited};
use super::gate::Pass;
use super::provider::Endpoint;
use super::request::Request;
use super::{EventStream, Model};
use crate::web::{self, Redirects};

/// How often a call is tried.
const TRIES: u32 = 4;
/// Who has to wait for longer is told so instead.
const PATIENCE: Duration = Duration::from_secs(60);
/// No server's words are told longer than this.
const DETAIL: usize = 240;

/// How long a model may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To its first words or thoughts; pings and comments are none.
    pub first: Duration,
    /// Between two of them.
    pub idle: Duration,
    /// In all, for one try.
    pub total: Duration,
}

impl Default for Timeouts {
    /// Reasoning models are silent for minutes.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(300),
            idle: Duration::from_secs(120),
            total: Duration::from_secs(1_200),
        }
    }
}

/// A model at an endpoint.
#[derive(Debug, Clone)]
pub struct Remote {
    endpoint: Endpoint,
}

impl Remote {
    /// The models at `endpoint`.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

impl Model for Remote {
    fn ask(&self, request: &Request) -> EventStream {
        let call = Call {
            endpoint: self.endpoint.clone(),
            request: request.clone(),
            tries: 1,
            stage: Stage::Enter,
            pass: None,
            coming: VecDeque::new(),
        };
        Box::pin(stream::unfold(call, |mut call| async move {
            let item = call.next().await?;
            Some((item, call))
        }))
    }
}

/// A call on its way through its tries.
struct Call {
    endpoint: Endpoint,
    request: Request,
    tries: u32,
    stage: Stage,
    /// Held while the provider works for us.
    pass: Option<Pass>,
    coming: VecDeque<Result<Event, ModelError>>,
}

enum Stage {
    Wait(Duration),
    Enter,
    Send,
    Read(Box<Reading>),
    Over,
}

impl Call {
    async fn next(&mut self) -> Option<Result<Event, ModelError>> {
        loop {
            if let Some(item) = self.coming.pop_front() {
                return Some(item);
            }
            match &mut self.stage {
                Stage::Over => return None,
                Stage::Wait(wait) => {
                    tokio::time::sleep(*wait).await;
                    self.stage = Stage::Enter;
                }
                Stage::Enter => {
                    if let Some(gate) = &self.endpoint.gate {
                        self.pass = Some(gate.pass().await);
                    }
                    self.stage = Stage::Send;
                    return Some(Ok(Event::Sent));
                }
                Stage::Send => {
                    let begun = Instant::now();
                    match self.send(begun).await {
                        Ok(response) => {
                            let reading = Reading::of(self.endpoint.clone(), response, begun);
                            self.stage = Stage::Read(Box::new(reading));
                        }
                        Err(error) => self.failed(error),
                    }
                }
                Stage::Read(reading) => match reading.next().await {
                    Some(Err(error)) if !reading.has_begun() => self.failed(error),
                    Some(item) => {
                        if item.is_err() {
                            self.stage = Stage::Over;
                        }
                        return Some(item);
                    }
                    None => self.stage = Stage::Over,
                },
            }
        }
    }

    /// What becomes of a failure before the first words: another try, one without a parameter, or the end.
    fn failed(&mut self, error: ModelError) {
        self.pass = None;
        if let ModelError::BadParameter { name, .. } = &error
            && self.request.params.get(name).is_some()
            && self
                .endpoint
                .dialect
                .required()
                .is_none_or(|(required, _)| required != name)
        {
            self.request.params.drop(name);
            self.coming.push_back(Ok(Event::Dropped(name.clone())));
            self.stage = Stage::Enter;
            return;
        }
        let wait = error.wait_before_retry(self.tries).filter(|_| self.tries < TRIES);
        match wait.filter(|wait| *wait <= PATIENCE) {
            Some(wait) => {
                self.tries += 1;
                let words = format!(
                    "{} · trying again in {:.1} s, {} of {TRIES}",
                    error.cause(),
                    wait.as_secs_f64(),
                    self.tries
                );
                self.coming.push_back(Ok(Event::Waiting(words)));
                self.stage = Stage::Wait(wait);
            }
            None => {
                self.coming.push_back(Err(error));
                self.stage = Stage::Over;
            }
        }
    }

    async fn send(&mut self, begun: Instant) -> Result<Response, ModelError> {
        let endpoint = &self.endpoint;
        let model = self.request.model.model();
        let url = endpoint.dialect.url(endpoint, model);
        let client = web::client(endpoint.is_loopback(), Redirects::Refuse).map_err(|reason| ModelError::Connect {
            url: endpoint.base_url.clone(),
            reason,
        })?;
        let mut call = client.post(&url).json(&endpoint.dialect.body(&self.request));
        if !endpoint.dialect.is_lines() {
            call = call.header("accept", "text/event-stream");
        }
        for (name, value) in endpoint.dialect.headers() {
            call = call.header(*name, *value);
        }
        if let Some(key) = &endpoint.key {
            let (name, value) = endpoint.dialect.key_header(key);
            let mut value = reqwest::header::HeaderValue::from_str(&value).map_err(|_| ModelError::WrongKey {
                provider: endpoint.provider.clone(),
                status: 0,
                variable: Some(endpoint.key_source.to_string()),
            })?;
            value.set_sensitive(true);
            call = call.header(name, value);
        }
        let patience = endpoint.timeouts.first.min(endpoint.timeouts.total);
        match tokio::time::timeout_at(begun + patience, call.send()).await {
            Err(_) => Err(endpoint.timed_out(Waited::First, patience)),
            Ok(Err(error)) => Err(endpoint.transport(&error)),
            Ok(Ok(response)) if response.status().is_success() => Ok(response),
            Ok(Ok(response)) => Err(refused::refused(endpoint, &self.request.model, response, Timestamp::now()).await),
        }
    }
}

/// A document at an address of the analyst's, up to 32 MiB.
///
/// # Errors
/// Why it cannot be had, in words.
pub async fn fetch_text(url: &str) -> Result<String, String> {
    const LARGEST: usize = 32 << 20;
    let address = url::Url::parse(url).map_err(|e| e.to_string())?;
    let loopback = web::is_loopback(&address);
    if address.scheme() != "https" && !loopback {
        return Err("plain http is not trusted; use https".to_owned());
    }
    let client = web::client(loopback, Redirects::Follow)?;
    let call = client.get(address).timeout(Duration::from_secs(60));
    let response = call.send().await.map_err(|e| web::innermost(&e.without_url()))?;
    if !response.status().is_success() {
        return Err(format!("answered with {}", response.status()));
    }
    Ok(web::read_capped(response, LARGEST).await)
}

impl Endpoint {
    fn timed_out(&self, waited: Waited, after: Duration) -> ModelError {
        ModelError::TimedOut {
            provider: self.provider.clone(),
            waited,
            seconds: after.as_secs(),
        }
    }

    /// A failure of the connection, told apart.
    fn transport(&self, error: &reqwest::Error) -> ModelError {
        if error.is_timeout() {
            let (waited, after) = if error.is_connect() {
                (Waited::Connection, web::CONNECT)
            } else {
                (Waited::Idle, web::SILENCE)
            };
            return self.timed_out(waited, after);
        }
        let reason = self.scrub(&web::innermost(error));
        let url = self.base_url.clone();
        let whole = format!("{error:?}").to_lowercase();
        if whole.contains("dns error") || whole.contains("failed to lookup") {
            ModelError::Unresolved { url, reason }
        } else if whole.contains("invalidcontenttype") {
            let reason = "it does not speak TLS; is it a plain http server?".to_owned();
            ModelError::Tls { url, reason }
        } else if ["certificate", "tls", "handshake"].iter().any(|w| reason.contains(w))
            || whole.contains("invalidcertificate")
        {
            ModelError::Tls { url, reason }
        } else {
            ModelError::Connect { url, reason }
        }
    }

    /// A server's words on one line, without the key, should it echo it.
    fn scrub(&self, text: &str) -> String {
        let line = crate::text::clean_line(text);
        let line = self.key.as_ref().map_or_else(|| line.clone(), |key| key.scrub(&line));
        line.chars().take(DETAIL).collect()
    }
}
