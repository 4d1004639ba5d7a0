//! Asking: what can be asked for, what comes back, memory and disk, and the next model where one does not answer.

use std::time::Instant;

use futures_util::{Stream, StreamExt, stream};

use super::asking::{Course, Looking};
use super::prepare::{Prepared, Question};
use super::{Desk, DeskError, now_millis};
use crate::cache::{Hit, Key, Tier, Want};
use crate::model::{Finish, ModelError, Usage};
use crate::text::split_thoughts;

/// How the cache is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Read and written.
    #[default]
    Cached,
    /// Neither.
    Past,
    /// Not read; written as a new sample.
    Refresh,
    /// This sample: read, or asked for and written under its number.
    Sample(u32),
    /// This sample, read only and not counted: it was had before and is looked at again.
    Kept(u32),
}

/// An answer with where it came from and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The text, made harmless.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// The model as the server named it.
    pub model: String,
    /// The model as asked for.
    pub requested_model: String,
    /// Where it was found.
    pub tier: Tier,
    /// Its key.
    pub key: Key,
    /// Which of several answers to the question.
    pub sample: u32,
    /// When it came, UTC epoch milliseconds.
    pub created: i64,
    /// When its entry expires; `None` for never, and for an answer that is not kept.
    pub expires: Option<i64>,
    /// How long this ask took, in milliseconds.
    pub latency_ms: f64,
    /// How long the model took.
    pub original_latency_ms: f64,
    /// Tokens of the model's call.
    pub usage: Option<Usage>,
    /// What the model's call cost, in US dollars.
    pub cost_usd: Option<f64>,
}

/// One step of an ask.
#[derive(Debug, Clone)]
pub enum Step {
    /// More text, made harmless.
    Text(String),
    /// More of what the model thinks to itself, made harmless.
    Thinking(String),
    /// The text so far was what the model thinks to itself: it closes thoughts that it had not opened.
    WasThinking,
    /// Something on the way to the answer that is to be known: a parameter left away, another model.
    Note(String),
    /// What keeps the answer from coming for now: a failure after which it is tried again, somebody who asks the same.
    Waiting(String),
    /// The answer as it ended, whole or partial.
    Done(Box<Answer>),
    /// Whether the answer is safe on disk, or why it was not stored. Follows [`Step::Done`] of a model's answer.
    Stored(Result<(), String>),
    /// There is no answer.
    Failed(ModelError),
}

/// The steps of an ask; dropping it cancels.
pub type Answering = std::pin::Pin<Box<dyn Stream<Item = Step> + Send>>;

impl Desk {
    /// Asks, and where the model does not answer those behind it in order. Must be called within a tokio runtime.
    pub fn ask(&self, prepared: &Prepared, policy: Policy) -> Answering {
        let first = self.ask_one(prepared, policy);
        let alone = prepared.fallback.is_empty() && prepared.passed_over.is_none();
        if alone || matches!(policy, Policy::Kept(_)) {
            return first;
        }
        let asking = Falling {
            desk: self.clone(),
            policy,
            steps: first,
            rest: prepared.fallback.clone().into(),
            note: prepared
                .passed_over
                .clone()
                .map(|why| format!("{why} (asking {})", prepared.request.model)),
        };
        Box::pin(stream::unfold(asking, |mut asking| async move {
            let step = asking.next().await?;
            Some((step, asking))
        }))
    }

    /// Asks one model.
    fn ask_one(&self, prepared: &Prepared, policy: Policy) -> Answering {
        let begun = Instant::now();
        if let Policy::Kept(n) = policy {
            return match self.cache.peek(&prepared.key, Want::Sample(n), now_millis()) {
                Some(hit) => Box::pin(stream::iter(served(prepared, &hit, begun))),
                None => Box::pin(stream::iter([Step::Failed(ModelError::Gone)])),
            };
        }
        let want = match policy {
            Policy::Cached => Some(Want::Newest),
            Policy::Sample(n) | Policy::Kept(n) => Some(Want::Sample(n)),
            Policy::Past | Policy::Refresh => None,
        };
        match want.map(|want| self.cache.look(&prepared.key, want, now_millis())) {
            Some(Some(hit)) => return Box::pin(stream::iter(served(prepared, &hit, begun))),
            Some(None) => {}
            None => self.cache.bypass(),
        }
        // What only this machine can answer, and what costs nothing, is not shared.
        let shares = policy != Policy::Past && prepared.endpoint.is_some();
        let course = Course {
            desk: self.clone(),
            prepared: prepared.clone(),
            policy,
            begun,
            want,
            shares: shares && self.settings.shared.is_some(),
            looking: Looking::at(&self.cache, want),
        };
        match self.shared_at_hand().filter(|_| course.shares) {
            // A hit comes straight to who asks, with no call of this machine's to share it with.
            Some(shared) if want.is_some() => Box::pin(stream::once(course.look(shared)).flatten()),
            _ => course.call(None),
        }
    }
}

