//! The writer: one thread that commits what it is handed, many to a transaction.
//!
//! A write transaction may have to wait for another process's, so nobody waits for this thread but who asks for a
//! receipt.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use heed::RwTxn;

use super::entry::{Entry, Header};
use super::error::DiskError;
use super::key::Key;
use super::schema::{BYTES, COUNTERS, Databases, bytes_held, created_key, entry_key, sample_of, stored_counters};
use super::stats::Counters;
use crate::ttl::Ttl;

/// Jobs to a transaction at most.
const BATCH: usize = 64;
/// Oldest entries looked at for expiry when a store is opened.
const SWEEP: usize = 1_000;
/// How full the store is made when it has grown past its budget.
const SLACK: f64 = 0.95;

/// What the writer is asked to do.
pub(super) enum Job {
    Put {
        key: Key,
        entry: Arc<Entry>,
        ack: Ack,
    },
    /// An entry was read: of those that could go, it goes later.
    Touch {
        key: Key,
        sample: u32,
    },
    Remove {
        key: Key,
        sample: u32,
    },
    Count(Counters),
    Clear {
        reply: Sender<Result<u64, DiskError>>,
    },
    ClearExpired {
        now: i64,
        reply: Sender<Result<u64, DiskError>>,
    },
    Barrier(Ack),
}

/// The writer's end of a receipt.
pub(super) struct Ack(Sender<Result<(), DiskError>>);

/// Tells whether something handed to the writer is on disk.
#[derive(Debug)]
pub struct Receipt(Receiver<Result<(), DiskError>>);

impl Receipt {
    pub(super) fn pending() -> (Self, Ack) {
        let (send, receive) = channel();
        (Self(receive), Ack(send))
    }

    pub(super) fn refused(error: DiskError) -> Self {
        let (receipt, ack) = Self::pending();
        ack.tell(Err(error));
        receipt
    }

    /// Waits until it is committed and synced.
    ///
    /// # Errors
    /// [`DiskError`] when it was not stored.
    pub fn wait(self) -> Result<(), DiskError> {
        self.0.recv().unwrap_or(Err(DiskError::Closed))
    }
}

impl Ack {
    fn tell(&self, result: Result<(), DiskError>) {
        // Who no longer waits does not need to know.
        let _ = self.0.send(result);
    }
}

/// The writer's thread; dropped, it finishes what it has.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub fn start(databases: Databases, limit: u64, ttl: Ttl, now: i64) -> Self {
        let (jobs, inbox) = channel();
        let work = move || {
            let mut state = State {
                databases,
                limit,
                ttl,
                touched: HashSet::new(),
            };
            state.sweep(now);
            state.run(&inbox);
        };
        let thread = std::thread::Builder::new().name("cache-writer".to_owned()).spawn(work);
        Self {
            // Without a thread nobody reads the inbox: jobs are refused, and receipts say so.
            jobs: thread.is_ok().then_some(jobs),
            thread: thread.ok(),
        }
    }

    pub fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // A thread that is gone drops the job, and with it its receipt's other end.
            let _ = jobs.send(job);
        }
    }

    pub fn ask(&self, job: impl FnOnce(Sender<Result<u64, DiskError>>) -> Job) -> Result<u64, DiskError> {
        let (reply, answer) = channel();
        self.send(job(reply));
        answer.recv().unwrap_or(Err(DiskError::Closed))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Its panic, if it had one, has been reported by the hook.
            let _ = thread.join();
        }
    }
}

struct State {
    databases: Databases,
    limit: u64,
    ttl: Ttl,
    /// Entries read since the store last had to make room.
    touched: HashSet<[u8; 36]>,
}

impl State {
    fn run(&mut self, inbox: &Receiver<Job>) {
        /// Recency that nobody waits for is not worth a transaction of its own.
        const IDLE: Duration = Duration::from_secs(3600);
        loop {
            let first = match inbox.recv_timeout(IDLE) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut batch = vec![first];
            batch.extend(inbox.try_iter().take(BATCH - 1));
            self.commit(batch);
        }
    }

