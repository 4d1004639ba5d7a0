//! A key, wrapped so that it is never shown.

use std::fmt;

/// A key. It is never shown: not by `Debug`, not in errors.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a key; blanks around it are an accident of pasting.
    pub fn new(key: &str) -> Self {
        Self(key.trim().to_owned())
    }

    /// The key itself, for the one header that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with the key, should a server echo it, blotted out.
    pub fn scrub(&self, text: &str) -> String {
        // A few letters are no secret, and stand in every word.
        if self.0.len() < 6 {
            text.to_owned()
        } else {
            text.replace(&self.0, "[key]")
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_shown() {
        let key = Secret::new(" sk-planted \n");
        assert_eq!(format!("{key:?}"), "[key]");
        assert_eq!(key.scrub("about sk-planted indeed"), "about [key] indeed");
    }
}
