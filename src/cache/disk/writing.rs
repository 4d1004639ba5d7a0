//! A write transaction: everything that changes the store, with its accounts kept as it goes.

use heed::RwTxn;

use super::schema::{
    At, Databases, Ledger, Row, at, created_key, due_key, index_room, pack, place, room, sample_of, seal, unseal,
};
use crate::cache::entry::{Entry, Header};
use crate::cache::key::Key;
use crate::cache::stats::Counters;
use crate::store::DiskError;
use crate::store::environment::Held;
use crate::text::bytes;
use crate::ttl::Ttl;

/// A write transaction under way. Dropped, it leaves the store as it was.
pub(super) struct Writing<'d> {
    databases: &'d Databases,
    txn: Held<'d, RwTxn<'d>>,
    ledger: Ledger,
    gone: Counters,
}

impl<'d> Writing<'d> {
    /// Begins; waits for another process's, if there is one.
    pub fn begin(databases: &'d Databases) -> Result<Self, DiskError> {
        let txn = databases.environment.write()?;
        let ledger = databases.ledger(&txn.txn)?;
        Ok(Self {
            databases,
            txn,
            ledger,
            gone: Counters::default(),
        })
    }

    /// Makes it safe on disk. Returns what had to go.
    pub fn commit(mut self) -> Result<Counters, DiskError> {
        if self.gone != Counters::default() {
            self.count(&self.gone.clone())?;
        }
        self.databases.save_ledger(&mut self.txn.txn, &self.ledger)?;
        self.txn.txn.commit()?;
        Ok(self.gone)
    }

    /// Adds to the counts of the store's life.
    pub fn count(&mut self, counters: &Counters) -> Result<(), DiskError> {
        let sum = self.databases.counters(&self.txn.txn)?.plus(counters);
        self.databases.save_counters(&mut self.txn.txn, &sum)
    }

    /// Stores an entry under its sample's number, or the next free one: two processes that asked anew at once chose the
    /// same, and a sample that is live is never overwritten. `asked` is the request's canonical bytes.
    pub fn put(&mut self, key: &Key, entry: &Entry, asked: &[u8], limit: u64, ttl: Ttl) -> Result<(), DiskError> {
        let there = self
            .databases
            .entries
            .get(&self.txn.txn, &at(key, entry.header.sample))?;
        let taken = there
            .and_then(|value| Entry::decode_header(value).ok())
            .is_some_and(|other| !other.is_same(&entry.header) && other.is_live(ttl, entry.header.created));
        let mut entry = entry.clone();
        if taken {
            entry.header.sample = self.highest(key)?.map_or(0, |n| n.saturating_add(1));
        }
        let at = at(key, entry.header.sample);
        let value = entry.encode(key);
        let mut row = Row::new(&entry.header, room(at.len(), value.len()) + index_room());
        let could_be = limit.saturating_sub(self.ledger.pinned);
        if row.room > could_be {
            return Err(DiskError::TooLarge {
                size: bytes(row.room),
                room: bytes(could_be),
            });
        }
        self.remove(&at)?;
        row.tick = self.next_tick(&at)?;
        let txn = &mut self.txn.txn;
        self.databases.entries.put(txn, &at, &value)?;
        self.databases.rows.put(txn, &at, &seal(&row))?;
        self.databases.created.put(txn, &created_key(row.created, &at), &[])?;
        if let Some(due) = due_key(row.created, row.lifetime, &at) {
            self.databases.due.put(txn, &due, &[])?;
        }
        self.ledger.bytes += row.room;
        self.note_question(key, asked, could_be - row.room)
    }

    /// Keeps the request, if there is room for it beside its answer: the answer comes first.
    fn note_question(&mut self, key: &Key, asked: &[u8], could_be: u64) -> Result<(), DiskError> {
        let known = self.databases.asked.get(&self.txn.txn, key.bytes())?.is_some();
        let fits = |packed: &Vec<u8>| !known && room(32, packed.len()) <= could_be;
        let Some(packed) = pack(asked).filter(fits) else {
            return Ok(());
        };
        self.databases.asked.put(&mut self.txn.txn, key.bytes(), &packed)?;
        self.ledger.bytes += room(32, packed.len());
        Ok(())
    }

    fn next_tick(&mut self, at: &At) -> Result<u64, DiskError> {
        self.ledger.tick += 1;
        let tick = self.ledger.tick;
        self.databases.recent.put(&mut self.txn.txn, &tick.to_be_bytes(), at)?;
        Ok(tick)
    }

    fn highest(&self, key: &Key) -> Result<Option<u32>, DiskError> {
        let last = self
            .databases
            .entries
            .get_lower_than_or_equal_to(&self.txn.txn, &at(key, u32::MAX))?;
        Ok(last.and_then(|(found, _)| sample_of(found, key)))
    }

