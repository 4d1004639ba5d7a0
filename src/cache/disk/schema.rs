//! The store's layout: its trees, their keys, and the small values among them.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `entries` | key, sample | the entry ([`crate::cache::entry`]) |
//! | `rows` | key, sample | what is kept about it ([`Row`]) |
//! | `asked` | key | the request's canonical bytes, compressed |
//! | `created` | created, key, sample | nothing: the order of age |
//! | `due` | 0 and created, or 1 and expires; key, sample | nothing: the order of expiry |
//! | `recent` | tick | key, sample: the order of use |
//! | `meta` | a name | version, ledger, lifetime counts |
//!
//! Integers in keys are big-endian, so that bytes sort as numbers do. An entry whose time to live is the cache's default
//! lies in `due` by its creation: a changed default applies to what is there.

use heed::types::Bytes;
use heed::{AnyTls, Database, RoTxn};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use crate::cache::entry::{Header, Lifetime};
use crate::cache::key::Key;
use crate::cache::stats::Counters;
use crate::store::environment::Environment;
use crate::store::{DiskError, Unusable};
use crate::ttl::Ttl;

pub(super) type Tree = Database<'static, Bytes, Bytes>;

/// The version of what is described above.
const VERSION: u32 = 1;
const NAMES: [&str; 7] = ["entries", "rows", "asked", "created", "due", "recent", "meta"];

/// The environment and its trees.
pub(super) struct Databases {
    pub environment: Environment,
    pub entries: Tree,
    pub rows: Tree,
    pub asked: Tree,
    pub created: Tree,
    pub due: Tree,
    pub recent: Tree,
    pub meta: Tree,
}

impl Databases {
    /// The trees of an environment; in an empty one they are made.
    pub fn open(environment: Environment) -> Result<Self, DiskError> {
        let trees = match existing(&environment)? {
            Some(trees) => trees,
            None => create(&environment)?,
        };
        let [entries, rows, asked, created, due, recent, meta] = trees;
        Ok(Self {
            environment,
            entries,
            rows,
            asked,
            created,
            due,
            recent,
            meta,
        })
    }
}

fn existing(environment: &Environment) -> Result<Option<[Tree; 7]>, DiskError> {
    let txn = environment.read()?;
    let main = environment.env().unnamed_database_stat();
    if main.entries == 0 {
        return Ok(None);
    }
    let opened = environment.env().open_databases_and_commit(txn.txn, |opener, txn| {
        let mut trees = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            let Some(tree) = opener.open_database::<Bytes, Bytes>(txn, Some(name))? else {
                return Ok(heed::CommitOrAbort::Abort(()));
            };
            trees.push(tree);
        }
        Ok::<_, heed::Error>(match <[_; 7]>::try_from(trees) {
            Ok(trees) => heed::CommitOrAbort::Commit(trees),
            Err(_) => heed::CommitOrAbort::Abort(()),
        })
    })?;
    let heed::CommitOrAbort::Commit(trees) = opened else {
        return Err(DiskError::Unusable(Unusable::Foreign("it has other tables".to_owned())));
    };
    let txn = environment.read()?;
    let version = trees[6].get(&txn, VERSION_NAME)?;
    match version.and_then(unseal::<u32>) {
        Some(VERSION) => Ok(Some(trees)),
        Some(other) => Err(DiskError::Unusable(Unusable::Version(format!("layout {other}")))),
        None => Err(DiskError::Unusable(Unusable::Damaged(
            "its version is not legible".to_owned(),
        ))),
    }
}

fn create(environment: &Environment) -> Result<[Tree; 7], DiskError> {
    let txn = environment.write()?;
    let created = environment.env().create_databases_and_commit(txn.txn, |opener, txn| {
        let [entries, rows, asked, created, due, recent, meta] = NAMES;
        let trees = [
            opener.create_database::<Bytes, Bytes>(txn, Some(entries))?,
            opener.create_database::<Bytes, Bytes>(txn, Some(rows))?,
            opener.create_database::<Bytes, Bytes>(txn, Some(asked))?,
            opener.create_database::<Bytes, Bytes>(txn, Some(created))?,
            opener.create_database::<Bytes, Bytes>(txn, Some(due))?,
            opener.create_database::<Bytes, Bytes>(txn, Some(recent))?,
            opener.create_database::<Bytes, Bytes>(txn, Some(meta))?,
        ];
        trees[6].put(txn, VERSION_NAME, &seal(&VERSION))?;
        Ok::<_, heed::Error>(heed::CommitOrAbort::<_, ()>::Commit(trees))
    })?;
    Ok(created.unwrap_commit())
}

const VERSION_NAME: &[u8] = b"version";
const LEDGER: &[u8] = b"ledger";
const COUNTERS: &[u8] = b"counters";

