//! Every concept as a table: one CSV a concept, bars as 0-based numbers, an empty cell for "not yet".

use std::path::Path;

use super::dealing_range::dealing_range;
use super::fibonacci::{EXTENSIONS, Leg, RETRACEMENTS};
use super::legs::EQUAL;
use super::volume_profile::volume_profile;
use super::{Line, Study};
use crate::market::{Candle, Series};

/// A table to be written: file name, columns, rows.
pub struct Table {
    /// The file's name.
    pub file: &'static str,
    /// Its columns.
    pub columns: &'static str,
    /// Its rows, cells joined by commas.
    pub rows: Vec<String>,
}

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}; choose a directory that can be written")]
pub struct ExportError {
    path: String,
    reason: String,
}

/// Writes all tables of `series` into `directory`, which is made if need be; returns how many.
///
/// # Errors
/// [`ExportError`] naming the file that could not be written.
pub fn export(series: &Series, directory: &Path) -> Result<usize, ExportError> {
    let fail = |path: &Path, error: &std::io::Error| ExportError {
        path: path.display().to_string(),
        reason: crate::text::io_reason(error),
    };
    std::fs::create_dir_all(directory).map_err(|e| fail(directory, &e))?;
    let tables = tables(series);
    for table in &tables {
        let path = directory.join(table.file);
        let mut text = String::with_capacity(table.rows.iter().map(|r| r.len() + 1).sum());
        text.push_str(table.columns);
        text.push('\n');
        for row in &table.rows {
            text.push_str(row);
            text.push('\n');
        }
        std::fs::write(&path, text).map_err(|e| fail(&path, &e))?;
    }
    Ok(tables.len())
}

/// All tables of `series`.
pub fn tables(series: &Series) -> Vec<Table> {
    let candles = series.candles();
    let study = Study::of(candles);
    let sizes = [("internal5", &study.internal), ("swing50", &study.swing)];
    let mut tables = vec![
        table("candles.csv", "i,time,open,high,low,close,volume", candle_rows(candles)),
        table(
            "ta.csv",
            "i,rsi14,atr14,ema20,ema50,ema200",
            indicator_rows(&study, candles.len()),
        ),
        table("pivots_5_5.csv", "bar,side,price,known", pivot_rows(&study.pivots)),
    ];
    let files = [
        [
            "legs_internal5.csv",
            "structure_internal5.csv",
            "order_blocks_internal5.csv",
            "dealing_range_internal5.csv",
        ],
        [
            "legs_swing50.csv",
            "structure_swing50.csv",
            "order_blocks_swing50.csv",
            "dealing_range_swing50.csv",
        ],
    ];
    for ((_, trading), [legs, structure, blocks, range]) in sizes.iter().zip(files) {
        let breaks = trading.breaks.iter();
        let breaks = breaks.map(|b| cells(&[&b.known, &b.kind.label(), &b.direction.sign(), &b.level, &b.pivot]));
        let zones = trading.order_blocks.iter().map(|o| {
            let dir = o.direction.sign();
            cells(&[
                &o.known,
                &dir,
                &o.bar,
                &o.top,
                &o.bottom,
                &bar(o.tested),
                &bar(o.broken),
            ])
        });
        let at = candles.len() - 1;
        let ranges = dealing_range(candles, &trading.legs).into_iter().map(|r| {
            let (close, position) = (candles[at].close, round12(r.position));
            cells(&[&at, &r.low.0, &r.high.0, &close, &position, &r.zone])
        });
        tables.extend([
            table(legs, "bar,side,price,known", pivot_rows(&trading.legs)),
            table(structure, "known,kind,dir,level,pivot", breaks.collect()),
            table(blocks, "known,dir,bar,top,bottom,tested,broken", zones.collect()),
            table(range, "at,low,high,close,position,zone", ranges.collect()),
        ]);
    }
    let gaps = study.gaps.iter().map(|g| {
        let dir = g.direction.sign();
        cells(&[
            &g.bar,
            &dir,
            &g.top,
            &g.bottom,
            &g.known,
            &bar(g.touched),
            &bar(g.filled),
        ])
    });
    let equal = study.equal_levels.iter().map(|e| {
        let kind = format!("EQ{}", e.side.letter());
        let back = e.swept.map_or(String::new(), |_| u8::from(e.close_back).to_string());
        let levels = (e.first_level, e.second_level);
        cells(&[
            &kind,
            &e.first,
            &e.second,
            &levels.0,
            &levels.1,
            &e.known,
            &bar(e.swept),
            &back,
        ])
    });
    let divergences = study.divergences.iter();
    let divergences = divergences.map(|d| cells(&[&d.first, &d.second, &d.kind.name(), &d.known]));
    let fib = sizes.iter().flat_map(|(name, trading)| fib_rows(name, &trading.legs));
    let equal_file = table(
        "equal_levels_3.csv",
        "kind,first,second,level1,level2,known,swept,close_back",
        equal.collect(),
    );
    const _: () = assert!(EQUAL == 3, "the file's name says the size");
    tables.extend([
        table("fvg.csv", "bar,dir,top,bottom,known,touched,filled", gaps.collect()),
        equal_file,
        table(
            "rsi_divergence_5_5.csv",
            "first,second,kind,known",
            divergences.collect(),
        ),
        table("fib.csv", "legs,a_bar,b_bar,a,b,kind,ratio,price", fib.collect()),
        table(
            "volume_profile.csv",
            "last_bars,rows,low,high,poc,vah,val,total,inside_share",
            profile_rows(candles),
        ),
    ]);
    tables
}

