//! The `facts` block of a prompt: the same facts as JSON, one section a line, newest and nearest first, live levels only.
//!
//! It is written here and read by the offline analyst, through the same types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::dealing_range::{Zone, dealing_range};
use super::divergence::DivergenceKind;
use super::fibonacci::{EXTENSIONS, Leg, RETRACEMENTS};
use super::study::EMA_PERIODS;
use super::volume_profile::VolumeProfile;
use super::{Direction, Side, Study, Trading};
use crate::market::{Series, timestamp};

/// The sections that `facts("…")` can name.
pub const SECTIONS: [&str; 13] = [
    "price",
    "rsi",
    "atr",
    "ema",
    "swings",
    "fib",
    "range",
    "structure",
    "order_blocks",
    "fvg",
    "liquidity",
    "divergence",
    "profile",
];

/// How many of a kind are told.
const SWINGS: usize = 6;
const BREAKS: usize = 3;
const ZONES: usize = 5;
const LEVELS: usize = 4;
/// A level farther away than this, in ATR, says nothing about the next trade.
const FARTHEST: f64 = 20.0;
const DIVERGENCES: usize = 2;
/// A divergence older than this many bars has played out.
const DIVERGENCE_AGE: usize = 60;

/// What the candles say, as a prompt carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// The instrument.
    pub symbol: String,
    /// The spacing of the candles.
    pub timeframe: String,
    /// Open time of the last closed candle.
    pub as_of: String,
    /// Candles computed on.
    pub candles: usize,
    /// Decimals of the prices.
    pub decimals: u8,
    /// The last candle and the extremes of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<BlockPrice>,
    /// RSI(14) now and one candle ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rsi: Option<BlockRsi>,
    /// ATR(14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr: Option<f64>,
    /// EMA by period.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ema: BTreeMap<usize, f64>,
    /// The last pivots, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub swings: Vec<BlockSwing>,
    /// Levels of the last swing leg, and of the last internal one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fib: Vec<BlockFib>,
    /// The dealing range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<BlockRange>,
    /// Trend and last breaks, by size.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub structure: Vec<BlockStructure>,
    /// Unbroken order blocks, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_blocks: Vec<BlockZone>,
    /// Unfilled fair value gaps, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fvg: Vec<BlockZone>,
    /// Unswept equal highs and lows, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub liquidity: Vec<BlockLevel>,
    /// The last RSI divergences, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub divergence: Vec<BlockDivergence>,
    /// Volume profile of the last 200 candles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<BlockProfile>,
}

/// The last candle and the extremes of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are a candle's own")]
pub struct BlockPrice {
    pub open: f64,
    pub high: f64,
    pub low: f64,
    pub close: f64,
    pub highest_high: f64,
    pub lowest_low: f64,
}

/// RSI(14).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockRsi {
    /// At the as-of.
    pub value: f64,
    /// One candle before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<f64>,
}

/// A pivot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockSwing {
    /// High or low.
    pub side: Side,
    /// Its price.
    pub price: f64,
    /// Its candle.
    pub time: String,
    /// Distance from the close in ATR, signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr_away: Option<f64>,
}

/// Fibonacci levels of a leg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockFib {
    /// `swing` or `internal`.
    pub leg: String,
    /// The way it ran.
    pub direction: Direction,
    /// Where it started.
    pub from: f64,
    /// That candle.
    pub from_time: String,
    /// Where it ended.
    pub to: f64,
    /// That candle.
    pub to_time: String,
    /// Price by ratio.
    pub retracement: BTreeMap<String, f64>,
    /// Price by ratio.
    pub extension: BTreeMap<String, f64>,
}

/// The dealing range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockRange {
    /// Its high.
    pub high: f64,
    /// Its low.
    pub low: f64,
    /// Where the close lies, 0 to 1.
    pub position: f64,
    /// What that means.
    pub zone: Zone,
}

/// Structure of one size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockStructure {
    /// `swing` or `internal`.
    pub size: String,
    /// The way of the last break.
    pub trend: Direction,
    /// The last breaks, newest first.
    pub breaks: Vec<BlockBreak>,
}

/// A break of structure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockBreak {
    /// `BOS` or `CHoCH`.
    pub kind: String,
    /// The way it broke.
    pub direction: Direction,
    /// The level broken.
    pub level: f64,
    /// The candle that closed beyond it.
    pub time: String,
}

/// A price zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockZone {
    /// Bullish is demand, bearish supply.
    pub direction: Direction,
    /// Upper edge.
    pub top: f64,
    /// Lower edge.
    pub bottom: f64,
    /// Its candle.
    pub time: String,
    /// Whether price has been back in it.
    pub tested: bool,
    /// Distance from the close to the nearer edge in ATR, signed, 0 inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr_away: Option<f64>,
}

