//! What the cache did: counts of this session and of the store's life, and the rates made of them.
//!
//! A *lookup* is a question that read the cache; one asked past it (`--no-cache`, a refresh) is a *bypass* and no lookup.
//! The memory hit rate is of all lookups; the disk hit rate of those that reached the disk; the overall rate is of all
//! lookups; the shared hit rate of those that reached the shared tier. *Saved* counts only hits on answers of models that were really called: the offline analyst saves nothing.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Tier;
use super::entry::Header;

/// Counts since some beginning.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Questions that read the cache.
    pub lookups: u64,
    /// Found in memory.
    pub memory_hits: u64,
    /// Found on disk.
    pub disk_hits: u64,
    /// Found on the server that several machines share.
    pub shared_hits: u64,
    /// Looked for there, and not found: it had none, or was away.
    pub shared_misses: u64,
    /// Found nowhere.
    pub misses: u64,
    /// Questions that joined a call on its way instead of making one.
    pub joined: u64,
    /// Questions asked past the cache.
    pub bypasses: u64,
    /// Answers stored.
    pub stored: u64,
    /// Answers not stored, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Entries that had to go from disk to make room.
    pub evicted: u64,
    /// Entries that had to go from memory to make room; the disk has them still.
    pub memory_evicted: u64,
    /// Entries that went because their time was up.
    pub expired: u64,
    /// Entries found damaged.
    pub corrupt: u64,
    /// Calls that hits made unnecessary.
    pub calls_saved: u64,
    /// What those calls had cost.
    pub usd_saved: f64,
    /// How long they had taken.
    pub seconds_saved: f64,
}

impl Counters {
    /// These counts and `other`'s.
    #[must_use]
    pub fn plus(mut self, other: &Counters) -> Counters {
        self.lookups += other.lookups;
        self.memory_hits += other.memory_hits;
        self.disk_hits += other.disk_hits;
        self.shared_hits += other.shared_hits;
        self.shared_misses += other.shared_misses;
        self.misses += other.misses;
        self.joined += other.joined;
        self.bypasses += other.bypasses;
        self.stored += other.stored;
        self.evicted += other.evicted;
        self.memory_evicted += other.memory_evicted;
        self.expired += other.expired;
        self.corrupt += other.corrupt;
        self.calls_saved += other.calls_saved;
        self.usd_saved += other.usd_saved;
        self.seconds_saved += other.seconds_saved;
        for (reason, count) in &other.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
        self
    }

    /// What came on top of `before`, which these counts once were.
    fn since(&self, before: &Counters) -> Counters {
        let mut refused = self.refused.clone();
        for (reason, count) in &mut refused {
            *count -= before.refused.get(reason).copied().unwrap_or(0);
        }
        refused.retain(|_, count| *count > 0);
        Counters {
            lookups: self.lookups - before.lookups,
            memory_hits: self.memory_hits - before.memory_hits,
            disk_hits: self.disk_hits - before.disk_hits,
            shared_hits: self.shared_hits - before.shared_hits,
            shared_misses: self.shared_misses - before.shared_misses,
            misses: self.misses - before.misses,
            joined: self.joined - before.joined,
            bypasses: self.bypasses - before.bypasses,
            stored: self.stored - before.stored,
            refused,
            evicted: self.evicted - before.evicted,
            memory_evicted: self.memory_evicted - before.memory_evicted,
            expired: self.expired - before.expired,
            corrupt: self.corrupt - before.corrupt,
            calls_saved: self.calls_saved - before.calls_saved,
            usd_saved: self.usd_saved - before.usd_saved,
            seconds_saved: self.seconds_saved - before.seconds_saved,
        }
    }

    /// Memory hits of all lookups; `None` without any.
    pub fn memory_hit_rate(&self) -> Option<f64> {
        rate(self.memory_hits, self.lookups)
    }

    /// Disk hits of the lookups that reached the disk.
    pub fn disk_hit_rate(&self) -> Option<f64> {
        rate(self.disk_hits, self.lookups.saturating_sub(self.memory_hits))
    }

    /// Hits of all lookups.
    pub fn hit_rate(&self) -> Option<f64> {
        rate(self.memory_hits + self.disk_hits + self.shared_hits, self.lookups)
    }

    /// Shared hits of the lookups that reached the shared tier.
    pub fn shared_hit_rate(&self) -> Option<f64> {
        rate(self.shared_hits, self.shared_hits + self.shared_misses)
    }
}

fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// How one question ended, for the strip of the last ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Found in memory.
    Memory,
    /// Found on disk.
    Disk,
    /// Found on the shared server.
    Shared,
    /// Found nowhere.
    Miss,
    /// Asked past the cache.
    Bypass,
}

/// How many outcomes the strip holds.
const RECENT: usize = 64;
/// Lookups that each point of the trend is a hit rate of.
const WINDOW: usize = 10;

/// This session's counts, and which of them the store has.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub session: Counters,
    saved: Counters,
    recent: VecDeque<Outcome>,
    trend: VecDeque<f64>,
}

