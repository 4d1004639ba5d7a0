//! A question made ready: candles cut at the as-of, facts, prompt, model, request, key.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::freshness::Freshness;
use super::{Desk, DeskError};
use crate::cache::{Key, Want};
use crate::facts::{Facts, Study};
use crate::journal::TemplateId;
use crate::market::{Candle, Series, Sessions};
use crate::message::{Message, Role};
use crate::model::{Endpoint, ModelName, Params, Request, price};
use crate::prompt::{Context, Template, Values, bare_facts, break_facts, render};
use crate::setup::Ground;
use crate::ttl::Ttl;

/// What is asked, as the analyst puts it.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The template, if one is used.
    pub template: Option<Template>,
    /// The analyst's own words: the whole prompt, or what follows the template's.
    pub prompt: Option<String>,
    /// A system message in place of the template's.
    pub system: Option<String>,
    /// Candles, the primary ones first.
    pub candles: Vec<Arc<Series>>,
    /// History: the last candle that opens at or before this counts as the last.
    pub as_of: Option<Timestamp>,
    /// What the analyst set.
    pub values: Values,
    /// The model, if one is named.
    pub model: Option<String>,
    /// The address, if one is named.
    pub base_url: Option<String>,
    /// Parameters over the template's.
    pub params: Vec<(String, serde_json::Value)>,
    /// The time to live, over the template's.
    pub ttl: Option<Ttl>,
}

/// The candles a question was made from.
#[derive(Debug, Clone)]
pub struct Market {
    /// Up to the as-of.
    pub series: Arc<Series>,
    /// Every concept over them.
    pub study: Arc<Study>,
    /// What they say.
    pub facts: Arc<Facts>,
    /// What came after, as far as it is loaded.
    pub later: Vec<Candle>,
    /// Whether the as-of was asked for.
    pub history: bool,
    /// When it trades, once somebody asks how fresh an answer is.
    sessions: Arc<OnceLock<Sessions>>,
}

impl Market {
    /// `series` cut at `as_of`, with its facts.
    ///
    /// # Errors
    /// [`DeskError::AsOf`] when no candle opens by then.
    pub fn of(series: &Arc<Series>, as_of: Option<Timestamp>) -> Result<Self, DeskError> {
        let (cut, later) = match as_of {
            None => (Arc::clone(series), Vec::new()),
            Some(time) => {
                let bar = series.bar_at(time.as_second()).ok_or_else(|| DeskError::AsOf {
                    asked: time.to_string(),
                    first: crate::market::timestamp(series.candles()[0].time).to_string(),
                })?;
                (Arc::new(series.up_to(bar)), series.candles()[bar + 1..].to_vec())
            }
        };
        let study = Study::of(cut.candles());
        Ok(Self {
            facts: Arc::new(Facts::from_study(&cut, &study)),
            study: Arc::new(study),
            sessions: Arc::default(),
            series: cut,
            later,
            history: as_of.is_some(),
        })
    }

    /// The market of `series` whose concepts are computed already.
    pub(super) fn at(series: Arc<Series>, study: Arc<Study>) -> Self {
        Self {
            facts: Arc::new(Facts::from_study(&series, &study)),
            study,
            sessions: Arc::default(),
            series,
            later: Vec::new(),
            history: true,
        }
    }

    /// The market with the candles that `series` has more: what is known of the others stays, unless they have changed.
    pub fn grown(self, series: &Arc<Series>) -> Self {
        let known = self.study.bars();
        let goes_on = known <= series.candles().len()
            && self.series.timeframe() == series.timeframe()
            && self.series.candles()[..known.min(self.series.candles().len())] == series.candles()[..known];
        let study = if goes_on {
            let mut study = Arc::unwrap_or_clone(self.study);
            study.extend(series.candles());
            study
        } else {
            Study::of(series.candles())
        };
        Self {
            facts: Arc::new(Facts::from_study(series, &study)),
            study: Arc::new(study),
            sessions: Arc::default(),
            series: Arc::clone(series),
            later: Vec::new(),
            history: false,
        }
    }

