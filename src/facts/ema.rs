//! Exponential moving average, as TA-Lib computes it.

use super::Line;

/// EMA of `closes` over `period`; first value at bar `period − 1`, the plain mean of the first `period` closes, then
/// `ema += 2 / (period + 1) · (close − ema)`.
pub fn ema(closes: impl ExactSizeIterator<Item = f64>, period: usize) -> Line {
    let bars = closes.len();
    if period == 0 || bars < period {
        return Line::never();
    }
    let k = 2.0 / (period as f64 + 1.0);
    let mut values = Vec::with_capacity(bars + 1 - period);
    let mut average = 0.0;
    for (bar, close) in closes.enumerate() {
        if bar < period {
            average += close;
            if bar + 1 < period {
                continue;
            }
            average /= period as f64;
        } else {
            average += k * (close - average);
        }
        values.push(average);
    }
    Line::starting(period - 1, values)
}
