//! What is written behind the work: answers, held for a moment where the server is away, and leases let go.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::link::{Trouble, run};
use super::{ANSWER, GRACE, Shared, Standing, WRITE, seal};
use crate::cache::{Entry, Key, Want};

/// How long an answer is held for a server that is away, to be stored when it is back.
pub(super) const HOLD: Duration = Duration::from_secs(5);

/// How often it is looked whether a server that is left alone may be asked again.
const BREATH: Duration = Duration::from_millis(50);

/// An answer to be stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The answer.
    pub entry: Entry,
    /// What was asked for: the newest, or this number.
    pub want: Want,
    /// The newest there was, which this one follows.
    pub before: Option<Arc<Entry>>,
}

impl Shared {
    /// Tries something until it is done, for as long as `hold`; a server that is away is left alone meanwhile. `trial` is told whether
    /// it has been tried before. From the first failure on it does not count as pending: who leaves does not wait for a server to
    /// come back.
    pub(super) async fn insist<F: Future<Output = Result<(), Trouble>>>(
        self: &Arc<Self>,
        hold: Duration,
        counted: &mut Counted,
        trial: impl Fn(bool) -> F,
    ) -> Result<(), Trouble> {
        let until = Instant::now() + hold;
        let mut again = false;
        loop {
            let begun = Instant::now();
            let reachable = self.breaker().lets(begun);
            let done = if reachable {
                trial(again).await
            } else {
                Err(Trouble::LeftAlone)
            };
            match done {
                Err(trouble) if trouble.may_pass() && Instant::now() < until => self.failed(&trouble, begun),
                done => return done,
            }
            again = true;
            counted.is_late();
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Stores an answer, and what of the question's others is to stay; `again` if it has been tried before.
    pub(super) async fn put(
        self: &Arc<Self>,
        key: &Key,
        stored: &Stored,
        now: i64,
        again: bool,
    ) -> Result<(), Trouble> {
        let header = &stored.entry.header;
        // One that takes no answers takes this one neither: nobody is to wait for it.
        if self.options.read_only || header.local || !self.writes().lets(Instant::now()) {
            return Ok(());
        }
        let own = Want::Sample(header.sample);
        let mut sets = Vec::new();
        if let Some(before) = &stored.before {
            // What was the newest keeps its number.
            sets.push((Want::Sample(before.header.sample), before.as_ref(), true));
        }
        let numbered = header.sample > 0 || stored.want != Want::Newest || stored.before.is_some();
        if numbered {
            sets.push((own, &stored.entry, false));
        }
        // One that was asked for by its number is the newest only where there is none; so is one that comes late, unless it was to
        // follow another.
        let late = again && header.sample == 0;
        sets.push((Want::Newest, &stored.entry, stored.want != Want::Newest || late));
        for (want, entry, only_new) in sets {
            let Some(command) = self.setting(key, want, entry, now, only_new) else {
                continue;
            };
            let _: redis::Value = run(&self.link, command, WRITE).await?;
            self.took();
        }
        Ok(())
    }

    /// The command that stores an answer for as long as it lives; `None` if it does not any more, or is too long.
    pub(super) fn setting(&self, key: &Key, want: Want, entry: &Entry, now: i64, only_new: bool) -> Option<redis::Cmd> {
        if entry.text.len() as u64 > seal::LONGEST {
            return None;
        }
        let place = self.place("resp", key, want);
        let mut command = redis::cmd("SET");
        command.arg(&place).arg(self.options.seal.close(&place, key, entry));
        if let Some(expires) = entry.header.expires(self.options.ttl) {
            let left = u64::try_from(expires.saturating_sub(now))
                .ok()
                .filter(|left| *left > 0)?;
            // In whole seconds, and never for longer than it lives.
            command.arg("EX").arg((left / 1_000).max(1));
        }
        if only_new {
            command.arg("NX");
        }
        Some(command)
    }

    pub(super) fn lets_write(&self) -> bool {
        let now = Instant::now();
        self.breaker().lets(now) && self.writes().lets(now)
    }

    /// Notes that a write was taken.
    pub(super) fn took(&self) {
        // A write has more time than a lookup: of a server that is too far for lookups it says nothing.
        if !self.link.is_farther_than(ANSWER) {
            self.answered();
        }
        self.writes().succeeded();
    }

    /// Notes that one was not: a server that is full or a replica answers lookups all the same.
    pub(super) fn took_not(self: &Arc<Self>, trouble: &Trouble, begun: Instant) {
        if trouble.is_about_writing() {
            self.writes().failed_for(trouble.to_string(), Instant::now());
        } else {
            self.failed(trouble, begun);
        }
    }

    /// Waits for writes on their way: a process that ends at once would take them along. A server that has answered gets
    /// [`GRACE`], any other no more than a lookup.
    pub async fn settle(&self) {
        let answers = self.breaker().standing() == Standing::There;
        let until = tokio::time::Instant::now() + if answers { GRACE } else { ANSWER };
        while self.pending.load(Ordering::Relaxed) > 0 && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// A write on its way, counted until it has landed or is given up, however its task ends.
pub(super) struct Counted {
    shared: Option<Arc<Shared>>,
    is_answer: bool,
}

impl Counted {
    /// Counts one from now on, before its task runs: who leaves at once waits for it too.
    pub fn pending(shared: &Arc<Shared>) -> Self {
        shared.pending.fetch_add(1, Ordering::Relaxed);
        Self {
            shared: Some(Arc::clone(shared)),
            is_answer: false,
        }
    }

    /// The same for an answer: if it comes late or not at all, another machine may ask for it again.
    pub fn pending_answer(shared: &Arc<Shared>) -> Self {
        let mut counted = Self::pending(shared);
        counted.is_answer = true;
        counted
    }

    /// Notes that it did not land at once.
    pub fn is_late(&mut self) {
        if let Some(shared) = self.shared.as_ref().filter(|_| self.is_answer) {
            shared.count_uncoordinated();
        }
        self.leave();
    }

    /// Counts it no longer.
    fn leave(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.pending.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.leave();
    }
}
