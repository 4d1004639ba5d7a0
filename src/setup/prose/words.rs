//! The words of trade plans, read from `assets/setup_words.toml`: one table a language, all languages at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

static TABLE: &str = include_str!("../../../assets/setup_words.toml");

/// What a word is listed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[repr(u8)]
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
    /// A part of a word for candles, in scripts without blanks and languages with many cases.
    CandleStem,
    Qualifier,
    First,
    Second,
    Third,
    Fourth,
    Last,
    Setup,
    /// A place, beside a side: "buy zone".
    Zone,
    /// What may stand behind "stop" of a stop loss.
    StopWord,
    Beyond,
    Distance,
    SmallDistance,
    Unit,
    Lead,
    Month,
    Currency,
    /// Between a label and its number: "at", "around".
    Filler,
    /// Of the level of a condition: "after", "close".
    Condition,
    Break,
    Indicator,
    Fibonacci,
    /// Beside a side and a market in a headline.
    Headline,
    /// Makes something else of a side: "short term", "short squeeze".
    NotSide,
    /// Takes a price back: "not 1.17 but", "was 1.17".
    Superseded,
    /// The other price of what these introduce counts: "then", "but".
    Instead,
    /// Names a share of the position: "half".
    Portion,
    /// Names an edge of a zone: "low", "max".
    Edge,
    /// A label of a trade that is over: "P&L".
    Over,
    /// Names one of several targets below their label.
    Part,
    /// Of a heading about trades that are over, with `past_trade`.
    Past,
    PastTrade,
    /// Says that there is no trade, wherever it is.
    NoTrade,
    /// Says so as advice: at the beginning of a sentence, or after `advising`.
    NoTradeAdvice,
    Advising,
    /// What makes something else of "no trade".
    NotNoTrade,
}

/// What a word is listed as: a bit for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u128);

impl Kinds {
    /// Whether it is listed as this.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & (1u128 << kind as u8) != 0
    }

    /// Whether it is listed at all.
    pub fn is_any(self) -> bool {
        self.0 != 0
    }
}

struct Words {
    kinds: HashMap<&'static str, Kinds>,
    lists: HashMap<Kind, Vec<&'static str>>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    // What is compiled in is whole; a test reads it.
    let languages: BTreeMap<String, HashMap<Kind, &str>> = toml::from_str(TABLE).unwrap_or_default();
    let mut all = Words {
        kinds: HashMap::new(),
        lists: HashMap::new(),
    };
    for (kind, words) in languages.into_values().flatten() {
        // The text is static, and so is every part of it.
        for word in words.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            let kinds = all.kinds.entry(word).or_default();
            if !kinds.has(kind) {
                kinds.0 |= 1u128 << kind as u8;
                all.lists.entry(kind).or_default().push(word);
            }
        }
    }
    all
});

/// The words of a kind, in every language.
pub(super) fn list(kind: Kind) -> &'static [&'static str] {
    WORDS.lists.get(&kind).map_or(&[], Vec::as_slice)
}

/// What a word, or words, in small letters are listed as.
pub(super) fn kinds(words: &str) -> Kinds {
    WORDS.kinds.get(words).copied().unwrap_or_default()
}

/// Whether a word, or words, in small letters are of a kind.
pub(super) fn is(kind: Kind, words: &str) -> bool {
    kinds(words).has(kind)
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
