//! A walk: a template asked at many past as-ofs, each setup played on what came after, all through the cache.
//!
//! What a question knows is a series cut at its as-of and a study fed candle by candle: nothing later is in reach of it. The
//! candles behind are looked at only by the replay, when the answer is there.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::runtime::Handle;

use super::ask::{Answer, Policy, Step};
use super::played::Analysis;
use super::prepare::{Market, Prepared, Question};
use super::{Desk, DeskError, Judged};
use crate::cache::{Tier, Want};
use crate::facts::Study;
use crate::market::{Candle, Series};
use crate::model::price;
use crate::prompt::{Template, Values};
use crate::setup::score::{Fate, Trial};
use crate::setup::{Terms, costs};
use crate::ttl::Ttl;

/// What is asked at each as-of of one variant of a walk.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its name on the scoreboard: the template's, with what was set beside it.
    pub name: String,
    /// The template.
    pub template: Template,
    /// What was set.
    pub values: Values,
    /// The candles, whole.
    pub series: Arc<Series>,
}

/// A walk as it is wanted.
#[derive(Debug, Clone)]
pub struct Walk {
    /// What is asked: one, or several to be compared.
    pub variants: Vec<Variant>,
    /// The models, by name.
    pub models: Vec<String>,
    /// Every so many closed candles.
    pub every: usize,
    /// No as-of opens before this.
    pub from: Option<Timestamp>,
    /// No as-of opens after this.
    pub to: Option<Timestamp>,
    /// Parameters over the template's.
    pub params: Vec<(String, serde_json::Value)>,
    /// What dealing costs, over the usual.
    pub costs: Costs,
    /// The address of the models, if one is named.
    pub base_url: Option<String>,
    /// No call is made once so many US dollars were spent on this walk.
    pub spend: Option<f64>,
    /// Questions on their way at once.
    pub concurrent: usize,
}

/// What dealing costs and how long it is waited, where that is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Costs {
    /// Ask less bid, in price.
    pub spread: Option<f64>,
    /// Both ways, in price.
    pub commission: Option<f64>,
    /// Candles that a resting order waits, where the setup does not say.
    pub expiry: Option<usize>,
    /// Candles that a trade is held.
    pub max_hold: Option<usize>,
}

/// How far a walk has come; every thread of it counts here.
#[derive(Debug, Default)]
pub struct Progress {
    /// Questions answered.
    pub asked: AtomicUsize,
    /// Of these, from the cache.
    pub hits: AtomicUsize,
    /// Of these, computed by a model.
    pub calls: AtomicUsize,
    /// Tokens of these calls.
    pub tokens: AtomicU64,
    /// What they cost, in millionths of a US dollar.
    pub micro_usd: AtomicU64,
    /// Questions that got no answer.
    pub failed: AtomicUsize,
    /// Of these, since the last that got one.
    failed_in_a_row: AtomicUsize,
    /// Why the last of them got none.
    pub last_failure: Mutex<Option<String>>,
    /// To be set when it is to end.
    pub stop: AtomicBool,
}

/// What asking would take.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct WalkEstimate {
    /// Questions.
    pub questions: usize,
    /// Of these, answered by the cache.
    pub hits: usize,
    /// Calls of models that are paid for, or may be.
    pub calls: usize,
    /// Tokens of their prompts, about.
    pub tokens: u64,
    /// What they cost with answers of the usual length, about; `None` where a price is not known.
    pub usd: Option<f64>,
}

/// So many questions in a row without an answer end a walk: the next would get none either.
const FAILURES: usize = 3;
/// Tokens that an answer is reckoned with before it is asked for.
const ANSWER_TOKENS: u64 = 800;
/// As-ofs begin here where nobody says: before it the slowest average says nothing.
const WARM_UP: usize = 200;

