//! Writing the `facts` block: which facts stand in it, rounded how, and its text.

use serde_json::Value as Json;

use super::block::{
    Block, BlockBreak, BlockDivergence, BlockFib, BlockLevel, BlockPrice, BlockProfile, BlockRange, BlockRsi,
    BlockSession, BlockStructure, BlockSwing, BlockZone, SECTIONS,
};
use super::dealing_range::dealing_range;
use super::fibonacci::{EXTENSIONS, Leg, RETRACEMENTS};
use super::session_levels::SessionLevel;
use super::study::EMA_PERIODS;
use super::volume_profile::VolumeProfile;
use super::{Direction, Study, Trading};
use crate::market::{Series, timestamp};

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

/// Tokens of a text, about: four bytes each, as the price estimate counts.
fn tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}

fn round(value: f64, decimals: u8) -> f64 {
    let rounded: f64 = format!("{value:.*}", usize::from(decimals)).parse().unwrap_or(value);
    // No "-0.0" in a prompt.
    rounded + 0.0
}

impl Block {
    pub(super) fn of(
        series: &Series,
        study: &Study,
        profile: Option<&VolumeProfile>,
        sessions: &[SessionLevel],
    ) -> Self {
        let candles = series.candles();
        let last = candles.len() - 1;
        let w = Writer {
            series,
            close: series.last().close,
            atr: study.atr.at(last),
        };
        let sizes = [("swing", &study.swing), ("internal", &study.internal)];
        let near = |away: Option<f64>| away.is_none_or(|a| a.abs() <= FARTHEST);
        // Nearest first, and only those few written: a long history leaves thousands.
        let nearest = |mut zones: Vec<(Direction, f64, f64, usize, bool)>| -> Vec<BlockZone> {
            zones.retain(|(_, top, bottom, ..)| near(w.away(w.close.clamp(*bottom, *top))));
            let distance = |top: f64, bottom: f64| (bottom - w.close).max(w.close - top).max(0.0);
            zones.sort_by(|a, b| distance(a.1, a.2).total_cmp(&distance(b.1, b.2)));
            zones.dedup_by(|a, b| (a.1, a.2, a.3) == (b.1, b.2, b.3));
            zones.truncate(ZONES);
            zones
                .iter()
                .map(|(way, top, bottom, bar, tested)| w.zone(*way, *top, *bottom, *bar, *tested))
                .collect()
        };
        let order_blocks = nearest(
            sizes
                .iter()
                .flat_map(|(_, t)| t.live_blocks())
                .map(|o| (o.direction, o.top, o.bottom, o.bar, o.tested.is_some()))
                .collect(),
        );
        let fvg = nearest(
            study
                .live_gaps()
                .map(|g| (g.direction, g.top, g.bottom, g.bar, g.touched.is_some()))
                .collect(),
        );
        let mut levels: Vec<_> = study.live_levels().filter(|e| near(w.away(e.outer()))).collect();
        levels.sort_by(|a, b| (a.outer() - w.close).abs().total_cmp(&(b.outer() - w.close).abs()));
        let liquidity = levels
            .into_iter()
            .take(LEVELS)
            .map(|e| BlockLevel {
                side: e.side,
                price: w.price(e.outer()),
                time: w.time(e.second),
                atr_away: w.away(e.outer()),
            })
            .collect();
        let divergence = study
            .divergences
            .iter()
            .rev()
            .filter(|d| d.known + DIVERGENCE_AGE > last);
        let range = sizes.iter().find_map(|(_, t)| dealing_range(candles, &t.legs));
        let candle = series.last();
        Self {
            symbol: series.symbol().to_owned(),
            timeframe: series.timeframe().to_string(),
            as_of: timestamp(candle.time).to_string(),
            candles: candles.len(),
            decimals: series.decimals(),
            request: None,
            price: Some(BlockPrice {
                open: w.price(candle.open),
                high: w.price(candle.high),
                low: w.price(candle.low),
                close: w.price(candle.close),
                highest_high: w.price(candles[study.highest].high),
                lowest_low: w.price(candles[study.lowest].low),
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
            sessions: sessions
                .iter()
                .map(|level| BlockSession {
                    name: level.name.clone(),
                    price: w.price(level.price),
                    time: w.time(level.bar),
                    atr_away: w.away(level.price),
                })
                .filter(|level| near(level.atr_away))
                .collect(),
        }
    }

    /// The block's JSON with a section a line: all sections, or those named in `sections`. Identity and request are always
    /// in it.
    pub fn text(&self, sections: &[&str]) -> String {
        let Ok(Json::Object(all)) = serde_json::to_value(self) else {
            // A struct of strings, numbers and lists has a JSON form.
            return "{}".to_owned();
        };
        let (mut identity, mut lines) = (Vec::new(), Vec::new());
        for (key, value) in &all {
            let member = format!("{}: {}", Json::from(key.as_str()), whole_numbers(value));
            if key == "request" {
                // A line of its own, so that who reads the prompt finds it.
                lines.push(member);
            } else if !SECTIONS.contains(&key.as_str()) {
                identity.push(member);
            } else if sections.is_empty() || sections.contains(&key.as_str()) {
                lines.push(member);
            }
        }
        lines.insert(0, identity.join(", "));
        format!("{{\n{}\n}}", lines.join(",\n"))
    }

    /// The block fenced, as a prompt carries it, in about `budget` tokens: what is farthest from price or oldest is left
    /// out first, until only one of each kind is left.
    pub fn fenced(&self, sections: &[&str], budget: usize) -> String {
        let mut text = self.text(sections);
        let mut block = None;
        while tokens(&text) > budget {
            let rest = block.get_or_insert_with(|| self.clone());
            if !rest.drop_least(sections) {
                break;
            }
            text = rest.text(sections);
        }
        format!("```facts\n{text}\n```")
    }

    /// Leaves out the last of the longest list among `sections`; `false` if none has two.
    fn drop_least(&mut self, sections: &[&str]) -> bool {
        let told = |name: &str| sections.is_empty() || sections.contains(&name);
        let mut lists: Vec<(usize, &str)> = [
            ("sessions", self.sessions.len()),
            ("swings", self.swings.len()),
            ("liquidity", self.liquidity.len()),
            ("divergence", self.divergence.len()),
            ("fvg", self.fvg.len()),
            ("order_blocks", self.order_blocks.len()),
            ("fib", self.fib.len()),
        ]
        .into_iter()
        .filter(|(name, len)| *len > 1 && told(name))
        .map(|(name, len)| (len, name))
        .collect();
        // Of lists as long as each other the first named goes: order blocks and gaps are what most setups hang on.
        lists.sort_by_key(|(len, _)| std::cmp::Reverse(*len));
        let Some((_, longest)) = lists.first() else {
            return false;
        };
        match *longest {
            "sessions" => {
                let away = |s: &BlockSession| s.atr_away.unwrap_or(f64::MAX).abs();
                let farthest = (0..self.sessions.len())
                    .max_by(|a, b| away(&self.sessions[*a]).total_cmp(&away(&self.sessions[*b])));
                farthest.map(|at| self.sessions.remove(at));
            }
            "swings" => self.swings.truncate(self.swings.len() - 1),
            "liquidity" => self.liquidity.truncate(self.liquidity.len() - 1),
            "divergence" => self.divergence.truncate(self.divergence.len() - 1),
            "fvg" => self.fvg.truncate(self.fvg.len() - 1),
            "order_blocks" => self.order_blocks.truncate(self.order_blocks.len() - 1),
            _ => self.fib.truncate(self.fib.len() - 1),
        }
        true
    }
}
