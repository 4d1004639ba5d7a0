//! A value in the shared tier: the disk tier's own bytes, and behind them, where there is a secret, a keyed hash that only who
//! knows it can make.

use crate::cache::{Entry, Key};
use crate::secret::Secret;
use crate::ttl::Ttl;

/// What the server says of the end of a key that is not there.
const GONE: i64 = -2;

/// Bytes of the hash.
const MAC: usize = 32;

/// Bytes of the longest answer that is taken from there, which no model's is by far.
pub(super) const LONGEST: u64 = 8 << 20;

/// How far two machines' clocks may differ, in milliseconds.
const SKEW: i64 = 5 * 60 * 1_000;

/// What the secret is hashed for: another use of the same secret gets another key.
const CONTEXT: &str = "wickdesk 2026 shared cache value v1";

/// Why a value is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not as this program writes it: damaged, of a newer version, or another's.
    #[error("damaged, newer or foreign")]
    Damaged,
    /// It was not sealed with the secret.
    #[error("not authentic")]
    Forged,
    /// It says that it is over, or from the future.
    #[error("expired")]
    Expired,
}

impl Refused {
    /// Under what it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Refused::Damaged => "shared: damaged",
            Refused::Forged => "shared: not authentic",
            Refused::Expired => "shared: expired",
        }
    }
}

/// How values are sealed.
#[derive(Clone, Default)]
pub struct Seal(Option<[u8; 32]>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Seal(secret)" } else { "Seal(none)" })
    }
}

impl Seal {
    /// With this secret; without one values bear their checksum alone.
    pub fn with(secret: Option<&Secret>) -> Self {
        Self(secret.map(|s| blake3::derive_key(CONTEXT, s.expose().as_bytes())))
    }

