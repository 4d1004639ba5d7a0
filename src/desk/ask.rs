//! Asking: memory, then disk, then what a desk of machines shares, then the model; what may be kept is kept.

use std::sync::Arc;
use std::time::Instant;

use futures_util::{Stream, StreamExt, stream};

use super::prepare::{Prepared, Question};
use super::sharing::Sought;
use super::{Desk, DeskError, now_millis};
use crate::analyst::Analyst;
use crate::cache::{Entry, Header, Hit, Key, LONGEST_NAME, Tier, Want};
use crate::model::{Draft, Event, Finish, Model, ModelError, Recorded, Remote, Usage, price};
use crate::shared::{Lease, PATIENCE, Stored};
use crate::text::StreamCleaner;

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
    /// This sample, read only: to look at it costs nothing.
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
    /// Something on the way to the answer that is to be known: another try, a parameter left away, another model.
    Note(String),
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
        if prepared.fallback.is_empty() && prepared.passed_over.is_none() {
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
        let want = match policy {
            Policy::Cached => Some(Want::Newest),
            Policy::Sample(n) | Policy::Kept(n) => Some(Want::Sample(n)),
            Policy::Past | Policy::Refresh => None,
        };
        match want.map(|want| self.cache.look(&prepared.key, want, now_millis())) {
            Some(Some(hit)) => return Box::pin(stream::iter(served(prepared, &hit, begun))),
            Some(None) if matches!(policy, Policy::Kept(_)) => {
                self.cache.miss();
                return Box::pin(stream::iter([Step::Failed(ModelError::Gone)]));
            }
            Some(None) => {}
            None => self.cache.bypass(),
        }
        let sample = match policy {
            Policy::Sample(n) | Policy::Kept(n) => n,
            Policy::Past => 0,
            Policy::Cached | Policy::Refresh => self.cache.next_sample(&prepared.key),
        };
        if policy == Policy::Cached && sample > 0 {
            // A call that landed since the lookup has answered this question.
            if let Some(hit) = self.cache.peek(&prepared.key, Want::Newest, now_millis()) {
                self.cache.hit(&hit);
                return Box::pin(stream::iter(served(prepared, &hit, begun)));
            }
        }
        // What only this machine can answer, and what costs nothing, is not shared.
        let shares = policy != Policy::Past && prepared.endpoint.is_some() && self.settings.shared.is_some();
        let asking = Asking {
            desk: self.clone(),
            prepared: prepared.clone(),
            keep: policy != Policy::Past,
            sample,
            begun,
            want,
            shares,
            place: Place::Elsewhere,
            looking: want.map(|_| Looking(Some(Arc::clone(&self.cache)))),
            lease: None,
            before: None,
            events: None,
            draft: Draft::default(),
            cleaner: Some(StreamCleaner::default()),
            coming: std::collections::VecDeque::new(),
            receipt: None,
            promoted: None,
            over: false,
        };
        let steps = stream::unfold(asking, |mut asking| async move {
            let step = asking.next().await?;
            Some((step, asking))
        });
        if policy == Policy::Past {
            return Box::pin(steps);
        }
        // The call stores its answer itself: whoever started it may have left.
        let (subscription, started) = self.calls.join((prepared.key, sample), move || steps);
        if !started {
            self.cache.join();
        }
        Box::pin(subscription)
    }
}

