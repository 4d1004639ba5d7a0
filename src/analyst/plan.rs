//! The setup: where to enter with the view, where it is wrong, where it pays; or why there is no trade.

use super::input::AnalystInput;
use super::weigh::View;
use crate::facts::fibonacci::extension;
use crate::facts::{Block, Direction, Emphasis, Side};
use crate::setup::{Claim, Order, Setup, Side as TradeSide, Zone};

/// A setup with its reasons, or the reason for none.
pub(super) enum Plan {
    Trade {
        setup: Box<Setup>,
        /// What the entry rests on.
        entry: String,
        /// What the stop lies beyond.
        stop: String,
        /// What each target is.
        targets: Vec<String>,
    },
    NoTrade(String),
}

/// How far an entry may lie from the close, in ATR.
const REACH: f64 = 2.9;
/// How far beyond its level a stop lies, in ATR.
const BEYOND: f64 = 0.3;
/// The nearest and farthest that a stop may lie from the entry, in ATR: nearer is inside the noise of a candle, and it is put
/// there; farther is no trade.
const RISK: (f64, f64) = (1.0, 4.0);
/// The farthest that a target may lie from the entry, in ATR.
const REWARD: f64 = 12.0;

/// What a level is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LevelKind {
    Average,
    Swing,
    Profile,
    Retracement,
    Zone,
}

impl LevelKind {
    /// Whether a request of this emphasis enters at such a level.
    fn is_entry(self, emphasis: Emphasis) -> bool {
        match emphasis {
            Emphasis::Structure => self == LevelKind::Zone,
            Emphasis::Fibonacci => self == LevelKind::Retracement,
            Emphasis::Rsi => matches!(self, LevelKind::Swing | LevelKind::Average),
            Emphasis::Confluence => true,
        }
    }
}

/// A level that price may react to: its edges and its name.
struct Level {
    kind: LevelKind,
    low: f64,
    high: f64,
    name: String,
}

pub(super) fn plan(input: &AnalystInput, view: &View) -> Plan {
    let block = &input.block;
    let (Some(price), Some(atr)) = (&block.price, block.atr.filter(|a| *a > 0.0)) else {
        return Plan::NoTrade("the facts hold no price or no ATR, so no distance can be judged".to_owned());
    };
    let Some(direction) = view.direction else {
        return Plan::NoTrade(format!(
            "the votes come to {:+.1}, and it takes two net votes to be a direction",
            view.score
        ));
    };
    if input.bias.is_some_and(|bias| bias != direction) {
        return Plan::NoTrade(format!(
            "the facts speak for the {direction} side, and the request is for the other"
        ));
    }
    let planner = Planner {
        block,
        direction,
        sign: f64::from(direction.sign()),
        close: price.close,
        atr,
    };
    let mut entries = planner.entries(input.emphasis);
    // The entry that most levels share, the nearer first.
    entries.sort_by(|a, b| {
        let votes = |l: &Level| planner.agreeing(l);
        votes(b)
            .cmp(&votes(a))
            .then(planner.away(a).total_cmp(&planner.away(b)))
    });
    let tried = entries.len();
    entries
        .iter()
        .find_map(|level| planner.trade(level, input, view))
        .unwrap_or_else(|| {
            Plan::NoTrade(if tried == 0 {
                format!(
                    "no level within {REACH} ATR of the close {} to enter at, of those that count here",
                    price.close
                )
            } else {
                format!(
                    "no entry offers {} of reward for one of risk before the next level in the way",
                    input.least_reward
                )
            })
        })
}

struct Planner<'a> {
    block: &'a Block,
    direction: Direction,
    sign: f64,
    close: f64,
    atr: f64,
}

