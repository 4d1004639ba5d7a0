//! Labels of a trade plan as answers write them, in the languages they are written in: which field a label names.

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
        let (said, of) = order(text);
        let inside = text
            .split_once('(')
            .and_then(|(_, inside)| self::side(inside.trim_end_matches(')')));
        let inside = inside.filter(|side| *side != Side::None);
        (*kind, *side) = (said, side.or(of).or(inside));
    }
    Some((found, number))
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

/// The side that a value names: its first words, or what its brackets say (`Regular (Long)`). `None` when it names none, both,
/// or hedges (`buy or hold`).
pub(super) fn side(value: &str) -> Option<Side> {
    let plain = plain(value);
    first_side(&plain).or_else(|| {
        let (_, inside) = value.split_once(['(', '['])?;
        let inside = plain_all(inside.split([')', ']']).next().unwrap_or_default());
        let alone = plain.split(' ').count() <= 2 && !plain.split(' ').any(|w| words::kinds(w).has(Kind::Or));
        first_side(&inside).filter(|_| alone && !hedges(&plain) && sides_of(&plain).is_none())
    })
}

fn first_side(plain: &str) -> Option<Side> {
    let named = sides_of(plain)?;
    let words: Vec<&str> = plain.split(' ').collect();
    // "Short squeeze", "short term", "buy to cover".
    if words.iter().any(|w| is(Kind::NotSide, w)) {
        return None;
    }
    let disputed = match named {
        Side::Long => words.iter().any(|w| is_long_word(w) && is(Kind::Short, w)) || hedges(plain),
        Side::Short => words.iter().any(|w| is_long_word(w) && is(Kind::Long, w)) || hedges(plain),
        // "neutral to bullish" leans; "no trade, long or short" does not.
        Side::None => words.iter().any(|w| matches!(*w, "bullish" | "bearish")),
    };
    (!disputed).then_some(named)
}

/// Whether a word is long enough not to be part of another: `al` buys in Turkish.
fn is_long_word(word: &str) -> bool {
    word.chars().count() > if word.is_ascii() { 2 } else { 1 }
}

/// The side that the first words name.
fn sides_of(plain: &str) -> Option<Side> {
    let (mut long, mut short, mut none) = (false, false, false);
    let ends = plain.match_indices(' ').map(|(at, _)| at).chain([plain.len()]);
    for end in ends.take(LONGEST_SIDE) {
        let head = &plain[..end];
        // `al` buys in Turkish, and begins half of what is said in Spanish.
        if head.is_ascii() && head.len() < 3 && head.len() < plain.len() {
            continue;
        }
        let listed = words::kinds(head);
        long |= listed.has(Kind::Long);
        short |= listed.has(Kind::Short);
        none |= listed.has(Kind::None);
    }
    if !(long || short || none) && plain.chars().next().is_some_and(is_unspaced) {
        let begins = |kind| words::list(kind).iter().any(|w| begins_run(plain, w));
        (long, short, none) = (begins(Kind::Long), begins(Kind::Short), begins(Kind::None));
    }
    match (long, short, none) {
        (true, false, _) => Some(Side::Long),
        (false, true, _) => Some(Side::Short),
        (false, false, true) => Some(Side::None),
        _ => None,
    }
}

/// Whether a side is offered beside another answer: `buy or hold`, `long wait`.
fn hedges(plain: &str) -> bool {
    let words: Vec<&str> = plain.split(' ').collect();
    let none = |w: &str| is_long_word(w) && is(Kind::None, w);
    let other = |w: &str| none(w) || is(Kind::Long, w) || is(Kind::Short, w);
    if words.len() == 1 && plain.starts_with(is_unspaced) {
        let holds = |kind| {
            words::list(kind)
                .iter()
                .any(|w| all_unspaced(w) && is_long_word(w) && plain.contains(w))
        };
        return holds(Kind::Or) && holds(Kind::None);
    }
    words.windows(2).any(|pair| is(Kind::Or, pair[0]) && other(pair[1])) || words.len() == 2 && none(words[1])
}

