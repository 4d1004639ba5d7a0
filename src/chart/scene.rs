//! What lies on a stretch of candles: zones, levels, labels, each with the words that tell where it comes from.

use std::ops::Range;

use super::draft::Draft;
use super::{Layer, Layers};
use crate::facts::volume_profile::{BARS, ROWS, VolumeProfile, volume_profile};
use crate::facts::{Direction, Facts, Side, Study};
use crate::market::Series;

/// What a zone or a level is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An order block.
    OrderBlock,
    /// A fair value gap.
    Gap,
    /// A break of structure or change of character, at the level broken.
    Break,
    /// Equal highs or lows.
    EqualLevel,
    /// A Fibonacci level.
    Fibonacci,
    /// A level of a day, week, month or session.
    Session,
    /// A price of the volume profile.
    Profile,
    /// The entry of the setup.
    Entry,
    /// Its stop.
    Stop,
    /// One of its targets.
    Target,
}

/// Prices between two edges, from one bar to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// What it is.
    pub kind: Kind,
    /// Bullish is demand, bearish supply.
    pub direction: Direction,
    /// Upper edge.
    pub top: f64,
    /// Lower edge.
    pub bottom: f64,
    /// The bar it lies at.
    pub from: usize,
    /// The bar that broke or filled it; without one it lives.
    pub until: Option<usize>,
    /// In two or three letters.
    pub label: &'static str,
    /// Where it comes from.
    pub words: String,
}

/// A price, from one bar to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// What it is.
    pub kind: Kind,
    /// Its way, where it has one.
    pub direction: Option<Direction>,
    /// The price.
    pub price: f64,
    /// The bar from which it is drawn; a level without one crosses the whole chart.
    pub from: Option<usize>,
    /// The bar at which it ends; without one it goes on.
    pub until: Option<usize>,
    /// In a few letters.
    pub label: String,
    /// Where it comes from.
    pub words: String,
    /// What the checks make of it.
    pub doubt: Doubt,
}

/// A word at a candle.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The candle.
    pub bar: usize,
    /// Its high or low.
    pub price: f64,
    /// High or low.
    pub side: Side,
    /// The word.
    pub label: &'static str,
    /// Whether it is of the larger structure.
    pub major: bool,
}

/// What the checks make of a price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Nothing speaks against it.
    #[default]
    None,
    /// It is unusual.
    Look,
    /// It is wrong.
    Wrong,
}

impl Doubt {
    /// As a mark behind a price's name.
    pub fn mark(self) -> &'static str {
        match self {
            Doubt::None => "",
            Doubt::Look => " !",
            Doubt::Wrong => " ✗",
        }
    }
}

/// The prices of a setup, as they are drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The entry zone, low and high.
    pub entry: Option<(f64, f64)>,
    /// The stop.
    pub stop: Option<f64>,
    /// The targets, nearest first.
    pub targets: Vec<f64>,
    /// What the checks make of entry, stop and targets.
    pub doubts: [Doubt; 3],
    /// Whether candles have closed since: it is drawn in dashes then.
    pub stale: bool,
}

impl Plan {
    /// All its prices.
    pub fn prices(&self) -> impl Iterator<Item = f64> + '_ {
        let zone = self.entry.map(|(low, high)| [low, high]);
        zone.into_iter()
            .flatten()
            .chain(self.stop)
            .chain(self.targets.iter().copied())
    }
}

/// What is drawn on the bars of a window.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// The candles.
    pub series: &'a Series,
    /// Every concept over them.
    pub study: &'a Study,
    /// The bars in sight.
    pub window: Range<usize>,
    /// What is switched on.
    pub layers: Layers,
    /// Zones, oldest first.
    pub zones: Vec<Zone>,
    /// Levels, those that matter most last.
    pub levels: Vec<Level>,
    /// Words at candles.
    pub marks: Vec<Mark>,
    /// The volume profile.
    pub profile: Option<VolumeProfile>,
    /// The setup.
    pub plan: Option<Plan>,
}

impl<'a> Scene<'a> {
    /// The scene of `window`, which is cut at the ends of the series. `live_only` leaves out what has been broken, filled or
    /// swept, as a prompt does.
    pub fn of(
        series: &'a Series,
        study: &'a Study,
        facts: &Facts,
        plan: Option<Plan>,
        layers: Layers,
        window: Range<usize>,
        live_only: bool,
    ) -> Self {
        let end = window.end.clamp(1, series.candles().len());
        let window = window.start.min(end - 1)..end;
        let draft = Draft {
            series,
            study,
            window: window.clone(),
            live_only,
        };
        let (mut zones, mut levels, mut marks) = (Vec::new(), Vec::new(), Vec::new());
        if layers.has(Layer::Gaps) {
            zones.extend(draft.nearest(draft.gaps()));
        }
        if layers.has(Layer::OrderBlocks) {
            zones.extend(draft.nearest(draft.order_blocks()));
        }
        let mut profile = None;
        if layers.has(Layer::Fibonacci) {
            levels.extend(draft.fibonacci());
        }
        if layers.has(Layer::Profile) {
            let candles = series.candles();
            profile = volume_profile(&candles[candles.len().saturating_sub(BARS)..], ROWS);
            levels.extend(draft.profile(profile.as_ref()));
        }
        if layers.has(Layer::Sessions) {
            levels.extend(draft.sessions(facts));
        }
        if layers.has(Layer::EqualLevels) {
            levels.extend(draft.equal_levels());
        }
        if layers.has(Layer::Structure) {
            levels.extend(draft.breaks());
            marks.extend(draft.swings());
        }
        levels.extend(plan.iter().flat_map(|plan| draft.plan(plan)));
        Self {
            series,
            study,
            window,
            layers,
            zones,
            levels,
            marks,
            profile,
            plan,
        }
    }

    /// The range of prices to be seen: that of the candles, widened for the setup where that leaves them a third of the
    /// height.
    pub fn range(&self) -> Option<(f64, f64)> {
        let candles = &self.series.candles()[self.window.clone()];
        let low = candles.iter().map(|c| c.low).reduce(f64::min)?;
        let high = candles.iter().map(|c| c.high).reduce(f64::max)?;
        let span = (high - low).max(f64::MIN_POSITIVE);
        let near = |p: &f64| *p > low - span && *p < high + span;
        let prices: Vec<f64> = self.plan.iter().flat_map(Plan::prices).filter(near).collect();
        let bottom = prices.iter().copied().fold(low, f64::min);
        let top = prices.iter().copied().fold(high, f64::max);
        Some((bottom, top))
    }

    /// What lies at `bar` between two prices, in words, what matters most first.
    pub fn under(&self, bar: usize, low: f64, high: f64) -> Vec<&str> {
        let reaches = |from: Option<usize>, until: Option<usize>| {
            from.is_none_or(|from| from <= bar) && until.is_none_or(|until| bar <= until)
        };
        let levels = self
            .levels
            .iter()
            .rev()
            .filter(|l| reaches(l.from, l.until) && l.price >= low && l.price <= high)
            .map(|l| l.words.as_str());
        let zones = self
            .zones
            .iter()
            .rev()
            .filter(|z| reaches(Some(z.from), z.until) && z.bottom <= high && z.top >= low)
            .map(|z| z.words.as_str());
        levels.chain(zones).collect()
    }
}
