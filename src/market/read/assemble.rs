//! Rows to a series: values read, irregular rows told and left out, order and spacing found, the card written.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::card::{Card, Clock, Irregularity};
use super::columns::Layout;
use super::number::number;
use super::table::{Row, Table};
use super::when::{self, DateOrder, Parts, Settled, Zone};
use super::{Loaded, ReadError, ReadOptions, identity};
use crate::market::{Candle, Series, Sessions, Timeframe, VolumeKind, decimals_of, timestamp};

/// A row that holds a candle, and its line.
struct Read {
    line: usize,
    candle: Candle,
}

pub(super) fn assemble(table: &Table, layout: &Layout, name: &str, options: &ReadOptions) -> Result<Loaded, ReadError> {
    let body = &table.rows[usize::from(layout.header)..];
    let mut irregularities = Vec::new();
    let times: Vec<Option<Parts>> = body.iter().map(|row| time_parts(row, layout)).collect();
    let order = date_order(body, &times, layout, name, options)?;
    let zone = options.zone.clone().unwrap_or(TimeZone::UTC);
    let tick = volume_column(body, layout);

    let mut read = Vec::with_capacity(body.len());
    for (row, parts) in body.iter().zip(&times) {
        match candle(row, *parts, layout, order, &zone, tick.1) {
            Ok(candle) => read.push(Read { line: row.line, candle }),
            Err(reason) => irregularities.push(Irregularity::Refused { line: row.line, reason }),
        }
    }
    let refused = irregularities.len();
    if read.is_empty() || refused * 2 > body.len() {
        return Err(too_many_refused(&irregularities, body.len(), name));
    }

    if let Some(offset) = table.day_offset {
        bear_dates(&mut read, offset, options);
    }
    let below = layout.volume.or(layout.tick_volume).map_or(0, |column| {
        let cells = body.iter().filter_map(|row| row.cells.get(column));
        cells
            .filter(|cell| number(cell, layout.mark).is_some_and(|v| v < 0.0))
            .count()
    });
    if below > 0 {
        irregularities.push(Irregularity::NegativeVolume { count: below });
    }
    let newest_first = read.len() > 1 && read[0].candle.time > read[read.len() - 1].candle.time;
    if newest_first {
        read.reverse();
    }
    read.sort_by_key(|r| r.candle.time);
    let duplicates = drop_duplicates(&mut read, &mut irregularities);
    let mut candles: Vec<Candle> = read.into_iter().map(|r| r.candle).collect();
    let timeframe = options
        .timeframe
        .or_else(|| spacing(&candles))
        .or_else(|| identity::timeframe(name))
        .ok_or_else(|| ReadError::Timeframe(name.to_owned()))?;

    let forming = drop_forming(&mut candles, timeframe, options, &mut irregularities);
    let symbol = symbol(body, layout, name, options);
    let decimals = decimals_of(&candles);
    let volume = if candles.iter().all(|c| c.volume == 0.0) {
        VolumeKind::None
    } else {
        tick.0
    };
    let series =
        Series::new(symbol, timeframe, decimals, volume, candles).map_err(|_| ReadError::NoRows(name.to_owned()))?;

    let naive = times
        .iter()
        .flatten()
        .any(|p| matches!(p, Parts::Civil { zone: Zone::Naive, .. }));
    let zone_assumed = naive && options.zone.is_none();
    if zone_assumed && layout.clock_kind != Clock::Unstated && !timeframe.is_daily() {
        irregularities.push(Irregularity::ForeignClock {
            clock: layout.clock_kind,
        });
    }
    points(&series, &mut irregularities);
    spikes(&series, &mut irregularities);
    let gaps = gaps(&series, &mut irregularities);
    let card = Card {
        file: name.to_owned(),
        layout: layout.name,
        symbol: series.symbol().to_owned(),
        timeframe,
        made_of: None,
        zone: if naive { zone_name(&zone) } else { "UTC".to_owned() },
        zone_assumed,
        date_order: order,
        rows: series.candles().len(),
        first: timestamp(series.candles()[0].time),
        last: timestamp(series.last().time),
        newest_first,
        volume,
        decimals,
        gaps,
        duplicates,
        refused,
        forming_dropped: forming,
        irregularities,
    };
    Ok(Loaded { series, card })
}

