//! Premium and discount: where the close lies in the range between the last swing high and low.

use serde::{Deserialize, Serialize};

use super::Side;
use super::pivots::Pivot;
use crate::market::Candle;

/// The part of the range in which the close lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Zone {
    /// Above 52.5 % of the range.
    Premium,
    /// Below 47.5 % of it.
    Discount,
    /// Between.
    Equilibrium,
}

impl std::fmt::Display for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Zone::Premium => "premium",
            Zone::Discount => "discount",
            Zone::Equilibrium => "equilibrium",
        })
    }
}

/// The dealing range at the last bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DealingRange {
    /// Its low, and the bar that made it.
    pub low: (f64, usize),
    /// Its high, and the bar that made it.
    pub high: (f64, usize),
    /// The bar at which both ends' swing points were known.
    pub known: usize,
    /// `(close − low) / (high − low)`.
    pub position: f64,
    /// What that means.
    pub zone: Zone,
}

/// The range between the last known high and low of `legs`, each extended by any later higher high or lower low.
/// `None` while one is missing, or where high and low are one price.
pub fn dealing_range(candles: &[Candle], legs: &[Pivot]) -> Option<DealingRange> {
    let last = |side: Side| legs.iter().rev().find(|p| p.side == side);
    let (top, bottom) = (last(Side::High)?, last(Side::Low)?);
    let mut high = (top.price, top.bar);
    for (bar, candle) in candles.iter().enumerate().skip(top.bar + 1) {
        if candle.high > high.0 {
            high = (candle.high, bar);
        }
    }
    let mut low = (bottom.price, bottom.bar);
    for (bar, candle) in candles.iter().enumerate().skip(bottom.bar + 1) {
        if candle.low < low.0 {
            low = (candle.low, bar);
        }
    }
    let span = high.0 - low.0;
    if span <= 0.0 {
        return None;
    }
    let position = (candles.last()?.close - low.0) / span;
    let zone = if position > 0.525 {
        Zone::Premium
    } else if position < 0.475 {
        Zone::Discount
    } else {
        Zone::Equilibrium
    };
    Some(DealingRange {
        low,
        high,
        known: top.known.max(bottom.known).max(low.1).max(high.1),
        position,
        zone,
    })
}
