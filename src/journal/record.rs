//! A record of the journal: one answer that was shown, with all it takes to judge it later.

use serde::{Deserialize, Serialize};

use crate::market::{Candle, Series, Timeframe, VolumeKind};
use crate::message::Message;
use crate::setup::score::{Fate, Trial};
use crate::setup::{Check, Outcome, Setup, Source, Terms};

/// The candles kept with a record, so that its chart can be drawn when the file is gone.
pub const WINDOW: usize = 160;

/// A template as it was when it was asked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateId {
    /// Its name.
    pub name: String,
    /// The hash of its text, hexadecimal: two versions of a template differ in it.
    pub hash: String,
}

/// The candles that a question was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketId {
    /// The instrument.
    pub symbol: String,
    /// The spacing.
    pub timeframe: Timeframe,
    /// Open time of the last candle, UTC epoch seconds.
    pub as_of: i64,
    /// Its close.
    pub close: f64,
    /// Decimals of the prices.
    pub decimals: u8,
    /// What the volume counts.
    pub volume: VolumeKind,
    /// The file or live source, as it was named.
    pub source: String,
    /// The hash of every candle up to the as-of, hexadecimal.
    pub hash: String,
    /// How many these were.
    pub candles: usize,
}

/// What became of an analysis, and how that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// What became of it.
    pub fate: Fate,
    /// Open time of the candle that decided it, or of the as-of where nothing was played; UTC epoch seconds.
    pub until: i64,
    /// The candle that decided it.
    #[serde(default)]
    pub candle: Option<Candle>,
    /// What the same stop and targets gave on average of both sides.
    #[serde(default)]
    pub random_r: Option<f64>,
    /// What the offline analyst's answer to the same question gave.
    #[serde(default)]
    pub offline_r: Option<f64>,
    /// Open time of the candle that decided that answer's setup.
    #[serde(default)]
    pub offline_until: Option<i64>,
    /// When it was noted, UTC epoch milliseconds.
    pub noted: i64,
}

/// One answer that was shown. Written as JSON: a field that an older record lacks takes its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number, from 1 on; 0 until it is in the journal.
    #[serde(default)]
    pub id: u64,
    /// When it was first shown, UTC epoch milliseconds.
    pub shown: i64,
    /// The question in a few words.
    pub label: String,
    /// The model as it was asked for.
    pub model: String,
    /// The model as the server named it.
    pub answered_by: String,
    /// The template, if one was used.
    #[serde(default)]
    pub template: Option<TemplateId>,
    /// The candles, if there were any.
    #[serde(default)]
    pub market: Option<MarketId>,
    /// The answer.
    pub answer: String,
    /// Why it ended.
    pub finish: String,
    /// Whether it is whole.
    pub complete: bool,
    /// What it proposes.
    #[serde(default)]
    pub setup: Option<Setup>,
    /// Where that was read.
    pub setup_source: Source,
    /// What else it proposes.
    #[serde(default)]
    pub alternatives: Vec<Setup>,
    /// What the candles say to it.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Its key in the cache, hexadecimal.
    pub key: String,
    /// Which of several answers to the question.
    pub sample: u32,
    /// When the model gave it, UTC epoch milliseconds.
    pub created: i64,
    /// How long the model took, in milliseconds.
    pub latency_ms: f64,
    /// Tokens of the prompt and of the answer.
    #[serde(default)]
    pub tokens: Option<[u64; 2]>,
    /// What the call cost, in US dollars.
    #[serde(default)]
    pub cost_usd: Option<f64>,
    /// The terms it is played on.
    #[serde(default)]
    pub terms: Terms,
    /// The analyst's note.
    #[serde(default)]
    pub note: String,
    /// The analyst's tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What became of it; `None` while that is open.
    #[serde(default)]
    pub decided: Option<Decided>,
    /// What was sent. Kept once for all records that share it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<Message>,
    /// The last candles up to the as-of. Kept once for all records that share them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub window: Vec<Candle>,
    /// The candles after the as-of up to the one that decided it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Candle>,
}

impl Record {
    /// The candles as a series: those before the as-of, and those after it as far as they are known.
    pub fn series(&self) -> Option<Series> {
        let market = self.market.as_ref()?;
        let candles = [self.window.as_slice(), &self.later].concat();
        Series::new(
            &market.symbol,
            market.timeframe,
            market.decimals,
            market.volume,
            candles,
        )
        .ok()
    }

