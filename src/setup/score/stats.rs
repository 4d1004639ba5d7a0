//! The statistics of a score. Results of overlapping trades depend on each other: their intervals come from blocks.

use serde::{Deserialize, Serialize};

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The quantile of the normal distribution for 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// Resamples of a bootstrap.
const RESAMPLES: usize = 1_000;
/// The same seed each time: a score is the same on every run.
const SEED: u64 = 0x5743_4445_534b;

/// The mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The median; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// The Wilson score interval of `wins` in `n` (E. B. Wilson, 1927), 95 %; `None` of nothing.
pub fn wilson(wins: f64, n: f64) -> Option<Interval> {
    if n <= 0.0 {
        return None;
    }
    let share = wins / n;
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let middle = share + Z * Z / (2.0 * n);
    let by = 1.0 + Z * Z / n;
    Some(Interval {
        low: ((middle - spread) / by).max(0.0),
        high: ((middle + spread) / by).min(1.0),
    })
}

/// The 95 % interval of the mean by a circular block bootstrap (Politis and Romano, 1992): `values` in order of time, drawn
/// in runs of `block`. The same for the same values. `None` under two values.
pub fn block_bootstrap(values: &[f64], block: usize) -> Option<Interval> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let block = block.clamp(1, n);
    // Sums up to each value, round the circle once more: a block's sum is a difference.
    let mut sums = Vec::with_capacity(2 * n + 1);
    sums.push(0.0);
    for at in 0..2 * n {
        sums.push(sums[at] + values[at % n]);
    }
    let mut random = fastrand::Rng::with_seed(SEED);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let mut left = n;
            let mut sum = 0.0;
            while left > 0 {
                let take = block.min(left);
                let from = random.usize(..n);
                sum += sums[from + take] - sums[from];
                left -= take;
            }
            sum / n as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    // Of 1,000 the 26th and the 975th leave 25 out on either side.
    let tail = RESAMPLES / 40;
    Some(Interval {
        low: means[tail],
        high: means[RESAMPLES - 1 - tail],
    })
}

/// The most spans that follow one another without overlapping: how many results do not depend on each other.
pub(super) fn effective(spans: &[(i64, i64)]) -> usize {
    let mut by_end = spans.to_vec();
    by_end.sort_by_key(|(_, end)| *end);
    let mut free_from = i64::MIN;
    by_end
        .iter()
        .filter(|(start, end)| {
            let fits = *start >= free_from;
            if fits {
                free_from = *end;
            }
            fits
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_as_published() {
        // Agresti and Coull's example: 0 of 10, and a half of 100.
        let none = wilson(0.0, 10.0).unwrap();
        assert!(
            none.low.abs() < 1e-12 && (none.high - 0.277_533).abs() < 1e-5,
            "{none:?}"
        );
        let half = wilson(50.0, 100.0).unwrap();
        assert!((half.low - 0.403_832).abs() < 1e-5 && (half.high - 0.596_168).abs() < 1e-5);
        assert_eq!(wilson(0.0, 0.0), None);
    }

    #[test]
    fn blocks_widen_what_depends() {
        // Runs of ten equal results: as good as a tenth of them.
        let values: Vec<f64> = (0..400).map(|i| if (i / 10) % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let width = |block| block_bootstrap(&values, block).map(|i| i.high - i.low).unwrap();
        // Runs that alternate cancel within two of them; single draws do not see that, blocks of five are within a run.
        assert!(width(5) > 1.5 * width(1));
        assert_eq!(block_bootstrap(&values, 5), block_bootstrap(&values, 5));
        assert_eq!(block_bootstrap(&[1.0], 1), None);
        let same = block_bootstrap(&[2.0; 10], 3).unwrap();
        assert!((same.low - 2.0).abs() < 1e-12 && (same.high - 2.0).abs() < 1e-12);
    }

    #[test]
    fn overlapping_spans_count_once() {
        assert_eq!(effective(&[(0, 10), (5, 15), (10, 20), (20, 30)]), 3);
        assert_eq!(effective(&[]), 0);
        assert_eq!(
            (median(&[3.0, 1.0, 2.0]), median(&[1.0, 2.0]), median(&[])),
            (Some(2.0), Some(1.5), None)
        );
    }
}
