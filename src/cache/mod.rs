//! Answers kept: memory over disk, one call for questions asked at once, and honest counts of it all.
//!
//! A question's [`Key`] is the BLAKE3 hash of the request's canonical bytes; under it lie one or more samples. A plain
//! lookup is served the newest sample that has not expired, from memory if it is there, else from disk, whence it is
//! promoted. What was stored is *acknowledged* once the transaction that holds it has been committed and synced by LMDB;
//! [`Receipt::wait`] waits for that. Nothing here decides what may be cached: that is [`crate::desk`].

mod disk;
mod entry;
mod error;
mod flight;
mod key;
mod memory;
mod schema;
mod stats;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ttl::Ttl;

pub use entry::{Entry, Header};
pub use error::DiskError;
pub use flight::{Flights, Subscription};
pub use key::Key;
pub use stats::{Counters, Outcome, Report};
pub use writer::Receipt;

use disk::Disk;
use memory::Memory;

/// Where an entry was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// This process's memory.
    Memory,
    /// The store on disk.
    Disk,
    /// Nowhere: the model answered.
    Model,
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Tier::Memory => "memory",
            Tier::Disk => "disk",
            Tier::Model => "model",
        })
    }
}

/// How a cache is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cache directory.
    pub directory: PathBuf,
    /// Bytes that the memory tier may hold.
    pub memory_bytes: u64,
    /// Bytes that the entries on disk may hold.
    pub disk_bytes: u64,
    /// The time to live of entries that name none.
    pub ttl: Ttl,
}

/// Which sample of a question is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The newest that has not expired.
    Newest,
    /// This one.
    Sample(u32),
}

/// An entry found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Where.
    pub tier: Tier,
    /// What.
    pub entry: Arc<Entry>,
    /// When it expires, UTC epoch milliseconds.
    pub expires: Option<i64>,
}

/// What is to be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clear {
    /// Memory and disk.
    Both,
    /// Memory alone.
    Memory,
    /// Disk alone.
    Disk,
    /// What has expired, in both.
    Expired,
}

/// What a clearing took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Cleared {
    /// Entries that were in memory.
    pub memory: u64,
    /// Entries that were on disk.
    pub disk: u64,
}

/// The version of the engine on disk.
pub fn engine_version() -> String {
    let version = heed::lmdb_version();
    format!("{}.{}.{}", version.major, version.minor, version.patch)
}

/// The two tiers together. Shared by reference; every method takes the clock as an argument, in UTC epoch milliseconds.
pub struct Cache {
    directory: PathBuf,
    ttl: Ttl,
    memory: Mutex<Memory>,
    disk: Option<Disk>,
    stats: Mutex<stats::Session>,
}

impl Cache {
    /// Opens the cache. Where the directory cannot be used it works on memory alone, and the error says why.
    pub fn open(options: &Options, now: i64) -> (Self, Option<DiskError>) {
        let (disk, error) = match Disk::open(&options.directory, options.disk_bytes, options.ttl, now) {
            Ok(disk) => (Some(disk), None),
            Err(error) => (None, Some(error)),
        };
        let cache = Self {
            directory: options.directory.clone(),
            ttl: options.ttl,
            memory: Mutex::new(Memory::bounded(options.memory_bytes)),
            disk,
            stats: Mutex::new(stats::Session::default()),
        };
        (cache, error)
    }

