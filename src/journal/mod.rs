//! What was asked, what came back and what became of it. Clearing the cache never touches it.
//!
//! [`Journal`] is a store of its own in the data directory, laid out as `layout` says: one [`Record`] for each answer that
//! was shown. Nothing leaves it unless that is asked for. [`walks`] keeps each walk as a file of its own.

mod layout;
mod record;
mod search;
pub mod walks;

use std::path::Path;

use crate::setup::score::Trial;
use crate::store::DiskError;
use crate::store::environment::{Environment, MAP_SIZES};
use crate::store::place::Place;
use layout::Layout;

pub use record::{Decided, Head, MarketId, Record, TemplateId, WINDOW};
pub use search::Query;

/// The directory of the journal below the data directory.
const DIRECTORY: &str = "journal";

/// Why the journal did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Its store cannot be used. Nothing of it is touched.
    #[error("journal: {0}; nothing in it was changed, choose another place with --data-dir")]
    Store(#[from] DiskError),
    /// There is no such record.
    #[error("no record {0} in the journal; `wickdesk history list` shows which there are")]
    NoRecord(u64),
}

/// The journal. Dropped, it closes the store.
pub struct Journal {
    // The environment closes before the hold on its place is let go.
    layout: Layout,
    _place: Place,
}

impl Journal {
    /// Opens the journal in the data directory, or begins one. What cannot be used is left as it is.
    ///
    /// # Errors
    /// [`JournalError::Store`] says what is wrong with the place or the file.
    pub fn open(data: &Path) -> Result<Self, JournalError> {
        crate::files::private_directory(data).map_err(DiskError::from)?;
        let mut place = Place::claim(&data.join(DIRECTORY))?;
        place.examine()?;
        let environment = Environment::open(place.store(), &MAP_SIZES)?;
        environment.env().clear_stale_readers().map_err(DiskError::from)?;
        let layout = Layout::open(environment)?;
        place.keep_files_private();
        place.share()?;
        place.vouch(true);
        Ok(Self { layout, _place: place })
    }

    /// Whether there is a journal in the data directory.
    pub fn exists(data: &Path) -> bool {
        data.join(DIRECTORY).is_dir()
    }

    /// Records an answer, unless it is recorded. Returns its number, and whether it is new. It is on disk by then.
    ///
    /// # Errors
    /// [`JournalError::Store`]
    pub fn record(&self, mut record: Record) -> Result<(u64, bool), JournalError> {
        let known = self.layout.known(&*self.layout.environment.read()?, &record)?;
        if let Some(id) = known {
            return Ok((id, false));
        }
        self.change(|layout, txn| {
            // Another process may have shown it in between.
            match layout.known(txn, &record)? {
                Some(id) => Ok((id, false)),
                None => Ok((layout.add(txn, &mut record)?, true)),
            }
        })
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&Layout, &mut heed::RwTxn<'_>) -> Result<T, DiskError>,
    ) -> Result<T, JournalError> {
        let mut held = self.layout.environment.write()?;
        let value = change(&self.layout, &mut held.txn)?;
        held.txn.commit().map_err(DiskError::from)?;
        Ok(value)
    }

    /// A record, whole.
    ///
    /// # Errors
    /// [`JournalError`]
    pub fn get(&self, id: u64) -> Result<Record, JournalError> {
        let txn = self.layout.environment.read()?;
        self.layout.whole(&txn, id)?.ok_or(JournalError::NoRecord(id))
    }

    /// How many records there are.
    ///
    /// # Errors
    /// [`JournalError::Store`]
    pub fn len(&self) -> Result<u64, JournalError> {
        Ok(self.layout.len(&*self.layout.environment.read()?)?)
    }

    /// Whether there is none.
    ///
    /// # Errors
    /// [`JournalError::Store`]
    pub fn is_empty(&self) -> Result<bool, JournalError> {
        Ok(self.len()? == 0)
    }

    /// At most `limit` heads that are `wanted`, the newest first, below the number `below` if one is given.
    ///
    /// # Errors
    /// [`JournalError::Store`]
    pub fn list(
        &self,
        below: Option<u64>,
        limit: usize,
        wanted: impl Fn(&Head) -> bool,
    ) -> Result<Vec<Head>, JournalError> {
        let txn = self.layout.environment.read()?;
        let heads = self.layout.heads(&txn, below)?;
        Ok(heads.filter(|head| wanted(head)).take(limit).collect())
    }

    /// At most `limit` heads of records that hold what is looked for in prompt, answer, note, tags, label, model or source, the
    /// newest first.
    ///
    /// # Errors
    /// [`JournalError::Store`]
    pub fn search(&self, query: &Query, limit: usize) -> Result<Vec<Head>, JournalError> {
        let txn = self.layout.environment.read()?;
        let mut found = Vec::new();
        for id in self.layout.candidates(&txn, |signature| query.may_match(signature))? {
            // One that is damaged is no reason to find none of the others.
            let Ok(Some(record)) = self.layout.legible(&txn, id) else {
                continue;
            };
            if query.matches(&record.words()) {
                found.push(record.head());
                if found.len() >= limit {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Every analysis on candles, as the scoreboard counts it, the oldest first.
    ///
    /// # Errors
    /// [`JournalError::Store`]
    pub fn trials(&self) -> Result<Vec<Trial>, JournalError> {
        let heads = self.list(None, usize::MAX, |head| !head.trial.symbol.is_empty())?;
        Ok(heads.into_iter().rev().map(|head| head.trial).collect())
    }

    /// The numbers of a market's records that time has not decided.
    ///
    /// # Errors
    /// [`JournalError::Store`]
    pub fn open_of(&self, symbol: &str, timeframe: &str) -> Result<Vec<u64>, JournalError> {
        let txn = self.layout.environment.read()?;
        Ok(self.layout.open_of(&txn, symbol, timeframe)?)
    }

    /// Changes a record, if it is there and `change` says that something is changed. Returns the record as it is then.
    ///
    /// # Errors
    /// [`JournalError`]
    pub fn update(&self, id: u64, change: impl FnOnce(&mut Record) -> bool) -> Result<Record, JournalError> {
        let record = self.change(|layout, txn| {
            let Some(mut record) = layout.whole(txn, id)? else {
                return Ok(None);
            };
            if change(&mut record) {
                layout.write(txn, &record)?;
            }
            Ok(Some(record))
        })?;
        record.ok_or(JournalError::NoRecord(id))
    }

    /// Removes records; returns how many were there.
    ///
    /// # Errors
    /// [`JournalError::Store`]
    pub fn remove(&self, ids: &[u64]) -> Result<usize, JournalError> {
        self.change(|layout, txn| {
            let mut removed = 0;
            for id in ids {
                removed += usize::from(layout.remove(txn, *id)?);
            }
            Ok(removed)
        })
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}
