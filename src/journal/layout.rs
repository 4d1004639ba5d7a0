//! The trees of the journal's store, and how a record lies in them.
//!
//! | tree | key | value |
//! |---|---|---|
//! | records | number | a record as JSON, packed by lz4, without prompt and candles |
//! | blobs | hash | how many records share it, then prompt or candles, deflated |
//! | links | number | the hashes of a record's prompt, of the candles before it and after it |
//! | heads | number | what lists and scores need |
//! | signatures | number | what searching needs |
//! | answers | hash of key, sample and time | number: an answer shown twice is recorded once |
//! | open | symbol, timeframe, number | nothing: what time has not decided |
//! | meta | name | versions, the next number |
//!
//! Numbers are big-endian, so that they lie in order. The last four trees but one follow from the first three, and are made
//! anew of them when their version changes.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use heed::types::Bytes;
use heed::{CommitOrAbort, Database, RoTxn, RwTxn, WithoutTls};

use super::record::{Head, Record};
use super::search::signature;
use crate::market::{Candle, canonical};
use crate::message::Message;
use crate::store::environment::Environment;
use crate::store::{DiskError, Unusable};

type Tree = Database<'static, Bytes, Bytes>;

/// The version of records, blobs and links.
const VERSION: u32 = 1;
/// The version of what follows from them.
const DERIVED: u32 = 3;
const VERSION_NAME: &[u8] = b"version";
const DERIVED_NAME: &[u8] = b"derived";
const NEXT: &[u8] = b"next";
const NAMES: [&str; 8] = [
    "records",
    "blobs",
    "links",
    "heads",
    "signatures",
    "answers",
    "open",
    "meta",
];

type Hash = [u8; 16];

/// The environment and its trees.
pub(super) struct Layout {
    pub environment: Environment,
    records: Tree,
    blobs: Tree,
    links: Tree,
    heads: Tree,
    signatures: Tree,
    answers: Tree,
    open: Tree,
    meta: Tree,
}

/// What a record shares with others.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Links {
    messages: Option<Hash>,
    window: Option<Hash>,
    later: Option<Hash>,
}

impl Layout {
    /// The trees of an environment, made where it has none, and made anew where they are of an older version.
    pub fn open(environment: Environment) -> Result<Self, DiskError> {
        let trees = match existing(&environment)? {
            Some(trees) => trees,
            None => create(&environment)?,
        };
        let [records, blobs, links, heads, signatures, answers, open, meta] = trees;
        let layout = Self {
            environment,
            records,
            blobs,
            links,
            heads,
            signatures,
            answers,
            open,
            meta,
        };
        let derived = {
            let txn = layout.environment.read()?;
            let version = layout.number(&txn, VERSION_NAME)?;
            if version != Some(u64::from(VERSION)) {
                let words = version.map_or_else(|| "not legible".to_owned(), |v| format!("layout {v}"));
                return Err(DiskError::Unusable(Unusable::Version(words)));
            }
            layout.number(&txn, DERIVED_NAME)?
        };
        if derived != Some(u64::from(DERIVED)) {
            layout.derive()?;
        }
        Ok(layout)
    }

    fn number(&self, txn: &RoTxn<'_, WithoutTls>, name: &[u8]) -> Result<Option<u64>, DiskError> {
        let value = self.meta.get(txn, name)?;
        Ok(value.and_then(|v| v.try_into().ok()).map(u64::from_be_bytes))
    }

    /// Makes lists, signatures and indices anew from the records.
    fn derive(&self) -> Result<(), DiskError> {
        let mut txn = self.environment.write()?.txn;
        for tree in [&self.heads, &self.signatures, &self.answers, &self.open] {
            tree.clear(&mut txn)?;
        }
        let ids = ids(self.records.iter(&txn)?)?;
        for id in ids {
            if let Some(record) = self.legible(&txn, id)? {
                self.index(&mut txn, &record)?;
            }
        }
        self.meta
            .put(&mut txn, DERIVED_NAME, &u64::from(DERIVED).to_be_bytes())?;
        txn.commit()?;
        Ok(())
    }

