//! When a market trades, learnt from the candles: which hours of the week have them.

use super::Series;

const HOUR: i64 = 3_600;
const WEEK_HOURS: usize = 168;
/// 1970-01-01 was a Thursday: hours from the Monday before it to the epoch.
const EPOCH_HOURS: i64 = 72;

/// The hours of the week (UTC, Monday 00:00 first) in which candles of a series usually open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sessions {
    open: [bool; WEEK_HOURS],
    step: i64,
}

impl Sessions {
    /// Learns the hours from `series`: one is a trading hour if three of four weeks have a candle in it.
    ///
    /// Under two weeks of candles tell less: then an hour of the day counts as closed if no candle ever opens in it, and
    /// the weekend if none does on its Saturday. Where clocks change, the hour that is open half the year counts as closed, so that neither
    /// half of the year looks full of gaps.
    pub fn of(series: &Series) -> Self {
        let candles = series.candles();
        let step = series.timeframe().seconds();
        let span = series.last().time - candles[0].time;
        const WEEK: i64 = WEEK_HOURS as i64 * HOUR;
        // Weeks that have candles: a stretch that is missing is no rule.
        let mut weeks = 0;
        let mut last_week = i64::MIN;
        for candle in candles {
            let week = candle.time.div_euclid(WEEK);
            weeks += i64::from(week != last_week);
            last_week = week;
        }
        // The first and the last are parts of one.
        weeks = (weeks - 1).min(span / WEEK);
        let mut seen = [0u32; WEEK_HOURS];
        let mut last_hour = i64::MIN;
        for candle in candles {
            // A long candle trades in all its hours, not only in the one it opens in: where clocks change that is another one in
            // summer than in winter.
            let first = candle.time.div_euclid(HOUR).max(last_hour.saturating_add(1));
            let last = (candle.time + step - 1).div_euclid(HOUR);
            for hour in first..=last {
                seen[slot(hour * HOUR)] += 1;
                last_hour = hour;
            }
        }
        let open = if weeks < 2 {
            few_weeks(&seen, span)
        } else {
            seen.map(|n| i64::from(n) * 4 >= weeks * 3)
        };
        Self { open, step }
    }

    /// How many candles should open in `from..until` (UTC epoch seconds), closed hours left out.
    pub fn expected(&self, from: i64, until: i64) -> usize {
        const WEEK: i64 = WEEK_HOURS as i64 * HOUR;
        /// A century of hours; older candles are old enough.
        const MOST: usize = 900_000;
        let opens_before = |time: i64| (time - from + self.step - 1).div_euclid(self.step);
        // Hour by hour for short candles, candle by candle for long ones.
        let stride = self.step.max(HOUR);
        let count = |from_time: i64, until: i64| {
            std::iter::successors(Some(from_time), |t| {
                let next = if stride == HOUR {
                    t.div_euclid(HOUR) * HOUR + HOUR
                } else {
                    t.saturating_add(stride)
                };
                Some(next)
            })
            .take_while(|t| *t < until)
            .take(MOST)
            .filter(|t| self.open[slot(*t)])
            .map(|t| {
                if stride > HOUR {
                    return 1;
                }
                let end = (t.div_euclid(HOUR) * HOUR + HOUR).min(until);
                opens_before(end) - opens_before(t)
            })
            .sum::<i64>()
        };
        // Every week is like the first, where candles open at the same times in each.
        let weeks = if WEEK % self.step == 0 {
            until.saturating_sub(from).max(0) / WEEK
        } else {
            0
        };
        let rest = count(from + weeks * WEEK, until);
        let whole = if weeks > 0 { count(from, from + WEEK) } else { 0 };
        // At least zero, and far fewer than the machine's words hold.
        (whole * weeks + rest).max(0) as usize
    }
}

fn few_weeks(seen: &[u32; WEEK_HOURS], span: i64) -> [bool; WEEK_HOURS] {
    let mut open = [true; WEEK_HOURS];
    if span > 24 * HOUR {
        for (slot, open) in open.iter_mut().enumerate() {
            *open = seen.iter().skip(slot % 24).step_by(24).any(|n| *n > 0);
        }
    }
    let (friday, saturday, sunday) = (4 * 24, 5 * 24, 6 * 24);
    let any = |range: std::ops::Range<usize>| seen[range].iter().any(|n| *n > 0);
    if !any(saturday..sunday) {
        let closes = (friday..saturday)
            .rev()
            .find(|s| seen[*s] > 0)
            .map_or(saturday, |s| s + 1);
        let opens = (sunday..WEEK_HOURS).find(|s| seen[*s] > 0).unwrap_or(WEEK_HOURS);
        open[closes..opens].fill(false);
    }
    open
}

fn slot(time: i64) -> usize {
    let hours = time.div_euclid(HOUR) + EPOCH_HOURS;
    // `rem_euclid` of a positive modulus lies in 0..168.
    hours.rem_euclid(WEEK_HOURS as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Candle, Timeframe, VolumeKind};

    const MONDAY: i64 = 4 * 24 * HOUR;

    fn hourly(keep: impl Fn(usize) -> bool, weeks: i64) -> Series {
        let candles = (0..weeks * 168)
            .map(|h| MONDAY + h * HOUR)
            .filter(|t| keep(slot(*t)))
            .map(|time| Candle {
                time,
                open: 1.0,
                high: 1.0,
                low: 1.0,
                close: 1.0,
                volume: 0.0,
            })
            .collect();
        Series::new("X", Timeframe::H1, 2, VolumeKind::None, candles).unwrap()
    }

    #[test]
    fn weekend_is_left_out() {
        let sessions = Sessions::of(&hourly(|slot| slot < 117, 4));
        assert_eq!(sessions.expected(MONDAY, MONDAY + 168 * HOUR), 117);
        assert_eq!(
            sessions.expected(MONDAY + HOUR, MONDAY + (52 * 168 + 2) * HOUR),
            52 * 117 + 1
        );
    }

    #[test]
    fn long_candles_trade_in_all_their_hours_also_where_clocks_change() {
        // Four hours each, from Monday 1:00 to Saturday 1:00; an hour later from the eleventh week on.
        let candles: Vec<Candle> = hourly(|slot| slot < 120 && slot % 4 == 0, 20)
            .candles()
            .iter()
            .map(|c| Candle {
                time: c.time + HOUR * (1 + i64::from(c.time >= MONDAY + 10 * 168 * HOUR)),
                ..*c
            })
            .collect();
        let series = Series::new("X", "H4".parse().unwrap(), 2, VolumeKind::None, candles).unwrap();
        let sessions = Sessions::of(&series);
        let end = series.last().time + 4 * HOUR;
        let year = sessions.expected(end, end + 52 * 168 * HOUR);
        assert!((52 * 28..=52 * 31).contains(&year), "{year}");
    }

    #[test]
    fn a_market_that_never_closes_has_no_break() {
        let sessions = Sessions::of(&hourly(|_| true, 4));
        assert_eq!(sessions.expected(MONDAY, MONDAY + 168 * HOUR), 168);
    }

    #[test]
    fn monday_is_the_first_slot() {
        assert_eq!(slot(MONDAY), 0);
        assert_eq!(slot(0), 72);
    }
}