impl Desk {
    /// Asks a model for a word or two, past the cache, and no other in its place: the cheapest honest way to see whether it
    /// answers. Without a name the configured one.
    ///
    /// # Errors
    /// [`DeskError`] when it cannot be reached, or does not answer.
    pub async fn test_model(&self, model: Option<String>, base_url: Option<String>) -> Result<Answer, DeskError> {
        let question = Question {
            prompt: Some("Say OK.".to_owned()),
            model,
            base_url,
            params: vec![("max_tokens".to_owned(), 16.into())],
            ..Question::default()
        };
        let mut prepared = self.prepare(&question)?;
        prepared.fallback.clear();
        let mut steps = self.ask(&prepared, Policy::Past);
        while let Some(step) = steps.next().await {
            match step {
                Step::Done(answer) => return Ok(*answer),
                Step::Failed(error) => return Err(error.into()),
                Step::Note(words) | Step::Waiting(words) => tracing::info!("{words}"),
                _ => {}
            }
        }
        Err(ModelError::Empty {
            provider: prepared.request.model.provider().to_owned(),
        }
        .into())
    }
}

impl Answer {
    /// That a model answers, as whom, how fast and for how much.
    pub fn in_words(&self) -> String {
        let cost = self.cost_usd.map_or_else(String::new, |usd| format!(", ${usd:.6}"));
        format!(
            "{} answers as {} in {:.0} ms{cost}",
            self.requested_model, self.model, self.latency_ms
        )
    }
}

/// An ask that goes to the next model when one does not answer.
struct Falling {
    desk: Desk,
    policy: Policy,
    steps: Answering,
    rest: std::collections::VecDeque<Prepared>,
    /// What is to be said first.
    note: Option<String>,
}

impl Falling {
    async fn next(&mut self) -> Option<Step> {
        if let Some(note) = self.note.take() {
            return Some(Step::Note(note));
        }
        match self.steps.next().await? {
            Step::Failed(error) => match self.rest.pop_front() {
                Some(next) => {
                    self.steps = self.desk.ask_one(&next, self.policy);
                    Some(Step::Note(format!("{error} (asking {} instead)", next.request.model)))
                }
                None => Some(Step::Failed(error)),
            },
            step => Some(step),
        }
    }
}

pub(super) fn served(prepared: &Prepared, hit: &Hit, begun: Instant) -> Vec<Step> {
    let header = &hit.entry.header;
    // An answer that was kept, or shared, by an older version may have its thoughts in it.
    let (thoughts, text) = split_thoughts(&hit.entry.text);
    let answer = Answer {
        text: text.into_owned(),
        finish: Finish::Stop,
        model: header.model.clone(),
        requested_model: prepared.request.model.to_string(),
        tier: hit.tier,
        key: prepared.key,
        sample: header.sample,
        created: header.created,
        expires: hit.expires,
        latency_ms: millis(begun),
        original_latency_ms: header.latency_ms,
        usage: header.tokens.map(|[input, cached_input, output, reasoning]| Usage {
            input,
            cached_input,
            output,
            reasoning,
        }),
        cost_usd: header.cost_usd,
    };
    let mut steps = Vec::with_capacity(3);
    if !thoughts.is_empty() {
        steps.push(Step::Thinking(thoughts));
    }
    steps.push(Step::Text(answer.text.clone()));
    steps.push(Step::Done(Box::new(answer)));
    steps
}

/// Milliseconds since then.
pub(super) fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}