/// A day's candle that opens with its exchange, wherever the sun stands there, bears the date of that day.
fn bear_dates(read: &mut [Read], offset: i64, options: &ReadOptions) {
    const DAY: i64 = 86_400;
    let mut times: Vec<i64> = read.iter().map(|r| r.candle.time).collect();
    times.sort_unstable();
    let daily = match options.timeframe {
        Some(timeframe) => timeframe.is_daily(),
        // The last one may be the day so far, at the time of its last trade.
        None => times.windows(2).filter(|w| w[1] - w[0] >= DAY - 3_600).count() * 2 >= times.len(),
    };
    if daily {
        for row in read {
            row.candle.time = (row.candle.time + offset).div_euclid(DAY) * DAY;
        }
    }
}

fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().map_or_else(
        || {
            zone.to_fixed_offset()
                .map_or_else(|_| "as given".to_owned(), |offset| format!("UTC{offset}"))
        },
        str::to_owned,
    )
}

fn time_parts(row: &Row, layout: &Layout) -> Option<Parts> {
    let date = row.cells.get(layout.date)?;
    match layout.clock.and_then(|c| row.cells.get(c)) {
        Some(clock) => when::parts(&format!("{date} {clock}")),
        None => when::parts(date),
    }
}

fn date_order(
    body: &[Row],
    times: &[Option<Parts>],
    layout: &Layout,
    name: &str,
    options: &ReadOptions,
) -> Result<DateOrder, ReadError> {
    if let Some(order) = options.date_order {
        return Ok(order);
    }
    let read: Vec<Parts> = times.iter().flatten().copied().collect();
    let cell = |row: &Row| super::table::shown(row.cells.get(layout.date).map_or("", String::as_str));
    let first_bad = || {
        let (row, _) = body.iter().zip(times).find(|(_, t)| t.is_none())?;
        Some((row.line, cell(row)))
    };
    if read.is_empty() {
        let (line, text) = first_bad().unwrap_or_default();
        return Err(ReadError::Time {
            file: name.to_owned(),
            line,
            text,
        });
    }
    match when::settle_order(&read) {
        Settled::Order(order) => Ok(order),
        Settled::Either(first, second) => {
            // The row where the readings differ most shows the question best.
            let example = body
                .iter()
                .zip(times)
                .find(|(_, t)| matches!(t, Some(Parts::Civil { date: [a, b, _], .. }) if a != b))
                .map_or_else(|| cell(&body[0]), |(row, _)| cell(row));
            Err(ReadError::AmbiguousDate {
                file: name.to_owned(),
                example,
                first,
                second,
            })
        }
        Settled::Neither => {
            let (line, text) = first_bad().unwrap_or_else(|| (body[0].line, cell(&body[0])));
            Err(ReadError::Time {
                file: name.to_owned(),
                line,
                text,
            })
        }
    }
}

/// The column that has any volume at all: the real one first, else the tick count.
fn volume_column(body: &[Row], layout: &Layout) -> (VolumeKind, Option<usize>) {
    let any = |column: usize| {
        body.iter()
            .filter_map(|r| number(r.cells.get(column)?, layout.mark))
            .any(|v| v > 0.0)
    };
    let real = layout.volume.filter(|c| any(*c));
    let tick = layout.tick_volume.filter(|c| any(*c));
    match (real, tick) {
        (Some(column), _) => (VolumeKind::Real, Some(column)),
        (None, Some(column)) => (VolumeKind::Tick, Some(column)),
        (None, None) => (VolumeKind::None, None),
    }
}

