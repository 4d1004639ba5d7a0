//! The rows of a table as fields: labels in its head with values below, or a label first in each row.

use super::labels::{Label, field_label, plain, plain_all};
use super::lines::{Event, field};
use super::sides;
use super::words::{Kind as Word, is};
use crate::setup::{Scale, Side, number};

pub(super) fn rows_to_events(rows: &[Vec<String>], scale: Option<Scale>, events: &mut Vec<Event>) {
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
        || matches!(sides::side(text), Some(Side::Long | Side::Short))
}

/// The one side that words name anywhere.
pub(super) fn one_side(text: &str) -> Option<Side> {
    let plain = plain_all(text);
    let mut sides = plain.split(' ').filter_map(sides::side).filter(|s| *s != Side::None);
    let first = sides.next()?;
    sides.all(|s| s == first).then_some(first)
}
