//! `wickdesk score`: the scoreboard of the journal, or of a walk.

use super::args::{Args, ScoreArgs};
use super::output::{self, Exit, Failure};
use super::{Session, walk};
use crate::desk::DeskError;
use crate::journal::walks;
use crate::report::{Column, Report};
use crate::setup::score::{By, Score, Trial, board};

pub(super) fn run(global: &Args, args: &ScoreArgs) -> Result<Exit, Failure> {
    for path in &args.report {
        walk::writer(path)?;
    }
    let by = match &args.by {
        None => By::default(),
        Some(words) => By::parse(words).map_err(|word| {
            let names = ["model", "template", "symbol", "timeframe"];
            let hint = crate::text::nearest(&word, names).unwrap_or("model, template, symbol or timeframe");
            Failure::new(format!("--by {}: write {hint}", crate::text::clean_line(&word)))
        })?,
    };
    let session = Session::open(global)?;
    let data = &session.desk.settings().places.data;
    if args.walks {
        walks::names(data).iter().try_for_each(|name| output::line(name))?;
        return Ok(Exit::Done);
    }
    let (title, about, warnings, trials) = match &args.walk {
        Some(name) => {
            let (name, kept) = walks::find(data, name).map_err(Failure::new)?;
            (format!("Walk {name}"), kept.about, kept.warnings, kept.trials)
        }
        None => {
            let journal = session.desk.journal().map_err(DeskError::from)?;
            let trials = journal.trials().map_err(DeskError::from)?;
            ("The journal".to_owned(), Vec::new(), Vec::new(), trials)
        }
    };
    let scores = board(&trials, by);
    if args.json {
        output::json(&serde_json::json!({ "scoreboard": scores }))?;
    } else if args.csv {
        output::out(&csv(&scores)?)?;
    } else {
        walk::print_scores(&scores)?;
    }
    write_reports(args, title, about, warnings, &trials, by)?;
    if scores.is_empty() {
        output::note("no analysis on candles is in the journal yet; wickdesk ask -t smc -c FILE makes one");
    }
    Ok(Exit::Done)
}

fn write_reports(
    args: &ScoreArgs,
    title: String,
    about: Vec<(String, String)>,
    warnings: Vec<String>,
    trials: &[Trial],
    by: By,
) -> Result<(), Failure> {
    let report = Report {
        title,
        about,
        warnings,
        trials,
        by,
        parts: Vec::new(),
    };
    for path in &args.report {
        let text = walk::writer(path)?(&report);
        crate::files::write_whole(path, text.as_bytes())
            .map_err(|e| Failure::new(format!("{}: {}", path.display(), crate::text::io_reason(&e))))?;
    }
    Ok(())
}

/// A row a score: what it is about, then every column as a number.
fn csv(scores: &[Score]) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: csv::Error| Failure::new(e.to_string());
    let names = ["model", "template", "symbol", "timeframe"].map(str::to_owned);
    let columns = Column::ALL.iter().map(|c| c.name().to_owned());
    let bounds = ["mean_r_low", "mean_r_high", "verdict"].map(str::to_owned);
    writer
        .write_record(names.into_iter().chain(columns).chain(bounds))
        .map_err(failed)?;
    for score in scores {
        let name = &score.name;
        let names = [&name.model, &name.template, &name.symbol, &name.timeframe].map(String::clone);
        let number = |n: Option<f64>| n.map_or_else(String::new, |n| n.to_string());
        let cells = Column::ALL.iter().map(|c| number(c.value(score)));
        let interval = score.mean_r_interval;
        let bounds = [
            number(interval.map(|i| i.low)),
            number(interval.map(|i| i.high)),
            score.verdict().words().to_owned(),
        ];
        writer
            .write_record(names.into_iter().chain(cells).chain(bounds))
            .map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| Failure::new(e.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
