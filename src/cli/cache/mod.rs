//! `wickdesk cache`: the disk cache seen, kept and moved.

mod list;
mod shared;
mod show;
mod stats;
mod transfer;

use super::args::{Args, CacheArgs, CacheCommand};
use super::output::{self, Exit, Failure};
use super::{Session, settings};
use crate::cache::{Cache, Clear, Compacted, DiskError, Key, Trouble, compact};
use crate::desk::now_millis;
use crate::text::{bytes, clean_line, count};

pub(super) fn run(args: &Args, command: &CacheArgs) -> Result<Exit, Failure> {
    if let Some(CacheCommand::Compact { json }) = command.command {
        // The store must not be open here either.
        return give_back(compact(&settings(args)?.cache_dir.value), json);
    }
    let session = Session::open(args)?;
    match &session.trouble {
        Some(trouble @ Trouble::MemoryOnly(_)) => return Err(Failure::new(trouble.to_string())),
        Some(aside @ Trouble::SetAside(_)) => output::warn(&aside.to_string()),
        None => {}
    }
    let cache = session.desk.cache();
    match &command.command {
        None => stats::run(&session.desk, false),
        Some(CacheCommand::Stats { json }) => stats::run(&session.desk, *json),
        Some(CacheCommand::List { filter, limit, json }) => list::run(cache, filter.as_deref(), *limit, *json),
        Some(CacheCommand::Show { key, sample, json }) => show::run(&session.desk, &find(cache, key)?, *sample, *json),
        Some(CacheCommand::Remove { key, sample }) => remove(cache, &find(cache, key)?, *sample),
        Some(CacheCommand::Pin { key, sample, off }) => pin(cache, &find(cache, key)?, *sample, !off),
        Some(CacheCommand::Clear {
            shared: true,
            yes,
            json,
            ..
        }) => shared::clear(&session.desk, *yes, *json),
        Some(CacheCommand::Clear { expired, json, .. }) => clear(cache, *expired, *json),
        Some(CacheCommand::Push { json }) => shared::push(&session.desk, *json),
        Some(CacheCommand::Pull { json }) => shared::pull(&session.desk, *json),
        Some(CacheCommand::Verify { json }) => transfer::verify(cache, session.trouble.as_ref(), *json),
        Some(CacheCommand::Export { file, json }) => transfer::export(cache, file, *json),
        Some(CacheCommand::Import { file, json }) => transfer::import(cache, file, *json),
        Some(CacheCommand::Compact { .. }) => Ok(Exit::Done),
    }
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(error.to_string())
}

/// The one key that begins so.
fn find(cache: &Cache, digits: &str) -> Result<Key, Failure> {
    let digits = digits.trim().to_lowercase();
    let hexadecimal = !digits.is_empty() && digits.len() <= 64 && digits.chars().all(|c| c.is_ascii_hexdigit());
    if !hexadecimal {
        let shown: String = clean_line(&digits).chars().take(20).collect();
        return Err(Failure::new(format!(
            "`{shown}` is no key; `wickdesk cache list` shows them, and how one begins is enough"
        )));
    }
    match cache.keys(&digits, 2).map_err(failed)?.as_slice() {
        [key] => Ok(*key),
        [] => Err(Failure::new(format!(
            "no key begins with {digits}; `wickdesk cache list` shows them"
        ))),
        _ => Err(Failure::new(format!(
            "several keys begin with {digits}; write more of it"
        ))),
    }
}

/// The newest sample of a question, or the one asked for.
fn newest(cache: &Cache, key: &Key, sample: Option<u32>) -> Result<u32, Failure> {
    let samples = cache.samples(key).map_err(failed)?;
    match sample {
        None => samples
            .last()
            .map(|h| h.sample)
            .ok_or_else(|| Failure::new("that entry has just gone")),
        Some(n) if samples.iter().any(|h| h.sample == n) => Ok(n),
        Some(n) => {
            let there: Vec<String> = samples.iter().map(|h| h.sample.to_string()).collect();
            Err(Failure::new(format!(
                "there is no sample {n}; there is {}",
                there.join(", ")
            )))
        }
    }
}

fn entries(n: u64) -> String {
    if n == 1 {
        "1 entry".to_owned()
    } else {
        format!("{n} entries")
    }
}

fn clear(cache: &Cache, expired: bool, json: bool) -> Result<Exit, Failure> {
    let what = if expired { Clear::Expired } else { Clear::Both };
    let cleared = cache.clear(what, now_millis()).map_err(failed)?;
    if json {
        output::json(&cleared)?;
    } else {
        let what = entries(cleared.disk);
        let what = if expired {
            what.replacen(' ', " expired ", 1)
        } else {
            what
        };
        output::line(&format!("cleared {what} from disk"))?;
    }
    Ok(Exit::Done)
}

fn remove(cache: &Cache, key: &Key, sample: Option<u32>) -> Result<Exit, Failure> {
    if sample.is_some() {
        newest(cache, key, sample)?;
    }
    let removed = cache.remove(key, sample).map_err(failed)?;
    output::line(&format!(
        "removed {}",
        count(usize::try_from(removed).unwrap_or(usize::MAX), "sample")
    ))?;
    Ok(Exit::Done)
}

fn pin(cache: &Cache, key: &Key, sample: Option<u32>, pinned: bool) -> Result<Exit, Failure> {
    let sample = newest(cache, key, sample)?;
    cache.pin(key, sample, pinned).map_err(failed)?;
    let state = if pinned {
        "pinned: it stays until it expires or is cleared"
    } else {
        "no longer pinned"
    };
    output::line(&format!("sample {sample} is {state}"))?;
    Ok(Exit::Done)
}

fn give_back(done: Result<Compacted, DiskError>, json: bool) -> Result<Exit, Failure> {
    let done = done.map_err(|error| match error {
        DiskError::Busy => Failure::new(
            "another wickdesk has the cache open, and would go on writing to the old file; close it and try again",
        ),
        other => failed(other),
    })?;
    if json {
        output::json(&done)?;
    } else {
        output::line(&format!("{} before, {} after", bytes(done.before), bytes(done.after)))?;
    }
    Ok(Exit::Done)
}