fn candle(
    row: &Row,
    parts: Option<Parts>,
    layout: &Layout,
    order: DateOrder,
    zone: &TimeZone,
    volume: Option<usize>,
) -> Result<Candle, String> {
    if row.cells.len() < layout.width() {
        return Err(format!(
            "{} cells where {} are needed; is it cut off?",
            row.cells.len(),
            layout.width()
        ));
    }
    let time = parts.and_then(|p| p.instant(order, zone)).ok_or_else(|| {
        let cell = super::table::shown(&row.cells[layout.date]);
        format!("`{cell}` is no time")
    })?;
    let value = |column: usize, what: &str| {
        let cell = &row.cells[column];
        number(cell, layout.mark)
            .ok_or_else(|| {
                let shown = super::table::shown(cell);
                format!("{what} `{shown}` is no number")
            })
            .and_then(|v| {
                if v > 0.0 {
                    Ok(v)
                } else {
                    Err(format!("{what} {v} is not above zero"))
                }
            })
    };
    let open = value(layout.open, "open")?;
    let high = value(layout.high, "high")?;
    let low = value(layout.low, "low")?;
    let close = value(layout.close, "close")?;
    if high < low {
        return Err(format!("high {high} lies below low {low}"));
    }
    if high < open.max(close) || low > open.min(close) {
        return Err(format!(
            "open {open} or close {close} lies outside low {low} to high {high}"
        ));
    }
    // A volume that cannot be read does not spoil the prices.
    let volume = volume
        .and_then(|c| number(row.cells.get(c)?, layout.mark))
        .filter(|v| *v >= 0.0)
        .unwrap_or(0.0);
    Ok(Candle {
        time,
        open,
        high,
        low,
        close,
        volume,
    })
}

fn too_many_refused(irregularities: &[Irregularity], rows: usize, name: &str) -> ReadError {
    let first = irregularities.iter().find_map(|i| match i {
        Irregularity::Refused { line, reason } => Some((*line, reason.clone())),
        _ => None,
    });
    match first {
        Some((line, reason)) => ReadError::TooManyRefused {
            file: name.to_owned(),
            line,
            reason,
            refused: irregularities.len(),
            rows,
        },
        None => ReadError::NoRows(name.to_owned()),
    }
}

/// Leaves one candle a time; returns how many rows went.
fn drop_duplicates(read: &mut Vec<Read>, irregularities: &mut Vec<Irregularity>) -> usize {
    let before = read.len();
    let mut identical = 0;
    read.dedup_by(|later, kept| {
        if later.candle.time != kept.candle.time {
            return false;
        }
        if later.candle == kept.candle {
            identical += 1;
        } else {
            irregularities.push(Irregularity::Conflict {
                time: timestamp(kept.candle.time),
                kept: kept.line,
                dropped: later.line,
            });
        }
        true
    });
    if identical > 0 {
        irregularities.push(Irregularity::Duplicates { count: identical });
    }
    before - read.len()
}

/// The commonest step between neighbours.
fn spacing(candles: &[Candle]) -> Option<Timeframe> {
    let mut counts: HashMap<i64, usize> = HashMap::new();
    for pair in candles.windows(2) {
        *counts.entry(pair[1].time - pair[0].time).or_default() += 1;
    }
    // Of equally common steps the shorter is the timeframe: gaps lengthen, nothing shortens.
    let (step, _) = counts
        .into_iter()
        .max_by_key(|(step, count)| (*count, std::cmp::Reverse(*step)))?;
    Timeframe::from_seconds(step)
}

fn drop_forming(
    candles: &mut Vec<Candle>,
    timeframe: Timeframe,
    options: &ReadOptions,
    irregularities: &mut Vec<Irregularity>,
) -> bool {
    let (Some(now), Some(last)) = (options.now, candles.last().copied()) else {
        return false;
    };
    let now = now.as_second();
    if last.time > now {
        irregularities.push(Irregularity::Future {
            time: timestamp(last.time),
        });
    }
    let forming = last.time + timeframe.seconds() > now;
    if !forming || options.keep_forming || candles.len() == 1 {
        return false;
    }
    candles.pop();
    irregularities.push(Irregularity::Forming {
        time: timestamp(last.time),
    });
    true
}

