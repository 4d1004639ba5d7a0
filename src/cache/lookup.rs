//! Looking up and storing: memory, then disk; promotion, and what other processes did meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::disk::{Disk, Receipt};
use super::{Cache, DiskError, Entry, Hit, Key, Tier, Want, stats};

/// How often counts are saved, uses noted and expired entries swept, in milliseconds.
const TEND_EVERY: u64 = 30_000;

impl Cache {
    /// Looks a question up in memory and on disk. A hit is counted; where there is none it is for the caller to count what comes
    /// of it, by [`Cache::hit`] or [`Cache::miss`].
    pub fn look(&self, key: &Key, want: Want, now: i64) -> Option<Hit> {
        let hit = self.find(key, want, now);
        if let Some(hit) = &hit {
            self.hit(hit);
        }
        self.tend_if_due(now);
        hit
    }

    /// Counts a hit.
    pub fn hit(&self, hit: &Hit) {
        self.stats().hit(hit.tier, &hit.entry.header);
    }

    /// Counts a question that was found nowhere.
    pub fn miss(&self) {
        self.stats().miss();
    }

    /// Counts a question that was found nowhere, the shared tier included.
    pub fn shared_miss(&self) {
        let mut stats = self.stats();
        stats.session.shared_misses += 1;
        stats.miss();
    }

    /// Takes in an answer that was found elsewhere: in both tiers, not counted as stored.
    pub fn promote(&self, key: &Key, entry: Arc<Entry>, asked: &[u8], now: i64) -> Receipt {
        let generation = self.notice_clearing();
        let evicted = self.memory().put(*key, Arc::clone(&entry), generation);
        self.stats().session.memory_evicted += evicted;
        let Some(disk) = &self.disk else {
            return Receipt::refused(DiskError::Closed);
        };
        disk.tell(now);
        disk.put(*key, entry, asked.to_vec())
    }

    /// Looks a question up and counts the lookup.
    pub fn get(&self, key: &Key, want: Want, now: i64) -> Option<Hit> {
        let hit = self.look(key, want, now);
        if hit.is_none() {
            self.miss();
        }
        hit
    }

    /// As [`Cache::get`], without counting or promoting: whether an ask would be a hit.
    pub fn peek(&self, key: &Key, want: Want, now: i64) -> Option<Hit> {
        self.notice_clearing();
        let in_memory = self.memory().peek(key, want, self.ttl, now);
        in_memory.map(|entry| self.found(Tier::Memory, entry)).or_else(|| {
            let (entry, _) = self.disk.as_ref()?.get(key, want, now).ok()??;
            Some(self.found(Tier::Disk, Arc::new(entry)))
        })
    }

    fn found(&self, tier: Tier, entry: Arc<Entry>) -> Hit {
        Hit {
            tier,
            expires: self.expires(&entry.header),
            entry,
        }
    }

    /// Empties the memory when another process has cleared the cache. Returns the disk's generation.
    fn notice_clearing(&self) -> usize {
        let Some(disk) = &self.disk else { return 0 };
        let generation = disk.generation();
        if self.looked.swap(generation, Ordering::Relaxed) != generation
            && let Ok(epoch) = disk.epoch()
            && self.epoch.swap(epoch, Ordering::Relaxed) != epoch
        {
            self.memory().clear();
        }
        generation
    }

