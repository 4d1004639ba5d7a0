//! Legs: the alternating swings of a market at one size, by LuxAlgo's rule.

use super::Side;
use super::pivots::Pivot;
use crate::market::Candle;

/// Size of internal structure.
pub const INTERNAL: usize = 5;
/// Size of swing structure.
pub const SWING: usize = 50;
/// Size for equal highs and lows.
pub const EQUAL: usize = 3;

/// The leg pivots of `candles` at `size`, oldest first; highs and lows alternate; `known` is `bar + size`.
///
/// At bar t, look at c = t − size: a high above all highs since turns the leg down and makes c a swing high, else a low
/// below all lows since turns it up and makes c a swing low. It starts as down. (LuxAlgo, Smart Money Concepts.)
pub fn legs(candles: &[Candle], size: usize) -> Vec<Pivot> {
    let mut found = Vec::new();
    let mut up = false;
    for t in size..candles.len() {
        let c = t - size;
        let after = &candles[c + 1..=t];
        let (high, low) = (candles[c].high, candles[c].low);
        let top = after.iter().all(|a| high > a.high);
        if top {
            if up {
                found.push(pivot(c, Side::High, high, t));
            }
            up = false;
        } else if after.iter().all(|a| low < a.low) {
            if !up {
                found.push(pivot(c, Side::Low, low, t));
            }
            up = true;
        }
    }
    found
}

fn pivot(bar: usize, side: Side, price: f64, known: usize) -> Pivot {
    Pivot {
        bar,
        side,
        price,
        known,
    }
}
