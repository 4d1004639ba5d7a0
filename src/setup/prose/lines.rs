//! An answer as labelled lines: list items, bold labels, table rows, `Label: value`, and values under their label.

use super::labels::{self, Label};
use super::words::{Kind, is};
use crate::setup::Side;

/// What a line says of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// A label with its number and its value.
    Field(Label, Option<u8>, String),
    /// A setup of its own begins: "Setup B", a further row or column of a table; with the side its heading names.
    Setup(Option<Side>),
}

/// Longer values are prose.
const LONGEST_VALUE: usize = 400;
/// Longer lines are no labelled ones, nor rows of a table.
const LONGEST_LINE: usize = 4_000;

/// A line without its marks.
struct Line<'a> {
    /// List markers, quotes, headings and emphasis taken away.
    text: String,
    raw: &'a str,
    is_item: bool,
    heading: usize,
    /// The text that is set in bold at the beginning, where there is some.
    bold: Option<String>,
    indent: usize,
}

/// A label that waits for its value on the lines below.
struct Waiting {
    label: Label,
    number: Option<u8>,
    indent: usize,
    /// Items taken so far.
    taken: usize,
}

/// What the lines of `text` say, in their order.
pub(super) fn events(text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    let mut waiting: Option<Waiting> = None;
    let mut table: Vec<Vec<String>> = Vec::new();
    let mut skipped: Option<usize> = None;
    for raw in text.lines().filter(|l| l.len() <= LONGEST_LINE) {
        let line = Line::of(raw);
        if let Some(row) = cells(&line) {
            waiting = None;
            table.push(row);
            continue;
        }
        if !table.is_empty() {
            let rows = std::mem::take(&mut table);
            if skipped.is_none() {
                rows_to_events(&rows, &mut events);
            }
        }
        if line.heading > 0 || is_bold_heading(&line) {
            let level = if line.heading > 0 { line.heading } else { 7 };
            if skipped.is_some_and(|from| level <= from) {
                skipped = None;
            }
            if skipped.is_none() && is_of_the_past(&line.text) {
                skipped = Some(level);
            }
        }
        if skipped.is_some() {
            continue;
        }
        if line.text.is_empty() {
            // A list may begin behind a blank line; nothing else may.
            if waiting.as_ref().is_some_and(|w| w.taken > 0) {
                waiting = None;
            }
            continue;
        }
        if let Some(side) = setup_heading(&line) {
            waiting = None;
            events.push(Event::Setup(side));
            continue;
        }
        let fields = fields(&line);
        if fields.is_empty() {
            if let Some(open) = &mut waiting
                && !take_below(open, &line, &mut events)
            {
                waiting = None;
            }
            continue;
        }
        // Beneath "Targets:" a numbered label of the same kind is an item of it, like any other field.
        waiting = None;
        for (label, number, value) in fields {
            if value.is_empty() {
                waiting = Some(Waiting {
                    label,
                    number,
                    indent: line.indent,
                    taken: 0,
                });
            } else {
                waiting = None;
                events.push(Event::Field(label, number, value));
            }
        }
    }
    if skipped.is_none() {
        rows_to_events(&table, &mut events);
    }
    events
}

impl<'a> Line<'a> {
    fn of(raw: &'a str) -> Self {
        let mut rest = raw.trim_end();
        let mut indent = 0;
        let mut is_item = false;
        let mut heading = 0;
        loop {
            let trimmed = rest.trim_start();
            indent += rest.len() - trimmed.len();
            rest = trimmed;
            if let Some(quoted) = rest.strip_prefix('>') {
                rest = quoted;
                continue;
            }
            let hashes = rest.len() - rest.trim_start_matches('#').len();
            if hashes > 0 && rest[hashes..].starts_with(' ') && heading == 0 {
                heading = hashes;
                rest = &rest[hashes..];
                continue;
            }
            if let Some(behind) = item(rest) {
                is_item = true;
                rest = behind;
                continue;
            }
            break;
        }
        let rest = without_strikes(rest);
        let bold = leading_bold(&rest);
        Self {
            text: without_emphasis(&rest),
            raw,
            is_item,
            heading,
            bold,
            indent,
        }
    }
}

