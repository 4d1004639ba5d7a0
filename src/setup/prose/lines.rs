//! An answer as labelled lines.
//!
//! How a line is read:
//!
//! 1. Its marks are taken off: list item, heading, emphasis ([`Line`]).
//! 2. It is split into words, numbers and marks ([`super::lex`]).
//! 3. Labels are looked up at word starts, never inside a number or a bracket ([`heads`]). A label needs a colon, or a number
//!    right after it. The text up to the next label is its value.
//! 4. A line that begins with something else is running text. It yields a field only if a label with a colon follows a comma
//!    or bar (`Pair: EURUSD, Entry: 1.12`), or if it is a headline: a side, a market and nothing else.
//! 5. A label without a value takes the lines below it. Table rows are fields too.
//!
//! [`super::amounts`] then finds the prices in a value, and [`super::drafts`] joins the fields into setups.

use super::labels::{self, Label, plain, plain_all};
use super::lex::{Kind, Token, lex};
use super::words::{self, Kind as Word, is};
use crate::setup::{Order, Scale, Side, number};

/// A label with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub label: Label,
    /// 2 for `TP2`.
    pub number: Option<u8>,
    pub value: String,
}

/// What a line says about a plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Field(Field),
    /// `GBPUSD SELL 1.2710`: counts only where the plan below it is labelled.
    Headline {
        side: Side,
        order: Option<Order>,
        entry: Option<String>,
    },
    /// What became of the trade is stated: it is over.
    Over,
    /// A setup of its own begins: "Setup B", a further row or column of a table, with the side its heading names.
    Setup(Option<Side>),
}

/// Longer values are prose.
const LONGEST_VALUE: usize = 400;
/// The level of a heading that is a line with a colon at its end.
const LOWEST_HEADING: usize = 8;
/// Longer lines hold neither labels nor table rows.
const LONGEST_LINE: usize = 4_000;

/// A line without its marks.
struct Line {
    text: String,
    is_item: bool,
    /// 1 to 6 for `#` to `######`, 7 for a line in bold, 0 for others.
    heading: usize,
    /// The text in bold at the beginning, where there is some.
    bold: Option<String>,
    indent: usize,
    /// `> …`: someone else's words, unless a heading of this answer's names them a setup.
    is_quoted: bool,
    /// The cells, if it is a row of a table.
    cells: Option<Vec<String>>,
}

/// A label that waits for its value on the lines below.
struct Waiting {
    label: Label,
    number: Option<u8>,
    indent: usize,
    /// Values taken so far.
    taken: u8,
}

/// What the lines of `text` say, in their order.
pub(super) fn events(text: &str, scale: Option<Scale>) -> Vec<Event> {
    let mut reader = Reader {
        scale,
        events: Vec::new(),
        waiting: None,
        table: Vec::new(),
        skipped: None,
        owns_quotes: false,
    };
    for raw in text.lines().filter(|l| l.len() <= LONGEST_LINE) {
        reader.line(Line::of(raw));
    }
    reader.end_table();
    reader.events
}

struct Reader {
    scale: Option<Scale>,
    events: Vec<Event>,
    waiting: Option<Waiting>,
    table: Vec<Vec<String>>,
    /// The level of a heading about trades that are over; what is below it is skipped.
    skipped: Option<usize>,
    /// Whether quoted lines are this answer's own: "Scenario A" is above them.
    owns_quotes: bool,
}

impl Reader {
    fn line(&mut self, line: Line) {
        if line.is_quoted {
            if !self.owns_quotes {
                self.waiting = None;
                return;
            }
        } else if !line.text.is_empty() {
            self.owns_quotes = names_one_of_several(&line);
        }
        if let Some(cells) = line.cells {
            self.waiting = None;
            self.table.push(cells);
            return;
        }
        self.end_table();
        let level = match line.heading {
            0 if is_title(&line) => LOWEST_HEADING,
            level => level,
        };
        if level > 0 {
            self.skipped = self.skipped.filter(|from| level > *from);
            if self.skipped.is_none() && is_of_the_past(&line.text) {
                self.skipped = Some(level);
            }
        }
        if self.skipped.is_some() || line.text.is_empty() || is_json(&line.text) {
            return;
        }
        if let Some(side) = setup_heading(&line) {
            self.waiting = None;
            self.events.push(Event::Setup(side));
            return;
        }
        let said = match &self.waiting {
            // Below "Order type" a line "Stop" is no label.
            Some(Waiting {
                label: Label::Order | Label::Side { .. },
                ..
            }) if !line.text.contains(':') => Vec::new(),
            _ => said(&line, self.scale),
        };
        if said.is_empty() {
            let goes_on = match &mut self.waiting {
                Some(open) => take_below(open, &line, self.scale, &mut self.events),
                None => false,
            };
            if !goes_on {
                self.waiting = None;
            }
            return;
        }
        self.waiting = None;
        for event in said {
            self.waiting = match &event {
                Event::Field(Field { label, number, value }) if value.is_empty() => Some(Waiting {
                    label: *label,
                    number: *number,
                    indent: line.indent,
                    taken: 0,
                }),
                _ => None,
            };
            if self.waiting.is_none() {
                self.events.push(event);
            }
        }
    }

