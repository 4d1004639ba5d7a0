//! Facts by name: what a template's blanks and a model's claims are filled from and held against.

use serde::Serialize;

use super::block::Block;
use super::dealing_range::dealing_range;
use super::fibonacci::{EXTENSIONS, Leg, RETRACEMENTS};
use super::pivots::Pivot;
use super::session_levels::{self, session_levels};
use super::study::EMA_PERIODS;
use super::volume_profile::{BARS, ROWS, VolumeProfile, volume_profile};
use super::{Direction, Side, Study};
use crate::market::{Series, Timeframe, price, timestamp};

/// What a fact's number is measured in, and so how it is written and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A price of the instrument, written with its decimals.
    Price,
    /// A distance in price, written with one decimal more.
    Distance,
    /// An oscillator from 0 to 100.
    Oscillator,
    /// A share or ratio.
    Ratio,
    /// A word.
    Word,
}

/// A fact's value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number in the fact's unit.
    Number(f64),
    /// A word, such as a trend.
    Word(String),
}

/// A computed value with a name, the candle it comes from and the candle at whose close it was known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    /// The name a template uses.
    pub name: String,
    /// The value.
    pub value: Value,
    /// What a number is measured in.
    pub unit: Unit,
    /// The bar it comes from, 0-based.
    pub bar: usize,
    /// That bar's open time, UTC epoch seconds.
    pub time: i64,
    /// The bar at whose close it was known.
    pub known: usize,
    /// That bar's open time.
    pub known_time: i64,
}

impl Fact {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self.value {
            Value::Number(n) => Some(n),
            Value::Word(_) => None,
        }
    }

    /// The value as a prompt writes it; prices with `decimals`.
    pub fn text(&self, decimals: u8) -> String {
        match (&self.value, self.unit) {
            (Value::Word(word), _) => word.clone(),
            (Value::Number(n), Unit::Price) => price(*n, decimals),
            (Value::Number(n), Unit::Distance) => price(*n, decimals + 1),
            (Value::Number(n), Unit::Oscillator) => format!("{n:.1}"),
            (Value::Number(n), _) => format!("{n:.3}"),
        }
    }
}

/// A fact's name in the words of the screen: `ema_50` is EMA 50, `fib_0_618` is Fibonacci 0.618.
pub fn title(name: &str) -> String {
    if let Some(ratio) = name.strip_prefix("fib_") {
        return format!("Fibonacci {}", ratio.replacen('_', ".", 1));
    }
    let words = name.split('_').map(|word| match word {
        "ema" | "rsi" | "atr" => word.to_uppercase(),
        "fvg" => "fair value gap".to_owned(),
        "poc" => "point of control".to_owned(),
        "vah" => "value-area high".to_owned(),
        "val" => "value-area low".to_owned(),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What the candles say at the last of them.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The instrument.
    pub symbol: String,
    /// The spacing of the candles.
    pub timeframe: Timeframe,
    /// The as-of: open time of the last closed candle, UTC epoch seconds.
    pub as_of: i64,
    /// How many candles they were computed on.
    pub candles: usize,
    /// Decimals of the prices.
    pub decimals: u8,
    /// The facts; of several that bear one name the first is the one a template gets.
    pub facts: Vec<Fact>,
    /// The same for a prompt.
    pub block: Block,
}

impl Facts {
    /// The facts of `series` at its last candle, every candle of it taken as closed.
    pub fn of(series: &Series) -> Self {
        let study = Study::of(series.candles());
        Self::from_study(series, &study)
    }

    /// As [`Facts::of`], from a study of the same series.
    pub fn from_study(series: &Series, study: &Study) -> Self {
        let candles = series.candles();
        let profile = volume_profile(&candles[candles.len().saturating_sub(BARS)..], ROWS);
        let mut collect = Collect::new(series);
        collect.prices(study);
        collect.indicators(study);
        collect.swings(study);
        collect.range(study);
        collect.structure(study);
        collect.zones(study);
        collect.profile(profile.as_ref());
        let sessions = session_levels(series);
        for level in &sessions {
            collect.number(level.name.as_str(), level.price, Unit::Price, level.bar, level.known);
        }
        Self {
            symbol: series.symbol().to_owned(),
            timeframe: series.timeframe(),
            as_of: series.last().time,
            candles: candles.len(),
            decimals: series.decimals(),
            facts: collect.facts,
            block: Block::of(series, study, profile.as_ref(), &sessions),
        }
    }

    /// The fact of this name.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|f| f.name == name)
    }

    /// All facts of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Fact> {
        self.facts.iter().filter(move |f| f.name == name)
    }

    /// The number of this name.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.number()
    }

    /// The as-of as text, `2020-07-07T17:00:00Z`.
    pub fn as_of_text(&self) -> String {
        timestamp(self.as_of).to_string()
    }
}