    /// Does a batch in one transaction; when that fails, each in its own, so that one bad job spoils no other.
    fn commit(&mut self, batch: Vec<Job>) {
        for job in &batch {
            if let Job::Touch { key, sample } = job {
                self.touched.insert(entry_key(key, *sample));
            }
        }
        let batch: Vec<Job> = batch.into_iter().filter(|j| !matches!(j, Job::Touch { .. })).collect();
        if batch.is_empty() {
            return;
        }
        let result = self.transact(&batch);
        if result.is_err() && batch.len() > 1 {
            for job in batch {
                let single = self.transact(std::slice::from_ref(&job));
                answer(&job, single.map(|counts| counts[0]));
            }
            return;
        }
        match result {
            Ok(counts) => batch.iter().zip(counts).for_each(|(job, count)| answer(job, Ok(count))),
            Err(error) => batch.iter().for_each(|job| answer(job, Err(error.clone()))),
        }
    }

    fn transact(&mut self, batch: &[Job]) -> Result<Vec<u64>, DiskError> {
        if batch.iter().all(|j| matches!(j, Job::Barrier(_))) {
            return Ok(vec![0; batch.len()]);
        }
        let databases = self.databases.clone();
        let mut txn = databases.env.write_txn()?;
        let mut gone = Counters::default();
        let mut counts = Vec::with_capacity(batch.len());
        for job in batch {
            counts.push(self.apply(&mut txn, job, &mut gone)?);
        }
        self.make_room(&mut txn, &mut gone)?;
        if gone != Counters::default() {
            self.add_counters(&mut txn, &gone)?;
        }
        txn.commit()?;
        Ok(counts)
    }

    fn apply(&mut self, txn: &mut RwTxn<'_>, job: &Job, gone: &mut Counters) -> Result<u64, DiskError> {
        match job {
            Job::Put { key, entry, .. } => self.put(txn, key, entry).map(|()| 1),
            Job::Remove { key, sample } => Ok(u64::from(self.remove(txn, key, *sample)?)),
            Job::Count(counters) => self.add_counters(txn, counters).map(|()| 0),
            Job::Clear { .. } => {
                let items = self.databases.entries.len(txn)?;
                self.databases.entries.clear(txn)?;
                self.databases.created.clear(txn)?;
                self.databases.meta.put(txn, BYTES, &0u64.to_le_bytes())?;
                self.touched.clear();
                Ok(items)
            }
            Job::ClearExpired { now, .. } => {
                let count = self.remove_expired(txn, *now, usize::MAX)?;
                gone.expired += count;
                Ok(count)
            }
            Job::Touch { .. } | Job::Barrier(_) => Ok(0),
        }
    }

    /// Stores an entry under its sample's number, or the next free one: two processes that asked anew at once chose the
    /// same, and a sample that is live is never overwritten.
    fn put(&self, txn: &mut RwTxn<'_>, key: &Key, entry: &Entry) -> Result<(), DiskError> {
        let Header { sample, created, .. } = entry.header;
        let there = self.databases.entries.get(txn, &entry_key(key, sample))?;
        let taken = there
            .and_then(|value| Entry::decode_header(value).ok())
            .is_some_and(|other| other != entry.header && other.is_live(self.ttl, created));
        let sample = if taken { self.next_free(txn, key)? } else { sample };
        let mut entry = entry.clone();
        entry.header.sample = sample;
        let value = entry.encode(key);
        self.remove(txn, key, sample)?;
        self.databases.entries.put(txn, &entry_key(key, sample), &value)?;
        self.databases
            .created
            .put(txn, &created_key(created, key, sample), &[])?;
        self.add_bytes(txn, value.len() as i64)
    }

    fn next_free(&self, txn: &RwTxn<'_>, key: &Key) -> Result<u32, DiskError> {
        let last = self
            .databases
            .entries
            .get_lower_than_or_equal_to(txn, &entry_key(key, u32::MAX))?;
        let highest = last.and_then(|(found, _)| sample_of(found, key));
        Ok(highest.map_or(0, |n| n.saturating_add(1)))
    }

    fn add_bytes(&self, txn: &mut RwTxn<'_>, change: i64) -> Result<(), DiskError> {
        let held = bytes_held(&self.databases, txn)?.saturating_add_signed(change);
        self.databases.meta.put(txn, BYTES, &held.to_le_bytes())?;
        Ok(())
    }

    fn add_counters(&self, txn: &mut RwTxn<'_>, counters: &Counters) -> Result<(), DiskError> {
        let sum = stored_counters(&self.databases, txn)?.plus(counters);
        let bytes = serde_json::to_vec(&sum).map_err(|e| DiskError::Other(e.to_string()))?;
        self.databases.meta.put(txn, COUNTERS, &bytes)?;
        Ok(())
    }