    /// Takes what `series` has behind the as-of as what came after it, if it is the same market and has more than is known;
    /// says whether it has.
    pub fn catch_up(&mut self, series: &Series) -> bool {
        let own = &self.series;
        let last = own.last();
        let same = own.symbol() == series.symbol() && own.timeframe() == series.timeframe();
        let Some(bar) = series.bar_at(last.time).filter(|_| same) else {
            return false;
        };
        let candles = series.candles();
        if candles[bar].time != last.time || candles.len() - bar - 1 <= self.later.len() {
            return false;
        }
        self.later = candles[bar + 1..].to_vec();
        true
    }

    /// The as-of, UTC epoch seconds.
    pub fn as_of(&self) -> i64 {
        self.facts.as_of
    }

    /// What a setup is checked against.
    pub fn ground(&self) -> Ground<'_> {
        Ground {
            facts: &self.facts,
            later: &self.later,
        }
    }

    /// Whether an answer on these candles still speaks of the present.
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        let (timeframe, live) = (self.series.timeframe(), self.series.is_live());
        let sessions = self.sessions.get_or_init(|| Sessions::of(&self.series));
        Freshness::by_clock(self.as_of(), timeframe, sessions, self.history, live, now)
    }
}

/// A question ready to be asked.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What is sent.
    pub request: Request,
    /// Under what it is cached.
    pub key: Key,
    /// How long.
    pub ttl: Option<Ttl>,
    /// The candles it was made from.
    pub market: Option<Market>,
    /// What is asked, in a few words.
    pub label: String,
    /// The template it was made with.
    pub template: Option<TemplateId>,
    /// Candles for which the template says that a setup stands.
    pub(super) valid_bars: Option<u32>,
    pub(super) endpoint: Option<Endpoint>,
    /// The same put to other models, in order, should this one not answer.
    pub fallback: Vec<Prepared>,
    /// Why a model that would have been asked first cannot be.
    pub passed_over: Option<String>,
}

/// What an ask would take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Tokens of the prompt, about.
    pub tokens: u64,
    /// What they cost, in US dollars, about; the answer comes on top, unless this is nothing. `None` where the price is not known.
    pub usd: Option<f64>,
    /// Whether the cache would answer, and from which tier.
    pub hit: Option<crate::cache::Tier>,
    /// Whether the shared cache, which is not asked for an estimate, may have it otherwise.
    pub shared: bool,
}

impl Estimate {
    /// Whether it would be a hit, in words that follow "would be".
    pub fn hit_words(&self) -> String {
        match self.hit {
            Some(tier) => format!("a {tier} hit"),
            None if self.shared => "a miss, unless shared".to_owned(),
            None => "a miss".to_owned(),
        }
    }
}

impl Desk {
    /// Makes a question ready.
    ///
    /// # Errors
    /// [`DeskError`] for whatever keeps it from being asked.
    pub fn prepare(&self, question: &Question) -> Result<Prepared, DeskError> {
        let mut markets = question
            .candles
            .iter()
            .map(|series| Market::of(series, question.as_of))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let market = markets.next();
        let further: Vec<Facts> = markets.map(|m| (*m.facts).clone()).collect();
        self.prepare_on(question, market, &further)
    }