/// `fib_0_618` for 0.618.
fn fib_name(ratio: f64) -> String {
    format!("fib_{}", ratio.to_string().replace('.', "_"))
}

/// Every name a fact can bear, whether these candles give it a value or not.
pub fn known_names() -> Vec<String> {
    const FIXED: [&str; 41] = [
        "open",
        "high",
        "low",
        "close",
        "highest_high",
        "lowest_low",
        "rsi",
        "rsi_previous",
        "atr",
        "ema_20",
        "ema_50",
        "ema_200",
        "swing_high",
        "swing_low",
        "leg_start",
        "leg_end",
        "leg_direction",
        "pivot_high",
        "pivot_low",
        "range_high",
        "range_low",
        "range_position",
        "range_zone",
        "trend",
        "trend_internal",
        "trend_swing",
        "last_break",
        "order_block_bullish_top",
        "order_block_bullish_bottom",
        "order_block_bearish_top",
        "order_block_bearish_bottom",
        "fvg_bullish_top",
        "fvg_bullish_bottom",
        "fvg_bearish_top",
        "fvg_bearish_bottom",
        "equal_high",
        "equal_low",
        "divergence",
        "poc",
        "vah",
        "val",
    ];
    let ratios = RETRACEMENTS.iter().chain(&EXTENSIONS);
    FIXED
        .iter()
        .map(ToString::to_string)
        .chain(ratios.map(|r| fib_name(*r)))
        .chain(session_levels::names())
        .collect()
}

/// Gathers facts; each method adds those of one concept.
struct Collect<'a> {
    series: &'a Series,
    last: usize,
    facts: Vec<Fact>,
}

impl<'a> Collect<'a> {
    fn new(series: &'a Series) -> Self {
        Self {
            series,
            last: series.candles().len() - 1,
            facts: Vec::with_capacity(96),
        }
    }

    fn add(&mut self, name: impl Into<String>, value: Value, unit: Unit, bar: usize, known: usize) {
        let time = |bar: usize| self.series.candles()[bar].time;
        self.facts.push(Fact {
            name: name.into(),
            value,
            unit,
            bar,
            time: time(bar),
            known,
            known_time: time(known),
        });
    }

    fn number(&mut self, name: impl Into<String>, value: f64, unit: Unit, bar: usize, known: usize) {
        self.add(name, Value::Number(value), unit, bar, known);
    }

    fn word(&mut self, name: &str, word: impl ToString, bar: usize, known: usize) {
        self.add(name, Value::Word(word.to_string()), Unit::Word, bar, known);
    }

    fn prices(&mut self, study: &Study) {
        let last = self.last;
        let candle = *self.series.last();
        for (name, value) in [
            ("close", candle.close),
            ("open", candle.open),
            ("high", candle.high),
            ("low", candle.low),
        ] {
            self.number(name, value, Unit::Price, last, last);
        }
        let (top, bottom) = (study.highest, study.lowest);
        let (high, low) = (self.series.candles()[top].high, self.series.candles()[bottom].low);
        self.number("highest_high", high, Unit::Price, top, top);
        self.number("lowest_low", low, Unit::Price, bottom, bottom);
    }

    fn indicators(&mut self, study: &Study) {
        let last = self.last;
        if let Some(rsi) = study.rsi.at(last) {
            self.number("rsi", rsi, Unit::Oscillator, last, last);
        }
        if let Some((before, rsi)) = last.checked_sub(1).and_then(|b| Some((b, study.rsi.at(b)?))) {
            self.number("rsi_previous", rsi, Unit::Oscillator, before, before);
        }
        if let Some(atr) = study.atr.at(last) {
            self.number("atr", atr, Unit::Distance, last, last);
        }
        for (period, line) in EMA_PERIODS.iter().zip(&study.emas) {
            if let Some(ema) = line.at(last) {
                self.number(format!("ema_{period}"), ema, Unit::Price, last, last);
            }
        }
    }

