//! Labels of a trade plan as answers write them, in the languages they are written in: which field a label names.

use super::sides;
use super::words::{self, Kind, is};
use crate::setup::{Order, Side};

/// What a label says its line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// The direction; `own` is a label of the trade's own, not of the market's bias.
    Side {
        own: bool,
    },
    /// The kind of order.
    Order,
    /// The entry; a label such as "Sell limit" says side and order too.
    Entry {
        side: Option<Side>,
        order: Option<Order>,
    },
    /// The stop loss; `own` is a label that names it, not "invalidation level".
    Stop {
        own: bool,
    },
    /// One or more targets.
    Targets,
    RiskReward,
    Confidence,
    /// For how many candles it stands.
    Valid,
    /// What ends the idea, in words.
    Invalidation,
    /// Words around a whole plan: "Plan", "Setup".
    Plan,
}

/// The longest label worth looking up, in characters.
const LONGEST: usize = 60;

impl Label {
    /// Whether its value is a price of the setup.
    pub fn has_price(self) -> bool {
        matches!(self, Label::Entry { .. } | Label::Stop { .. } | Label::Targets)
    }

    pub fn is_entry(self) -> bool {
        matches!(self, Label::Entry { .. })
    }
}

/// What `text` names, with its number (`TP2`), if it is a label. What stands in brackets is no label: "Reward (TP2)" is none.
pub(super) fn label(text: &str) -> Option<(Label, Option<u8>)> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let plain = plain(text);
    let (mut found, number) = known(&plain)?;
    if let Label::Entry {
        side,
        order: kind @ None,
    } = &mut found
        && plain.len() < text.trim().len()
    {
        // "Entry (limit)", "Entry (long)": the bracket says what kind of entry.
        let (said, of) = sides::order(text);
        let inside = text
            .split_once('(')
            .and_then(|(_, inside)| sides::side(inside.trim_end_matches(')')));
        let inside = inside.filter(|side| *side != Side::None);
        (*kind, *side) = (said, side.or(of).or(inside));
    }
    Some((found, number))
}

/// A label that names a field, not a plan as a whole.
pub(super) fn field_label(text: &str) -> Option<(Label, Option<u8>)> {
    label(text).filter(|(label, _)| *label != Label::Plan)
}

fn known(plain: &str) -> Option<(Label, Option<u8>)> {
    if plain.is_empty() {
        return None;
    }
    if let Some(found) = named(plain) {
        return Some((found, None));
    }
    // "SL Long", "Short TP 2": of one of two plans.
    let sided = |word: &str| is(Kind::Long, word) || is(Kind::Short, word);
    let ends = [
        plain.split_once(' '),
        plain.rsplit_once(' ').map(|(rest, end)| (end, rest)),
    ];
    let rest = ends
        .into_iter()
        .flatten()
        .find(|(end, _)| sided(end))
        .map(|(_, rest)| rest);
    if let Some(found) = rest
        .and_then(known)
        .filter(|(label, _)| matches!(label, Label::Stop { .. } | Label::Targets))
    {
        return Some(found);
    }
    // The worst entry that is still taken is not the entry.
    if plain.starts_with("max ") || plain.starts_with("min ") {
        return known(&plain[4..]).filter(|(label, _)| *label == Label::Targets);
    }
    let mut words: Vec<&str> = plain.split(' ').collect();
    while words.len() > 1 && is(Kind::Qualifier, words[0]) {
        words.remove(0);
    }
    while words.len() > 1 && words.last().is_some_and(|w| is(Kind::Qualifier, w)) {
        words.pop();
    }
    let mut number = None;
    if words.len() > 1 {
        if let Some(n) = ordinal(words[0]) {
            number = Some(n);
            words.remove(0);
        } else if let Some(n) = words.last().and_then(|w| ordinal(w)) {
            number = Some(n);
            words.pop();
        }
    }
    let base = words.join(" ");
    let mut base = base.as_str();
    let digits = base.len() - base.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        number = base[base.len() - digits..].parse().ok().filter(|n| (1..=9).contains(n));
        number?;
        base = base[..base.len() - digits].trim_end();
    } else if number.is_none()
        && base.starts_with(|c: char| !c.is_ascii())
        && let Some((n, rest)) = numbered(base)
    {
        (number, base) = (Some(n), rest);
    }
    let found = named(base)?;
    // Only targets and entries are numbered; a lone T is one only with its number.
    let numbered = matches!(found, Label::Targets | Label::Entry { .. } | Label::Plan);
    (number.is_none() || numbered).then_some((found, number))
}