    fn end_table(&mut self) {
        let rows = std::mem::take(&mut self.table);
        if self.skipped.is_none() {
            rows_to_events(&rows, self.scale, &mut self.events);
        }
    }
}

impl Line {
    fn of(raw: &str) -> Self {
        let mut rest = raw.trim_end();
        let mut indent = 0;
        let mut is_item = false;
        let mut heading = 0;
        let mut is_quoted = false;
        loop {
            let trimmed = rest.trim_start();
            indent += rest.len() - trimmed.len();
            rest = trimmed;
            let hashes = rest.len() - rest.trim_start_matches('#').len();
            if hashes > 0 && rest[hashes..].starts_with(' ') && heading == 0 {
                heading = hashes;
                rest = &rest[hashes..];
            } else if let Some(quoted) = rest.strip_prefix('>') {
                is_quoted = true;
                rest = quoted;
            } else if let Some(behind) = item(rest) {
                is_item = true;
                rest = behind;
            } else {
                break;
            }
        }
        let rest = without_strikes(rest);
        let rest = as_labelled(&rest).unwrap_or(rest);
        let cells = cells(&rest);
        let bold = leading_bold(&rest);
        let text = without_emphasis(&rest);
        let named = text.trim_end_matches([':', '.']);
        let decimal = named.contains('.') && named.contains(|c: char| c.is_ascii_digit());
        if heading == 0 && !decimal && bold.as_deref().is_some_and(|b| b.trim_end_matches([':', '.']) == named) {
            heading = 7;
        }
        Self {
            text,
            is_item,
            heading,
            bold,
            indent,
            is_quoted,
            cells,
        }
    }
}

