//! What the journal keeps of an answer that was shown, and playing forward what it has open.

use std::sync::atomic::Ordering;

use super::ask::Answer;
use super::judge::Judged;
use super::played::Analysis;
use super::prepare::{Market, Prepared};
use super::walk::Costs;
use super::{Desk, now_millis};
use crate::journal::{Decided, Journal, JournalError, MarketId, Record, WINDOW};
use crate::market::{Candle, Series};
use crate::setup::score::Fate;

/// An analysis of the journal that later candles have decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The record's number.
    pub id: u64,
    /// The question in a few words.
    pub label: String,
    /// What became of it, in a word.
    pub status: String,
    /// The result in R, if a trade came of it.
    pub r: Option<f64>,
}

impl Desk {
    /// The journal, opened when it is first wanted.
    ///
    /// # Errors
    /// [`JournalError`] why there is none; the same for as long as this desk is open.
    pub fn journal(&self) -> Result<&Journal, JournalError> {
        let opened = self.journal.get_or_init(|| Journal::open(&self.settings.places.data));
        opened.as_ref().map_err(Clone::clone)
    }

    /// The record of the analysis before this one, of the same template on the same market.
    ///
    /// # Errors
    /// [`JournalError`]
    pub fn before(&self, record: u64) -> Result<Option<Record>, JournalError> {
        let journal = self.journal()?;
        let this = journal.get(record)?;
        let Some(template) = &this.template else {
            return Ok(None);
        };
        let trial = this.head().trial;
        let same = |head: &crate::journal::Head| {
            let other = &head.trial;
            other.template == template.name
                && (&other.symbol, &other.timeframe, &other.model) == (&trial.symbol, &trial.timeframe, &trial.model)
                && other.as_of != trial.as_of
        };
        let found = journal.list(Some(record), 1, same)?;
        found.first().map(|head| journal.get(head.id)).transpose()
    }

    /// Records an answer that is shown; `source` is the candle file or live source as it was named. Returns the record's
    /// number, and whether it is new: an answer that is shown again is recorded once.
    ///
    /// # Errors
    /// [`JournalError`]
    pub fn record(
        &self,
        prepared: &Prepared,
        answer: &Answer,
        judged: &Judged,
        source: &str,
    ) -> Result<(u64, bool), JournalError> {
        let market = prepared.market.as_ref();
        let setup = judged.reading.setup.clone();
        let terms = market.map(|m| {
            let stated = setup.as_ref().and_then(|s| s.valid_bars).or(prepared.valid_bars);
            Costs::default().terms(m.series.symbol(), m.series.last().close, stated)
        });
        let mut record = Record {
            id: 0,
            shown: now_millis(),
            label: prepared.label.clone(),
            model: answer.requested_model.clone(),
            answered_by: answer.model.clone(),
            template: prepared.template.clone(),
            market: market.map(|m| market_id(m, source)),
            answer: answer.text.clone(),
            finish: answer.finish.name().to_owned(),
            complete: judged.complete,
            setup,
            setup_source: judged.reading.source,
            alternatives: judged.reading.alternatives.clone(),
            checks: judged.checks.clone(),
            key: answer.key.to_string(),
            sample: answer.sample,
            created: answer.created,
            latency_ms: answer.original_latency_ms,
            tokens: answer.usage.map(|u| [u.input, u.output]),
            cost_usd: answer.cost_usd,
            terms: terms.unwrap_or_default(),
            note: String::new(),
            tags: Vec::new(),
            decided: None,
            messages: prepared.request.messages.clone(),
            window: market.map_or_else(Vec::new, |m| {
                let candles = m.series.candles();
                candles[candles.len().saturating_sub(WINDOW)..].to_vec()
            }),
            later: Vec::new(),
        };
        let later = market.map_or(&[][..], |m| &m.later);
        settle(&mut record, later);
        self.journal()?.record(record)
    }

    /// Plays what the journal has open of this market forward on later candles, and notes what they decide; breaks off when the
    /// desk is being left.
    ///
    /// # Errors
    /// [`JournalError`]
    pub fn settle(&self, series: &Series) -> Result<Vec<Settled>, JournalError> {
        if self.journal.get().is_none() && !Journal::exists(&self.settings.places.data) {
            return Ok(Vec::new());
        }
        let journal = self.journal()?;
        let mut settled = Vec::new();
        for id in journal.open_of(series.symbol(), &series.timeframe().to_string())? {
            if self.leaving.load(Ordering::Relaxed) {
                break;
            }
            let mut record = match journal.get(id) {
                // Removed since.
                Err(JournalError::NoRecord(_)) => continue,
                found => found?,
            };
            let Some(later) = after(series, &record) else { continue };
            if !settle(&mut record, later) {
                continue;
            }
            let (decided, candles) = (record.decided, record.later);
            let record = journal.update(record.id, |kept| {
                // Another process may have been first.
                let open = kept.is_open();
                if open {
                    (kept.decided, kept.later) = (decided, candles);
                }
                open
            })?;
            let head = record.head();
            settled.push(Settled {
                id: record.id,
                label: record.label,
                status: head.status(),
                r: head.trial.closed_r(),
            });
        }
        Ok(settled)
    }
}

/// The candles of `series` behind a record's as-of, if it is the same market: its candle is there, and closed where the
/// record's did.
pub fn after<'s>(series: &'s Series, record: &Record) -> Option<&'s [Candle]> {
    let market = record.market.as_ref()?;
    let bar = series.bar_at(market.as_of)?;
    let candle = series.candles().get(bar)?;
    let same = candle.time == market.as_of && (candle.close - market.close).abs() <= 1e-9 * market.close.abs();
    same.then(|| &series.candles()[bar + 1..])
}

/// Notes what became of a record, as far as these candles decide it; returns whether they do.
fn settle(record: &mut Record, later: &[Candle]) -> bool {
    let Some(market) = &record.market else { return false };
    let offline = record.model.starts_with(crate::model::OFFLINE);
    let played = Analysis {
        setup: record.setup.as_ref(),
        whole: record.complete,
        close: market.close,
        as_of: market.as_of,
        terms: record.terms,
        compared: (!offline).then_some(record.messages.as_slice()),
    }
    .play(later);
    if let Fate::Played(outcome) = &played.fate
        && !outcome.is_over()
    {
        return false;
    }
    record.later = later[..played.candles.min(later.len())].to_vec();
    record.decided = Some(Decided {
        until: played.until,
        candle: record.later.last().copied(),
        random_r: played.random_r,
        offline_r: played.offline_r,
        offline_until: played.offline_until,
        noted: now_millis(),
        fate: played.fate,
    });
    true
}

fn market_id(market: &Market, source: &str) -> MarketId {
    let series = &market.series;
    let mut hasher = blake3::Hasher::new();
    for c in series.candles() {
        hasher.update(&c.time.to_le_bytes());
        for value in [c.open, c.high, c.low, c.close, c.volume] {
            hasher.update(&value.to_le_bytes());
        }
    }
    MarketId {
        symbol: series.symbol().to_owned(),
        timeframe: series.timeframe(),
        as_of: market.as_of(),
        close: series.last().close,
        decimals: series.decimals(),
        volume: series.volume(),
        source: source.to_owned(),
        hash: hasher.finalize().to_hex()[..32].to_owned(),
        candles: series.candles().len(),
    }
}
