//! Answers kept: memory over disk, one call for questions asked at once, and honest counts of it all.
//!
//! # What is promised
//!
//! * **Key.** A question's [`Key`] is the BLAKE3 hash of its request's canonical bytes; under it lie one or more
//!   *samples*. A plain lookup is served the newest sample that has not expired, from memory if it is there, else from
//!   disk, whence it is promoted. What may be cached is decided by [`crate::desk`], never here.
//! * **Acknowledged** means: the transaction that holds the entry has been committed and synced by LMDB. It then survives
//!   the death of the process at any instant, and a power loss as far as the disk keeps what it has synced.
//!   [`Receipt::wait`] waits for that; [`Cache::put`] does not, and memory serves the entry meanwhile.
//! * **Bounded.** Memory by bytes, least recently used first out. Disk by the bytes that entries take in the file; what
//!   has expired goes first, then the least recently used that is not pinned. Uses are gathered and noted with the next
//!   write: a hit is never a write. A full disk loses nothing that was acknowledged.
//! * **Expiry** holds on reads at once, in both tiers; on disk a sweep follows in small transactions. An answer from the
//!   future is not served: a clock that jumps makes at worst a miss.
//! * **Whole.** Each entry carries a checksum seeded with its key; the file is walked before LMDB may map it. A store that
//!   is damaged, cut, of another version or another program's is set aside under a name that says so ([`SetAside`]).
//! * **Shared.** Several processes use one directory at once and see each other's entries, samples and clearings.
//! * **Private.** The directory is 0700 and its files 0600 whatever the umask; one that belongs to someone else, is a
//!   symbolic link or lies on a network file system is refused, and the cache works on memory alone.

mod disk;
mod entry;
mod flight;
mod key;
mod lookup;
mod manage;
mod memory;
mod portable;
mod stats;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ttl::Ttl;

pub use crate::store::{DiskError, SetAside, Unusable};
pub use disk::{Compacted, Listed, Listing, Receipt, Verified, compact};
pub use entry::{Entry, Header, LONGEST_NAME, Lifetime};
pub use flight::{Flights, Subscription};
pub use key::{Key, KeyError};
pub use portable::{Exported, Imported, PortableError};
pub use stats::{Counters, Outcome, Report};

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
    /// The server that several machines share.
    Shared,
    /// Nowhere: the model answered.
    Model,
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Tier::Memory => "memory",
            Tier::Disk => "disk",
            Tier::Shared => "shared",
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

/// Something is less than it should be; said once, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The disk tier is not used.
    #[error("cache {0}; answers are kept in memory only, choose another directory with --cache-dir")]
    MemoryOnly(DiskError),
    /// The disk tier begins anew.
    #[error("cache: {0}")]
    SetAside(SetAside),
}

/// The two tiers together. Shared by reference; every method takes the clock as an argument, in UTC epoch milliseconds.
pub struct Cache {
    directory: PathBuf,
    ttl: Ttl,
    memory: Mutex<Memory>,
    disk: Option<Disk>,
    stats: Mutex<stats::Session>,
    /// The disk's generation when it was last asked whether it had been cleared, and the answer.
    looked: AtomicUsize,
    epoch: AtomicU64,
    /// When this cache was last tended.
    tended: AtomicI64,
}

impl Cache {
    /// Opens the cache. Where the directory cannot be used it works on memory alone; the second value says why, or that
    /// an unusable store was set aside.
    pub fn open(options: &Options, now: i64) -> (Self, Option<Trouble>) {
        let (disk, trouble) = match Disk::open(&options.directory, options.disk_bytes, options.ttl, now) {
            Ok((disk, aside)) => (Some(disk), aside.map(Trouble::SetAside)),
            Err(error) => (None, Some(Trouble::MemoryOnly(error))),
        };
        let epoch = disk.as_ref().and_then(|d| d.epoch().ok()).unwrap_or(0);
        let cache = Self {
            directory: options.directory.clone(),
            ttl: options.ttl,
            memory: Mutex::new(Memory::bounded(options.memory_bytes)),
            disk,
            stats: Mutex::new(stats::Session::default()),
            looked: AtomicUsize::new(usize::MAX),
            epoch: AtomicU64::new(epoch),
            tended: AtomicI64::new(i64::MIN),
        };
        (cache, trouble)
    }

    /// The cache directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // A thread that panicked in here left whole entries behind: the map's own methods do not panic midway.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stats(&self) -> MutexGuard<'_, stats::Session> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When an entry of this cache expires.
    pub fn expires(&self, header: &Header) -> Option<i64> {
        header.expires(self.ttl)
    }

    /// Whether an entry would be served at `now`.
    pub fn is_live(&self, header: &Header, now: i64) -> bool {
        header.is_live(self.ttl, now)
    }

    /// All counts: this session's, the store's life's, and what the tiers hold.
    pub fn report(&self) -> Report {
        let (memory_items, memory_bytes) = self.memory().size();
        let memory_limit = self.memory().limit();
        let disk = self.disk.as_ref();
        let (disk_items, disk_bytes) = disk.and_then(|d| d.size().ok()).unwrap_or_default();
        let stored = disk.and_then(|d| d.counters().ok()).unwrap_or_default();
        let stats = self.stats();
        Report {
            cache_dir: self.directory.clone(),
            memory_items,
            memory_bytes,
            memory_limit,
            disk_items,
            disk_bytes,
            disk_limit: disk.map_or(0, Disk::limit),
            file_bytes: disk.map_or(0, Disk::file_bytes),
            lifetime: stored.plus(&stats.unsaved()),
            session: stats.session.clone().plus(&disk.map(Disk::gone).unwrap_or_default()),
            recent: stats.recent().collect(),
            trend: stats.trend().collect(),
            trouble: match disk {
                Some(disk) => disk.trouble().map(|error| error.to_string()),
                None => Some("no disk tier: memory only".to_owned()),
            },
        }
    }

    /// Hands this session's new counts to the writer and waits until everything before it is on disk, though not for a
    /// process that does not let go of the store.
    pub fn flush(&self) {
        let Some(disk) = &self.disk else { return };
        disk.save_counters(self.stats().take_unsaved());
        if let Err(error) = disk.settle().wait_briefly() {
            tracing::warn!(%error, "the last counts may not be on disk");
        }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.flush();
    }
}
