//! Average true range, Wilder's, as TA-Lib computes it.

/// True range of a candle after a close at `previous`: the widest of high−low and the distances from that close.
pub fn true_range(high: f64, low: f64, previous: f64) -> f64 {
    high.max(previous) - low.min(previous)
}

/// An ATR, fed candle by candle.
///
/// The first bar has no true range; the seed, at bar `period`, is the plain mean of the true ranges of bars 1 to
/// `period`, then `avg = (avg · (period − 1) + tr) / period` (Wilder 1978), its division done once.
#[derive(Debug, Clone)]
pub struct Atr {
    period: usize,
    ranges: usize,
    keep: f64,
    take: f64,
    average: f64,
    previous: Option<f64>,
}

impl Atr {
    /// An average over `period` true ranges, at least one.
    pub fn new(period: usize) -> Self {
        let period = period.max(1);
        let take = 1.0 / period as f64;
        Self {
            period,
            ranges: 0,
            keep: 1.0 - take,
            take,
            average: 0.0,
            previous: None,
        }
    }

    /// The average with the next candle, in price; `None` up to bar `period`.
    pub fn push(&mut self, high: f64, low: f64, close: f64) -> Option<f64> {
        let range = true_range(high, low, self.previous.replace(close)?);
        if self.ranges == self.period {
            self.average = self.keep * self.average + self.take * range;
            return Some(self.average);
        }
        self.ranges += 1;
        self.average += range;
        if self.ranges < self.period {
            return None;
        }
        self.average /= self.period as f64;
        Some(self.average)
    }
}
