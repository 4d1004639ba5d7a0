//! The key of a question.

use std::fmt;
use std::str::FromStr;

/// The BLAKE3 hash of a request's canonical bytes. Samples of one question share it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of these canonical bytes.
    pub fn of(canonical: &[u8]) -> Self {
        Self(*blake3::hash(canonical).as_bytes())
    }

    /// The hash itself.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The lowest and the highest key that begin with these hexadecimal digits.
    pub(super) fn range(digits: &str) -> (Self, Self) {
        let fill = |with: u8| {
            let mut bytes = [0; 32];
            for (at, byte) in bytes.iter_mut().enumerate() {
                let digit = |i: usize| {
                    let digit = digits.as_bytes().get(i).map(|d| char::from(*d).to_digit(16));
                    digit.flatten().map_or(with, |d| u8::try_from(d).unwrap_or(with))
                };
                *byte = digit(at * 2) << 4 | digit(at * 2 + 1);
            }
            Self(bytes)
        };
        (fill(0), fill(15))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key is 64 hexadecimal digits, as `wickdesk cache list` shows them")]
pub struct KeyError;

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hash = blake3::Hash::from_hex(text.trim()).map_err(|_| KeyError)?;
        Ok(Self(*hash.as_bytes()))
    }
}