fn table(file: &'static str, columns: &'static str, rows: Vec<String>) -> Table {
    Table { file, columns, rows }
}

fn cells(values: &[&dyn std::fmt::Display]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    values.join(",")
}

fn bar(bar: Option<usize>) -> String {
    bar.map_or(String::new(), |b| b.to_string())
}

/// `value` with 12 significant digits.
pub(crate) fn round12(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

fn candle_rows(candles: &[Candle]) -> Vec<String> {
    candles
        .iter()
        .enumerate()
        .map(|(i, c)| cells(&[&i, &c.time, &c.open, &c.high, &c.low, &c.close, &c.volume]))
        .collect()
}

fn indicator_rows(study: &Study, bars: usize) -> Vec<String> {
    let cell = |line: &Line, bar: usize| line.at(bar).map_or(String::new(), |v| round12(v).to_string());
    (0..bars)
        .map(|i| {
            let [ema20, ema50, ema200] = study.emas.each_ref().map(|e| cell(e, i));
            cells(&[&i, &cell(&study.rsi, i), &cell(&study.atr, i), &ema20, &ema50, &ema200])
        })
        .collect()
}

fn pivot_rows(pivots: &[super::pivots::Pivot]) -> Vec<String> {
    let rows = pivots.iter();
    rows.map(|p| cells(&[&p.bar, &p.side.letter(), &p.price, &p.known]))
        .collect()
}

fn fib_rows(name: &str, legs: &[super::pivots::Pivot]) -> Vec<String> {
    let Some(leg) = Leg::last(legs) else {
        return Vec::new();
    };
    let row = |kind: &str, ratio: f64, price: f64| {
        let (a, b) = (&leg.a, &leg.b);
        let ratio = format!("{ratio:?}");
        cells(&[
            &name,
            &a.bar,
            &b.bar,
            &a.price,
            &b.price,
            &kind,
            &ratio,
            &round12(price),
        ])
    };
    let retracements = RETRACEMENTS.iter().map(|r| row("retracement", *r, leg.retracement(*r)));
    let extensions = EXTENSIONS.iter().map(|e| row("extension", *e, leg.extension(*e)));
    retracements.chain(extensions).collect()
}

fn profile_rows(candles: &[Candle]) -> Vec<String> {
    let mut rows = Vec::new();
    for last_bars in [200, 500, candles.len()] {
        for count in [24, 100] {
            let stretch = &candles[candles.len().saturating_sub(last_bars)..];
            if let Some(p) = volume_profile(stretch, count) {
                let numbers = [
                    p.low,
                    p.high,
                    p.point_of_control,
                    p.value_area_high,
                    p.value_area_low,
                    p.total,
                    p.inside_share,
                ]
                .map(|v| round12(v).to_string());
                rows.push(format!("{last_bars},{count},{}", numbers.join(",")));
            }
        }
    }
    rows
}
