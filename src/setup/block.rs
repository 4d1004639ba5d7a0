//! The `setup` block of an answer: finding it, whatever its fence says, and reading its fields.

use super::lenient::{self, Broken, Node};
use super::{Claim, Level, Order, Scale, Setup, Side, Unread, Zone, number, prose};

/// What the blocks of an answer say.
pub(super) struct Blocks {
    /// The setups, in the answer's order.
    pub setups: Vec<Setup>,
    /// Whether one is cut off by the end of the answer.
    pub cut: bool,
}

/// Reads the blocks of `text`, which is clean. `scale` is that of the candles it was asked about; it settles whether `1,234`
/// is a thousand or a fraction.
///
/// Every object with a `side` or an `entry` counts, in a fence of whatever label or in none; the first is the primary
/// setup. One that the end of the answer cuts off yields nothing.
pub(super) fn read(text: &str, scale: Option<Scale>) -> Blocks {
    let mut setups = Vec::new();
    let mut cut = false;
    let mut cuts = 0;
    let mut at = 0;
    while let Some(open) = text[at..].find(['{', '[']).map(|i| at + i) {
        if !begins(&text[open..]) {
            at = open + 1;
            continue;
        }
        match lenient::read(text, open) {
            Ok((node, end)) => {
                collect(&node, scale, &mut setups);
                at = end;
            }
            // Nothing in a block that is no whole one is mended: what stands inside it is not read by itself.
            Err(broken) if looks_like_setup(text, open, broken) => {
                cut = true;
                match (broken, text[open..].find("\n```")) {
                    (Broken::At(_), Some(fence)) => at = open + fence,
                    _ => break,
                }
            }
            Err(Broken::Cut) => {
                cuts += 1;
                at = open + 1;
                // Every such bracket is read to the end of the text; honest answers have none or one.
                if cuts > MOST_CUTS {
                    break;
                }
            }
            // Always ahead of the opening bracket, so that no character is read twice over.
            Err(Broken::At(broken)) => at = next_boundary(text, broken.max(open + 1)),
        }
    }
    Blocks { setups, cut }
}

/// Brackets that never close are given up on after so many.
const MOST_CUTS: usize = 16;

/// Whether a bracket can begin an object, or a list of objects: a bracket in prose cannot.
fn begins(text: &str) -> bool {
    let mut rest = text.chars();
    let open = rest.next();
    let inside = rest.as_str().trim_start();
    match open {
        Some('[') => inside.starts_with('{'),
        _ => inside.starts_with(|c: char| c.is_alphabetic() || "\"'_$}/“”„‘’‚".contains(c)),
    }
}

fn next_boundary(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(text.len())
}

/// Whether the broken object at `open` would have been a setup: its fence says so, or a key before the break does.
fn looks_like_setup(text: &str, open: usize, broken: Broken) -> bool {
    let near = next_boundary(text, open.saturating_sub(64));
    let fence = text[near..open]
        .trim_end()
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .trim();
    let labelled = fence
        .strip_prefix("```")
        .is_some_and(|label| label.trim().eq_ignore_ascii_case("setup"));
    let end = match broken {
        Broken::Cut => text.len(),
        Broken::At(at) => next_boundary(text, at),
    };
    let body: String = text[open..end].chars().take(400).collect();
    let named = ["side", "entry"].iter().any(|key| {
        body.match_indices(key).any(|(i, _)| {
            let behind = body[i + key.len()..].trim_start_matches(['"', '\'', '”', '’', ' ']);
            behind.starts_with(':')
        })
    });
    labelled || named
}

/// Adds the setups in `node`: itself, those of a list, those that a wrapper such as `{"setups": […]}` holds.
fn collect(node: &Node, scale: Option<Scale>, setups: &mut Vec<Setup>) {
    match node {
        Node::List(items) => items.iter().for_each(|item| collect(item, scale, setups)),
        Node::Object(members) => {
            if is_setup(members) {
                setups.push(setup(members, scale));
            } else {
                for (_, value) in members {
                    if matches!(value, Node::Object(_) | Node::List(_)) {
                        collect(value, scale, setups);
                    }
                }
            }
        }
        Node::Text(_) | Node::Bare(_) => {}
    }
}

/// Whether an object is a setup: it has a `side` or an `entry`, or says in other words which way and states a level.
fn is_setup(members: &[(String, Node)]) -> bool {
    let named = |wanted: &[&str]| members.iter().any(|(key, _)| wanted.contains(&plain_key(key).as_str()));
    let level = |(key, node): &(String, Node)| {
        matches!(
            field(key),
            Some(Field::Stop | Field::Targets | Field::Target(_) | Field::Entry)
        ) && !is_absent(node)
    };
    let sided =
        |(key, node): &(String, Node)| field(key) == Some(Field::Action) && node.text().and_then(side).is_some();
    let stated = |(key, node): &(String, Node)| field(key) == Some(Field::Side) && node.text().and_then(side).is_some();
    let levelled = members.iter().any(level);
    named(&["entry"]) || members.iter().any(stated) || levelled && (named(&["side"]) || members.iter().any(sided))
}