/// Words that number a target.
const ORDINALS: [(Kind, u8); 5] = [
    (Kind::First, 1),
    (Kind::Second, 2),
    (Kind::Third, 3),
    (Kind::Fourth, 4),
    (Kind::Last, 9),
];

pub(super) fn ordinal(word: &str) -> Option<u8> {
    let listed = words::kinds(word);
    if let Some((_, n)) = ORDINALS.iter().find(|(kind, _)| listed.has(*kind)) {
        return Some(*n);
    }
    // `1er`, `2º`, `1`; but not `4h`.
    let rest = word.strip_prefix(|c: char| ('1'..='9').contains(&c))?;
    let ending = rest.chars().count() <= 3
        && rest.chars().all(char::is_alphabetic)
        && !matches!(rest, "h" | "m" | "d" | "w" | "min" | "hr" | "hrs");
    let digit = word.bytes().next()?.checked_sub(b'0')?;
    ending.then_some(digit)
}

/// `第一目标`, `止盈一`: the number of a label whose script sets no blanks.
fn numbered(base: &str) -> Option<(u8, &str)> {
    ORDINALS.iter().find_map(|(kind, n)| {
        let words = words::list(*kind).iter().filter(|w| !w.is_ascii());
        words
            .flat_map(|w| [base.strip_prefix(w), base.strip_suffix(w)])
            .flatten()
            .find(|rest| !rest.is_empty() && named(rest).is_some())
            .map(|rest| (*n, rest))
    })
}

fn named(base: &str) -> Option<Label> {
    let kinds = [
        (Kind::Side, Label::Side { own: true }),
        (Kind::Bias, Label::Side { own: false }),
        (Kind::Stop, Label::Stop { own: true }),
        (Kind::Target, Label::Targets),
        (Kind::RiskReward, Label::RiskReward),
        (Kind::Confidence, Label::Confidence),
        (Kind::Valid, Label::Valid),
        (Kind::Order, Label::Order),
        (Kind::InvalidationLevel, Label::Stop { own: false }),
        (Kind::Invalidation, Label::Invalidation),
        (Kind::Plan, Label::Plan),
    ];
    let listed = words::kinds(base);
    if listed.is_any() {
        let entry = |side| Some(Label::Entry { side, order: None });
        match () {
            () if listed.has(Kind::Entry) => return entry(None),
            () if listed.has(Kind::EntryLong) => return entry(Some(Side::Long)),
            () if listed.has(Kind::EntryShort) => return entry(Some(Side::Short)),
            () => {}
        }
        if let Some((_, label)) = kinds.iter().find(|(kind, _)| listed.has(*kind)) {
            return Some(*label);
        }
    }
    if !base.contains(' ') {
        return None;
    }
    let words: Vec<&str> = base.split(' ').collect();
    if words.len() < 2 || words.len() > 6 {
        return None;
    }
    // `TP1 / TP2`: one list.
    if words
        .iter()
        .all(|w| matches!(known(w), Some((Label::Targets, Some(_)))))
    {
        return Some(Label::Targets);
    }
    if is_ratio(&words) {
        return Some(Label::RiskReward);
    }
    if words[0] == "stop" && words[1..].iter().all(|w| is(Kind::StopWord, w)) {
        return Some(Label::Stop { own: true });
    }
    composed(&words)
}

/// Whether words name the ratio of risk and reward: each of them is the one, the other, or a word for a ratio.
fn is_ratio(words: &[&str]) -> bool {
    let (mut risk, mut reward, mut whole) = (false, false, false);
    for word in words {
        let listed = words::kinds(word);
        let (a, b, c) = (
            listed.has(Kind::Risk),
            listed.has(Kind::Reward),
            listed.has(Kind::RiskReward),
        );
        if !(a || b || c || listed.has(Kind::Ratio)) {
            return false;
        }
        (risk, reward, whole) = (risk | a, reward | b, whole | c);
    }
    risk && reward || whole
}

