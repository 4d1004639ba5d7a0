//! Whether an answer still speaks of the present: not the same as whether its entry has expired.

use jiff::Timestamp;
use serde::Serialize;

use crate::market::{Sessions, Timeframe};

/// Fresh, stale, or not to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fresh {
    /// No candle has closed since.
    Fresh,
    /// Some have.
    Stale,
    /// History, or a file that may simply end there.
    Unknown,
}

impl std::fmt::Display for Fresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Fresh::Fresh => "fresh",
            Fresh::Stale => "stale",
            Fresh::Unknown => "unknown",
        })
    }
}

/// How an answer stands to the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// In a word.
    pub state: Fresh,
    /// Candles closed since the as-of, where that can be counted.
    pub candles_since: Option<usize>,
}

impl Freshness {
    /// With later candles loaded: stale by their number.
    pub fn by_candles(later: usize) -> Self {
        Self {
            state: if later == 0 { Fresh::Fresh } else { Fresh::Stale },
            candles_since: Some(later),
        }
    }

    /// By the clock: whole timeframes since the as-of candle closed, closed hours left out. Of a `live` source's candles
    /// those are missing; a file that ends earlier may be all there is, so then it is unknown.
    pub(super) fn by_clock(
        as_of: i64,
        timeframe: Timeframe,
        sessions: &Sessions,
        history: bool,
        live: bool,
        now: Timestamp,
    ) -> Self {
        if history {
            return Self {
                state: Fresh::Unknown,
                candles_since: None,
            };
        }
        let closed = as_of.saturating_add(timeframe.seconds());
        // A candle counts when it has closed, so the last that counts opened a timeframe ago.
        let until = now.as_second().saturating_sub(timeframe.seconds()).saturating_add(1);
        let since = sessions.expected(closed, until);
        Self {
            state: match (since, live) {
                (0, _) => Fresh::Fresh,
                (_, true) => Fresh::Stale,
                (_, false) => Fresh::Unknown,
            },
            candles_since: Some(since),
        }
    }

    /// The words of the stamp.
    pub fn words(&self) -> String {
        let candles = |n: usize| crate::text::count(n, "candle");
        match (self.state, self.candles_since) {
            (Fresh::Fresh, _) => "fresh".to_owned(),
            (Fresh::Stale, Some(n)) => format!("{} since: stale", candles(n)),
            (Fresh::Stale, None) => "stale".to_owned(),
            (Fresh::Unknown, Some(n)) => format!("data end {} ago", candles(n)),
            (Fresh::Unknown, None) => "history".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Candle, Series, VolumeKind};

    #[test]
    fn counts_closed_candles_only() {
        let candles = (0..400)
            .map(|h| Candle {
                time: h * 3600,
                open: 1.0,
                high: 1.0,
                low: 1.0,
                close: 1.0,
                volume: 0.0,
            })
            .collect();
        let series = Series::new("X", Timeframe::H1, 2, VolumeKind::None, candles).unwrap();
        let sessions = Sessions::of(&series);
        let at = |minutes: i64| {
            let now = Timestamp::from_second(400 * 3600 + minutes * 60).unwrap();
            Freshness::by_clock(399 * 3600, Timeframe::H1, &sessions, false, false, now)
        };
        assert_eq!((at(0).state, at(0).candles_since), (Fresh::Fresh, Some(0)));
        assert_eq!(at(59).state, Fresh::Fresh);
        assert_eq!((at(60).state, at(60).candles_since), (Fresh::Unknown, Some(1)));
        let now = Timestamp::from_second(402 * 3600).unwrap();
        let live = Freshness::by_clock(399 * 3600, Timeframe::H1, &sessions, false, true, now);
        assert_eq!((live.state, live.candles_since), (Fresh::Stale, Some(2)));
        assert_eq!(Freshness::by_candles(2).words(), "2 candles since: stale");
    }
}
