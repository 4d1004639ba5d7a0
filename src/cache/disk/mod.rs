//! The disk tier: LMDB laid out as [`schema`] says, read here, written by one thread ([`writer`]).
//!
//! [`store`](crate::store) finds directory and file fit, and opens them.

mod compact;
mod listing;
mod recency;
mod schema;
mod verify;
mod writer;
mod writing;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use heed::{RoTxn, WithoutTls};

use super::Want;
use super::entry::{Entry, Header};
use super::key::Key;
use super::stats::Counters;
use crate::store::{DiskError, SetAside};
use crate::ttl::Ttl;

pub use compact::{Compacted, compact};
pub use listing::{Listed, Listing};
pub use verify::Verified;
pub use writer::Receipt;

use crate::store::environment::{Environment, MAP_SIZES};
use crate::store::place::Place;
use recency::Recency;
use schema::{Databases, at, sample_of};
use writer::{Common, Job, Writer};

/// The longest that one of this process's own is waited for on its way out.
const PATIENCE: Duration = Duration::from_secs(5);

/// LMDB allows an environment once a process; several caches on one directory share it.
static OPEN: LazyLock<Mutex<HashMap<PathBuf, Weak<Shared>>>> = LazyLock::new(Mutex::default);

/// The writer goes first, then the environment closes.
struct Shared {
    writer: Writer,
    common: Arc<Common>,
}

/// The newest live sample of a question.
struct Newest<'t> {
    sample: u32,
    value: &'t [u8],
    /// Whether there is none above it, live or not.
    is_last: bool,
}

/// The disk tier.
pub(super) struct Disk {
    shared: Arc<Shared>,
    ttl: Ttl,
}

impl Disk {
    /// Opens the store, or begins one. One that cannot be used is set aside first.
    pub fn open(directory: &Path, limit: u64, ttl: Ttl, now: i64) -> Result<(Self, Option<SetAside>), DiskError> {
        // The lock is held while opening, so that no second environment is opened meanwhile.
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = directory.canonicalize().ok();
        if let Some(shared) = known.as_ref().and_then(|path| open.get(path)).and_then(Weak::upgrade) {
            return Ok((Self { shared, ttl }, None));
        }
        let mut place = Place::claim(directory)?;
        let begun = Instant::now();
        let mut aside = None;
        let databases = loop {
            match open_databases(&place) {
                Ok(databases) => break databases,
                Err(DiskError::Unusable(reason)) if aside.is_none() && place.alone() => {
                    aside = Some(place.set_aside(reason, now)?);
                }
                Err(DiskError::Busy) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => {
                    let (path, reason) = (place.store().display().to_string(), error.to_string());
                    return Err(DiskError::Store { path, reason });
                }
            }
        };
        place.keep_files_private();
        place.share()?;
        place.vouch(true);
        let common = Arc::new(Common {
            limit,
            databases,
            place,
            recency: Recency::new(),
            ttl,
            now: AtomicI64::new(now),
            gone: Mutex::default(),
            trouble: Mutex::default(),
        });
        let writer = Writer::start(Arc::clone(&common));
        let shared = Arc::new(Shared { writer, common });
        if let Ok(path) = directory.canonicalize() {
            open.retain(|_, shared| shared.strong_count() > 0);
            open.insert(path, Arc::downgrade(&shared));
        }
        Ok((Self { shared, ttl }, aside))
    }

    fn databases(&self) -> &Databases {
        &self.shared.common.databases
    }

    /// The number of the last commit, this process's or another's.
    pub fn generation(&self) -> usize {
        self.databases().environment.last_commit()
    }

    /// How often it was cleared, or something taken out of it by hand, by whatever process.
    pub fn epoch(&self) -> Result<u64, DiskError> {
        let txn = self.databases().environment.read()?;
        Ok(self.databases().ledger(&txn)?.epoch)
    }

    /// The entry wanted, if it is there and live, and whether it is known to be the last of its samples.
    pub fn get(&self, key: &Key, want: Want, now: i64) -> Result<Option<(Entry, bool)>, DiskError> {
        let txn = self.databases().environment.read()?;
        let (sample, value, is_last) = match want {
            Want::Sample(sample) => match self.databases().entries.get(&txn, &at(key, sample))? {
                Some(value) => (sample, value, false),
                None => return Ok(None),
            },
            Want::Newest => match self.newest_value(&txn, key, now)? {
                Some(found) => (found.sample, found.value, found.is_last),
                None => return Ok(None),
            },
        };
        match Entry::decode(key, sample, value) {
            Ok(entry) => Ok(entry.header.is_live(self.ttl, now).then_some((entry, is_last))),
            Err(error) => {
                drop(txn);
                self.shared.writer.send(Job::RemoveDamaged { key: *key, sample });
                Err(error)
            }
        }
    }

