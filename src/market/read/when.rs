//! Times as exports write them: civil dates in any order, compact ones, epochs in any unit, 12-hour clocks, offsets.
//!
//! A time is first cut into its parts ([`Parts`]); which part is the day and which the month is settled once for the
//! whole file, by [`settle_order`], from what all its rows say.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

/// The order of day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// 2024-05-02
    Ymd,
    /// 02.05.2024
    Dmy,
    /// 05/02/2024
    Mdy,
}

impl DateOrder {
    /// The order in words, for messages.
    pub fn words(self) -> &'static str {
        match self {
            DateOrder::Ymd => "year-month-day",
            DateOrder::Dmy => "day-month-year",
            DateOrder::Mdy => "month-day-year",
        }
    }

    /// The value of `--date-order`.
    pub fn option(self) -> &'static str {
        match self {
            DateOrder::Ymd => "ymd",
            DateOrder::Dmy => "dmy",
            DateOrder::Mdy => "mdy",
        }
    }
}

/// How a time names its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Naive,
    Offset(i32),
}

/// A time cut into its parts, the order of a civil date's three still open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Parts {
    /// UTC epoch seconds, and how many units a second had in the file.
    Epoch { seconds: i64, unit: i64 },
    Civil {
        date: [i64; 3],
        /// The order, where the writing settles it.
        order: Option<DateOrder>,
        /// Seconds since midnight.
        second: i64,
        zone: Zone,
    },
}

/// When anything that can be traded was traded: the years 1700 to 2199, UTC epoch seconds. What lies outside is a slip.
const TRADED: std::ops::Range<i64> = -8_520_336_000..7_258_118_400;
/// The first year of them.
const FIRST_YEAR: i64 = 1_700;

impl Parts {
    /// The instant, UTC epoch seconds; `zone` is that of naive times. `None` for a date the calendar lacks.
    pub fn instant(&self, order: DateOrder, zone: &TimeZone) -> Option<i64> {
        match *self {
            Parts::Epoch { seconds, .. } => Some(seconds).filter(|s| TRADED.contains(s)),
            Parts::Civil {
                date,
                order: own,
                second,
                zone: written,
            } => {
                let civil = civil(date, own.unwrap_or(order), second)?;
                match written {
                    Zone::Offset(offset) => {
                        let utc = TimeZone::UTC.to_timestamp(civil).ok()?.as_second();
                        Some(utc - i64::from(offset))
                    }
                    Zone::Naive => Some(zone.to_timestamp(civil).ok()?.as_second()),
                }
            }
        }
    }
}

fn civil(date: [i64; 3], order: DateOrder, second: i64) -> Option<DateTime> {
    let [a, b, c] = date;
    let (year, month, day) = match order {
        DateOrder::Ymd => (a, b, c),
        DateOrder::Dmy => (c, b, a),
        DateOrder::Mdy => (c, a, b),
    };
    let year = match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    };
    let small = |v: i64| i8::try_from(v).ok();
    DateTime::new(
        i16::try_from(year).ok()?,
        small(month)?,
        small(day)?,
        small(second / 3600)?,
        small(second / 60 % 60)?,
        small(second % 60)?,
        0,
    )
    .ok()
}

/// Cuts `text` (date and time of day, or an epoch) into parts.
pub(super) fn parts(text: &str) -> Option<Parts> {
    let text = text.trim();
    epoch(text).or_else(|| civil_parts(text))
}

fn epoch(text: &str) -> Option<Parts> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.is_empty() {
        return None;
    }
    // Seconds from 1973 on have nine digits, nanoseconds nineteen. Eight are a compact date; twelve and fourteen that
    // begin like a year are one with a time of day.
    let like_a_year = whole.starts_with("19") || whole.starts_with("20");
    let unit = match whole.len() {
        9 | 10 => 1,
        12 if !like_a_year => 1_000,
        13 => 1_000,
        15 | 16 => 1_000_000,
        18 | 19 => 1_000_000_000,
        _ => return None,
    };
    let value: i64 = whole.parse().ok()?;
    Some(Parts::Epoch {
        seconds: value / unit,
        unit,
    })
}

/// A run of digits: its value and how many there are.
#[derive(Clone, Copy)]
struct Run {
    value: i64,
    digits: usize,
    /// What stands before it.
    before: u8,
}

