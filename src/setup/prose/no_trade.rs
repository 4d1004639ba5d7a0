//! Whether an answer says, in words, that it proposes no trade.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::labels;

/// Phrases that say so wherever they stand.
const ANYWHERE: &[&str] = &[
    "no trade",
    "no trades",
    "not a trade",
    "no position",
    "nothing to trade",
    "not trade",
    "no setup",
    "no valid setup",
    "no clear setup",
    "no actionable setup",
    "no entry here",
    "stand aside",
    "standing aside",
    "on the sidelines",
    "sit this one out",
    "sitting this one out",
    "sit it out",
    "kein trade",
    "keinen trade",
    "kein handel",
    "kein einstieg",
    "seitenlinie",
    "nicht handeln",
    "pas de trade",
    "aucun trade",
    "pas de position",
    "rester à l écart",
    "restons à l écart",
    "reste à l écart",
    "ne pas trader",
    "sin operación",
    "sin operar",
    "no operar",
    "al margen",
    "no hay operación",
    "sem operação",
    "sem trade",
    "fico de fora",
    "ficar de fora",
    "não operar",
    "nenhuma operação",
    "nessun trade",
    "nessuna operazione",
    "restare fuori",
    "resto fuori",
    "non operare",
    "вне рынка",
    "нет сделки",
    "без сделки",
    "не торговать",
    "сделки нет",
    "işlem yok",
    "işlem yapma",
    "işlem yapmıyorum",
    "işlem yapmam",
    "kenarda bekle",
    "لا صفقة",
    "لا توجد صفقة",
    "لا تداول",
    "البقاء خارج السوق",
    "geen trade",
    "brak transakcji",
];
/// Phrases that say so as what is to be done: at the beginning of a sentence, or behind a word that advises.
const ADVICE: &[&str] = &[
    "wait for",
    "wait until",
    "wait",
    "stay flat",
    "stay out",
    "stay aside",
    "remain flat",
    "be flat",
    "keep flat",
    "stand down",
    "do nothing",
    "pass",
    "skip this",
    "skip it",
    "hold off",
    "abwarten",
    "warten",
    "attendre",
    "attendez",
    "esperar",
    "espere",
    "aguardar",
    "aguarde",
    "attendere",
    "ждать",
    "жду",
    "ожидать",
    "подождать",
    "bekle",
    "beklemek",
    "bekliyorum",
    "flat bleiben",
];
/// Words that advise.
const ADVISING: &[&str] = &[
    "i",
    "i'd",
    "i’d",
    "would",
    "we",
    "rather",
    "to",
    "should",
    "and",
    "just",
    "simply",
    "better",
    "prefer",
    "best",
    "please",
    "let",
    "will",
    "advice",
    "verdict",
    "recommendation",
    "decision",
    "conclusion",
    "action",
    "plan",
    "so",
    "ich",
    "würde",
    "besser",
    "lieber",
    "je",
    "préfère",
    "vaut",
    "mieux",
    "d",
    "prefiero",
    "mejor",
    "es",
    "prefiro",
    "melhor",
    "é",
    "preferisco",
    "meglio",
    "è",
    "лучше",
    "стоит",
    "я",
    "therefore",
    "currently",
    "now",
    "must",
    "ll",
    "m",
    "am",
    "traders",
];
/// The same in scripts without blanks.
const UNSPACED: &[&str] = &[
    "观望",
    "不交易",
    "不开仓",
    "不做单",
    "空仓",
    "無交易",
    "无交易",
    "暂不入场",
    "等待机会",
    "様子見",
    "ノートレード",
    "見送り",
    "トレードしない",
    "取引しない",
    "静观",
];
/// What makes of "no trade" something else.
const NOT_BEHIND: &[&str] = &[
    "war",
    "wars",
    "off",
    "offs",
    "deal",
    "deals",
    "deficit",
    "data",
    "surplus",
    "talks",
    "barriers",
    "tariffs",
    "agreement",
    "balance",
];

/// Whether some sentence of `text` says that there is no trade to be taken.
pub(super) fn is_stated(text: &str) -> bool {
    if UNSPACED.iter().any(|w| text.contains(w)) {
        return true;
    }
    text.split(['.', '!', '?', '\n', ';', '。', '！', '？', ':', '：', '—'])
        .filter(|sentence| sentence.len() < 2_000)
        .any(sentence)
}

/// A phrase by its words, and whether it counts as advice only.
type Phrase = (Vec<&'static str>, bool);

/// The phrases by their first word.
static PHRASES: LazyLock<HashMap<&str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&str, Vec<Phrase>> = HashMap::new();
    let all = ANYWHERE
        .iter()
        .map(|p| (p, false))
        .chain(ADVICE.iter().map(|p| (p, true)));
    for (phrase, advice) in all {
        let words: Vec<&str> = phrase.split(' ').collect();
        phrases.entry(words[0]).or_default().push((words, advice));
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
                    .is_none_or(|next| !NOT_BEHIND.contains(next));
            }
            // "Pass" and "wait" alone are advice only where they are the sentence.
            if matches!(phrase.as_slice(), ["pass" | "wait"]) {
                return words.len() == 1;
            }
            at == 0 || ADVISING.contains(&words[at - 1])
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
            "结论:观望。",
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
