//! The facts measured: `cargo bench --bench facts`; with `WICKDESK_BENCH_DUMP=DIR` the same candles are left there for
//! `indicators.py`, which times TA-Lib and the Python concepts on them.
//!
//! Candles are a random walk, the same in every run: a million of them for the concepts, a hundred thousand for a file.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};
use wickdesk::facts::atr::Atr;
use wickdesk::facts::ema::Ema;
use wickdesk::facts::rsi::Rsi;
use wickdesk::facts::{Facts, Line, Study};
use wickdesk::market::{Candle, ReadOptions, Series, Timeframe, VolumeKind, read_file};
use wickdesk::prompt::{Context, Library, Values, render};

const MILLION: usize = 1_000_000;
const FILE: usize = 100_000;
const START: i64 = 1_000_000_800;

/// A random walk of hourly candles in hundredths.
fn walk(count: usize) -> Vec<Candle> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let cents = |price: f64| (price * 100.0).round() / 100.0;
    let mut close = 2_000.0f64;
    let candle = |bar: usize| {
        let open = close;
        close = cents((open * (1.0 + (random() - 0.5) * 0.004)).max(10.0));
        let (high, low) = (open.max(close), open.min(close));
        Candle {
            time: START + bar as i64 * 3_600,
            open,
            high: cents(high + random() * 3.0),
            low: cents(low - random() * 3.0),
            close,
            volume: (random() * 1_000.0).round() + 1.0,
        }
    };
    (0..count).map(candle).collect()
}

fn series(candles: &[Candle]) -> Series {
    Series::new("XAUUSD", Timeframe::H1, 2, VolumeKind::Real, candles.to_vec()).expect("candles in order")
}

fn csv(candles: &[Candle]) -> String {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for c in candles {
        writeln!(
            text,
            "{},{},{},{},{},{}",
            c.time, c.open, c.high, c.low, c.close, c.volume
        )
        .expect("a string");
    }
    text
}

/// Resident memory in bytes, where the system tells.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split(' ').nth(1)?.parse::<u64>().ok()? * 4_096)
}

fn memory() {
    let candles = walk(MILLION);
    let before = resident();
    let study = Study::of(&candles);
    if let (Some(before), Some(after)) = (before, resident()) {
        let held = after.saturating_sub(before) as f64;
        let own = (candles.len() * size_of::<Candle>()) as f64;
        println!(
            "memory: a study of 1,000,000 candles takes {:.0} MiB, the candles {:.0} MiB: {:.2} times as much",
            held / (1 << 20) as f64,
            own / (1 << 20) as f64,
            held / own
        );
    }
    println!(
        "found: {} pivots, {} gaps, {} order blocks, {} pairs",
        study.pivots.len(),
        study.gaps.len(),
        study.internal.order_blocks.len() + study.swing.order_blocks.len(),
        study.equal_levels.len()
    );
}

fn dump(directory: &Path) {
    std::fs::create_dir_all(directory).expect("a directory to write");
    std::fs::write(directory.join("million.csv"), csv(&walk(MILLION))).expect("a file to write");
}

fn concepts(criterion: &mut Criterion) {
    let candles = walk(MILLION);
    let mut group = criterion.benchmark_group("1,000,000 candles");
    group.sample_size(10).measurement_time(Duration::from_secs(4));
    // Plain columns, as TA-Lib is given them.
    let column = |value: fn(&Candle) -> f64| candles.iter().map(value).collect::<Vec<f64>>();
    let (highs, lows, closes) = (column(|c| c.high), column(|c| c.low), column(|c| c.close));
    group.bench_function("rsi", |b| {
        b.iter(|| {
            let mut rsi = Rsi::new(14);
            black_box(Line::of(closes.iter().map(|close| rsi.push(*close))))
        });
    });
    group.bench_function("ema", |b| {
        b.iter(|| {
            let mut ema = Ema::new(20);
            black_box(Line::of(closes.iter().map(|close| ema.push(*close))))
        });
    });
    group.bench_function("atr", |b| {
        b.iter(|| {
            let mut atr = Atr::new(14);
            let bars = highs.iter().zip(&lows).zip(&closes);
            black_box(Line::of(bars.map(|((high, low), close)| atr.push(*high, *low, *close))))
        });
    });
    group.bench_function("every concept", |b| b.iter(|| black_box(Study::of(&candles))));
    group.finish();
}

fn files(criterion: &mut Criterion) {
    let candles = walk(FILE + 1);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("XAUUSD_H1.csv");
    std::fs::write(&path, csv(&candles[..FILE])).expect("a file to write");
    let library = Library::new(directory.path().join("none"));
    let (template, _) = library.find("smc").expect("a template that ships");
    let values = Values::default();
    let fill = |series: &Series, facts: &Facts| {
        let context = Context {
            series: Some(series),
            facts: Some(facts),
            further: &[],
            values: &values,
            facts_budget: wickdesk::facts::BUDGET,
        };
        render(&template, &context).expect("a prompt")
    };
    let mut group = criterion.benchmark_group("100,000 candles");
    group.sample_size(20);
    group.bench_function("read the file", |b| {
        b.iter(|| read_file(&path, &ReadOptions::default()).expect("candles"));
    });
    group.bench_function("open the file, all facts, prompt filled", |b| {
        b.iter(|| {
            let series = read_file(&path, &ReadOptions::default()).expect("candles").series;
            black_box(fill(&series, &Facts::of(&series)))
        });
    });
    let longer = series(&candles);
    let known = Study::of(&candles[..FILE]);
    group.bench_function("one candle more: all facts", |b| {
        let more = |mut study: Study| {
            study.extend(longer.candles());
            let facts = Facts::from_study(&longer, &study);
            // Taking the study apart is nobody's wait.
            (study, facts)
        };
        b.iter_batched(|| known.clone(), more, BatchSize::PerIteration);
    });
    group.finish();
}

fn main() {
    let started = Instant::now();
    if let Some(directory) = std::env::var_os("WICKDESK_BENCH_DUMP") {
        dump(Path::new(&directory));
    }
    memory();
    let mut criterion = Criterion::default().configure_from_args();
    concepts(&mut criterion);
    files(&mut criterion);
    criterion.final_summary();
    println!("all in {:.0} s", started.elapsed().as_secs_f64());
}
