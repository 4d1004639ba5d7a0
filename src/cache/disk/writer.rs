//! The writer: one thread that commits what it is handed, many to a transaction.
//!
//! A write transaction may have to wait for another process's, so nobody waits for this thread but who asks for a
//! receipt, and then not for ever.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::recency::Recency;
use super::schema::{At, Databases};
use super::writing::Writing;
use crate::cache::entry::Entry;
use crate::cache::key::Key;
use crate::cache::stats::Counters;
use crate::store::DiskError;
use crate::store::place::Place;
use crate::ttl::Ttl;

/// Jobs to a transaction at most.
const BATCH: usize = 64;
/// Expired entries to a transaction: other jobs come between.
const SWEEP: usize = 256;
/// How long anybody waits for the writer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the end of the program waits for it.
const FAREWELL: Duration = Duration::from_secs(5);

/// What the writer is asked to do.
pub(super) enum Job {
    Put {
        key: Key,
        entry: Arc<Entry>,
        asked: Vec<u8>,
    },
    Remove {
        key: Key,
        sample: Option<u32>,
    },
    /// Remove a sample if it is damaged: by now another may stand in its place.
    RemoveDamaged {
        key: Key,
        sample: u32,
    },
    Pin {
        at: At,
        pinned: bool,
    },
    Count(Counters),
    Clear {
        epoch: bool,
    },
    /// Remove some of what has expired; the rest follows when nobody else waits.
    Sweep {
        now: i64,
    },
    Mend,
    /// Remove the request of a question.
    Forget {
        key: Key,
    },
    /// Note what was found; or nothing, to hear when all before is done.
    Settle,
}

/// A job and who waits for it.
struct Order {
    job: Job,
    reply: Sender<Result<u64, DiskError>>,
}

/// Tells what became of something handed to the writer.
#[derive(Debug)]
pub struct Receipt(Receiver<Result<u64, DiskError>>);

impl Receipt {
    pub(in crate::cache) fn refused(error: DiskError) -> Self {
        let (send, receive) = channel();
        let _ = send.send(Err(error));
        Self(receive)
    }

    /// Waits until it is committed and synced. Returns how many entries it concerned.
    ///
    /// # Errors
    /// [`DiskError`] when it was not done; [`DiskError::Busy`] when another process has held the store for so long that
    /// it is not worth waiting for: it may yet be done.
    pub fn wait(self) -> Result<u64, DiskError> {
        self.wait_for(PATIENCE)
    }

    /// As [`Receipt::wait`], for a program that is about to end.
    pub(in crate::cache) fn wait_briefly(self) -> Result<u64, DiskError> {
        self.wait_for(FAREWELL)
    }

    fn wait_for(self, time: Duration) -> Result<u64, DiskError> {
        self.0.recv_timeout(time).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(DiskError::Busy),
            RecvTimeoutError::Disconnected => Err(DiskError::Closed),
        })
    }
}

/// What the writer and its readers share.
pub(super) struct Common {
    pub databases: Databases,
    pub place: Place,
    pub recency: Recency,
    /// What the store may take, and the time to live of entries that name none.
    pub limit: u64,
    pub ttl: Ttl,
    /// The last time that anybody named, UTC epoch milliseconds: what has expired is judged by it.
    pub now: AtomicI64,
    /// What this process's writer had to remove.
    pub gone: Mutex<Counters>,
    /// Why the last write failed, if it did.
    pub trouble: Mutex<Option<DiskError>>,
}

impl Common {
    /// What the store may take. A map that is smaller than the budget is full before the budget is.
    pub fn limit(&self) -> u64 {
        self.limit.min(self.databases.environment.map_size() / 5 * 4)
    }
}