/// The line behind its list marker.
fn item(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    // A digit on a keycap.
    if first.is_ascii_digit()
        && let Some(behind) = text[1..].trim_start_matches('\u{fe0f}').strip_prefix('\u{20e3}')
    {
        return Some(behind);
    }
    if "-*+•·◦▪▫‣–—►▶→✓✔✅☑●○■□➤➜".contains(first) {
        let rest = &text[first.len_utf8()..];
        // `**bold**` and `---` are no items.
        return rest
            .starts_with([' ', '\t', '\u{fe0f}'])
            .then(|| rest.trim_start_matches('\u{fe0f}'));
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &text[digits..];
    let numbered = (1..=2).contains(&digits) && rest.starts_with(['.', ')']) && rest[1..].starts_with(' ');
    if numbered {
        return Some(&rest[1..]);
    }
    // `a) `, `(1) `.
    let bracket = text.strip_prefix('(').unwrap_or(text);
    let (mark, rest) = bracket.split_once(')')?;
    (mark.chars().count() == 1 && mark.chars().all(char::is_alphanumeric) && rest.starts_with(' ')).then_some(rest)
}

fn without_strikes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("~~") {
        let Some((_, after)) = behind.split_once("~~") else {
            break;
        };
        out.push_str(before);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn leading_bold(text: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '*' && c != '_');
    let mark = ["**", "__"].into_iter().find(|m| text.starts_with(m))?;
    let (bold, _) = text[2..].split_once(mark)?;
    Some(without_emphasis(bold))
}

/// Emphasis, code marks and tags taken away; a line break within a cell is a comma.
fn without_emphasis(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tag = rest[at + 1..].find('>').filter(|len| *len <= 20);
        let name = tag.map(|len| rest[at + 1..at + 1 + len].trim_matches('/').trim().to_lowercase());
        match (name.as_deref(), tag) {
            (Some("br"), Some(len)) => {
                out.push_str(", ");
                rest = &rest[at + len + 2..];
            }
            (Some(name), Some(len)) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                rest = &rest[at + len + 2..]
            }
            _ => {
                out.push('<');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    let out = out.replace("__", "").replace(['*', '`'], "").replace("\\|", "/");
    out.trim().to_owned()
}

/// The cells of a table's row.
fn cells(line: &Line<'_>) -> Option<Vec<String>> {
    let text = line.raw.trim().trim_start_matches('>').trim();
    if !text.starts_with('|') || text.len() < 3 {
        return None;
    }
    let inner = text.trim_start_matches('|').trim_end_matches('|');
    let inner = without_strikes(inner).replace("\\|", "/");
    Some(inner.split('|').map(|cell| without_emphasis(cell.trim())).collect())
}

fn is_rule(row: &[String]) -> bool {
    row.iter()
        .all(|c| !c.is_empty() && c.chars().all(|c| matches!(c, '-' | ':' | ' ' | '=')))
}

fn rows_to_events(rows: &[Vec<String>], events: &mut Vec<Event>) {
    let rows: Vec<&Vec<String>> = rows.iter().filter(|row| !is_rule(row)).collect();
    let Some(head) = rows.first() else { return };
    let known = |cell: &str| labels::label(cell).filter(|(l, _)| *l != Label::Plan);
    // A row of labels with its values below; but `| Entry | Stop |` of a table that runs down has a label first in each row.
    let down = rows
        .iter()
        .skip(1)
        .filter(|row| row.first().is_some_and(|c| known(c).is_some()))
        .count();
    let named = head.iter().filter(|c| known(c).is_some()).count();
    // "Buy stop" in the first cell of a row is what is under "Order", not a label, where the head names the fields.
    if named >= 2 && named > down {
        for (at, row) in rows.iter().skip(1).enumerate() {
            if row.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            if at > 0 {
                events.push(Event::Setup(None));
            }
            for (label, cell) in head.iter().zip(row.iter()) {
                if let Some((label, number)) = known(label)
                    && !cell.is_empty()
                {
                    events.push(Event::Field(label, number, clipped(cell)));
                }
            }
        }
        return;
    }
    let setups = head.iter().skip(1).filter(|c| is_setup_name(c)).count();
    let columns = if setups >= 2 { head.len() - 1 } else { 1 };
    for column in 1..=columns {
        if column > 1 {
            events.push(Event::Setup(None));
        }
        if columns > 1
            && let Some(side) = head.get(column).and_then(|c| one_side(c))
        {
            events.push(Event::Setup(Some(side)));
        }
        for row in &rows {
            if let (Some((label, number)), Some(cell)) = (row.first().and_then(|c| known(c)), row.get(column))
                && !cell.is_empty()
            {
                events.push(Event::Field(label, number, clipped(cell)));
            }
        }
    }
}

fn clipped(text: &str) -> String {
    text.trim().chars().take(LONGEST_VALUE).collect()
}

fn is_setup_name(text: &str) -> bool {
    let plain = labels::plain_all(text);
    let mut words = plain.split(' ');
    let first = words.next().unwrap_or_default();
    let lettered = first.len() == 1 && first.chars().all(|c| c.is_ascii_alphanumeric()) && plain.len() == 1;
    lettered
        || plain.split(' ').any(|w| is(Kind::Setup, w))
        || matches!(labels::side(text), Some(Side::Long | Side::Short))
}

/// The one side that words name anywhere.
fn one_side(text: &str) -> Option<Side> {
    let plain = labels::plain_all(text);
    let mut sides = plain.split(' ').filter_map(labels::side).filter(|s| *s != Side::None);
    let first = sides.next()?;
    sides.all(|s| s == first).then_some(first)
}

/// Whether the line is the heading of one setup among several, and the side it names.
fn setup_heading(line: &Line<'_>) -> Option<Option<Side>> {
    let heading = line.heading > 0
        || is_bold_heading(line)
        || line.text.chars().count() <= 60 && line.text.ends_with([':', '：']);
    if !heading {
        return None;
    }
    let plain = labels::plain_all(&line.text);
    let words: Vec<&str> = plain.split(' ').collect();
    // The first words say what it is: "Setup B – breakout", "2. Alternative", "Short scenario".
    let named = words.iter().take(3).any(|w| is(Kind::Setup, w));
    let lettered = words.first().is_some_and(|w| matches!(*w, "a" | "b" | "c")) && words.len() > 1;
    // "Trade setup" and "Plan" alone head the only one there is.
    (named || lettered).then(|| one_side(&line.text))
}

fn is_bold_heading(line: &Line<'_>) -> bool {
    let text = line.text.trim_end_matches([':', '：', '.']);
    line.bold
        .as_deref()
        .is_some_and(|b| b.trim_end_matches([':', '：', '.']) == text)
        && !text.chars().any(|c| c.is_ascii_digit() && text.contains('.'))
}

/// Whether a heading is about trades that are over.
fn is_of_the_past(text: &str) -> bool {
    let plain = labels::plain_all(text);
    let words: Vec<&str> = plain.split(' ').collect();
    let past = [
        "previous",
        "past",
        "closed",
        "last",
        "yesterday",
        "yesterdays",
        "earlier",
        "historical",
        "old",
        "expired",
        "example",
        "hypothetical",
    ];
    let trade = [
        "trade", "trades", "setup", "setups", "idea", "ideas", "plan", "signal", "example", "position", "week",
    ];
    words.iter().any(|w| past.contains(w)) && words.iter().any(|w| trade.contains(w)) && words.len() <= 8
}

/// The fields that a line states; a value may be empty, to come below.
fn fields(line: &Line<'_>) -> Vec<(Label, Option<u8>, String)> {
    let text = together(&line.text);
    // 【label】value, as Japanese answers have it.
    if let Some((name, value)) = text.trim_start().strip_prefix('【').and_then(|t| t.split_once('】')) {
        let named = labels::label(name).filter(|(l, _)| *l != Label::Plan);
        return named.map_or_else(Vec::new, |(label, number)| vec![(label, number, clipped(value))]);
    }
    // An item's label and value with a dash between them.
    if line.is_item
        && !text.contains([':', '：'])
        && let Some((name, value)) = [" — ", " – ", " - "].iter().find_map(|dash| text.split_once(dash))
        && let Some((label, number)) = labels::label(name).filter(|(l, _)| *l != Label::Plan)
    {
        return parts(label, number, value);
    }
    // An empty value stands below only where the label is all there is.
    let found = colons(&text);
    if !found.is_empty() {
        return found;
    }
    if line.heading > 0 || is_bold_heading(line) {
        let whole = text.trim_start_matches(|c: char| !c.is_alphanumeric());
        if let Some((label, number)) = labels::label(whole).filter(|(l, _)| *l != Label::Plan) {
            return vec![(label, number, String::new())];
        }
    }
    if let Some(bold) = &line.bold
        && let Some((label, number)) = labels::label(&together(bold)).filter(|(l, _)| *l != Label::Plan)
        && let Some(rest) = text.split_once(together(bold).as_str()).map(|(_, rest)| rest)
    {
        let value = rest.trim_start_matches([' ', ':', '：', '-', '–', '—', '=', '→', '@']);
        if !value.is_empty() {
            return parts(label, number, value);
        }
    }
    bare(&text, line.is_item)
}

/// `R:R` and the like as one word, so that their colon parts nothing.
fn together(text: &str) -> String {
    let mut out = text.to_owned();
    if !text.contains([':', '/']) {
        return out;
    }
    let find = |text: &str, pair: (&str, &str)| -> Option<(usize, usize)> {
        let lower = text.to_ascii_lowercase();
        let mut from = 0;
        while let Some(at) = lower[from..].find(pair.0).map(|i| from + i) {
            let own = !lower[..at].ends_with(|c: char| c.is_alphanumeric());
            let rest = &lower[at + pair.0.len()..];
            let marked = rest.trim_start().strip_prefix([':', '/']).map(str::trim_start);
            if own
                && let Some(second) = marked
                && let Some(after) = second.strip_prefix(pair.1)
                && !after.starts_with(|c: char| c.is_alphanumeric())
            {
                return Some((at, lower.len() - after.len()));
            }
            from = at + pair.0.len();
        }
        None
    };
    out = without_inner_colons(&out);
    let lower = out.to_ascii_lowercase();
    if !["risk", "r:", "r/", "r :", "r /"]
        .iter()
        .any(|part| lower.contains(part))
    {
        return out;
    }
    for pair in [("r", "r"), ("risk", "reward"), ("reward", "risk")] {
        // The same length in either case: ASCII alone is changed.
        if let Some((start, end)) = find(&out, pair) {
            out.replace_range(start..end, "RR");
        }
    }
    out
}

/// `Riesgo:beneficio` without its colon: it parts nothing.
fn without_inner_colons(text: &str) -> String {
    let mut out = text.to_owned();
    for (at, _) in text.match_indices(':') {
        let before = text[..at]
            .rsplit(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let after = text[at + 1..].trim_start();
        let after = after
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let pair =
            is(Kind::Risk, &before) && is(Kind::Reward, &after) || is(Kind::Reward, &before) && is(Kind::Risk, &after);
        if pair {
            out.replace_range(at..=at, "/");
        }
    }
    out
}

/// The fields of a line whose labels end in a colon: the first begins the line, others may follow in it.
fn colons(text: &str) -> Vec<(Label, Option<u8>, String)> {
    let mut found: Vec<(Label, Option<u8>, usize)> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| matches!(c, ':' | '：')) {
        let from = found.last().map_or(0, |f| f.2);
        let before = &text[from..at];
        let start = if found.is_empty() {
            let name = before.trim_start_matches(|c: char| !c.is_alphanumeric());
            labels::label(name).map(|l| (l, from))
        } else {
            last_label(before).map(|(l, start)| (l, from + start))
        };
        match start {
            Some(((label, number), start)) => {
                if !found.is_empty() {
                    ends.push(start);
                }
                found.push((label, number, at + c.len_utf8()));
            }
            None if found.is_empty() => return Vec::new(),
            None => {}
        }
    }
    ends.push(text.len());
    let mut fields = Vec::new();
    for ((label, number, from), end) in found.into_iter().zip(ends) {
        let value = text.get(from..end).unwrap_or_default();
        let value = value
            .trim()
            .trim_end_matches([',', ';', '|', '·', '•', '/', '—', '–'])
            .trim();
        if label == Label::Plan {
            let inner = colons(value);
            fields.extend(if inner.is_empty() { bare(value, true) } else { inner });
        } else if value.is_empty() {
            fields.push((label, number, String::new()));
        } else {
            fields.extend(parts(label, number, value));
        }
    }
    fields
}

/// The label that ends `text`, of up to four words, and where it begins; a mark or a blank stands before it.
fn last_label(text: &str) -> Option<((Label, Option<u8>), usize)> {
    let mut best = None;
    let starts = text
        .char_indices()
        .rev()
        .filter(|(at, c)| c.is_alphanumeric() && !text[..*at].ends_with(char::is_alphanumeric))
        .map(|(at, _)| at);
    for start in starts.take(4) {
        if let Some(label) = labels::label(&text[start..]).filter(|(l, _)| *l != Label::Plan) {
            best = Some((label, start));
        }
    }
    best
}

/// A value that may hold further fields without a colon: `1.1170, SL 1.1145, TP 1.1230`.
fn parts(label: Label, number: Option<u8>, value: &str) -> Vec<(Label, Option<u8>, String)> {
    let value: String = clipped(value);
    let mut fields = Vec::new();
    let mut current = (label, number);
    let mut from = 0;
    for (at, mark) in value.char_indices().filter(|(_, c)| matches!(c, ',' | ';' | '|')) {
        let behind = at + mark.len_utf8();
        if let Some((label, number, skip)) = leading_label(&value[behind..]) {
            // "TP1 1.12, TP2 1.13" is one list.
            if matches!((current.0, label), (Label::Targets, Label::Targets)) {
                continue;
            }
            fields.push((current.0, current.1, value[from..at].trim().to_owned()));
            current = (label, number);
            from = behind + skip;
        }
    }
    fields.push((current.0, current.1, value[from..].trim().to_owned()));
    fields
}

/// A label of up to four words at the beginning of `text`, with a number behind it, and the byte where that begins.
fn leading_label(text: &str) -> Option<(Label, Option<u8>, usize)> {
    let start = text.find(|c: char| c.is_alphanumeric())?;
    let mut best = None;
    let mut words = 0;
    let mut at = start;
    while words < 4 {
        let rest = &text[at..];
        let word = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ':' | '@' | '='))
            .unwrap_or(rest.len());
        if word == 0 {
            break;
        }
        let end = at + word;
        words += 1;
        if let Some((label, number)) = labels::label(&text[start..end]) {
            let mut value = text[end..].trim_start();
            // "at", "@" and the like between label and number; a bracket may explain the label.
            if value.starts_with('(')
                && let Some((_, behind)) = value.split_once(')')
            {
                value = behind.trim_start();
            }
            value = value.trim_start_matches(['@', '=', ':', '：', '→', '–', '—', '-', '~', '≈', ' ']);
            for word in ["at ", "around ", "near ", "between ", "from ", "zone "] {
                value = value.strip_prefix(word).unwrap_or(value).trim_start();
            }
            if value.starts_with(|c: char| c.is_ascii_digit() || "$€£¥".contains(c)) && label != Label::Plan {
                best = Some((label, number, text.len() - value.len()));
            }
        }
        let gap = text[end..].len() - text[end..].trim_start().len();
        if gap == 0 {
            break;
        }
        at = end + gap;
    }
    best
}

