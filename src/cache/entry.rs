//! An entry and its form on disk: format byte, checksum, a header readable without the answer, the answer compressed.
//!
//! lz4 and not zstd: an answer of 4 KiB takes one page of LMDB's with either, and lz4 is read in half the time.

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::key::Key;
use crate::store::DiskError;
use crate::ttl::Ttl;

/// The first byte of every value; another form gets another number.
const FORMAT: u8 = 1;
const CHECKSUM: usize = 8;
/// The most that an answer's text may be said to take: more is damage, and not memory to be asked for.
const LONGEST: usize = 1 << 30;
/// Format byte, checksum, length of the header.
const PREFIX: usize = 1 + CHECKSUM + 2;

/// A server may name its model as it likes; a header keeps this much of it.
pub const LONGEST_NAME: usize = 200;

/// What is known of an answer without reading it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Which of several answers to the same question.
    pub sample: u32,
    /// When the answer came, UTC epoch milliseconds.
    pub created: i64,
    /// Its own time to live in milliseconds; 0 for none, absent for the cache's default.
    ttl: Option<u64>,
    /// The model as asked for, `provider/model`.
    pub requested_model: String,
    /// The model as the server named it.
    pub model: String,
    /// What was asked, in a few words, for lists.
    pub label: String,
    /// How long the model took, in milliseconds.
    pub latency_ms: f64,
    /// What the call cost, in US dollars, where that is known.
    pub cost_usd: Option<f64>,
    /// Tokens: prompt, cached of these, answer, reasoning of these.
    pub tokens: Option<[u64; 4]>,
    /// Whether the answer was computed here, so that a hit saves no call.
    pub local: bool,
    /// Bytes of the answer's text.
    pub text_len: u64,
}

/// An answer with its header.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What is known of it.
    pub header: Header,
    /// The answer's text.
    pub text: String,
}

/// How long an entry lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifetime {
    /// As long as the cache's own time to live says.
    Default,
    /// Until this time, UTC epoch milliseconds.
    Until(i64),
    /// For good.
    Forever,
}

impl Header {
    /// A header for an answer that came at `created`; the rest is to be filled in.
    pub fn new(sample: u32, created: i64, ttl: Option<Ttl>) -> Self {
        Self {
            sample,
            created,
            ttl: ttl.map(|ttl| match ttl {
                Ttl::Never => 0,
                Ttl::For(length) => u64::try_from(length.as_millis()).unwrap_or(u64::MAX),
            }),
            requested_model: String::new(),
            model: String::new(),
            label: String::new(),
            latency_ms: 0.0,
            cost_usd: None,
            tokens: None,
            local: false,
            text_len: 0,
        }
    }

    /// How long it lives.
    pub fn lifetime(&self) -> Lifetime {
        let until = |millis| Ttl::For(std::time::Duration::from_millis(millis)).expires(self.created);
        match self.ttl {
            None => Lifetime::Default,
            Some(0) => Lifetime::Forever,
            Some(millis) => until(millis).map_or(Lifetime::Forever, Lifetime::Until),
        }
    }

    /// When it expires, UTC epoch milliseconds; `default` is the cache's time to live.
    pub fn expires(&self, default: Ttl) -> Option<i64> {
        match self.lifetime() {
            Lifetime::Default => default.expires(self.created),
            Lifetime::Until(expires) => Some(expires),
            Lifetime::Forever => None,
        }
    }

    /// Whether it is served at `now`. An answer from the future is not: a clock has jumped.
    pub fn is_live(&self, default: Ttl, now: i64) -> bool {
        /// Clocks of processes on one machine agree to well under this.
        const SLACK: i64 = 60_000;
        self.created <= now.saturating_add(SLACK) && self.expires(default).is_none_or(|e| now < e)
    }
}

impl Header {
    /// Whether its figures can be those of an answer: sums of them are counted, numbers follow them.
    pub fn is_sound(&self) -> bool {
        // A million dollars, a year, a billion tokens, a million samples.
        let tokens = |tokens: [u64; 4]| tokens.iter().all(|n| *n <= 1_000_000_000);
        (0.0..=1e6).contains(&self.cost_usd.unwrap_or(0.0))
            && (0.0..=3.2e10).contains(&self.latency_ms)
            && self.tokens.is_none_or(tokens)
            && self.sample <= 1_000_000
            && self.created > 0
    }

    /// Whether it is the header of the same answer, however long each may live.
    pub fn is_same(&self, other: &Header) -> bool {
        let timeless = |header: &Header| Header {
            ttl: None,
            ..header.clone()
        };
        timeless(self) == timeless(other)
    }

    /// Has it expire by `end` (UTC epoch milliseconds), if it would live longer; `default` is the cache's time to live.
    pub fn ends_by(&mut self, default: Ttl, end: i64) {
        if self.expires(default).is_none_or(|expires| expires > end) {
            // 0 would be for good.
            let left = u64::try_from(end.saturating_sub(self.created)).unwrap_or(0);
            self.ttl = Some(left.max(1));
        }
    }
}

impl Entry {
    /// Makes harmless what came from outside: the text as a model's, names in one line and of bearable length.
    pub fn make_harmless(&mut self) {
        self.text = crate::text::clean(&self.text);
        let header = &mut self.header;
        for name in [&mut header.model, &mut header.requested_model, &mut header.label] {
            *name = crate::text::clean_line(name).chars().take(LONGEST_NAME).collect();
        }
    }