    /// The cache directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A thread that panicked in here left whole entries behind: the map's own methods do not panic midway.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, change: impl FnOnce(&mut stats::Session)) {
        change(&mut self.stats.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// When an entry of this cache expires.
    pub fn expires(&self, header: &Header) -> Option<i64> {
        header.expires(self.ttl)
    }

    /// Looks a question up and counts the lookup.
    pub fn get(&self, key: &Key, want: Want, now: i64) -> Option<Hit> {
        let hit = self.find(key, want, now);
        self.count(|stats| match &hit {
            Some(hit) => stats.hit(hit.tier, &hit.entry.header),
            None => stats.miss(),
        });
        hit
    }

    /// As [`Cache::get`], without counting or promoting: whether an ask would be a hit.
    pub fn peek(&self, key: &Key, want: Want, now: i64) -> Option<Hit> {
        let in_memory = self.memory().peek(key, want, self.ttl, now);
        in_memory.map(|entry| self.found(Tier::Memory, entry)).or_else(|| {
            let entry = self.disk.as_ref()?.get(key, want, now).ok()??;
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

    fn find(&self, key: &Key, want: Want, now: i64) -> Option<Hit> {
        let generation = self.disk.as_ref().map_or(0, Disk::generation);
        let in_memory = self.memory().get(key, want, self.ttl, now);
        let mut in_memory_still = None;
        if let Some((entry, seen)) = in_memory {
            // Another process may have added a newer sample: its commit moved the generation on.
            let newer =
                want == Want::Newest && seen != generation && self.newest_on_disk(key, now) > Some(entry.header.sample);
            if !newer {
                if want == Want::Newest {
                    self.memory().mark_seen(key, generation);
                }
                return Some(self.found(Tier::Memory, entry));
            }
            // Should the newer one prove damaged, this one still serves.
            in_memory_still = Some(entry);
        }
        let disk = self.disk.as_ref()?;
        match disk.get(key, want, now) {
            Ok(Some(entry)) => {
                let entry = Arc::new(entry);
                // One sample of several says nothing about which is the newest.
                let seen = if want == Want::Newest { generation } else { usize::MAX };
                let evicted = self.memory().put(*key, Arc::clone(&entry), seen);
                self.count(|stats| stats.session.evicted += evicted);
                disk.touch(key, entry.header.sample);
                Some(self.found(Tier::Disk, entry))
            }
            Ok(None) => in_memory_still.map(|entry| self.found(Tier::Memory, entry)),
            Err(error) => {
                tracing::warn!(%error, "a lookup on disk failed and counts as a miss");
                if matches!(error, DiskError::Damaged) {
                    self.count(|stats| stats.session.corrupt += 1);
                }
                in_memory_still.map(|entry| self.found(Tier::Memory, entry))
            }
        }
    }

    fn newest_on_disk(&self, key: &Key, now: i64) -> Option<u32> {
        self.disk.as_ref()?.newest(key, now).ok()?
    }

    /// The number that a new sample of this question would bear: one above the highest there is, expired ones included.
    pub fn next_sample(&self, key: &Key) -> u32 {
        let in_memory = self.memory().highest(key);
        let on_disk = self.disk.as_ref().and_then(|d| d.highest(key).ok().flatten());
        in_memory.max(on_disk).map_or(0, |n| n.saturating_add(1))
    }

    /// Stores an entry: in memory at once, on disk by the writer behind it. The receipt tells when it is safe there.
    pub fn put(&self, key: &Key, entry: Entry) -> Receipt {
        let entry = Arc::new(entry);
        let generation = self.disk.as_ref().map_or(0, Disk::generation);
        let evicted = self.memory().put(*key, Arc::clone(&entry), generation);
        self.count(|stats| {
            stats.session.stored += 1;
            stats.session.evicted += evicted;
        });
        match &self.disk {
            Some(disk) => disk.put(*key, entry),
            None => Receipt::refused(DiskError::Closed),
        }
    }

    /// Counts a question that was asked past the cache.
    pub fn bypass(&self) {
        self.count(stats::Session::bypass);
    }

    /// Counts an answer that was not stored, and why.
    pub fn refuse(&self, reason: &str) {
        self.count(|stats| *stats.session.refused.entry(reason.to_owned()).or_default() += 1);
    }

    /// Clears what is asked; other processes see it at their next lookup on disk.
    ///
    /// # Errors
    /// [`DiskError`] when the disk tier could not be cleared.
    pub fn clear(&self, what: Clear, now: i64) -> Result<Cleared, DiskError> {
        let mut cleared = Cleared::default();
        let (memory, disk) = match what {
            Clear::Both => (true, true),
            Clear::Memory => (true, false),
            Clear::Disk => (false, true),
            Clear::Expired => {
                cleared.memory = self.memory().drop_expired(self.ttl, now);
                if let Some(disk) = &self.disk {
                    cleared.disk = disk.clear_expired(now)?;
                }
                return Ok(cleared);
            }
        };
        if memory {
            cleared.memory = self.memory().clear();
        }
        if let (true, Some(store)) = (disk, &self.disk) {
            cleared.disk = store.clear()?;
        }
        Ok(cleared)
    }

    /// The headers of all entries on disk, newest first.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be read.
    pub fn list(&self) -> Result<Vec<(Key, Header)>, DiskError> {
        self.disk.as_ref().map_or_else(|| Ok(Vec::new()), Disk::list)
    }

    /// All counts: this session's, the store's life's, and what the tiers hold.
    pub fn report(&self) -> Report {
        let (memory_items, memory_bytes) = self.memory().size();
        let (disk_items, disk_bytes) = self.disk.as_ref().and_then(|d| d.size().ok()).unwrap_or_default();
        let stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = self.disk.as_ref().and_then(|d| d.counters().ok()).unwrap_or_default();
        Report {
            cache_dir: self.directory.clone(),
            memory_items,
            memory_bytes,
            disk_items,
            disk_bytes,
            lifetime: stored.plus(&stats.unsaved()),
            session: stats.session.clone(),
            recent: stats.recent().collect(),
        }
    }

    /// Hands this session's new counts to the writer and waits until everything before it is on disk.
    pub fn flush(&self) {
        let Some(disk) = &self.disk else { return };
        let unsaved = {
            let mut stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
            stats.take_unsaved()
        };
        disk.save_counters(unsaved);
        disk.wait();
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.flush();
    }
}
