//! The spacing of candles, in the words traders use: M15, H4, D1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MINUTE: u32 = 60;
const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;
const WEEK: u32 = 7 * DAY;
/// A month as candles count it; real ones have 28 to 31 days.
const MONTH: u32 = 30 * DAY;

/// The spacing of candles; at least one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeframe(u32);

/// A timeframe's name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no timeframe; write one such as M1, M15, H1, H4, D1 or W1")]
pub struct TimeframeError(String);

impl Timeframe {
    /// One hour.
    pub const H1: Timeframe = Timeframe(HOUR);
    /// One day.
    pub const D1: Timeframe = Timeframe(DAY);
    /// One week.
    pub const W1: Timeframe = Timeframe(WEEK);
    /// One month.
    pub const MN1: Timeframe = Timeframe(MONTH);

    /// The timeframe of this many seconds, if there are any.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        // Months differ in length: 28 to 31 days are all one timeframe.
        let month = 28 * i64::from(DAY)..=31 * i64::from(DAY);
        if month.contains(&seconds) {
            return Some(Self(MONTH));
        }
        u32::try_from(seconds).ok().filter(|s| *s > 0).map(Timeframe)
    }

    /// Seconds from one candle's open to the next.
    pub fn seconds(self) -> i64 {
        i64::from(self.0)
    }

    /// Whether a candle is a month.
    pub fn is_monthly(self) -> bool {
        self.0 == MONTH
    }

    /// Whether a candle is a day or longer, so that times of day say nothing.
    pub fn is_daily(self) -> bool {
        self.0 >= DAY
    }
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(MONTH, "MN"), (WEEK, "W"), (DAY, "D"), (HOUR, "H"), (MINUTE, "M")];
        let (unit, letter) = units
            .into_iter()
            .find(|(unit, _)| self.0.is_multiple_of(*unit))
            .unwrap_or((1, "S"));
        write!(f, "{letter}{}", self.0 / unit)
    }
}

impl Serialize for Timeframe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timeframe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Timeframe {
    type Err = TimeframeError;

    /// Reads `H1`, `1h`, `15m`, `M15`, `D`, `daily`, `60` (minutes, as TradingView and MetaTrader write) and the like.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || TimeframeError(text.chars().take(20).collect());
        let trimmed = text.trim();
        let digits: String = trimmed.chars().filter(char::is_ascii_digit).collect();
        let letters: String = trimmed.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        let one_run = trimmed == format!("{letters}{digits}") || trimmed == format!("{digits}{letters}");
        if !one_run || digits.len() > 5 {
            return Err(error());
        }
        // A capital M after the number is TradingView's month ("1M"); before it, MetaTrader's minute ("M1").
        let month = letters == "M" && trimmed.ends_with('M') && !digits.is_empty();
        let unit = match letters.to_lowercase().as_str() {
            _ if month => MONTH,
            "" => MINUTE,
            "s" | "sec" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
            "h" | "hr" | "hour" | "hours" | "hourly" => HOUR,
            "d" | "day" | "days" | "daily" => DAY,
            "w" | "wk" | "week" | "weekly" => WEEK,
            "mn" | "mo" | "month" | "monthly" => MONTH,
            _ => return Err(error()),
        };
        let count: u32 = if digits.is_empty() && !letters.is_empty() {
            1
        } else {
            digits.parse().map_err(|_| error())?
        };
        count
            .checked_mul(unit)
            .filter(|seconds| *seconds > 0)
            .map(Timeframe)
            .ok_or_else(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in ["S30", "M1", "M15", "H1", "H4", "D1", "W1", "MN1"] {
            let timeframe: Timeframe = name.parse().unwrap();
            assert_eq!(timeframe.to_string(), name);
        }
    }

    #[test]
    fn reads_the_spellings_of_exports() {
        for (text, name) in [
            ("1h", "H1"),
            ("60", "H1"),
            ("15m", "M15"),
            ("240", "H4"),
            ("daily", "D1"),
            ("1M", "MN1"),
            ("M1", "M1"),
            ("1D", "D1"),
        ] {
            assert_eq!(text.parse::<Timeframe>().unwrap().to_string(), name, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "0", "H0", "x", "1h1", "H99999999", "-5"] {
            assert!(text.parse::<Timeframe>().is_err(), "{text}");
        }
    }
}