    /// The number of the record of this answer, if it is recorded.
    pub fn known(&self, txn: &RoTxn<'_, WithoutTls>, record: &Record) -> Result<Option<u64>, DiskError> {
        let found = self.answers.get(txn, &answer_of(record))?;
        Ok(found.and_then(|v| v.try_into().ok()).map(u64::from_be_bytes))
    }

    /// Adds a record; returns its number.
    pub fn add(&self, txn: &mut RwTxn<'_>, record: &mut Record) -> Result<u64, DiskError> {
        let next = self.number(txn, NEXT)?.unwrap_or(1);
        self.meta.put(txn, NEXT, &(next + 1).to_be_bytes())?;
        record.id = next;
        self.write(txn, record)?;
        Ok(next)
    }

    /// Writes a record as it is by now.
    pub fn write(&self, txn: &mut RwTxn<'_>, record: &Record) -> Result<(), DiskError> {
        let key = record.id.to_be_bytes();
        let before = self.links_of(txn, record.id)?;
        let links = Links {
            messages: self.keep(txn, &said(&record.messages))?,
            window: self.keep(txn, &table(&record.window))?,
            later: self.keep(txn, &table(&record.later))?,
        };
        self.let_go(txn, before)?;
        self.links.put(txn, &key, &json(&links)?)?;
        let bare = Record {
            messages: Vec::new(),
            window: Vec::new(),
            later: Vec::new(),
            ..record.clone()
        };
        self.records
            .put(txn, &key, &lz4_flex::compress_prepend_size(&json(&bare)?))?;
        self.index(txn, record)
    }

    fn index(&self, txn: &mut RwTxn<'_>, record: &Record) -> Result<(), DiskError> {
        let key = record.id.to_be_bytes();
        let head = postcard::to_stdvec(&record.head()).map_err(|e| DiskError::Other(e.to_string()))?;
        self.heads.put(txn, &key, &head)?;
        self.signatures.put(txn, &key, &signature(&record.words()))?;
        self.answers.put(txn, &answer_of(record), &key)?;
        let open = open_key(record);
        if record.is_open() {
            self.open.put(txn, &open, &[])?;
        } else {
            self.open.delete(txn, &open)?;
        }
        Ok(())
    }

    /// Removes a record; returns whether it was there.
    pub fn remove(&self, txn: &mut RwTxn<'_>, id: u64) -> Result<bool, DiskError> {
        let Some(record) = self.bare(txn, id)? else {
            return Ok(false);
        };
        let key = id.to_be_bytes();
        let links = self.links_of(txn, id)?;
        self.let_go(txn, links)?;
        for tree in [&self.records, &self.links, &self.heads, &self.signatures] {
            tree.delete(txn, &key)?;
        }
        self.answers.delete(txn, &answer_of(&record))?;
        self.open.delete(txn, &open_key(&record))?;
        Ok(true)
    }

    /// A record without prompt and candles.
    pub fn bare(&self, txn: &RoTxn<'_, WithoutTls>, id: u64) -> Result<Option<Record>, DiskError> {
        let Some(bytes) = self.records.get(txn, &id.to_be_bytes())? else {
            return Ok(None);
        };
        let damaged = || DiskError::Other(format!("record {id} is damaged; the others are not"));
        let json = lz4_flex::decompress_size_prepended(bytes).map_err(|_| damaged())?;
        serde_json::from_slice(&json).map(Some).map_err(|_| damaged())
    }

    /// A record, whole.
    pub fn whole(&self, txn: &RoTxn<'_, WithoutTls>, id: u64) -> Result<Option<Record>, DiskError> {
        let Some(mut record) = self.legible(txn, id)? else {
            return Ok(None);
        };
        let links = self.links_of(txn, id)?;
        record.window = self.blob(txn, links.window)?.map_or_else(Vec::new, |b| untable(&b));
        record.later = self.blob(txn, links.later)?.map_or_else(Vec::new, |b| untable(&b));
        Ok(Some(record))
    }

    /// A record without its candles.
    pub fn legible(&self, txn: &RoTxn<'_, WithoutTls>, id: u64) -> Result<Option<Record>, DiskError> {
        let Some(mut record) = self.bare(txn, id)? else {
            return Ok(None);
        };
        let links = self.links_of(txn, id)?;
        record.messages = self.blob(txn, links.messages)?.map_or_else(Vec::new, |b| unsaid(&b));
        Ok(Some(record))
    }

