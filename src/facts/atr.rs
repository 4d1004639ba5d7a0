//! Average true range, Wilder's, as TA-Lib computes it.

use super::Line;
use crate::market::Candle;

/// True range of `candle` after a close at `previous`: the widest of high−low and the distances from that close.
pub fn true_range(candle: &Candle, previous: f64) -> f64 {
    (candle.high - candle.low)
        .max((candle.high - previous).abs())
        .max((candle.low - previous).abs())
}

/// ATR over `period` true ranges, in price; first value at bar `period`.
///
/// The first bar has no true range; the seed is the plain mean of the true ranges of bars 1 to `period`, then
/// `avg = (avg · (period − 1) + tr) / period` (Wilder 1978).
pub fn atr(candles: &[Candle], period: usize) -> Line {
    if period == 0 || candles.len() <= period {
        return Line::never();
    }
    let n = period as f64;
    let ranges = candles.windows(2).map(|w| true_range(&w[1], w[0].close));
    let mut values = Vec::with_capacity(candles.len() - period);
    let mut average = 0.0;
    for (at, range) in ranges.enumerate() {
        let bar = at + 1;
        if bar <= period {
            average += range;
            if bar < period {
                continue;
            }
            average /= n;
        } else {
            average = (average * (n - 1.0) + range) / n;
        }
        values.push(average);
    }
    Line::starting(period, values)
}
