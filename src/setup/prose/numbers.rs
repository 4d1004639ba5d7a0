//! What a number in a value is: a price, or a part of a date, a time, a share, a period, a distance or a ratio.

use super::labels::{self, Label, is_unspaced};
use super::lex::{Kind as Lexed, Token};
use super::words::{Kind, is};
use crate::setup::{Scale, number};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum What {
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

/// Ratios of Fibonacci; next to a word that says so they are no prices.
const RATIOS: &[f64] = &[
    0.236, 0.382, 0.5, 0.618, 0.65, 0.705, 0.786, 0.886, 1.272, 1.414, 1.618, 2.618,
];

/// Characters after a number that make it a count, a time or a date, in scripts without blanks; the first row are distances.
const UNSPACED_DISTANCES: &str = "点點핍";
const UNSPACED_UNITS: &str = "根月日年时時分本手倍期天週周일시분개월봉배차번주";

/// What the number at token `at` is.
pub(super) fn meaning(text: &str, tokens: &[Token], at: usize, scale: Option<Scale>, fibonacci: bool) -> What {
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
        mark.is_mark("-/") && a.kind == b.kind && b.kind == Lexed::Number && a.end == mark.start && mark.end == b.start
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