    /// Heads, the newest first, below the number `below` if one is given.
    pub fn heads<'t>(
        &self,
        txn: &'t RoTxn<'_, WithoutTls>,
        below: Option<u64>,
    ) -> Result<impl Iterator<Item = Head> + 't, DiskError> {
        let end = below.unwrap_or(u64::MAX).to_be_bytes();
        let range = (std::ops::Bound::Unbounded, std::ops::Bound::Excluded(end.as_slice()));
        let rows = self.heads.rev_range(txn, &range)?;
        // What is not legible is not listed; `show` says of it that it is damaged.
        Ok(rows.filter_map(|row| postcard::from_bytes(row.ok()?.1).ok()))
    }

    /// How many records there are.
    pub fn len(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<u64, DiskError> {
        Ok(self.heads.len(txn)?)
    }

    /// The numbers of records whose signature `may_match`, the newest first.
    pub fn candidates<'t>(
        &self,
        txn: &'t RoTxn<'_, WithoutTls>,
        may_match: impl Fn(&[u8]) -> bool + 't,
    ) -> Result<impl Iterator<Item = u64> + 't, DiskError> {
        let rows = self.signatures.rev_iter(txn)?;
        Ok(rows.filter_map(move |row| {
            let (key, signature) = row.ok()?;
            may_match(signature).then(|| key.try_into().ok().map(u64::from_be_bytes))?
        }))
    }

    /// The numbers of open records of a market.
    pub fn open_of(&self, txn: &RoTxn<'_, WithoutTls>, symbol: &str, timeframe: &str) -> Result<Vec<u64>, DiskError> {
        let prefix = market_key(symbol, timeframe);
        let mut ids = Vec::new();
        for row in self.open.prefix_iter(txn, &prefix)? {
            let (key, ()) = row.map(|(k, _)| (k, ()))?;
            ids.extend(key[prefix.len()..].try_into().ok().map(u64::from_be_bytes));
        }
        Ok(ids)
    }

    fn links_of(&self, txn: &RoTxn<'_, WithoutTls>, id: u64) -> Result<Links, DiskError> {
        let bytes = self.links.get(txn, &id.to_be_bytes())?;
        Ok(bytes.and_then(|b| serde_json::from_slice(b).ok()).unwrap_or_default())
    }

    /// Keeps `text` once more; nothing of an empty one.
    fn keep(&self, txn: &mut RwTxn<'_>, text: &str) -> Result<Option<Hash>, DiskError> {
        if text.is_empty() {
            return Ok(None);
        }
        let hash = short_hash(text.as_bytes());
        let value = match self.blobs.get(txn, &hash)?.and_then(split_count) {
            Some((count, packed)) => [&(count + 1).to_be_bytes(), packed].concat(),
            None => [1u32.to_be_bytes().to_vec(), deflate(text)?].concat(),
        };
        self.blobs.put(txn, &hash, &value)?;
        Ok(Some(hash))
    }

    /// What these links hold is held once less.
    fn let_go(&self, txn: &mut RwTxn<'_>, links: Links) -> Result<(), DiskError> {
        for hash in [links.messages, links.window, links.later].into_iter().flatten() {
            let Some((count, packed)) = self.blobs.get(txn, &hash)?.and_then(split_count) else {
                continue;
            };
            let value = [&count.saturating_sub(1).to_be_bytes(), packed].concat();
            if count <= 1 {
                self.blobs.delete(txn, &hash)?;
            } else {
                self.blobs.put(txn, &hash, &value)?;
            }
        }
        Ok(())
    }

    fn blob(&self, txn: &RoTxn<'_, WithoutTls>, hash: Option<Hash>) -> Result<Option<String>, DiskError> {
        let Some(hash) = hash else { return Ok(None) };
        let Some((_, packed)) = self.blobs.get(txn, &hash)?.and_then(split_count) else {
            return Ok(None);
        };
        let mut text = String::new();
        DeflateDecoder::new(packed).read_to_string(&mut text)?;
        Ok(Some(text))
    }
}

