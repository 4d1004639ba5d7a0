//! The memory tier: least recently used first out, bounded by bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use lru::LruCache;

use super::Want;
use super::entry::Entry;
use super::key::Key;
use crate::ttl::Ttl;

/// The samples of one question.
#[derive(Default)]
struct Samples {
    entries: BTreeMap<u32, Arc<Entry>>,
    /// The disk's generation when the newest sample was last known to be the newest there too.
    seen: usize,
}

impl Samples {
    fn pick(&self, want: Want, ttl: Ttl, now: i64) -> Option<&Arc<Entry>> {
        match want {
            Want::Newest => self.entries.values().rev().find(|e| e.header.is_live(ttl, now)),
            Want::Sample(n) => self.entries.get(&n).filter(|e| e.header.is_live(ttl, now)),
        }
    }

    fn bytes(&self) -> u64 {
        self.entries.values().map(|e| e.memory_bytes()).sum()
    }
}

/// Entries in memory by question.
pub(super) struct Memory {
    map: LruCache<Key, Samples>,
    items: u64,
    bytes: u64,
    limit: u64,
}

impl Memory {
    pub fn bounded(limit: u64) -> Self {
        Self {
            map: LruCache::unbounded(),
            items: 0,
            bytes: 0,
            limit,
        }
    }

    /// The entry wanted and the generation at which it was last known to be the newest, `usize::MAX` if it never was:
    /// where the newest has expired, the disk may have one between.
    pub fn get(&mut self, key: &Key, want: Want, ttl: Ttl, now: i64) -> Option<(Arc<Entry>, usize)> {
        let samples = self.map.get(key)?;
        let entry = samples.pick(want, ttl, now)?;
        let is_last = samples.entries.keys().next_back() == Some(&entry.header.sample);
        Some((Arc::clone(entry), if is_last { samples.seen } else { usize::MAX }))
    }

    pub fn peek(&self, key: &Key, want: Want, ttl: Ttl, now: i64) -> Option<Arc<Entry>> {
        self.map.peek(key)?.pick(want, ttl, now).map(Arc::clone)
    }

    pub fn mark_seen(&mut self, key: &Key, generation: usize) {
        if let Some(samples) = self.map.peek_mut(key) {
            samples.seen = generation;
        }
    }

    pub fn highest(&self, key: &Key) -> Option<u32> {
        self.map.peek(key)?.entries.keys().next_back().copied()
    }

    /// Puts an entry in; returns how many had to go.
    pub fn put(&mut self, key: Key, entry: Arc<Entry>, generation: usize) -> u64 {
        let size = entry.memory_bytes();
        if size > self.limit {
            return 0;
        }
        let samples = self.map.get_or_insert_mut(key, Samples::default);
        samples.seen = generation;
        let old = samples.entries.insert(entry.header.sample, entry);
        self.bytes += size;
        self.items += u64::from(old.is_none());
        self.bytes -= old.map_or(0, |e| e.memory_bytes());
        let mut evicted = 0;
        while self.bytes > self.limit {
            let Some((_, gone)) = self.map.pop_lru() else { break };
            self.bytes -= gone.bytes();
            self.items -= gone.entries.len() as u64;
            evicted += gone.entries.len() as u64;
        }
        evicted
    }

    /// Removes a question's samples, or one of them.
    pub fn remove(&mut self, key: &Key, sample: Option<u32>) {
        let Some(samples) = self.map.peek_mut(key) else { return };
        let gone: Vec<Arc<Entry>> = match sample {
            Some(sample) => samples.entries.remove(&sample).into_iter().collect(),
            None => std::mem::take(&mut samples.entries).into_values().collect(),
        };
        samples.seen = usize::MAX;
        if samples.entries.is_empty() {
            self.map.pop(key);
        }
        self.items -= gone.len() as u64;
        self.bytes -= gone.iter().map(|e| e.memory_bytes()).sum::<u64>();
    }

    pub fn clear(&mut self) -> u64 {
        self.map.clear();
        self.bytes = 0;
        std::mem::take(&mut self.items)
    }

    pub fn drop_expired(&mut self, ttl: Ttl, now: i64) -> u64 {
        let mut dropped = 0;
        let mut empty = Vec::new();
        for (key, samples) in self.map.iter_mut() {
            let seen = &mut samples.seen;
            samples.entries.retain(|_, entry| {
                let live = entry.header.is_live(ttl, now);
                if !live {
                    // What is left may not be the newest there is.
                    *seen = usize::MAX;
                    dropped += 1;
                    self.items -= 1;
                    self.bytes -= entry.memory_bytes();
                }
                live
            });
            if samples.entries.is_empty() {
                empty.push(*key);
            }
        }
        for key in empty {
            self.map.pop(&key);
        }
        dropped
    }

    /// Entries and bytes.
    pub fn size(&self) -> (u64, u64) {
        (self.items, self.bytes)
    }

    /// Bytes it may hold.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::entry::Header;

    fn entry(sample: u32, created: i64, text: usize) -> Arc<Entry> {
        Arc::new(Entry {
            header: Header::new(sample, created, None),
            text: "x".repeat(text),
        })
    }

    #[test]
    fn bytes_are_bounded_and_the_least_recent_goes() {
        let mut memory = Memory::bounded(3 * 1_256);
        let keys: Vec<Key> = (0..4u8).map(|n| Key::of(&[n])).collect();
        for key in &keys[..3] {
            assert_eq!(memory.put(*key, entry(0, 0, 1_000), 0), 0);
        }
        assert!(memory.get(&keys[0], Want::Newest, Ttl::Never, 0).is_some());
        assert_eq!(memory.put(keys[3], entry(0, 0, 1_000), 0), 1);
        assert!(memory.get(&keys[1], Want::Newest, Ttl::Never, 0).is_none());
        assert!(memory.get(&keys[0], Want::Newest, Ttl::Never, 0).is_some());
        assert_eq!(memory.size(), (3, 3 * 1_256));
        assert_eq!(memory.clear(), 3);
        assert_eq!(memory.size(), (0, 0));
    }

    #[test]
    fn the_newest_live_sample_is_served() {
        let mut memory = Memory::bounded(1 << 20);
        let key = Key::of(b"k");
        memory.put(key, entry(0, 0, 1), 0);
        memory.put(key, entry(1, 1_000, 1), 0);
        let ttl: Ttl = "10s".parse().unwrap();
        let served = |m: &mut Memory, now| m.get(&key, Want::Newest, ttl, now).map(|(e, _)| e.header.sample);
        assert_eq!(served(&mut memory, 9_000), Some(1));
        assert_eq!(served(&mut memory, 11_000), None);
        assert_eq!(memory.drop_expired(ttl, 10_500), 1);
        assert_eq!(memory.highest(&key), Some(1));
    }
}