fn civil_parts(text: &str) -> Option<Parts> {
    let mut runs: Vec<Run> = Vec::with_capacity(8);
    let mut month_name = None;
    let mut half = None;
    let mut zone = Zone::Naive;
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut before = b' ';
    while at < bytes.len() {
        let b = bytes[at];
        if b.is_ascii_digit() {
            let start = at;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
            // 20190801180000 is a compact date and the time of day behind it.
            let compact = runs.is_empty() && matches!(at - start, 12 | 14);
            let cut = if compact { start + 8 } else { at };
            for (from, to) in [(start, cut), (cut, at)] {
                if from < to {
                    let value = text[from..to].parse().ok()?;
                    let digits = to - from;
                    runs.push(Run { value, digits, before });
                    before = b' ';
                }
            }
        } else if b.is_ascii_alphabetic() {
            let start = at;
            while at < bytes.len() && bytes[at].is_ascii_alphabetic() {
                at += 1;
            }
            let word = text[start..at].to_ascii_lowercase();
            match word.as_str() {
                "t" => {}
                "am" => half = Some(0),
                "pm" => half = Some(12),
                "z" | "utc" | "gmt" => zone = Zone::Offset(0),
                _ => match month(&word) {
                    Some(number) => {
                        month_name = Some((runs.len(), number));
                    }
                    None if weekday(&word) => {}
                    None => return None,
                },
            }
            before = b' ';
        } else {
            // An offset follows the time of day: `+02:00`, `-0500`.
            if (b == b'+' || b == b'-') && runs.len() >= 4 {
                zone = Zone::Offset(offset(&text[at..])?);
                break;
            }
            if !b" ,-./:_'".contains(&b) {
                return None;
            }
            before = b;
            at += 1;
        }
    }
    let (date, order, clock) = date_of(&runs, month_name)?;
    let second = clock_of(clock, half)?;
    Some(Parts::Civil {
        date,
        order,
        second,
        zone,
    })
}

type Dated<'a> = ([i64; 3], Option<DateOrder>, &'a [Run]);

fn date_of(runs: &[Run], month_name: Option<(usize, i64)>) -> Option<Dated<'_>> {
    use DateOrder::{Dmy, Mdy, Ymd};
    if let Some((at, month)) = month_name {
        let (a, b) = (runs.first()?, runs.get(1)?);
        // "Aug 01, 2019", "01 Aug 2019", "2019 Aug 01"
        return Some(match at {
            0 => ([month, a.value, b.value], Some(Mdy), &runs[2..]),
            1 if a.digits == 4 => ([a.value, month, b.value], Some(Ymd), &runs[2..]),
            1 => ([a.value, month, b.value], Some(Dmy), &runs[2..]),
            _ => return None,
        });
    }
    let first = runs.first()?;
    if first.digits == 8 {
        let date = [first.value / 10_000, first.value / 100 % 100, first.value % 100];
        return Some((date, Some(Ymd), &runs[1..]));
    }
    let [a, b, c] = runs.get(..3)? else { return None };
    if [b.before, c.before].iter().any(|s| !b"-./ _".contains(s)) || b.digits > 2 {
        return None;
    }
    // Four digits are the year as it is.
    if [a, c].iter().any(|run| run.digits == 4 && run.value < FIRST_YEAR) {
        return None;
    }
    let order = match (a.digits, c.digits) {
        (4, 1..=2) => Some(Ymd),
        (1..=2, 4) | (1..=2, 1..=2) => None,
        _ => return None,
    };
    Some(([a.value, b.value, c.value], order, &runs[3..]))
}

fn clock_of(runs: &[Run], half: Option<i64>) -> Option<i64> {
    let (mut hour, minute, second) = match runs {
        [] => (0, 0, 0),
        // 180000, 93000, 1800: digits alone, as HistData and MetaStock write
        [one, rest @ ..] if rest.is_empty() || rest[0].before == b'.' => match one.digits {
            5 | 6 => (one.value / 10_000, one.value / 100 % 100, one.value % 100),
            9 => (
                one.value / 10_000_000,
                one.value / 100_000 % 100,
                one.value / 1000 % 100,
            ),
            3 | 4 => (one.value / 100, one.value % 100, 0),
            _ if half.is_some() || one.value == 0 => (one.value, 0, 0),
            _ => return None,
        },
        [h, m] => (h.value, m.value, 0),
        // A fourth run is the fraction of a second.
        [h, m, s] | [h, m, s, _] => (h.value, m.value, s.value),
        _ => return None,
    };
    if let Some(half) = half {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + half;
    }
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    // Only then: other numbers may be of any size.
    fits.then(|| hour * 3600 + minute * 60 + second)
}

fn offset(text: &str) -> Option<i32> {
    let (sign, rest) = text.split_at(1);
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let value: i32 = digits.parse().ok()?;
    let seconds = match digits.len() {
        1 | 2 => value * 3600,
        4 => value / 100 * 3600 + value % 100 * 60,
        _ => return None,
    };
    (seconds <= 14 * 3600).then_some(if sign == "-" { -seconds } else { seconds })
}

fn month(word: &str) -> Option<i64> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = NAMES.iter().position(|n| word.len() >= 3 && n.starts_with(word))?;
    Some(at as i64 + 1)
}

fn weekday(word: &str) -> bool {
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ]
    .iter()
    .any(|n| word.len() >= 3 && n.starts_with(word))
}

/// What the rows say of the order of day and month.
#[derive(Debug, PartialEq)]
pub(super) enum Settled {
    Order(DateOrder),
    /// Two orders serve equally well.
    Either(DateOrder, DateOrder),
    /// None does.
    Neither,
}

