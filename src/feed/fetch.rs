//! The newest candles of a symbol, page by page from the newest back, the forming one told apart.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::call::{call, scrub};
use super::pattern::Filling;
use super::{FeedError, Source};
use crate::market::read::{Irregularity, Loaded, ReadError, ReadOptions, read};
use crate::market::{Candle, Timeframe, canonical};
use crate::secret::Secret;

/// What is asked of a source.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    /// The symbol, as the source spells it.
    pub symbol: &'a str,
    /// The spacing.
    pub timeframe: Timeframe,
    /// How many closed candles, the newest.
    pub limit: usize,
    /// Every candle since this one (open time, UTC epoch seconds), however many: those before it are there already.
    pub since: Option<i64>,
    /// The present.
    pub now: Timestamp,
}

/// What a source gave.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The closed candles, and the card that says what they are.
    pub loaded: Loaded,
    /// The candle that has not closed yet.
    pub forming: Option<Candle>,
    /// What is less than it should be, in words.
    pub warnings: Vec<String>,
}

/// A call asks for no fewer candles: the forming one, the last one and one before it.
const FEWEST: usize = 3;
/// So many stretches without a candle, and there are none before.
const EMPTY: usize = 3;
/// No source is asked more often than this for one series.
const PAGES: usize = 2_000;

/// Fetches what `want` says; `progress` hears after each page how many candles there are.
///
/// # Errors
/// [`FeedError`] when the first page cannot be had. When a later one cannot, the candles that came are given, with a warning.
pub async fn fetch(
    source: &Source,
    key: Option<&Secret>,
    want: &Want<'_>,
    mut progress: impl FnMut(usize),
) -> Result<Fetched, FeedError> {
    let symbol = source.spell(want.symbol);
    let asking = Asking {
        source,
        key,
        symbol: &symbol,
        interval: source.interval(want.timeframe)?,
        want,
    };
    let now = want.now.as_second();
    let mut got = Got::default();
    // More for the candle that is forming, and for one that begins while it is asked for.
    let enough = match want.since {
        Some(since) => usize::try_from((now - since) / want.timeframe.seconds()).unwrap_or(0) + 2,
        None => want.limit.saturating_add(2),
    };
    let mut until = now + 1;
    let mut stretch = 1;
    let mut empty = 0;
    for page in 0..PAGES {
        let missing = enough.saturating_sub(got.candles.len()).max(FEWEST);
        let count = source.page.map_or(missing, |page| missing.min(page));
        let from = asking.from(until, count * stretch);
        let candles = match asking.page(from, until, count).await {
            Ok(loaded) => got.add(loaded),
            Err(error) if page == 0 || got.candles.is_empty() => return Err(error),
            Err(error) => {
                got.warnings.push(format!("{error} (older candles are missing)"));
                break;
            }
        };
        progress(got.candles.len());
        let oldest = got.candles.keys().next().copied();
        let reached = want.since.is_some_and(|since| oldest.is_some_and(|o| o <= since));
        let all = want.since.is_none() && got.candles.len() >= enough;
        if reached || all || !source.url.has_to() {
            break;
        }
        if candles == 0 {
            empty += 1;
            if !source.url.has_from() || empty >= EMPTY {
                break;
            }
            until = from;
        } else {
            empty = 0;
            until = oldest.unwrap_or(from);
        }
        // Where a call may answer any number, a market with closed hours is asked for longer stretches.
        if source.page.is_none() {
            stretch = (stretch * 2).min(64);
        }
    }
    asking.finish(got, now)
}

/// What has come so far.
#[derive(Default)]
struct Got {
    candles: BTreeMap<i64, Candle>,
    warnings: Vec<String>,
}

impl Got {
    /// Adds a page; returns how many of its candles are new.
    fn add(&mut self, loaded: Option<Loaded>) -> usize {
        let Some(loaded) = loaded else { return 0 };
        let before = self.candles.len();
        for candle in loaded.series.candles() {
            // The page fetched first is the one fetched last in time: pages go back.
            self.candles.entry(candle.time).or_insert(*candle);
        }
        // Where a market is closed, is for who has the whole series to say.
        let told = loaded.card.irregularities.iter();
        for warning in told
            .filter(|i| !matches!(i, Irregularity::Gap { .. }))
            .map(ToString::to_string)
        {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self.candles.len() - before
    }
}

/// One question to a source, without the stretch of time.
struct Asking<'a> {
    source: &'a Source,
    key: Option<&'a Secret>,
    symbol: &'a str,
    interval: &'a str,
    want: &'a Want<'a>,
}

