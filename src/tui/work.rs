//! What the workbench asks of disk, candles and journal, done where it may wait: an effect in, messages out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::app::{Candles, Effect, Item, Message, Opened};
use crate::desk::{Desk, Judged, Market, Question, now_millis};
use crate::feed;
use crate::journal::Record;
use crate::market::read::Loaded;
use crate::market::{ReadOptions, Series, Timeframe, read_file, sample};
use crate::report;

/// Records that the journal's list holds; the others are found by their words.
const LISTED: usize = 2_000;

/// Entries that the cache browser holds; more than these nobody scrolls through, and `wickdesk cache list` streams them.
const BROWSED: usize = 20_000;

/// Does what `effect` asks for and says what came of it. What needs the network, the terminal or a clock is not done here.
pub fn done(desk: &Desk, effect: Effect) -> Vec<Message> {
    let message = match effect {
        Effect::Open(id, path) => Message::Opened(id, open(&path, None)),
        Effect::Turn(id, base, to) => Message::Turned(id, turn(&base, to)),
        Effect::ListFiles(id) => Message::Files(id, openable(desk)),
        Effect::Prepare(id, question, market) => {
            let prepared = desk.prepare_on(&question, market.map(|m| *m), &[]);
            let result = prepared.map(|prepared| {
                let estimate = desk.estimate(&prepared);
                Box::new((prepared, estimate))
            });
            Message::Prepared(id, result.map_err(|e| e.to_string()))
        }
        Effect::Estimate(id, question, market, models) => {
            let of = |model: String| {
                let question = Question {
                    model: Some(model),
                    ..(*question).clone()
                };
                let prepared = desk.prepare_on(&question, market.as_deref().cloned(), &[]).ok()?;
                Some(desk.estimate(&prepared))
            };
            Message::Estimated(id, models.into_iter().map(of).collect())
        }
        Effect::Report => Message::Report(Box::new(desk.cache().report())),
        Effect::Clear(what) => Message::Cleared(desk.cache().clear(what, now_millis()).map_err(|e| e.to_string())),
        Effect::Browse(id) => Message::Browsed(id, desk.browse(BROWSED).map_err(|e| e.to_string())),
        Effect::Inspect(id, key, sample) => {
            let inspected = desk.inspect(&key, sample).map_err(|e| e.to_string());
            Message::Inspected(id, inspected.map(|i| i.map(Box::new)))
        }
        Effect::Pin(key, sample, pinned) => {
            let words = if pinned {
                "pinned: it stays until it expires or is cleared"
            } else {
                "no longer pinned"
            };
            let done = desk.cache().pin(&key, sample, pinned);
            Message::Kept(done.map(|_| words.to_owned()).map_err(|e| e.to_string()))
        }
        Effect::Remove(key, sample) => {
            let done = desk.cache().remove(&key, Some(sample));
            let words = "removed from the cache".to_owned();
            Message::Kept(done.map(|_| words).map_err(|e| e.to_string()))
        }
        Effect::Samples(id, key) => Message::Samples(id, desk.live_samples(&key)),
        Effect::Record(id, prepared, answer, source) => {
            let judged = Judged::answer(&answer, prepared.market.as_ref());
            match desk.record(&prepared, &answer, &judged, &source) {
                Ok((record, _)) => {
                    // Where there is none before, or it cannot be read, there is nothing to compare with.
                    let before = desk.before(record).ok().flatten();
                    Message::Recorded(id, record, before.map(Box::new))
                }
                Err(error) => Message::Unrecorded(error.to_string()),
            }
        }
        Effect::Settle(series) => Message::Settled(desk.settle(&series).map_err(|e| e.to_string())),
        Effect::ListHistory(id, words, only) => {
            let listed = desk.history(&words, only.as_deref(), LISTED);
            Message::Listed(id, listed.map_err(|e| e.to_string()))
        }
        Effect::Recall(id, record) => {
            let found = desk.journal().and_then(|journal| journal.get(record));
            Message::Recalled(id, found.map(Box::new).map_err(|e| e.to_string()))
        }
        Effect::Annotate(id, note, tags) => {
            let change = |record: &mut Record| {
                let tagged = record.tag(&tags);
                let noted = note.is_some_and(|note| std::mem::replace(&mut record.note, note.clone()) != note);
                tagged || noted
            };
            let changed = desk.journal().and_then(|journal| journal.update(id, change));
            Message::Annotated(changed.map(Box::new).map_err(|e| e.to_string()))
        }
        Effect::Export(id, ending) => Message::Written(export(desk, id, ending)),
        Effect::Differ(one, other) => {
            let get = |id| desk.journal().and_then(|journal| journal.get(id));
            let differ = get(one).and_then(|one| Ok(report::difference(&one, &get(other)?)));
            Message::Differs(differ.map_err(|e| e.to_string()))
        }
        Effect::Score(id, walk) => Message::Scored(id, desk.scoreboard(walk.as_deref()).map(Box::new)),
        Effect::Save(saving, replace) => {
            let saved = desk.library().save(&saving.name, &saving.text, replace);
            // The list first, so that the new name is in it.
            return vec![
                Message::Library(desk.library().list()),
                Message::Saved(saved.map(|_| saving).map_err(|e| e.to_string())),
            ];
        }
        Effect::RemoveTemplate(name) => {
            let removed = desk.library().remove(&name);
            return vec![
                Message::Library(desk.library().list()),
                Message::RemovedTemplate(removed.map(|text| (name, text)).map_err(|e| e.to_string())),
            ];
        }
        Effect::RenameTemplate(from, to) => {
            let renamed = desk.library().rename(&from, &to);
            return vec![
                Message::Library(desk.library().list()),
                Message::RenamedTemplate(renamed.map(|_| (from, to)).map_err(|e| e.to_string())),
            ];
        }
        Effect::Watch(..)
        | Effect::EditElsewhere(..)
        | Effect::Unwatch(_)
        | Effect::Ask(..)
        | Effect::TestModel(..)
        | Effect::Cancel(_)
        | Effect::KeepDrafts(_)
        | Effect::KeepSession(_)
        | Effect::Copy(_)
        | Effect::Suspend
        | Effect::Quit => return Vec::new(),
    };
    vec![message]
}