    /// Whether it proposes something that time will decide.
    pub fn is_open(&self) -> bool {
        self.decided.is_none() && self.market.is_some()
    }

    /// What the journal's lists show of it.
    pub fn head(&self) -> Head {
        let decided = self.decided.as_ref();
        let market = self.market.as_ref();
        let targets = self.setup.as_ref().map_or(0, |s| s.targets.len());
        Head {
            id: self.id,
            shown: self.shown,
            label: self.label.clone(),
            side: self.setup.as_ref().and_then(|s| s.side),
            complete: self.complete,
            noted: !self.note.is_empty(),
            tags: self.tags.clone(),
            template_hash: self.template.as_ref().map_or_else(String::new, |t| t.hash.clone()),
            decided: decided.is_some(),
            trial: Trial {
                model: self.model.clone(),
                answered_by: self.answered_by.clone(),
                template: self.template.as_ref().map_or_else(String::new, |t| t.name.clone()),
                symbol: market.map_or_else(String::new, |m| m.symbol.clone()),
                timeframe: market.map_or_else(String::new, |m| m.timeframe.to_string()),
                as_of: market.map_or(0, |m| m.as_of),
                until: decided.map_or(0, |d| d.until),
                fate: decided.map_or_else(|| Fate::Played(Outcome::open(targets)), |d| d.fate.clone()),
                confidence: self.setup.as_ref().and_then(|s| s.confidence),
                cost_usd: self.cost_usd,
                failed_check: self.checks.iter().any(|c| c.status == crate::setup::Status::Fail),
                random_r: decided.and_then(|d| d.random_r),
                offline_r: decided.and_then(|d| d.offline_r),
                offline_until: decided.and_then(|d| d.offline_until),
            },
        }
    }

    /// Decimals of its prices.
    pub fn decimals(&self) -> u8 {
        self.market.as_ref().map_or(5, |m| m.decimals)
    }

    /// Adds tags, and takes away those that a minus stands before; returns whether that changes anything.
    pub fn tag(&mut self, tags: &[String]) -> bool {
        let before = self.tags.clone();
        for tag in tags {
            let tag = crate::text::clean_line(tag);
            match tag.strip_prefix('-') {
                Some(gone) => self.tags.retain(|t| t != gone),
                None => {
                    let new = tag.trim_start_matches(['+', '#']).to_owned();
                    if !new.is_empty() && !self.tags.contains(&new) {
                        self.tags.push(new);
                    }
                }
            }
        }
        self.tags != before
    }

    /// The words that a search looks through: of the prompt its sentences, for facts and candles are the same in every one.
    pub(super) fn words(&self) -> String {
        let market = self.market.as_ref();
        let mut words = format!(
            "{}\n{}\n{}\n{}\n{}\n{}",
            self.label,
            self.model,
            self.answered_by,
            market.map_or("", |m| m.source.as_str()),
            self.note,
            self.tags.join(" ")
        );
        words.push('\n');
        words.push_str(&self.answer);
        for message in &self.messages {
            sentences(&message.text, &mut words);
        }
        words.to_lowercase()
    }
}

/// Adds what is neither in a fence nor a row of figures.
fn sentences(text: &str, to: &mut String) {
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.chars().filter(|c| c.is_alphabetic()).count() * 2 > line.len() {
            to.push('\n');
            to.push_str(line);
        }
    }
}

/// What the journal's lists and scores need of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub id: u64,
    /// When it was first shown, UTC epoch milliseconds.
    pub shown: i64,
    /// The question in a few words.
    pub label: String,
    /// Which way it trades.
    pub side: Option<crate::setup::Side>,
    /// Whether the answer is whole.
    pub complete: bool,
    /// Whether it bears a note.
    pub noted: bool,
    /// The analyst's tags.
    pub tags: Vec<String>,
    /// The hash of the template's text; empty without one.
    pub template_hash: String,
    /// Whether it is known what became of it.
    pub decided: bool,
    /// The analysis as the scoreboard counts it.
    pub trial: Trial,
}

impl Head {
    /// What became of it, in a word or two.
    pub fn status(&self) -> String {
        match &self.trial.fate {
            _ if self.trial.symbol.is_empty() => "-".to_owned(),
            _ if !self.decided => "open".to_owned(),
            Fate::NoTrade => "no trade".to_owned(),
            Fate::Unplayable(_) => "no setup".to_owned(),
            Fate::Played(outcome) => outcome.status(),
        }
    }
}
