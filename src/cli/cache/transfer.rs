//! `wickdesk cache verify`, `export` and `import`: jobs over the whole store, with a progress bar on a terminal.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Cache, Exit, Failure, entries, failed, output};
use crate::cache::{PortableError, Trouble};
use crate::desk::now_millis;
use crate::files::Writing;
use crate::text::{bytes, count, io_reason};

pub(super) fn number(n: u64, noun: &str) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), noun)
}

/// A bar on standard error, where that is a terminal.
pub(super) fn bar(total: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {human_pos}/{human_len} {eta}");
    let bar = ProgressBar::new(total).with_prefix(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

pub(super) fn verify(cache: &Cache, trouble: Option<&Trouble>, as_json: bool) -> Result<Exit, Failure> {
    let bar = bar(0, "verifying");
    let found = cache.verify(|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let found = found.map_err(failed)?;
    let aside = match trouble {
        Some(Trouble::SetAside(aside)) => Some(aside),
        _ => None,
    };
    if as_json {
        let mut json = serde_json::to_value(&found).unwrap_or_default();
        if let Some(object) = json.as_object_mut() {
            object.insert(
                "set_aside".to_owned(),
                json!(aside.map(|a| a.path.display().to_string())),
            );
            object.insert("whole".to_owned(), json!(found.is_whole() && aside.is_none()));
        }
        output::json(&json)?;
    } else {
        output::line(&format!(
            "{} whole, {} of answers, in {}",
            entries(found.entries),
            bytes(found.bytes),
            number(found.pages, "page")
        ))?;
        if found.damaged + found.stray > 0 {
            output::line(&format!(
                "{} damaged and {} that led nowhere: removed",
                entries(found.damaged),
                number(found.stray, "row")
            ))?;
        }
    }
    match &found.file {
        Some(fault) => Err(Failure::new(format!(
            "the store is {fault}; close every wickdesk, and the next one sets it aside"
        ))),
        None if found.is_whole() && aside.is_none() => Ok(Exit::Done),
        None => Ok(Exit::Failed),
    }
}

pub(super) fn export(cache: &Cache, file: &Path, as_json: bool) -> Result<Exit, Failure> {
    let unwritten = |error: io::Error| Failure::new(format!("{}: {}", file.display(), io_reason(&error)));
    let bar = bar(cache.report().disk_items, "exporting");
    let progress = |done| bar.set_position(done);
    let written = if file == Path::new("-") {
        match cache.export(&mut BufWriter::new(io::stdout().lock()), now_millis(), progress) {
            // Who reads has enough.
            Err(PortableError::File(words)) if words == io_reason(&io::ErrorKind::BrokenPipe.into()) => {
                return Ok(Exit::Done);
            }
            written => written.map_err(failed)?,
        }
    } else {
        // An export that fails leaves what was there.
        let mut out = BufWriter::new(Writing::begin(file).map_err(unwritten)?);
        let written = cache.export(&mut out, now_millis(), progress);
        let written = written.map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        let out = out.into_inner().map_err(|error| unwritten(error.into_error()))?;
        out.finish().map_err(unwritten)?;
        written
    };
    bar.finish_and_clear();
    if as_json && file != Path::new("-") {
        output::json(&json!({ "exported": written.written, "damaged": written.damaged, "file": file }))?;
    } else {
        output::note(&format!("exported {}", entries(written.written)));
    }
    if written.damaged > 0 {
        return Err(Failure::new(format!(
            "{} damaged: not exported, and taken out of the cache; `wickdesk cache verify` looks for more",
            entries(written.damaged)
        )));
    }
    Ok(Exit::Done)
}

pub(super) fn import(cache: &Cache, file: &Path, as_json: bool) -> Result<Exit, Failure> {
    let unread = |words: String| Failure::new(format!("{}: {words}", file.display()));
    /// Damaged lines that are named one by one.
    const NAMED: u64 = 20;
    let mut named = 0;
    let refuse = |line: u64, reason: &str| {
        named += 1;
        if named <= NAMED {
            output::warn(&format!("line {line}: {reason}; left out"));
        }
    };
    let done = if file == Path::new("-") {
        cache.import(&mut io::stdin().lock(), now_millis(), refuse)
    } else {
        let opened = File::open(file).map_err(|error| unread(io_reason(&error)))?;
        let length = opened.metadata().map_or(0, |m| m.len());
        let style = ProgressStyle::with_template("importing {wide_bar} {bytes}/{total_bytes} {eta}");
        let bar = ProgressBar::new(length);
        let bar = match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        let done = cache.import(&mut BufReader::new(bar.wrap_read(opened)), now_millis(), refuse);
        bar.finish_and_clear();
        done
    };
    let done = done.map_err(|error| unread(error.to_string()))?;
    if as_json {
        output::json(&done)?;
    } else {
        output::line(&format!(
            "imported {}; {} already here, {} expired, {} refused",
            entries(done.stored),
            done.known,
            done.expired,
            done.refused
        ))?;
    }
    if done.refused == 0 && done.whole {
        return Ok(Exit::Done);
    }
    if !done.whole {
        return Err(unread(
            "the file does not end as it was written: entries may be missing".to_owned(),
        ));
    }
    Err(unread(format!(
        "{} damaged; the others were imported",
        number(done.refused, "line")
    )))
}
