//! Student's t distribution, for any number of degrees of freedom.

/// The two-sided 95 % quantile for `freedom` degrees of freedom, which need not be whole.
pub(super) fn quantile(freedom: f64) -> f64 {
    // 12.706 is the quantile for one degree of freedom, the least that a sum of squares can have.
    let (mut low, mut high) = (1.9, 12.8);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let beyond = incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + middle * middle));
        if beyond > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The logarithm of the gamma function (C. Lanczos, 1964).
fn ln_gamma(x: f64) -> f64 {
    const SERIES: [f64; 6] = [
        76.180_091_729_471_46,
        -86.505_320_329_416_77,
        24.014_098_240_830_91,
        -1.231_739_572_450_155,
        0.120_865_097_386_617_9e-2,
        -0.539_523_938_495_3e-5,
    ];
    let shifted = x + 5.5;
    let shifted = shifted - (x + 0.5) * shifted.ln();
    let sum = SERIES
        .iter()
        .enumerate()
        .fold(1.000_000_000_190_015, |sum, (at, term)| {
            sum + term / (x + 1.0 + at as f64)
        });
    (2.506_628_274_631_000_5 * sum / x).ln() - shifted
}

/// The regularised incomplete beta function at `x`, by its continued fraction (Abramowitz and Stegun, 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    // The fraction converges fast below the mean of the distribution; above it the other tail does.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction by the method of Lentz.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..300 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            value *= d * c;
        }
        if (value / before - 1.0).abs() < 1e-13 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_as_tabulated() {
        for (freedom, tabulated) in [
            (1.0, 12.706_205),
            (2.0, 4.302_653),
            (7.0, 2.364_624),
            (30.0, 2.042_272),
            (1e6, 1.959_966),
        ] {
            assert!(
                (quantile(freedom) - tabulated).abs() < 2e-5,
                "{freedom}: {}",
                quantile(freedom)
            );
        }
        assert!((quantile(4.0)..quantile(3.0)).contains(&quantile(3.5)));
    }
}
