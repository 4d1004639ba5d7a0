//! An ask that memory and disk have not answered, on its way: what a desk of machines shares, then the model; what may be kept is
//! kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use futures_util::{StreamExt, stream};

use super::ask::{Answer, Answering, Policy, Step, millis, served};
use super::prepare::Prepared;
use super::sharing::{Looked, Sought};
use super::spend::Bill;
use super::{Desk, now_millis};
use crate::analyst::Analyst;
use crate::cache::{Cache, Entry, Header, Hit, Key, LONGEST_NAME, Receipt, Tier, Want};
use crate::model::{Draft, Event, EventStream, Finish, Model, ModelError, Recorded, Remote, price};
use crate::shared::{Lease, PATIENCE, Shared, Stored};
use crate::text::{StreamCleaner, ThoughtSplitter, Voice};

/// An ask that memory and disk have not answered.
pub(super) struct Course {
    pub desk: Desk,
    pub prepared: Prepared,
    pub policy: Policy,
    pub begun: Instant,
    /// What is looked for, if anything is.
    pub want: Option<Want>,
    /// Whether the answer may come from the shared tier, and goes there.
    pub shares: bool,
    pub looking: Looking,
}

impl Course {
    /// Looks into the shared tier; what it does not have is asked for.
    pub async fn look(mut self, shared: Arc<Shared>) -> Answering {
        let Some(want) = self.want else { return self.call(None) };
        match self.desk.look_shared(&shared, &self.prepared.key, want).await {
            Looked::Hit(hit) => {
                self.looking.hit(&hit);
                let steps = served(&self.prepared, &hit, self.begun).into_iter();
                let promotion = Promotion::of(&self.desk, &self.prepared, &hit);
                // Behind the answer, or when it is left: nobody waits for it.
                Box::pin(stream::unfold(
                    (steps, promotion),
                    |(mut steps, promotion)| async move {
                        let step = steps.next()?;
                        Some((step, (steps, promotion)))
                    },
                ))
            }
            looked => self.call(Some(looked)),
        }
    }

    /// Joins the call that is on its way, or makes it; what the shared tier said is not asked for again.
    pub fn call(mut self, looked: Option<Looked>) -> Answering {
        let Self { desk, prepared, .. } = &self;
        let sample = match self.policy {
            Policy::Sample(n) | Policy::Kept(n) => n,
            Policy::Past => 0,
            Policy::Cached | Policy::Refresh => desk.cache.next_sample(&prepared.key),
        };
        let landed = looked.is_some() || sample > 0;
        if let Some(want) = self.want.filter(|_| landed)
            && let Some(hit) = desk.cache.peek(&prepared.key, want, now_millis())
        {
            // A call that landed since the lookup has answered this question.
            self.looking.hit(&hit);
            return Box::pin(stream::iter(served(&self.prepared, &hit, self.begun)));
        }
        let (desk, key, policy) = (desk.clone(), prepared.key, self.policy);
        let asking = Asking {
            desk: self.desk,
            prepared: self.prepared,
            keep: policy != Policy::Past,
            sample,
            begun: self.begun,
            want: self.want,
            shares: self.shares,
            place: Place::Elsewhere,
            looked,
            looking: self.looking,
            lease: None,
            before: None,
            events: None,
            draft: Draft::default(),
            bill: None,
            cleaner: Some(StreamCleaner::default()),
            splitter: ThoughtSplitter::default(),
            coming: VecDeque::new(),
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
        let (subscription, started) = desk.calls.join((key, sample), move || steps);
        if !started {
            desk.cache.join();
        }
        Box::pin(subscription)
    }
}

/// An answer of the shared tier that becomes this machine's own when this is dropped.
struct Promotion {
    desk: Desk,
    prepared: Prepared,
    entry: Arc<Entry>,
}

impl Promotion {
    fn of(desk: &Desk, prepared: &Prepared, hit: &Hit) -> Self {
        Self {
            desk: desk.clone(),
            prepared: prepared.clone(),
            entry: Arc::clone(&hit.entry),
        }
    }
}

impl Drop for Promotion {
    fn drop(&mut self) {
        let asked = self.prepared.request.canonical();
        let entry = Arc::clone(&self.entry);
        self.desk.cache.promote(&self.prepared.key, entry, &asked, now_millis());
    }
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
pub(super) struct Looking(Option<Arc<Cache>>);

impl Looking {
    /// One for this, if anything is looked for.
    pub fn at(cache: &Arc<Cache>, want: Option<Want>) -> Self {
        Self(want.map(|_| Arc::clone(cache)))
    }

    /// Counts it as a hit.
    fn hit(&mut self, hit: &Hit) {
        if let Some(cache) = self.0.take() {
            cache.hit(hit);
        }
    }

    /// Counts it as found nowhere, the shared tier included.
    fn shared_miss(&mut self) {
        if let Some(cache) = self.0.take() {
            cache.shared_miss();
        }
    }

