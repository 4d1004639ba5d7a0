//! What a user does with the cache as a whole: list, show, pin, remove, clear, verify.

use std::sync::atomic::Ordering;

use super::disk::{Listing, Verified};
use super::{Cache, Clear, Cleared, DiskError, Entry, Header, Key, Want};

impl Cache {
    /// Clears what is asked. Clearing both tiers empties the memory of other processes too, at their next lookup.
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
                if let Some(disk) = self.disk() {
                    // In small transactions, between which others write.
                    loop {
                        let swept = disk.sweep(now).wait()?;
                        cleared.disk += swept;
                        if swept == 0 {
                            break;
                        }
                    }
                }
                return Ok(cleared);
            }
        };
        if memory {
            cleared.memory = self.memory().clear();
        }
        if let (true, Some(store)) = (disk, self.disk()) {
            cleared.disk = store.clear(memory)?;
            if memory {
                // What was promoted from the disk while it was waited for.
                self.memory().clear();
            }
            if let Ok(epoch) = store.epoch() {
                self.epoch.store(epoch, Ordering::Relaxed);
            }
        }
        Ok(cleared)
    }

    /// All entries on disk, newest first, without holding them.
    pub fn list(&self) -> Listing<'_> {
        Listing::of(self.disk())
    }

    /// The headers of a question's samples on disk, expired ones too, lowest number first.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be read.
    pub fn samples(&self, key: &Key) -> Result<Vec<Header>, DiskError> {
        self.disk().map_or_else(|| Ok(Vec::new()), |disk| disk.samples(key))
    }

    /// One sample as it lies on disk, expired or not; neither counted nor promoted.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be read, or the entry is damaged.
    pub fn sample(&self, key: &Key, sample: u32) -> Result<Option<Entry>, DiskError> {
        let Some(disk) = self.disk() else { return Ok(None) };
        let Some(header) = disk.samples(key)?.into_iter().find(|h| h.sample == sample) else {
            return Ok(None);
        };
        // At the time of its creation every entry is live.
        Ok(disk
            .get(key, Want::Sample(sample), header.created)?
            .map(|(entry, _)| entry))
    }

    /// The request that a question's entries answer, as its canonical bytes; `None` where it was not kept.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be read, or the request is damaged.
    pub fn asked(&self, key: &Key) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk().map_or(Ok(None), |disk| disk.asked(key))
    }

    /// The keys on disk that begin with these hexadecimal digits, at most `most`.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be read.
    pub fn keys(&self, digits: &str, most: usize) -> Result<Vec<Key>, DiskError> {
        self.disk()
            .map_or_else(|| Ok(Vec::new()), |disk| disk.keys(digits, most))
    }

    /// Removes a question's samples, or one of them, from both tiers. Returns how many lay on disk.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be written.
    pub fn remove(&self, key: &Key, sample: Option<u32>) -> Result<u64, DiskError> {
        self.memory().remove(key, sample);
        self.disk().map_or(Ok(0), |disk| disk.remove(key, sample).wait())
    }

    /// Keeps an entry however full the store is, or no longer. Whether there is such an entry.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be written.
    pub fn pin(&self, key: &Key, sample: u32, pinned: bool) -> Result<bool, DiskError> {
        let found = self.disk().map_or(Ok(0), |disk| disk.pin(key, sample, pinned).wait())?;
        Ok(found > 0)
    }

    /// Looks at every page, entry and row on disk; what is damaged is removed. `progress` hears how many entries have
    /// been looked at, and of how many.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be read or mended.
    pub fn verify(&self, progress: impl FnMut(u64, u64)) -> Result<Verified, DiskError> {
        let found = self
            .disk()
            .map_or(Err(DiskError::Closed), |disk| disk.verify(progress))?;
        self.stats().session.corrupt += found.damaged;
        Ok(found)
    }
}