impl Asking<'_> {
    /// Where a stretch of `count` candles before `until` begins; longer where a call may answer any number.
    fn from(&self, until: i64, count: usize) -> i64 {
        let step = self.want.timeframe.seconds();
        let length = i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(step);
        let length = if self.source.page.is_some() {
            length
        } else {
            // Nights, weekends and a holiday.
            length.saturating_mul(2).saturating_add(5 * 86_400)
        };
        // Nothing was traded before 1900.
        until.saturating_sub(length).max(-2_208_988_800)
    }

    /// The candles that open in `from..until`, `None` if there are none.
    async fn page(&self, from: i64, until: i64, count: usize) -> Result<Option<Loaded>, FeedError> {
        let filling = Filling {
            symbol: self.symbol,
            interval: self.interval,
            limit: count,
            key: self.key,
            from,
            to_ms: until.saturating_mul(1_000) - 1,
        };
        let text = call(self.source, &filling).await?;
        let options = ReadOptions {
            zone: Some(self.source.zone.clone()),
            symbol: Some(self.symbol.to_owned()),
            timeframe: Some(self.want.timeframe),
            columns: self.source.columns.clone(),
            ..ReadOptions::default()
        };
        let not_candles = |detail: &str| FeedError::NotCandles {
            origin: self.source.name.clone(),
            symbol: self.symbol.to_owned(),
            detail: scrub(&filling, detail),
        };
        match read(text.as_bytes(), "its answer", &options) {
            Ok(loaded) => {
                self.spacing(&loaded).map_err(|words| not_candles(&words))?;
                Ok(Some(loaded))
            }
            Err(ReadError::NoCandles { said: None, .. } | ReadError::NoRows(_) | ReadError::Empty(_)) => Ok(None),
            // One line of words is what it has to say; a table that cannot be read is not.
            Err(_) if text.trim().lines().count() == 1 && !text.trim_start().starts_with(['{', '[', '<']) => {
                Err(not_candles(&format!("it says: {}", text.trim())))
            }
            Err(error) => Err(not_candles(&error.to_string())),
        }
    }

    /// Whether the candles are spaced as asked: some services answer with others than were asked for.
    fn spacing(&self, loaded: &Loaded) -> Result<(), String> {
        let step = self.want.timeframe.seconds();
        let candles = loaded.series.candles();
        let steps = || candles.windows(2).map(|w| w[1].time - w[0].time);
        // Clocks change, and months differ.
        let closest = steps().min().unwrap_or(step);
        if closest * 10 < step * 8 || candles.len() > 10 && closest > step * 2 {
            let what = Timeframe::from_seconds(closest).map_or_else(|| "others".to_owned(), |t| t.to_string());
            return Err(format!("its candles are {what}, {} was asked for", self.want.timeframe));
        }
        Ok(())
    }

    fn finish(&self, got: Got, now: i64) -> Result<Fetched, FeedError> {
        let step = self.want.timeframe.seconds();
        let (mut closed, forming): (Vec<Candle>, Vec<Candle>) = got
            .candles
            .into_values()
            .partition(|c| c.time.saturating_add(step) <= now);
        let keep = match self.want.since {
            Some(since) => closed.partition_point(|c| c.time < since),
            None => closed.len().saturating_sub(self.want.limit),
        };
        // What joins on needs the candle before, to see that it is the same market.
        closed.drain(..keep.saturating_sub(usize::from(self.want.since.is_some())));
        let none = || FeedError::NotCandles {
            origin: self.source.name.clone(),
            symbol: self.symbol.to_owned(),
            detail: "none has closed in the time asked for; is it traded?".to_owned(),
        };
        // Read once more as one file: its card tells of the whole stretch.
        let options = ReadOptions {
            symbol: Some(self.symbol.to_owned()),
            timeframe: Some(self.want.timeframe),
            ..ReadOptions::default()
        };
        let mut loaded = read(canonical(&closed).as_bytes(), &self.source.name, &options).map_err(|_| none())?;
        loaded.card.layout = "live source";
        loaded.series = loaded.series.from_live_source();
        Ok(Fetched {
            loaded,
            forming: forming.last().copied(),
            warnings: got.warnings,
        })
    }
}
