//! The words of trade plans, read from `assets/setup_words.toml`: one table a language, all languages at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

static TABLE: &str = include_str!("../../../assets/setup_words.toml");

/// What a word is listed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Side,
    Bias,
    Order,
    Entry,
    EntryLong,
    EntryShort,
    Stop,
    InvalidationLevel,
    Target,
    RiskReward,
    Risk,
    Reward,
    Ratio,
    Confidence,
    Valid,
    Invalidation,
    Plan,
    Long,
    Short,
    None,
    Limit,
    StopOrder,
    Market,
    And,
    Or,
    Candle,
    Qualifier,
    First,
    Second,
    Third,
    Fourth,
    Last,
    Setup,
    Beyond,
    Distance,
    SmallDistance,
    Unit,
    Lead,
    Month,
}

type Lists = HashMap<Kind, HashSet<&'static str>>;

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    // What is compiled in is whole; a test reads it.
    let languages: BTreeMap<String, HashMap<Kind, &str>> = toml::from_str(TABLE).unwrap_or_default();
    let mut lists = Lists::new();
    for (kind, words) in languages.into_values().flatten() {
        // The text is static, and so is every part of it.
        let words = words.split(',').map(str::trim).filter(|w| !w.is_empty());
        lists.entry(kind).or_default().extend(words);
    }
    lists
});

/// The words of a kind, in every language.
pub(super) fn list(kind: Kind) -> &'static HashSet<&'static str> {
    static NO_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(HashSet::new);
    LISTS.get(&kind).unwrap_or(&NO_WORDS)
}

/// Whether a word, or words, in small letters are of a kind.
pub(super) fn is(kind: Kind, words: &str) -> bool {
    list(kind).contains(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_read() {
        let languages: BTreeMap<String, HashMap<Kind, String>> = toml::from_str(TABLE).unwrap();
        assert!(languages.len() >= 20);
        for (language, lists) in &languages {
            for kind in [Kind::Entry, Kind::Target, Kind::Long, Kind::Short] {
                assert!(language == "da" || lists.contains_key(&kind), "{language}: {kind:?}");
            }
            for word in lists.values().flat_map(|l| l.split(',')).map(str::trim) {
                assert_eq!(word, word.to_lowercase(), "{language}");
                assert!(!word.contains(['-', '/', '’', '\'']), "{language}: {word}");
            }
        }
        assert!(is(Kind::Stop, "止损") && is(Kind::Stop, "stop loss") && !is(Kind::Stop, "target"));
    }
}