fn plain_key(key: &str) -> String {
    key.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The fields of a setup, by every accepted spelling of their keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Side,
    /// What an agent calls the side.
    Action,
    Order,
    Entry,
    Stop,
    Targets,
    /// `tp1` … `tp9`: one each.
    Target(u8),
    RiskReward,
    ValidBars,
    Confidence,
    Invalidation,
    Claims,
}

fn field(key: &str) -> Option<Field> {
    let key = plain_key(key);
    let numbered = ["tp", "target", "takeprofit"]
        .iter()
        .find_map(|name| key.strip_prefix(name)?.parse::<u8>().ok());
    if let Some(nth) = numbered {
        return (1..=9).contains(&nth).then_some(Field::Target(nth));
    }
    Some(match key.as_str() {
        "side" => Field::Side,
        "action" | "direction" | "tradedirection" | "signal" | "decision" | "recommendation" | "position" | "type"
        | "tradetype" | "cmd" | "orderside" | "bias" => Field::Action,
        "order" | "ordertype" => Field::Order,
        "entry" | "entryprice" | "entryzone" | "entryrange" | "entries" => Field::Entry,
        "stop" | "stoploss" | "sl" | "stoplossprice" | "stopprice" => Field::Stop,
        "targets" | "target" | "takeprofit" | "takeprofits" | "tp" | "takeprofitprice" | "targetprice" => {
            Field::Targets
        }
        "riskreward" | "rr" | "riskrewardratio" | "rrratio" | "rewardrisk" => Field::RiskReward,
        "validbars" => Field::ValidBars,
        "confidence" => Field::Confidence,
        "invalidation" => Field::Invalidation,
        "claims" => Field::Claims,
        _ => return None,
    })
}

fn setup(members: &[(String, Node)], scale: Option<Scale>) -> Setup {
    let fields: Vec<(Field, &Node)> = members
        .iter()
        .filter_map(|(key, node)| Some((field(key)?, node)))
        .collect();
    // A field given twice with different values is missing.
    let one = |wanted: Field| {
        let mut given = fields.iter().filter(|(f, _)| *f == wanted).map(|(_, node)| *node);
        let first = given.next()?;
        given.all(|other| other == first).then_some(first)
    };
    let text = |wanted: Field| one(wanted).and_then(Node::text);
    let mut unread = Vec::new();
    let said = one(Field::Entry).and_then(entry_kind).and_then(order);
    let entry = level(one(Field::Entry), Level::Entry, &mut unread, |node| entry(node, scale));
    let stop = level(one(Field::Stop), Level::Stop, &mut unread, |node| {
        single_price(node, scale)
    });
    let mut targets = Vec::new();
    for node in target_nodes(&fields, one(Field::Targets)) {
        match (single_price(node, scale), node) {
            (None, Node::Text(text)) => {
                let (prices, texts) = prose::list(text, scale);
                targets.extend(prices);
                unread.extend(texts.into_iter().map(|text| Unread {
                    level: Level::Target,
                    text,
                }));
            }
            _ => targets.extend(level(Some(node), Level::Target, &mut unread, |node| {
                single_price(node, scale)
            })),
        }
    }
    Setup {
        side: text(Field::Side).map_or_else(|| acted(&fields), side),
        order: text(Field::Order).and_then(order).or(said),
        entry,
        stop,
        targets,
        risk_reward: text(Field::RiskReward).and_then(|t| number::ratio(t).or_else(|| prose::ratio(t))),
        valid_bars: text(Field::ValidBars).and_then(number::candles),
        confidence: text(Field::Confidence).and_then(number::confidence),
        invalidation: text(Field::Invalidation).filter(|t| !t.is_empty()).map(str::to_owned),
        claims: one(Field::Claims).map(claims).unwrap_or_default(),
        unread,
    }
}

/// What an entry says of the kind of order: `"market"`, `{"type": "limit", "price": 2345}`.
fn entry_kind(node: &Node) -> Option<&str> {
    match node {
        Node::Object(members) => members.iter().find(|(key, _)| plain_key(key) == "type")?.1.text(),
        other => other.text(),
    }
}

