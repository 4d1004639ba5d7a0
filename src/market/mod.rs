//! Candles: one ordered series of closed OHLCV bars, and how any export becomes one.
//!
//! Nothing here knows what candles *mean*; that is [`crate::facts`].

mod aggregate;
mod candle;
mod canonical;
mod decimals;
pub mod read;
mod sample;
mod sessions;
mod timeframe;

pub use aggregate::{AggregateError, Calendar};
pub use candle::{Candle, Series, SeriesError, VolumeKind, timestamp};
pub use canonical::{COLUMNS, canonical};
pub use decimals::{decimals_of, price};
pub use read::{Card, ReadError, ReadOptions, read, read_file};
pub use sample::{SAMPLE_NAME, sample};
pub use sessions::Sessions;
pub use timeframe::Timeframe;
