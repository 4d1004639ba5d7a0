//! Coarser candles of finer ones, with days that begin when the market's do.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

use super::candle::timestamp;
use super::{Candle, Series, Sessions, Timeframe};

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// Why no coarser candles can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
    /// Finer, as fine, or not a multiple.
    #[error("{to} candles cannot be made of {from} ones; choose a multiple of {from}")]
    NoMultiple {
        /// What there is.
        from: Timeframe,
        /// What was asked for.
        to: Timeframe,
    },
    /// The candles do not span one whole one.
    #[error("the candles do not span one whole {0} candle; load a longer file")]
    TooShort(Timeframe),
}

/// When a market's day begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Day {
    /// At midnight UTC: markets that never close, exchanges that trade within a date, files in a broker's own days.
    Midnight,
    /// At five in the afternoon in New York, where the week opens on a Sunday evening: currencies, metals, futures.
    NewYork(TimeZone),
}

impl Day {
    /// Learns it from the breaks of more than a day: most open on a Sunday evening, or they do not.
    fn of(series: &Series) -> Self {
        /// Sunday 20:00 UTC, in seconds from the week's Monday.
        const SUNDAY_EVENING: i64 = 6 * DAY + 20 * 3_600;
        let opens = series.candles().windows(2).filter(|w| w[1].time - w[0].time > DAY);
        // 1970-01-05 was a Monday.
        let evening = |w: &&[Candle]| (w[1].time - 4 * DAY).rem_euclid(WEEK) >= SUNDAY_EVENING;
        let (breaks, evenings) = (opens.clone().count(), opens.filter(evening).count());
        match TimeZone::get("America/New_York") {
            Ok(zone) if evenings > 0 && evenings * 2 >= breaks && series.timeframe().seconds() < DAY => {
                Day::NewYork(zone)
            }
            _ => Day::Midnight,
        }
    }

    /// The trading day that this time (UTC epoch seconds) is in.
    fn date(&self, time: i64) -> Date {
        match self {
            Day::Midnight => TimeZone::UTC.to_datetime(timestamp(time)).date(),
            // Seven hours on, the evening is in the day that it opens.
            Day::NewYork(zone) => zone.to_datetime(timestamp(time)).saturating_add(7.hours()).date(),
        }
    }

    /// When the trading day begins, UTC epoch seconds.
    fn start(&self, date: Date) -> i64 {
        let (zone, civil) = match self {
            Day::Midnight => (TimeZone::UTC, date.at(0, 0, 0, 0)),
            Day::NewYork(zone) => (zone.clone(), date.at(0, 0, 0, 0).saturating_sub(7.hours())),
        };
        // The clocks change at night: five in the afternoon is there once every day.
        civil.to_zoned(zone).map_or(0, |zoned| zoned.timestamp().as_second())
    }
}

/// The coarse candle that a time is in: its open and the open of the next, UTC epoch seconds.
fn bounds(day: &Day, time: i64, to: Timeframe) -> (i64, i64) {
    let step = to.seconds();
    let date = day.date(time);
    let from = |date: Date| day.start(date);
    let after = |date: Date, span: Span| from(date.saturating_add(span));
    if step < DAY {
        let start = from(date);
        let open = start + (time - start).div_euclid(step) * step;
        // The day's last one ends with it.
        (open, (open + step).min(after(date, 1.day())))
    } else if step == WEEK {
        let monday = date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days());
        (from(monday), after(monday, 7.days()))
    } else if to.is_monthly() {
        let first = date.first_of_month();
        (from(first), after(first, 1.month()))
    } else {
        let days = step / DAY;
        let since = date
            .since(Date::constant(1970, 1, 1))
            .map_or(0, |span| i64::from(span.get_days()));
        let first = date.saturating_sub(since.rem_euclid(days).days());
        (from(first), after(first, days.days()))
    }
}

/// Where a market's days, weeks and months begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar(Day);

impl Calendar {
    /// Learns it from a series' candles.
    pub fn of(series: &Series) -> Self {
        Self(Day::of(series))
    }

    /// The candle of this timeframe that `time` is in: its open and the open of the next, UTC epoch seconds.
    pub fn bounds(&self, time: i64, timeframe: Timeframe) -> (i64, i64) {
        bounds(&self.0, time, timeframe)
    }
}