/// The one side that an agent's words for it name.
fn acted(fields: &[(Field, &Node)]) -> Option<Side> {
    let mut sides = fields
        .iter()
        .filter(|(f, _)| *f == Field::Action)
        .filter_map(|(_, node)| node.text().and_then(side));
    let first = sides.next()?;
    let rest: Vec<Side> = sides.collect();
    match rest.iter().all(|s| *s == first) {
        true => Some(first),
        // A position that is none yet goes with an action that is some.
        false => {
            let mut trades = std::iter::once(first).chain(rest).filter(|s| *s != Side::None);
            let one = trades.next()?;
            trades.all(|s| s == one).then_some(one)
        }
    }
}

/// A level read by `read`; one that is stated with a number and cannot be read is added to `unread`.
fn level<T>(
    node: Option<&Node>,
    level: Level,
    unread: &mut Vec<Unread>,
    read: impl Fn(&Node) -> Option<T>,
) -> Option<T> {
    let node = node?;
    let value = read(node);
    let text = words(node);
    if value.is_none() && text.contains(|c: char| c.is_ascii_digit()) {
        unread.push(Unread { level, text });
    }
    value
}

/// A value as it is written, on one line.
fn words(node: &Node) -> String {
    let all: Vec<String> = match node {
        Node::Text(text) | Node::Bare(text) => vec![text.clone()],
        Node::List(items) => items.iter().map(words).collect(),
        Node::Object(members) => members
            .iter()
            .map(|(key, value)| format!("{key}: {}", words(value)))
            .collect(),
    };
    crate::text::clean_line(&all.join(", "))
        .chars()
        .take(LONGEST_WORDS)
        .collect()
}

/// What cannot be read is quoted up to here.
const LONGEST_WORDS: usize = 60;

/// Whether a value says that there is none.
fn is_absent(node: &Node) -> bool {
    match node {
        Node::Text(text) | Node::Bare(text) => matches!(
            text.trim().to_lowercase().as_str(),
            "" | "null" | "none" | "n/a" | "0" | "0.0"
        ),
        Node::List(items) => items.is_empty(),
        Node::Object(members) => members.is_empty(),
    }
}

fn side(text: &str) -> Option<Side> {
    let words = text.trim().to_lowercase().replace(['_', '-'], " ");
    let words = ["open ", "enter ", "go ", "strong "]
        .iter()
        .find_map(|w| words.strip_prefix(w))
        .unwrap_or(&words);
    Some(match words {
        "long" | "buy" | "bullish" => Side::Long,
        "short" | "sell" | "bearish" => Side::Short,
        "none" | "flat" | "wait" | "no trade" | "neutral" | "hold" => Side::None,
        _ => return None,
    })
}

fn order(text: &str) -> Option<Order> {
    let text = text.to_lowercase();
    let mut said = [
        ("limit", Order::Limit),
        ("stop", Order::Stop),
        ("market", Order::Market),
    ]
    .into_iter()
    .filter(|(word, _)| text.contains(word))
    .map(|(_, order)| order);
    let first = said.next()?;
    // "stop limit" is neither.
    said.next().is_none().then_some(first)
}

/// A price of its own, not a list of one: an object may name it `price`.
fn single_price(node: &Node, scale: Option<Scale>) -> Option<f64> {
    match node {
        Node::Text(text) => number::price(text, scale).or_else(|| prose::price(text, scale)),
        Node::Bare(text) => number::price(text, scale),
        Node::List(items) => match items.as_slice() {
            [one] => single_price(one, scale),
            _ => None,
        },
        Node::Object(members) => {
            let of = |name: &&str| -> Vec<&Node> {
                let named = members.iter().filter(|(key, _)| plain_key(key) == *name);
                named.map(|(_, value)| value).collect()
            };
            // "level" may be the number of a target where there is a price.
            let found = ["price", "value", "tp", "target", "level"]
                .iter()
                .map(of)
                .find(|found| !found.is_empty())?;
            match found.as_slice() {
                [value] => single_price(value, scale),
                _ => None,
            }
        }
    }
}

fn entry(node: &Node, scale: Option<Scale>) -> Option<Zone> {
    let one = |node| single_price(node, scale).map(|p| Zone::between(p, p));
    match node {
        Node::Text(text) | Node::Bare(text) => match number::price(text, scale) {
            Some(price) => Some(Zone::between(price, price)),
            None => prose::zone(text, scale),
        },
        Node::List(items) => match items.as_slice() {
            [one] => entry(one, scale),
            [a, b] => Some(Zone::between(single_price(a, scale)?, single_price(b, scale)?)),
            _ => None,
        },
        Node::Object(members) => {
            let end = |names: [&str; 4]| {
                let (_, value) = members.iter().find(|(k, _)| names.contains(&plain_key(k).as_str()))?;
                single_price(value, scale)
            };
            match (
                end(["from", "low", "min", "lower"]),
                end(["to", "high", "max", "upper"]),
            ) {
                (Some(a), Some(b)) => Some(Zone::between(a, b)),
                _ => one(node),
            }
        }
    }
}