/// "Buy limit", "limit entry", "compra límite": a label that says how it is entered.
fn composed(words: &[&str]) -> Option<Label> {
    let (mut side, mut order, mut entry, mut zone, mut disputed) = (None, None, false, false, false);
    for word in words {
        let of_side = match () {
            () if is(Kind::Long, word) => Some(Side::Long),
            () if is(Kind::Short, word) => Some(Side::Short),
            () => None,
        };
        let of_order = match () {
            () if is(Kind::Limit, word) => Some(Order::Limit),
            () if *word == "stop" || is(Kind::StopOrder, word) => Some(Order::Stop),
            () => None,
        };
        let listed = words::kinds(word);
        let is_glue = matches!(*word, "de" | "d" | "di" | "en" | "do" | "da");
        if of_side.is_none() && of_order.is_none() && !listed.has(Kind::Entry) && !listed.has(Kind::Zone) && !is_glue {
            return None;
        }
        disputed |= of_side.is_some() && side.is_some() || of_order.is_some() && order.is_some();
        side = side.or(of_side);
        order = order.or(of_order);
        entry |= listed.has(Kind::Entry);
        zone |= listed.has(Kind::Zone);
    }
    // "Long stop" is the stop loss of the long; nobody says it of an order.
    if order == Some(Order::Stop) && words.iter().any(|w| matches!(*w, "long" | "short" | "лонг" | "шорт")) {
        return None;
    }
    // "Stop" and "stop de entrada" alone say nothing of a side.
    let says = side.is_some() && (order.is_some() || zone) || entry && (side.is_some() || order == Some(Order::Limit));
    (says && !disputed).then_some(Label::Entry { side, order })
}

/// Lower case, without what stands in brackets, marks as blanks.
pub(super) fn plain(text: &str) -> String {
    let mut depth = 0usize;
    let outside = text.chars().filter(|c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    });
    words_of(outside)
}

/// As [`plain`], with what stands in brackets.
pub(super) fn plain_all(text: &str) -> String {
    words_of(text.chars())
}

fn words_of(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for c in chars {
        match c {
            // Circled digits number targets.
            '①'..='⑨' => out.extend(char::from_digit(u32::from(c) - u32::from('①') + 1, 10)),
            // The small letter of the Turkish İ is an i, and a dot that belongs to it.
            c if is_letter(c) => out.extend(c.to_lowercase().filter(|c| *c != '\u{307}')),
            _ => out.push(' '),
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character is part of a word: marks above and below belong to their letters.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{93c}' | '\u{94d}' | '\u{e47}'..='\u{e4e}')
}

/// Whether a letter's script sets no blanks between words. Korean does, and sets what goes with a number right behind it.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_answers_write_them() {
        for (text, want) in [
            ("Entry zone", "entry"),
            ("Stop-Loss (SL)", "stop"),
            ("TP2", "target 2"),
            ("Take Profit 1 (50 %)", "target 1"),
            ("Final target", "target 9"),
            ("Стоп-лосс", "stop"),
            ("Zone d’entrée", "entry"),
            ("Risk/Reward", "ratio"),
            ("1er objectif", "target 1"),
            ("第一目标", "target 1"),
            ("1차 목표가", "target 1"),
            ("止盈二", "target 2"),
            ("利確②", "target 2"),
            ("Stop de protección", "stop"),
            ("Zlecenie obronne (SL)", "stop"),
            ("Zona de compra", "entry long"),
            ("Chance-Risiko-Verhältnis (CRV)", "ratio"),
            ("Ważne przez", "valid"),
            ("Wejście (limit)", "entry limit"),
            ("Compra límite", "entry long limit"),
            ("Sell limit", "entry short limit"),
            ("SL Long", "stop"),
        ] {
            assert_eq!(label(text).map(in_words).as_deref(), Some(want), "{text}");
        }
        for text in [
            "Entry trigger",
            "Stop hunt level",
            "Support 1",
            "Target market",
            "Stop 2",
            "Daily bias",
            "Reward (TP2)",
            "Risk",
            "Exit time",
            "RSI 14",
            "Position size",
            "",
        ] {
            assert_eq!(label(text), None, "{text}");
        }
    }

    fn in_words((label, number): (Label, Option<u8>)) -> String {
        let mut words = match label {
            Label::Entry { side, order } => {
                let side = side.map(|s| format!(" {s}")).unwrap_or_default();
                format!("entry{side}{}", order.map(|o| format!(" {o}")).unwrap_or_default())
            }
            Label::Stop { .. } => "stop".to_owned(),
            Label::Targets => "target".to_owned(),
            Label::RiskReward => "ratio".to_owned(),
            Label::Valid => "valid".to_owned(),
            other => format!("{other:?}"),
        };
        if let Some(number) = number {
            words.push_str(&format!(" {number}"));
        }
        words
    }
}
