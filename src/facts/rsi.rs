//! Relative strength index, Wilder's, as TA-Lib computes it.

/// An RSI, fed close by close: 0 to 100, first value at bar `period`.
///
/// Average gain and loss are seeded with the plain mean of the first `period` changes, then smoothed as
/// `avg = (avg · (period − 1) + x) / period` (J. Welles Wilder, New Concepts in Technical Trading Systems, 1978).
/// Without any movement the value is 0, as TA-Lib says.
#[derive(Debug, Clone)]
pub struct Rsi {
    period: usize,
    changes: usize,
    gain: f64,
    loss: f64,
    previous: Option<f64>,
}

impl Rsi {
    /// An index over `period` changes, at least one.
    pub fn new(period: usize) -> Self {
        Self {
            period: period.max(1),
            changes: 0,
            gain: 0.0,
            loss: 0.0,
            previous: None,
        }
    }

    /// The index with the next close; `None` up to bar `period`.
    pub fn push(&mut self, close: f64) -> Option<f64> {
        let change = close - self.previous.replace(close)?;
        let (up, down) = (change.max(0.0), (-change).max(0.0));
        // The order of operations and the reciprocal are TA-Lib's: pivots of the line compare values exactly, so that the
        // last bit decides which of two equal neighbours is one.
        let (n, share) = (self.period as f64, 1.0 / self.period as f64);
        if self.changes < self.period {
            self.changes += 1;
            self.gain += up;
            self.loss += down;
            if self.changes < self.period {
                return None;
            }
            self.gain *= share;
            self.loss *= share;
        } else {
            self.gain = (self.gain * (n - 1.0) + up) * share;
            self.loss = (self.loss * (n - 1.0) + down) * share;
        }
        let sum = self.gain + self.loss;
        Some(if sum > 0.0 { 100.0 * (self.gain / sum) } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Line;

    fn of(closes: &[f64]) -> Line {
        let mut rsi = Rsi::new(14);
        Line::of(closes.iter().map(|close| rsi.push(*close)))
    }

    #[test]
    fn begins_at_the_period_and_knows_its_ends() {
        let rising: Vec<f64> = (0..20).map(f64::from).collect();
        let line = of(&rising);
        assert_eq!(
            (line.at(13), line.at(14), line.at(19)),
            (None, Some(100.0), Some(100.0))
        );
        assert_eq!(line.at(20), None);
        let falling: Vec<f64> = (0..20).rev().map(f64::from).collect();
        assert_eq!(of(&falling).at(19), Some(0.0));
    }

    #[test]
    fn no_movement_is_zero_and_too_few_is_none() {
        assert_eq!(of(&[5.0; 20]).at(19), Some(0.0));
        assert_eq!(of(&[5.0; 14]), Line::default());
    }
}
