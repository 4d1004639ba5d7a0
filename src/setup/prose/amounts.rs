//! Numbers in the value of a labelled line: which of them are prices, and which belong to a date, a time, a share, a
//! period, a distance or a ratio; and which prices belong together.

use super::labels::{self, Label, is_unspaced, plain, plain_all};
use super::lex::{self, Token, lex};
use super::words::{self, Kind, is};
use crate::setup::{Scale, Zone, number};

/// A number in a value.
#[derive(Debug, Clone, Copy)]
struct Amount {
    start: usize,
    end: usize,
    /// Whether it stands in brackets.
    inside: bool,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Price(f64),
    /// A number where a price would stand, that can be read in two ways or in none.
    Unreadable,
    /// A distance: pips, ATR, percent.
    Distance,
    /// A multiple of the risk: `2R`.
    Multiple,
    /// A share of the position, at the price that follows.
    Share,
    /// A date, time, period, ratio or count.
    Other,
}

/// What a value gives for its field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read<T> {
    pub value: T,
    /// The numbers that would have to be prices and cannot be read as such, as written.
    pub unread: Vec<String>,
}

/// Ratios of Fibonacci; next to a word that says so they are no prices.
const RATIOS: &[f64] = &[
    0.236, 0.382, 0.5, 0.618, 0.65, 0.705, 0.786, 0.886, 1.272, 1.414, 1.618, 2.618,
];
/// Characters that join the two prices of a zone.
const JOINS: &str = "-–—~/…&→=<>≤≥,;|+_.\\";
/// Characters after a number that make it a count, a time or a date, in scripts without blanks; the first row are distances.
const UNSPACED_DISTANCES: &str = "点點핍";
const UNSPACED_UNITS: &str = "根月日年时時分本手倍期天週周일시분개월봉배차번주";

/// The one price that a value states, as of a stop. One of two, or from one to the other, is not one price.
pub(super) fn single(text: &str, scale: Option<Scale>) -> Read<Option<f64>> {
    let value = Value::of(text, scale);
    let price = value.first(false).and_then(|at| {
        let What::Price(price) = value.amounts[at].what else {
            return None;
        };
        let next = value
            .next(at)
            .filter(|next| matches!(value.amounts[*next].what, What::Price(other) if other != price));
        let disputed = next.is_some_and(|next| {
            let gap = value.gap(at, next);
            let portioned = plain(value.text).split(' ').any(|w| is(Kind::Portion, w));
            joins(&gap) || offers(&gap) || portioned && value.holds(next) || gap.is_empty()
        });
        (!disputed).then_some(price)
    });
    value.read(price, price.is_some())
}

/// The price or zone that a value states, as of an entry. Prices that are joined are a zone; both count, or none.
pub(super) fn zone(text: &str, scale: Option<Scale>) -> Read<Option<Zone>> {
    let value = Value::of(text, scale);
    let zone = value.first(true).and_then(|at| value.zone_from(at));
    value.read(zone, zone.is_some())
}

/// The prices that a value states, in its order, as of targets.
pub(super) fn list(text: &str, scale: Option<Scale>) -> Read<Vec<f64>> {
    let value = Value::of(text, scale);
    let mut found = Vec::new();
    let mut unread = Vec::new();
    let mut last: Option<(usize, String)> = None;
    let mut at = value.first(false);
    while let Some(here) = at {
        if let Some((last, _)) = &last
            && !value.is_list_gap(*last, here)
        {
            break;
        }
        let read = match (value.amounts[here].what, &last) {
            (What::Price(price), Some((before, whole))) => value.short(whole, price, here, *before),
            (What::Price(price), None) => Some((price, value.text(here).to_owned())),
            (What::Unreadable, _) => None,
            (What::Distance | What::Multiple | What::Share | What::Other, _) => {
                at = value.next(here);
                continue;
            }
        };
        let text = match read {
            Some((price, text)) => {
                found.push(price);
                text
            }
            None => {
                unread.push(value.text(here).to_owned());
                value.text(here).to_owned()
            }
        };
        last = Some((here, text));
        at = value.next(here);
    }
    if found.is_empty() && unread.is_empty() {
        return value.read(found, false);
    }
    Read { value: found, unread }
}

/// A value with its numbers.
struct Value<'a> {
    text: &'a str,
    scale: Option<Scale>,
    amounts: Vec<Amount>,
}