fn call(prepared: &Prepared) -> crate::model::EventStream {
    match &prepared.endpoint {
        Some(endpoint) => Remote::new(endpoint.clone()).ask(&prepared.request),
        None if prepared.request.model.is_offline() => Analyst.ask(&prepared.request),
        None => Recorded.ask(&prepared.request),
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
                Step::Note(words) => tracing::info!("{words}"),
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

fn served(prepared: &Prepared, hit: &Hit, begun: Instant) -> [Step; 2] {
    let header = &hit.entry.header;
    let answer = Answer {
        text: hit.entry.text.clone(),
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
    [Step::Text(answer.text.clone()), Step::Done(Box::new(answer))]
}

/// Where an ask is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It has found nothing on this machine.
    Elsewhere,
    /// Another machine asks the same; its answer is waited for until then.
    Waiting(tokio::time::Instant),
    /// It is at the model.
    Model,
}

/// A lookup that is not counted yet: left behind, it is a miss.
struct Looking(Option<Arc<crate::cache::Cache>>);

impl Drop for Looking {
    fn drop(&mut self) {
        if let Some(cache) = &self.0 {
            cache.miss();
        }
    }
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

/// An ask on its way to the model's end.
struct Asking {
    desk: Desk,
    prepared: Prepared,
    keep: bool,
    sample: u32,
    begun: Instant,
    /// What is looked for, if anything is.
    want: Option<Want>,
    /// Whether the answer may come from the shared tier, and goes there.
    shares: bool,
    place: Place,
    looking: Option<Looking>,
    /// Held while this machine asks for the desk.
    lease: Option<Lease>,
    /// The desk's newest answer, which a fresh one follows.
    before: Option<Arc<Entry>>,
    /// The call, made when the first step is wanted: who joins another's makes none.
    events: Option<crate::model::EventStream>,
    draft: Draft,
    cleaner: Option<StreamCleaner>,
    coming: std::collections::VecDeque<Step>,
    receipt: Option<crate::cache::Receipt>,
    /// What came from the shared tier, to be this machine's own.
    promoted: Option<Arc<Entry>>,
    over: bool,
}

impl Asking {
    async fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.coming.pop_front() {
                return Some(step);
            }
            if let Some(receipt) = self.receipt.take() {
                // The writer may have to wait for another process; no task of the runtime waits with it.
                let stored = tokio::task::spawn_blocking(move || receipt.wait()).await;
                let stored = stored
                    .map_err(|e| e.to_string())
                    .and_then(|r| r.map(|_| ()).map_err(|e| e.to_string()));
                return Some(Step::Stored(stored));
            }
            if let Some(entry) = self.promoted.take() {
                // Behind the answer: nobody waits for it.
                let asked = self.prepared.request.canonical();
                self.desk.cache.promote(&self.prepared.key, entry, &asked, now_millis());
            }
            if self.over {
                return None;
            }
            if self.place != Place::Model {
                self.come_nearer().await;
                continue;
            }
            let events = self.events.get_or_insert_with(|| call(&self.prepared));
            match events.next().await {
                Some(Ok(Event::Text(raw))) => {
                    let text = self.cleaner.as_mut().map(|c| c.push(&raw)).unwrap_or_default();
                    self.say(text);
                }
                Some(Ok(Event::Thinking(raw))) => return Some(Step::Thinking(crate::text::clean(&raw))),
                Some(Ok(Event::Waiting(words))) => return Some(Step::Note(words)),
                Some(Ok(Event::Dropped(name))) => return Some(self.drop(&name)),
                Some(Ok(Event::Finish(finish))) => self.end(finish),
                Some(Ok(event)) => self.draft.take(&event),
                Some(Err(error)) => self.fail(error),
                None if self.draft.text.is_empty() && self.cleaner.is_some() => self.fail(self.empty()),
                None => self.end(Finish::Incomplete),
            }
        }
    }

    /// On to the model, unless the shared tier has the answer, or money is short.
    async fn come_nearer(&mut self) {
        let shared = if self.shares {
            self.desk.shared_soon().await
        } else {
            None
        };
        let Some(shared) = shared else {
            return self.go_to_the_model();
        };
        let key = self.prepared.key;
        if self.events.is_some()
            && let Some(hit) = self
                .want
                .and_then(|want| self.desk.cache.peek(&key, want, now_millis()))
        {
            // Without the parameter that was refused the question has been answered here.
            self.over = true;
            self.coming.extend(served(&self.prepared, &hit, self.begun));
            return;
        }
        let Some(want) = self.want else {
            // A fresh answer follows the newest that anybody has.
            self.before = self.desk.newest_shared(&shared, &key).await;
            if let Some(before) = &self.before {
                self.sample = self.sample.max(before.header.sample + 1);
            }
            return self.go_to_the_model();
        };
        let sought = match self.place {
            Place::Waiting(until) => self.desk.wait_for(&shared, &key, want, until).await,
            _ => self.desk.seek(&shared, &key, want).await,
        };
        match sought {
            Sought::Hit(hit) => self.take_over(&hit),
            Sought::Asked if matches!(self.place, Place::Waiting(_)) => {}
            Sought::Asked => {
                self.place = Place::Waiting(tokio::time::Instant::now() + PATIENCE);
                let words = "somebody else at the desk is asking the same: waiting for that answer";
                self.coming.push_back(Step::Note(words.to_owned()));
            }
            Sought::Away => self.go_to_the_model(),
            Sought::Free(lease) => {
                self.lease = lease;
                if let Some(cache) = self.looking.as_mut().and_then(|looking| looking.0.take()) {
                    cache.shared_miss();
                }
                self.go_to_the_model();
            }
        }
    }

    fn go_to_the_model(&mut self) {
        self.place = Place::Model;
        // Counts it as a miss, unless that is done.
        self.looking = None;
        if self.prepared.endpoint.is_some()
            && let Err(error) = self.desk.affordable()
        {
            self.over = true;
            self.coming.push_back(Step::Failed(ModelError::Unaffordable {
                reason: error.to_string(),
            }));
        }
    }

    /// The answer that another machine paid for is this one's.
    fn take_over(&mut self, hit: &Hit) {
        self.over = true;
        if let Some(cache) = self.looking.as_mut().and_then(|looking| looking.0.take()) {
            cache.hit(hit);
        }
        self.coming.extend(served(&self.prepared, hit, self.begun));
        self.promoted = Some(Arc::clone(&hit.entry));
    }

    /// The model refuses a parameter: from here on the question is the one without it, under its own key, which may have been
    /// answered.
    fn drop(&mut self, name: &str) -> Step {
        let request = &mut self.prepared.request;
        request.params.drop(name);
        self.prepared.key = Key::of(&request.canonical());
        self.desk.learned.learn(&request.model, name);
        let note = format!(
            "{} does not take {name}: asked without it, now and from now on",
            request.model
        );
        if self.shares && self.want.is_some() {
            self.lease = None;
            self.place = Place::Elsewhere;
        }
        Step::Note(note)
    }

    fn say(&mut self, text: String) {
        if !text.is_empty() {
            self.draft.take(&Event::Text(text.clone()));
            self.coming.push_back(Step::Text(text));
        }
    }

    fn empty(&self) -> ModelError {
        ModelError::Empty {
            provider: self.prepared.request.model.provider().to_owned(),
        }
    }

    /// Who waits for this call asks by itself.
    fn leave_nothing(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.fail();
        }
    }

    /// An error before any text is no answer; one behind some leaves a partial answer.
    fn fail(&mut self, error: ModelError) {
        self.over = true;
        self.leave_nothing();
        self.desk.cache.refuse("error");
        if self.draft.text.trim().is_empty() {
            self.coming.push_back(Step::Failed(error));
        } else {
            tracing::warn!(%error, "the answer broke off");
            let answer = self.answer(Finish::Error);
            self.coming.push_back(Step::Done(Box::new(answer)));
            self.coming.push_back(Step::Stored(Err(format!("partial: {error}"))));
        }
    }

    fn end(&mut self, finish: Finish) {
        self.over = true;
        let rest = self.cleaner.take().map(StreamCleaner::finish).unwrap_or_default();
        self.say(rest);
        if finish.is_complete() && self.draft.text.trim().is_empty() {
            return self.fail(self.empty());
        }
        let mut answer = self.answer(finish);
        if !self.keep {
            self.coming.push_back(Step::Done(Box::new(answer)));
            return;
        }
        if !finish.is_complete() {
            self.leave_nothing();
            self.desk.cache.refuse(finish.name());
            self.coming.push_back(Step::Done(Box::new(answer)));
            self.coming
                .push_back(Step::Stored(Err(format!("partial: {}", finish.words()))));
            return;
        }
        let entry = self.entry(&answer);
        answer.expires = self.desk.cache.expires(&entry.header);
        if self.shares {
            self.share(entry.clone());
        }
        self.receipt = Some(
            self.desk
                .cache
                .put(&self.prepared.key, entry, &self.prepared.request.canonical()),
        );
        self.coming.push_back(Step::Done(Box::new(answer)));
    }

    /// Hands the answer to the desk, behind the work.
    fn share(&mut self, entry: Entry) {
        let lease = self.lease.take();
        let stored = Stored {
            entry,
            want: self.want.unwrap_or(Want::Newest),
            before: self.before.take(),
        };
        if let Some(Ok(shared)) = self.desk.shared.get() {
            shared.put_behind(self.prepared.key, stored, now_millis(), lease);
        }
    }

    fn answer(&self, finish: Finish) -> Answer {
        let request = &self.prepared.request;
        let cost_usd = self.draft.usage.and_then(|usage| price::cost(&request.model, usage));
        if self.prepared.endpoint.is_some() {
            self.desk.spent(&request.model.to_string(), self.draft.usage, cost_usd);
        }
        let latency = millis(self.begun);
        let requested_model = request.model.to_string();
        Answer {
            text: self.draft.text.clone(),
            finish,
            model: self.draft.model.clone().unwrap_or_else(|| requested_model.clone()),
            requested_model,
            tier: Tier::Model,
            key: self.prepared.key,
            sample: self.sample,
            created: now_millis(),
            expires: None,
            latency_ms: latency,
            original_latency_ms: latency,
            usage: self.draft.usage,
            cost_usd,
        }
    }

    fn entry(&self, answer: &Answer) -> Entry {
        let mut header = Header::new(answer.sample, answer.created, self.prepared.ttl);
        let clipped = |text: &str| text.chars().take(LONGEST_NAME).collect();
        header.requested_model = clipped(&answer.requested_model);
        header.model = clipped(&answer.model);
        header.label = clipped(&self.prepared.label);
        header.latency_ms = answer.original_latency_ms;
        header.cost_usd = answer.cost_usd;
        header.tokens = answer.usage.map(|u| [u.input, u.cached_input, u.output, u.reasoning]);
        header.local = self.prepared.request.model.is_local();
        header.text_len = answer.text.len() as u64;
        Entry {
            header,
            text: answer.text.clone(),
        }
    }
}