/// The writer's thread; dropped, it finishes what it has.
pub(super) struct Writer {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub fn start(common: Arc<Common>) -> Self {
        let (orders, inbox) = channel();
        let work = move || {
            let owed = RefCell::default();
            let left = Cell::default();
            State { common, owed, left }.run(&inbox);
        };
        let thread = std::thread::Builder::new().name("cache-writer".to_owned()).spawn(work);
        Self {
            // Without a thread nobody reads the inbox: orders are refused, and receipts say so.
            orders: thread.is_ok().then_some(orders),
            thread: thread.ok(),
        }
    }

    pub fn send(&self, job: Job) -> Receipt {
        let (reply, receive) = channel();
        if let Some(orders) = &self.orders {
            // A thread that is gone drops the order, and with it its receipt's other end.
            let _ = orders.send(Order { job, reply });
        }
        Receipt(receive)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let last = self.send(Job::Settle);
        let done = last.wait_briefly() != Err(DiskError::Busy);
        self.orders = None;
        // One that still waits for another process is left behind: the program's end is not held up by it.
        if let Some(thread) = self.thread.take().filter(|_| done) {
            // Its panic, if it had one, has been reported by the hook.
            let _ = thread.join();
        }
    }
}

struct State {
    common: Arc<Common>,
    /// Counts that could not be written yet.
    owed: RefCell<Counters>,
    /// The time of a sweep that is not at its end.
    left: Cell<Option<i64>>,
}

impl State {
    fn run(&self, inbox: &Receiver<Order>) {
        loop {
            // What is left of a sweep comes when nobody else waits.
            let left = self.left.take();
            let first = match left {
                Some(now) => inbox.try_recv().unwrap_or_else(|_| {
                    let job = Job::Sweep { now };
                    Order {
                        job,
                        reply: channel().0,
                    }
                }),
                None => match inbox.recv() {
                    Ok(order) => order,
                    Err(_) => return,
                },
            };
            if !matches!(first.job, Job::Sweep { .. }) {
                self.left.set(left);
            }
            let mut batch = vec![first];
            batch.extend(inbox.try_iter().take(BATCH - 1));
            self.commit(batch);
        }
    }

    /// Does a batch in one transaction; when that fails, each in its own, so that one bad job spoils no other.
    fn commit(&self, batch: Vec<Order>) {
        let uses = self.common.recency.take();
        let result = self.transact(&batch, &uses);
        let failed_together = result.is_err() && batch.len() > 1;
        if failed_together {
            for order in batch {
                let single = self.transact(std::slice::from_ref(&order), &[]);
                self.answer(&order, single.map(|counts| counts.first().copied().unwrap_or(0)));
            }
            return;
        }
        match result {
            Ok(counts) => batch
                .iter()
                .zip(counts)
                .for_each(|(order, n)| self.answer(order, Ok(n))),
            Err(error) => batch.iter().for_each(|order| self.answer(order, Err(error.clone()))),
        }
    }

    fn transact(&self, batch: &[Order], uses: &[(At, u32)]) -> Result<Vec<u64>, DiskError> {
        if uses.is_empty() && batch.iter().all(|order| self.is_idle(&order.job)) {
            return Ok(vec![0; batch.len()]);
        }
        if batch.iter().any(|order| matches!(order.job, Job::Put { .. })) {
            self.check_space(batch)?;
        }
        let counts = self.attempt(batch, uses);
        if counts == Err(DiskError::MapFull) && self.attempt_with_less() {
            return self.attempt(batch, uses);
        }
        counts
    }

    /// Whether a job has nothing to write: then no transaction is begun for it.
    fn is_idle(&self, job: &Job) -> bool {
        match job {
            Job::Settle => true,
            Job::Sweep { now } => {
                // A reader that was killed keeps pages from being used again.
                let _ = self.common.databases.environment.env().clear_stale_readers();
                self.common.databases.anything_due(self.common.ttl, *now) == Ok(false)
            }
            _ => false,
        }
    }

