//! Finding words in a hundred thousand answers: a signature of each text says where they cannot be.
//!
//! A signature is a Bloom filter (B. H. Bloom, 1970) of every two and three bytes of the text, two bits each. A text is read only if its
//! signature holds those of what is looked for, the newest first and no more than are shown.

/// Bits for each of them: at two bits set for each, a fifth of a signature is set.
const BITS: usize = 8;
/// The shortest and the longest signature, in bytes; powers of two.
const LENGTHS: (usize, usize) = (64, 4096);

/// What is looked for: words that must all occur, in any letter case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    words: Vec<String>,
    hashes: Vec<u32>,
}

impl Query {
    /// Reads `text`: words apart by blanks; what stands between double quotes is one.
    pub fn parse(text: &str) -> Self {
        let mut words = Vec::new();
        for (at, part) in text.to_lowercase().split('"').enumerate() {
            if at % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        words.retain(|w| !w.is_empty());
        let hashes = words.iter().flat_map(|w| grams(w)).collect();
        Self { words, hashes }
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a text of this signature may hold all words.
    pub(super) fn may_match(&self, signature: &[u8]) -> bool {
        if !signature.len().is_power_of_two() {
            // Not one of ours: the text itself has to tell.
            return true;
        }
        self.hashes.iter().all(|hash| {
            bits(*hash, signature.len())
                .iter()
                .all(|bit| signature[bit / 8] & (1 << (bit % 8)) != 0)
        })
    }

    /// Whether a text, in small letters, holds all words.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// The signature of a text in small letters.
pub(super) fn signature(text: &str) -> Vec<u8> {
    let mut hashes: Vec<u32> = grams(text).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let bytes = (hashes.len() * BITS / 8)
        .next_power_of_two()
        .clamp(LENGTHS.0, LENGTHS.1);
    let mut signature = vec![0u8; bytes];
    for hash in hashes {
        for bit in bits(hash, bytes) {
            signature[bit / 8] |= 1 << (bit % 8);
        }
    }
    signature
}

/// Every two and every three bytes of a text, as numbers.
fn grams(text: &str) -> impl Iterator<Item = u32> + '_ {
    let join = |w: &[u8]| w.iter().fold(1u32, |sum, byte| (sum << 8) | u32::from(*byte));
    let bytes = text.as_bytes();
    bytes.windows(2).map(join).chain(bytes.windows(3).map(join))
}

/// The two bits of a gram in a signature of `bytes`, a power of two.
fn bits(gram: u32, bytes: usize) -> [usize; 2] {
    // Fibonacci hashing: the upper bits of a product are well spread.
    let spread = u64::from(gram).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mask = (bytes * 8 - 1) as u64;
    [((spread >> 40) & mask) as usize, ((spread >> 20) & mask) as usize]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_and_phrases() {
        let query = Query::parse(r#"Sweep "order block" XAU"#);
        assert_eq!(query.words, ["sweep", "order block", "xau"]);
        let text = "xauusd: an order block after the sweep";
        assert!(query.may_match(&signature(text)) && query.matches(text));
        let other = "xauusd: a block in order after the sweep";
        assert!(!query.matches(other));
        assert!(Query::parse("  ").is_empty());
    }

    proptest! {
        #[test]
        fn a_signature_never_hides_what_is_there(text in "[a-zäß0-9 .]{0,400}", at in 0usize..400, len in 1usize..20) {
            let chars: Vec<char> = text.chars().collect();
            let word: String = chars.iter().skip(at.min(chars.len())).take(len).collect();
            let query = Query::parse(&format!("\"{word}\""));
            prop_assert!(query.may_match(&signature(&text)));
            prop_assert!(query.matches(&text));
        }
    }
}
