//! Candle files by the options of the command line.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::args::ReadArgs;
use super::output::{Failure, warn};
use crate::market::read::{Irregularity, Loaded};
use crate::market::{ReadOptions, read_file};

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
    })
}

/// Reads a file.
pub(super) fn read(path: &Path, args: &ReadArgs) -> Result<Loaded, Failure> {
    Ok(read_file(path, &options(args)?)?)
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
    Offset::from_seconds(sign * seconds).ok()
}