/// The line after its list marker.
fn item(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    let rest = &text[first.len_utf8()..];
    if ('①'..='⑨').contains(&first) {
        return Some(rest);
    }
    if "-*+•·◦▪▫‣–—►▶→✓✔✅☑●○■□➤➜".contains(first) {
        // `**bold**` and `---` are no items.
        return rest.starts_with([' ', '\t']).then_some(rest);
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &text[digits..];
    if (1..=2).contains(&digits) && rest.starts_with(['.', ')']) {
        // `5.Risk-to-reward` has lost its blank; `5.120` is a number.
        return (!rest[1..].starts_with(|c: char| c.is_ascii_digit())).then_some(&rest[1..]);
    }
    // `a) `, `(1) `.
    let bracket = text.strip_prefix('(').unwrap_or(text);
    let (mark, rest) = bracket.split_once(')')?;
    (mark.chars().count() == 1 && mark.chars().all(char::is_alphanumeric) && rest.starts_with(' ')).then_some(rest)
}

/// `Entry | 2345`, `Entry⇥2345`: a bar or tab in the place of a colon.
fn as_labelled(text: &str) -> Option<String> {
    let (name, value) = ['|', '\t'].iter().find_map(|mark| text.split_once(*mark))?;
    let labelled = !value.contains(['|', '\t']) && !name.contains(':') && field_label(name).is_some();
    labelled.then(|| format!("{name}: {value}"))
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

/// Takes emphasis, code marks and tags off; a line break within a cell is a comma.
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
fn cells(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if !text.starts_with('|') || text.len() < 3 {
        return None;
    }
    let inner = text.strip_prefix('|').unwrap_or(text);
    let inner = inner.strip_suffix('|').unwrap_or(inner).replace("\\|", "/");
    Some(inner.split('|').map(|cell| without_emphasis(cell.trim())).collect())
}

/// A label that names a field, not a plan as a whole.
fn field_label(text: &str) -> Option<(Label, Option<u8>)> {
    labels::label(text).filter(|(label, _)| *label != Label::Plan)
}

fn field((label, number): (Label, Option<u8>), value: &str) -> Event {
    Event::Field(Field {
        label,
        number,
        value: value.trim().chars().take(LONGEST_VALUE).collect(),
    })
}

fn rows_to_events(rows: &[Vec<String>], scale: Option<Scale>, events: &mut Vec<Event>) {
    let is_rule = |row: &[String]| {
        row.iter()
            .all(|c| !c.is_empty() && c.chars().all(|c| "-: =".contains(c)))
    };
    let rows: Vec<&Vec<String>> = rows.iter().filter(|row| !is_rule(row)).collect();
    let Some(head) = rows.first() else { return };
    let starts_with_label = |row: &&&Vec<String>| row.first().is_some_and(|c| field_label(c).is_some());
    let down = rows.iter().skip(1).filter(starts_with_label).count();
    let across = head.iter().filter(|c| field_label(c).is_some()).count();
    // "Buy stop" in the first cell of a row is what is under "Order", not a label, where the head names the fields.
    let is_entry =
        |c: &&String| field_label(c).is_some_and(|(label, _)| label.is_entry() || matches!(label, Label::Stop { .. }));
    // "Trader, bias, target": opinions, not plans.
    if across >= 2 && rows.len() > 2 && !head.iter().any(|c| is_entry(&c)) && down == 0 {
        return;
    }
    if head.iter().any(|c| is(Word::Over, &plain(c)) || plain(c) == "exit") {
        return;
    }
    if across >= 2 && across > down {
        for (at, row) in rows
            .iter()
            .skip(1)
            .filter(|row| row.iter().any(|c| !c.is_empty()))
            .enumerate()
        {
            if at > 0 {
                events.push(Event::Setup(None));
            }
            let named = head.iter().zip(row.iter()).filter(|(_, cell)| !cell.is_empty());
            events.extend(named.filter_map(|(label, cell)| Some(field(field_label(label)?, cell))));
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
            let cell = row.get(column).filter(|c| !c.is_empty());
            if let (Some(label), Some(cell)) = (row.first().and_then(|c| field_label(c)), cell) {
                // Two prices of one label in cells of their own.
                let more = row
                    .iter()
                    .skip(2)
                    .filter(|c| columns == 1 && label.0.has_price() && is_price(c, scale));
                let all: Vec<&str> = std::iter::once(cell.as_str()).chain(more.map(String::as_str)).collect();
                events.push(field(label, &all.join(" | ")));
            }
        }
    }
}

/// Whether a cell holds a price of these candles and nothing else.
fn is_price(text: &str, scale: Option<Scale>) -> bool {
    number::price(text, scale).is_some_and(|price| scale.is_some_and(|s| s.holds(price)))
}

fn is_setup_name(text: &str) -> bool {
    let plain = plain_all(text);
    plain.len() == 1 && plain.is_ascii()
        || plain.split(' ').any(|w| is(Word::Setup, w))
        || matches!(labels::side(text), Some(Side::Long | Side::Short))
}

/// The one side that words name anywhere.
fn one_side(text: &str) -> Option<Side> {
    let plain = plain_all(text);
    let mut sides = plain.split(' ').filter_map(labels::side).filter(|s| *s != Side::None);
    let first = sides.next()?;
    sides.all(|s| s == first).then_some(first)
}

/// Whether the line is the heading of one setup among several, and the side it names.
fn setup_heading(line: &Line) -> Option<Option<Side>> {
    let heading = line.heading > 0 || line.text.chars().count() <= 60 && line.text.ends_with(':');
    if !heading || field_label(line.text.trim_end_matches(':')).is_some() {
        return None;
    }
    let plain = plain_all(&line.text);
    let words: Vec<&str> = plain.split(' ').collect();
    // The first words say what it is: "Setup B – breakout", "2. Alternative", "Short scenario".
    let named = words.iter().take(3).any(|w| is(Word::Setup, w));
    let marked = line
        .text
        .get(1..)
        .is_some_and(|rest| rest.trim_start().starts_with([')', '.', ':', '-', '–', '—']));
    let lettered = words.first().is_some_and(|w| matches!(*w, "a" | "b" | "c")) && words.len() > 1 && marked;
    (named || lettered).then(|| one_side(&line.text))
}

/// Whether a line is a heading such as "Scenario A" or "Setup 2".
fn names_one_of_several(line: &Line) -> bool {
    let plain = plain_all(&line.text);
    let words: Vec<&str> = plain.split(' ').take(4).collect();
    setup_heading(line).is_some()
        && words
            .windows(2)
            .any(|pair| is(Word::Setup, pair[0]) && pair[1].chars().count() == 1)
}

/// Whether a heading is about trades that are over.
fn is_of_the_past(text: &str) -> bool {
    let plain = plain_all(text);
    let words: Vec<&str> = plain.split(' ').collect();
    let any = |kind| words.iter().any(|w| is(kind, w));
    words.len() <= 8 && any(Word::Past) && any(Word::PastTrade)
}

/// Whether a line without a mark of its own is a heading all the same: one of several setups, "Final:", "Trade recap".
fn is_title(line: &Line) -> bool {
    let named = line
        .text
        .strip_suffix(':')
        .is_some_and(|name| plain_all(name).split(' ').count() <= 3 && field_label(name).is_none());
    named || setup_heading(line).is_some() || is_title_of_the_past(line)
}

/// Whether a line of few words and no figures is about trades that are over: "Trade recap".
fn is_title_of_the_past(line: &Line) -> bool {
    let short = plain_all(&line.text).split(' ').count() <= 4 && !line.text.trim_end_matches(':').contains(':');
    short && !line.text.contains(|c: char| c.is_ascii_digit()) && is_of_the_past(&line.text)
}

/// Whether a line is a piece of JSON, which the block reader reads or refuses as a whole.
fn is_json(text: &str) -> bool {
    let key = |rest: &str| {
        rest.split_once('"')
            .is_some_and(|(_, behind)| behind.trim_start().starts_with(':'))
    };
    text.starts_with(['{', '}']) || text.starts_with("[{") || text.strip_prefix('"').is_some_and(key)
}

/// What one line says; the value of a field may be empty, to come below.
fn said(line: &Line, scale: Option<Scale>) -> Vec<Event> {
    let text = line.text.as_str();
    let tokens = lex(text, scale);
    let whole = text.trim_matches(|c: char| !c.is_alphanumeric());
    let alone = || field_label(whole).filter(|(label, _)| line.heading > 0 || label.has_price());
    if let Some(bold) = &line.bold
        && let Some(label) = field_label(bold)
        && let Some((_, rest)) = text.split_once(bold.as_str())
        && !rest.trim_start().starts_with(':')
        && !bold.ends_with(':')
    {
        let value = rest.trim_start_matches(|c: char| c.is_whitespace() || "-–—=→@".contains(c));
        if !value.is_empty() {
            return values(label, value, scale);
        }
    }
    // `Entry – 1.1170`: an item's label and value with a dash between them.
    if line.is_item
        && !text.contains(':')
        && let Some((name, value)) = [" — ", " – ", " - "].iter().find_map(|dash| text.split_once(dash))
        && let Some(label) = field_label(name)
    {
        return values(label, value, scale);
    }
    if is_over(text) {
        return vec![Event::Over];
    }
    let heads = heads(text, &tokens, line.is_item);
    if !heads.is_empty() {
        return fields(text, &heads, scale);
    }
    if let Some(label) = alone() {
        return vec![field(label, "")];
    }
    if let Some(events) = one_of_several(line, scale) {
        return events;
    }
    side_after_label(text)
        .or_else(|| headline(text, &tokens, scale))
        .unwrap_or_default()
}

/// `Option 1: buy limit 2340, SL 2333, TP 2360`: the name of one setup with all of it in its line.
fn one_of_several(line: &Line, scale: Option<Scale>) -> Option<Vec<Event>> {
    let (name, rest) = line.text.split_once(':')?;
    let plain = plain_all(name);
    let named = plain.split(' ').count() <= 3 && plain.split(' ').any(|w| is(Word::Setup, w)) && !is_of_the_past(name);
    let inner = Line {
        text: rest.trim().to_owned(),
        is_item: true,
        heading: 0,
        bold: None,
        indent: 0,
        is_quoted: false,
        cells: None,
    };
    let mut events = if named { said(&inner, scale) } else { Vec::new() };
    let levels = events
        .iter()
        .any(|e| matches!(e, Event::Field(f) if f.label.has_price()));
    events.insert(0, Event::Setup(None));
    levels.then_some(events)
}

/// Whether a line states what became of a trade: `P&L: +20`.
fn is_over(text: &str) -> bool {
    let name = text.split_once(':').map(|(name, _)| plain(name));
    name.is_some_and(|name| is(Word::Over, &name))
}

/// The value of a label, with the further fields that stand in it.
fn values(label: (Label, Option<u8>), value: &str, scale: Option<Scale>) -> Vec<Event> {
    let tokens = lex(value, scale);
    let inner = inner_heads(value, &tokens, 0, After::Label);
    let end = inner.first().map_or(value.len(), |h| h.start);
    let mut events = vec![field(label, trimmed(&value[..end]))];
    events.extend(fields(value, &inner, scale));
    events
}

/// A label at its place in a line.
#[derive(Debug, Clone, Copy)]
struct Head {
    start: usize,
    /// Where its value begins.
    value: usize,
    /// What it names; nothing of a plan where it is `None`, which ends the value before it.
    label: Option<(Label, Option<u8>)>,
}

/// The labels of a line that begins with one, or whose further ones have colons of their own.
fn heads(text: &str, tokens: &[Token], is_item: bool) -> Vec<Head> {
    let Some(first) = tokens
        .iter()
        .position(|t| t.kind == Kind::Word || t.kind == Kind::Number)
    else {
        return Vec::new();
    };
    let colon = label_colon(text, tokens, first);
    if let Some(colon) = colon {
        let name = &text[tokens[first].start..tokens[colon].start];
        let value = tokens[colon].end;
        if let Some(label) = labels::label(name) {
            let mut heads = vec![Head {
                start: tokens[first].start,
                value,
                label: Some(label),
            }];
            heads.extend(inner_heads(text, tokens, colon + 1, After::Label));
            return heads;
        }
    }
    let Some((head, explicit)) = head_at(text, tokens, first) else {
        // Something else begins the line: only what follows a comma or bar, with a colon, is a field.
        return match colon {
            Some(colon) => inner_heads(text, tokens, colon + 1, After::Other),
            None => Vec::new(),
        };
    };
    let mut heads = vec![head];
    let next = tokens
        .iter()
        .position(|t| t.start >= head.value)
        .unwrap_or(tokens.len());
    heads.extend(inner_heads(text, tokens, next, After::Label));
    if explicit || is_terse(text, &heads, is_item) {
        heads
    } else {
        Vec::new()
    }
}

/// Whether a line of labels without colons has few words beside them; otherwise it is a sentence.
fn is_terse(text: &str, heads: &[Head], is_item: bool) -> bool {
    let ends = heads.iter().skip(1).map(|h| h.start).chain([text.len()]);
    let words: usize = heads
        .iter()
        .zip(ends)
        .map(|(head, end)| {
            let plain = plain(text.get(head.value..end).unwrap_or_default());
            plain.split(' ').filter(|w| w.contains(char::is_alphabetic)).count()
        })
        .sum();
    words <= if is_item { 10 } else { 4 } + 2 * (heads.len() - 1)
}

/// The token of the colon that ends the name at the beginning of a line.
fn label_colon(text: &str, tokens: &[Token], first: usize) -> Option<usize> {
    (first..tokens.len()).find(|at| is_label_colon(text, tokens, *at))
}

/// Whether a token is a colon, or an equals sign, that ends a label: outside brackets, not that of `risk:reward`.
fn is_label_colon(text: &str, tokens: &[Token], at: usize) -> bool {
    let named = at
        .checked_sub(1)
        .is_some_and(|before| tokens[before].kind == Kind::Word);
    let ends = tokens[at].is_mark(":") || tokens[at].is_mark("=") && named && !text[tokens[at].end..].starts_with('>');
    ends && tokens[at].depth == 0 && !is_ratio_colon(text, tokens, at)
}

/// The colon of `R:R` and `Riesgo:beneficio`.
fn is_ratio_colon(text: &str, tokens: &[Token], at: usize) -> bool {
    let word = |at: Option<usize>| {
        let token = at.and_then(|at| tokens.get(at)).filter(|t| t.kind == Kind::Word)?;
        Some(text[token.start..token.end].to_lowercase())
    };
    let (Some(before), Some(after)) = (word(at.checked_sub(1)), word(Some(at + 1))) else {
        return false;
    };
    let is_one = |word: &str| word == "r" || is(Word::Risk, word) || is(Word::Reward, word);
    is_one(&before) && is_one(&after)
}

/// What is before further labels in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// A label, whose value comes first.
    Label,
    Headline,
    /// The name of something else.
    Other,
}

/// The labels from token `from` on. After the name of something else they need a colon, and a comma or bar before them.
fn inner_heads(text: &str, tokens: &[Token], from: usize, after: After) -> Vec<Head> {
    let mut heads: Vec<Head> = Vec::new();
    let mut at = from;
    // The tokens of the open value that are words since its last number or mark.
    let mut clause = from;
    while at < tokens.len() {
        let token = tokens[at];
        if token.depth > 0 || token.kind != Kind::Word {
            let is_colon =
                token.is_mark(":") && is_label_colon(text, tokens, at) && clause < at && is_name(tokens, clause, at);
            if is_colon {
                // `Bid: 81.162`: the name of something else ends the value before it.
                let start = if clause == from && heads.is_empty() {
                    at - 1
                } else {
                    clause
                };
                heads.push(Head {
                    start: tokens[start].start,
                    value: token.end,
                    label: None,
                });
            }
            at += 1;
            clause = at;
            continue;
        }
        let before = at.checked_sub(1).filter(|b| *b >= from).map(|b| tokens[b]);
        let found = head_at(text, tokens, at).filter(|(_, explicit)| {
            let parted = match before {
                // `Stop: entry - 7`: what a level is measured from is no label.
                None => after == After::Headline || after == After::Label && *explicit,
                Some(b) if b.kind == Kind::Word => *explicit && is_end_of_value(text, tokens, clause, at),
                Some(b) => after != After::Other || !heads.is_empty() || b.is_mark(",;|·•)]") || is_dash(text, b),
            };
            parted && (after != After::Other || *explicit)
        });
        match found {
            Some((head, _)) => {
                heads.push(head);
                at = tokens
                    .iter()
                    .position(|t| t.start >= head.value)
                    .unwrap_or(tokens.len());
                clause = at;
            }
            None => at += 1,
        }
    }
    heads
}

/// A dash with blanks around it.
fn is_dash(text: &str, token: Token) -> bool {
    token.is_mark("-–—") && text[..token.start].ends_with(' ') && text[token.end..].starts_with(' ')
}

/// Whether tokens are words only.
fn is_name(tokens: &[Token], from: usize, to: usize) -> bool {
    tokens[from..to].iter().all(|t| t.kind == Kind::Word)
}

/// Whether the words before a label can end the value before it (`buy at market SL: …`); those of `distance to SL: …` cannot.
fn is_end_of_value(text: &str, tokens: &[Token], clause: usize, at: usize) -> bool {
    let words = tokens[clause..at].iter().map(|t| &text[t.start..t.end]);
    words.into_iter().all(|word| {
        let lower = word.to_lowercase();
        let listed = words::kinds(&lower);
        let of_value = [
            Word::Long,
            Word::Short,
            Word::Limit,
            Word::Market,
            Word::StopOrder,
            Word::Currency,
            Word::Distance,
            Word::SmallDistance,
            Word::Candle,
            Word::Headline,
        ];
        of_value.iter().any(|kind| listed.has(*kind)) || is_symbol(word)
    })
}

/// The label that begins at token `at`, the longest that has a colon or a number after it, and whether it has the colon.
fn head_at(text: &str, tokens: &[Token], at: usize) -> Option<(Head, bool)> {
    let start = tokens[at].start;
    let mut best = None;
    let mut words = 0;
    let mut next = at;
    while next < tokens.len() && words < 6 {
        let token = tokens[next];
        let is_part = match token.kind {
            Kind::Word => true,
            // `TP 1`
            Kind::Number => words > 0 && token.end - token.start == 1,
            Kind::Mark(_) => is_inner_mark(text, tokens, next),
        };
        if !is_part {
            break;
        }
        next += 1;
        if matches!(token.kind, Kind::Mark(_)) {
            continue;
        }
        words += 1;
        if let Some(label) = field_label(&text[start..token.end])
            && let Some((value, explicit)) = value_start(text, tokens, next)
            && (explicit || !is_numbered(text, tokens, start, next))
        {
            let head = Head {
                start,
                value,
                label: Some(label),
            };
            best = Some((head, explicit));
        }
    }
    // A digit alone is a number, not "the fifth target".
    best.filter(|_| tokens[at].kind == Kind::Word)
}

/// Whether the number after a label is part of it: the 1 of `TP 1`.
fn is_numbered(text: &str, tokens: &[Token], start: usize, next: usize) -> bool {
    let digit = tokens
        .get(next)
        .filter(|t| t.kind == Kind::Number && t.end - t.start == 1);
    digit.is_some_and(|t| field_label(&text[start..t.end]).is_some())
}

/// A mark inside a label: `Stop-Loss`, `T.P`, `Reward / Risk`, `R:R`.
fn is_inner_mark(text: &str, tokens: &[Token], at: usize) -> bool {
    let token = tokens[at];
    let attached = |marks: &str| {
        let before = text[..token.start].ends_with(char::is_alphanumeric);
        token.is_mark(marks) && before && text[token.end..].starts_with(char::is_alphanumeric)
    };
    attached("-.'’&/_") || token.is_mark("/&") || token.is_mark(":") && is_ratio_colon(text, tokens, at)
}

/// Where the value of a label begins that ends before token `at`, and whether a colon says so; otherwise a number has to.
fn value_start(text: &str, tokens: &[Token], at: usize) -> Option<(usize, bool)> {
    let mut at = at;
    let mut explicit = false;
    let mut filler = 0;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            _ if token.depth > 0 || token.is_mark(")]") => {
                // A bracket explains the label; `[64200, 64500]` after a colon is the value.
                if explicit {
                    break;
                }
            }
            Kind::Mark(_) if is_label_colon(text, tokens, at) => {
                if explicit {
                    break;
                }
                explicit = true;
            }
            // Arithmetic: `entry - 7`, `entry + 15`.
            Kind::Mark('+') => break,
            Kind::Mark(c) if "$€£¥₿₽₺₹₩".contains(c) => break,
            Kind::Mark(c) if ",;|/.%&!?\"".contains(c) => break,
            Kind::Mark(_) => {
                if explicit {
                    break;
                }
            }
            Kind::Number => {
                let glued = text[..token.start].ends_with(|c: char| c.is_alphanumeric() && !labels::is_unspaced(c));
                return (explicit || !glued).then_some((token.start, explicit));
            }
            Kind::Word => {
                let word = text[token.start..token.end].to_lowercase();
                let is_filler = is(Word::Filler, &word) || is(Word::Currency, &word) || word == "us";
                if explicit || !is_filler || filler == 2 {
                    break;
                }
                filler += 1;
            }
        }
        at += 1;
    }
    if explicit {
        return Some((tokens.get(at).map_or(text.len(), |t| t.start), true));
    }
    // `US$64,200`
    let currency = tokens.get(at).filter(|t| t.is_mark("$€£¥₿₽₺₹₩"))?;
    let number = tokens.get(at + 1).filter(|t| t.kind == Kind::Number)?;
    Some((number.start.min(currency.end), false))
}