    /// Counts it as a miss.
    fn miss(&mut self) {
        if let Some(cache) = self.0.take() {
            cache.miss();
        }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.miss();
    }
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
    /// What the shared tier has said already.
    looked: Option<Looked>,
    looking: Looking,
    /// Held while this machine asks for the desk.
    lease: Option<Lease>,
    /// The desk's newest answer, which a fresh one follows.
    before: Option<Arc<Entry>>,
    /// The call, made when the first step is wanted: who joins another's makes none.
    events: Option<EventStream>,
    draft: Draft,
    /// What the call on its way is to cost; none before it is sent, and once it is noted.
    bill: Option<Bill>,
    cleaner: Option<StreamCleaner>,
    /// Tells thoughts that the model writes into its answer from the answer.
    splitter: ThoughtSplitter,
    coming: VecDeque<Step>,
    receipt: Option<Receipt>,
    /// What came from the shared tier, to be this machine's own.
    promoted: Option<Promotion>,
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
            // Behind the answer: nobody waits for it.
            drop(self.promoted.take());
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
                    self.bill.iter_mut().for_each(|bill| bill.said(&raw));
                    let text = self.cleaner.as_mut().map(|c| c.push(&raw)).unwrap_or_default();
                    self.say(&text);
                }
                Some(Ok(Event::Thinking(raw))) => {
                    self.bill.iter_mut().for_each(|bill| bill.said(&raw));
                    return Some(Step::Thinking(crate::text::clean(&raw)));
                }
                Some(Ok(Event::Sent)) => self.bill = Bill::of(&self.desk, &self.prepared),
                Some(Ok(Event::Waiting(words))) => {
                    self.refused();
                    return Some(Step::Waiting(words));
                }
                Some(Ok(Event::Dropped(name))) => {
                    self.refused();
                    return Some(self.drop(&name));
                }
                Some(Ok(Event::Finish(finish))) => self.end(finish),
                Some(Ok(event)) => {
                    if let (Event::Usage(usage), Some(bill)) = (&event, &mut self.bill) {
                        bill.told(*usage);
                    }
                    self.draft.take(&event);
                }
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
        let sought = match (self.place, self.looked.take()) {
            (Place::Waiting(until), _) => self.desk.wait_for(&shared, &key, want, until).await,
            (_, Some(looked)) => self.desk.seek_on(&shared, &key, want, looked).await,
            (_, None) => {
                let looked = self.desk.look_shared(&shared, &key, want).await;
                self.desk.seek_on(&shared, &key, want, looked).await
            }
        };
        match sought {
            Sought::Hit(hit) => self.take_over(&hit),
            Sought::Asked if matches!(self.place, Place::Waiting(_)) => {}
            Sought::Asked => {
                self.place = Place::Waiting(tokio::time::Instant::now() + PATIENCE);
                let words = "somebody else at the desk is asking the same: waiting for that answer";
                self.coming.push_back(Step::Waiting(words.to_owned()));
            }
            Sought::Away => self.go_to_the_model(),
            Sought::Free(lease) => {
                self.lease = lease;
                self.looking.shared_miss();
                self.go_to_the_model();
            }
        }
    }

    fn go_to_the_model(&mut self) {
        self.place = Place::Model;
        // Unless it is counted already.
        self.looking.miss();
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
        self.looking.hit(hit);
        self.coming.extend(served(&self.prepared, hit, self.begun));
        self.promoted = Some(Promotion::of(&self.desk, &self.prepared, hit));
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

    fn say(&mut self, text: &str) {
        let said = self.splitter.push(text);
        self.take_in(said);
    }

    fn take_in(&mut self, said: Vec<Voice>) {
        for voice in said {
            self.coming.push_back(match voice {
                Voice::Answer(text) => {
                    self.draft.text.push_str(&text);
                    Step::Text(text)
                }
                Voice::Thought(text) => Step::Thinking(text),
                Voice::WasThought => {
                    self.draft.text.clear();
                    Step::WasThinking
                }
            });
        }
    }

    /// A provider that refuses, or cannot be reached, charges nothing.
    fn refused(&mut self) {
        if let Some(bill) = self.bill.take() {
            bill.void();
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
        if self.bill.as_ref().is_some_and(Bill::has_begun) {
            drop(self.bill.take());
        } else {
            self.refused();
        }
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
        if let Some(bill) = self.bill.take() {
            bill.end(finish);
        }
        let rest = self.cleaner.take().map(StreamCleaner::finish).unwrap_or_default();
        self.say(&rest);
        let held = std::mem::take(&mut self.splitter).finish();
        self.take_in(held);
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

fn call(prepared: &Prepared) -> EventStream {
    match &prepared.endpoint {
        Some(endpoint) => Remote::new(endpoint.clone()).ask(&prepared.request),
        None if prepared.request.model.is_offline() => Analyst.ask(&prepared.request),
        None => Recorded.ask(&prepared.request),
    }
}
