//! Fields of a score that were called something else. JSON writes both names for one version and reads either.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::stats::Interval;

/// `mean_r_per_analysis`, formerly `expectancy_r`.
pub(super) mod mean_r_per_analysis {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Names {
        #[serde(default)]
        mean_r_per_analysis: Option<f64>,
        #[serde(default)]
        expectancy_r: Option<f64>,
    }

    pub(in crate::setup::score) fn serialize<S: Serializer>(
        value: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let names = Names {
            mean_r_per_analysis: *value,
            expectancy_r: *value,
        };
        names.serialize(serializer)
    }

    pub(in crate::setup::score) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<f64>, D::Error> {
        let names = Names::deserialize(deserializer)?;
        Ok(names.mean_r_per_analysis.or(names.expectancy_r))
    }
}

/// `win_rate_interval`, formerly `win_rate_interval_effective`. A former `win_rate_interval` took trades for independent.
pub(super) mod win_rate_interval {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Names {
        #[serde(default)]
        win_rate_interval: Option<Interval>,
        #[serde(default)]
        win_rate_interval_effective: Option<Interval>,
    }

    pub(in crate::setup::score) fn serialize<S: Serializer>(
        value: &Option<Interval>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let names = Names {
            win_rate_interval: *value,
            win_rate_interval_effective: *value,
        };
        names.serialize(serializer)
    }

    pub(in crate::setup::score) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Interval>, D::Error> {
        let names = Names::deserialize(deserializer)?;
        Ok(names.win_rate_interval_effective.or(names.win_rate_interval))
    }
}