    fn find(&self, key: &Key, want: Want, now: i64) -> Option<Hit> {
        let generation = self.notice_clearing();
        let in_memory = self.memory().get(key, want, self.ttl, now);
        let mut in_memory_still = None;
        if let Some((entry, seen)) = in_memory {
            // Another process may have added a newer sample: its commit moved the generation on.
            let on_disk = match want {
                Want::Newest if seen != generation => self.newest_on_disk(key, now),
                _ => None,
            };
            if on_disk.is_none_or(|(sample, _)| sample <= entry.header.sample) {
                // One that is expired, or from the future, may yet be live when a clock jumps.
                if on_disk.is_some_and(|(_, is_last)| is_last) {
                    self.memory().mark_seen(key, generation);
                }
                return Some(self.used(key, Tier::Memory, entry));
            }
            // Should the newer one prove damaged, this one still serves.
            in_memory_still = Some(entry);
        }
        let disk = self.disk.as_ref()?;
        match disk.get(key, want, now) {
            Ok(Some((entry, is_last))) => {
                let entry = Arc::new(entry);
                let seen = if is_last { generation } else { usize::MAX };
                let evicted = self.memory().put(*key, Arc::clone(&entry), seen);
                self.stats().session.memory_evicted += evicted;
                Some(self.used(key, Tier::Disk, entry))
            }
            Ok(None) => in_memory_still.map(|entry| self.used(key, Tier::Memory, entry)),
            Err(error) => {
                tracing::warn!(%error, "a lookup on disk failed and counts as a miss");
                match error {
                    DiskError::Damaged => self.stats().session.corrupt += 1,
                    DiskError::Unusable(_) => disk.distrust(),
                    _ => {}
                }
                in_memory_still.map(|entry| self.used(key, Tier::Memory, entry))
            }
        }
    }

    /// A hit, noted on disk too: what is hot in memory is not to be the first to go there.
    fn used(&self, key: &Key, tier: Tier, entry: Arc<Entry>) -> Hit {
        if let Some(disk) = &self.disk {
            disk.touch(key, entry.header.sample);
        }
        self.found(tier, entry)
    }

    fn newest_on_disk(&self, key: &Key, now: i64) -> Option<(u32, bool)> {
        self.disk.as_ref()?.newest(key, now).ok()?
    }

    /// The number that a new sample of this question would bear: one above the highest there is, expired ones included.
    pub fn next_sample(&self, key: &Key) -> u32 {
        let in_memory = self.memory().highest(key);
        let on_disk = self.disk.as_ref().and_then(|d| d.highest(key).ok().flatten());
        in_memory.max(on_disk).map_or(0, |n| n.saturating_add(1))
    }

    /// Stores an entry: in memory at once, on disk by the writer behind it. The receipt tells when it is safe there.
    /// `asked`, the request's canonical bytes, is kept beside it, so that what was asked can be shown.
    pub fn put(&self, key: &Key, entry: Entry, asked: &[u8]) -> Receipt {
        let now = entry.header.created;
        self.take_in(key, entry, asked, now)
    }

    /// Stores an entry at a time that need not be that of its creation.
    pub(super) fn take_in(&self, key: &Key, entry: Entry, asked: &[u8], now: i64) -> Receipt {
        let entry = Arc::new(entry);
        let generation = self.notice_clearing();
        let evicted = self.memory().put(*key, Arc::clone(&entry), generation);
        let mut stats = self.stats();
        stats.session.stored += 1;
        stats.session.memory_evicted += evicted;
        drop(stats);
        let Some(disk) = &self.disk else {
            return Receipt::refused(DiskError::Closed);
        };
        disk.tell(now);
        // In one transaction with the entry, as a rule.
        disk.save_counters(self.stats().take_unsaved());
        disk.put(*key, entry, asked.to_vec())
    }

    /// Counts a question that was asked past the cache.
    pub fn bypass(&self) {
        self.stats().bypass();
    }

    /// Counts a question that joined a call on its way.
    pub fn join(&self) {
        self.stats().session.joined += 1;
    }

    /// Counts an answer that was not stored, and why.
    pub fn refuse(&self, reason: &str) {
        *self.stats().session.refused.entry(reason.to_owned()).or_default() += 1;
    }

    /// Saves counts, notes uses and sweeps what has expired, if it is time to; waits for nothing.
    pub fn tend_if_due(&self, now: i64) {
        let last = self.tended.load(Ordering::Relaxed);
        let due = now.abs_diff(last) >= TEND_EVERY;
        if due
            && self
                .tended
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            self.tend(now);
        }
    }

    fn tend(&self, now: i64) {
        self.memory().drop_expired(self.ttl, now);
        let Some(disk) = &self.disk else { return };
        disk.tell(now);
        let unsaved = self.stats().take_unsaved();
        if unsaved != stats::Counters::default() {
            disk.save_counters(unsaved);
        }
        disk.sweep(now);
    }

    pub(super) fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }
}