impl Walk {
    /// The bars of `series` that are as-ofs of this walk, oldest first.
    pub fn bars(&self, series: &Series) -> Vec<usize> {
        let candles = series.candles();
        let first = match self.from {
            Some(from) => candles.partition_point(|c| c.time < from.as_second()),
            None => WARM_UP.min(candles.len()).saturating_sub(1),
        };
        let end = self.to.map_or(candles.len(), |to| {
            candles.partition_point(|c| c.time <= to.as_second())
        });
        (first..end).step_by(self.every.max(1)).collect()
    }

    /// Questions in all.
    pub fn questions(&self) -> usize {
        let bars: usize = self.variants.iter().map(|v| self.bars(&v.series).len()).sum();
        bars * self.models.len()
    }
}

impl Costs {
    /// The terms on which a setup of `symbol` is played, price being at `close` and the setup or its template good for
    /// `valid_bars` candles.
    pub fn terms(&self, symbol: &str, close: f64, valid_bars: Option<u32>) -> Terms {
        let usual = costs::usual(symbol, close);
        let stated = valid_bars.and_then(|n| usize::try_from(n).ok());
        Terms {
            spread: self.spread.unwrap_or(usual.spread),
            commission: self.commission.unwrap_or(usual.commission),
            expiry: stated.or(self.expiry).unwrap_or(usual.expiry),
            max_hold: self.max_hold.unwrap_or(usual.max_hold),
        }
    }
}

impl Progress {
    /// Questions answered.
    pub fn done(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// What was spent, in US dollars.
    pub fn usd(&self) -> f64 {
        self.micro_usd.load(Ordering::Relaxed) as f64 / 1e6
    }

    fn count(&self, answer: &Answer) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.failed_in_a_row.store(0, Ordering::Relaxed);
        if answer.tier != Tier::Model {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(usage) = answer.usage {
            self.tokens.fetch_add(usage.input + usage.output, Ordering::Relaxed);
        }
        // A cost is never negative, and no call's is beyond 18 trillion.
        let micro = (answer.cost_usd.unwrap_or(0.0) * 1e6).round() as u64;
        self.micro_usd.fetch_add(micro, Ordering::Relaxed);
    }

    /// Notes that a question got no answer; hands the error on where the next would get none either.
    fn failure(&self, error: DeskError) -> Result<(), DeskError> {
        self.failed.fetch_add(1, Ordering::Relaxed);
        let in_a_row = self.failed_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        if error.is_configuration() || in_a_row >= FAILURES {
            return Err(error);
        }
        Ok(())
    }
}

/// A thread's way along the as-ofs of a variant: the market as it stood at one after the other.
struct Along {
    series: Arc<Series>,
    study: Arc<Study>,
}

impl Along {
    fn begin(series: &Arc<Series>) -> Self {
        Self {
            series: Arc::clone(series),
            study: Arc::new(Study::of(&[])),
        }
    }

    /// The market at the close of `bar`, which is not before the one asked for last.
    fn market(&mut self, bar: usize) -> Market {
        let cut = Arc::new(self.series.up_to(bar));
        // Nobody else holds it by now: what is known is not copied.
        Arc::make_mut(&mut self.study).extend(cut.candles());
        Market::at(cut, Arc::clone(&self.study))
    }
}

impl Desk {
    /// The question of a walk at one as-of, ready to be asked of `model`.
    fn walk_question(
        &self,
        walk: &Walk,
        variant: &Variant,
        model: &str,
        market: &Market,
    ) -> Result<Prepared, DeskError> {
        let question = Question {
            template: Some(variant.template.clone()),
            values: variant.values.clone(),
            model: Some(model.to_owned()),
            base_url: walk.base_url.clone(),
            params: walk.params.clone(),
            // What was known then does not change: the second walk is to find it however late it comes.
            ttl: Some(Ttl::Never),
            ..Question::default()
        };
        let mut prepared = self.prepare_on(&question, Some(market.clone()), &[])?;
        // Never one model's name over another's answer.
        prepared.fallback.clear();
        Ok(prepared)
    }

