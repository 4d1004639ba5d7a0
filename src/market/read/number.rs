//! Numbers as exports write them: decimal point or comma, group marks, K/M/B.

/// The mark between whole and fraction, settled once for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecimalMark {
    Point,
    Comma,
}

impl DecimalMark {
    /// Settles the mark from price cells: with both marks in one cell the last is decimal; else a comma is decimal where
    /// no cell has a point and a comma stands before other than exactly three digits, or the delimiter is no comma.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str> + Clone, delimiter: u8) -> Self {
        let both = cells.clone().find_map(|c| Some((c.rfind('.')?, c.rfind(',')?)));
        if let Some((point, comma)) = both {
            return if comma > point { Self::Comma } else { Self::Point };
        }
        if cells.clone().any(|c| c.contains('.')) {
            return Self::Point;
        }
        let fraction = |c: &str| c.rsplit_once(',').map(|(_, f)| f.len());
        let decimal = cells
            .clone()
            .any(|c| c.matches(',').count() == 1 && (delimiter != b',' || fraction(c).is_some_and(|n| n != 3)));
        if decimal { Self::Comma } else { Self::Point }
    }
}

/// Reads a price or volume; `None` when the cell is none (`null`, `NaN`, text, infinity).
pub(super) fn number(cell: &str, mark: DecimalMark) -> Option<f64> {
    // The common case needs no copy.
    if mark == DecimalMark::Point && cell.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') {
        return cell.parse().ok().filter(|v: &f64| v.is_finite());
    }
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || "$€£¥".contains(c));
    let (digits, factor) = match cell.char_indices().last() {
        Some((at, 'K' | 'k')) => (&cell[..at], 1e3),
        Some((at, 'M' | 'm')) => (&cell[..at], 1e6),
        Some((at, 'B' | 'b')) => (&cell[..at], 1e9),
        _ => (cell, 1.0),
    };
    let (group, decimal) = match mark {
        DecimalMark::Point => (',', '.'),
        DecimalMark::Comma => ('.', ','),
    };
    let mut plain = String::with_capacity(digits.len());
    for c in digits.chars() {
        match c {
            _ if c == decimal => plain.push('.'),
            _ if c == group => {}
            ' ' | '\u{a0}' | '\u{202f}' | '\'' => {}
            '0'..='9' | '-' | '+' | 'e' | 'E' => plain.push(c),
            _ => return None,
        }
    }
    let value: f64 = plain.parse().ok()?;
    Some(value * factor).filter(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use DecimalMark::{Comma, Point};

    #[test]
    fn marks_are_settled_from_the_cells() {
        let of = |cells: &[&'static str], d| DecimalMark::of(cells.iter().copied(), d);
        assert_eq!(of(&["1,457.22", "1,456.40"], b','), Point);
        assert_eq!(of(&["1.457,22"], b';'), Comma);
        assert_eq!(of(&["1413,83"], b';'), Comma);
        assert_eq!(of(&["1,413"], b','), Point);
        assert_eq!(of(&["1,41345"], b'\t'), Comma);
    }

    #[test]
    fn reads_what_exports_write() {
        assert_eq!(number("1,457.22", Point), Some(1457.22));
        assert_eq!(number("1.457,22", Comma), Some(1457.22));
        assert_eq!(number("3.68K", Point), Some(3680.0));
        assert_eq!(number("1 457,22", Comma), Some(1457.22));
        assert_eq!(number("1e-8", Point), Some(1e-8));
        for none in ["null", "NaN", "inf", "", "-", "12abc", "1e999"] {
            assert_eq!(number(none, Point), None, "{none}");
        }
    }
}