impl<'a> Value<'a> {
    fn of(text: &'a str, scale: Option<Scale>) -> Self {
        let tokens = lex(text, scale);
        let lettered = text.contains(char::is_alphabetic);
        let fibonacci = lettered && {
            let plain = plain_all(text);
            let of_ratios = |word: &str| {
                words::list(Kind::Fibonacci)
                    .iter()
                    .any(|w| word.starts_with(w) || !w.is_ascii() && word.contains(w))
            };
            plain.split(' ').any(of_ratios)
        };
        let numbers = tokens.iter().enumerate().filter(|(_, t)| t.kind == lex::Kind::Number);
        let amounts = numbers
            .map(|(at, token)| Amount {
                start: token.start,
                end: token.end,
                inside: token.depth > 0,
                what: meaning(text, &tokens, at, scale, fibonacci),
            })
            .collect();
        let mut value = Self { text, scale, amounts };
        value.number_items();
        value.share_thousands();
        value
    }

    /// `1- 1.1800 2- 1.1830`: digits that count are no prices.
    fn number_items(&mut self) {
        let mut count = 1;
        for at in 0..self.amounts.len().saturating_sub(1) {
            let (this, next) = (self.text(at), self.text(at + 1));
            let parted = self.amounts[at].end < self.amounts[at + 1].start;
            if this == count.to_string() && next.len() > 1 && parted {
                self.amounts[at].what = What::Other;
                count += 1;
            }
        }
    }

    /// `64.2-64.5k`, `64.2k-64.5`: the k is of both.
    fn share_thousands(&mut self) {
        let holds = |price| self.scale.is_some_and(|s| s.holds(price));
        for at in 1..self.amounts.len() {
            let (What::Price(a), What::Price(b)) = (self.amounts[at - 1].what, self.amounts[at].what) else {
                continue;
            };
            if !joins(&self.gap(at - 1, at)) {
                continue;
            }
            for (k, bare, price) in [(at, at - 1, a), (at - 1, at, b)] {
                let suffixed = self.text[self.amounts[k].end..].starts_with(['k', 'K']);
                if suffixed && !holds(price) && holds(price * 1_000.0) {
                    self.amounts[bare].what = What::Price(price * 1_000.0);
                }
            }
        }
    }

    /// Whether the price at `at` is believable.
    fn holds(&self, at: usize) -> bool {
        matches!(self.amounts[at].what, What::Price(price) if self.scale.is_none_or(|s| s.holds(price)))
    }