/// Words of the longest name of a side.
const LONGEST_SIDE: usize = 4;

/// Whether a run of letters without blanks begins with `word`, and goes on with something else than a part of it.
fn begins_run(text: &str, word: &str) -> bool {
    all_unspaced(word)
        && word.chars().count() > 1
        && text
            .strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| "頭头單单".contains(c)))
}

/// Whether a letter's script sets no blanks between words. Korean does, and sets what goes with a number right behind it.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

fn all_unspaced(word: &str) -> bool {
    word.chars().all(is_unspaced)
}

/// The kind of order that words name, and the side that goes with it.
pub(super) fn order(text: &str) -> (Option<Order>, Option<Side>) {
    if !text.contains(char::is_alphabetic) {
        return (None, None);
    }
    // The market's structure is no order; a stop limit is neither.
    let plain = plain_all(text)
        .replace("market structure", "")
        .replace("stop limit", "");
    let words: Vec<&str> = plain.split(' ').filter(|w| !w.is_empty()).collect();
    let mut found: Vec<(Order, Option<Side>)> = words.windows(2).filter_map(|pair| sided(pair[0], pair[1])).collect();
    if found.is_empty() {
        let mut at = 0;
        while at < words.len() {
            // The longest that fits: "stop order" before "stop".
            let fits = (1..=LONGEST_ORDER.min(words.len() - at)).rev();
            let kind = fits
                .filter_map(|n| Some((n, kind_of(&words[at..at + n].join(" "))?)))
                .next();
            // "1.5 % below market", "not at market".
            let related = at > 0 && (is(Kind::Beyond, words[at - 1]) || is(Kind::Superseded, words[at - 1]));
            found.extend(
                kind.filter(|(_, order)| *order != Order::Market || !related)
                    .map(|(_, order)| (order, None)),
            );
            at += kind.map_or(1, |(n, _)| n);
        }
        found.extend(
            words
                .iter()
                .filter_map(|w| unspaced_order(w))
                .map(|order| (order, None)),
        );
    }
    found.sort_unstable_by_key(|(order, _)| *order as u8);
    found.dedup();
    match found.as_slice() {
        [(order, side)] => (Some(*order), *side),
        _ => (None, None),
    }
}

/// The same where a label says that it is a kind of order: "stop" alone is one there.
pub(super) fn order_named(value: &str) -> (Option<Order>, Option<Side>) {
    match order(value) {
        (None, None) if plain(value).split(' ').next() == Some("stop") => (Some(Order::Stop), None),
        found => found,
    }
}

/// Words of the longest name of a kind of order.
const LONGEST_ORDER: usize = 3;

fn sided(side: &str, order: &str) -> Option<(Order, Option<Side>)> {
    let side = match side {
        "buy" => Side::Long,
        "sell" => Side::Short,
        _ => return None,
    };
    match order {
        "limit" => Some((Order::Limit, Some(side))),
        "stop" => Some((Order::Stop, Some(side))),
        _ => None,
    }
}

const ORDERS: [(Kind, Order); 3] = [
    // Stop orders first: the Japanese word for one holds the word for a limit.
    (Kind::StopOrder, Order::Stop),
    (Kind::Limit, Order::Limit),
    (Kind::Market, Order::Market),
];

fn kind_of(words: &str) -> Option<Order> {
    ORDERS
        .iter()
        .find(|(kind, _)| is(*kind, words))
        .map(|(_, order)| *order)
}

