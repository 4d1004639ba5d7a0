//! The candle and the series: the two values everything downstream is computed from.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Timeframe;

/// One OHLCV bar.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Candle {
    /// Open time, UTC epoch seconds.
    pub time: i64,
    /// First price of the bar.
    pub open: f64,
    /// Highest price of the bar.
    pub high: f64,
    /// Lowest price of the bar.
    pub low: f64,
    /// Last price of the bar.
    pub close: f64,
    /// Volume in the file's own unit; 0 where the file has none. See [`VolumeKind`].
    pub volume: f64,
}

/// What the volume column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VolumeKind {
    /// Units that changed hands.
    Real,
    /// Price changes (MetaTrader's tick volume): a stand-in, to be labelled so.
    Tick,
    /// The file has no volume, or only zeros.
    None,
}

impl std::fmt::Display for VolumeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            VolumeKind::Real => "real",
            VolumeKind::Tick => "tick",
            VolumeKind::None => "none",
        })
    }
}

/// Why candles do not make a series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// There is no candle at all.
    #[error("no candle is left; load a longer file or choose a later as-of")]
    Empty,
    /// Open times do not rise strictly.
    #[error("candle {0} does not open after the one before it")]
    Order(usize),
}

/// Closed candles of one symbol and timeframe, never empty, open times strictly rising.
///
/// A copy, and the series as it stood at an earlier candle, share the candles.
#[derive(Debug, Clone)]
pub struct Series {
    symbol: String,
    timeframe: Timeframe,
    decimals: u8,
    volume: VolumeKind,
    live: bool,
    all: Arc<All>,
    /// How many of them are this series.
    len: usize,
}

/// The candles that a series and its beginnings share.
#[derive(Debug)]
struct All {
    candles: Vec<Candle>,
    /// Decimals of the prices up to each candle, once one has been asked for.
    decimals: OnceLock<Vec<u8>>,
}

impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        let head = |s: &Self| (s.timeframe, s.decimals, s.volume, s.live);
        self.symbol == other.symbol && head(self) == head(other) && self.candles() == other.candles()
    }
}

impl Series {
    /// Makes a series of `candles`, oldest first. `decimals` is how many the instrument's prices have.
    ///
    /// # Errors
    /// [`SeriesError`] when there is no candle or open times do not rise.
    pub fn new(
        symbol: impl Into<String>,
        timeframe: Timeframe,
        decimals: u8,
        volume: VolumeKind,
        candles: Vec<Candle>,
    ) -> Result<Self, SeriesError> {
        if candles.is_empty() {
            return Err(SeriesError::Empty);
        }
        if let Some(at) = candles.windows(2).position(|w| w[1].time <= w[0].time) {
            return Err(SeriesError::Order(at + 1));
        }
        Ok(Self {
            symbol: symbol.into(),
            timeframe,
            decimals,
            volume,
            live: false,
            len: candles.len(),
            all: Arc::new(All {
                candles,
                decimals: OnceLock::new(),
            }),
        })
    }

    /// The same candles, from a source that has every candle up to the present.
    pub fn from_live_source(self) -> Self {
        Self { live: true, ..self }
    }

    /// Whether they come from a live source, so that a candle that is missing at the end is one not fetched yet.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The instrument's name, as the file or its name gives it.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The spacing of the candles.
    pub fn timeframe(&self) -> Timeframe {
        self.timeframe
    }

    /// Decimals of the instrument's prices.
    pub fn decimals(&self) -> u8 {
        self.decimals
    }

    /// The smallest price step those decimals can show.
    pub fn tick(&self) -> f64 {
        10f64.powi(-i32::from(self.decimals))
    }

    /// What the volume column counts.
    pub fn volume(&self) -> VolumeKind {
        self.volume
    }

    /// All candles, oldest first; never empty.
    pub fn candles(&self) -> &[Candle] {
        &self.all.candles[..self.len]
    }

    /// The last candle.
    pub fn last(&self) -> &Candle {
        // `new` and `up_to` keep at least one candle.
        &self.all.candles[self.len - 1]
    }

    /// The bar number of the last candle that opens at or before `time` (UTC epoch seconds).
    pub fn bar_at(&self, time: i64) -> Option<usize> {
        self.candles().partition_point(|c| c.time <= time).checked_sub(1)
    }

    /// The series as it stood at the close of `bar`: that candle and all before it, with the decimals that these show. Costs
    /// nothing after the first time.
    pub fn up_to(&self, bar: usize) -> Series {
        let len = (bar + 1).min(self.len);
        let along = self
            .all
            .decimals
            .get_or_init(|| super::decimals::decimals_along(&self.all.candles));
        Series {
            decimals: along.get(len - 1).copied().unwrap_or(self.decimals),
            len,
            ..self.clone()
        }
    }

    /// How many candles are loaded after `time` (UTC epoch seconds).
    pub fn since(&self, time: i64) -> usize {
        self.len - self.candles().partition_point(|c| c.time <= time)
    }
}

/// `seconds` since the epoch as a timestamp; times outside jiff's range are clamped to its ends.
pub fn timestamp(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candle(time: i64) -> Candle {
        Candle {
            time,
            open: 1.0,
            high: 2.0,
            low: 0.5,
            close: 1.5,
            volume: 0.0,
        }
    }

    fn series(times: &[i64]) -> Result<Series, SeriesError> {
        let candles = times.iter().map(|&t| candle(t)).collect();
        Series::new("X", Timeframe::H1, 2, VolumeKind::None, candles)
    }

    #[test]
    fn refuses_what_is_no_series() {
        assert_eq!(series(&[]), Err(SeriesError::Empty));
        assert_eq!(series(&[0, 3600, 3600]), Err(SeriesError::Order(2)));
    }

    #[test]
    fn as_of_is_the_last_candle_open_by_then() {
        let s = series(&[0, 3600, 7200]).unwrap();
        assert_eq!(s.bar_at(-1), None);
        assert_eq!(s.bar_at(3600), Some(1));
        assert_eq!(s.bar_at(7199), Some(1));
        assert_eq!(s.up_to(1).last().time, 3600);
        assert_eq!(s.since(3600), 1);
    }
}
