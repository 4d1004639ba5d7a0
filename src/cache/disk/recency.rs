//! What was found since the last write: a hit is never a write, so uses are gathered here and noted with the next one.

use std::sync::{Mutex, PoisonError};

use lru::LruCache;

use super::schema::At;

/// More entries than this are noted without waiting for another write.
const MANY: usize = 4_096;

/// Uses not yet noted in the store, in the order of each entry's last.
pub(super) struct Recency {
    uses: Mutex<LruCache<At, u32>>,
}

impl Recency {
    pub fn new() -> Self {
        Self {
            uses: Mutex::new(LruCache::unbounded()),
        }
    }

    fn uses(&self) -> std::sync::MutexGuard<'_, LruCache<At, u32>> {
        // Counts: a panic leaves at worst one hit uncounted.
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a use. Whether so many have gathered that they are to be written.
    pub fn note(&self, at: At) -> bool {
        let mut uses = self.uses();
        *uses.get_or_insert_mut(at, || 0) += 1;
        uses.len() >= MANY
    }

    /// What has gathered, the longest unused first.
    pub fn take(&self) -> Vec<(At, u32)> {
        let mut uses = self.uses();
        let mut taken = Vec::with_capacity(uses.len());
        while let Some(use_) = uses.pop_lru() {
            taken.push(use_);
        }
        taken
    }
}
