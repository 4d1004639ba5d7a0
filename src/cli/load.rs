//! Candle files by the options of the command line.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::args::ReadArgs;
use super::fetch;
use super::output::{Failure, warn};
use crate::config::Settings;
use crate::desk::DeskError;
use crate::feed::Locator;
use crate::market::read::{Irregularity, Loaded};
use crate::market::{Candle, ReadOptions, Series, read_file};

/// The reader's options for these arguments.
pub(super) fn options(args: &ReadArgs) -> Result<ReadOptions, Failure> {
    Ok(ReadOptions {
        zone: args.tz.as_deref().map(zone).transpose()?,
        symbol: args.symbol.clone(),
        timeframe: args.timeframe,
        date_order: args.date_order,
        now: Some(Timestamp::now()),
        keep_forming: args.keep_forming,
        coarser: args.to,
        columns: Vec::new(),
    })
}

/// Reads a file, or fetches the live candles that `path` names; only these need the settings.
pub(super) fn read(
    path: &Path,
    args: &ReadArgs,
    settings: impl FnOnce() -> Result<Settings, Failure>,
) -> Result<Loaded, Failure> {
    match Locator::parse(&path.to_string_lossy()).filter(|_| !path.exists()) {
        Some(locator) => live(&locator, args, &settings()?),
        None => Ok(read_file(path, &options(args)?)?),
    }
}

fn live(locator: &Locator, args: &ReadArgs, settings: &Settings) -> Result<Loaded, Failure> {
    if args.tz.is_some() || args.timeframe.is_some() || args.date_order.is_some() || args.symbol.is_some() {
        return Err(Failure::new(format!(
            "{locator}: live candles say their own symbol, timeframe and zone; leave --symbol, --timeframe, --tz and --date-order away"
        )));
    }
    let fetched = fetch::live(settings, locator, None)?.ok_or_else(Failure::interrupted)?;
    let mut loaded = fetched.loaded;
    if let (true, Some(forming)) = (args.keep_forming, fetched.forming) {
        loaded = with(loaded, forming)?;
    }
    match args.to {
        Some(to) => Ok(loaded.coarser(to, &locator.to_string())?),
        None => Ok(loaded),
    }
}

/// The candles with the one that is forming behind them.
fn with(loaded: Loaded, forming: Candle) -> Result<Loaded, Failure> {
    let series = &loaded.series;
    let candles = [series.candles(), &[forming]].concat();
    let series = Series::new(
        series.symbol(),
        series.timeframe(),
        series.decimals(),
        series.volume(),
        candles,
    )
    .map_err(DeskError::from)?;
    let mut card = loaded.card;
    card.rows += 1;
    card.last = crate::market::timestamp(forming.time);
    Ok(Loaded {
        series: series.from_live_source(),
        card,
    })
}

/// Tells what could spoil an analysis; the data card tells the rest.
pub(super) fn warn_of(loaded: &Loaded) {
    let mut card = loaded.card.clone();
    card.irregularities.retain(|i| !matches!(i, Irregularity::Gap { .. }));
    for warning in card.warnings() {
        warn(&format!("{}: {warning}", card.file));
    }
}

fn zone(text: &str) -> Result<TimeZone, Failure> {
    let name = text.trim();
    if name.eq_ignore_ascii_case("utc") || name == "Z" {
        return Ok(TimeZone::UTC);
    }
    if let Some(offset) = offset(name) {
        return Ok(TimeZone::fixed(offset));
    }
    TimeZone::get(name).map_err(|_| {
        let known: Vec<String> = jiff::tz::db().available().map(|n| n.as_str().to_owned()).collect();
        let hint = crate::text::nearest(name, known.iter().map(String::as_str)).map_or_else(
            || "write one such as Europe/Athens or +02:00".to_owned(),
            |n| format!("did you mean {n}?"),
        );
        Failure::new(format!(
            "--tz {}: no such time zone; {hint}",
            crate::text::clean_line(name)
        ))
    })
}

/// `+2`, `-05`, `+02:00`, `UTC+2`
fn offset(text: &str) -> Option<Offset> {
    let text = text.strip_prefix("UTC").or(text.strip_prefix("GMT")).unwrap_or(text);
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
    // No clock is further from UTC.
    (seconds <= 14 * 3600).then(|| Offset::from_seconds(sign * seconds).ok())?
}