    fn attempt(&self, batch: &[Order], uses: &[(At, u32)]) -> Result<Vec<u64>, DiskError> {
        let mut writing = Writing::begin(&self.common.databases)?;
        let owed = self.owed.borrow().clone();
        if owed != Counters::default() {
            writing.count(&owed)?;
        }
        for (at, hits) in uses {
            writing.touch(at, *hits)?;
        }
        let mut counts = Vec::with_capacity(batch.len());
        for order in batch {
            counts.push(self.apply(&mut writing, &order.job)?);
        }
        writing.make_room(self.common.limit(), self.common.ttl, self.now())?;
        self.finish(writing)?;
        self.owed.take();
        Ok(counts)
    }

    /// A full map has pages to give: a twentieth of the budget goes, by the rules of room, and the write is tried again.
    fn attempt_with_less(&self) -> bool {
        let less = || {
            let mut writing = Writing::begin(&self.common.databases)?;
            let held = writing.bytes();
            let goal = held.saturating_sub(held / 20);
            writing.make_room(goal, self.common.ttl, self.now())?;
            self.finish(writing)
        };
        // On a disk that is full this fails as well, and nothing is lost.
        !self.common.place.is_full() && less().is_ok()
    }

    fn finish(&self, writing: Writing<'_>) -> Result<(), DiskError> {
        let gone = writing.commit()?;
        if gone != Counters::default() {
            let mut sum = self.common.gone.lock().unwrap_or_else(PoisonError::into_inner);
            *sum = std::mem::take(&mut *sum).plus(&gone);
        }
        Ok(())
    }

    /// On a full disk even deletes fail, so that puts stop while there is a little left.
    fn check_space(&self, batch: &[Order]) -> Result<(), DiskError> {
        let size: usize = batch
            .iter()
            .map(|order| match &order.job {
                Job::Put { entry, asked, .. } => entry.text.len() + asked.len(),
                _ => 0,
            })
            .sum();
        match self.common.place.free() {
            Some(free) if free < size as u64 => Err(DiskError::Full),
            _ => Ok(()),
        }
    }

    fn now(&self) -> i64 {
        self.common.now.load(Ordering::Relaxed)
    }

    fn apply(&self, writing: &mut Writing<'_>, job: &Job) -> Result<u64, DiskError> {
        let (limit, ttl) = (self.common.limit(), self.common.ttl);
        match job {
            Job::Put { key, entry, asked } => writing.put(key, entry, asked, limit, ttl).map(|()| 1),
            Job::Remove { key, sample } => writing.remove_samples(key, *sample),
            Job::RemoveDamaged { key, sample } => writing.remove_damaged(key, *sample),
            Job::Pin { at, pinned } => writing.pin(at, *pinned).map(u64::from),
            Job::Count(counters) => writing.count(counters).map(|()| 0),
            Job::Clear { epoch } => writing.clear(*epoch),
            Job::Sweep { now } => writing.sweep(ttl, *now, SWEEP),
            Job::Mend => writing.mend(),
            Job::Forget { key } => writing.forget(key).map(|()| 1),
            Job::Settle => Ok(0),
        }
    }

    fn answer(&self, order: &Order, result: Result<u64, DiskError>) {
        let mut trouble = self.common.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match &result {
            Ok(_) if matches!(order.job, Job::Put { .. }) => *trouble = None,
            Ok(removed) => {
                if let Job::Sweep { now } = order.job
                    && *removed >= SWEEP as u64
                {
                    self.left.set(Some(now));
                }
            }
            Err(error) => {
                if let Job::Count(counters) = &order.job {
                    self.owed.replace_with(|owed| std::mem::take(owed).plus(counters));
                }
                tracing::warn!(%error, "a write to the cache failed");
                if !matches!(error, DiskError::TooLarge { .. }) {
                    *trouble = Some(error.clone());
                }
            }
        }
        drop(trouble);
        // Who no longer waits does not need to know.
        let _ = order.reply.send(result);
    }
}