    fn row(&self, at: &[u8]) -> Result<Option<Row>, DiskError> {
        let sealed = self.databases.rows.get(&self.txn.txn, at)?;
        Ok(sealed.and_then(unseal))
    }

    /// Notes that an entry was found so often.
    pub fn touch(&mut self, at: &At, hits: u32) -> Result<(), DiskError> {
        let Some(mut row) = self.row(at)? else { return Ok(()) };
        row.hits = row.hits.saturating_add(hits);
        if !row.is_pinned() {
            self.databases
                .recent
                .delete(&mut self.txn.txn, &row.tick.to_be_bytes())?;
            row.tick = self.next_tick(at)?;
        }
        Ok(self.databases.rows.put(&mut self.txn.txn, at, &seal(&row))?)
    }

    /// Takes an entry out of the order of use, or puts it back as the last one used.
    pub fn pin(&mut self, at: &At, pinned: bool) -> Result<bool, DiskError> {
        let Some(mut row) = self.row(at)? else { return Ok(false) };
        if row.is_pinned() == pinned {
            return Ok(true);
        }
        if pinned {
            self.databases
                .recent
                .delete(&mut self.txn.txn, &row.tick.to_be_bytes())?;
            self.ledger.pinned += row.room;
            row.tick = 0;
        } else {
            self.ledger.pinned = self.ledger.pinned.saturating_sub(row.room);
            row.tick = self.next_tick(at)?;
        }
        self.databases.rows.put(&mut self.txn.txn, at, &seal(&row))?;
        Ok(true)
    }

    /// Removes an entry and all that is kept about it; with a question's last sample its request's text goes too.
    pub fn remove(&mut self, at: &At) -> Result<bool, DiskError> {
        let row = self.row(at)?;
        let txn = &mut self.txn.txn;
        let value = self.databases.entries.get(txn, at)?;
        let header = value.and_then(|value| Entry::decode_header(value).ok());
        let size = value.map(<[u8]>::len);
        if row.is_none() && size.is_none() {
            return Ok(false);
        }
        self.databases.entries.delete(txn, at)?;
        self.databases.rows.delete(txn, at)?;
        // Where the row is not legible, the header says where the entry lies in the orders.
        let legible = row.or_else(|| header.as_ref().map(|h: &Header| Row::new(h, 0)));
        if let Some(row) = legible {
            self.databases.created.delete(txn, &created_key(row.created, at))?;
            if let Some(due) = due_key(row.created, row.lifetime, at) {
                self.databases.due.delete(txn, &due)?;
            }
            if !row.is_pinned() {
                self.databases.recent.delete(txn, &row.tick.to_be_bytes())?;
            }
        }
        let held = row.map_or_else(|| size.map_or(0, |s| room(at.len(), s) + index_room()), |r| r.room);
        self.ledger.bytes = self.ledger.bytes.saturating_sub(held);
        if row.is_some_and(|r| r.is_pinned()) {
            self.ledger.pinned = self.ledger.pinned.saturating_sub(held);
        }
        self.forget_question(at)?;
        Ok(size.is_some())
    }

    fn forget_question(&mut self, at: &At) -> Result<(), DiskError> {
        let Some((key, _)) = place(at) else { return Ok(()) };
        if self.highest(&key)?.is_some() {
            return Ok(());
        }
        self.forget(&key)
    }

    /// Removes the request that a question's entries answer.
    pub fn forget(&mut self, key: &Key) -> Result<(), DiskError> {
        let txn = &mut self.txn.txn;
        let Some(size) = self.databases.asked.get(txn, key.bytes())?.map(<[u8]>::len) else {
            return Ok(());
        };
        self.databases.asked.delete(txn, key.bytes())?;
        self.ledger.bytes = self.ledger.bytes.saturating_sub(room(32, size));
        Ok(())
    }

    /// Removes a sample if it is damaged still.
    pub fn remove_damaged(&mut self, key: &Key, sample: u32) -> Result<u64, DiskError> {
        let at = at(key, sample);
        let value = self.databases.entries.get(&self.txn.txn, &at)?;
        if value.is_none_or(|value| Entry::decode(key, sample, value).is_ok()) {
            return Ok(0);
        }
        Ok(u64::from(self.remove(&at)?))
    }

    /// Removes every sample of a question, or one. Other processes empty their memory: they may hold it.
    pub fn remove_samples(&mut self, key: &Key, sample: Option<u32>) -> Result<u64, DiskError> {
        self.ledger.epoch += 1;
        if let Some(sample) = sample {
            return Ok(u64::from(self.remove(&at(key, sample))?));
        }
        let mut removed = 0;
        while let Some(highest) = self.highest(key)? {
            removed += u64::from(self.remove(&at(key, highest))?);
        }
        Ok(removed)
    }