/// A line of label and number without a colon: `SL 1.1145`, `Valid for 12 candles`; in a list, or with next to nothing else.
fn bare(text: &str, is_item: bool) -> Vec<(Label, Option<u8>, String)> {
    if let Some(found) = side_first(text) {
        return found;
    }
    let Some((label, number, skip)) = leading_label(text) else {
        return Vec::new();
    };
    let value = &text[skip..];
    let words = labels::plain(value)
        .split(' ')
        .filter(|w| w.chars().any(char::is_alphabetic))
        .count();
    let enough = if is_item { 10 } else { 4 };
    // In a line of several fields each brings a word.
    let fields = parts(label, number, value);
    if words <= enough + 2 * (fields.len() - 1) {
        fields
    } else {
        Vec::new()
    }
}

/// `Bias bullish`, `Напрямок — шорт`: a side behind its label, and nothing else; or `SHORT 1.1238, SL 1.1262, TP 1.1205`: a side
/// before a price, where stop or target follow.
fn side_first(text: &str) -> Option<Vec<(Label, Option<u8>, String)>> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (first, rest) = text.split_once([' ', '\u{a0}'])?;
    // No label nor side is longer, and most words of a sentence are not the first.
    if first.len() > 40 {
        return None;
    }
    let value = rest.trim_start_matches([' ', '–', '—', '-', '→', '@']);
    if let Some((label @ Label::Side { .. }, _)) = labels::label(first) {
        let only = labels::plain(value).split(' ').count() <= 2;
        return (only && labels::side(value).is_some()).then(|| vec![(label, None, clipped(value))]);
    }
    if !value.starts_with(|c: char| c.is_ascii_digit() || "$€£¥".contains(c)) {
        return None;
    }
    let side = labels::side(first).filter(|s| *s != Side::None && !labels::plain(first).contains(' '))?;
    let entry = Label::Entry {
        side: Some(side),
        order: None,
    };
    let fields = parts(entry, None, value);
    let follows = |label: &Label| matches!(label, Label::Stop { .. } | Label::Targets);
    fields[1..].iter().any(|(l, ..)| follows(l)).then_some(fields)
}