/// A liquidity level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockLevel {
    /// Equal highs or equal lows.
    pub side: Side,
    /// The outer price.
    pub price: f64,
    /// The second candle.
    pub time: String,
    /// Distance from the close in ATR, signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atr_away: Option<f64>,
}

/// An RSI divergence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockDivergence {
    /// Regular or hidden, bullish or bearish.
    pub kind: DivergenceKind,
    /// The first pivot's candle.
    pub first: String,
    /// The second's.
    pub second: String,
}

/// Volume profile of the last 200 candles in 24 rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockProfile {
    /// Point of control.
    pub poc: f64,
    /// Value area high.
    pub vah: f64,
    /// Value area low.
    pub val: f64,
    /// What the volume counts: `real` or `tick`.
    pub volume: String,
}

/// Writes values of one series: prices rounded to its decimals, times without seconds, distances in ATR.
struct Writer<'a> {
    series: &'a Series,
    close: f64,
    atr: Option<f64>,
}

impl Writer<'_> {
    fn price(&self, value: f64) -> f64 {
        round(value, self.series.decimals())
    }

    fn time(&self, bar: usize) -> String {
        let time = timestamp(self.series.candles()[bar].time);
        time.strftime("%Y-%m-%dT%H:%MZ").to_string()
    }

    fn away(&self, from: f64) -> Option<f64> {
        self.atr.filter(|a| *a > 0.0).map(|a| round((from - self.close) / a, 1))
    }

    fn zone(&self, direction: Direction, top: f64, bottom: f64, bar: usize, tested: bool) -> BlockZone {
        let edge = self.close.clamp(bottom, top);
        BlockZone {
            direction,
            top: self.price(top),
            bottom: self.price(bottom),
            time: self.time(bar),
            tested,
            atr_away: self.away(edge),
        }
    }

    fn fib(&self, name: &str, leg: &Leg) -> BlockFib {
        let levels = |ratios: &[f64], price: &dyn Fn(f64) -> f64| {
            ratios.iter().map(|r| (r.to_string(), self.price(price(*r)))).collect()
        };
        BlockFib {
            leg: name.to_owned(),
            direction: if leg.b.price > leg.a.price {
                Direction::Bullish
            } else {
                Direction::Bearish
            },
            from: self.price(leg.a.price),
            from_time: self.time(leg.a.bar),
            to: self.price(leg.b.price),
            to_time: self.time(leg.b.bar),
            retracement: levels(&RETRACEMENTS, &|r| leg.retracement(r)),
            extension: levels(&EXTENSIONS, &|r| leg.extension(r)),
        }
    }

    fn structure(&self, size: &str, trading: &Trading) -> Option<BlockStructure> {
        let breaks = trading.breaks.iter().rev().take(BREAKS).map(|b| BlockBreak {
            kind: b.kind.label().to_owned(),
            direction: b.direction,
            level: self.price(b.level),
            time: self.time(b.known),
        });
        Some(BlockStructure {
            size: size.to_owned(),
            trend: trading.trend()?,
            breaks: breaks.collect(),
        })
    }
}

/// `value` with 134844.0 written as 134844.
fn whole_numbers(value: &Json) -> Json {
    match value {
        Json::Number(n) => match n.as_f64() {
            // Exact in both types.
            Some(f) if f.fract() == 0.0 && f.abs() < 9e15 => Json::from(f as i64),
            _ => value.clone(),
        },
        Json::Array(items) => items.iter().map(whole_numbers).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), whole_numbers(value)))
            .collect(),
        _ => value.clone(),
    }
}

fn round(value: f64, decimals: u8) -> f64 {
    let rounded: f64 = format!("{value:.*}", usize::from(decimals)).parse().unwrap_or(value);
    // No "-0.0" in a prompt.
    rounded + 0.0
}

