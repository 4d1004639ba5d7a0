//! The journal measured on a hundred thousand records: `cargo bench --bench journal`.
//!
//! The records lie in memory where the system has a place for that, for filling them in would take longer than all else.

use std::hint::black_box;

use criterion::Criterion;
use wickdesk::journal::{Journal, MarketId, Query, Record, TemplateId};
use wickdesk::market::{Candle, sample};
use wickdesk::message::{Message, Role};
use wickdesk::setup::{Source, Terms};

const RECORDS: usize = 100_000;

/// What every prompt of a template says.
const SENTENCES: &str = include_str!("../prompts/smc.prompt");

const WORDS: [&str; 24] = [
    "structure",
    "bullish",
    "bearish",
    "discount",
    "premium",
    "order",
    "block",
    "gap",
    "liquidity",
    "sweep",
    "retracement",
    "target",
    "entry",
    "momentum",
    "divergence",
    "range",
    "breakout",
    "session",
    "volume",
    "average",
    "pullback",
    "rejection",
    "support",
    "resistance",
];

/// An answer of 3,000 characters or so: words and prices.
fn answer(random: &mut fastrand::Rng) -> String {
    let mut text = String::with_capacity(3_200);
    while text.len() < 3_000 {
        text.push_str(WORDS[random.usize(..WORDS.len())]);
        if random.u8(..6) == 0 {
            text.push_str(&format!(" at {:.5}", 1.0 + random.f64() * 0.2));
        }
        text.push(if random.u8(..12) == 0 { '\n' } else { ' ' });
    }
    text
}

fn record(n: usize, candles: &[Candle], random: &mut fastrand::Rng) -> Record {
    let bar = 200 + n % (candles.len() - 200);
    let mut answer = answer(random);
    if n % 20_000 == 77 {
        answer.push_str("a needle in the hay");
    }
    Record {
        id: 0,
        shown: n as i64 * 60_000,
        label: format!("smc EURUSD H1 {n}"),
        model: ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "offline/1"][n % 3].to_owned(),
        answered_by: "somebody".to_owned(),
        template: Some(TemplateId {
            name: "smc".to_owned(),
            hash: "0123456789abcdef".to_owned(),
        }),
        market: Some(MarketId {
            symbol: "EURUSD".to_owned(),
            timeframe: wickdesk::market::Timeframe::H1,
            as_of: candles[bar].time,
            close: candles[bar].close,
            decimals: 5,
            volume: wickdesk::market::VolumeKind::Real,
            source: "eurusd.csv".to_owned(),
            hash: "00".repeat(16),
            candles: bar + 1,
        }),
        answer,
        finish: "stop".to_owned(),
        complete: true,
        setup: None,
        setup_source: Source::None,
        alternatives: Vec::new(),
        checks: Vec::new(),
        key: format!("{n:064x}"),
        sample: 0,
        created: n as i64,
        latency_ms: 8_000.0,
        tokens: Some([3_000, 800]),
        cost_usd: Some(0.01),
        terms: Terms::default(),
        note: String::new(),
        tags: Vec::new(),
        decided: None,
        messages: vec![Message {
            role: Role::User,
            text: format!("{SENTENCES}\nWhat do the candles up to {} say?", candles[bar].time),
        }],
        window: candles[bar - 159..=bar].to_vec(),
        later: Vec::new(),
    }
}

/// Fills a journal below `data` with so many records.
fn fill(data: &std::path::Path, records: usize, candles: &[Candle]) {
    let mut random = fastrand::Rng::with_seed(5);
    let journal = Journal::open(data).expect("a journal");
    for n in 0..records {
        journal.record(record(n, candles, &mut random)).expect("recorded");
    }
}

fn main() {
    if let Some(filled) = std::env::var_os("WICKDESK_BENCH_FILL") {
        // For `benches/terminal.py`: where the program looks below such a home.
        let series = sample(&Default::default()).expect("the bundled candles").series;
        return fill(
            &std::path::Path::new(&filled).join("data/wickdesk"),
            10_000,
            series.candles(),
        );
    }
    let home = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a directory");
    let series = sample(&Default::default()).expect("the bundled candles").series;
    {
        let begun = std::time::Instant::now();
        fill(home.path(), RECORDS, series.candles());
        let each = begun.elapsed() / u32::try_from(RECORDS).unwrap_or(1);
        let bytes = std::fs::metadata(home.path().join("journal/v1/data.mdb")).map_or(0, |m| m.len());
        println!(
            "{RECORDS} records: {each:?} each to write, {} bytes of file each",
            bytes / RECORDS as u64
        );
    }
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("journal");
    group.bench_function("open", |b| b.iter(|| Journal::open(home.path()).expect("a journal")));
    let journal = Journal::open(home.path()).expect("a journal");
    group.bench_function("list the newest 20", |b| {
        b.iter(|| black_box(journal.list(None, 20, |_| true).expect("heads").len()));
    });
    group.bench_function("list all of one model", |b| {
        b.iter(|| {
            let of = |h: &wickdesk::journal::Head| h.trial.model == "offline/1";
            black_box(journal.list(None, usize::MAX, of).expect("heads").len())
        });
    });
    for words in ["needle", "\"liquidity sweep\"", "nothing-of-that", "xq", "eurusd"] {
        let query = Query::parse(words);
        group.bench_function(format!("search {words}"), |b| {
            b.iter(|| black_box(journal.search(&query, 20).expect("heads").len()));
        });
    }
    group.finish();
    criterion.final_summary();
}