/// A small value with its checksum before it.
pub(super) fn seal<T: Serialize>(value: &T) -> Vec<u8> {
    // Integers, floats and strings into a growing vector: nothing in it can fail.
    let body = postcard::to_stdvec(value).unwrap_or_default();
    let mut sealed = XxHash3_64::oneshot(&body).to_le_bytes().to_vec();
    sealed.extend(body);
    sealed
}

/// The value, if it is as it was sealed.
pub(super) fn unseal<T: for<'d> Deserialize<'d>>(sealed: &[u8]) -> Option<T> {
    let (sum, body) = sealed.split_first_chunk::<8>()?;
    (u64::from_le_bytes(*sum) == XxHash3_64::oneshot(body)).then(|| postcard::from_bytes(body).ok())?
}

/// Key and sample: where an entry lies.
pub(super) type At = [u8; 36];

pub(super) fn at(key: &Key, sample: u32) -> At {
    let mut bytes = [0; 36];
    bytes[..32].copy_from_slice(key.bytes());
    bytes[32..].copy_from_slice(&sample.to_be_bytes());
    bytes
}

/// Key and sample read back from where an entry lies.
pub(super) fn place(at: &[u8]) -> Option<(Key, u32)> {
    let (key, sample) = at.split_at_checked(32)?;
    Some((Key::from_bytes(key)?, u32::from_be_bytes(sample.try_into().ok()?)))
}

/// The sample, if the entry lies under this key.
pub(super) fn sample_of(at: &[u8], key: &Key) -> Option<u32> {
    place(at).and_then(|(found, sample)| (found == *key).then_some(sample))
}

/// A time so that bytes sort as times do; one before 1970 sorts before all others.
fn ordered(millis: i64) -> [u8; 8] {
    (millis.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

pub(super) fn created_key(created: i64, at: &At) -> [u8; 44] {
    let mut bytes = [0; 44];
    bytes[..8].copy_from_slice(&ordered(created));
    bytes[8..].copy_from_slice(at);
    bytes
}

const DUE_BY_DEFAULT: u8 = 0;
const DUE_AT: u8 = 1;

/// Where an entry lies in the order of expiry; `None` for one that never expires.
pub(super) fn due_key(created: i64, lifetime: Lifetime, at: &At) -> Option<[u8; 45]> {
    let (class, time) = match lifetime {
        Lifetime::Default => (DUE_BY_DEFAULT, created),
        Lifetime::Until(expires) => (DUE_AT, expires),
        Lifetime::Forever => return None,
    };
    let mut bytes = [0; 45];
    bytes[0] = class;
    bytes[1..9].copy_from_slice(&ordered(time));
    bytes[9..].copy_from_slice(at);
    Some(bytes)
}

/// The two ranges of `due` that hold what has expired by `now`; each entry's place is the last 36 bytes.
fn due_ranges(default: Ttl, now: i64) -> Vec<([u8; 1], [u8; 9])> {
    let end = |class: u8, time: i64| {
        let mut bytes = [class; 9];
        // What expires at `now` is gone at `now`.
        bytes[1..].copy_from_slice(&ordered(time.saturating_add(1)));
        ([class], bytes)
    };
    let by_default = match default {
        Ttl::Never => None,
        Ttl::For(length) => {
            let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
            now.checked_sub(length).map(|time| end(DUE_BY_DEFAULT, time))
        }
    };
    by_default.into_iter().chain([end(DUE_AT, now)]).collect()
}

/// What is kept about an entry beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    /// Its place in the order of use; 0 for a pinned one, which has none.
    pub tick: u64,
    /// As its header says.
    pub created: i64,
    /// As its header says.
    pub lifetime: Lifetime,
    /// The bytes that it takes on disk.
    pub room: u64,
    /// How often it was found.
    pub hits: u32,
}

impl Row {
    pub fn new(header: &Header, room: u64) -> Self {
        Self {
            tick: 0,
            created: header.created,
            lifetime: header.lifetime(),
            room,
            hits: 0,
        }
    }

    pub fn is_pinned(&self) -> bool {
        self.tick == 0
    }
}

/// The store's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// What all entries and questions take.
    pub bytes: u64,
    /// What of it is pinned.
    pub pinned: u64,
    /// The last place given in the order of use.
    pub tick: u64,
    /// How often it was cleared, or something taken out of it by hand.
    pub epoch: u64,
}

impl Databases {
    /// Rows of `due` that have expired by `now`, at most `most`.
    pub fn due_by(&self, txn: &RoTxn<'_, AnyTls>, ttl: Ttl, now: i64, most: usize) -> Result<Vec<Vec<u8>>, DiskError> {
        use std::ops::Bound;
        let mut rows = Vec::new();
        for (from, until) in due_ranges(ttl, now) {
            let range = (Bound::Included(from.as_slice()), Bound::Excluded(until.as_slice()));
            for item in self.due.range(txn, &range)?.take(most - rows.len()) {
                rows.push(item?.0.to_vec());
            }
        }
        Ok(rows)
    }