/// The fields of a line by its labels. A label for a whole plan holds a line of its own.
fn fields(text: &str, heads: &[Head], scale: Option<Scale>) -> Vec<Event> {
    let ends = heads.iter().skip(1).map(|h| h.start).chain([text.len()]);
    let mut events = Vec::new();
    for (head, end) in heads.iter().zip(ends) {
        let value = trimmed(text.get(head.value..end).unwrap_or_default());
        match head.label {
            None => {}
            Some((Label::Plan, _)) => {
                let tokens = lex(value, scale);
                let of_side = || {
                    labels::side(value).map(|side| {
                        vec![Event::Headline {
                            side,
                            order: None,
                            entry: None,
                        }]
                    })
                };
                let inner = self::heads(value, &tokens, true);
                if inner.is_empty() {
                    events.extend(headline(value, &tokens, scale).or_else(of_side).unwrap_or_default());
                } else {
                    events.extend(fields(value, &inner, scale));
                }
            }
            Some(label) => {
                events.push(field(label, value));
                // `Signal: SELL XAUUSD @ 2355`
                if matches!(label, (Label::Side { own: true }, _)) && value.contains(|c: char| c.is_ascii_digit()) {
                    events.extend(headline(value, &lex(value, scale), scale).unwrap_or_default());
                }
            }
        }
    }
    events
}