    /// About how many bytes it takes in memory.
    pub fn memory_bytes(&self) -> u64 {
        let header = self.header.model.len() + self.header.requested_model.len() + self.header.label.len();
        (self.text.len() + header + 256) as u64
    }

    /// Its bytes on disk.
    pub fn encode(&self, key: &Key) -> Vec<u8> {
        let header = Header {
            text_len: self.text.len() as u64,
            ..self.header.clone()
        };
        // Integers, floats and strings into a growing vector: nothing in it can fail.
        let header = postcard::to_stdvec(&header).unwrap_or_default();
        let body = lz4_flex::compress(self.text.as_bytes());
        let mut value = Vec::with_capacity(PREFIX + header.len() + body.len());
        value.push(FORMAT);
        value.extend_from_slice(&[0; CHECKSUM]);
        value.extend_from_slice(&u16::try_from(header.len()).unwrap_or(u16::MAX).to_le_bytes());
        value.extend_from_slice(&header);
        value.extend_from_slice(&body);
        let sum = checksum(key, self.header.sample, &value[1 + CHECKSUM..]);
        value[1..=CHECKSUM].copy_from_slice(&sum);
        value
    }

    /// Reads an entry, whole or not at all.
    ///
    /// # Errors
    /// [`DiskError::Damaged`] when any bit is not as it was written.
    pub fn decode(key: &Key, sample: u32, value: &[u8]) -> Result<Self, DiskError> {
        let sum = value.get(1..=CHECKSUM).ok_or(DiskError::Damaged)?;
        let rest = value.get(1 + CHECKSUM..).ok_or(DiskError::Damaged)?;
        if value[0] != FORMAT || sum != checksum(key, sample, rest) {
            return Err(DiskError::Damaged);
        }
        let (header, body) = split(rest)?;
        let length = usize::try_from(header.text_len).map_err(|_| DiskError::Damaged)?;
        if length > LONGEST {
            return Err(DiskError::Damaged);
        }
        let text = lz4_flex::decompress(body, length).map_err(|_| DiskError::Damaged)?;
        let text = String::from_utf8(text).map_err(|_| DiskError::Damaged)?;
        Ok(Self { header, text })
    }

    /// Reads the header alone, without checking the whole.
    ///
    /// # Errors
    /// [`DiskError::Damaged`] when there is none.
    pub fn decode_header(value: &[u8]) -> Result<Header, DiskError> {
        if value.first() != Some(&FORMAT) {
            return Err(DiskError::Damaged);
        }
        let rest = value.get(1 + CHECKSUM..).ok_or(DiskError::Damaged)?;
        split(rest).map(|(header, _)| header)
    }
}

fn split(rest: &[u8]) -> Result<(Header, &[u8]), DiskError> {
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(DiskError::Damaged)?;
    let length = usize::from(u16::from_le_bytes(*length));
    let (header, body) = rest.split_at_checked(length).ok_or(DiskError::Damaged)?;
    let header = postcard::from_bytes(header).map_err(|_| DiskError::Damaged)?;
    Ok((header, body))
}

/// Seeded with the key and sample, so that a value under another key is damage too. XXH3 sees every change but one in
/// 2⁶⁴ and takes a tenth of the time of a cryptographic hash, which would guard against nobody: who can write the file
/// can write the checksum.
fn checksum(key: &Key, sample: u32, rest: &[u8]) -> [u8; CHECKSUM] {
    let mut seed = [0; 8];
    seed.copy_from_slice(&key.bytes()[..8]);
    let seed = u64::from_le_bytes(seed) ^ (u64::from(sample) << 32);
    XxHash3_64::oneshot_with_seed(seed, rest).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let mut header = Header::new(3, 1_000, Some(Ttl::Never));
        header.model = "m".to_owned();
        header.text_len = 9;
        Entry {
            header,
            text: "an answer".to_owned(),
        }
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let key = Key::of(b"k");
        let value = entry().encode(&key);
        assert_eq!(Entry::decode(&key, 3, &value).unwrap(), entry());
        for at in 0..value.len() * 8 {
            let mut bad = value.clone();
            bad[at / 8] ^= 1 << (at % 8);
            assert!(Entry::decode(&key, 3, &bad).is_err(), "bit {at}");
        }
        for cut in 0..value.len() {
            assert!(Entry::decode(&key, 3, &value[..cut]).is_err(), "cut at {cut}");
        }
        assert!(Entry::decode(&Key::of(b"other"), 3, &value).is_err());
        assert!(Entry::decode(&key, 4, &value).is_err());
    }

    #[test]
    fn a_clock_that_jumps_makes_a_miss() {
        let day = Ttl::DEFAULT;
        let header = Header::new(0, 10_000_000, None);
        assert!(header.is_live(day, 10_000_001));
        assert!(!header.is_live(day, 10_000_000 + 86_400_000));
        assert!(!header.is_live(day, 1_000_000), "answered in the future");
        assert!(Header::new(0, 0, Some(Ttl::Never)).is_live(day, i64::MAX - 60_000));
    }
}
