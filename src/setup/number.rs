//! Prices, ratios and shares as answers write them. What can be read in two ways is not read.

use super::Scale;

/// Reads one price: `2345.5`, `2,345.50`, `$2345.5`, `2345.50 USD`, `2 345,50`. Zero, negative and unbounded ones are
/// none. `1,234` alone is a group mark only if the result lies in `scale`.
pub(super) fn price(text: &str, scale: Option<Scale>) -> Option<f64> {
    let bare = strip_currency(text.trim());
    // `.0055`
    let whole = bare.starts_with('.').then(|| format!("0{bare}"));
    let bare = whole.as_deref().unwrap_or(bare);
    let value = grouped(bare, scale)?;
    (value.is_finite() && value > 0.0).then_some(value)
}

fn strip_currency(text: &str) -> &str {
    let text = text.trim_matches(|c: char| "$€£¥₿".contains(c) || c.is_whitespace());
    let code = |s: &str| s.len() == 3 && s.bytes().all(|b| b.is_ascii_uppercase());
    let behind = text
        .rsplit_once(|c: char| c.is_ascii_digit())
        .map_or("", |(_, tail)| tail);
    let word = behind.trim();
    if code(word) || word == "USDT" || word == "USDC" {
        return text[..text.len() - behind.len()].trim_end();
    }
    match text.split_once(' ') {
        Some((front, rest)) if code(front) => rest.trim_start(),
        _ => text,
    }
}

/// A number with or without group marks, where they are unambiguous.
fn grouped(text: &str, scale: Option<Scale>) -> Option<f64> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !text.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let marks: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let blank = |c: &char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’' | '_');
    let mut kinds = marks.clone();
    kinds.dedup();
    match kinds.as_slice() {
        [] | ['.'] if marks.len() <= 1 => text.parse().ok(),
        ['e' | 'E', ..] => text.parse().ok(),
        ['.', 'e' | 'E', ..] => text.parse().ok(),
        // Comma alone: one before other than three digits is decimal, several are groups, one before three is ambiguous.
        [','] if marks.len() > 1 => split(text, ',', None),
        [','] => {
            let digits = text.rsplit(',').next().map_or(0, str::len);
            if digits != 3 {
                return split(text, '\0', Some(','));
            }
            let group = split(text, ',', None)?;
            scale.is_some_and(|s| s.holds(group)).then_some(group)
        }
        ['.'] => split(text, '.', None),
        [',', '.'] if marks.iter().filter(|c| **c == '.').count() == 1 => split(text, ',', Some('.')),
        ['.', ','] if marks.iter().filter(|c| **c == ',').count() == 1 => split(text, '.', Some(',')),
        [b] if blank(b) => split(text, *b, None),
        [b, decimal @ (',' | '.')] if blank(b) => {
            let once = marks.iter().filter(|c| *c == decimal).count() == 1;
            once.then(|| split(text, *b, Some(*decimal))).flatten()
        }
        _ => None,
    }
}

/// `text` cut at its marks; groups after the first must have three digits.
fn split(text: &str, group: char, decimal: Option<char>) -> Option<f64> {
    let (whole, fraction) = match decimal {
        Some(mark) => text.split_once(mark)?,
        None => (text, ""),
    };
    let mut parts = whole.split(group);
    let first = parts.next()?;
    let groups: Vec<&str> = parts.collect();
    let lead_fits = groups.is_empty() || (1..=3).contains(&first.len());
    if !lead_fits || groups.iter().any(|g| g.len() != 3) {
        return None;
    }
    format!("{first}{}.{fraction}0", groups.concat()).parse().ok()
}

/// Reads reward over risk: `2.5`, `1:2.5`, `2.5:1`, `2.5R`.
pub(super) fn ratio(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches(['R', 'r']).trim_end();
    let value: f64 = match text.split_once([':', '/']) {
        Some((a, b)) => {
            let (a, b): (f64, f64) = (plain(a)?, plain(b)?);
            // Of `1:x` and `x:1` both mean x.
            if a == 1.0 {
                b
            } else if b == 1.0 {
                a
            } else {
                return None;
            }
        }
        None => plain(text)?,
    };
    (value.is_finite() && value > 0.0).then_some(value)
}

/// Reads a confidence as 0 to 1: `0.6`, `60`, `65%`, `7/10`.
pub(super) fn confidence(text: &str) -> Option<f64> {
    let text = text.trim();
    let value = if let Some(percent) = text.strip_suffix('%') {
        plain(percent)? / 100.0
    } else if let Some((part, whole)) = text.split_once('/') {
        plain(part)? / plain(whole)?
    } else {
        let value = plain(text)?;
        if value > 1.0 { value / 100.0 } else { value }
    };
    (0.0..=1.0).contains(&value).then_some(value)
}

/// Reads a whole number of candles, at least one; a word may follow.
pub(super) fn candles(text: &str) -> Option<u32> {
    let first = text.split_whitespace().next()?;
    let value = plain(first)?;
    // Whole and in range: the cast is exact.
    (value.fract() == 0.0 && (1.0..=1e6).contains(&value)).then_some(value as u32)
}

/// Reads any finite number with a decimal point.
pub(super) fn plain(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|v: &f64| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_as_answers_write_them() {
        let scale = Some(Scale::of(20_000.0, 30_000.0));
        for (text, want) in [
            ("2345.5", Some(2345.5)),
            ("2,345.50", Some(2345.5)),
            ("$2345.5", Some(2345.5)),
            ("2345.50 USD", Some(2345.5)),
            ("USD 2345.50", Some(2345.5)),
            ("2 345,50", Some(2345.5)),
            ("2.345,50", Some(2345.5)),
            ("1,23", Some(1.23)),
            ("36,200", Some(36_200.0)),
            ("1,234", None),
            ("1,234,567", Some(1_234_567.0)),
            ("1.234.567", Some(1_234_567.0)),
            ("0", None),
            ("-5", None),
            ("NaN", None),
            ("1e999", None),
            ("1.2.3", None),
            ("12,34.5", None),
            ("30 pips", None),
            ("", None),
        ] {
            assert_eq!(price(text, scale), want, "{text}");
        }
    }

    #[test]
    fn ratios_and_shares() {
        for text in ["2.5", "1:2.5", "2.5:1", "2.5R", "1 : 2.5"] {
            assert_eq!(ratio(text), Some(2.5), "{text}");
        }
        assert_eq!(ratio("2:3"), None);
        for (text, want) in [("65%", 0.65), ("0.65", 0.65), ("65", 0.65), ("1", 1.0), ("7/10", 0.7)] {
            assert_eq!(confidence(text), Some(want), "{text}");
        }
        assert_eq!(confidence("250"), None);
        assert_eq!(
            (candles("4"), candles("12 candles"), candles("0"), candles("2.5")),
            (Some(4), Some(12), None, None)
        );
    }
}