/// A value without the marks that part it from the next label.
fn trimmed(value: &str) -> &str {
    let value = value.trim_end_matches(|c: char| c.is_whitespace() || ",;|·•/—–-".contains(c));
    // `: - **Stop price**: …`
    value.trim_start().trim_start_matches("- ").trim()
}

/// `Bias bullish`, `Напрямок — шорт`: a side after its label, and nothing else.
fn side_after_label(text: &str) -> Option<Vec<Event>> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (first, rest) = text.split_once(' ')?;
    let value = rest.trim_start_matches(|c: char| c.is_whitespace() || "–—-→@=".contains(c));
    let label = labels::label(first).filter(|(label, _)| matches!(label, Label::Side { .. }))?;
    let only = plain(value).split(' ').count() <= 2;
    (only && labels::side(value).is_some()).then(|| vec![field(label, value)])
}

/// `GBPUSD SELL`, `BUY LIMIT @ 150.70 - 150.66`, `🚀 ЛОНГ BTCUSDT`: one side, a market, and no word of a sentence; labels may
/// follow in the line.
fn headline(text: &str, tokens: &[Token], scale: Option<Scale>) -> Option<Vec<Event>> {
    let (mut long, mut short) = (false, false);
    let mut end = text.len();
    let mut entry = None;
    let mut words = 0;
    let mut fillers = 0;
    for (at, token) in tokens.iter().enumerate() {
        let said = long || short;
        if token.depth == 0
            && token.kind == Kind::Word
            && let Some((
                Head {
                    label: Some((label, _)),
                    ..
                },
                _,
            )) = head_at(text, tokens, at)
        {
            // `XAUUSD sell stop 2340` holds a label that says the side.
            if let Label::Entry { side: Some(of), .. } = label {
                (long, short) = (long || of == Side::Long, short || of == Side::Short);
            } else if !said {
                return None;
            }
            end = token.start;
            break;
        }
        let attached = text[token.end..].starts_with(|c: char| c.is_alphabetic());
        match token.kind {
            // `15M`, `1h`
            Kind::Number if attached => {}
            Kind::Number if said && entry.is_none() => entry = Some(token.start),
            Kind::Number if said => {}
            // `黄金 2345-2347 做多`
            Kind::Number => {
                let price = number::price(&text[token.start..token.end], scale);
                if !price.is_some_and(|p| scale.is_some_and(|s| s.holds(p))) {
                    return None;
                }
                entry = entry.or(Some(token.start));
            }
            Kind::Mark(c) if "?!".contains(c) && entry.is_none() && at + 1 < tokens.len() => return None,
            Kind::Mark(_) => {}
            Kind::Word if entry.is_some() && said => {
                let word = text[token.start..token.end].to_lowercase();
                if !is(Word::Headline, &word) && !is(Word::Currency, &word) && !is(Word::And, &word) && token.depth == 0
                {
                    return None;
                }
            }
            Kind::Word => {
                let word = &text[token.start..token.end];
                let lower = word.to_lowercase();
                let listed = words::kinds(&lower);
                let glued_unit = text[..token.start].ends_with(|c: char| c.is_ascii_digit());
                let (is_long, is_short) = (listed.has(Word::Long), listed.has(Word::Short));
                long |= is_long;
                short |= is_short;
                words += 1;
                fillers += usize::from(listed.has(Word::Filler) && !listed.has(Word::Headline));
                let leverage =
                    word.len() > 1 && lower.starts_with('x') && lower[1..].bytes().all(|b| b.is_ascii_digit());
                // "Stop selling gold"
                let order = listed.has(Word::Limit) || lower == "stop" && said;
                let allowed = is_long
                    || is_short
                    || glued_unit
                    || listed.has(Word::Headline)
                    || listed.has(Word::Filler)
                    || order
                    || leverage
                    || listed.has(Word::Market)
                    || is_symbol(word);
                if !allowed || words > 8 {
                    return None;
                }
            }
        }
    }
    // "En corto", "long at": words around a side that no price follows are a sentence's.
    let is_sentence =
        fillers > 0 && entry.is_none() && end == text.len() || plain_all(text).split(' ').any(|w| is(Word::NotSide, w));
    if long == short || is_sentence {
        return None;
    }
    let side = if long { Side::Long } else { Side::Short };
    let (order, _) = labels::order(&text[..entry.unwrap_or(end).min(end)]);
    let mut events = vec![Event::Headline {
        side,
        order,
        entry: entry
            .filter(|start| *start < end)
            .map(|start| trimmed(&text[start..end]).to_owned()),
    }];
    let from = tokens.iter().position(|t| t.start >= end).unwrap_or(tokens.len());
    events.extend(fields(text, &inner_heads(text, tokens, from, After::Headline), scale));
    Some(events)
}

