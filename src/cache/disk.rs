//! The disk tier: an LMDB environment laid out as [`super::schema`] says, read here, written by one thread
//! ([`super::writer`]).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use heed::types::Bytes;
use heed::{Env, EnvFlags, EnvOpenOptions, RoTxn, WithoutTls};

use super::Want;
use super::entry::{Entry, Header};
use super::error::DiskError;
use super::key::Key;
use super::schema::{Databases, bytes_held, entry_key, sample_of, stored_counters};
use super::stats::Counters;
use super::writer::{Job, Receipt, Writer};
use crate::ttl::Ttl;

/// The version of the store's layout: another one lies beside it.
const LAYOUT: &str = "v1";
/// Address space reserved at once, the largest that the machine grants: the map never has to be resized under a reader.
const MAP_SIZES: [usize; 3] = [1 << 40, 1 << 36, 1 << 31];
const READERS: u32 = 1022;

/// LMDB allows an environment once a process; several caches on one directory share it.
static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Shared>>>> = LazyLock::new(Mutex::default);

struct Shared {
    databases: Databases,
    writer: Writer,
}

/// The disk tier.
pub(super) struct Disk {
    shared: Arc<Shared>,
    ttl: Ttl,
}

impl Disk {
    pub fn open(directory: &Path, limit: u64, ttl: Ttl, now: i64) -> Result<Self, DiskError> {
        let path = directory.join(LAYOUT);
        let refuse = |reason: String| DiskError::Directory {
            path: directory.display().to_string(),
            reason,
        };
        crate::files::private_directory(&path).map_err(|e| refuse(crate::text::io_reason(&e)))?;
        let path = path.canonicalize().map_err(|e| refuse(crate::text::io_reason(&e)))?;
        // The lock is held while opening, so that no second environment is opened meanwhile.
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = open.get(&path).and_then(Weak::upgrade) {
            return Ok(Self { shared, ttl });
        }
        // The writability of the directory is what LMDB would only say as a number.
        tempfile::NamedTempFile::new_in(&path).map_err(|e| refuse(crate::text::io_reason(&e)))?;
        let databases = open_databases(&path)
            .or_else(|error| {
                set_aside(&path, &error, now)?;
                open_databases(&path)
            })
            .map_err(|error| DiskError::Store {
                path: path.display().to_string(),
                reason: error.to_string(),
            })?;
        let writer = Writer::start(databases.clone(), limit, ttl, now);
        let shared = Arc::new(Shared { databases, writer });
        open.insert(path, Arc::downgrade(&shared));
        Ok(Self { shared, ttl })
    }

    fn databases(&self) -> &Databases {
        &self.shared.databases
    }

    /// The number of the last commit, this process's or another's.
    pub fn generation(&self) -> usize {
        self.databases().env.info().last_txn_id
    }

    /// The entry wanted, if it is there and live.
    pub fn get(&self, key: &Key, want: Want, now: i64) -> Result<Option<Entry>, DiskError> {
        let txn = self.databases().env.read_txn()?;
        let (sample, value) = match want {
            Want::Sample(sample) => match self.databases().entries.get(&txn, &entry_key(key, sample))? {
                Some(value) => (sample, value),
                None => return Ok(None),
            },
            Want::Newest => match self.newest_value(&txn, key, now)? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        match Entry::decode(key, sample, value) {
            Ok(entry) => Ok(entry.header.is_live(self.ttl, now).then_some(entry)),
            Err(error) => {
                drop(txn);
                self.shared.writer.send(Job::Remove { key: *key, sample });
                Err(error)
            }
        }
    }

    fn newest_value<'t>(
        &self,
        txn: &'t RoTxn<'_, WithoutTls>,
        key: &Key,
        now: i64,
    ) -> Result<Option<(u32, &'t [u8])>, DiskError> {
        let mut bound = entry_key(key, u32::MAX);
        while let Some((found, value)) = self.databases().entries.get_lower_than_or_equal_to(txn, &bound)? {
            let Some(sample) = sample_of(found, key) else {
                return Ok(None);
            };
            // A header that cannot be read is told when the whole entry is.
            let live = Entry::decode_header(value).map_or(true, |h| h.is_live(self.ttl, now));
            if live {
                return Ok(Some((sample, value)));
            }
            let Some(lower) = sample.checked_sub(1) else {
                return Ok(None);
            };
            bound = entry_key(key, lower);
        }
        Ok(None)
    }

    /// The number of the newest live sample.
    pub fn newest(&self, key: &Key, now: i64) -> Result<Option<u32>, DiskError> {
        let txn = self.databases().env.read_txn()?;
        Ok(self.newest_value(&txn, key, now)?.map(|(sample, _)| sample))
    }