    /// Every prompt of a walk, as it would be sent: as-of and messages.
    ///
    /// # Errors
    /// [`DeskError`] for a question that cannot be asked.
    pub fn walk_prompts(&self, walk: &Walk) -> Result<Vec<(i64, Vec<crate::message::Message>)>, DeskError> {
        let mut prompts = Vec::new();
        for variant in &walk.variants {
            let mut along = Along::begin(&variant.series);
            for bar in walk.bars(&variant.series) {
                let market = along.market(bar);
                for model in &walk.models {
                    let prepared = self.walk_question(walk, variant, model, &market)?;
                    prompts.push((market.as_of(), prepared.request.messages));
                }
            }
        }
        Ok(prompts)
    }

    /// What a walk would take: every question is made ready and looked up, none is asked.
    ///
    /// # Errors
    /// [`DeskError`] for a question that cannot be asked.
    pub fn walk_estimate(&self, walk: &Walk) -> Result<WalkEstimate, DeskError> {
        let sum = Mutex::new(WalkEstimate {
            usd: Some(0.0),
            ..WalkEstimate::default()
        });
        self.along(walk, &AtomicBool::new(false), |prepared, _| {
            let paid = prepared.endpoint.as_ref().is_some_and(|e| !e.is_loopback());
            let hit = self
                .cache
                .peek(&prepared.key, Want::Newest, super::now_millis())
                .is_some();
            let tokens = price::estimate_tokens(prepared.request.text_len());
            let price = price::price(&prepared.request.model);
            let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
            sum.questions += 1;
            sum.hits += usize::from(hit);
            if !hit && paid {
                sum.calls += 1;
                sum.tokens += tokens;
                let usd = price.map(|p| (tokens as f64 * p.input + ANSWER_TOKENS as f64 * p.output) / 1e6);
                sum.usd = sum.usd.zip(usd).map(|(a, b)| a + b);
            }
            Ok(None::<()>)
        })?;
        Ok(sum.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Walks: asks every question through the cache, reads, checks and replays the answers. The trials come ordered by
    /// variant, model and as-of, the same on every run. Must not be called on a thread of the runtime.
    ///
    /// # Errors
    /// [`DeskError`] of the first question that cannot be asked or is not answered; what was answered before is in the cache.
    pub fn walk(&self, walk: &Walk, runtime: &Handle, progress: &Progress) -> Result<Vec<Trial>, DeskError> {
        let mut trials = self.along(walk, &progress.stop, |prepared, place| {
            let answer = match runtime.block_on(self.answered(&prepared, progress)) {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ok(None),
                Err(error) => return progress.failure(error).map(|()| None),
            };
            let trial = trial(walk, place, &prepared, &answer);
            progress.count(&answer);
            if walk.spend.is_some_and(|most| progress.usd() >= most) {
                progress.stop.store(true, Ordering::Relaxed);
            }
            Ok(Some((place.order(), trial)))
        })?;
        trials.sort_by_key(|(order, _)| *order);
        Ok(trials.into_iter().map(|(_, trial)| trial).collect())
    }

    /// The answer to one question; `None` when the walk is to end.
    async fn answered(&self, prepared: &Prepared, progress: &Progress) -> Result<Option<Answer>, DeskError> {
        let mut steps = self.ask(prepared, Policy::Cached);
        loop {
            tokio::select! {
                biased;
                step = steps.next() => match step {
                    Some(Step::Done(answer)) => return Ok(Some(*answer)),
                    Some(Step::Failed(error)) => return Err(error.into()),
                    Some(Step::Note(words) | Step::Waiting(words)) => tracing::info!("{words}"),
                    Some(_) => {}
                    None => return Ok(None),
                },
                () = stopped(&progress.stop) => return Ok(None),
            }
        }
    }

    /// Goes along all questions of a walk with as many threads as it may, each along as-ofs of its own in order of time.
    fn along<T: Send>(
        &self,
        walk: &Walk,
        stop: &AtomicBool,
        visit: impl Fn(Prepared, &Place<'_>) -> Result<Option<T>, DeskError> + Sync,
    ) -> Result<Vec<T>, DeskError> {
        let mut stretches = Vec::new();
        for (at, variant) in walk.variants.iter().enumerate() {
            let bars = walk.bars(&variant.series);
            // Stretches long enough that computing up to their beginning does not weigh.
            let length = bars.len().div_ceil(walk.concurrent.max(1)).max(1);
            let cut: Vec<Vec<usize>> = bars.chunks(length).map(<[usize]>::to_vec).collect();
            stretches.extend(cut.into_iter().map(|bars| (at, bars)));
        }
        let next = AtomicUsize::new(0);
        let failed = Mutex::new(None);
        let found = Mutex::new(Vec::new());
        let run = || {
            while let Some((variant, bars)) = stretches.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut own = Vec::new();
                let result = self.stretch(walk, *variant, bars, stop, &visit, &mut own);
                found.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
                if let Err(error) = result {
                    failed
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get_or_insert(error);
                    stop.store(true, Ordering::Relaxed);
                }
            }
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..walk.concurrent.max(1)).map(|_| scope.spawn(run)).collect();
            run();
            drop(others);
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    fn stretch<T>(
        &self,
        walk: &Walk,
        variant_at: usize,
        bars: &[usize],
        stop: &AtomicBool,
        visit: &(impl Fn(Prepared, &Place<'_>) -> Result<Option<T>, DeskError> + Sync),
        found: &mut Vec<T>,
    ) -> Result<(), DeskError> {
        let Some(variant) = walk.variants.get(variant_at) else {
            return Ok(());
        };
        let mut along = Along::begin(&variant.series);
        for bar in bars {
            let market = along.market(*bar);
            for (model_at, model) in walk.models.iter().enumerate() {
                if stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let prepared = self.walk_question(walk, variant, model, &market)?;
                let place = Place {
                    variant,
                    variant_at,
                    model_at,
                    bar: *bar,
                    later: &variant.series.candles()[bar + 1..],
                };
                found.extend(visit(prepared, &place)?);
            }
        }
        Ok(())
    }
}

/// Where on a walk a question stands.
struct Place<'a> {
    variant: &'a Variant,
    variant_at: usize,
    model_at: usize,
    bar: usize,
    /// What came after.
    later: &'a [Candle],
}

impl Place<'_> {
    /// Its place among the trials.
    fn order(&self) -> (usize, usize, usize) {
        (self.variant_at, self.model_at, self.bar)
    }
}

/// Ready when `stop` is set.
async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

fn trial(walk: &Walk, place: &Place<'_>, prepared: &Prepared, answer: &Answer) -> Trial {
    let judged = Judged::answer(answer, prepared.market.as_ref());
    let series = &place.variant.series;
    let candle = &series.candles()[place.bar];
    let setup = judged.reading.setup.as_ref();
    let stated = setup.and_then(|s| s.valid_bars).or(place.variant.template.valid_bars);
    let model = &prepared.request.model;
    let played = Analysis {
        setup,
        whole: judged.complete,
        close: candle.close,
        as_of: candle.time,
        terms: walk.costs.terms(series.symbol(), candle.close, stated),
        compared: (!model.is_offline()).then_some(prepared.request.messages.as_slice()),
    }
    .play(place.later);
    Trial {
        model: model.to_string(),
        answered_by: answer.model.clone(),
        template: place.variant.name.clone(),
        symbol: series.symbol().to_owned(),
        timeframe: series.timeframe().to_string(),
        as_of: candle.time,
        until: played.until,
        confidence: setup
            .and_then(|s| s.confidence)
            .filter(|_| played.fate != Fate::NoTrade),
        cost_usd: answer.cost_usd,
        failed_check: judged.failed(),
        random_r: played.random_r,
        offline_r: played.offline_r,
        offline_until: played.offline_until,
        fate: played.fate,
    }
}