    /// As [`Desk::prepare`], on candles whose facts are known already.
    ///
    /// # Errors
    /// As [`Desk::prepare`].
    pub fn prepare_on(
        &self,
        question: &Question,
        market: Option<Market>,
        further: &[Facts],
    ) -> Result<Prepared, DeskError> {
        let messages = messages(question, market.as_ref(), further, self.settings.facts_budget)?;
        let mut asked = Vec::new();
        let mut failed = None;
        for reached in std::iter::once(self.model(question)).chain(self.fallback(question)) {
            match reached {
                Ok((model, endpoint)) => asked.push(self.ready(question, model, endpoint, &messages, market.as_ref())),
                // Whose key is wanting is passed over where another follows.
                Err(error) if failed.is_none() => failed = Some(error),
                Err(_) => {}
            }
        }
        let mut asked = asked.into_iter();
        match (asked.next(), failed) {
            (Some(first), failed) => Ok(Prepared {
                passed_over: failed.map(|error| error.to_string()),
                fallback: asked.collect(),
                ..first
            }),
            (None, Some(error)) => Err(error),
            (None, None) => Err(DeskError::Nothing),
        }
    }

    /// The models asked when the first does not answer, as far as they can be reached.
    fn fallback(
        &self,
        question: &Question,
    ) -> impl Iterator<Item = Result<(ModelName, Option<Endpoint>), DeskError>> + '_ {
        // Who names an address means that server and no other.
        let own = question.base_url.is_none();
        let names = self.settings.fallback.iter().filter(move |_| own);
        names.map(|name| self.reach(name, None))
    }

    /// The question as it is put to this model.
    fn ready(
        &self,
        question: &Question,
        model: ModelName,
        endpoint: Option<Endpoint>,
        messages: &[Message],
        market: Option<&Market>,
    ) -> Prepared {
        let mut params = Params::default();
        let own = question.template.iter().flat_map(|t| &t.config);
        for (name, value) in own {
            params.set(name, value.clone());
        }
        for (name, value) in &question.params {
            params.set(name, value.clone());
        }
        self.learned.apply(&model, &mut params);
        if let Some((name, value)) = endpoint.as_ref().and_then(|e| e.dialect.required())
            && params.get(name).is_none()
        {
            params.set(name, value);
        }
        let base_url = endpoint.as_ref().map(|e| e.base_url.clone());
        let request = Request::new(model, base_url, messages.to_vec(), params);
        Prepared {
            key: Key::of(&request.canonical()),
            ttl: question.ttl.or(question.template.as_ref().and_then(|t| t.ttl)),
            label: label(question, market),
            request,
            market: market.cloned(),
            template: question.template.as_ref().map(|t| TemplateId {
                name: t.name.clone(),
                hash: t.hash(),
            }),
            valid_bars: question.template.as_ref().and_then(|t| t.valid_bars),
            endpoint,
            fallback: Vec::new(),
            passed_over: None,
        }
    }

    /// What asking would take; asks nobody.
    pub fn estimate(&self, prepared: &Prepared) -> Estimate {
        let tokens = price::estimate_tokens(prepared.request.text_len());
        let model = &prepared.request.model;
        let usd = match price::price(model) {
            // Computed here, or read from a file.
            _ if model.is_local() => Some(0.0),
            price => price.map(|p| tokens as f64 * p.input / 1e6),
        };
        let hit = self.cache.peek(&prepared.key, Want::Newest, super::now_millis());
        Estimate {
            tokens,
            usd,
            shared: hit.is_none() && prepared.endpoint.is_some() && self.settings.shared.is_some(),
            hit: hit.map(|h| h.tier),
        }
    }

    /// Who is asked: the model named, else the template's if its key is set, else the configured one, else offline.
    fn model(&self, question: &Question) -> Result<(ModelName, Option<Endpoint>), DeskError> {
        if let Some(name) = &question.model {
            return self.reach(name, question.base_url.as_deref());
        }
        let of_template = question.template.as_ref().and_then(|t| t.model.as_deref());
        match of_template.map(|name| self.reach(name, question.base_url.as_deref())) {
            None | Some(Err(DeskError::Key(_))) => {}
            Some(reached) => return reached,
        }
        match &self.settings.model.value {
            Some(name) => self.reach(name, question.base_url.as_deref()),
            None => Ok((ModelName::offline(), None)),
        }
    }
}