impl Series {
    /// The same market in coarser candles. One opens with its first candle's open and closes with its last one's close;
    /// a first or last one that the series does not span is left out, as one that is still forming.
    ///
    /// # Errors
    /// [`AggregateError`] when `to` is no multiple of the series' timeframe, or none is whole.
    pub fn coarser(&self, to: Timeframe) -> Result<Series, AggregateError> {
        let from = self.timeframe();
        let fits = to > from && to.seconds() % from.seconds() == 0 && (to.is_daily() || DAY % to.seconds() == 0);
        if !fits {
            return Err(AggregateError::NoMultiple { from, to });
        }
        let calendar = Calendar::of(self);
        let sessions = Sessions::of(self);
        let mut coarse: Vec<Candle> = Vec::new();
        let mut until = i64::MIN;
        for candle in self.candles() {
            if candle.time >= until {
                let (open, next) = calendar.bounds(candle.time, to);
                until = next;
                // Candles that should be there and are not: the file begins within it.
                let partial = coarse.is_empty() && sessions.expected(open, candle.time) > 0;
                coarse.push(Candle { time: open, ..*candle });
                if partial {
                    coarse[0].time = i64::MIN;
                }
                continue;
            }
            let Some(last) = coarse.last_mut() else { continue };
            last.high = last.high.max(candle.high);
            last.low = last.low.min(candle.low);
            last.close = candle.close;
            last.volume += candle.volume;
        }
        if sessions.expected(self.last().time + from.seconds(), until) > 0 {
            coarse.pop();
        }
        coarse.retain(|candle| candle.time != i64::MIN);
        let series = Series::new(self.symbol(), to, self.decimals(), self.volume(), coarse)
            .map_err(|_| AggregateError::TooShort(to))?;
        Ok(if self.is_live() {
            series.from_live_source()
        } else {
            series
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::VolumeKind;
    use proptest::prelude::*;

    fn time(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    /// Hourly candles from `from` up to `until` wherever `open` says.
    fn hourly(from: &str, until: &str, open: impl Fn(i64) -> bool) -> Series {
        let candles = (time(from)..time(until))
            .step_by(3_600)
            .filter(|t| open(*t))
            .enumerate();
        let candles = candles.map(|(at, time)| Candle {
            time,
            open: at as f64,
            high: at as f64 + 2.0,
            low: at as f64 - 1.0,
            close: at as f64 + 1.0,
            volume: 1.0,
        });
        Series::new("X", Timeframe::H1, 1, VolumeKind::Real, candles.collect()).unwrap()
    }

    fn opens(series: &Series) -> Vec<String> {
        series.candles().iter().map(|c| timestamp(c.time).to_string()).collect()
    }

    /// Sunday 17:00 to Friday 17:00 in New York.
    fn currencies(t: i64) -> bool {
        let there = TimeZone::get("America/New_York")
            .unwrap()
            .to_datetime(timestamp(t))
            .saturating_add(7.hours());
        there.date().weekday().to_monday_zero_offset() < 5
    }

    #[test]
    fn a_currencys_day_begins_at_five_in_new_york_in_summer_and_winter() {
        let series = hourly("2024-02-25T22:00:00Z", "2024-03-29T21:00:00Z", currencies);
        let days = series.coarser("D1".parse().unwrap()).unwrap();
        let opens = opens(&days);
        assert_eq!(opens[0], "2024-02-25T22:00:00Z");
        assert_eq!(
            opens.last().unwrap(),
            "2024-03-28T21:00:00Z",
            "the clocks went forward on the 10th"
        );
        assert_eq!(opens.len(), 25);
        assert!(days.candles().iter().all(|c| c.volume == 24.0));
        let weeks = series.coarser("W1".parse().unwrap()).unwrap();
        assert_eq!(weeks.candles().len(), 5);
        assert!(weeks.candles().iter().all(|c| c.volume == 120.0));
    }

    #[test]
    fn a_market_that_never_closes_has_days_of_utc() {
        let series = hourly("2024-01-01T00:00:00Z", "2024-03-05T07:00:00Z", |_| true);
        let four = series.coarser("H4".parse().unwrap()).unwrap();
        let first = four.candles()[0];
        assert_eq!(
            (first.open, first.high, first.low, first.close, first.volume),
            (0.0, 5.0, -1.0, 4.0, 4.0)
        );
        assert_eq!(
            opens(&four).last().unwrap(),
            "2024-03-05T00:00:00Z",
            "the one from 04:00 has not closed"
        );
        assert_eq!(
            opens(&series.coarser("MN1".parse().unwrap()).unwrap()),
            ["2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"]
        );
    }

    #[test]
    fn what_is_no_multiple_is_refused() {
        let series = hourly("2024-01-01T00:00:00Z", "2024-01-01T03:00:00Z", |_| true);
        for to in ["M15", "H1", "5h"] {
            assert!(
                matches!(
                    series.coarser(to.parse().unwrap()),
                    Err(AggregateError::NoMultiple { .. })
                ),
                "{to}"
            );
        }
        assert_eq!(
            series.coarser("D1".parse().unwrap()),
            Err(AggregateError::TooShort("D1".parse().unwrap()))
        );
    }

    proptest! {
        /// By way of another timeframe it comes to the same, and nothing is lost between the ends.
        #[test]
        fn in_two_steps_as_in_one(hours in 200usize..900, start in 0i64..24) {
            let series = hourly("2024-01-01T00:00:00Z", "2024-03-01T00:00:00Z", |t| {
                let at = (t - time("2024-01-01T00:00:00Z")) / 3_600 - start;
                (0..hours as i64).contains(&at)
            });
            let (h4, d1): (Timeframe, Timeframe) = ("H4".parse().unwrap(), "D1".parse().unwrap());
            let direct = series.coarser(d1).unwrap();
            prop_assert_eq!(&series.coarser(h4).unwrap().coarser(d1).unwrap(), &direct);
            prop_assert!(direct.candles().iter().all(|c| c.volume == 24.0));
            prop_assert!(direct.candles().len() + 2 >= hours / 24);
        }
    }
}
