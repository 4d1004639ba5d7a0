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
const JOINS: &str = "-–—~/…&→=>,;|+_.";
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
            joins(&gap) || offers(&gap)
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
    let mut last = None;
    let mut at = value.first(false);
    while let Some(here) = at {
        if let Some(last) = last
            && !value.is_list_gap(last, here)
        {
            break;
        }
        match value.amounts[here].what {
            What::Price(price) => match last.map_or(Short::Whole, |last| value.short(last, here)) {
                Short::Whole => found.push(price),
                Short::Completed(price) => found.push(price),
                Short::Doubtful => unread.push(value.text(here).to_owned()),
            },
            What::Unreadable => unread.push(value.text(here).to_owned()),
            What::Distance | What::Multiple | What::Share | What::Other => {}
        }
        last = Some(here);
        at = value.next(here);
    }
    if found.is_empty() && unread.is_empty() {
        return value.read(found, false);
    }
    Read { value: found, unread }
}

/// The second of two joined prices, which may leave out what it shares with the first.
enum Short {
    /// It stands for itself.
    Whole,
    /// `1805-07`, `1.1800-20`, `64.2-64.5k`: the price it means.
    Completed(f64),
    /// It leaves something out, and what cannot be told.
    Doubtful,
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
        value.share_thousands();
        value
    }

    /// `64.2-64.5k`: the k is of both.
    fn share_thousands(&mut self) {
        for at in 1..self.amounts.len() {
            let (What::Price(a), What::Price(b)) = (self.amounts[at - 1].what, self.amounts[at].what) else {
                continue;
            };
            let shared = self.text[self.amounts[at].end..].starts_with(['k', 'K']) && joins(&self.gap(at - 1, at));
            let holds = |price| self.scale.is_some_and(|s| s.holds(price));
            if shared && !holds(a) && holds(a * 1_000.0) && holds(b) {
                self.amounts[at - 1].what = What::Price(a * 1_000.0);
            }
        }
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
            return self.stands(at).then_some(at);
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
        rest.to_owned()
    }

    fn zone_from(&self, first: usize) -> Option<Zone> {
        let What::Price(mut low) = self.amounts[first].what else {
            return None;
        };
        let mut high = low;
        let mut last = first;
        while let Some(next) = self.next(last) {
            let gap = self.gap(last, next);
            let amount = self.amounts[next];
            if !joins(&gap) {
                // One of two, without saying which.
                if offers(&gap) && matches!(amount.what, What::Price(_)) {
                    return None;
                }
                break;
            }
            let price = match amount.what {
                What::Price(price) => match self.short(last, next) {
                    // A comma may part the entry from something else.
                    Short::Whole
                        if gap.contains([',', ';', '|', '+', '_']) && self.scale.is_some_and(|s| !s.holds(price)) =>
                    {
                        return None;
                    }
                    Short::Whole => price,
                    Short::Completed(price) => price,
                    Short::Doubtful => return None,
                },
                What::Unreadable => return None,
                What::Distance | What::Multiple | What::Share | What::Other => break,
            };
            low = low.min(price);
            high = high.max(price);
            last = next;
        }
        Some(Zone::between(low, high))
    }

    /// What the second of two prices leaves out. Only a dash or a slash joins such a pair.
    fn short(&self, first: usize, second: usize) -> Short {
        let (What::Price(a), What::Price(b)) = (self.amounts[first].what, self.amounts[second].what) else {
            return Short::Whole;
        };
        let (whole, digits) = (self.text(first), self.text(second));
        let dashed = matches!(self.gap(first, second).as_str(), "-" | "–" | "—" | "/" | "~");
        let is_end = digits.bytes().all(|d| d.is_ascii_digit()) && digits.len() < whole.len();
        if !(dashed && is_end) {
            return Short::Whole;
        }
        let holds = |price: f64| self.scale.is_none_or(|s| s.holds(price));
        let completed =
            number::price(&completed(whole, digits), self.scale).filter(|p| *p > a && *p <= a * 1.5 && holds(*p));
        let possible = b >= a / 2.0 && b <= a * 2.0 || self.scale.is_some() && holds(b);
        let fraction = whole.find(['.', ',']).is_some_and(|mark| digits.len() < mark);
        match completed {
            // 90 is a price where 110.80 is one: only its lack of a fraction tells.
            Some(price) if !possible || fraction => Short::Completed(price),
            _ if possible => Short::Whole,
            _ => Short::Doubtful,
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
                Kind::Filler,
            ];
            listed.iter().any(|kind| is(*kind, word))
                || matches!(labels::label(word), Some((Label::Targets, _)))
                || word.chars().all(|c| c.is_ascii_digit()) && word.len() == 1
        })
    }
}