    /// The highest sample number, live or not.
    pub fn highest(&self, key: &Key) -> Result<Option<u32>, DiskError> {
        let txn = self.databases().env.read_txn()?;
        let found = self
            .databases()
            .entries
            .get_lower_than_or_equal_to(&txn, &entry_key(key, u32::MAX))?;
        Ok(found.and_then(|(found, _)| sample_of(found, key)))
    }

    /// Hands an entry to the writer.
    pub fn put(&self, key: Key, entry: Arc<Entry>) -> Receipt {
        let (receipt, ack) = Receipt::pending();
        self.shared.writer.send(Job::Put { key, entry, ack });
        receipt
    }

    /// Notes that an entry was used.
    pub fn touch(&self, key: &Key, sample: u32) {
        self.shared.writer.send(Job::Touch { key: *key, sample });
    }

    /// All headers, newest first. Damaged entries are left out.
    pub fn list(&self) -> Result<Vec<(Key, Header)>, DiskError> {
        let txn = self.databases().env.read_txn()?;
        let mut listed = Vec::new();
        for item in self.databases().entries.iter(&txn)? {
            let (found, value) = item?;
            let key = found.get(..32).and_then(Key::from_bytes);
            if let (Some(key), Ok(header)) = (key, Entry::decode_header(value)) {
                listed.push((key, header));
            }
        }
        listed.sort_by_key(|(_, header)| std::cmp::Reverse(header.created));
        Ok(listed)
    }

    /// Entries and the bytes they take.
    pub fn size(&self) -> Result<(u64, u64), DiskError> {
        let txn = self.databases().env.read_txn()?;
        let items = self.databases().entries.len(&txn)?;
        Ok((items, bytes_held(self.databases(), &txn)?))
    }

    /// The counts of the store's life, as far as they are on disk.
    pub fn counters(&self) -> Result<Counters, DiskError> {
        let txn = self.databases().env.read_txn()?;
        stored_counters(self.databases(), &txn)
    }

    pub fn save_counters(&self, counters: Counters) {
        if counters != Counters::default() {
            self.shared.writer.send(Job::Count(counters));
        }
    }

    /// Waits until everything handed to the writer before is on disk.
    pub fn wait(&self) {
        let (receipt, ack) = Receipt::pending();
        self.shared.writer.send(Job::Barrier(ack));
        // A writer that is gone has nothing left to wait for.
        let _ = receipt.wait();
    }

    pub fn clear(&self) -> Result<u64, DiskError> {
        self.shared.writer.ask(|reply| Job::Clear { reply })
    }

    pub fn clear_expired(&self, now: i64) -> Result<u64, DiskError> {
        self.shared.writer.ask(|reply| Job::ClearExpired { now, reply })
    }
}

/// Moves a store that is none under a name that says when, so that a new one can be begun; any other fault stays one.
fn set_aside(path: &Path, error: &DiskError, now: i64) -> Result<(), DiskError> {
    let DiskError::NoStore(reason) = error else {
        return Err(error.clone());
    };
    let when = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
    let when = when.strftime("%Y%m%dT%H%M%SZ");
    let aside = path.with_file_name(format!("{LAYOUT}-damaged-{when}"));
    tracing::warn!(%reason, aside = %aside.display(), "the cache's store was set aside and a new one begun");
    std::fs::rename(path, aside)
        .and_then(|()| crate::files::private_directory(path))
        .map_err(|e| DiskError::Other(crate::text::io_reason(&e)))
}

fn open_databases(path: &Path) -> Result<Databases, DiskError> {
    let mut last = DiskError::Closed;
    for size in MAP_SIZES {
        match open_env(path, size) {
            Ok(env) => return create(env),
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

/// The one place that needs `unsafe`: LMDB maps the file, and a map is only sound while nobody but LMDB changes it. The
/// directory is ours and private, the environment is opened once a process ([`OPEN`]), and the flag turns nothing off
/// that guards it.
#[allow(unsafe_code)]
fn open_env(path: &Path, size: usize) -> heed::Result<Env<WithoutTls>> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(size).max_dbs(4).max_readers(READERS);
    unsafe {
        options.flags(EnvFlags::NO_READ_AHEAD);
        options.open(path)
    }
}

fn create(env: Env<WithoutTls>) -> Result<Databases, DiskError> {
    env.clear_stale_readers()?;
    let txn = env.write_txn()?;
    let [entries, created, meta] = env
        .create_databases_and_commit(txn, |opener, txn| {
            let databases = [
                opener.create_database::<Bytes, Bytes>(txn, Some("entries"))?,
                opener.create_database::<Bytes, Bytes>(txn, Some("created"))?,
                opener.create_database::<Bytes, Bytes>(txn, Some("meta"))?,
            ];
            Ok::<_, heed::Error>(heed::CommitOrAbort::<_, ()>::Commit(databases))
        })?
        .unwrap_commit();
    Ok(Databases {
        env,
        entries,
        created,
        meta,
    })
}