/// The kind of order that a run of letters without blanks holds.
fn unspaced_order(run: &str) -> Option<Order> {
    if run.is_ascii() || kind_of(run).is_some() {
        return None;
    }
    let holds = |kind| words::list(kind).iter().any(|w| all_unspaced(w) && run.contains(w));
    ORDERS.iter().find(|(kind, _)| holds(*kind)).map(|(_, order)| *order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_answers_write_them() {
        for (text, want, number) in [
            (
                "Entry zone",
                Label::Entry {
                    side: None,
                    order: None,
                },
                None,
            ),
            ("Stop-Loss (SL)", Label::Stop { own: true }, None),
            ("TP2", Label::Targets, Some(2)),
            ("Take Profit 1 (50 %)", Label::Targets, Some(1)),
            ("1st target", Label::Targets, Some(1)),
            ("Final target", Label::Targets, Some(9)),
            ("止盈1", Label::Targets, Some(1)),
            ("Стоп-лосс", Label::Stop { own: true }, None),
            (
                "Zone d’entrée",
                Label::Entry {
                    side: None,
                    order: None,
                },
                None,
            ),
            ("Risk/Reward", Label::RiskReward, None),
            ("Bias", Label::Side { own: false }, None),
            ("1er objectif", Label::Targets, Some(1)),
            ("第一目标", Label::Targets, Some(1)),
            ("1차 목표가", Label::Targets, Some(1)),
            ("止盈二", Label::Targets, Some(2)),
            ("利確②", Label::Targets, Some(2)),
            ("Stop de protección", Label::Stop { own: true }, None),
            ("Zlecenie obronne (SL)", Label::Stop { own: true }, None),
            ("İşlem yönü", Label::Side { own: true }, None),
            (
                "Zona de compra",
                Label::Entry {
                    side: Some(Side::Long),
                    order: None,
                },
                None,
            ),
            ("Relación riesgo/beneficio", Label::RiskReward, None),
            ("Zysk/ryzyko", Label::RiskReward, None),
            ("Chance-Risiko-Verhältnis (CRV)", Label::RiskReward, None),
            ("Ważne przez", Label::Valid, None),
            (
                "Wejście (limit)",
                Label::Entry {
                    side: None,
                    order: Some(Order::Limit),
                },
                None,
            ),
            (
                "Compra límite",
                Label::Entry {
                    side: Some(Side::Long),
                    order: Some(Order::Limit),
                },
                None,
            ),
            (
                "Sell limit",
                Label::Entry {
                    side: Some(Side::Short),
                    order: Some(Order::Limit),
                },
                None,
            ),
        ] {
            assert_eq!(label(text), Some((want, number)), "{text}");
        }
        for text in [
            "Entry trigger",
            "Stop hunt level",
            "Support 1",
            "Resistance",
            "Target market",
            "Previous high",
            "Stop 2",
            "Daily bias",
            "ATR",
            "Risk",
            "Exit time",
            "RSI 14",
            "Position size",
            "",
        ] {
            assert_eq!(label(text), None, "{text}");
        }
    }

    #[test]
    fn sides_and_orders() {
        for (text, want) in [
            ("Long", Some(Side::Long)),
            ("SHORT 🔻", Some(Side::Short)),
            ("做多（回调）", Some(Side::Long)),
            ("Bullish while above 1.1150", Some(Side::Long)),
            ("Neutral / no trade", Some(Side::None)),
            ("neutral to bullish", None),
            ("long or short", None),
            ("RSI divergence", None),
            ("al margen", Some(Side::None)),
            ("AL", Some(Side::Long)),
            ("comprador", Some(Side::Long)),
            ("매도", Some(Side::Short)),
        ] {
            assert_eq!(side(text), want, "{text}");
        }
        assert_eq!(order("buy limit at 1.1170"), (Some(Order::Limit), Some(Side::Long)));
        assert_eq!(order("market (around 1.12)"), (Some(Order::Market), None));
        assert_eq!(order("stop limit"), (None, None));
        assert_eq!(order("1.1170, stop below"), (None, None));
        assert_eq!(order("逆指値注文"), (Some(Order::Stop), None));
        assert_eq!(order("지정가"), (Some(Order::Limit), None));
        assert_eq!(order("Límite"), (Some(Order::Limit), None));
        assert_eq!(order("on the market structure shift"), (None, None));
    }
}
