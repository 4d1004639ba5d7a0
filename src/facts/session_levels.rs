//! Session levels: what the day, week and month before reached, and the last Asian, London and New York session.
//!
//! A period's levels are those of the candles that open in it, by the market's own calendar
//! ([`crate::market::Calendar`]); of the period before the one that the last candle is in, so that they no longer change.
//! A session is nine hours of its city, from 09:00 in Tokyo, 08:00 in London and in New York, daylight saving observed;
//! of the last one that has begun, so that its levels are those so far. Times must be true UTC for sessions to be right.

use jiff::ToSpan;
use jiff::tz::TimeZone;

use crate::market::{Calendar, Candle, Series, Timeframe, timestamp};

/// A level of a session or period.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionLevel {
    /// The fact's name: `previous_day_high`, `london_low`, and so on.
    pub name: String,
    /// The price.
    pub price: f64,
    /// The bar it was made in.
    pub bar: usize,
    /// The bar at whose close it was known: the period's last, or the last so far of a session.
    pub known: usize,
}

/// How long a session lasts, in seconds.
const SESSION: i64 = 9 * 3_600;
/// Sessions: their name, zone, and opening hour there.
const SESSIONS: [(&str, &str, i8); 3] = [
    ("asia", "Asia/Tokyo", 9),
    ("london", "Europe/London", 8),
    ("new_york", "America/New_York", 8),
];
/// A market that was closed for longer has no last session.
const DAYS_BACK: usize = 5;

/// The names of all session levels.
pub fn names() -> impl Iterator<Item = String> {
    let periods = PERIODS
        .iter()
        .flat_map(|(period, _)| ["high", "low", "close"].map(|level| format!("previous_{period}_{level}")));
    let sessions = SESSIONS
        .iter()
        .flat_map(|(name, ..)| ["high", "low"].map(|level| format!("{name}_{level}")));
    periods.chain(sessions)
}

const PERIODS: [(&str, Timeframe); 3] = [
    ("day", Timeframe::D1),
    ("week", Timeframe::W1),
    ("month", Timeframe::MN1),
];

/// The sessions that are open at `time`, UTC epoch seconds.
pub fn open_at(time: i64) -> Vec<&'static str> {
    let open = |zone: &str, hour: i8| {
        let zone = TimeZone::get(zone).ok()?;
        let date = zone.to_datetime(timestamp(time)).date();
        let from = date.at(hour, 0, 0, 0).to_zoned(zone).ok()?.timestamp().as_second();
        Some((from..from + SESSION).contains(&time))
    };
    let open = |&(name, zone, hour): &(&'static str, &str, i8)| open(zone, hour)?.then_some(name);
    SESSIONS.iter().filter_map(open).collect()
}

/// The session levels at the last candle of `series`; none of periods that the candles do not reach back to.
pub fn session_levels(series: &Series) -> Vec<SessionLevel> {
    let candles = series.candles();
    let calendar = Calendar::of(series);
    let mut levels = Vec::new();
    for (period, timeframe) in PERIODS {
        if series.timeframe() >= timeframe {
            continue;
        }
        let (now, _) = calendar.bounds(series.last().time, timeframe);
        let Some(last) = candles.partition_point(|c| c.time < now).checked_sub(1) else {
            continue;
        };
        let (from, _) = calendar.bounds(candles[last].time, timeframe);
        let first = candles.partition_point(|c| c.time < from);
        if first == 0 && candles[0].time > from {
            // The file begins within it.
            continue;
        }
        let (high, low) = extremes(candles, first, last);
        let mut add = |level: &str, price: f64, bar: usize| {
            let name = format!("previous_{period}_{level}");
            levels.push(SessionLevel {
                name,
                price,
                bar,
                known: last,
            });
        };
        add("high", candles[high].high, high);
        add("low", candles[low].low, low);
        add("close", candles[last].close, last);
    }
    if series.timeframe() <= Timeframe::H1 {
        sessions(series, &mut levels);
    }
    levels
}

