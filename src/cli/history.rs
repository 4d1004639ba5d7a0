//! `wickdesk history`: the journal of the answers that were shown.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;

use super::args::{Args, ExportFormat, HistoryArgs, HistoryCommand, HistoryFilter, ReadArgs};
use super::output::{self, Exit, Failure};
use super::{Session, load};
use crate::desk::{DeskError, parse_as_of};
use crate::journal::{Head, Journal, Query, Record};
use crate::market::{Series, price, timestamp};
use crate::report::{self, NOTICE};
use crate::setup::{Play, Replay, Setup, ticket_of};

/// Records on a screen, where nobody says how many.
const SHOWN: usize = 20;

pub(super) fn run(global: &Args, args: &HistoryArgs) -> Result<Exit, Failure> {
    let session = Session::open(global)?;
    let list = HistoryCommand::List {
        filter: HistoryFilter::default(),
        limit: None,
        json: false,
    };
    let journal = session.desk.journal().map_err(DeskError::from)?;
    match args.command.as_ref().unwrap_or(&list) {
        HistoryCommand::List { filter, limit, json } => {
            let wanted = wanted(filter)?;
            let heads = journal
                .list(None, limit.unwrap_or(SHOWN), wanted)
                .map_err(DeskError::from)?;
            print_heads(&heads, *json)?;
            let all = journal.len().map_err(DeskError::from)?;
            let most = limit.unwrap_or(SHOWN);
            if !json && heads.len() == most && u64::try_from(most).is_ok_and(|n| n < all) {
                output::note(&format!("the newest {most} of {all} records; -n N shows more"));
            }
        }
        HistoryCommand::Search { words, limit, json } => {
            let query = Query::parse(&words.join(" "));
            if query.is_empty() {
                return Err(Failure::new("history search: name what to look for"));
            }
            let heads = journal
                .search(&query, limit.unwrap_or(SHOWN))
                .map_err(DeskError::from)?;
            print_heads(&heads, *json)?;
        }
        HistoryCommand::Show { id, prompt, json } => {
            let record = journal.get(*id).map_err(DeskError::from)?;
            if *json {
                output::json(&record)?;
            } else {
                show(&record, *prompt)?;
            }
        }
        HistoryCommand::Diff { one, other } => {
            let get = |id: u64| journal.get(id).map_err(DeskError::from);
            output::out(&report::difference(&get(*one)?, &get(*other)?))?;
        }
        HistoryCommand::Export { file, format, filter } => export(journal, file, *format, filter)?,
        HistoryCommand::Page { id, file } => page(journal, *id, file)?,
        HistoryCommand::Replay { id, candles, read } => replay(&session, *id, candles.as_deref(), read)?,
        HistoryCommand::Note { id, text } => {
            let text = crate::text::clean(&text.join(" "));
            let change = |record: &mut Record| std::mem::replace(&mut record.note, text.clone()) != text;
            journal.update(*id, change).map_err(DeskError::from)?;
        }
        HistoryCommand::Tag { id, tags } => {
            let record = journal
                .update(*id, |record| record.tag(tags))
                .map_err(DeskError::from)?;
            output::note(&format!("{}: {}", record.id, record.tags.join(" ")));
        }
        HistoryCommand::Delete { ids } => {
            let removed = journal.remove(ids).map_err(DeskError::from)?;
            output::note(&format!("{} deleted", crate::text::count(removed, "record")));
            if removed < ids.len() {
                return Err(Failure::new(format!(
                    "{} of them are not in the journal",
                    ids.len() - removed
                )));
            }
        }
        HistoryCommand::Prune { before, yes } => return prune(journal, before, *yes),
    }
    Ok(Exit::Done)
}

