//! Relative strength index, Wilder's, as TA-Lib computes it.

use super::Line;

/// RSI of `closes` over `period` changes, 0 to 100; first value at bar `period`.
///
/// Average gain and loss are seeded with the plain mean of the first `period` changes, then smoothed as
/// `avg = (avg · (period − 1) + x) / period` (J. Welles Wilder, New Concepts in Technical Trading Systems, 1978).
/// Without any movement the value is 0, as TA-Lib says.
pub fn rsi(closes: impl ExactSizeIterator<Item = f64>, period: usize) -> Line {
    let bars = closes.len();
    if period == 0 || bars <= period {
        return Line::never();
    }
    // The order of operations and the reciprocal are TA-Lib's: pivots of the line compare values exactly, so that the last
    // bit decides which of two equal neighbours is one.
    let (n, share) = (period as f64, 1.0 / period as f64);
    let (mut gain, mut loss) = (0.0, 0.0);
    let mut values = Vec::with_capacity(bars - period);
    let mut previous = None;
    for (bar, close) in closes.enumerate() {
        let Some(before) = previous.replace(close) else {
            continue;
        };
        let change: f64 = close - before;
        let (up, down) = (change.max(0.0), (-change).max(0.0));
        if bar <= period {
            gain += up;
            loss += down;
            if bar < period {
                continue;
            }
            gain *= share;
            loss *= share;
        } else {
            gain = (gain * (n - 1.0) + up) * share;
            loss = (loss * (n - 1.0) + down) * share;
        }
        let sum = gain + loss;
        values.push(if sum > 0.0 { 100.0 * (gain / sum) } else { 0.0 });
    }
    Line::starting(period, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(closes: &[f64]) -> Line {
        rsi(closes.iter().copied(), 14)
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
        assert_eq!(of(&[5.0; 14]), Line::never());
    }
}
