//! The prices in the value of a labelled line, and which of them belong together: one, a zone, a list.

use super::labels::{self, Label, plain, plain_all};
use super::lex::{self, lex};
use super::numbers::{What, meaning};
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

/// What a value gives for its field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read<T> {
    pub value: T,
    /// The numbers that would have to be prices and cannot be read as such, as written.
    pub unread: Vec<String>,
}

/// Characters that join the two prices of a zone.
const JOINS: &str = "-–—~/…&→=<>≤≥,;|+_.\\";

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
        let is_rival = |a: &&Amount| matches!(a.what, What::Price(rival) if holds(rival) && rival != price);
        let mut rivals = self.amounts[at + 1..].iter().filter(is_rival);
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
pub(super) fn joins(gap: &str) -> bool {
    !gap.is_empty() && gap.chars().all(|c| c == ' ' || JOINS.contains(c)) || is(Kind::And, gap)
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
}