fn symbol(body: &[Row], layout: &Layout, name: &str, options: &ReadOptions) -> String {
    let ticker = || {
        let cell = body.first()?.cells.get(layout.ticker?)?;
        Some(cell.clone())
    };
    let symbol = options
        .symbol
        .clone()
        .or_else(ticker)
        .or_else(|| identity::symbol(name))
        .unwrap_or_else(|| "UNKNOWN".to_owned());
    crate::text::clean_line(&symbol)
        .replace('`', "")
        .chars()
        .take(24)
        .collect()
}

/// Currencies and metals quoted in pairs; their prices never have six digits before the point.
const PAIRED: [&str; 20] = [
    "EUR", "USD", "GBP", "JPY", "CHF", "AUD", "NZD", "CAD", "SEK", "NOK", "DKK", "PLN", "MXN", "ZAR", "TRY", "CNH",
    "SGD", "HKD", "XAU", "XAG",
];

fn points(series: &Series, irregularities: &mut Vec<Irregularity>) {
    let symbol = series.symbol();
    let pair =
        symbol.len() == 6 && symbol.is_ascii() && PAIRED.contains(&&symbol[..3]) && PAIRED.contains(&&symbol[3..]);
    let price = series.last().close;
    if pair && series.decimals() == 0 && price >= 10_000.0 {
        irregularities.push(Irregularity::Points { price });
    }
}

/// A lone candle that reaches 20 average ranges (of the 14 before it) beyond both neighbours.
fn spikes(series: &Series, irregularities: &mut Vec<Irregularity>) {
    const BEFORE: usize = 14;
    let candles = series.candles();
    for at in BEFORE..candles.len().saturating_sub(1) {
        let (previous, this, next) = (candles[at - 1], candles[at], candles[at + 1]);
        let range = candles[at - BEFORE..at].iter().map(|c| c.high - c.low).sum::<f64>() / BEFORE as f64;
        let above = this.high - previous.high.max(next.high);
        let below = previous.low.min(next.low) - this.low;
        let reach = above.max(below);
        if range > 0.0 && reach > 20.0 * range {
            irregularities.push(Irregularity::Spike {
                time: timestamp(this.time),
                ranges: reach / range,
            });
        }
    }
}

fn gaps(series: &Series, irregularities: &mut Vec<Irregularity>) -> usize {
    let step = series.timeframe().seconds();
    let sessions = Sessions::of(series);
    let before = irregularities.len();
    let breaks = session_breaks(series);
    for pair in series.candles().windows(2) {
        let (from, to) = (pair[0].time, pair[1].time);
        if breaks.contains(&clock_times(from, to)) {
            continue;
        }
        // Months differ in length by three days.
        if to - from <= step + step / 10 {
            continue;
        }
        let missing = sessions.expected(from + step, to);
        // A single day off is a holiday.
        let holiday = series.timeframe().is_daily() && missing <= 1;
        if missing > 0 && !holiday {
            irregularities.push(Irregularity::Gap {
                after: timestamp(from),
                until: timestamp(to),
                missing,
            });
        }
    }
    irregularities.len() - before
}

/// The times of day at which a gap begins and ends.
fn clock_times(from: i64, to: i64) -> (i64, i64) {
    const DAY: i64 = 86_400;
    (from.rem_euclid(DAY), to.rem_euclid(DAY))
}

/// Gaps that recur at the same times of day on a third of the days: the market's own closing hours, however odd.
fn session_breaks(series: &Series) -> std::collections::HashSet<(i64, i64)> {
    const DAY: i64 = 86_400;
    let candles = series.candles();
    let step = series.timeframe().seconds();
    if series.timeframe().is_daily() {
        return std::collections::HashSet::new();
    }
    let days = (series.last().time - candles[0].time) / DAY + 1;
    let mut seen: HashMap<(i64, i64), i64> = HashMap::new();
    for pair in candles.windows(2) {
        if pair[1].time - pair[0].time > step {
            *seen.entry(clock_times(pair[0].time, pair[1].time)).or_default() += 1;
        }
    }
    let often = |count: i64| count >= 2 && count * 3 >= days;
    seen.into_iter()
        .filter(|(_, n)| often(*n))
        .map(|(times, _)| times)
        .collect()
}