    /// Whether anything has expired by `now`.
    pub fn anything_due(&self, ttl: Ttl, now: i64) -> Result<bool, DiskError> {
        let txn = self.environment.read()?;
        Ok(!self.due_by(&txn, ttl, now, 1)?.is_empty())
    }

    /// The ledger; one that is not legible is drawn up anew.
    pub fn ledger(&self, txn: &RoTxn<'_, AnyTls>) -> Result<Ledger, DiskError> {
        match self.meta.get(txn, LEDGER)? {
            None => Ok(Ledger::default()),
            Some(sealed) => match unseal(sealed) {
                Some(ledger) => Ok(ledger),
                None => self.draw_up(txn),
            },
        }
    }

    /// The ledger as the rows have it.
    pub fn draw_up(&self, txn: &RoTxn<'_, AnyTls>) -> Result<Ledger, DiskError> {
        let mut ledger = Ledger::default();
        for item in self.rows.iter(txn)? {
            let Some(row) = unseal::<Row>(item?.1) else { continue };
            ledger.bytes += row.room;
            ledger.pinned += if row.is_pinned() { row.room } else { 0 };
            ledger.tick = ledger.tick.max(row.tick);
        }
        for item in self.asked.iter(txn)? {
            ledger.bytes += room(32, item?.1.len());
        }
        let last = self.recent.last(txn)?.and_then(|(tick, _)| tick.try_into().ok());
        ledger.tick = ledger.tick.max(last.map_or(0, u64::from_be_bytes));
        Ok(ledger)
    }

    pub fn save_ledger(&self, txn: &mut heed::RwTxn<'_>, ledger: &Ledger) -> Result<(), DiskError> {
        Ok(self.meta.put(txn, LEDGER, &seal(ledger))?)
    }

    /// The counts of the store's life; illegible ones begin anew.
    pub fn counters(&self, txn: &RoTxn<'_, AnyTls>) -> Result<Counters, DiskError> {
        let stored = self.meta.get(txn, COUNTERS)?;
        let json: Option<Vec<u8>> = stored.and_then(unseal);
        Ok(json
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default())
    }

    pub fn save_counters(&self, txn: &mut heed::RwTxn<'_>, counters: &Counters) -> Result<(), DiskError> {
        // By name, so that a release with more counts still reads these.
        let json = serde_json::to_vec(counters).map_err(|e| DiskError::Other(e.to_string()))?;
        Ok(self.meta.put(txn, COUNTERS, &seal(&json))?)
    }
}

/// A request's text that is longer is not kept.
const LONGEST_QUESTION: usize = 4 << 20;

/// A request's canonical bytes as they are kept; `None` for what is not.
pub(super) fn pack(asked: &[u8]) -> Option<Vec<u8>> {
    let fits = !asked.is_empty() && asked.len() <= LONGEST_QUESTION;
    fits.then(|| lz4_flex::compress_prepend_size(asked))
}

/// The canonical bytes, if they are what the key is the hash of: no other checksum is needed.
pub(super) fn unpack(key: &Key, packed: &[u8]) -> Result<Vec<u8>, DiskError> {
    let (size, body) = lz4_flex::block::uncompressed_size(packed).map_err(|_| DiskError::Damaged)?;
    if size > LONGEST_QUESTION {
        return Err(DiskError::Damaged);
    }
    let asked = lz4_flex::decompress(body, size).map_err(|_| DiskError::Damaged)?;
    if Key::of(&asked) == *key {
        Ok(asked)
    } else {
        Err(DiskError::Damaged)
    }
}

/// LMDB's pages on the machines it is used on; a larger one only makes the estimate below low.
const PAGE: usize = 4096;
const PAGE_HEADER: usize = 16;
/// The largest node that is kept in a leaf: two fit a page.
const LARGEST_NODE: usize = (PAGE - PAGE_HEADER) / 2 - 2;
/// Node header and slot.
const NODE: usize = 10;
/// How full leaves are that are filled in random order.
const FILL: f64 = 0.69;

/// About how many bytes of the file a value takes: a large one whole pages, a small one its share of a leaf.
pub(super) fn room(key: usize, value: usize) -> u64 {
    let share = |bytes: usize| (bytes as f64 / FILL) as u64;
    if NODE + key + value > LARGEST_NODE {
        let pages = (PAGE_HEADER + value).div_ceil(PAGE);
        (pages * PAGE) as u64 + share(NODE + key + 8)
    } else {
        share(NODE + key + value)
    }
}

/// What the order of age, of expiry and of use, and the row take for one entry.
pub(super) fn index_room() -> u64 {
    const ROW: usize = 30;
    room(36, ROW) + room(44, 0) + room(45, 0) + room(8, 36)
}