    /// Removes up to `most` entries that have expired by `now`, the longest expired first.
    pub fn sweep(&mut self, ttl: Ttl, now: i64, most: usize) -> Result<u64, DiskError> {
        let rows = self.databases.due_by(&self.txn.txn, ttl, now, most)?;
        let mut removed = 0;
        for row in rows {
            removed += u64::from(self.remove_by(&row)?);
            self.databases.due.delete(&mut self.txn.txn, &row)?;
        }
        self.gone.expired += removed;
        Ok(removed)
    }

    /// Removes the entry that a row of an order ends with.
    fn remove_by(&mut self, row: &[u8]) -> Result<bool, DiskError> {
        match row.last_chunk::<36>() {
            Some(at) => self.remove(at),
            None => Ok(false),
        }
    }

    /// Removes entries until the store is within its budget: first what has expired, then the least recently used.
    pub fn make_room(&mut self, limit: u64, ttl: Ttl, now: i64) -> Result<(), DiskError> {
        /// Expired entries are looked for so many at a time.
        const SOME: usize = 16;
        while self.ledger.bytes > limit {
            if self.sweep(ttl, now, SOME)? > 0 {
                continue;
            }
            let oldest = self.databases.recent.first(&self.txn.txn)?;
            let oldest = oldest.map(|(tick, at)| (tick.to_vec(), at.to_vec()));
            let Some((tick, at)) = oldest else {
                // Nothing may go, yet the ledger says that something must: it is wrong, or all is pinned.
                self.ledger = Ledger {
                    epoch: self.ledger.epoch,
                    ..self.databases.draw_up(&self.txn.txn)?
                };
                return Ok(());
            };
            self.gone.evicted += u64::from(self.remove_by(&at)?);
            // A place in the order that leads to no entry goes too.
            self.databases.recent.delete(&mut self.txn.txn, &tick)?;
        }
        Ok(())
    }

    /// Removes everything. Returns how many entries there were; with `epoch` other processes empty their memory too.
    pub fn clear(&mut self, epoch: bool) -> Result<u64, DiskError> {
        let Databases {
            entries,
            rows,
            asked,
            created,
            due,
            recent,
            ..
        } = self.databases;
        let count = entries.len(&self.txn.txn)?;
        for tree in [entries, rows, asked, created, due, recent] {
            tree.clear(&mut self.txn.txn)?;
        }
        self.ledger = Ledger {
            tick: self.ledger.tick,
            epoch: self.ledger.epoch + u64::from(epoch),
            ..Ledger::default()
        };
        Ok(count)
    }

    /// What the store takes.
    pub fn bytes(&self) -> u64 {
        self.ledger.bytes
    }

    /// Draws the accounts and orders up from the entries that are there: what leads nowhere goes. Returns how many rows
    /// went.
    pub fn mend(&mut self) -> Result<u64, DiskError> {
        let mut gone = 0;
        let mut stray = Vec::new();
        for item in self.databases.rows.iter(&self.txn.txn)? {
            let (at, sealed) = item?;
            let legible = unseal::<Row>(sealed).is_some();
            if !legible || self.databases.entries.get(&self.txn.txn, at)?.is_none() {
                stray.push(at.to_vec());
            }
        }
        gone += stray.len() as u64;
        for at in stray {
            self.remove_by(&at)?;
            self.databases.rows.delete(&mut self.txn.txn, &at)?;
        }
        for tree in [&self.databases.created, &self.databases.due] {
            let mut stray = Vec::new();
            for item in tree.iter(&self.txn.txn)? {
                let (row, _) = item?;
                let leads = match row.last_chunk::<36>() {
                    Some(at) => self.row(at)?.is_some_and(|r| self.stands_at(row, &r, at)),
                    None => false,
                };
                if !leads {
                    stray.push(row.to_vec());
                }
            }
            gone += stray.len() as u64;
            for row in stray {
                tree.delete(&mut self.txn.txn, &row)?;
            }
        }
        let mut stray = Vec::new();
        for item in self.databases.recent.iter(&self.txn.txn)? {
            let (tick, at) = item?;
            if self.row(at)?.is_none_or(|row| row.tick.to_be_bytes() != tick) {
                stray.push(tick.to_vec());
            }
        }
        gone += stray.len() as u64;
        for tick in stray {
            self.databases.recent.delete(&mut self.txn.txn, &tick)?;
        }
        self.ledger = Ledger {
            epoch: self.ledger.epoch,
            ..self.databases.draw_up(&self.txn.txn)?
        };
        Ok(gone)
    }

    fn stands_at(&self, key: &[u8], row: &Row, at: &At) -> bool {
        key == created_key(row.created, at) || due_key(row.created, row.lifetime, at).is_some_and(|due| due == key)
    }
}