impl Planner<'_> {
    fn round(&self, value: f64) -> f64 {
        format!("{value:.*}", usize::from(self.block.decimals))
            .parse()
            .unwrap_or(value)
    }

    /// Every level of the block that the direction could enter from.
    fn levels(&self) -> Vec<Level> {
        let block = self.block;
        let mut levels = Vec::new();
        let mut point = |kind: LevelKind, price: f64, name: String| {
            levels.push(Level {
                kind,
                low: price,
                high: price,
                name,
            });
        };
        for (period, ema) in &block.ema {
            point(LevelKind::Average, *ema, format!("EMA {period}"));
        }
        for swing in &block.swings {
            let wanted = if self.sign > 0.0 { Side::Low } else { Side::High };
            if swing.side == wanted {
                point(LevelKind::Swing, swing.price, format!("the swing at {}", swing.time));
            }
        }
        if let Some(profile) = &block.profile {
            point(LevelKind::Profile, profile.poc, "the point of control".to_owned());
            let edge = if self.sign > 0.0 { profile.val } else { profile.vah };
            point(LevelKind::Profile, edge, "the value area's edge".to_owned());
        }
        for fib in block.fib.iter().filter(|f| f.direction == self.direction) {
            let level = |ratio: &str| fib.retracement.get(ratio).copied();
            if let (Some(a), Some(b)) = (level("0.618"), level("0.786")) {
                levels.push(Level {
                    kind: LevelKind::Retracement,
                    low: a.min(b),
                    high: a.max(b),
                    name: format!("the 0.618 to 0.786 pocket of the {} leg", fib.leg),
                });
            }
            for ratio in ["0.382", "0.5"] {
                if let Some(price) = level(ratio) {
                    levels.push(Level {
                        kind: LevelKind::Retracement,
                        low: price,
                        high: price,
                        name: format!("the {ratio} retracement of the {} leg", fib.leg),
                    });
                }
            }
        }
        let zones = block.order_blocks.iter().map(|z| (z, "order block"));
        for (zone, kind) in zones.chain(block.fvg.iter().map(|z| (z, "fair value gap"))) {
            if zone.direction == self.direction {
                let fresh = if zone.tested { "" } else { "untested " };
                levels.push(Level {
                    kind: LevelKind::Zone,
                    low: zone.bottom,
                    high: zone.top,
                    name: format!("the {fresh}{} {kind} of {}", zone.direction, zone.time),
                });
            }
        }
        levels
    }

    /// Levels on the near side of the close from which an order can wait, of the kinds that the prompt enters at.
    fn entries(&self, emphasis: Emphasis) -> Vec<Level> {
        self.levels()
            .into_iter()
            .filter(|level| {
                let middle = f64::midpoint(level.low, level.high);
                let waits = (self.close - middle) * self.sign > 0.0 && self.away(level) <= REACH;
                let placed = emphasis != Emphasis::Structure || self.is_cheap(level);
                waits && level.kind.is_entry(emphasis) && placed
            })
            .collect()
    }

    /// Whether a level lies in the half of the dealing range that its side belongs in; without a range anywhere will do.
    fn is_cheap(&self, level: &Level) -> bool {
        let half = self.block.range.as_ref().map(|r| f64::midpoint(r.low, r.high));
        half.is_none_or(|half| (half - self.entry_zone(level).middle()) * self.sign >= 0.0)
    }

    /// Where a level is entered: of a wide zone the half ATR nearest to price, never across the close.
    fn entry_zone(&self, level: &Level) -> Zone {
        let depth = (level.high - level.low).min(0.5 * self.atr);
        let edge = if self.sign > 0.0 {
            level.high.min(self.close)
        } else {
            level.low.max(self.close)
        };
        Zone::between(self.round(edge), self.round(edge - self.sign * depth))
    }

    /// Distance from the close to the entry at a level, in ATR.
    fn away(&self, level: &Level) -> f64 {
        (self.close - self.entry_zone(level).middle()).abs() / self.atr
    }

    /// How many levels lie within a third of an ATR of this one, itself included.
    fn agreeing(&self, level: &Level) -> usize {
        let near = self.atr / 3.0;
        let levels = self.levels();
        levels
            .iter()
            .filter(|l| l.low <= level.high + near && l.high >= level.low - near)
            .count()
    }

    /// Prices at which the trade would meet something beyond `from`, nearest first.
    fn ahead(&self, from: f64) -> Vec<(f64, String)> {
        let block = self.block;
        let up = self.sign > 0.0;
        let mut found: Vec<(f64, String)> = Vec::new();
        let far_side = if up { Side::High } else { Side::Low };
        for swing in block.swings.iter().filter(|s| s.side == far_side) {
            found.push((swing.price, format!("the swing of {}", swing.time)));
        }
        for level in block.liquidity.iter().filter(|l| l.side == far_side) {
            found.push((level.price, "resting liquidity".to_owned()));
        }
        for zone in block.order_blocks.iter().filter(|z| z.direction != self.direction) {
            found.push((
                if up { zone.bottom } else { zone.top },
                format!("the {} order block of {}", zone.direction, zone.time),
            ));
        }
        if let Some(range) = &block.range {
            let (from, to) = if up {
                (range.low, range.high)
            } else {
                (range.high, range.low)
            };
            found.push((to, "the end of the dealing range".to_owned()));
            for ratio in [1.272, 1.618] {
                let price = self.round(extension(from, to, ratio));
                found.push((price, format!("the dealing range extended to {ratio}")));
            }
        }
        for fib in block.fib.iter().filter(|f| f.direction == self.direction) {
            found.push((fib.to, format!("the end of the {} leg", fib.leg)));
            for (ratio, price) in &fib.extension {
                found.push((*price, format!("the {ratio} extension of the {} leg", fib.leg)));
            }
        }
        found.retain(|(price, _)| {
            let distance = (price - from) * self.sign;
            distance > 0.0 && distance <= REWARD * self.atr && *price > 0.0
        });
        found.sort_by(|a, b| ((a.0 - from) * self.sign).total_cmp(&((b.0 - from) * self.sign)));
        found.dedup_by(|a, b| (a.0 - b.0).abs() < 0.2 * self.atr);
        found
    }

    fn trade(&self, level: &Level, input: &AnalystInput, view: &View) -> Option<Plan> {
        let zone = self.entry_zone(level);
        let entry = zone.middle();
        let (beyond, anchor) = self.anchor(level);
        // Inside the noise of one candle a stop is no stop.
        let anchored = beyond - self.sign * BEYOND * self.atr;
        let nearest = entry - self.sign * RISK.0 * self.atr;
        let stop = self.round(if self.sign > 0.0 {
            anchored.min(nearest)
        } else {
            anchored.max(nearest)
        });
        let risk = (entry - stop) * self.sign;
        let in_atr = risk / self.atr;
        let outside = if self.sign > 0.0 {
            stop < zone.low()
        } else {
            stop > zone.high()
        };
        if !outside || stop <= 0.0 || in_atr > RISK.1 {
            return None;
        }
        // What lies between entry and close has just been traded through: it is no obstacle on the way back.
        let ahead = self.ahead(self.close);
        let reward = |price: f64| (price - entry) * self.sign / risk;
        // The next obstacle decides whether the trade is worth its risk; less than half a risk away is no obstacle.
        let first = ahead.iter().position(|(price, _)| reward(*price) >= 0.5)?;
        let paying = ahead[first..]
            .iter()
            .position(|(price, _)| reward(*price) >= input.least_reward)?;
        if paying > 1 {
            return None;
        }
        let chosen: Vec<&(f64, String)> = ahead[first + paying..].iter().take(2).collect();
        let targets: Vec<f64> = chosen.iter().map(|(price, _)| self.round(*price)).collect();
        let ratio = reward(*targets.first()?);
        let side = if self.sign > 0.0 {
            TradeSide::Long
        } else {
            TradeSide::Short
        };
        let word = if self.sign > 0.0 { "below" } else { "above" };
        let setup = Setup {
            side: Some(side),
            order: Some(Order::Limit),
            entry: Some(zone),
            stop: Some(stop),
            targets,
            risk_reward: Some((ratio * 100.0).round() / 100.0),
            valid_bars: Some(input.valid_bars),
            confidence: Some(confidence(ratio, view.score, self.agreeing(level))),
            invalidation: Some(format!("{} close {word} {stop}", self.block.timeframe)),
            claims: self.claims(),
            unread: Vec::new(),
        };
        Some(Plan::Trade {
            setup: Box::new(setup),
            entry: level.name.clone(),
            stop: anchor,
            targets: chosen.iter().map(|(_, name)| name.clone()).collect(),
        })
    }

    /// The price that the stop must lie beyond: the zone's far edge, or the swing behind it where one is near.
    fn anchor(&self, level: &Level) -> (f64, String) {
        let far = if self.sign > 0.0 { level.low } else { level.high };
        let side = if self.sign > 0.0 { Side::Low } else { Side::High };
        let behind = self
            .block
            .swings
            .iter()
            .filter(|s| s.side == side)
            .map(|s| (s.price, (far - s.price) * self.sign / self.atr, &s.time))
            .filter(|(_, distance, _)| (0.0..=1.0).contains(distance))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        match behind {
            Some((price, _, time)) => (price, format!("the swing {price} of {time}")),
            None => (
                far - self.sign * 0.4 * self.atr,
                format!("the far edge {far} of the entry's level"),
            ),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let claim = |name: &str, value: Option<f64>| {
            value.map(|value| Claim {
                name: name.to_owned(),
                value,
                time: None,
            })
        };
        [
            claim("close", Some(self.close)),
            claim("rsi", self.block.rsi.as_ref().map(|r| r.value)),
            claim("ema_50", self.block.ema.get(&50).copied()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// How likely it is to win: in a market without a drift the first target is reached before the stop with odds of the stop's
/// distance to both (W. Feller, 1968, the gambler's ruin). Votes beyond those it takes, and levels that agree, raise it by a
/// hundredth each.
fn confidence(ratio: f64, score: f64, agreeing: usize) -> f64 {
    let even = 1.0 / (1.0 + ratio);
    let raw = even + 0.01 * (score.abs() - super::weigh::ENOUGH).max(0.0) + 0.01 * agreeing.min(5) as f64;
    (raw.min(0.65) * 100.0).round() / 100.0
}
