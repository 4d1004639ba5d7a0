//! What model calls have cost, a line a call, and the limits that stop before sending.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::prepare::Prepared;
use super::{Desk, DeskError, now_millis};
use crate::model::{Finish, ModelName, Usage, price};

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
    /// Whether the provider did not tell the tokens to the end, so that they are estimated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

/// What a call costs that is on its way; noted when this is dropped, so that one that is left in the middle, which the provider
/// charges for all the same, is noted too.
pub(super) struct Bill {
    desk: Desk,
    model: ModelName,
    /// Tokens of the prompt, about.
    prompt: u64,
    /// Bytes of words and thoughts so far.
    said: usize,
    told: Option<Usage>,
    ended: bool,
    void: bool,
}

impl Bill {
    /// The bill of the call that is made for this; none where nobody charges.
    pub fn of(desk: &Desk, prepared: &Prepared) -> Option<Self> {
        let request = &prepared.request;
        prepared.endpoint.is_some().then(|| Self {
            desk: desk.clone(),
            model: request.model.clone(),
            prompt: price::estimate_tokens(request.text_len()),
            said: 0,
            told: None,
            ended: false,
            void: false,
        })
    }

    /// More words or thoughts came.
    pub fn said(&mut self, text: &str) {
        self.said += text.len();
    }

    /// The provider told what it counts.
    pub fn told(&mut self, usage: Usage) {
        self.told = Some(usage);
    }

    /// The answer ended: what was told is all, unless it was cut off.
    pub fn end(mut self, finish: Finish) {
        self.ended = finish != Finish::Incomplete;
    }

    /// Nothing is charged.
    pub fn void(mut self) {
        self.void = true;
    }

    /// Whether the model has begun to work.
    pub fn has_begun(&self) -> bool {
        self.said > 0 || self.told.is_some()
    }

    /// The tokens, and whether they are estimated.
    fn usage(&self) -> (Usage, bool) {
        match self.told {
            Some(told) if self.ended => (told, false),
            told => {
                let told = told.unwrap_or_default();
                let usage = Usage {
                    input: if told.input > 0 { told.input } else { self.prompt },
                    // What is told at the beginning is of the beginning.
                    output: told.output.max(price::estimate_tokens(self.said)),
                    ..told
                };
                (usage, true)
            }
        }
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        if self.void {
            return;
        }
        let (usage, estimated) = self.usage();
        self.desk.spent(&Spent {
            at: now_millis(),
            model: self.model.to_string(),
            usd: price::cost(&self.model, usage),
            input: usage.input,
            output: usage.output,
            estimated,
        });
    }
}

/// What was spent in a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Sum {
    /// Calls.
    pub calls: u64,
    /// Of these, calls whose price is not known.
    pub unpriced: u64,
    /// Of these, calls that were left or cut before the provider told their tokens: those are estimated.
    pub estimated: u64,
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

    /// Notes a call.
    fn spent(&self, spent: &Spent) {
        let model = &spent.model;
        let written = serde_json::to_string(spent)
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
        self.estimated += u64::from(spent.estimated);
        self.usd += spent.usd.unwrap_or(0.0);
        self.tokens += spent.input + spent.output;
    }
}