    fn remove(&self, txn: &mut RwTxn<'_>, key: &Key, sample: u32) -> Result<bool, DiskError> {
        let at = entry_key(key, sample);
        let Some(value) = self.databases.entries.get(txn, &at)? else {
            return Ok(false);
        };
        let size = value.len() as i64;
        let created = Entry::decode_header(value).ok().map(|h| h.created);
        self.databases.entries.delete(txn, &at)?;
        if let Some(created) = created {
            self.databases.created.delete(txn, &created_key(created, key, sample))?;
        }
        self.add_bytes(txn, -size)?;
        Ok(true)
    }

    /// The oldest entries, oldest first: the bytes of their rows in `created`, key and sample.
    fn oldest(&self, txn: &RwTxn<'_>, most: usize) -> Result<Vec<(Vec<u8>, Key, u32)>, DiskError> {
        let mut found = Vec::new();
        for item in self.databases.created.iter(txn)?.take(most) {
            let (at, _) = item?;
            let key = at.get(8..40).and_then(Key::from_bytes);
            let sample = at.get(40..).and_then(|s| s.try_into().ok()).map(u32::from_be_bytes);
            if let (Some(key), Some(sample)) = (key, sample) {
                found.push((at.to_vec(), key, sample));
            }
        }
        Ok(found)
    }

    /// Removes an entry by its row in `created`, which goes too, whatever the entry says of itself.
    fn remove_row(&self, txn: &mut RwTxn<'_>, row: &[u8], key: &Key, sample: u32) -> Result<bool, DiskError> {
        let removed = self.remove(txn, key, sample)?;
        self.databases.created.delete(txn, row)?;
        Ok(removed)
    }

    fn remove_expired(&self, txn: &mut RwTxn<'_>, now: i64, most: usize) -> Result<u64, DiskError> {
        let mut removed = 0;
        for (row, key, sample) in self.oldest(txn, most)? {
            let value = self.databases.entries.get(txn, &entry_key(&key, sample))?;
            let expired = value.is_none_or(|v| {
                Entry::decode_header(v).map_or(true, |h| h.expires(self.ttl).is_some_and(|e| e <= now))
            });
            if expired {
                removed += u64::from(self.remove_row(txn, &row, &key, sample)?);
            }
        }
        Ok(removed)
    }

    /// Removes the oldest entries until the store is within its budget; those read since the last time get a second
    /// chance.
    fn make_room(&mut self, txn: &mut RwTxn<'_>, gone: &mut Counters) -> Result<(), DiskError> {
        if bytes_held(&self.databases, txn)? <= self.limit {
            return Ok(());
        }
        let goal = (self.limit as f64 * SLACK) as u64;
        for spare_touched in [true, false] {
            for (row, key, sample) in self.oldest(txn, usize::MAX)? {
                if bytes_held(&self.databases, txn)? <= goal {
                    self.touched.clear();
                    return Ok(());
                }
                if spare_touched && self.touched.contains(&entry_key(&key, sample)) {
                    continue;
                }
                gone.evicted += u64::from(self.remove_row(txn, &row, &key, sample)?);
            }
        }
        Ok(())
    }

    /// Drops what has expired among the oldest entries, when a store is opened. A failure leaves them for a later time.
    fn sweep(&mut self, now: i64) {
        let databases = self.databases.clone();
        let anything = databases
            .env
            .read_txn()
            .map_err(DiskError::from)
            .and_then(|txn| Ok(databases.created.first(&txn)?.is_some()));
        if anything != Ok(true) {
            return;
        }
        let swept = databases.env.write_txn().map_err(DiskError::from).and_then(|mut txn| {
            let count = self.remove_expired(&mut txn, now, SWEEP)?;
            if count == 0 {
                return Ok(());
            }
            let gone = Counters {
                expired: count,
                ..Counters::default()
            };
            self.add_counters(&mut txn, &gone)?;
            txn.commit().map_err(DiskError::from)
        });
        if let Err(error) = swept {
            tracing::warn!(%error, "expired entries could not be swept");
        }
    }
}

fn answer(job: &Job, result: Result<u64, DiskError>) {
    if let Err(error) = &result {
        tracing::warn!(%error, "a write to the cache failed");
    }
    match job {
        Job::Put { ack, .. } | Job::Barrier(ack) => ack.tell(result.map(|_| ())),
        Job::Clear { reply } | Job::ClearExpired { reply, .. } => {
            let _ = reply.send(result);
        }
        Job::Touch { .. } | Job::Remove { .. } | Job::Count(_) => {}
    }
}