    fn text(&self, at: usize) -> &'a str {
        &self.text[self.amounts[at].start..self.amounts[at].end]
    }

    /// `value`, and where there is none the text of a level that is stated in numbers.
    fn read<T>(&self, value: T, is_read: bool) -> Read<T> {
        let stated = |a: &Amount| match a.what {
            What::Price(_) | What::Unreadable | What::Multiple => true,
            // "50 % runner" is a share.
            What::Distance => {
                !self.text[a.end..].trim_start().starts_with('%') || !self.text.contains(char::is_alphabetic)
            }
            What::Share | What::Other => false,
        };
        let unread = if !is_read && self.amounts.iter().any(stated) {
            vec![self.text.to_owned()]
        } else {
            Vec::new()
        };
        Read { value, unread }
    }

    /// The number that is the field's, if it is one: the first price outside brackets, or in them where nothing else says
    /// where the price is. An entry is not what a condition names: `after a close above 1810`.
    fn first(&self, entry: bool) -> Option<usize> {
        let is_number = |what| matches!(what, What::Price(_) | What::Unreadable);
        let mut candidates =
            (0..self.amounts.len()).filter(|at| !self.amounts[*at].inside && is_number(self.amounts[*at].what));
        let candidate = candidates.find(|at| !(entry && self.is_condition(*at)));
        if let Some(at) = candidate {
            return (self.stands(at) && !self.is_rivalled(at)).then_some(at);
        }
        let related = plain(self.text).split(' ').any(|w| is(Kind::Beyond, w));
        let other = self
            .amounts
            .iter()
            .any(|a| !a.inside && (a.what == What::Distance || is_number(a.what)));
        if related || other {
            return None;
        }
        (0..self.amounts.len()).find(|at| matches!(self.amounts[*at].what, What::Price(_)))
    }

    /// Whether another price of the value may be meant instead: `was 1.17, now 1.18`, `below 1.175 (1.174)`, `7$ (2338)`.
    fn is_rivalled(&self, at: usize) -> bool {
        let lead = plain(&self.text[..self.amounts[at].start]);
        let any = |kind| lead.split(' ').any(|w| is(kind, w));
        if any(Kind::Superseded) {
            return true;
        }
        let What::Price(price) = self.amounts[at].what else {
            return false;
        };
        let holds = |price: f64| self.scale.is_some_and(|s| s.holds(price));
        let mut rivals = self.amounts[at + 1..].iter().filter_map(|a| match a.what {
            What::Price(rival) if holds(rival) && rival != price => Some(a),
            _ => None,
        });
        if !holds(price) && self.scale.is_some() {
            return rivals.any(|a| a.inside);
        }
        // What is beyond a level is named by that level, or by a price of its own that follows it.
        (any(Kind::Beyond) || any(Kind::Break))
            && rivals.any(|a| (a.inside && self.is_alone_in_brackets(a)) || self.is_placed(a))
    }

    /// Whether a bracket holds this number and nothing else.
    fn is_alone_in_brackets(&self, amount: &Amount) -> bool {
        let before = self.text[..amount.start].trim_end_matches([' ', '$', '€', '~', '≈']);
        before.ends_with(['(', '[']) && self.text[amount.end..].trim_start().starts_with([')', ']'])
    }

    /// Whether "at" or the like is right before a number.
    fn is_placed(&self, amount: &Amount) -> bool {
        let lead = self.text[..amount.start].trim_end_matches([' ', '$', '€']);
        let word = lead
            .rsplit(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default()
            .to_lowercase();
        !amount.inside && (word == "at" || is(Kind::Instead, &word) || is(Kind::Entry, &word))
    }

    /// Whether the words before a price make it the level of a condition: `close above 1810`, `if it breaks 1810`.
    fn is_condition(&self, at: usize) -> bool {
        let from = at.checked_sub(1).map_or(0, |before| self.amounts[before].end);
        let lead = &self.text[from..self.amounts[at].start];
        let lead = lead.rsplit([',', ';', ':']).next().unwrap_or(lead);
        let words = plain_all(lead);
        let any = |kind| words.split(' ').any(|w| is(kind, w));
        any(Kind::Condition) && (any(Kind::Beyond) || any(Kind::Break))
    }

    /// Whether a price is where the field lies, and not what it is measured from: `30 pips below the EMA at 1.1150`.
    fn stands(&self, at: usize) -> bool {
        let lead = &self.text[..self.amounts[at].start];
        let measured = self.amounts[..at].iter().any(|a| !a.inside && a.what == What::Distance);
        let words = plain(lead);
        let related = words.split(' ').any(|w| is(Kind::Beyond, w));
        let by_indicator = related && words.split(' ').any(|w| is(Kind::Indicator, w));
        if !measured && !by_indicator {
            return true;
        }
        let before = lead.trim_end().to_lowercase();
        let word = before.rsplit(' ').next().unwrap_or_default();
        let before = if is(Kind::Filler, word) || word == "@" {
            before[..before.len() - word.len()].trim_end()
        } else {
            before.as_str()
        };
        before.ends_with(['=', '→', '≈', '~', ',', ';', ':', '–', '—', '>'])
    }

    /// The next number at the same depth that is no share.
    fn next(&self, at: usize) -> Option<usize> {
        let inside = self.amounts[at].inside;
        (at + 1..self.amounts.len())
            .find(|next| self.amounts[*next].inside == inside && self.amounts[*next].what != What::Share)
    }

    /// What is between two numbers, without brackets and the currency of either, in small letters.
    fn gap(&self, from: usize, to: usize) -> String {
        let shared = self.amounts[from + 1..to].iter().find(|a| a.what == What::Share);
        let end = shared.map_or(self.amounts[to].start, |share| share.start);
        let raw = &self.text[self.amounts[from].end..end];
        let mut depth = usize::from(self.amounts[from].inside);
        let mut out = String::new();
        for c in raw.chars() {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth = depth.saturating_sub(1),
                _ if depth > usize::from(self.amounts[from].inside) || "$€£¥₽₺₹₩฿₿".contains(c) => {}
                _ => out.push(c),
            }
        }
        let lower = out.to_lowercase();
        let mut rest = lower.trim();
        let word = |text: &str| {
            text.split(|c: char| !c.is_alphabetic())
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let first = word(rest);
        if is(Kind::Currency, &first) || matches!(first.as_str(), "k" | "us") {
            rest = rest[first.len()..].trim_start();
        }
        let last = rest.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        if !last.is_empty() && (is(Kind::Currency, last) || last == "us") {
            rest = rest[..rest.len() - last.len()].trim_end();
        }
        // `low 2343, high 2347`, `half at 2345, half at 2343`
        let is_aside = |word: &str| {
            [Kind::Edge, Kind::Portion, Kind::Filler]
                .iter()
                .any(|kind| is(*kind, word))
        };
        let words = rest
            .split_whitespace()
            .filter(|w| !is_aside(w.trim_matches(',')) || *w == ",");
        let mut kept: Vec<&str> = words.collect();
        if kept.is_empty() && rest.contains(',') || kept.is_empty() && rest.split_whitespace().any(|w| w.ends_with(','))
        {
            kept.push(",");
        }
        kept.join(" ")
    }

    fn zone_from(&self, first: usize) -> Option<Zone> {
        let What::Price(mut low) = self.amounts[first].what else {
            return None;
        };
        let holds = |price: f64| self.scale.is_none_or(|s| s.holds(price));
        let is_first_in = holds(low);
        let mut high = low;
        let mut last = first;
        let mut whole = self.text(first).to_owned();
        while let Some(next) = self.next(last) {
            let gap = self.gap(last, next);
            let is_price = matches!(self.amounts[next].what, What::Price(_));
            if !joins(&gap) {
                // One of two without saying which, or two figures with nothing between them.
                let instead = gap.split(' ').any(|w| is(Kind::Instead, w.trim_matches(',')));
                if is_price && (offers(&gap) || instead || gap.is_empty()) {
                    return None;
                }
                break;
            }
            let (price, text) = match self.amounts[next].what {
                What::Price(price) => self.short(&whole, price, next, last)?,
                What::Unreadable => return None,
                What::Distance | What::Multiple | What::Share | What::Other => break,
            };
            if is_first_in && !holds(price) {
                return None;
            }
            low = low.min(price);
            high = high.max(price);
            (last, whole) = (next, text);
        }
        Some(Zone::between(low, high))
    }

    /// A joined price with what it leaves out of the `whole` one before it, and how it is written then: `1805-07`, `1.1800-20`,
    /// `2345.5-7.5`. Only a dash or a slash joins such a pair. `None` where it leaves something out that cannot be told.
    fn short(&self, whole: &str, price: f64, at: usize, before: usize) -> Option<(f64, String)> {
        let digits = self.text(at);
        let itself = Some((price, digits.to_owned()));
        let dashed = matches!(self.gap(before, at).as_str(), "-" | "–" | "—" | "/" | "~");
        let is_end = digits.bytes().all(|d| d.is_ascii_digit() || d == b'.') && digits.len() < whole.len();
        let (true, true, Some(a)) = (dashed, is_end, number::price(whole, self.scale)) else {
            return itself;
        };
        let holds = |price: f64| self.scale.is_none_or(|s| s.holds(price));
        let text = completed(whole, digits);
        let full = number::price(&text, self.scale).filter(|p| *p > a && *p <= a * 1.5 && holds(*p));
        let possible = price >= a / 2.0 && price <= a * 2.0 || self.scale.is_some() && holds(price);
        let fraction = whole.find(['.', ',']).is_some_and(|mark| digits.len() < mark);
        match full {
            // 90 is a price where 110.80 is one: only its lack of a fraction tells.
            Some(full) if !possible || fraction => Some((full, text)),
            _ if possible => itself,
            _ => None,
        }
    }

    /// Whether what is between two prices of a list belongs to neither: marks, "and", "TP2", shares.
    fn is_list_gap(&self, from: usize, to: usize) -> bool {
        let gap = self.gap(from, to);
        let words = plain_all(&gap);
        words.split(' ').filter(|w| !w.is_empty()).all(|word| {
            let listed = [
                Kind::And,
                Kind::First,
                Kind::Second,
                Kind::Third,
                Kind::Last,
                Kind::Currency,
                Kind::Portion,
                Kind::Instead,
            ];
            listed.iter().any(|kind| is(*kind, word))
                || matches!(word, "at" | "finally")
                || matches!(labels::label(word), Some((Label::Targets, _)))
                || word.chars().all(|c| c.is_ascii_digit()) && word.len() == 1
        })
    }
}

