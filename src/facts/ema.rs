//! Exponential moving average, as TA-Lib computes it.

/// An EMA, fed close by close.
///
/// The first value is the plain mean of the first `period` closes, at bar `period − 1`; then
/// `ema += 2 / (period + 1) · (close − ema)`.
#[derive(Debug, Clone)]
pub struct Ema {
    period: usize,
    seen: usize,
    average: f64,
}

impl Ema {
    /// An average over `period` closes, at least one.
    pub fn new(period: usize) -> Self {
        Self {
            period: period.max(1),
            seen: 0,
            average: 0.0,
        }
    }

    /// The average with the next close, in price; `None` until there are `period` of them.
    pub fn push(&mut self, close: f64) -> Option<f64> {
        let n = self.period as f64;
        if self.seen < self.period {
            self.seen += 1;
            self.average += close;
            if self.seen < self.period {
                return None;
            }
            self.average /= n;
        } else {
            self.average += 2.0 / (n + 1.0) * (close - self.average);
        }
        Some(self.average)
    }
}