/// Settles the order from all rows: it must make every date one of the calendar's; then rows must run one way in time;
/// then the reading with the evener spacing wins, if it is evener by three times.
pub(super) fn settle_order(rows: &[Parts]) -> Settled {
    use DateOrder::{Dmy, Mdy, Ymd};
    let open: Vec<&Parts> = rows
        .iter()
        .filter(|p| matches!(p, Parts::Civil { order: None, .. }))
        .collect();
    if open.is_empty() {
        return Settled::Order(Ymd);
    }
    let mut readings: Vec<(DateOrder, f64)> = [Dmy, Mdy, Ymd]
        .into_iter()
        .filter_map(|order| {
            let read: Vec<i64> = open.iter().filter_map(|p| p.instant(order, &TimeZone::UTC)).collect();
            // A stray bad date is that row's fault, not the order's.
            let enough = (open.len() - read.len()) * 50 <= open.len();
            enough.then(|| (order, unevenness(&read)))
        })
        .collect();
    readings.sort_by(|a, b| a.1.total_cmp(&b.1));
    match readings.as_slice() {
        [] => Settled::Neither,
        [(only, _)] => Settled::Order(*only),
        [(best, even), (next, odd), ..] => {
            if odd > &(even * 3.0) {
                Settled::Order(*best)
            } else {
                Settled::Either(*best, *next)
            }
        }
    }
}

/// The widest step over the middle one; infinite where time runs both ways.
fn unevenness(times: &[i64]) -> f64 {
    let mut steps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).filter(|s| *s != 0).collect();
    let ups = steps.iter().filter(|s| **s > 0).count();
    let against = ups.min(steps.len() - ups);
    if against * 50 > steps.len() {
        return f64::INFINITY;
    }
    steps.iter_mut().for_each(|s| *s = s.abs());
    steps.sort_unstable();
    match (steps.get(steps.len() / 2), steps.last()) {
        (Some(middle), Some(widest)) => *widest as f64 / *middle as f64,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn read(text: &str, order: DateOrder) -> Option<String> {
        let seconds = parts(text)?.instant(order, &TimeZone::UTC)?;
        Some(Timestamp::from_second(seconds).ok()?.to_string())
    }

    #[test]
    fn a_clock_of_any_size_is_none_or_one() {
        for text in [
            "0001-01-01 00:00",
            "01.01.0202",
            "20170106 170106 050000253402300800",
            "2024-01-02 9223372036854775807:1:1",
            "2024-01-02 24:00",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn reads_the_writings_of_exports() {
        use DateOrder::{Dmy, Mdy, Ymd};
        for (text, order, want) in [
            ("1577836800", Ymd, "2020-01-01T00:00:00Z"),
            ("1678730400000", Ymd, "2023-03-13T18:00:00Z"),
            ("1735689600000000", Ymd, "2025-01-01T00:00:00Z"),
            ("2016.05.02 00:15", Dmy, "2016-05-02T00:15:00Z"),
            ("01.02.2017 22:00:00.000", Dmy, "2017-02-01T22:00:00Z"),
            ("11/5/2019 9:30", Mdy, "2019-11-05T09:30:00Z"),
            ("08/01/2019 06:00 PM", Mdy, "2019-08-01T18:00:00Z"),
            ("08/01/2019 12:00 AM", Mdy, "2019-08-01T00:00:00Z"),
            ("20190801 180000", Ymd, "2019-08-01T18:00:00Z"),
            ("20190801180000", Ymd, "2019-08-01T18:00:00Z"),
            ("20190801 0", Ymd, "2019-08-01T00:00:00Z"),
            ("2019-08-01T20:00:00+02:00", Ymd, "2019-08-01T18:00:00Z"),
            ("2016-05-02T00:00:00Z", Ymd, "2016-05-02T00:00:00Z"),
            ("Aug 01, 2019", Ymd, "2019-08-01T00:00:00Z"),
            ("1 Aug 2019 7:05", Ymd, "2019-08-01T07:05:00Z"),
            ("01.01.2017 22:00:00.000 GMT+0100", Dmy, "2017-01-01T21:00:00Z"),
        ] {
            assert_eq!(read(text, order).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "alice",
            "2019-13-01",
            "2019-08-01 25:00",
            "12345",
            "1.2.3.4.5.6.7",
            "99999999999999999999",
        ] {
            assert_eq!(read(text, DateOrder::Ymd), None, "{text}");
        }
    }

    #[test]
    fn spacing_settles_day_and_month() {
        let hours = |dates: &[&str]| -> Vec<Parts> {
            dates
                .iter()
                .flat_map(|d| (0..24).map(move |h| parts(&format!("{d} {h}:00")).unwrap()))
                .collect()
        };
        let days = hours(&["8/1/2019", "8/2/2019", "8/5/2019"]);
        assert_eq!(settle_order(&days), Settled::Order(DateOrder::Mdy));
        let beyond_twelve = hours(&["13/1/2019", "14/1/2019"]);
        assert_eq!(settle_order(&beyond_twelve), Settled::Order(DateOrder::Dmy));
        let one_day = hours(&["8/1/2019"]);
        assert!(matches!(settle_order(&one_day), Settled::Either(..)));
    }
}