fn ids<'t>(rows: impl Iterator<Item = heed::Result<(&'t [u8], &'t [u8])>>) -> Result<Vec<u64>, DiskError> {
    let mut ids = Vec::new();
    for row in rows {
        ids.extend(row?.0.try_into().ok().map(u64::from_be_bytes));
    }
    Ok(ids)
}

fn existing(environment: &Environment) -> Result<Option<[Tree; 8]>, DiskError> {
    let txn = environment.read()?;
    if environment.env().unnamed_database_stat().entries == 0 {
        return Ok(None);
    }
    let opened = environment.env().open_databases_and_commit(txn.txn, |opener, txn| {
        let mut trees = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            let Some(tree) = opener.open_database::<Bytes, Bytes>(txn, Some(name))? else {
                return Ok(CommitOrAbort::Abort(()));
            };
            trees.push(tree);
        }
        Ok::<_, heed::Error>(match <[_; 8]>::try_from(trees) {
            Ok(trees) => CommitOrAbort::Commit(trees),
            Err(_) => CommitOrAbort::Abort(()),
        })
    })?;
    match opened {
        CommitOrAbort::Commit(trees) => Ok(Some(trees)),
        CommitOrAbort::Abort(()) => Err(DiskError::Unusable(Unusable::Foreign("it has other tables".to_owned()))),
    }
}

fn create(environment: &Environment) -> Result<[Tree; 8], DiskError> {
    let txn = environment.write()?;
    let created = environment.env().create_databases_and_commit(txn.txn, |opener, txn| {
        let mut trees = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            trees.push(opener.create_database::<Bytes, Bytes>(txn, Some(name))?);
        }
        let Ok(trees) = <[_; 8]>::try_from(trees) else {
            return Ok(CommitOrAbort::Abort(()));
        };
        for (name, version) in [(VERSION_NAME, VERSION), (DERIVED_NAME, DERIVED)] {
            trees[7].put(txn, name, &u64::from(version).to_be_bytes())?;
        }
        Ok::<_, heed::Error>(CommitOrAbort::Commit(trees))
    })?;
    match created {
        CommitOrAbort::Commit(trees) => Ok(trees),
        CommitOrAbort::Abort(()) => Err(DiskError::Closed),
    }
}

/// What tells one answer from every other.
fn answer_of(record: &Record) -> Hash {
    short_hash(format!("{} {} {}", record.key, record.sample, record.created).as_bytes())
}

fn short_hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 16];
    hash.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    hash
}

/// Names are hashed: LMDB's keys are short, and a symbol may be of any length.
fn market_key(symbol: &str, timeframe: &str) -> Hash {
    short_hash(format!("{symbol}\0{timeframe}").as_bytes())
}

fn open_key(record: &Record) -> Vec<u8> {
    let market = record.market.as_ref();
    let timeframe = market.map_or_else(String::new, |m| m.timeframe.to_string());
    let prefix = market_key(market.map_or("", |m| m.symbol.as_str()), &timeframe);
    [prefix.as_slice(), &record.id.to_be_bytes()].concat()
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, DiskError> {
    serde_json::to_vec(value).map_err(|e| DiskError::Other(e.to_string()))
}

fn deflate(text: &str) -> Result<Vec<u8>, DiskError> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes())?;
    Ok(packer.finish()?)
}

fn split_count(value: &[u8]) -> Option<(u32, &[u8])> {
    let (count, packed) = value.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*count), packed))
}

fn said(messages: &[Message]) -> String {
    if messages.is_empty() {
        return String::new();
    }
    // Messages are text: they have a JSON form.
    serde_json::to_string(messages).unwrap_or_default()
}

fn unsaid(text: &str) -> Vec<Message> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Candles as a table, as they are read.
fn table(candles: &[Candle]) -> String {
    if candles.is_empty() {
        String::new()
    } else {
        canonical(candles)
    }
}