/// The values of the targets: the items of `targets`, or `tp1` … `tp9`, each that is not disputed once.
fn target_nodes<'a>(fields: &[(Field, &'a Node)], list: Option<&'a Node>) -> Vec<&'a Node> {
    if let Some(node) = list {
        return match node {
            Node::List(items) => items.iter().collect(),
            Node::Object(members) if members.iter().all(|(k, _)| matches!(field(k), Some(Field::Target(_)))) => {
                members.iter().map(|(_, value)| value).collect()
            }
            other => vec![other],
        };
    }
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for (field, node) in fields {
        let Field::Target(nth) = field else { continue };
        let disputed = fields.iter().any(|(f, other)| f == field && other != node);
        if seen.contains(nth) || disputed {
            continue;
        }
        seen.push(*nth);
        found.push(*node);
    }
    found
}

fn claims(node: &Node) -> Vec<Claim> {
    let Node::List(items) = node else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| {
            let Node::Object(members) = item else { return None };
            let get = |name: &str| members.iter().find(|(k, _)| plain_key(k) == name)?.1.text();
            Some(Claim {
                name: get("name")?.to_owned(),
                value: get("value").and_then(|v| number::plain(v).or_else(|| number::price(v, None)))?,
                time: get("time").map(str::to_owned),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{Source, read as read_answer};

    fn read(text: &str, scale: Option<Scale>) -> crate::setup::Reading {
        read_answer(text, scale, true)
    }

    const BLOCK: &str = "```setup\n{\"side\": \"long\", \"order\": \"buy limit\", \"entry\": [2347.5, 2345.0], \"stop\": 2338.0, \
        \"targets\": [2360.0, 2372.5], \"risk_reward\": \"1:1.7\", \"valid_bars\": 4, \"confidence\": \"60%\"}\n```";

    fn one(text: &str) -> Setup {
        read(text, None).setup.unwrap()
    }

    #[test]
    fn reads_a_whole_block() {
        let setup = one(BLOCK);
        assert_eq!(setup.side, Some(Side::Long));
        assert_eq!(setup.order, Some(Order::Limit));
        assert_eq!(setup.entry, Some(Zone::between(2345.0, 2347.5)));
        assert_eq!((setup.stop, setup.targets), (Some(2338.0), vec![2360.0, 2372.5]));
        assert_eq!(
            (setup.risk_reward, setup.valid_bars, setup.confidence),
            (Some(1.7), Some(4), Some(0.6))
        );
    }

    #[test]
    fn fences_do_not_matter_but_keys_do() {
        for text in [
            "{\"side\": \"sell\"}",
            "```json\n{\"side\": \"sell\"}\n```",
            "so: {side: 'sell'} and more",
        ] {
            assert_eq!(one(text).side, Some(Side::Short), "{text}");
        }
        assert_eq!(read("```json\n{\"rsi\": 61}\n```", None).source, Source::None);
    }

    #[test]
    fn the_first_is_primary() {
        let reading = read("[{\"side\":\"buy\"},{\"side\":\"sell\"}] {\"side\":\"none\"}", None);
        assert_eq!(reading.setup.unwrap().side, Some(Side::Long));
        assert_eq!(reading.alternatives.len(), 2);
    }

    #[test]
    fn a_cut_block_yields_nothing_and_a_missing_fence_is_no_cut() {
        let cut = read("```setup\n{\"side\": \"long\", \"entry\": 1.2", None);
        assert!(cut.cut && cut.setup.is_none());
        let unfenced = read(BLOCK.trim_end_matches("\n```"), None);
        assert!(!unfenced.cut && unfenced.setup.is_some());
        let later = read(&format!("{BLOCK}\n```setup\n{{\"side\": \"sh"), None);
        assert!(later.cut && later.setup.is_some());
    }

    #[test]
    fn disputed_and_impossible_fields_are_missing() {
        let setup = one("{\"side\": \"long\", \"stop\": 5, \"sl\": 6, \"tp\": -1, \"entry\": \"NaN\"}");
        assert_eq!((setup.stop, setup.targets.len(), setup.entry), (None, 0, None));
        assert_eq!(
            one("{\"side\": \"long\", \"stop\": 5, \"stop_loss\": 5}").stop,
            Some(5.0)
        );
    }

    #[test]
    fn numbered_targets_keep_the_answers_order() {
        assert_eq!(one("{side: 'long', tp2: 20, tp1: 10}").targets, vec![20.0, 10.0]);
    }
}