/// Which records are wanted.
fn wanted(filter: &HistoryFilter) -> Result<impl Fn(&Head) -> bool + '_, Failure> {
    let since = filter.since.as_deref().map(parse_as_of).transpose()?;
    Ok(move |head: &Head| {
        let holds = |text: &str, part: &Option<String>| {
            part.as_ref()
                .is_none_or(|p| text.to_lowercase().contains(&p.to_lowercase()))
        };
        holds(&head.trial.symbol, &filter.symbol)
            && holds(&head.trial.model, &filter.model)
            && holds(&head.trial.template, &filter.template)
            && filter.tag.as_ref().is_none_or(|tag| head.tags.contains(tag))
            && (!filter.open || head.status() == "open")
            && since.is_none_or(|since| head.shown >= since.as_millisecond())
    })
}

fn time(millis: i64) -> String {
    Timestamp::from_millisecond(millis)
        .map(|t| t.strftime("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default()
}

fn print_heads(heads: &[Head], as_json: bool) -> Result<(), Failure> {
    for head in heads {
        if as_json {
            output::json(head)?;
            continue;
        }
        let r = head.trial.closed_r().map_or_else(String::new, |r| format!("{r:+.2} R"));
        let side = head.side.map_or_else(|| "-".to_owned(), |s| s.to_string());
        let mut line = format!(
            "{:>6}  {}  {:<5} {:<12} {r:>8}  {}  {}",
            head.id,
            time(head.shown),
            side,
            head.status(),
            head.label,
            head.trial.model,
        );
        for tag in &head.tags {
            // Writing to a string cannot fail.
            let _ = write!(line, " #{tag}");
        }
        if head.noted {
            line.push_str(" (note)");
        }
        output::line(&line)?;
    }
    if heads.is_empty() && !as_json {
        output::note("nothing of that in the journal");
    }
    Ok(())
}

fn show(record: &Record, prompt: bool) -> Result<(), Failure> {
    let mut lines = vec![
        ("record", record.id.to_string()),
        ("shown", format!("{} UTC", time(record.shown))),
        ("question", record.label.clone()),
        ("model", record.model.clone()),
    ];
    if record.answered_by != record.model {
        lines.push(("answered by", record.answered_by.clone()));
    }
    if let Some(template) = &record.template {
        lines.push(("template", format!("{} ({})", template.name, template.hash)));
    }
    if let Some(market) = &record.market {
        let as_of = timestamp(market.as_of).strftime("%Y-%m-%d %H:%M UTC");
        lines.push((
            "candles",
            format!(
                "{} {} as of {as_of}, {} from {} ({})",
                market.symbol, market.timeframe, market.candles, market.source, market.hash
            ),
        ));
    }
    if let Some(usd) = record.cost_usd {
        lines.push(("cost", format!("${usd:.6}")));
    }
    lines.push(("finish", record.finish.clone()));
    if !record.tags.is_empty() {
        lines.push(("tags", record.tags.join(" ")));
    }
    if !record.note.is_empty() {
        lines.push(("note", record.note.clone()));
    }
    lines.push(("outcome", report::outcome(record)));
    for (name, words) in &lines {
        output::line(&format!("{name:<13} {words}"))?;
    }
    if prompt {
        for message in &record.messages {
            output::line(&format!("\n--- {}\n{}", message.role.name(), message.text.trim_end()))?;
        }
    }
    output::line(&format!("\n{}\n", record.answer.trim_end()))?;
    if let Some(setup) = &record.setup {
        for (name, words) in ticket_of(setup, record.decimals(), None) {
            output::line(&format!("{name:<13} {words}"))?;
        }
        output::line("")?;
    }
    for check in &record.checks {
        output::line(&format!(
            "{} {:<28} {}",
            output::status(check.status),
            check.title(),
            check.detail
        ))?;
    }
    Ok(())
}

fn export(journal: &Journal, file: &Path, format: Option<ExportFormat>, filter: &HistoryFilter) -> Result<(), Failure> {
    let by_name = match file.extension().and_then(|e| e.to_str()) {
        Some("csv") => ExportFormat::Csv,
        _ => ExportFormat::Jsonl,
    };
    let heads = journal
        .list(None, usize::MAX, wanted(filter)?)
        .map_err(DeskError::from)?;
    let mut text = Vec::new();
    match format.unwrap_or(by_name) {
        ExportFormat::Jsonl => {
            for head in heads.iter().rev() {
                let record = journal.get(head.id).map_err(DeskError::from)?;
                serde_json::to_writer(&mut text, &record).map_err(|e| Failure::new(e.to_string()))?;
                text.push(b'\n');
            }
        }
        ExportFormat::Csv => text = csv(journal, &heads)?,
    }
    if file.as_os_str() == "-" {
        output::out(&String::from_utf8_lossy(&text))?;
    } else {
        crate::files::write_whole(file, &text)
            .map_err(|e| Failure::new(format!("{}: {}", file.display(), crate::text::io_reason(&e))))?;
    }
    output::note(&format!("{}. {NOTICE}", crate::text::count(heads.len(), "record")));
    Ok(())
}

/// One record as a page.
fn page(journal: &Journal, id: u64, file: &Path) -> Result<(), Failure> {
    let write = match file.extension().and_then(|e| e.to_str()) {
        Some("html" | "htm") => report::record_html,
        Some("md" | "markdown") => report::record_markdown,
        _ => {
            let shown = file.display();
            return Err(Failure::new(format!("{shown}: end its name with .html or .md")));
        }
    };
    let record = journal.get(id).map_err(DeskError::from)?;
    crate::files::write_whole(file, write(&record).as_bytes())
        .map_err(|e| Failure::new(format!("{}: {}", file.display(), crate::text::io_reason(&e))))
}

fn csv(journal: &Journal, heads: &[Head]) -> Result<Vec<u8>, Failure> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let failed = |e: ::csv::Error| Failure::new(e.to_string());
    writer
        .write_record([
            "id",
            "shown",
            "model",
            "answered_by",
            "template",
            "template_hash",
            "symbol",
            "timeframe",
            "as_of",
            "side",
            "order",
            "entry_low",
            "entry_high",
            "stop",
            "targets",
            "confidence",
            "failed_checks",
            "outcome",
            "r",
            "until",
            "cost_usd",
            "tags",
            "note",
        ])
        .map_err(failed)?;
    for head in heads.iter().rev() {
        let record = journal.get(head.id).map_err(DeskError::from)?;
        let none = Setup::default();
        let setup = record.setup.as_ref().unwrap_or(&none);
        let number = |n: Option<f64>| n.map_or_else(String::new, |n| n.to_string());
        let iso = |seconds: i64| timestamp(seconds).to_string();
        let failed_checks: Vec<&str> = record
            .checks
            .iter()
            .filter(|c| c.status == crate::setup::Status::Fail)
            .map(|c| c.name.as_str())
            .collect();
        let targets: Vec<String> = setup.targets.iter().map(ToString::to_string).collect();
        let market = record.market.as_ref();
        writer
            .write_record([
                record.id.to_string(),
                Timestamp::from_millisecond(record.shown)
                    .map(|t| t.to_string())
                    .unwrap_or_default(),
                guarded(&record.model),
                guarded(&record.answered_by),
                guarded(&head.trial.template),
                head.template_hash.clone(),
                guarded(&head.trial.symbol),
                head.trial.timeframe.clone(),
                market.map_or_else(String::new, |m| iso(m.as_of)),
                setup.side.map_or_else(String::new, |s| s.to_string()),
                setup.order.map_or_else(String::new, |o| o.to_string()),
                number(setup.entry.map(|e| e.low())),
                number(setup.entry.map(|e| e.high())),
                number(setup.stop),
                targets.join(" "),
                number(setup.confidence),
                failed_checks.join(" "),
                head.status(),
                number(head.trial.closed_r()),
                record.decided.as_ref().map_or_else(String::new, |d| iso(d.until)),
                number(record.cost_usd),
                guarded(&record.tags.join(" ")),
                guarded(&record.note),
            ])
            .map_err(failed)?;
    }
    writer.into_inner().map_err(|e| Failure::new(e.to_string()))
}

/// A text that a spreadsheet would compute stays a text.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Plays what is open of the candles' market forward; or one record, candle by candle.
fn replay(session: &Session, id: Option<u64>, candles: Option<&Path>, read: &ReadArgs) -> Result<(), Failure> {
    let loaded = candles
        .map(|path| load::read(path, read, || Ok(session.desk.settings().clone())))
        .transpose()?;
    if let Some(loaded) = &loaded {
        load::warn_of(loaded);
        let settled = session.desk.settle(&loaded.series).map_err(DeskError::from)?;
        for one in &settled {
            let r = one.r.map_or_else(String::new, |r| format!(" {r:+.2} R"));
            output::line(&format!("{:>6}  {}{r}  {}", one.id, one.status, one.label))?;
        }
        if id.is_none() {
            output::note(&format!(
                "{} decided by these candles",
                crate::text::count(settled.len(), "record")
            ));
        }
    }
    match (id, &loaded) {
        (None, None) => Err(Failure::new(
            "history replay: name a record, or candles with -c FILE, or both",
        )),
        (None, Some(_)) => Ok(()),
        (Some(id), _) => {
            let record = session
                .desk
                .journal()
                .and_then(|j| j.get(id))
                .map_err(DeskError::from)?;
            step_through(&record, loaded.as_ref().map(|l| &l.series))
        }
    }
}

/// One record, candle by candle, on the candles given or those kept with it.
fn step_through(record: &Record, series: Option<&Series>) -> Result<(), Failure> {
    let (Some(setup), Some(market)) = (&record.setup, &record.market) else {
        output::note("nothing is proposed on candles: there is nothing to play");
        return Ok(());
    };
    let play = match Play::new(setup, market.close, record.terms) {
        Ok(play) => play,
        Err(reason) => {
            output::note(&format!("not played: {reason}"));
            return Ok(());
        }
    };
    let later = match series {
        Some(series) => session_candles(series, record)?,
        None => &record.later,
    };
    let mut replay = Replay::new(play);
    for candle in later {
        let over = replay.step(candle);
        let outcome = replay.outcome();
        let shown = [candle.open, candle.high, candle.low, candle.close].map(|p| price(p, market.decimals));
        let state = match (outcome.filled, over) {
            (None, false) => "waits".to_owned(),
            (_, true) => outcome.status(),
            (Some(_), false) => format!("in the trade, {} of {} targets", outcome.targets_hit, outcome.targets),
        };
        let r = outcome.r.map_or_else(String::new, |r| format!(" {r:+.2} R"));
        let when = timestamp(candle.time).strftime("%Y-%m-%d %H:%M");
        output::line(&format!("{when}  {}  {state}{r}", shown.join(" ")))?;
        if over {
            return Ok(());
        }
    }
    output::note("the candles end before it is decided");
    Ok(())
}

fn session_candles<'s>(series: &'s Series, record: &Record) -> Result<&'s [crate::market::Candle], Failure> {
    crate::desk::after(series, record).ok_or_else(|| {
        Failure::new(
            "these candles are not of the record's market: its as-of candle is not among them, or closes elsewhere",
        )
    })
}

fn prune(journal: &Journal, before: &str, yes: bool) -> Result<Exit, Failure> {
    let before_millis = parse_as_of(before)?.as_millisecond();
    let heads = journal
        .list(None, usize::MAX, |head| head.shown < before_millis)
        .map_err(DeskError::from)?;
    let words = format!("{} shown before {before}", crate::text::count(heads.len(), "record"));
    if heads.is_empty() {
        output::note(&words);
        return Ok(Exit::Done);
    }
    if !yes {
        return Err(Failure::new(format!("{words}: --yes deletes them for good")));
    }
    let ids: Vec<u64> = heads.iter().map(|h| h.id).collect();
    let removed = journal.remove(&ids).map_err(DeskError::from)?;
    output::note(&format!("{} deleted", crate::text::count(removed, "record")));
    Ok(Exit::Done)
}