/// Whether a word names a market: capitals, as in `XAUUSD`, or two currencies.
fn is_symbol(word: &str) -> bool {
    let capitals = word.chars().count() >= 2 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let lower = word.to_lowercase();
    let pair =
        lower.len() == 6 && lower.is_ascii() && is(Word::Currency, &lower[..3]) && is(Word::Currency, &lower[3..]);
    capitals || pair
}

/// Takes a line below a label that waits for its value; says whether more may follow.
fn take_below(open: &mut Waiting, line: &Line, scale: Option<Scale>, events: &mut Vec<Event>) -> bool {
    if line.heading > 0 && line.heading < 7 {
        return false;
    }
    let more = line.is_item && line.indent > open.indent;
    let mut value = line.text.as_str();
    if let Some((name, rest)) = value.split_once(':') {
        let name = plain(name);
        if name == "type" && open.label.is_entry() {
            events.push(field((Label::Order, None), rest));
            return true;
        }
        let first = name.split(' ').next().unwrap_or_default();
        let part_of_targets =
            open.label == Label::Targets && (is(Word::Part, first) || labels::ordinal(first).is_some());
        let is_part =
            part_of_targets || open.label.has_price() && open.label != Label::Targets && is(Word::Zone, &name);
        if is_part {
            value = rest.trim();
        } else if !name.ends_with(|c: char| c.is_ascii_digit()) {
            // Something else about it: a reason, a trigger.
            return more;
        }
    }
    // `1 - 1.1800`: the number of an item.
    let count = (open.taken + 1).to_string();
    if let Some(rest) = value.strip_prefix(count.as_str()) {
        let rest = rest.trim_start_matches([' ', '-', '–', '→', '|', '=', '/', ')']);
        let parted = value.len() - rest.len() > count.len();
        if parted
            && rest
                .trim_start_matches(['$', '€'])
                .starts_with(|c: char| c.is_ascii_digit())
        {
            value = rest;
        }
    }
    let tokens = lex(value, scale);
    let leads = tokens.iter().position(|t| {
        let word = value[t.start..t.end].to_lowercase();
        !(matches!(t.kind, Kind::Mark(_)) || is(Word::Filler, &word))
    });
    let number_leads = leads.is_some_and(|at| tokens[at].kind == Kind::Number);
    let says = match open.label {
        Label::Side { .. } => labels::side(value).is_some(),
        Label::Order => labels::order_named(value).0.is_some(),
        _ => number_leads,
    };
    // After a blank line or another value a sentence that begins with a number is no price.
    let terse = plain(value)
        .split(' ')
        .filter(|w| w.contains(char::is_alphabetic))
        .count()
        <= 4;
    if !says || !(line.is_item || terse || open.taken == 0) {
        return more;
    }
    open.taken = open.taken.saturating_add(1);
    let number = match open.label {
        Label::Targets | Label::Entry { .. } if open.number.is_none() || open.taken > 1 => Some(open.taken),
        _ => open.number,
    };
    events.push(field((open.label, number), value));
    // A list goes on: items, or prices one below the other.
    open.label.has_price() && (line.is_item || terse && open.label == Label::Targets)
}