/// Reads a candle file; of one that was read before, `known` is what it said then.
pub(super) fn open(path: &Path, known: Option<Market>) -> Opened {
    let options = ReadOptions {
        now: Some(Timestamp::now()),
        ..ReadOptions::default()
    };
    let loaded = if path.as_os_str().is_empty() {
        sample(&options)
    } else {
        read_file(&expand(path), &options)
    };
    studied(loaded.map_err(|e| e.to_string())?, known)
}

pub(super) fn studied(loaded: Loaded, known: Option<Market>) -> Opened {
    let base = Arc::new(loaded.series);
    let market = match known {
        Some(market) => market.grown(&base),
        None => Market::of(&base, None).map_err(|e| e.to_string())?,
    };
    Ok(Box::new(Candles {
        base,
        market,
        card: loaded.card,
    }))
}

/// Writes a record to a file of its own in the working directory; says which.
fn export(desk: &Desk, id: u64, ending: &str) -> Result<String, String> {
    let journal = desk.journal().map_err(|e| e.to_string())?;
    let record = journal.get(id).map_err(|e| e.to_string())?;
    let text = match ending {
        "html" => report::record_html(&record),
        "md" => report::record_markdown(&record),
        _ => serde_json::to_string_pretty(&record).map_err(|e| e.to_string())?,
    };
    let name = format!("wickdesk-record-{id}.{ending}");
    crate::files::write_whole(Path::new(&name), text.as_bytes())
        .map_err(|e| format!("{name}: {}", crate::text::io_reason(&e)))?;
    Ok(format!("written to {name} in the working directory"))
}

/// The candles in this timeframe, with their facts.
fn turn(base: &Arc<Series>, to: Timeframe) -> Result<Box<Market>, String> {
    let series = if to == base.timeframe() {
        Arc::clone(base)
    } else {
        Arc::new(base.coarser(to).map_err(|e| e.to_string())?)
    };
    let market = Market::of(&series, None).map_err(|e| e.to_string())?;
    Ok(Box::new(market))
}

/// `~/candles.csv` as a shell would have it.
pub(super) fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), etcetera::home_dir()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// What could be opened: files, then an example of each live source.
fn openable(desk: &Desk) -> Vec<Item> {
    let files = candle_files().into_iter().map(|path| Item {
        value: path.display().to_string(),
        detail: String::new(),
    });
    let own = &desk.settings().sources;
    let sources = own.iter().chain(feed::shipped()).filter_map(|source| {
        let timeframe = source.timeframes().find(|t| *t >= Timeframe::H1)?;
        let key = source.key_env.as_ref();
        let key = key.map_or_else(|| "no key needed".to_owned(), |variable| format!("key in {variable}"));
        Some(Item {
            value: format!("{}:{}:{timeframe}", source.name, source.example.as_ref()?),
            detail: format!("live · {}, {key}", crate::text::clean_line(&source.title)),
        })
    });
    files.chain(sources).collect()
}

/// Files below the working directory that may hold candles, nearest first; a deep or large tree is not walked to its end.
fn candle_files() -> Vec<PathBuf> {
    const DEEP: usize = 4;
    const MOST: usize = 2_000;
    let mut found = Vec::new();
    let mut level = vec![PathBuf::from(".")];
    let mut seen = 0;
    for _ in 0..DEEP {
        let mut below = Vec::new();
        for directory in level {
            let mut entries: Vec<PathBuf> = std::fs::read_dir(&directory)
                .into_iter()
                .flatten()
                .flatten()
                .map(|e| e.path())
                .collect();
            entries.sort();
            seen += entries.len();
            for path in entries {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name.starts_with('.') || matches!(&*name, "target" | "node_modules") {
                    continue;
                }
                let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
                if path.is_dir() {
                    below.push(path);
                } else if matches!(ending.as_str(), "csv" | "tsv" | "txt" | "prn" | "json" | "gz" | "zip") {
                    found.push(path.strip_prefix(".").unwrap_or(&path).to_owned());
                }
            }
            if seen > MOST * 10 || found.len() > MOST {
                return found;
            }
        }
        level = below;
    }
    found
}