impl Block {
    pub(super) fn of(series: &Series, study: &Study, profile: Option<&VolumeProfile>) -> Self {
        let candles = series.candles();
        let last = candles.len() - 1;
        let w = Writer {
            series,
            close: series.last().close,
            atr: study.atr.at(last),
        };
        let sizes = [("swing", &study.swing), ("internal", &study.internal)];
        let near = |away: Option<f64>| away.is_none_or(|a| a.abs() <= FARTHEST);
        let nearest = |zones: &mut Vec<BlockZone>| {
            zones.retain(|z| near(z.atr_away));
            let distance = |z: &BlockZone| (z.bottom - w.close).max(w.close - z.top).max(0.0);
            zones.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
            zones.dedup_by(|a, b| (a.top, a.bottom, &a.time) == (b.top, b.bottom, &b.time));
            zones.truncate(ZONES);
        };
        let mut order_blocks: Vec<BlockZone> = sizes
            .iter()
            .flat_map(|(_, t)| &t.order_blocks)
            .filter(|o| o.broken.is_none())
            .map(|o| w.zone(o.direction, o.top, o.bottom, o.bar, o.tested.is_some()))
            .collect();
        nearest(&mut order_blocks);
        let mut fvg: Vec<BlockZone> = study
            .gaps
            .iter()
            .filter(|g| g.filled.is_none())
            .map(|g| w.zone(g.direction, g.top, g.bottom, g.bar, g.touched.is_some()))
            .collect();
        nearest(&mut fvg);
        let mut liquidity: Vec<BlockLevel> = study
            .equal_levels
            .iter()
            .filter(|e| e.swept.is_none())
            .map(|e| BlockLevel {
                side: e.side,
                price: w.price(e.outer()),
                time: w.time(e.second),
                atr_away: w.away(e.outer()),
            })
            .collect();
        liquidity.retain(|l| near(l.atr_away));
        liquidity.sort_by(|a, b| (a.price - w.close).abs().total_cmp(&(b.price - w.close).abs()));
        liquidity.truncate(LEVELS);
        let divergence = study
            .divergences
            .iter()
            .rev()
            .filter(|d| d.known + DIVERGENCE_AGE > last);
        let range = sizes.iter().find_map(|(_, t)| dealing_range(candles, &t.legs));
        let extreme = |value: &dyn Fn(usize) -> f64, pick: fn(f64, f64) -> f64| {
            (0..=last).map(value).reduce(pick).unwrap_or(w.close)
        };
        let candle = series.last();
        Self {
            symbol: series.symbol().to_owned(),
            timeframe: series.timeframe().to_string(),
            as_of: timestamp(candle.time).to_string(),
            candles: candles.len(),
            decimals: series.decimals(),
            price: Some(BlockPrice {
                open: w.price(candle.open),
                high: w.price(candle.high),
                low: w.price(candle.low),
                close: w.price(candle.close),
                highest_high: w.price(extreme(&|b| candles[b].high, f64::max)),
                lowest_low: w.price(extreme(&|b| candles[b].low, f64::min)),
            }),
            rsi: study.rsi.at(last).map(|value| BlockRsi {
                value: round(value, 1),
                previous: last.checked_sub(1).and_then(|b| study.rsi.at(b)).map(|v| round(v, 1)),
            }),
            atr: study.atr.at(last).map(|atr| round(atr, series.decimals() + 1)),
            ema: EMA_PERIODS
                .iter()
                .zip(&study.emas)
                .filter_map(|(period, line)| Some((*period, w.price(line.at(last)?))))
                .collect(),
            swings: study
                .pivots
                .iter()
                .rev()
                .take(SWINGS)
                .map(|p| BlockSwing {
                    side: p.side,
                    price: w.price(p.price),
                    time: w.time(p.bar),
                    atr_away: w.away(p.price),
                })
                .collect(),
            fib: sizes
                .iter()
                .filter_map(|(name, t)| Some(w.fib(name, &Leg::last(&t.legs)?)))
                .collect(),
            range: range.map(|r| BlockRange {
                high: w.price(r.high.0),
                low: w.price(r.low.0),
                position: round(r.position, 3),
                zone: r.zone,
            }),
            structure: sizes.iter().filter_map(|(name, t)| w.structure(name, t)).collect(),
            order_blocks,
            fvg,
            liquidity,
            divergence: divergence
                .take(DIVERGENCES)
                .map(|d| BlockDivergence {
                    kind: d.kind,
                    first: w.time(d.first),
                    second: w.time(d.second),
                })
                .collect(),
            profile: profile.map(|p| BlockProfile {
                poc: w.price(p.point_of_control),
                vah: w.price(p.value_area_high),
                val: w.price(p.value_area_low),
                volume: series.volume().to_string(),
            }),
        }
    }

    /// The block's JSON with a section a line: all of them, or those named in `sections` (and who the candles are).
    pub fn text(&self, sections: &[&str]) -> String {
        let Ok(Json::Object(all)) = serde_json::to_value(self) else {
            // A struct of strings, numbers and lists has a JSON form.
            return "{}".to_owned();
        };
        let (mut identity, mut lines) = (Vec::new(), Vec::new());
        for (key, value) in &all {
            let member = format!("{}: {}", Json::from(key.as_str()), whole_numbers(value));
            if !SECTIONS.contains(&key.as_str()) {
                identity.push(member);
            } else if sections.is_empty() || sections.contains(&key.as_str()) {
                lines.push(member);
            }
        }
        lines.insert(0, identity.join(", "));
        format!("{{\n{}\n}}", lines.join(",\n"))
    }

    /// The block fenced, as a prompt carries it.
    pub fn fenced(&self, sections: &[&str]) -> String {
        format!("```facts\n{}\n```", self.text(sections))
    }
}