impl Session {
    fn note(&mut self, outcome: Outcome) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(outcome);
        let hit = |outcome: &&Outcome| matches!(outcome, Outcome::Memory | Outcome::Disk | Outcome::Shared);
        let last: Vec<&Outcome> = self
            .recent
            .iter()
            .rev()
            .filter(|o| **o != Outcome::Bypass)
            .take(WINDOW)
            .collect();
        if outcome != Outcome::Bypass {
            if self.trend.len() == RECENT {
                self.trend.pop_front();
            }
            let hits = last.iter().copied().filter(hit).count();
            self.trend.push_back(hits as f64 / last.len().max(1) as f64);
        }
    }

    pub fn hit(&mut self, tier: Tier, header: &Header) {
        self.session.lookups += 1;
        match tier {
            Tier::Memory => {
                self.session.memory_hits += 1;
                self.note(Outcome::Memory);
            }
            Tier::Shared => {
                self.session.shared_hits += 1;
                self.note(Outcome::Shared);
            }
            Tier::Disk | Tier::Model => {
                self.session.disk_hits += 1;
                self.note(Outcome::Disk);
            }
        }
        if !header.local {
            self.session.calls_saved += 1;
            self.session.usd_saved += header.cost_usd.unwrap_or(0.0);
            self.session.seconds_saved += header.latency_ms / 1000.0;
        }
    }

    pub fn miss(&mut self) {
        self.session.lookups += 1;
        self.session.misses += 1;
        self.note(Outcome::Miss);
    }

    pub fn bypass(&mut self) {
        self.session.bypasses += 1;
        self.note(Outcome::Bypass);
    }

    pub fn unsaved(&self) -> Counters {
        self.session.since(&self.saved)
    }

    /// What the store does not have yet; from now on it counts as saved.
    pub fn take_unsaved(&mut self) -> Counters {
        let unsaved = self.unsaved();
        self.saved = self.session.clone();
        unsaved
    }

    /// The hit rate of the last ten lookups after each lookup, oldest first.
    pub fn trend(&self) -> impl Iterator<Item = f64> + '_ {
        self.trend.iter().copied()
    }

    /// The last outcomes, oldest first.
    pub fn recent(&self) -> impl Iterator<Item = Outcome> + '_ {
        self.recent.iter().copied()
    }
}

/// Everything the panel and `cache stats` show.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Where the cache lies.
    pub cache_dir: PathBuf,
    /// Entries in memory.
    pub memory_items: u64,
    /// Bytes they take.
    pub memory_bytes: u64,
    /// Bytes they may take.
    pub memory_limit: u64,
    /// Entries on disk.
    pub disk_items: u64,
    /// Bytes they take.
    pub disk_bytes: u64,
    /// Bytes they may take.
    pub disk_limit: u64,
    /// The length of the store's file.
    pub file_bytes: u64,
    /// Counts for the store's life, of all processes.
    pub lifetime: Counters,
    /// Counts of this process.
    pub session: Counters,
    /// How the last questions of this process ended, oldest first.
    pub recent: Vec<Outcome>,
    /// The hit rate of the last ten lookups after each of this process's lookups, oldest first.
    pub trend: Vec<f64>,
    /// Why the disk tier does not do its work, if it does not.
    pub trouble: Option<String>,
}

impl Report {
    /// The report as `cache stats --json` prints it: counts for the store's life.
    pub fn json(&self) -> serde_json::Value {
        let counts = &self.lifetime;
        let mut json = serde_json::json!({
            "cache_dir": self.cache_dir,
            "memory_items": self.memory_items,
            "memory_bytes": self.memory_bytes,
            "disk_items": self.disk_items,
            "disk_bytes": self.disk_bytes,
            "memory_limit": self.memory_limit,
            "disk_limit": self.disk_limit,
            "file_bytes": self.file_bytes,
        });
        let rates = serde_json::json!({
            "memory_hit_rate": counts.memory_hit_rate(),
            "disk_hit_rate": counts.disk_hit_rate(),
            "shared_hit_rate": counts.shared_hit_rate(),
            "hit_rate": counts.hit_rate(),
        });
        // Counters are integers, floats and a map by string: they have a JSON form.
        let counts = serde_json::to_value(counts).unwrap_or_default();
        for part in [counts, rates] {
            if let (Some(json), serde_json::Value::Object(part)) = (json.as_object_mut(), part) {
                json.extend(part);
            }
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_their_denominators() {
        let mut session = Session::default();
        let header = Header::new(0, 0, None);
        session.hit(Tier::Memory, &header);
        session.hit(Tier::Disk, &header);
        session.miss();
        session.miss();
        session.bypass();
        let counts = &session.session;
        assert_eq!(counts.memory_hit_rate(), Some(0.25));
        assert_eq!(counts.disk_hit_rate(), Some(1.0 / 3.0));
        assert_eq!(counts.hit_rate(), Some(0.5));
        assert_eq!(Counters::default().hit_rate(), None);
    }

    #[test]
    fn only_real_calls_are_saved() {
        let mut session = Session::default();
        let mut paid = Header::new(0, 0, None);
        paid.cost_usd = Some(0.01);
        paid.latency_ms = 2_000.0;
        let mut own = paid.clone();
        own.local = true;
        session.hit(Tier::Disk, &paid);
        session.hit(Tier::Disk, &own);
        assert_eq!((session.session.calls_saved, session.session.usd_saved), (1, 0.01));
        assert_eq!(session.take_unsaved().calls_saved, 1);
        assert_eq!(session.take_unsaved(), Counters::default());
    }
}