fn messages(
    question: &Question,
    market: Option<&Market>,
    further: &[Facts],
    budget: usize,
) -> Result<Vec<Message>, DeskError> {
    let mut messages = match &question.template {
        Some(template) => {
            refuse_unknown_values(template, &question.values)?;
            let context = Context {
                series: market.map(|m| m.series.as_ref()),
                facts: market.map(|m| m.facts.as_ref()),
                further,
                values: &question.values,
                facts_budget: budget,
            };
            render(template, &context)?
        }
        None => Vec::new(),
    };
    // Own words bring their own facts only where they are the whole prompt: beside candles or a template, the genuine block
    // is the one computed here.
    let whole = question.template.is_none() && market.is_none();
    let own = |text: &str| {
        let clean = crate::text::clean(text);
        if whole { clean } else { break_facts(&clean) }
    };
    let words = question.prompt.as_deref().map(own).filter(|p| !p.trim().is_empty());
    if let Some(words) = words {
        say(&mut messages, words.trim_end());
    } else if question.template.is_none() {
        return Err(DeskError::Nothing);
    }
    // A prompt of one's own, or a template that asks for nothing but a role, still gets what the candles say.
    let bare = question.template.as_ref().is_none_or(|t| t.system_only);
    if let (true, Some(market)) = (bare, market) {
        let block = bare_facts(question.template.as_ref(), &market.facts, &question.values, budget);
        say(&mut messages, &block);
    }
    if let Some(system) = &question.system {
        messages.retain(|m| m.role != Role::System);
        let text = own(system);
        messages.insert(
            0,
            Message {
                role: Role::System,
                text,
            },
        );
    }
    if messages.iter().all(|m| m.role != Role::User) {
        return Err(DeskError::Nothing);
    }
    Ok(messages)
}

/// Adds a paragraph to what the analyst says last.
fn say(messages: &mut Vec<Message>, text: &str) {
    match messages.last_mut() {
        Some(last) if last.role == Role::User => {
            last.text.push_str("\n\n");
            last.text.push_str(text);
        }
        _ => messages.push(Message {
            role: Role::User,
            text: text.to_owned(),
        }),
    }
}

fn refuse_unknown_values(template: &Template, values: &Values) -> Result<(), DeskError> {
    let used = template.names_used();
    for (name, _) in values.iter() {
        let declared = template.variables.iter().any(|v| v.name == name);
        if declared || used.contains(name) {
            continue;
        }
        let names = template.variables.iter().map(|v| v.name.as_str());
        let hint = match crate::text::nearest(name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if template.variables.is_empty() => "it has no variables".to_owned(),
            None => format!("its variables are {}", names.collect::<Vec<_>>().join(", ")),
        };
        return Err(DeskError::UnknownValue {
            template: template.name.clone(),
            name: crate::text::clean_line(name),
            hint,
        });
    }
    Ok(())
}

fn label(question: &Question, market: Option<&Market>) -> String {
    let what = match &question.template {
        Some(template) => template.name.clone(),
        None => crate::text::clean_line(question.prompt.as_deref().unwrap_or_default())
            .chars()
            .take(40)
            .collect(),
    };
    match market {
        Some(market) => {
            let facts = &market.facts;
            let time = crate::market::timestamp(facts.as_of).strftime("%Y-%m-%d %H:%M");
            format!("{what} {} {} {time}", facts.symbol, facts.timeframe)
        }
        None => what,
    }
}

/// Reads the time of `--as-of`: RFC 3339, or a civil time or date taken as UTC.
///
/// # Errors
/// [`DeskError::Time`] when it is none.
pub fn parse_as_of(text: &str) -> Result<Timestamp, DeskError> {
    let text = text.trim();
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(utc))
        .or_else(|| {
            text.parse::<Date>()
                .ok()
                .and_then(|d| utc(d.to_datetime(jiff::civil::Time::midnight())))
        })
        .ok_or_else(|| DeskError::Time(crate::text::clean_line(text)))
}
