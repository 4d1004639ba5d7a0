//! The store's layout: its databases, their keys, and what `meta` holds.
//!
//! | database | key | value |
//! |---|---|---|
//! | `entries` | key, sample (big-endian) | the entry, [`super::entry`] |
//! | `created` | created (big-endian ms), key, sample | nothing |
//! | `meta` | a name | bytes held, lifetime counts |

use heed::types::Bytes;
use heed::{Database, Env, RoTxn, WithoutTls};

use super::error::DiskError;
use super::key::Key;
use super::stats::Counters;

pub(super) type Store = Database<'static, Bytes, Bytes>;

/// The environment and its databases.
#[derive(Clone)]
pub(super) struct Databases {
    pub env: Env<WithoutTls>,
    pub entries: Store,
    pub created: Store,
    pub meta: Store,
}

pub(super) fn entry_key(key: &Key, sample: u32) -> [u8; 36] {
    let mut bytes = [0; 36];
    bytes[..32].copy_from_slice(key.bytes());
    bytes[32..].copy_from_slice(&sample.to_be_bytes());
    bytes
}

pub(super) fn created_key(created: i64, key: &Key, sample: u32) -> [u8; 44] {
    let mut bytes = [0; 44];
    // Negative times (a clock before 1970) sort before all others, as they should.
    let ordered = created.cast_unsigned() ^ (1 << 63);
    bytes[..8].copy_from_slice(&ordered.to_be_bytes());
    bytes[8..].copy_from_slice(&entry_key(key, sample));
    bytes
}

pub(super) fn sample_of(found: &[u8], key: &Key) -> Option<u32> {
    let (front, sample) = found.split_at_checked(32)?;
    (front == key.bytes()).then(|| sample.try_into().ok().map(u32::from_be_bytes))?
}

pub(super) const BYTES: &[u8] = b"bytes";
pub(super) const COUNTERS: &[u8] = b"counters";

pub(super) fn bytes_held(databases: &Databases, txn: &RoTxn<'_, heed::AnyTls>) -> Result<u64, DiskError> {
    let stored = databases.meta.get(txn, BYTES)?;
    Ok(stored.and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes))
}

pub(super) fn stored_counters(databases: &Databases, txn: &RoTxn<'_, heed::AnyTls>) -> Result<Counters, DiskError> {
    let stored = databases.meta.get(txn, COUNTERS)?;
    Ok(stored.and_then(|b| serde_json::from_slice(b).ok()).unwrap_or_default())
}