    /// The swing leg first, so that a template gets it; the internal leg and the pivots bear the same names behind it.
    fn swings(&mut self, study: &Study) {
        let legs = [&study.swing.legs, &study.internal.legs].map(|l| Leg::last(l));
        for leg in legs.iter().flatten() {
            self.leg(leg);
        }
        for (side, name, swing) in [
            (Side::High, "pivot_high", "swing_high"),
            (Side::Low, "pivot_low", "swing_low"),
        ] {
            let mut newest: Vec<Pivot> = study
                .pivots
                .iter()
                .rev()
                .filter(|p| p.side == side)
                .take(5)
                .copied()
                .collect();
            if let Some(p) = newest.first().copied() {
                self.number(name, p.price, Unit::Price, p.bar, p.known);
            }
            for p in newest.drain(..) {
                self.number(swing, p.price, Unit::Price, p.bar, p.known);
            }
        }
    }

    fn leg(&mut self, leg: &Leg) {
        let Leg { a, b } = leg;
        let known = a.known.max(b.known);
        for pivot in [a, b] {
            let name = match pivot.side {
                Side::High => "swing_high",
                Side::Low => "swing_low",
            };
            self.number(name, pivot.price, Unit::Price, pivot.bar, pivot.known);
        }
        self.number("leg_start", a.price, Unit::Price, a.bar, known);
        self.number("leg_end", b.price, Unit::Price, b.bar, known);
        let direction = if b.price > a.price {
            Direction::Bullish
        } else {
            Direction::Bearish
        };
        self.word("leg_direction", direction, b.bar, known);
        for ratio in RETRACEMENTS {
            self.number(fib_name(ratio), leg.retracement(ratio), Unit::Price, b.bar, known);
        }
        for ratio in EXTENSIONS {
            self.number(fib_name(ratio), leg.extension(ratio), Unit::Price, b.bar, known);
        }
    }

    fn range(&mut self, study: &Study) {
        let candles = self.series.candles();
        let last = self.last;
        for legs in [&study.swing.legs, &study.internal.legs] {
            let Some(range) = dealing_range(candles, legs) else {
                continue;
            };
            self.number("range_high", range.high.0, Unit::Price, range.high.1, range.known);
            self.number("range_low", range.low.0, Unit::Price, range.low.1, range.known);
            self.number("range_position", range.position, Unit::Ratio, last, last);
            self.word("range_zone", range.zone, last, last);
        }
    }

    fn structure(&mut self, study: &Study) {
        for (name, trading) in [("trend_swing", &study.swing), ("trend_internal", &study.internal)] {
            let Some(last) = trading.breaks.last() else { continue };
            self.word(name, last.direction, last.pivot, last.known);
            self.word("trend", last.direction, last.pivot, last.known);
            let level = price(last.level, self.series.decimals());
            let words = format!("{} {} through {level}", last.direction, last.kind.label());
            self.word("last_break", words, last.pivot, last.known);
        }
        if let Some(last) = study.divergences.last() {
            self.word("divergence", last.kind.name(), last.second, last.known);
        }
    }

    fn zones(&mut self, study: &Study) {
        let close = self.series.last().close;
        let mut zones: Vec<(&str, Direction, f64, f64, usize, usize)> = Vec::new();
        for trading in [&study.swing, &study.internal] {
            for o in trading.live_blocks() {
                zones.push(("order_block", o.direction, o.top, o.bottom, o.bar, o.known));
            }
        }
        for g in study.live_gaps() {
            zones.push(("fvg", g.direction, g.top, g.bottom, g.bar, g.known));
        }
        let distance = |top: f64, bottom: f64| (bottom - close).max(close - top).max(0.0);
        zones.sort_by(|a, b| distance(a.2, a.3).total_cmp(&distance(b.2, b.3)));
        for (kind, direction, top, bottom, bar, known) in zones {
            self.number(format!("{kind}_{direction}_top"), top, Unit::Price, bar, known);
            self.number(format!("{kind}_{direction}_bottom"), bottom, Unit::Price, bar, known);
        }
        let mut levels: Vec<_> = study.live_levels().collect();
        levels.sort_by(|a, b| (a.outer() - close).abs().total_cmp(&(b.outer() - close).abs()));
        for e in levels {
            let name = match e.side {
                Side::High => "equal_high",
                Side::Low => "equal_low",
            };
            self.number(name, e.outer(), Unit::Price, e.second, e.known);
        }
    }

    fn profile(&mut self, profile: Option<&VolumeProfile>) {
        let Some(p) = profile else { return };
        let last = self.last;
        for (name, value) in [
            ("poc", p.point_of_control),
            ("vah", p.value_area_high),
            ("val", p.value_area_low),
        ] {
            self.number(name, value, Unit::Price, last, last);
        }
    }
}