fn untable(text: &str) -> Vec<Candle> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map_while(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{Source, Terms};
    use crate::store::environment::MAP_SIZES;

    pub(in crate::journal) fn record(n: i64) -> Record {
        let candle = |time: i64| Candle {
            time,
            open: 1.5,
            high: 2.25,
            low: 1.125,
            close: 1.75,
            volume: 3.0,
        };
        Record {
            id: 0,
            shown: n,
            label: format!("question {n}"),
            model: "offline/2".to_owned(),
            answered_by: "offline/2".to_owned(),
            template: None,
            market: None,
            answer: "an answer".to_owned(),
            finish: "stop".to_owned(),
            complete: true,
            setup: None,
            setup_source: Source::None,
            alternatives: Vec::new(),
            checks: Vec::new(),
            key: format!("{n:064x}"),
            sample: 0,
            created: n,
            latency_ms: 1.0,
            tokens: None,
            cost_usd: None,
            terms: Terms::default(),
            note: String::new(),
            tags: Vec::new(),
            decided: None,
            messages: vec![Message {
                role: crate::message::Role::User,
                text: "the same of all".to_owned(),
            }],
            window: (0..20).map(candle).collect(),
            later: Vec::new(),
        }
    }

    fn open(directory: &std::path::Path) -> Layout {
        Layout::open(Environment::open(directory, &MAP_SIZES).unwrap()).unwrap()
    }

    fn change<T>(layout: &Layout, change: impl FnOnce(&mut RwTxn<'_>) -> T) -> T {
        let mut txn = layout.environment.write().unwrap().txn;
        let value = change(&mut txn);
        txn.commit().unwrap();
        value
    }

    #[test]
    fn lists_of_an_older_version_are_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let layout = open(directory.path());
        change(&layout, |txn| {
            for n in 1..=3 {
                layout.add(txn, &mut record(n)).unwrap();
            }
            layout.heads.clear(txn).unwrap();
            layout.signatures.clear(txn).unwrap();
            layout.meta.put(txn, DERIVED_NAME, &0u64.to_be_bytes()).unwrap();
        });
        drop(layout);
        let layout = open(directory.path());
        let txn = layout.environment.read().unwrap();
        let ids: Vec<u64> = layout.heads(&txn, None).unwrap().map(|h| h.id).collect();
        assert_eq!(ids, [3, 2, 1]);
        assert_eq!(layout.candidates(&txn, |_| true).unwrap().count(), 3);
        assert_eq!(layout.heads(&txn, Some(2)).unwrap().count(), 1);
    }

    #[test]
    fn a_layout_of_the_future_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let layout = open(directory.path());
        change(&layout, |txn| {
            layout.meta.put(txn, VERSION_NAME, &9u64.to_be_bytes()).unwrap()
        });
        drop(layout);
        let opened = Layout::open(Environment::open(directory.path(), &MAP_SIZES).unwrap());
        assert!(matches!(opened, Err(DiskError::Unusable(Unusable::Version(_)))));
    }

    #[test]
    fn what_records_share_goes_with_the_last_of_them() {
        let directory = tempfile::tempdir().unwrap();
        let layout = open(directory.path());
        let blobs = |layout: &Layout| layout.blobs.len(&layout.environment.read().unwrap()).unwrap();
        change(&layout, |txn| {
            layout.add(txn, &mut record(1)).unwrap();
            layout.add(txn, &mut record(2)).unwrap();
        });
        assert_eq!(blobs(&layout), 2, "one prompt and one table of candles");
        // Written anew as it is, or with a note, it shares as before.
        let whole = layout.whole(&layout.environment.read().unwrap(), 1).unwrap().unwrap();
        assert_eq!(whole, Record { id: 1, ..record(1) });
        change(&layout, |txn| layout.write(txn, &whole).unwrap());
        change(&layout, |txn| layout.remove(txn, 1).unwrap());
        assert_eq!(blobs(&layout), 2);
        let whole = layout.whole(&layout.environment.read().unwrap(), 2).unwrap().unwrap();
        assert_eq!((whole.messages.len(), whole.window.len()), (1, 20));
        change(&layout, |txn| layout.remove(txn, 2).unwrap());
        assert_eq!(blobs(&layout), 0);
        assert!(!change(&layout, |txn| layout.remove(txn, 2).unwrap()));
    }
}