/// Whether what is between two prices offers them for choice: `or`, `or below`.
fn offers(gap: &str) -> bool {
    gap.split_whitespace().next().is_some_and(|word| is(Kind::Or, word))
}

/// The first price with its last digits replaced: `1.1800` and `20` are `1.1820`.
fn completed(whole: &str, digits: &str) -> String {
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
    !gap.is_empty() && gap.chars().all(|c| JOINS.contains(c)) || is(Kind::And, gap)
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
    let digit = |c: char| c.is_ascii_digit();
    let after_colon = rest
        .trim_start()
        .strip_prefix(':')
        .is_some_and(|r| r.trim_start().starts_with(digit));
    let before_colon = before.trim_end().strip_suffix(':').is_some_and(|b| b.ends_with(digit));
    if run.contains(':') || after_colon || before_colon || is_date(text, tokens, at) {
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
    match price {
        Some(price) if fibonacci && RATIOS.contains(&price) => What::Other,
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
    (whole && run.len() == 1 && numbers).then_some(What::Other)
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

/// `36.2k` is 36,200.
fn thousands(run: &str, rest: &str) -> Option<f64> {
    let rest = rest.strip_prefix(['k', 'K'])?;
    if rest.starts_with(char::is_alphanumeric) {
        return None;
    }
    number::price(run, None).map(|p| p * 1_000.0)
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

/// The first ratio of reward to risk in a value: `1:2.5`, `2.5R`, `2.5 to 1`.
pub(super) fn ratio(text: &str) -> Option<f64> {
    let text = text.replace("to", ":").replace("zu", ":").replace('/', ":");
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | ':' | ' ')))
        .unwrap_or(rest.len());
    let run = rest[..end].trim();
    let decimal = |part: &str| {
        let part = part.trim().trim_end_matches(['.', ',']);
        // `1, 2`: what follows a blank is another number.
        let part = part.split(' ').next().unwrap_or_default().trim_end_matches([',', '.']);
        part.replace(',', ".")
    };
    let mut parts = run.split(':').filter(|p| !p.trim().is_empty());
    let (a, b) = (decimal(parts.next()?), parts.next().map(decimal));
    match b {
        // A share or a number of something is no ratio.
        None if rest[end..].starts_with(['%', 'p', 'c', 'b']) => None,
        None => number::ratio(&a),
        Some(b) => number::ratio(&format!("{a}:{b}")),
    }
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
    number::confidence(&first)
}

/// A number of candles: `12 candles`, `next 8 H1 bars`, `12`. Hours and days are none, and neither is a range.
pub(super) fn candles(text: &str) -> Option<u32> {
    let text = text.to_lowercase();
    let mut from = 0;
    let start = loop {
        let at = from + text[from..].find(|c: char| c.is_ascii_digit())?;
        if text[..at]
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphabetic() || is_unspaced(c))
        {
            break at;
        }
        from = at
            + text[at..]
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len() - at);
    };
    let rest = &text[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let tail = rest[end..].trim_start();
    let named = |tail: &str| {
        tail.split(|c: char| !c.is_alphanumeric()).any(|w| is(Kind::Candle, w))
            || [
                "candle", "bar", "kerze", "vela", "bougie", "candele", "свеч", "根", "本", "mum", "شم", "个k", "k线",
                "barre", "świec", "캔들", "봉", "gyerty", "sviečok", "svíč",
            ]
            .iter()
            .any(|word| tail.contains(word))
    };
    if tail.starts_with(['-', '–', ':', '.', '%', '/'])
        || tail.starts_with("to ")
        || !(tail.is_empty() || tail.starts_with([')', ';']) || named(tail))
    {
        return None;
    }
    number::candles(&rest[..end])
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
