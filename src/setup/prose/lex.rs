//! A line as words, numbers and marks.

use super::labels::{is_letter, is_unspaced};
use crate::setup::{Scale, number};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, with the digits that belong to them: `TP1`, `1st`.
    Word,
    /// Digits with everything that prices, dates, times and ratios hold.
    Number,
    /// Any other character but a blank.
    Mark(char),
}

/// A token with its place in the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// How many brackets are open around it; the brackets themselves count as inside.
    pub depth: u16,
}

impl Token {
    pub fn is_mark(&self, marks: &str) -> bool {
        matches!(self.kind, Kind::Mark(c) if marks.contains(c))
    }
}

/// The tokens of `text`. `scale` decides whether `2 345` is one number.
pub(super) fn lex(text: &str, scale: Option<Scale>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut depth = 0u16;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        if c.is_whitespace() {
            continue;
        }
        let mut inside = depth;
        let kind = if c.is_ascii_digit() {
            let ending = ordinal_ending(&text[start..]);
            at = if ending > 0 {
                start + ending
            } else {
                number_end(text, start, scale)
            };
            if ending > 0 { Kind::Word } else { Kind::Number }
        } else if c.is_alphanumeric() {
            at = word_end(text, start);
            Kind::Word
        } else {
            match c {
                '(' | '[' => {
                    depth = depth.saturating_add(1);
                    inside = depth;
                }
                ')' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            Kind::Mark(c)
        };
        tokens.push(Token {
            kind,
            start,
            end: at,
            depth: inside,
        });
    }
    tokens
}

/// The end of the word at `start`. A script without blanks ends a word before digits of a price, and where letters of the
/// other kind begin.
fn word_end(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let first = rest.chars().next().unwrap_or(' ');
    let unspaced = is_unspaced(first);
    for (at, c) in rest.char_indices().skip(1) {
        let joins = is_letter(c) || matches!(c, '\'' | '’') && !unspaced && is_inner(rest, at, c);
        if !joins || unspaced && c.is_ascii_digit() && price_digits(&rest[at..]) {
            return start + at;
        }
    }
    text.len()
}

/// Whether a mark at `at` has a letter on its other side too.
fn is_inner(text: &str, at: usize, c: char) -> bool {
    text[at + c.len_utf8()..].starts_with(char::is_alphabetic)
}

/// Whether digits are more than the number of a label.
fn price_digits(text: &str) -> bool {
    let mut rest = text.chars();
    rest.next();
    matches!(rest.next(), Some('0'..='9' | '.' | ','))
}

/// The length of `1st`, `1er`, `2º`, `1차` at the beginning of `text`; 0 where a number stands.
fn ordinal_ending(text: &str) -> usize {
    let mut rest = text.char_indices().skip(1);
    let Some((_, first)) = rest.next().filter(|(_, c)| c.is_alphabetic()) else {
        return 0;
    };
    let end = rest
        .find(|(_, c)| !c.is_alphabetic() || is_unspaced(first))
        .map_or(text.len(), |(at, _)| at);
    let ending = &text[1..end];
    let listed = [
        "st", "nd", "rd", "th", "er", "ère", "e", "ème", "eme", "º", "ª", "o", "a", "°", "차", "я", "й",
    ];
    if listed.contains(&ending.to_lowercase().as_str()) {
        end
    } else {
        0
    }
}

/// The end of the number that begins at `start`.
fn number_end(text: &str, start: usize, scale: Option<Scale>) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = start;
    while let Some(c) = text[end..].chars().next() {
        let next = end + c.len_utf8();
        let goes_on = match c {
            '0'..='9' => true,
            '.' | ',' | '\'' | '’' | ':' => digit(next),
            // `66_000`
            '_' => digit(next) && digit(next + 1) && digit(next + 2) && !digit(next + 3),
            _ => false,
        };
        if !goes_on {
            break;
        }
        end = next;
    }
    if let Some(comma) = text[start..end]
        .match_indices(',')
        .map(|(at, _)| start + at)
        .find(|at| parts(&text[start..*at], &text[at + 1..end], scale))
    {
        return comma;
    }
    // `2 345,50`: a blank between groups, if only the whole is a price of these candles.
    let mut whole = end;
    while bytes.get(whole) == Some(&b' ') {
        let group = whole + 1;
        if !(digit(group) && digit(group + 1) && digit(group + 2)) || digit(group + 3) {
            break;
        }
        whole = group + 3;
        if matches!(bytes.get(whole), Some(b'.' | b',')) && digit(whole + 1) {
            whole += 1;
            while digit(whole) {
                whole += 1;
            }
            break;
        }
    }
    let fits = |range: std::ops::Range<usize>| {
        scale.is_some_and(|s| number::price(&text[range], scale).is_some_and(|p| s.holds(p)))
    };
    if whole > end && fits(start..whole) && !fits(start..end) {
        return whole;
    }
    end
}

/// Whether a comma without a blank stands between two prices, not inside of one: `64200,64500`, `1.1170,1.1180`.
fn parts(first: &str, rest: &str, scale: Option<Scale>) -> bool {
    let second = rest.split(',').next().unwrap_or_default();
    let long = |text: &str| text.len() >= 4 && text.bytes().all(|b| b.is_ascii_digit());
    let price = |text: &str| number::price(text, scale).filter(|p| scale.is_none_or(|s| s.holds(*p)));
    long(first) && long(second)
        || price(&format!("{first},{rest}")).is_none() && price(first).is_some() && price(second).is_some()
}
