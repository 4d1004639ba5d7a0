//! The statistics of a score that need no model of how trades depend on each other.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 95 % interval. A bound that is infinite is `null` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end; minus infinity where the data set no bound.
    #[serde(serialize_with = "bound", deserialize_with = "low_bound")]
    pub low: f64,
    /// Its upper end; infinity where the data set no bound.
    #[serde(serialize_with = "bound", deserialize_with = "high_bound")]
    pub high: f64,
}

impl Interval {
    /// The interval that excludes nothing: one independent trade says nothing about the spread of others.
    pub const UNBOUNDED: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };

    /// Whether both ends are numbers.
    pub fn is_bounded(self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }
}

fn bound<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    value.is_finite().then_some(*value).serialize(serializer)
}

fn low_bound<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NEG_INFINITY))
}

fn high_bound<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

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

/// The Wilson score interval (E. B. Wilson, 1927) of a `share` seen in `n` independent draws, `quantile` standard errors wide.
pub(super) fn wilson(share: f64, n: f64, quantile: f64) -> Interval {
    let square = quantile * quantile;
    let spread = quantile * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    let middle = share + square / (2.0 * n);
    let by = 1.0 + square / n;
    Interval {
        low: ((middle - spread) / by).max(0.0),
        high: ((middle + spread) / by).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_as_published() {
        const Z: f64 = 1.959_963_984_540_054;
        // Agresti and Coull's example: 0 of 10, and a half of 100.
        let none = wilson(0.0, 10.0, Z);
        assert!(
            none.low.abs() < 1e-12 && (none.high - 0.277_533).abs() < 1e-5,
            "{none:?}"
        );
        let half = wilson(0.5, 100.0, Z);
        assert!((half.low - 0.403_832).abs() < 1e-5 && (half.high - 0.596_168).abs() < 1e-5);
    }

    #[test]
    fn an_infinite_bound_is_null_and_comes_back() {
        let text = serde_json::to_string(&Interval::UNBOUNDED).unwrap();
        assert_eq!(text, r#"{"low":null,"high":null}"#);
        assert_eq!(serde_json::from_str::<Interval>(&text).unwrap(), Interval::UNBOUNDED);
        let bounded = Interval { low: -0.5, high: 0.25 };
        let text = serde_json::to_string(&bounded).unwrap();
        assert_eq!(serde_json::from_str::<Interval>(&text).unwrap(), bounded);
        assert!(bounded.is_bounded() && !Interval::UNBOUNDED.is_bounded());
    }

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(
            (median(&[3.0, 1.0, 2.0]), median(&[1.0, 2.0]), median(&[])),
            (Some(2.0), Some(1.5), None)
        );
    }
}
