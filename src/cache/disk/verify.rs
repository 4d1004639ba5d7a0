//! Verifying: every page, every entry, every row of every order.

use std::fs::File;
use std::ops::Bound;

use super::Disk;
use super::schema::{At, Row, created_key, due_key, place, room, unpack, unseal};
use super::writer::Job;
use crate::cache::entry::{Entry, Lifetime};
use crate::cache::key::Key;
use crate::store::DiskError;
use crate::store::pages::survey;

/// Entries to a read transaction.
const CHUNK: usize = 256;

/// What a verification found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Verified {
    /// Entries that are as they were written.
    pub entries: u64,
    /// Bytes of their answers.
    pub bytes: u64,
    /// Pages of the file's trees; 0 where they could not be looked at.
    pub pages: u64,
    /// Entries that were damaged, or did not lie where the orders say; they were removed.
    pub damaged: u64,
    /// Rows that led nowhere, and requests that are not what their key is of; they were removed.
    pub stray: u64,
    /// What is wrong with the file itself. The store is set aside when it is next opened by one process alone.
    pub file: Option<String>,
}

impl Verified {
    /// Whether everything was as it should be.
    pub fn is_whole(&self) -> bool {
        self.damaged == 0 && self.stray == 0 && self.file.is_none()
    }
}

/// What the orders must hold for the entries that were seen.
#[derive(Default)]
struct Tally {
    entries: u64,
    due: u64,
    recent: u64,
    bytes: u64,
}

impl Tally {
    fn note(&mut self, row: Option<Row>) {
        let Some(row) = row else { return };
        self.entries += 1;
        self.due += u64::from(row.lifetime != Lifetime::Forever);
        self.recent += u64::from(!row.is_pinned());
        self.bytes += row.room;
    }
}

impl Disk {
    /// Looks at everything. `progress` hears how many entries have been looked at, and of how many.
    pub fn verify(&self, mut progress: impl FnMut(u64, u64)) -> Result<Verified, DiskError> {
        self.settle().wait()?;
        let mut found = Verified::default();
        self.verify_file(&mut found)?;
        if found.file.is_some() {
            // Its trees are not to be walked by LMDB any further than they are anyway.
            self.shared.common.place.vouch(false);
            return Ok(found);
        }
        let (all, _) = self.size()?;
        let mut tally = Tally::default();
        let mut from: Option<At> = None;
        let mut looked_at = 0;
        loop {
            let (reached, bad) = self.verify_some(from.as_ref(), &mut found, &mut tally)?;
            for at in &bad {
                if let Some((key, sample)) = place(at) {
                    self.remove(&key, Some(sample)).wait()?;
                }
            }
            found.damaged += bad.len() as u64;
            looked_at += CHUNK as u64;
            progress(looked_at.min(all), all);
            match reached {
                Some(reached) => from = Some(reached),
                None => break,
            }
        }
        let bad = self.bad_questions()?;
        found.stray += bad.len() as u64;
        for key in bad {
            self.shared.writer.send(Job::Forget { key }).wait()?;
        }
        if !self.adds_up(&tally)? {
            found.stray += self.mend()?;
        }
        Ok(found)
    }

    /// Whether the orders hold as many rows as the entries that were seen to stand in them, and the ledger what they take.
    fn adds_up(&self, tally: &Tally) -> Result<bool, DiskError> {
        let databases = self.databases();
        let txn = databases.environment.read()?;
        let ledger = databases.ledger(&txn)?;
        let mut asked = 0;
        for item in databases.asked.iter(&txn)? {
            asked += room(32, item?.1.len());
        }
        Ok(databases.rows.len(&txn)? == tally.entries
            && databases.created.len(&txn)? == tally.entries
            && databases.due.len(&txn)? == tally.due
            && databases.recent.len(&txn)? == tally.recent
            && ledger.bytes == tally.bytes + asked)
    }

    /// Questions whose request is not legible, or is kept although nothing answers it any more.
    fn bad_questions(&self) -> Result<Vec<Key>, DiskError> {
        let databases = self.databases();
        let mut bad = Vec::new();
        let mut reached: Option<Vec<u8>> = None;
        loop {
            let txn = databases.environment.read()?;
            let from = match &reached {
                Some(key) => Bound::Excluded(key.as_slice()),
                None => Bound::Unbounded,
            };
            let mut last = None;
            for item in databases.asked.range(&txn, &(from, Bound::Unbounded))?.take(CHUNK) {
                let (bytes, packed) = item?;
                last = Some(bytes.to_vec());
                let Some(key) = Key::from_bytes(bytes) else { continue };
                let answered = databases.entries.get_greater_than_or_equal_to(&txn, bytes)?;
                let answered = answered.is_some_and(|(at, _)| at.starts_with(bytes));
                if !answered || unpack(&key, packed).is_err() {
                    bad.push(key);
                }
            }
            match last {
                Some(last) => reached = Some(last),
                None => return Ok(bad),
            }
        }
    }

    /// Walks the file's pages as of a transaction whose pages nobody reuses while it is open.
    fn verify_file(&self, found: &mut Verified) -> Result<(), DiskError> {
        for _ in 0..100 {
            let txn = self.databases().environment.read()?;
            let mut file = File::open(self.shared.common.place.data())?;
            match survey(&mut file, Some(txn.id() as u64)) {
                Ok(pages) => found.pages = pages,
                // Two commits have come between: that transaction's header is gone.
                Err(DiskError::Busy) => continue,
                Err(DiskError::Unusable(reason)) => found.file = Some(reason.to_string()),
                Err(error) => return Err(error),
            }
            return Ok(());
        }
        Err(DiskError::Busy)
    }

    /// Looks at the next entries: where it got to, if there are more, and which are bad.
    fn verify_some(
        &self,
        from: Option<&At>,
        found: &mut Verified,
        tally: &mut Tally,
    ) -> Result<(Option<At>, Vec<At>), DiskError> {
        let databases = self.databases();
        let txn = databases.environment.read()?;
        let from = match from {
            Some(at) => Bound::Excluded(at.as_slice()),
            None => Bound::Unbounded,
        };
        let range = (from, Bound::Unbounded);
        let mut bad = Vec::new();
        let mut reached = None;
        let mut seen = 0;
        for item in databases.entries.range(&txn, &range)?.take(CHUNK) {
            let (at, value) = item?;
            seen += 1;
            let (Some((key, sample)), Ok(at)) = (place(at), At::try_from(at)) else {
                continue;
            };
            reached = Some(at);
            let row: Option<Row> = databases.rows.get(&txn, &at)?.and_then(unseal);
            let entry = Entry::decode(&key, sample, value).ok();
            let stands = match (&entry, row) {
                (Some(entry), Some(row)) => {
                    let due = due_key(row.created, row.lifetime, &at);
                    let recent = databases.recent.get(&txn, &row.tick.to_be_bytes())?;
                    entry.header.created == row.created
                        && entry.header.lifetime() == row.lifetime
                        && databases.created.get(&txn, &created_key(row.created, &at))?.is_some()
                        && due.is_none_or(|due| databases.due.get(&txn, &due).is_ok_and(|d| d.is_some()))
                        && (row.is_pinned() || recent == Some(&at))
                }
                _ => false,
            };
            match entry {
                Some(entry) if stands => {
                    tally.note(row);
                    found.entries += 1;
                    found.bytes += entry.text.len() as u64;
                }
                _ => bad.push(at),
            }
        }
        Ok((reached.filter(|_| seen == CHUNK), bad))
    }
}