/// Whether what is between two prices offers them for choice: `or`, `or below`.
fn offers(gap: &str) -> bool {
    gap.split_whitespace().next().is_some_and(|word| is(Kind::Or, word))
}

/// The first price with its last digits replaced: `1.1800` and `20` are `1.1820`, `2345.5` and `7.5` are `2347.5`.
fn completed(whole: &str, digits: &str) -> String {
    if digits.contains('.') {
        return format!("{}{digits}", &whole[..whole.len() - digits.len()]);
    }
    let mut left: Vec<char> = digits.chars().collect();
    let replaced = whole
        .chars()
        .rev()
        .map(|c| if c.is_ascii_digit() { left.pop().unwrap_or(c) } else { c });
    let replaced: Vec<char> = replaced.collect();
    replaced.into_iter().rev().collect()
}

/// Whether what is between two prices makes them a zone.
fn joins(gap: &str) -> bool {
    !gap.is_empty() && gap.chars().all(|c| c == ' ' || JOINS.contains(c)) || is(Kind::And, gap)
}

/// What the number at token `at` is.
fn meaning(text: &str, tokens: &[Token], at: usize, scale: Option<Scale>, fibonacci: bool) -> What {
    let token = tokens[at];
    let run = &text[token.start..token.end];
    let before = &text[..token.start];
    let rest = &text[token.end..];
    let letter = |c: char| c.is_alphabetic() && !is_unspaced(c);
    // A part of a word: `EMA_20`, `x10`.
    if before.ends_with(letter)
        || before.ends_with('#')
        || before.ends_with('_') && before.trim_end_matches('_').ends_with(letter)
    {
        return What::Other;
    }
    // A time; or the number of an item, `1: 2360`.
    let after_colon = rest
        .trim_start()
        .strip_prefix(':')
        .is_some_and(|r| r.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    if run.contains(':') || after_colon && run.len() <= 2 || is_date(text, tokens, at) {
        return What::Other;
    }
    if is_relative(before)
        || before.ends_with(['+', '±']) && !joined_before(before)
        || before.ends_with('-') && !joined_before(before)
    {
        return What::Distance;
    }
    let price = thousands(run, rest)
        .or_else(|| grouped(run, scale))
        .or_else(|| number::price(run, scale));
    if let Some(what) = by_unit(
        text,
        tokens,
        at,
        price.is_some_and(|p| scale.is_some_and(|s| s.holds(p))),
    ) {
        return what;
    }
    let is_ratio = fibonacci
        && run
            .replace(',', ".")
            .parse()
            .is_ok_and(|ratio: f64| RATIOS.contains(&ratio));
    match price {
        Some(_) if is_ratio => What::Other,
        Some(price) => What::Price(price),
        None => What::Unreadable,
    }
}

/// Whether a number is added to a level, or taken off: `entry - 7`.
fn is_relative(before: &str) -> bool {
    let ahead = before.trim_end();
    let Some(ahead) = ahead.strip_suffix(['-', '+', '–']) else {
        return false;
    };
    matches!(labels::label(&last_word(ahead)), Some((label, _)) if label.has_price())
}

/// Whether the mark that ends `before` joins a number before it: `1805-`, `1805 - `, not `SL -`.
fn joined_before(before: &str) -> bool {
    let ahead = before.trim_end_matches(['-', '+']);
    before.len() == ahead.len() + 1
        && ahead
            .trim_end_matches([' ', 'k', 'K', ')', 'T', 'D', 'S', 'U', '$', '元', '円'])
            .ends_with(|c: char| c.is_ascii_digit())
}

/// What the words and marks around a number make of it, if not a price.
fn by_unit(text: &str, tokens: &[Token], at: usize, in_scale: bool) -> Option<What> {
    let token = tokens[at];
    let run = &text[token.start..token.end];
    let (before, rest) = (&text[..token.start], &text[token.end..]);
    let whole = run.bytes().all(|b| b.is_ascii_digit());
    let letter = |c: char| c.is_alphabetic() && !is_unspaced(c);
    let attached = rest.starts_with(letter);
    let next = rest.trim_start_matches([' ', '-']);
    let word: String = next
        .chars()
        .take_while(|c| letter(*c))
        .collect::<String>()
        .to_lowercase();
    if let Some(behind) = next.strip_prefix('%') {
        return Some(if is_share(behind) { What::Share } else { What::Distance });
    }
    if word == "r" {
        return Some(What::Multiple);
    }
    // `1.5 × ATR`, `2x ATR`.
    if is(Kind::Distance, &word) || next.starts_with('×') || word == "x" {
        return Some(What::Distance);
    }
    if thousands(run, rest).is_some() {
        return None;
    }
    let unspaced = |marks: &str| next.starts_with(|c: char| marks.contains(c));
    if (is(Kind::SmallDistance, &word) || unspaced(UNSPACED_DISTANCES)) && !in_scale {
        return Some(What::Distance);
    }
    let is_unit = is(Kind::Unit, &word) || is(Kind::Candle, &word) || is(Kind::Month, &word);
    if unspaced(UNSPACED_UNITS) || is_unit && (attached || word.chars().count() > 1) {
        return Some(What::Other);
    }
    // Glued to a word that is no currency and no `k`.
    if attached && !is(Kind::Currency, &word) && thousands(run, rest).is_none() {
        return Some(What::Other);
    }
    let lead = last_word(before);
    let leads = is(Kind::Lead, &lead) || is(Kind::Month, &lead);
    if leads && (whole || lead != "last" && lead != "next") {
        return Some(What::Other);
    }
    let numbers =
        matches!(labels::label(&lead), Some((Label::Targets, _))) || rest.starts_with(')') && token.depth == 0;
    // "Support 1 at 1.1770", "wave 2": a digit that numbers a word, where a price follows.
    let is_named = !lead.is_empty()
        && ![Kind::Filler, Kind::Beyond, Kind::And]
            .iter()
            .any(|kind| is(*kind, &lead));
    let counts = is_named && rest.contains(|c: char| c.is_ascii_digit());
    (whole && run.len() == 1 && (numbers || counts)).then_some(What::Other)
}

/// Whether a percentage is a share of the position: a price follows that it is sold at.
fn is_share(behind: &str) -> bool {
    let rest = behind.trim_start();
    let word: String = rest
        .chars()
        .take_while(|c| c.is_alphabetic())
        .collect::<String>()
        .to_lowercase();
    let rest = if is(Kind::Filler, &word) {
        &rest[word.len()..]
    } else {
        rest
    };
    let rest = rest.trim_start_matches([' ', '@', ':', '-', '–', '→', '$', '€', '£', '¥']);
    (rest.len() < behind.len() || !word.is_empty()) && rest.starts_with(|c: char| c.is_ascii_digit())
}

/// `9.120` where a point groups digits: only if 9.12 is no price of these candles, and 9,120 is.
fn grouped(run: &str, scale: Option<Scale>) -> Option<f64> {
    let mut parts = run.split('.');
    let head = parts
        .next()
        .filter(|p| (1..=3).contains(&p.len()) && !p.starts_with('0'))?;
    let rest: Vec<&str> = parts.collect();
    let is_group = |p: &&str| p.len() == 3 && p.bytes().all(|b| b.is_ascii_digit());
    if rest.is_empty() || !rest.iter().all(is_group) || !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let scale = scale?;
    let decimal = run.parse::<f64>().is_ok_and(|p| scale.holds(p));
    let whole = run.replace('.', "").parse::<f64>().ok().filter(|p| scale.holds(*p));
    whole.filter(|_| !decimal)
}

/// Suffixes that multiply.
const MULTIPLES: [(&str, f64); 8] = [
    ("k", 1e3),
    ("тыс", 1e3),
    ("mil", 1e3),
    ("tsd", 1e3),
    ("천", 1e3),
    ("万", 1e4),
    ("萬", 1e4),
    ("만", 1e4),
];

/// `36.2k` is 36,200, `6.48万` is 64,800.
fn thousands(run: &str, rest: &str) -> Option<f64> {
    let rest = rest.trim_start();
    let word: String = rest
        .chars()
        .take_while(|c| c.is_alphabetic() && !is_unspaced(*c))
        .collect::<String>()
        .to_lowercase();
    let (_, times) = MULTIPLES.iter().find(|(suffix, _)| {
        if suffix.starts_with(is_unspaced) {
            rest.starts_with(suffix)
        } else {
            word == *suffix
        }
    })?;
    number::price(run, None).map(|p| p * times)
}

/// The word right before a number, without blanks and an opening bracket between.
fn last_word(before: &str) -> String {
    let trimmed = before.trim_end_matches([' ', '(', '@', '=', '-']);
    let start = trimmed
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(0, |i| i + trimmed[i..].chars().next().map_or(1, char::len_utf8));
    trimmed[start..].to_lowercase()
}

/// Whether the number is a part of a date: `2017-06-23`, `23/06/2017`, `23.06.2017`, `7/10`, `June 23, 2017`.
fn is_date(text: &str, tokens: &[Token], at: usize) -> bool {
    let run = |at: usize| &text[tokens[at].start..tokens[at].end];
    let short = |s: &str| s.len() <= 2 && s.bytes().all(|b| b.is_ascii_digit());
    let year =
        |s: &str| s.len() == 4 && (s.starts_with("19") || s.starts_with("20")) && s.bytes().all(|b| b.is_ascii_digit());
    let dots: Vec<&str> = run(at).split('.').collect();
    if let [a, b, c] = dots.as_slice() {
        return short(a) && short(b) && (year(c) || short(c)) || year(a) && short(b) && short(c);
    }
    // The run of numbers that dashes or slashes join without blanks.
    let glued = |left: usize| {
        let (Some(a), Some(mark), Some(b)) = (tokens.get(left), tokens.get(left + 1), tokens.get(left + 2)) else {
            return false;
        };
        mark.is_mark("-/")
            && a.kind == b.kind
            && b.kind == lex::Kind::Number
            && a.end == mark.start
            && mark.end == b.start
    };
    let mut from = at;
    while from >= 2 && glued(from - 2) {
        from -= 2;
    }
    let mut parts = vec![run(from)];
    while glued(from) {
        from += 2;
        parts.push(run(from));
    }
    match parts.as_slice() {
        [a, b, c] => (year(a) || short(a)) && short(b) && (year(c) || short(c)),
        [a, b] => short(a) && short(b) || short(a) && year(b),
        _ => {
            // A year after its day or month.
            let ahead = text[..tokens[at].start].trim_end_matches([' ', ',']);
            let day = ahead.len() - ahead.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            let is_month = |text: &str| is(Kind::Month, &last_word(text));
            year(run(at)) && (is_month(ahead) || (1..=2).contains(&day) && is_month(&ahead[..ahead.len() - day]))
        }
    }
}

/// The first ratio of reward to risk in a value: `1:2.5`, `2.5R`, `2.5 to 1`, `1 к 3`. Of an equation its result; money and prices
/// are none.
pub(super) fn ratio(text: &str) -> Option<f64> {
    /// No plan pays more.
    const MOST: f64 = 100.0;
    let text = text.rsplit('=').next().unwrap_or(text);
    let text = text
        .split_once('(')
        .map_or(text, |(before, _)| before)
        .replace(['比', '対', '대', '对'], ":");
    let text = text.as_str();
    let tokens = lex(text, None);
    let numbers: Vec<&Token> = tokens.iter().filter(|t| t.kind == lex::Kind::Number).collect();
    let first = numbers.first()?;
    let plain = plain_all(text);
    let said = plain.split(' ').any(|w| is(Kind::Risk, w) || is(Kind::Reward, w));
    if said || text.contains(['$', '€', '£', '¥']) {
        return None;
    }
    let decimal = |token: &Token| {
        text[token.start..token.end]
            .trim_end_matches(['.', ','])
            .replace(',', ".")
    };
    let parts: Vec<String> = decimal(first).split(':').map(str::to_owned).collect();
    let found = if let [a, b] = parts.as_slice() {
        number::ratio(&format!("{a}:{b}"))
    } else {
        let second = numbers
            .get(1)
            .map(|second| (text[first.end..second.start].trim(), decimal(second)));
        match second {
            Some((gap, x)) if decimal(first) == "1" && gap.chars().count() <= 6 && !gap.contains([',', ';', '(']) => {
                number::ratio(&x)
            }
            // `7/15`: two amounts.
            Some(("/", _)) if !text[first.end..].starts_with(' ') => None,
            Some((":" | "to" | "zu", one)) => number::ratio(&format!("{}:{one}", decimal(first))),
            // A share or a number of something is no ratio.
            _ if text[first.end..].trim_start().starts_with(['%', 'p', 'c', 'b']) => None,
            _ => number::ratio(&decimal(first)),
        }
    };
    found.filter(|ratio| *ratio <= MOST)
}

/// A confidence: `60 %`, `0.6`, `7/10`, `7 out of 10`; words are none, and neither is a range.
pub(super) fn confidence(text: &str) -> Option<f64> {
    let text = text
        .replace("out of", "/")
        .replace(" of ", "/")
        .replace(" von ", "/")
        .replace(" sur ", "/")
        .replace(" из ", "/")
        .replace(" з ", "/")
        .replace(" su ", "/")
        .replace(" de ", "/");
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')))
        .unwrap_or(rest.len());
    let first = rest[..end].trim_end_matches(['.', ',']).replace(',', ".");
    let tail = rest[end..].trim_start();
    let range = |tail: &str| {
        let tail = tail.trim_start_matches('%').trim_start();
        let joined = tail
            .strip_prefix(['-', '–', '—', '~'])
            .or_else(|| tail.strip_prefix("to "));
        joined.is_some_and(|t| t.trim_start().starts_with(|c: char| c.is_ascii_digit()))
    };
    if range(tail) {
        return None;
    }
    if tail.starts_with('%') {
        return number::confidence(&format!("{first}%"));
    }
    if let Some(whole) = tail.strip_prefix('/') {
        let whole: String = whole.trim_start().chars().take_while(char::is_ascii_digit).collect();
        return number::confidence(&format!("{first}/{whole}"));
    }
    // "8 points of 10"
    if tail.starts_with('分') {
        let of = tail.split_once("满分").or_else(|| tail.split_once("滿分"));
        let whole: String = of?.1.chars().take_while(char::is_ascii_digit).collect();
        return number::confidence(&format!("{first}/{whole}"));
    }
    number::confidence(&first)
}

/// A number of candles: `12 candles`, `next 8 H1 bars`, `12`. Hours and days are none, and neither is a range.
pub(super) fn candles(text: &str) -> Option<u32> {
    let text = text.to_lowercase();
    let tokens = lex(&text, None);
    let numbers: Vec<&Token> = tokens.iter().filter(|t| t.kind == lex::Kind::Number).collect();
    let ranges = |pair: &[&Token]| joins(text[pair[0].end..pair[1].start].trim());
    if numbers.windows(2).any(ranges) {
        return None;
    }
    numbers.iter().enumerate().find_map(|(at, number)| {
        let next = numbers.get(at + 1).map_or(text.len(), |next| next.start);
        let tail = text[number.end..next].trim_start();
        let alone = numbers.len() == 1 && (tail.is_empty() || tail.starts_with([')', ';']));
        let mut words = tail.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        // A candle in a script without blanks, or in a case of its own, is part of the word.
        let is_candle =
            |word: &str| is(Kind::Candle, word) || words::list(Kind::CandleStem).iter().any(|stem| word.contains(stem));
        let named = words.by_ref().take(3).any(is_candle);
        let other = tail.starts_with(['-', '–', ':', '.', '%', '/']) || tail.starts_with("to ");
        let is_unit = tail
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .is_some_and(|w| is(Kind::Unit, w) && !is_candle(w));
        (!other && (alone || named && !is_unit))
            .then(|| number::candles(&text[number.start..number.end]))
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EURUSD: Option<Scale> = Some(Scale { low: 0.54, high: 2.3 });

    #[test]
    fn a_price_is_told_from_other_numbers() {
        for (text, want) in [
            ("1.1145", Some(1.1145)),
            ("1.1145 (25 pips, 1.4 ATR, below the EMA 200 at 1.1150)", Some(1.1145)),
            ("25 pips below the entry", None),
            ("30 pips below the EMA at 1.1150", None),
            ("25 pips below the entry, at 1.1145", Some(1.1145)),
            ("below 1.1145", Some(1.1145)),
            ("H1 close below 1.1145", Some(1.1145)),
            ("below the EMA 200 at 1.1150", None),
            ("below the swing low (1.1145)", None),
            ("$1.1145", Some(1.1145)),
            ("1,1145", Some(1.1145)),
            ("n/a", None),
            ("1.5 × ATR", None),
            ("2x ATR", None),
            ("0.5 %", None),
            ("13:00 UTC", None),
            ("2017-06-23", None),
            ("23.06.2017", None),
            ("June 23, 2017", None),
            ("EMA 200", None),
            ("the 0.618 retracement at 1.1170", Some(1.1170)),
            ("1,117", None),
            ("either 1.1145 or 1.1130", None),
            ("1.1145 / 1.1130", None),
        ] {
            assert_eq!(single(text, EURUSD).value, want, "{text}");
        }
    }

    #[test]
    fn zones_and_lists() {
        let between = |a, b| Some(Zone::between(a, b));
        for (text, want) in [
            ("1.1170 – 1.1180", between(1.1170, 1.1180)),
            ("1.1180 to 1.1170", between(1.1170, 1.1180)),
            ("between 1.1170 and 1.1180", between(1.1170, 1.1180)),
            ("1.1170-80", between(1.1170, 1.1180)),
            ("buy limit at 1.1170", between(1.1170, 1.1170)),
            ("1.1170 or 1.1160", None),
            ("1.1170, near the EMA 20 at 1.1172", between(1.1170, 1.1170)),
            ("market (around 1.1195)", between(1.1195, 1.1195)),
            ("none", None),
        ] {
            assert_eq!(zone(text, EURUSD).value, want, "{text}");
        }
        for (text, want) in [
            ("1.1230 / 1.1260 / 1.1300", vec![1.1230, 1.1260, 1.1300]),
            ("1.1230, 1.1260 and 1.1300", vec![1.1230, 1.1260, 1.1300]),
            ("1.1230 (50 %), 1.1260 (runner)", vec![1.1230, 1.1260]),
            ("TP1 1.1230, TP2 1.1260", vec![1.1230, 1.1260]),
            ("1) 1.1230 2) 1.1260", vec![1.1230, 1.1260]),
            ("1.1230, then move the stop to 1.1170", vec![1.1230]),
            ("1.1230 – 1R", vec![1.1230]),
            ("1,1230 / 1,1260", vec![1.1230, 1.1260]),
        ] {
            assert_eq!(list(text, EURUSD).value, want, "{text}");
        }
        let bitcoin = Some(Scale {
            low: 15_000.0,
            high: 80_000.0,
        });
        assert_eq!(zone("36,200 – 36.6k", bitcoin).value, between(36_200.0, 36_600.0));
        assert_eq!(zone("36.200 a 36.600", bitcoin).value, between(36_200.0, 36_600.0));
        assert_eq!(
            single("1.117", EURUSD).value,
            Some(1.117),
            "no group where the price fits as it stands"
        );
        assert_eq!(list("36 200 / 38 600", bitcoin).value, vec![36_200.0, 38_600.0]);
    }

    #[test]
    fn ratios_shares_and_counts() {
        for (text, want) in [
            ("1:2.5 to TP2", Some(2.5)),
            ("2.9", Some(2.9)),
            ("1 : 2,5", Some(2.5)),
            ("≈ 2.4R", Some(2.4)),
            ("2.5:1", Some(2.5)),
            ("1:1.6 (TP1), 1:2.9 (TP2)", Some(1.6)),
            ("2 to 1", Some(2.0)),
            ("good", None),
        ] {
            assert_eq!(ratio(text), want, "{text}");
        }
        for (text, want) in [
            ("60%", Some(0.6)),
            ("60 %", Some(0.6)),
            ("0.55", Some(0.55)),
            ("7/10", Some(0.7)),
            ("7 out of 10", Some(0.7)),
            ("Medium (65 %)", Some(0.65)),
            ("60–65 %", None),
            ("high", None),
        ] {
            assert_eq!(confidence(text), want, "{text}");
        }
        for (text, want) in [
            ("12 candles", Some(12)),
            ("next 8 H1 bars", Some(8)),
            ("10 H1 candles", Some(10)),
            ("12", Some(12)),
            ("8–12 candles", None),
            ("4 hours", None),
            ("until 18:00", None),
            ("12 根K线", Some(12)),
        ] {
            assert_eq!(candles(text), want, "{text}");
        }
    }
}