    /// Whether there is a secret.
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }

    fn mac(key: &[u8; 32], place: &str, value: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(&(place.len() as u64).to_le_bytes());
        hasher.update(place.as_bytes());
        hasher.update(value);
        hasher.finalize()
    }

    /// The bytes of an entry as they lie at `place`.
    pub fn close(&self, place: &str, key: &Key, entry: &Entry) -> Vec<u8> {
        let mut value = entry.encode(key);
        if let Some(secret) = &self.0 {
            let mac = Self::mac(secret, place, &value);
            value.extend_from_slice(mac.as_bytes());
        }
        value
    }

    /// Reads a value that has `left` milliseconds to live (-1 for no end, -2 if it has just gone), whole or not at all: the entry as it may be
    /// promoted, and when it expires. It never lives longer than it says itself, nor than the server keeps it.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn open(
        &self,
        place: &str,
        key: &Key,
        value: &[u8],
        default: Ttl,
        left: i64,
        now: i64,
    ) -> Result<(Entry, Option<i64>), Refused> {
        let bytes = match &self.0 {
            None => value,
            Some(secret) => {
                let at = value.len().checked_sub(MAC).ok_or(Refused::Forged)?;
                let (bytes, mac) = value.split_at(at);
                let mac: [u8; MAC] = mac.try_into().map_err(|_| Refused::Forged)?;
                // Compared in constant time.
                if Self::mac(secret, place, bytes) != blake3::Hash::from_bytes(mac) {
                    return Err(Refused::Forged);
                }
                bytes
            }
        };
        let header = Entry::decode_header(bytes).map_err(|_| Refused::Damaged)?;
        // Few bytes may stand for very many.
        if header.text_len > LONGEST {
            return Err(Refused::Damaged);
        }
        let mut entry = Entry::decode(key, header.sample, bytes).map_err(|_| Refused::Damaged)?;
        // What costs nothing is not shared; a value that says so is not from here.
        if entry.header.local || !entry.header.is_sound() || entry.text.trim().is_empty() {
            return Err(Refused::Damaged);
        }
        // Clocks of two machines differ a little: what seems to come from the near future is from now.
        if entry.header.created > now && entry.header.created - now <= SKEW {
            entry.header.created = now;
        }
        if !entry.header.is_live(default, now) {
            return Err(Refused::Expired);
        }
        entry.make_harmless();
        if left == GONE {
            return Err(Refused::Expired);
        }
        if left >= 0 {
            entry.header.ends_by(default, now.saturating_add(left));
        }
        let expires = entry.header.expires(default);
        Ok((entry, expires))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cache::Header;

    const NOW: i64 = 1_700_000_000_000;

    fn entry(text: &str) -> Entry {
        let mut header = Header::new(2, NOW - 1_000, None);
        header.model = "m".to_owned();
        header.cost_usd = Some(0.01);
        header.text_len = text.len() as u64;
        Entry {
            header,
            text: text.to_owned(),
        }
    }

    #[test]
    fn only_who_knows_the_secret_is_believed() {
        let key = Key::of(b"q");
        let one = Seal::with(Some(&Secret::new("one")));
        let other = Seal::with(Some(&Secret::new("other")));
        let none = Seal::default();
        let open = |seal: &Seal, place: &str, value: &[u8]| seal.open(place, &key, value, Ttl::DEFAULT, -1, NOW);
        let sealed = one.close("a", &key, &entry("an answer"));
        assert_eq!(open(&one, "a", &sealed).unwrap().0.text, "an answer");
        assert_eq!(open(&other, "a", &sealed), Err(Refused::Forged));
        assert_eq!(open(&one, "b", &sealed), Err(Refused::Forged), "moved to another key");
        assert_eq!(open(&none, "a", &sealed), Err(Refused::Damaged));
        let bare = none.close("a", &key, &entry("an answer"));
        assert_eq!(open(&one, "a", &bare), Err(Refused::Forged));
        assert_eq!(open(&one, "a", b"short"), Err(Refused::Forged));
        assert!(open(&none, "a", &bare).is_ok());
    }

    #[test]
    fn it_lives_no_longer_than_it_says_nor_than_it_is_kept() {
        let key = Key::of(b"q");
        let seal = Seal::default();
        let value = seal.close("a", &key, &entry("x"));
        let expires = |left| seal.open("a", &key, &value, Ttl::DEFAULT, left, NOW).unwrap().1;
        let own = NOW - 1_000 + 86_400_000;
        assert_eq!(expires(60_000), Some(NOW + 60_000));
        assert_eq!(expires(i64::MAX), Some(own));
        assert_eq!(expires(-1), Some(own));
    }

    #[test]
    fn what_it_says_is_made_harmless() {
        let key = Key::of(b"q");
        let mut bad = entry("red \u{1b}[31malert\u{202e}");
        bad.header.model = "m\u{1b}]0;title\u{7}\nsecond".to_owned();
        let (read, _) = Seal::default()
            .open(
                "a",
                &key,
                &Seal::default().close("a", &key, &bad),
                Ttl::DEFAULT,
                -1,
                NOW,
            )
            .unwrap();
        assert_eq!(read.text, crate::text::clean(&bad.text));
        assert!(!read.header.model.contains(['\u{1b}', '\n']));
    }

    #[test]
    fn figures_beyond_belief_blank_words_and_very_long_ones_are_no_answer() {
        let key = Key::of(b"q");
        let open = |entry: &Entry| {
            let value = Seal::default().close("a", &key, entry);
            Seal::default().open("a", &key, &value, Ttl::DEFAULT, -1, NOW)
        };
        type Change = fn(&mut Entry);
        let changes: [Change; 8] = [
            |e| e.header.cost_usd = Some(1.7e308),
            |e| e.header.cost_usd = Some(-0.01),
            |e| e.header.latency_ms = f64::NAN,
            |e| e.header.tokens = Some([u64::MAX; 4]),
            |e| e.header.sample = u32::MAX,
            |e| e.header.created = i64::MIN,
            |e| e.text = " \n".to_owned(),
            |e| e.text = "a".repeat(9 << 20),
        ];
        for change in changes {
            let mut entry = entry("an answer");
            change(&mut entry);
            assert_eq!(open(&entry).unwrap_err(), Refused::Damaged, "{:?}", entry.header);
        }
        // Clocks of two machines differ a little.
        let mut ahead = entry("an answer");
        ahead.header.created = NOW + 90_000;
        assert_eq!(open(&ahead).unwrap().0.header.created, NOW);
        ahead.header.created = NOW + 3_600_000;
        assert_eq!(open(&ahead).unwrap_err(), Refused::Expired);
        // What went between two questions is not there.
        let value = Seal::default().close("a", &key, &entry("an answer"));
        assert_eq!(
            Seal::default()
                .open("a", &key, &value, Ttl::DEFAULT, -2, NOW)
                .unwrap_err(),
            Refused::Expired
        );
    }

    proptest! {
        #[test]
        fn no_bytes_are_taken_for_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400), secret: bool) {
            let seal = if secret { Seal::with(Some(&Secret::new("s"))) } else { Seal::default() };
            prop_assert!(seal.open("a", &Key::of(b"q"), &bytes, Ttl::DEFAULT, -1, NOW).is_err());
        }

        #[test]
        fn no_changed_byte_is_overlooked(at in 0usize..200, to: u8) {
            let key = Key::of(b"q");
            for seal in [Seal::default(), Seal::with(Some(&Secret::new("s")))] {
                let value = seal.close("a", &key, &entry("an answer of some length, so that there is something to change"));
                let at = at % value.len();
                prop_assume!(value[at] != to);
                let mut changed = value.clone();
                changed[at] = to;
                prop_assert!(seal.open("a", &key, &changed, Ttl::DEFAULT, -1, NOW).is_err());
            }
        }
    }
}
