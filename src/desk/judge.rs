//! Reading an answer's setup and checking it on the candles it was asked about.

use super::ask::Answer;
use super::prepare::Market;
use crate::setup::{Check, Reading, Status, check, check_bare, read};

/// What an answer proposes, and what the candles say to that.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The setup and its alternatives.
    pub reading: Reading,
    /// The checks; without candles only whether a setup is whole.
    pub checks: Vec<Check>,
    /// Whether the text is whole, as far as can be known.
    pub complete: bool,
}

impl Judged {
    /// Judges a text of which it is known whether it is `whole`.
    pub fn of(text: &str, whole: bool, market: Option<&Market>) -> Self {
        let ground = market.map(Market::ground);
        let reading = read(text, ground.as_ref().and_then(crate::setup::Ground::scale), whole);
        let checks = match &ground {
            Some(ground) => check(&reading, whole, ground),
            // Without candles there is nothing to say of an answer that proposes nothing.
            None if reading.setup.is_some() || reading.cut => check_bare(&reading, whole),
            None => Vec::new(),
        };
        Self {
            complete: whole && !reading.cut,
            reading,
            checks,
        }
    }

    /// Judges an answer.
    pub fn answer(answer: &Answer, market: Option<&Market>) -> Self {
        Self::of(&answer.text, answer.finish.is_complete(), market)
    }

    /// The same with the alternative `at` in the setup's place, checked by itself; `None` where there is none.
    pub fn alternative(&self, at: usize, market: Option<&Market>) -> Option<Self> {
        let mut reading = self.reading.clone();
        let chosen = reading.alternatives.get(at)?.clone();
        let before = reading.setup.replace(chosen);
        reading.alternatives.remove(at);
        if let Some(before) = before {
            reading.alternatives.insert(0, before);
        }
        let checks = match market.map(Market::ground) {
            Some(ground) => check(&reading, self.complete, &ground),
            None => check_bare(&reading, self.complete),
        };
        Some(Self {
            reading,
            checks,
            complete: self.complete,
        })
    }

    /// Whether a check failed.
    pub fn failed(&self) -> bool {
        self.checks.iter().any(|c| c.status == Status::Fail)
    }
}
