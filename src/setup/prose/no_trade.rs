//! Whether an answer says, in words, that it proposes no trade. The phrases are in `assets/setup_words.toml`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::labels;
use super::words::{self, Kind, is};

/// Whether some sentence of `text` says that there is no trade to be taken.
pub(super) fn is_stated(text: &str) -> bool {
    let unspaced = words::list(Kind::NoTrade)
        .iter()
        .filter(|w| w.chars().all(labels::is_unspaced));
    if unspaced.into_iter().any(|w| text.contains(w)) {
        return true;
    }
    text.split(['.', '!', '?', '\n', ';', ':', '—'])
        .filter(|sentence| sentence.len() < 2_000)
        .any(sentence)
}

/// A phrase by its words, and whether it counts as advice only.
type Phrase = (Vec<&'static str>, bool);

/// The phrases by their first word.
static PHRASES: LazyLock<HashMap<&str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&str, Vec<Phrase>> = HashMap::new();
    for (kind, advice) in [(Kind::NoTrade, false), (Kind::NoTradeAdvice, true)] {
        for phrase in words::list(kind) {
            let words: Vec<&str> = phrase.split(' ').collect();
            phrases.entry(words[0]).or_default().push((words, advice));
        }
    }
    phrases
});

fn sentence(text: &str) -> bool {
    let plain = labels::plain_all(text);
    let words: Vec<&str> = plain.split(' ').collect();
    words.iter().enumerate().any(|(at, word)| {
        let phrases = PHRASES.get(word).map_or(&[][..], Vec::as_slice);
        phrases.iter().any(|(phrase, advice)| {
            if !words[at..].starts_with(phrase) {
                return false;
            }
            if !advice {
                return words
                    .get(at + phrase.len())
                    .is_none_or(|next| !is(Kind::NotNoTrade, next));
            }
            // "Pass" and "wait" alone are advice only where they are the sentence.
            if matches!(phrase.as_slice(), ["pass" | "wait"]) {
                return words.len() == 1;
            }
            at == 0 || is(Kind::Advising, words[at - 1])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_stated;

    #[test]
    fn a_refusal_is_told_from_a_description() {
        for text in [
            "No trade. Stay flat and look again after the weekend.",
            "I would rather wait for a close above 1.1230.",
            "Verdict: stay flat.",
            "Wait for the retest.",
            "Honestly, I would sit this one out.",
            "Für mich kein Trade, besser abwarten.",
            "结论:观望",
        ] {
            assert!(is_stated(text), "{text}");
        }
        for text in [
            "There is no trade war premium in the dollar.",
            "The moving averages stay flat.",
            "The market waits for the FOMC.",
            "Price is inside the range.",
            "",
        ] {
            assert!(!is_stated(text), "{text}");
        }
    }
}