    fn newest_value<'t>(
        &self,
        txn: &'t RoTxn<'_, WithoutTls>,
        key: &Key,
        now: i64,
    ) -> Result<Option<Newest<'t>>, DiskError> {
        let mut bound = at(key, u32::MAX);
        let mut is_last = true;
        while let Some((found, value)) = self.databases().entries.get_lower_than_or_equal_to(txn, &bound)? {
            let Some(sample) = sample_of(found, key) else {
                return Ok(None);
            };
            // A header that cannot be read is told when the whole entry is.
            let live = Entry::decode_header(value).map_or(true, |h| h.is_live(self.ttl, now));
            if live {
                return Ok(Some(Newest { sample, value, is_last }));
            }
            is_last = false;
            let Some(lower) = sample.checked_sub(1) else {
                return Ok(None);
            };
            bound = at(key, lower);
        }
        Ok(None)
    }

    /// The number of the newest live sample, and whether it is the last there is.
    pub fn newest(&self, key: &Key, now: i64) -> Result<Option<(u32, bool)>, DiskError> {
        let txn = self.databases().environment.read()?;
        Ok(self
            .newest_value(&txn, key, now)?
            .map(|newest| (newest.sample, newest.is_last)))
    }

    /// The highest sample number, live or not.
    pub fn highest(&self, key: &Key) -> Result<Option<u32>, DiskError> {
        let txn = self.databases().environment.read()?;
        let entries = &self.databases().entries;
        let found = entries.get_lower_than_or_equal_to(&txn, &at(key, u32::MAX))?;
        Ok(found.and_then(|(found, _)| sample_of(found, key)))
    }

    /// The request that a question's entries answer, as its canonical bytes, if it was kept.
    pub fn asked(&self, key: &Key) -> Result<Option<Vec<u8>>, DiskError> {
        let txn = self.databases().environment.read()?;
        let packed = self.databases().asked.get(&txn, key.bytes())?;
        packed.map(|packed| schema::unpack(key, packed)).transpose()
    }

    /// Hands an entry to the writer; `asked` is the request's canonical bytes.
    pub fn put(&self, key: Key, entry: Arc<Entry>, asked: Vec<u8>) -> Receipt {
        self.shared.writer.send(Job::Put { key, entry, asked })
    }

    /// Notes that LMDB itself found the file damaged: it is not to be believed in order.
    pub fn distrust(&self) {
        self.shared.common.place.vouch(false);
    }

    /// Notes that an entry was found.
    pub fn touch(&self, key: &Key, sample: u32) {
        if self.shared.common.recency.note(at(key, sample)) {
            self.shared.writer.send(Job::Settle);
        }
    }

    /// Tells the time, by which what has expired is judged.
    pub fn tell(&self, now: i64) {
        self.shared.common.now.store(now, Ordering::Relaxed);
    }

    pub fn remove(&self, key: &Key, sample: Option<u32>) -> Receipt {
        self.shared.writer.send(Job::Remove { key: *key, sample })
    }

    pub fn pin(&self, key: &Key, sample: u32, pinned: bool) -> Receipt {
        let at = at(key, sample);
        self.shared.writer.send(Job::Pin { at, pinned })
    }

    /// Entries, and the bytes that they take on disk.
    pub fn size(&self) -> Result<(u64, u64), DiskError> {
        let txn = self.databases().environment.read()?;
        let items = self.databases().entries.len(&txn)?;
        Ok((items, self.databases().ledger(&txn)?.bytes))
    }

    /// The length of the store's file: what it has taken at its fullest, until it is compacted.
    pub fn file_bytes(&self) -> u64 {
        std::fs::metadata(self.shared.common.place.data()).map_or(0, |data| data.len())
    }

    /// The bytes that entries may take.
    pub fn limit(&self) -> u64 {
        self.shared.common.limit()
    }

    /// The counts of the store's life, as far as they are on disk.
    pub fn counters(&self) -> Result<Counters, DiskError> {
        let txn = self.databases().environment.read()?;
        self.databases().counters(&txn)
    }

    /// What this process's writer had to remove.
    pub fn gone(&self) -> Counters {
        let gone = self.shared.common.gone.lock().unwrap_or_else(PoisonError::into_inner);
        gone.clone()
    }

    /// Why the last write failed, if it did.
    pub fn trouble(&self) -> Option<DiskError> {
        let trouble = self
            .shared
            .common
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }

    pub fn save_counters(&self, counters: Counters) {
        if counters != Counters::default() {
            self.shared.writer.send(Job::Count(counters));
        }
    }

    /// Writes what has gathered; the receipt tells when everything handed to the writer before is on disk.
    pub fn settle(&self) -> Receipt {
        self.shared.writer.send(Job::Settle)
    }

    /// With `epoch`, other processes empty their memory too.
    pub fn clear(&self, epoch: bool) -> Result<u64, DiskError> {
        self.shared.writer.send(Job::Clear { epoch }).wait()
    }

    /// Removes some of what has expired by `now`; zero when there is no more.
    pub fn sweep(&self, now: i64) -> Receipt {
        self.shared.writer.send(Job::Sweep { now })
    }

    fn mend(&self) -> Result<u64, DiskError> {
        self.shared.writer.send(Job::Mend).wait()
    }

    /// The headers of a question's samples, live or not, lowest first.
    pub fn samples(&self, key: &Key) -> Result<Vec<Header>, DiskError> {
        let txn = self.databases().environment.read()?;
        let mut samples = Vec::new();
        for item in self.databases().entries.prefix_iter(&txn, key.bytes())? {
            samples.extend(Entry::decode_header(item?.1));
        }
        Ok(samples)
    }

    /// The keys that begin with these hexadecimal digits, at most `most` of them.
    pub fn keys(&self, digits: &str, most: usize) -> Result<Vec<Key>, DiskError> {
        let (from, until) = Key::range(digits);
        let txn = self.databases().environment.read()?;
        let mut keys: Vec<Key> = Vec::new();
        let mut bound = at(&from, 0);
        while keys.len() < most {
            let found = self.databases().entries.get_greater_than_or_equal_to(&txn, &bound)?;
            let Some((key, _)) = found
                .and_then(|(found, _)| schema::place(found))
                .filter(|(key, _)| *key <= until)
            else {
                break;
            };
            if keys.last() == Some(&key) {
                break;
            }
            keys.push(key);
            bound = at(&key, u32::MAX);
        }
        Ok(keys)
    }
}

fn open_databases(place: &Place) -> Result<Databases, DiskError> {
    place.examine()?;
    let environment = Environment::open(place.store(), &MAP_SIZES)?;
    environment.env().clear_stale_readers()?;
    Databases::open(environment)
}
