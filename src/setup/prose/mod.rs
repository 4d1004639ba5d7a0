//! Setups in labelled lines, for answers without a block. Nothing is guessed: a field that is not stated on a line of its own is
//! missing, and a number in running text is never a price.
//!
//! The way of an answer: [`characters`] (one spelling for each) → [`lines`] (labels and their values; how a line is read is
//! described there) → [`prices`] and
//! [`measures`] (what a value states) → [`drafts`] (fields joined into setups). [`labels`] and [`words`]
//! know the languages, [`no_trade`] the ways to say that there is none.

mod characters;
mod drafts;
mod headline;
mod heads;
mod labels;
mod lex;
mod lines;
mod markup;
mod measures;
mod no_trade;
mod numbers;
mod prices;
mod sides;
mod tables;
mod words;

use super::read::without_quotes;
use super::{Scale, Setup, Side, Zone};

/// The one price that a text of a few words states.
pub(super) fn price(text: &str, scale: Option<Scale>) -> Option<f64> {
    prices::single(&characters::usual(text), scale).value
}

/// The price or zone that a text of a few words states.
pub(super) fn zone(text: &str, scale: Option<Scale>) -> Option<Zone> {
    prices::zone(&characters::usual(text), scale).value
}

/// The prices that a text of a few words states, and those that cannot be read.
pub(super) fn list(text: &str, scale: Option<Scale>) -> (Vec<f64>, Vec<String>) {
    let read = prices::list(&characters::usual(text), scale);
    (read.value, read.unread)
}

/// The ratio of reward to risk that a text of a few words states.
pub(super) fn ratio(text: &str) -> Option<f64> {
    measures::ratio(&characters::usual(text))
}

/// The setups that labelled lines of `text` propose, the primary one first; a stated "no trade" is one of side none.
/// `scale` is that of the candles. In a text that is not `whole` the last number may be half a number: it is left out.
pub(super) fn read(text: &str, scale: Option<Scale>, whole: bool) -> Vec<Setup> {
    let text = if whole { text } else { without_torn_number(text) };
    let text = characters::usual(text);
    let setups = drafts::join(lines::events(&text, scale), scale);
    // "No trade. What would change my mind: …"
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    if first.len() <= LONGEST_REFUSAL && no_trade::is_stated(first) && setups.iter().all(|s| !s.is_trade()) {
        return vec![Setup {
            side: Some(Side::None),
            ..Setup::default()
        }];
    }
    let is_proposed = |s: &Setup| s.entry.is_some() || s.is_trade() || s.stop.is_some();
    if setups.iter().any(is_proposed) {
        return setups;
    }
    let labelled = setups.first().cloned();
    if labelled.is_none() && !no_trade::is_stated(&without_quotes(&text)) {
        return Vec::new();
    }
    vec![Setup {
        side: Some(Side::None),
        confidence: labelled.and_then(|s| s.confidence),
        ..Setup::default()
    }]
}

/// A first line that refuses says so in few words.
const LONGEST_REFUSAL: usize = 60;

/// `text` without a number at its very end.
fn without_torn_number(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\''))
}