fn sessions(series: &Series, levels: &mut Vec<SessionLevel>) {
    let candles = series.candles();
    for (city, zone, hour) in SESSIONS {
        let Ok(zone) = TimeZone::get(zone) else { continue };
        let today = zone.to_datetime(timestamp(series.last().time)).date();
        let begun = (0..DAYS_BACK).find_map(|back| {
            let date = today.saturating_sub(i64::try_from(back).unwrap_or(0).days());
            let open = date
                .at(hour, 0, 0, 0)
                .to_zoned(zone.clone())
                .ok()?
                .timestamp()
                .as_second();
            let first = candles.partition_point(|c| c.time < open);
            let after = candles.partition_point(|c| c.time < open + SESSION);
            (first < after).then(|| (first, after - 1))
        });
        let Some((first, last)) = begun else { continue };
        let (high, low) = extremes(candles, first, last);
        for (level, price, bar) in [("high", candles[high].high, high), ("low", candles[low].low, low)] {
            levels.push(SessionLevel {
                name: format!("{city}_{level}"),
                price,
                bar,
                known: last,
            });
        }
    }
}

/// The bars of the highest high and the lowest low of `first..=last`, the first of equal ones.
fn extremes(candles: &[Candle], first: usize, last: usize) -> (usize, usize) {
    let (mut high, mut low) = (first, first);
    for bar in first..=last {
        if candles[bar].high > candles[high].high {
            high = bar;
        }
        if candles[bar].low < candles[low].low {
            low = bar;
        }
    }
    (high, low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::VolumeKind;

    fn time(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    /// A market that never closes, each candle's high a hundred above its number.
    fn hourly(from: &str, until: &str) -> Series {
        let candles = (time(from)..time(until))
            .step_by(3_600)
            .enumerate()
            .map(|(at, time)| Candle {
                time,
                open: at as f64,
                high: at as f64 + 100.0,
                low: at as f64 - 100.0,
                close: at as f64 + 0.5,
                volume: 1.0,
            });
        Series::new("X", Timeframe::H1, 1, VolumeKind::Real, candles.collect()).unwrap()
    }

    fn level(levels: &[SessionLevel], name: &str) -> (f64, usize, usize) {
        let found = levels.iter().find(|l| l.name == name).unwrap();
        (found.price, found.bar, found.known)
    }

    #[test]
    fn the_day_before_is_the_last_whole_one() {
        let levels = session_levels(&hourly("2024-07-01T00:00:00Z", "2024-07-03T10:00:00Z"));
        assert_eq!(level(&levels, "previous_day_high"), (147.0, 47, 47));
        assert_eq!(level(&levels, "previous_day_low"), (-76.0, 24, 47));
        assert_eq!(level(&levels, "previous_day_close"), (47.5, 47, 47));
        assert!(
            levels.iter().all(|l| !l.name.contains("week")),
            "no whole week is there"
        );
    }

    #[test]
    fn sessions_follow_their_citys_clock() {
        // In July London opens at 07:00 UTC and New York at 12:00, in January an hour later.
        let summer = session_levels(&hourly("2024-07-01T00:00:00Z", "2024-07-03T23:00:00Z"));
        assert_eq!(level(&summer, "london_low").1, 48 + 7);
        assert_eq!(level(&summer, "new_york_low").1, 48 + 12);
        assert_eq!(level(&summer, "asia_low").1, 48);
        assert_eq!(level(&summer, "london_high"), (48.0 + 15.0 + 100.0, 63, 63));
        let winter = session_levels(&hourly("2024-01-01T00:00:00Z", "2024-01-03T23:00:00Z"));
        assert_eq!(level(&winter, "london_low").1, 48 + 8);
        assert_eq!(level(&winter, "new_york_low").1, 48 + 13);
        // One that has just begun counts as far as it has come.
        let begun = session_levels(&hourly("2024-07-01T00:00:00Z", "2024-07-03T08:00:00Z"));
        assert_eq!(level(&begun, "london_high"), (155.0, 55, 55));
        assert_eq!(level(&begun, "new_york_high").2, 24 + 20, "yesterday's");
    }
}
