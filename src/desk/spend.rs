//! What model calls have cost, a line a call, and the limits that stop before sending.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Desk, DeskError, now_millis};
use crate::model::Usage;

/// A call and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// When it ended, UTC epoch milliseconds.
    pub at: i64,
    /// The model asked.
    pub model: String,
    /// In US dollars, where the price is known.
    pub usd: Option<f64>,
    /// Tokens of the prompt.
    pub input: u64,
    /// Tokens of the answer.
    pub output: u64,
}

/// What was spent in a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Sum {
    /// Calls.
    pub calls: u64,
    /// Of these, calls whose price is not known.
    pub unpriced: u64,
    /// US dollars.
    pub usd: f64,
    /// Tokens of prompts and answers.
    pub tokens: u64,
}

/// What was spent today, this month and ever; days and months are those of the analyst's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spending {
    /// Since midnight.
    pub day: Sum,
    /// Since the first of the month.
    pub month: Sum,
    /// Since the beginning.
    pub ever: Sum,
}

impl Desk {
    fn ledger(&self) -> PathBuf {
        self.settings.places.data.join("spend.jsonl")
    }

    /// Notes a call. A partial answer costs too.
    pub(super) fn spent(&self, model: &str, usage: Option<Usage>, usd: Option<f64>) {
        let usage = usage.unwrap_or_default();
        let spent = Spent {
            at: now_millis(),
            model: model.to_owned(),
            usd,
            input: usage.input,
            output: usage.output,
        };
        let written = serde_json::to_string(&spent)
            .map_err(std::io::Error::from)
            .and_then(|line| {
                crate::files::private_directory(&self.settings.places.data)?;
                let mut options = std::fs::OpenOptions::new();
                options.create(true).append(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                // One write a line: lines of several processes do not mix.
                options.open(self.ledger())?.write_all(format!("{line}\n").as_bytes())
            });
        if let Err(error) = written {
            tracing::warn!(%error, "what {model} cost is not noted");
        }
    }

    /// The models asked, the last one first, each with when that was, UTC epoch milliseconds.
    pub fn last_used(&self) -> Vec<(String, i64)> {
        let mut used: Vec<(String, i64)> = Vec::new();
        for spent in self.calls_noted() {
            used.retain(|(model, _)| *model != spent.model);
            used.insert(0, (spent.model, spent.at));
        }
        used
    }

    /// The lines of the ledger, oldest first; one that cannot be read is none.
    fn calls_noted(&self) -> impl Iterator<Item = Spent> {
        let file = std::fs::File::open(self.ledger()).ok();
        let lines = file
            .into_iter()
            .flat_map(|file| BufReader::new(file).lines().map_while(Result::ok));
        lines.filter_map(|line| serde_json::from_str(&line).ok())
    }

    /// What was spent, by the ledger; a line that cannot be read counts as nothing.
    pub fn spending(&self, now: Timestamp) -> Spending {
        let today = now.to_zoned(TimeZone::system());
        let start = |date: jiff::civil::Date| {
            let zoned = date.to_zoned(TimeZone::system());
            zoned.map_or(i64::MAX, |z| z.timestamp().as_millisecond())
        };
        let (day, month) = (start(today.date()), start(today.date().first_of_month()));
        let mut spending = Spending::default();
        for spent in self.calls_noted() {
            spending.ever.add(&spent);
            if spent.at >= month {
                spending.month.add(&spent);
            }
            if spent.at >= day {
                spending.day.add(&spent);
            }
        }
        spending
    }

    /// Whether the limits leave room for another call.
    ///
    /// # Errors
    /// [`DeskError::Spent`] when one is reached.
    pub(super) fn affordable(&self) -> Result<(), DeskError> {
        let limits = &self.settings.limits;
        if limits.spend_per_day.is_none() && limits.spend_per_month.is_none() {
            return Ok(());
        }
        let spending = self.spending(Timestamp::now());
        let reached = [
            ("today", spending.day.usd, limits.spend_per_day, "spend_per_day"),
            (
                "this month",
                spending.month.usd,
                limits.spend_per_month,
                "spend_per_month",
            ),
        ];
        for (when, usd, limit, setting) in reached {
            if let Some(limit) = limit.filter(|limit| usd >= *limit) {
                return Err(DeskError::Spent {
                    when,
                    usd,
                    limit,
                    setting,
                });
            }
        }
        Ok(())
    }
}

impl Sum {
    fn add(&mut self, spent: &Spent) {
        self.calls += 1;
        self.unpriced += u64::from(spent.usd.is_none());
        self.usd += spent.usd.unwrap_or(0.0);
        self.tokens += spent.input + spent.output;
    }
}
