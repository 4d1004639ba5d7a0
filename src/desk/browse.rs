//! Looking into the cache: what lies there, what was asked, what came back.

use super::{Desk, now_millis};
use crate::cache::{DiskError, Entry, Header, Key, Listed};
use crate::model::Request;

/// Entries as they were read, and whether there are more than were wanted.
#[derive(Debug)]
pub struct Browsed {
    /// The newest entries.
    pub entries: Vec<Listed>,
    /// Whether older ones were left out.
    pub more: bool,
}

/// An entry with what was asked.
#[derive(Debug)]
pub struct Inspected {
    /// The entry.
    pub entry: Entry,
    /// Its request, where it was kept.
    pub request: Option<Request>,
    /// The samples of its question, lowest number first.
    pub samples: Vec<Header>,
}

impl Desk {
    /// The newest entries of the cache, at most `most`; the uses of this process are noted first.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be read.
    pub fn browse(&self, most: usize) -> Result<Browsed, DiskError> {
        self.cache.flush();
        let mut listing = self.cache.list();
        let entries = listing.by_ref().take(most).collect::<Result<_, _>>()?;
        let more = listing.next().is_some();
        Ok(Browsed { entries, more })
    }

    /// A sample with what was asked; `None` when it is not, or no longer, there.
    ///
    /// # Errors
    /// [`DiskError`] when the store cannot be read, or the entry is damaged.
    pub fn inspect(&self, key: &Key, sample: u32) -> Result<Option<Inspected>, DiskError> {
        let Some(entry) = self.cache.sample(key, sample)? else {
            return Ok(None);
        };
        // A request that is damaged is as good as one that was not kept.
        let asked = self.cache.asked(key).ok().flatten();
        Ok(Some(Inspected {
            entry,
            request: asked.as_deref().and_then(Request::from_canonical),
            samples: self.cache.samples(key)?,
        }))
    }

    /// The numbers of a question's samples that would be served now, lowest first.
    pub fn live_samples(&self, key: &Key) -> Vec<u32> {
        let now = now_millis();
        let samples = self.cache.samples(key).unwrap_or_default();
        let live = samples.iter().filter(|header| self.cache.is_live(header, now));
        live.map(|header| header.sample).collect()
    }
}
