//! Candles fetched joined to those kept before, so that a file only grows by what is new.

use crate::market::{Candle, timestamp};

/// Why candles do not go on from those kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// They say something else of the same time.
    #[error("the candle of {0} is another there than the source's: are they of the same symbol and timeframe?")]
    Different(String),
    /// Between them something is missing.
    #[error("the source's candles begin at {0}, after the end of those there; a whole stretch would be missing")]
    Apart(String),
}

/// `kept` with what `fetched` has after it, both oldest first. The last kept candle gives way to the fetched one: it may
/// have been corrected since.
///
/// # Errors
/// [`JoinError`] when they share no candle, or differ in one that both have.
pub fn join(kept: &[Candle], fetched: &[Candle]) -> Result<Vec<Candle>, JoinError> {
    let (Some(last), Some(first)) = (kept.last(), fetched.first()) else {
        return Ok([kept, fetched].concat());
    };
    let at = |time: i64| timestamp(time).strftime("%Y-%m-%d %H:%M").to_string();
    if first.time > last.time {
        return Err(JoinError::Apart(at(first.time)));
    }
    let earlier = &kept[..kept.len() - 1];
    for candle in earlier {
        let Ok(found) = fetched.binary_search_by_key(&candle.time, |c| c.time) else {
            continue;
        };
        if prices(&fetched[found]) != prices(candle) {
            return Err(JoinError::Different(at(candle.time)));
        }
    }
    let new = fetched.partition_point(|c| c.time < last.time);
    let mut joined = earlier.to_vec();
    // A source that has dropped the last kept candle does not take it away.
    if fetched.get(new).is_none_or(|c| c.time != last.time) {
        joined.push(*last);
    }
    joined.extend_from_slice(&fetched[new..]);
    Ok(joined)
}

fn prices(candle: &Candle) -> [f64; 4] {
    [candle.open, candle.high, candle.low, candle.close]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candles(times: std::ops::Range<i64>, close: f64) -> Vec<Candle> {
        let candle = |time| Candle {
            time,
            open: 1.0,
            high: 9.0,
            low: 1.0,
            close,
            volume: 1.0,
        };
        times.map(candle).collect()
    }

    #[test]
    fn goes_on_where_it_ended() {
        let kept = candles(0..5, 2.0);
        let joined = join(&kept, &candles(2..9, 2.0)).unwrap();
        assert_eq!(joined, candles(0..9, 2.0));
        assert_eq!(join(&kept, &candles(4..5, 2.0)).unwrap(), kept);
        assert_eq!(join(&[], &kept).unwrap(), kept);
        assert_eq!(join(&kept, &[]).unwrap(), kept);
        // The last one may have been corrected.
        let mut corrected = candles(4..6, 3.0);
        corrected[1].close = 2.0;
        assert_eq!(join(&kept, &corrected).unwrap()[4].close, 3.0);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let kept = candles(0..5, 2.0);
        assert!(matches!(join(&kept, &candles(3..9, 3.0)), Err(JoinError::Different(_))));
        assert!(matches!(join(&kept, &candles(5..9, 2.0)), Err(JoinError::Apart(_))));
    }
}
