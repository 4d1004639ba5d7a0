//! `wickdesk fetch`: candles from a live source, into a file that later fetches carry on, or to standard output.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::args::FetchArgs;
use super::candles::card;
use super::output::{self, Exit, Failure};
use crate::config::Settings;
use crate::desk::{self, Desk, DeskError};
use crate::feed::{Fetched, Locator, join};
use crate::journal::Journal;
use crate::market::read::Loaded;
use crate::market::{COLUMNS, Candle, ReadOptions, canonical, read_file, timestamp};

/// So many candles are asked for again when a file is carried on: who sees them sees that it is the same market.
const OVERLAP: usize = 4;

pub(super) fn run(settings: &Settings, args: &FetchArgs) -> Result<Exit, Failure> {
    let locator = Locator {
        origin: args.source.clone(),
        symbol: args.symbol.clone(),
        timeframe: args.timeframe,
        limit: usize::try_from(args.limit).unwrap_or(Locator::MOST).min(Locator::MOST),
    };
    let kept = match &args.output {
        Some(path) if path.is_dir() => {
            let why = "is a directory; name a file in it with -o";
            return Err(Failure::new(format!("{}: {why}", path.display())));
        }
        Some(path) => kept(path, &locator)?,
        None => Vec::new(),
    };
    let since = kept
        .len()
        .checked_sub(1)
        .map(|last| kept[last.saturating_sub(OVERLAP)].time);
    let Some(fetched) = live(settings, &locator, since)? else {
        return Ok(Exit::Interrupted);
    };
    let new = fetched.loaded.series.candles();
    match &args.output {
        None if args.json => print_json(&fetched, 0, Some(new))?,
        None => output::out(&canonical(new))?,
        Some(path) => {
            let before = kept.len();
            let joined = join(&kept, new)
                .map_err(|error| Failure::new(format!("{}: {error} Nothing is changed", path.display())))?;
            crate::files::write_whole(path, canonical(&joined).as_bytes()).map_err(|e| unwritten(path, &e))?;
            let more = joined.len() - before;
            if args.json {
                print_json(&fetched, more, None)?;
            } else if is_no_file(path) {
                output::note(&crate::text::count(more, "candle"));
            } else {
                let loaded = written(path, &locator)?;
                card(&loaded, false)?;
                let shown = path.display();
                let words = match before {
                    0 => format!("{} in {shown}", crate::text::count(more, "candle")),
                    _ => format!("{} more in {shown}", crate::text::count(more, "candle")),
                };
                output::note(&words);
            }
        }
    }
    if Journal::exists(&settings.places.data) {
        let (desk, _) = Desk::open(settings.clone());
        super::ask::settle(&desk, &fetched.loaded.series);
    }
    if let Some(c) = &fetched.forming {
        let time = timestamp(c.time).strftime("%Y-%m-%d %H:%M UTC");
        output::note(&format!(
            "forming since {time}, kept apart: open {} high {} low {} close {} so far",
            c.open, c.high, c.low, c.close
        ));
    }
    Ok(Exit::Done)
}

/// The candles of `locator`, with a spinner on a terminal; `None` if Ctrl-C came first. Warnings are told.
pub(super) fn live(settings: &Settings, locator: &Locator, since: Option<i64>) -> Result<Option<Fetched>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(format!("no runtime: {e}")))?;
    let expected = match since {
        Some(since) => (jiff::Timestamp::now().as_second() - since) / locator.timeframe.seconds(),
        None => i64::try_from(locator.limit).unwrap_or(i64::MAX),
    };
    let bar = ProgressBar::new(u64::try_from(expected).unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar.set_prefix(locator.origin.clone());
    bar.enable_steady_tick(Duration::from_millis(200));
    let fetched = runtime.block_on(async {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => Ok(None),
            fetched = desk::fetch(settings, locator, since, |n| bar.set_position(n as u64)) => fetched.map(Some),
        }
    });
    bar.finish_and_clear();
    let fetched = fetched?;
    for warning in fetched.iter().flat_map(|f| &f.warnings) {
        output::warn(&format!("{}: {warning}", locator.origin));
    }
    Ok(fetched)
}

/// Whether the path is a pipe, a terminal or a device: what is written there cannot be read again.
fn is_no_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// The candles of a file that an earlier fetch wrote; none if there is no such file.
fn kept(path: &Path, locator: &Locator) -> Result<Vec<Candle>, Failure> {
    let refuse = |why: &str| Failure::new(format!("{}: {why}; name another file with -o", path.display()));
    if is_no_file(path) {
        return Ok(Vec::new());
    }
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refuse(&crate::text::io_reason(&error))),
    };
    let mut first = String::new();
    // What is no text, or no such header, was written by something else.
    let read = std::io::Read::take(BufReader::new(file), 256).read_line(&mut first);
    if read.is_err() || first.trim_end() != COLUMNS {
        return Err(refuse("it was not written by fetch"));
    }
    let loaded = written(path, locator)?;
    let spacing = loaded.series.candles().windows(2).map(|w| w[1].time - w[0].time).min();
    if spacing.is_some_and(|s| s * 10 < locator.timeframe.seconds() * 8) {
        return Err(refuse(&format!("its candles are finer than {}", locator.timeframe)));
    }
    Ok(loaded.series.candles().to_vec())
}

fn written(path: &Path, locator: &Locator) -> Result<Loaded, Failure> {
    let options = ReadOptions {
        symbol: Some(locator.symbol.clone()),
        timeframe: Some(locator.timeframe),
        ..ReadOptions::default()
    };
    Ok(read_file(path, &options).map_err(DeskError::from)?)
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {}", path.display(), crate::text::io_reason(error)))
}

fn print_json(fetched: &Fetched, more: usize, candles: Option<&[Candle]>) -> Result<(), Failure> {
    output::json(&json!({
        "card": fetched.loaded.card,
        "candles": candles,
        "added": candles.map_or(more, <[Candle]>::len),
        "forming": fetched.forming,
        "warnings": fetched.warnings,
    }))
}
