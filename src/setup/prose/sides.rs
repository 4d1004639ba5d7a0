//! The side and the kind of order that words name.

use super::labels::{is_unspaced, plain, plain_all};
use super::words::{self, Kind, is};
use crate::setup::{Order, Side};

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
