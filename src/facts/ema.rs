//! Exponential moving average, as TA-Lib computes it.

/// An EMA, fed close by close.
///
/// The first value is the plain mean of the first `period` closes, at bar `period − 1`; then
/// `ema = (1 − k) · ema + k · close` with `k = 2 / (period + 1)`.
#[derive(Debug, Clone)]
pub struct Ema {
    period: usize,
    seen: usize,
    keep: f64,
    take: f64,
    average: f64,
}

impl Ema {
    /// An average over `period` closes, at least one.
    pub fn new(period: usize) -> Self {
        let period = period.max(1);
        let take = 2.0 / (period as f64 + 1.0);
        Self {
            period,
            seen: 0,
            keep: 1.0 - take,
            take,
            average: 0.0,
        }
    }

    /// The average with the next close, in price; `None` until there are `period` of them.
    pub fn push(&mut self, close: f64) -> Option<f64> {
        if self.seen == self.period {
            self.average = self.keep * self.average + self.take * close;
            return Some(self.average);
        }
        self.seen += 1;
        self.average += close;
        if self.seen < self.period {
            return None;
        }
        self.average /= self.period as f64;
        Some(self.average)
    }
}
