//! Ratios, confidence and numbers of candles, as labelled values state them.

use super::labels::plain_all;
use super::lex::{self, Token, lex};
use super::prices::joins;
use super::words::{self, Kind, is};
use crate::setup::number;

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