/// Takes a line below a label that waits for its value; says whether more may follow.
fn take_below(open: &mut Waiting, line: &Line<'_>, events: &mut Vec<Event>) -> bool {
    let text = line.text.as_str();
    if line.heading > 0 {
        return false;
    }
    let mut value = text;
    if let Some((name, rest)) = text.split_once([':', '：']) {
        let name = labels::plain(name);
        let first = name.split(' ').next().unwrap_or_default();
        let is_part = match open.label {
            Label::Targets => {
                is_ordinal(first)
                    || ["conservative", "aggressive", "runner", "extended", "minimum", "partial"].contains(&first)
            }
            Label::Entry { .. } | Label::Stop { .. } => {
                ["zone", "price", "level", "area", "range", "limit"].contains(&name.as_str())
            }
            _ => false,
        };
        if name == "type" && matches!(open.label, Label::Entry { .. }) {
            events.push(Event::Field(Label::Order, None, clipped(rest)));
            return true;
        }
        let timed = name.ends_with(|c: char| c.is_ascii_digit());
        if !is_part && !timed {
            // Something else about it: a reason, a trigger.
            return line.is_item && line.indent > open.indent;
        }
        if is_part {
            value = rest.trim();
        }
    }
    let lead = value.trim_start_matches(|c: char| !c.is_alphanumeric());
    let lead = ["at ", "around ", "between ", "from ", "near "]
        .iter()
        .find_map(|w| lead.strip_prefix(w))
        .unwrap_or(lead);
    let is_side = matches!(open.label, Label::Side { .. });
    let is_order = matches!(open.label, Label::Order) && labels::order_named(lead).0.is_some();
    let says = lead.starts_with(|c: char| c.is_numeric()) || is_side && labels::side(lead).is_some() || is_order;
    if !says {
        return line.is_item && line.indent > open.indent;
    }
    open.taken += 1;
    let number = match open.label {
        Label::Targets if open.number.is_none() || open.taken > 1 => u8::try_from(open.taken).ok(),
        _ => open.number,
    };
    events.push(Event::Field(open.label, number, clipped(value)));
    // A list of targets, or prices below one another.
    let bare = labels::plain(value)
        .split(' ')
        .all(|w| w.chars().all(|c| c.is_ascii_digit()) || w.len() <= 3);
    open.label == Label::Targets && (line.is_item || bare)
}

fn is_ordinal(word: &str) -> bool {
    [
        "first", "second", "third", "fourth", "final", "1st", "2nd", "3rd", "1", "2", "3", "4", "tp1", "tp2", "tp3",
        "primary", "main",
    ]
    .contains(&word)
}
