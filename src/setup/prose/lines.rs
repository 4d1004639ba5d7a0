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
//! [`super::prices`] then finds the prices in a value, and [`super::drafts`] joins the fields into setups.

use super::headline::{headline, side_after_label};
use super::heads::{After, Head, heads, inner_heads};
use super::labels::{self, Label, field_label, plain, plain_all};
use super::lex::{Kind, lex};
use super::markup::Line;
use super::sides;
use super::tables::{one_side, rows_to_events};
use super::words::{Kind as Word, is};
use crate::setup::{Order, Scale, Side};

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

pub(super) fn field((label, number): (Label, Option<u8>), value: &str) -> Event {
    Event::Field(Field {
        label,
        number,
        value: value.trim().chars().take(LONGEST_VALUE).collect(),
    })
}

/// The fields of a line by its labels. A label for a whole plan holds a line of its own.
pub(super) fn fields(text: &str, heads: &[Head], scale: Option<Scale>) -> Vec<Event> {
    let ends = heads.iter().skip(1).map(|h| h.start).chain([text.len()]);
    let mut events = Vec::new();
    for (head, end) in heads.iter().zip(ends) {
        let value = trimmed(text.get(head.value..end).unwrap_or_default());
        match head.label {
            None => {}
            Some((Label::Plan, _)) => {
                let tokens = lex(value, scale);
                let of_side = || {
                    sides::side(value).map(|side| {
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
pub(super) fn trimmed(value: &str) -> &str {
    let value = value.trim_end_matches(|c: char| c.is_whitespace() || ",;|·•/—–-".contains(c));
    // `: - **Stop price**: …`
    value.trim_start().trim_start_matches("- ").trim()
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
        Label::Side { .. } => sides::side(value).is_some(),
        Label::Order => sides::order_named(value).0.is_some(),
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
