//! The intervals that were weighed and rejected. Each takes results sorted by start.

use fastrand::Rng;
use wickdesk::setup::score::{Interval, Observation};

/// Student's 95 % quantile by whole degrees of freedom, close enough to compare methods (G. W. Hill's expansion).
fn student(freedom: usize) -> f64 {
    const FEW: [f64; 6] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447];
    let z = 1.959_963_984_540_054f64;
    let v = freedom as f64;
    FEW.get(freedom - 1).copied().unwrap_or_else(|| {
        let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
        z + (z3 + z) / (4.0 * v)
            + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * v * v)
            + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * v.powi(3))
    })
}

/// The episode of each result: it overlaps the first one of it.
pub fn episodes(sorted: &[Observation]) -> (Vec<usize>, usize) {
    let (mut free_from, mut begun) = (i64::MIN, 0);
    let of = sorted.iter().map(|o| {
        if o.start >= free_from {
            free_from = o.end.max(o.start + 1);
            begun += 1;
        }
        begun - 1
    });
    (of.collect(), begun)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn values(sorted: &[Observation]) -> Vec<f64> {
    sorted.iter().map(|o| o.value).collect()
}

/// The former one: percentiles of a circular block bootstrap (D. N. Politis and J. P. Romano, 1992), blocks as long as trades
/// overlap on average.
pub fn block_bootstrap(sorted: &[Observation]) -> Interval {
    let values = values(sorted);
    let n = values.len();
    let block = n.div_ceil(episodes(sorted).1).clamp(1, n);
    let mut sums = vec![0.0];
    for at in 0..2 * n {
        sums.push(sums[at] + values[at % n]);
    }
    let mut random = Rng::with_seed(1);
    let mut means: Vec<f64> = (0..1_000)
        .map(|_| {
            let (mut left, mut sum) = (n, 0.0);
            while left > 0 {
                let (take, from) = (block.min(left), random.usize(..n));
                sum += sums[from + take] - sums[from];
                left -= take;
            }
            sum / n as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    Interval {
        low: means[25],
        high: means[974],
    }
}

/// Student's interval as if there were only the independent results.
pub fn student_of_independent(sorted: &[Observation]) -> Interval {
    let (values, (_, count)) = (values(sorted), episodes(sorted));
    if count < 2 {
        return Interval::UNBOUNDED;
    }
    let middle = mean(&values);
    let variance = values.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / (values.len() - 1) as f64;
    around(middle, student(count - 1) * (variance / count as f64).sqrt())
}

/// The sums of episodes about the mean, with Student's quantile for one degree of freedom fewer than there are.
pub fn cluster_robust(sorted: &[Observation]) -> Interval {
    let (values, (of, count)) = (values(sorted), episodes(sorted));
    if count < 2 {
        return Interval::UNBOUNDED;
    }
    let middle = mean(&values);
    let mut sums = vec![0.0; count];
    for (value, episode) in values.iter().zip(&of) {
        sums[*episode] += value - middle;
    }
    let n = values.len() as f64;
    let small = count as f64 / (count - 1) as f64;
    let error = (sums.iter().map(|s| s * s).sum::<f64>() * small).sqrt() / n;
    around(middle, student(count - 1) * error)
}

/// The stationary bootstrap (D. N. Politis and J. P. Romano, 1994), studentised by its own variance formula.
pub fn stationary_bootstrap(sorted: &[Observation]) -> Interval {
    let values = values(sorted);
    let count = episodes(sorted).1;
    if count < 2 {
        return Interval::UNBOUNDED;
    }
    let n = values.len();
    let length = (1.5 * n as f64 / count as f64).max(1.0);
    let ends = 1.0 / length;
    let error = |values: &[f64]| {
        let middle = mean(values);
        let most = ((6.0 * length) as usize).min(n - 1);
        let size = n as f64;
        let mut variance = values.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / size;
        for lag in 1..=most {
            let pairs = values.iter().zip(&values[lag..]);
            let covariance = pairs.map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>() / size;
            let far = lag as f64;
            let weight = (1.0 - far / size) * (1.0 - ends).powf(far) + far / size * (1.0 - ends).powf(size - far);
            variance += 2.0 * weight * covariance;
        }
        (variance.max(0.0) / size).sqrt()
    };
    let (middle, own) = (mean(&values), error(&values));
    let mut random = Rng::with_seed(1);
    let mut ratios: Vec<f64> = (0..399)
        .map(|_| {
            let mut at = random.usize(..n);
            let drawn: Vec<f64> = (0..n)
                .map(|_| {
                    let value = values[at];
                    at = if random.f64() < ends {
                        random.usize(..n)
                    } else {
                        (at + 1) % n
                    };
                    value
                })
                .collect();
            let spread = error(&drawn);
            if spread > 1e-12 {
                (mean(&drawn) - middle) / spread
            } else {
                0.0
            }
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    Interval {
        low: middle - ratios[389] * own,
        high: middle - ratios[9] * own,
    }
}

fn around(middle: f64, half: f64) -> Interval {
    Interval {
        low: middle - half,
        high: middle + half,
    }
}
