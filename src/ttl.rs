//! How long an answer stays cached, as people write it: `15m`, `4h`, `2d`, `none`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ttl {
    /// Gone after this long.
    For(Duration),
    /// Never expires.
    Never,
}

impl Ttl {
    /// What applies where nothing else is said: a day.
    pub const DEFAULT: Ttl = Ttl::For(Duration::from_secs(86_400));

    /// When an entry of `created` (UTC epoch milliseconds) expires; `None` for never.
    pub fn expires(self, created: i64) -> Option<i64> {
        match self {
            Ttl::Never => None,
            Ttl::For(length) => {
                let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
                Some(created.saturating_add(millis))
            }
        }
    }
}

/// A time to live that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time to live; write 90s, 15m, 4h, 2d or none")]
pub struct TtlError(String);

impl FromStr for Ttl {
    type Err = TtlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || TtlError(text.chars().take(20).collect());
        let trimmed = text.trim().to_lowercase();
        if matches!(trimmed.as_str(), "none" | "never") {
            return Ok(Ttl::Never);
        }
        let split = trimmed.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(error)?;
        let (digits, unit) = trimmed.split_at(split);
        let count: u64 = digits.trim().parse().map_err(|_| error())?;
        let seconds = match unit {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return Err(error()),
        };
        count
            .checked_mul(seconds)
            .filter(|s| *s > 0)
            .map(|s| Ttl::For(Duration::from_secs(s)))
            .ok_or_else(error)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ttl::For(length) = self else {
            return f.write_str("none");
        };
        let seconds = length.as_secs();
        match seconds {
            s if s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s % 3_600 == 0 => write!(f, "{}h", s / 3_600),
            s if s % 60 == 0 => write!(f, "{}m", s / 60),
            s => write!(f, "{s}s"),
        }
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_refuses() {
        for text in ["90s", "15m", "4h", "2d", "none"] {
            assert_eq!(text.parse::<Ttl>().unwrap().to_string(), text);
        }
        for text in ["", "4", "h", "-1h", "0m", "1y"] {
            assert!(text.parse::<Ttl>().is_err(), "{text}");
        }
        let hour: Ttl = "1h".parse().unwrap();
        assert_eq!(hour.expires(0), Some(3_600_000));
        assert_eq!(Ttl::Never.expires(0), None);
    }
}
