//! `wickdesk replay`: setups of a file, played on candles.

use super::args::{Args, ReplayArgs};
use super::load;
use super::output::{self, Exit, Failure};
use crate::facts::export::round12;
use crate::market::Candle;
use crate::setup::{Order, Outcome, Play, Setup, Side, Terms, Zone};

/// A row of the file, as far as its outcome columns.
#[derive(Debug, Clone, serde::Deserialize)]
struct Row {
    id: String,
    bar: usize,
    dir: i8,
    order: Order,
    /// A market order's is where its targets were measured from; it is not looked at.
    entry: Option<f64>,
    sl: f64,
    tps: String,
    #[serde(default)]
    spread: f64,
    expiry: Option<usize>,
    max_hold: Option<usize>,
}

const COLUMNS: &str =
    "id,bar,dir,order,entry,sl,tps,spread,expiry,max_hold,status,fill_bar,fill,end,exit,r,ambiguous,tps_hit";

pub(super) fn run(global: &Args, args: &ReplayArgs) -> Result<Exit, Failure> {
    let loaded = load::read(&args.candles, &args.read, || super::settings(global))?;
    load::warn_of(&loaded);
    if !args.commission.is_finite() || args.commission < 0.0 {
        return Err(Failure::new("--commission: give a price of zero or more"));
    }
    let candles = loaded.series.candles();
    let mut lines = vec![COLUMNS.to_owned()];
    let mut outcomes = Vec::new();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text(args)?);
    let shown = args.setups.display();
    for row in reader.deserialize::<Row>() {
        let row = row.map_err(|e| Failure::new(format!("{shown}: {}", reason(&e))))?;
        let outcome = play(&row, candles, args.commission)
            .map_err(|e| Failure::new(format!("{shown}: setup {}: {e}", row.id)))?;
        lines.push(line(&row, &outcome));
        outcomes.push(outcome);
    }
    match &args.export {
        Some(path) if path.as_os_str() == "-" => {
            return output::out(&format!("{}\n", lines.join("\n"))).map(|()| Exit::Done);
        }
        Some(path) => {
            let text = format!("{}\n", lines.join("\n"));
            crate::files::write_whole(path, text.as_bytes())
                .map_err(|e| Failure::new(format!("{}: {}", path.display(), crate::text::io_reason(&e))))?;
        }
        None => lines.iter().try_for_each(|line| output::line(line))?,
    }
    output::note(&summary(&outcomes));
    Ok(Exit::Done)
}

fn text(args: &ReplayArgs) -> Result<Box<dyn std::io::Read>, Failure> {
    if args.setups.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    let file = std::fs::File::open(&args.setups)
        .map_err(|e| Failure::new(format!("{}: {}", args.setups.display(), crate::text::io_reason(&e))))?;
    Ok(Box::new(file))
}

/// What is wrong with the file, with its line.
fn reason(error: &csv::Error) -> String {
    let line = error
        .position()
        .map_or(String::new(), |p| format!("line {}: ", p.line()));
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => {
            let field = err.field().and_then(|n| usize::try_from(n).ok());
            let column = field.and_then(|n| COLUMNS.split(',').nth(n));
            let column = column.map_or(String::new(), |c| format!("column {c}: "));
            format!("{line}{column}{}; the columns are {COLUMNS} up to max_hold", err.kind())
        }
        _ => format!("{line}{}", crate::text::clean_line(&error.to_string())),
    }
}

fn play(row: &Row, candles: &[Candle], commission: f64) -> Result<Outcome, String> {
    let Some(asked) = candles.get(row.bar) else {
        return Err(format!(
            "bar {} is beyond the last candle, {}",
            row.bar,
            candles.len().saturating_sub(1)
        ));
    };
    let targets = row
        .tps
        .split_whitespace()
        .map(|t| t.parse::<f64>().ok().filter(|t| t.is_finite()))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| format!("tps `{}` are no prices", crate::text::clean_line(&row.tps)))?;
    let prices = row.entry.into_iter().chain([row.sl, row.spread]);
    if prices.into_iter().any(|p| !p.is_finite() || p < 0.0) {
        return Err("entry, sl and spread are to be numbers of zero or more".to_owned());
    }
    let side = match row.dir {
        1 => Side::Long,
        -1 => Side::Short,
        other => return Err(format!("dir {other} is neither 1 (buys) nor -1 (sells)")),
    };
    let usual = Terms::default();
    let terms = Terms {
        spread: row.spread,
        commission,
        expiry: row.expiry.unwrap_or(usual.expiry),
        max_hold: row.max_hold.unwrap_or(usual.max_hold),
    };
    let setup = Setup {
        side: Some(side),
        order: Some(row.order),
        entry: row.entry.map(|e| Zone::between(e, e)),
        stop: Some(row.sl),
        targets,
        ..Setup::default()
    };
    let play = Play::new(&setup, asked.close, terms).map_err(|e| e.to_string())?;
    Ok(play.run(&candles[row.bar + 1..]))
}

fn line(row: &Row, outcome: &Outcome) -> String {
    let order = row.order.to_string();
    let bar = |n: Option<usize>| n.map_or_else(String::new, |n| (row.bar + 1 + n).to_string());
    let price = |p: Option<f64>| p.map_or_else(String::new, |p| p.to_string());
    let filled = outcome.filled;
    let after = match filled {
        // What was never filled has neither a price nor a reading to be in doubt about.
        None => format!(",,{},,,,", bar(outcome.end)),
        Some((at, fill)) => format!(
            "{},{},{},{},{},{},{}",
            bar(Some(at)),
            fill,
            bar(outcome.end),
            price(outcome.exit),
            price(outcome.r.map(round12)),
            u8::from(outcome.ambiguous),
            outcome.targets_hit
        ),
    };
    let usual = Terms::default();
    format!(
        "{},{},{},{order},{},{},{},{},{},{},{},{after}",
        row.id,
        row.bar,
        row.dir,
        price(row.entry),
        row.sl,
        row.tps,
        row.spread,
        row.expiry.unwrap_or(usual.expiry),
        row.max_hold.unwrap_or(usual.max_hold),
        outcome.status(),
    )
}

fn summary(outcomes: &[Outcome]) -> String {
    let filled: Vec<f64> = outcomes.iter().filter_map(|o| o.r).collect();
    let wins = filled.iter().filter(|r| **r > 0.0).count();
    let total: f64 = filled.iter().sum();
    let ambiguous = outcomes.iter().filter(|o| o.ambiguous).count();
    format!(
        "{} played, {} filled, {wins} of them won, total {total:+.2} R, {ambiguous} ambiguous",
        crate::text::count(outcomes.len(), "setup"),
        filled.len()
    )
}
