//! Walking all entries, newest first, without holding them or a transaction.

use std::collections::VecDeque;

use super::Disk;
use super::schema::{At, Row, place, unseal};
use crate::cache::entry::{Entry, Header};
use crate::cache::key::Key;
use crate::store::DiskError;

/// Entries to a read transaction.
const CHUNK: usize = 256;

/// What is known of an entry without reading its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Its question.
    pub key: Key,
    /// What it says of itself.
    pub header: Header,
    /// When it expires, UTC epoch milliseconds.
    pub expires: Option<i64>,
    /// The bytes that it takes on disk.
    pub room: u64,
    /// How often it was found, as far as that is noted.
    pub hits: u32,
    /// Whether it is kept however full the store is.
    pub pinned: bool,
}

/// All entries, newest first. What is stored or removed meanwhile may or may not be among them.
pub struct Listing<'d> {
    oldest_first: bool,
    disk: Option<&'d Disk>,
    coming: VecDeque<Listed>,
    /// The place in the order of age that was reached.
    reached: Option<Vec<u8>>,
}

impl<'d> Listing<'d> {
    pub(in crate::cache) fn of(disk: Option<&'d Disk>) -> Self {
        Self {
            oldest_first: false,
            disk,
            coming: VecDeque::new(),
            reached: None,
        }
    }

    /// The same the other way round.
    pub(in crate::cache) fn oldest_first(self) -> Self {
        Self {
            oldest_first: true,
            ..self
        }
    }

    fn read_on(&mut self) -> Result<(), DiskError> {
        let Some(disk) = self.disk else { return Ok(()) };
        let databases = disk.databases();
        let txn = databases.environment.read()?;
        let from = match &self.reached {
            Some(reached) => std::ops::Bound::Excluded(reached.as_slice()),
            None => std::ops::Bound::Unbounded,
        };
        let mut seen = 0;
        let mut reached = None;
        let rows: Vec<heed::Result<(&[u8], &[u8])>> = if self.oldest_first {
            let range = (from, std::ops::Bound::Unbounded);
            databases.created.range(&txn, &range)?.take(CHUNK).collect()
        } else {
            let range = (std::ops::Bound::Unbounded, from);
            databases.created.rev_range(&txn, &range)?.take(CHUNK).collect()
        };
        for item in rows {
            let (row, _) = item?;
            seen += 1;
            reached = Some(row.to_vec());
            let Some(at) = row.last_chunk::<36>() else { continue };
            self.coming.extend(disk.listed(&txn, at)?);
        }
        self.reached = reached;
        if seen < CHUNK {
            self.disk = None;
        }
        Ok(())
    }
}

impl Disk {
    /// What is known of the entry there; `None` if there is none, or none that is legible.
    fn listed(&self, txn: &heed::RoTxn<'_, heed::WithoutTls>, at: &At) -> Result<Option<Listed>, DiskError> {
        let value = self.databases().entries.get(txn, at)?;
        let row: Option<Row> = self.databases().rows.get(txn, at)?.and_then(unseal);
        let header = value.and_then(|value| Entry::decode_header(value).ok());
        let (Some((key, _)), Some(header), Some(row)) = (place(at), header, row) else {
            return Ok(None);
        };
        Ok(Some(Listed {
            key,
            expires: header.expires(self.ttl),
            header,
            room: row.room,
            hits: row.hits,
            pinned: row.is_pinned(),
        }))
    }
}

impl Iterator for Listing<'_> {
    type Item = Result<Listed, DiskError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(listed) = self.coming.pop_front() {
                return Some(Ok(listed));
            }
            self.disk?;
            if let Err(error) = self.read_on() {
                self.disk = None;
                return Some(Err(error));
            }
        }
    }
}
