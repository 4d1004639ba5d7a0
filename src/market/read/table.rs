//! Text to rows of cells: the delimiter is found, quotes are undone, blank and comment lines skipped, line numbers kept.

use super::ReadError;

/// One row of cells and the line it stands on, from 1.
#[derive(Debug)]
pub(super) struct Row {
    pub line: usize,
    pub cells: Vec<String>,
}

/// The rows of a file, the header (if any) still among them.
#[derive(Debug)]
pub(super) struct Table {
    pub rows: Vec<Row>,
    pub delimiter: u8,
    /// Seconds from UTC to the exchange's clock, where the document says so: a day's candle bears its own date there.
    pub day_offset: Option<i64>,
}

/// A cell as a message quotes it: its beginning, on one line, harmless.
pub(super) fn shown(cell: &str) -> String {
    crate::text::clean_line(cell).chars().take(40).collect()
}

const DELIMITERS: [u8; 4] = [b'\t', b';', b',', b'|'];

/// Splits `text` into rows.
pub(super) fn split(text: &str, name: &str) -> Result<Table, ReadError> {
    let delimiter = delimiter(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut lines = Lines::of(text);
    for record in reader.records() {
        // Text in memory that is valid UTF-8 and flexible in width has no way to fail; a failure would end the file.
        let Ok(record) = record else { break };
        let first = record.get(0).unwrap_or_default();
        let blank = record.iter().all(str::is_empty);
        if blank || first.starts_with('#') || first.starts_with("//") {
            continue;
        }
        let byte = record.position().map_or(0, csv::Position::byte);
        rows.push(Row {
            line: lines.at(usize::try_from(byte).unwrap_or(usize::MAX)),
            cells: record.iter().map(str::to_owned).collect(),
        });
    }
    if rows.is_empty() {
        return Err(ReadError::Empty(name.to_owned()));
    }
    Ok(Table {
        rows,
        delimiter,
        day_offset: None,
    })
}

/// Line numbers of rising byte offsets. The CSV reader's own count stands before the blank lines that it skips.
struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            byte: 0,
            line: 1,
        }
    }

    fn at(&mut self, byte: usize) -> usize {
        while let Some(b) = self.text.get(self.byte) {
            if self.byte >= byte && !matches!(b, b'\n' | b'\r') {
                break;
            }
            self.line += usize::from(*b == b'\n');
            self.byte += 1;
        }
        self.line
    }
}

/// The delimiter that cuts most of the first lines into the same number of cells, five at least; else the commonest.
fn delimiter(text: &str) -> u8 {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#') && !l.starts_with("//"))
        .take(50)
        .collect();
    let score = |delimiter: u8| {
        let mut counts: Vec<usize> = lines.iter().map(|l| outside_quotes(l, delimiter)).collect();
        counts.sort_unstable();
        let typical = counts.get(counts.len() / 2).copied().unwrap_or(0);
        let agreeing = counts.iter().filter(|c| **c == typical).count();
        if typical >= 4 {
            (1, agreeing, typical)
        } else {
            (0, typical, agreeing)
        }
    };
    // A file with decimal commas has more commas than semicolons: the earlier delimiter wins a tie in agreement.
    DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|d| {
            let (enough, a, b) = score(*d);
            (enough, a, if enough == 1 { 0 } else { b })
        })
        .unwrap_or(b',')
}

fn outside_quotes(line: &str, delimiter: u8) -> usize {
    let mut quoted = false;
    line.bytes()
        .filter(|b| {
            if *b == b'"' {
                quoted = !quoted;
            }
            *b == delimiter && !quoted
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        split(text, "f").unwrap().rows.into_iter().map(|r| r.cells).collect()
    }

    #[test]
    fn semicolons_win_over_decimal_commas() {
        let text = "a;1413,83;1417,81;1413,42;1415,19\nb;1413,83;1417,81;1413,42;1415,20\n";
        assert_eq!(split(text, "f").unwrap().delimiter, b';');
        assert_eq!(cells(text)[0][1], "1413,83");
    }

    #[test]
    fn quotes_hide_commas_and_lines_are_counted() {
        let table = split("# note\n\n\"x\",\"1,457.22\",\"2\",\"3\",\"4\"\n", "f").unwrap();
        assert_eq!(table.rows[0].cells[1], "1,457.22");
        assert_eq!(table.rows[0].line, 3);
    }
}
