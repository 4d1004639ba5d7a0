//! Files of every layout, spoilt at random: whatever comes of them is an error in one line or candles that can be worked with.
//!
//! `WICKDESK_FUZZ_SECONDS=600 cargo test --test suite fuzz` goes on for ten minutes; the seeds are `tests/corpus`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use wickdesk::facts::Facts;
use wickdesk::facts::export::tables;
use wickdesk::market::{ReadOptions, read};

use crate::support::Random;

/// Rounds where no time is set.
const ROUNDS: u64 = 1_500;

/// What hurts readers: numbers at their ends, marks that mean something, times that are none.
const HOSTILE: [&str; 36] = [
    "",
    ",",
    ";",
    "\t",
    "\"",
    "\n",
    "\r",
    "\0",
    "-",
    "-0",
    "0",
    "1e308",
    "-1e308",
    "1e-320",
    "NaN",
    "inf",
    "null",
    "1e999999999",
    "99999999999999999999",
    "-9223372036854775808",
    "253402300800",
    "9999-12-31 23:59:59",
    "0000-00-00",
    "2024-02-30",
    "29/02/2023",
    "24:00",
    "1.234.567,89",
    "1,234,567.89",
    "[",
    "{",
    "]]",
    "}}",
    "\u{feff}",
    "\u{202e}",
    "٣",
    "日本",
];

fn seeds() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut seeds: Vec<(String, Vec<u8>)> = std::fs::read_dir(directory)
        .unwrap()
        .flatten()
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    seeds.sort();
    seeds
}

/// One to four spoilings.
fn spoil(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(3) {
        let len = bytes.len().max(1);
        let at = random.below(len as u64) as usize % bytes.len().max(1);
        let to = (at + random.below(40) as usize).min(bytes.len());
        match random.below(9) {
            _ if bytes.is_empty() => bytes.extend_from_slice(other),
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => drop(bytes.drain(at..to)),
            3 => bytes.truncate(at),
            4 => {
                let piece = bytes[at..to].to_vec();
                bytes.splice(at..at, piece);
            }
            5 | 6 => {
                let piece = HOSTILE[random.below(HOSTILE.len() as u64) as usize];
                let to = if random.below(2) == 0 { at } else { to };
                bytes.splice(at..to, piece.bytes());
            }
            7 => {
                // A row stands where another stood.
                let rows: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
                let (a, b) = (
                    random.below(rows.len() as u64) as usize,
                    random.below(rows.len() as u64) as usize,
                );
                let mut rows: Vec<Vec<u8>> = rows.into_iter().map(<[u8]>::to_vec).collect();
                rows.swap(a, b);
                *bytes = rows.join(&b'\n');
            }
            _ => {
                let from = random.below(other.len().max(1) as u64) as usize;
                bytes.splice(at..to, other[from..(from + 60).min(other.len())].iter().copied());
            }
        }
    }
}

/// Reads the bytes as a user would, and works with what comes; returns whether candles came.
fn work(bytes: &[u8], name: &str) -> bool {
    let loaded = match read(bytes, name, &ReadOptions::default()) {
        Ok(loaded) => loaded,
        Err(error) => {
            let line = error.to_string();
            assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
            return false;
        }
    };
    let series = &loaded.series;
    assert!(series.candles().windows(2).all(|w| w[0].time < w[1].time));
    for c in series.candles() {
        assert!(
            [c.open, c.high, c.low, c.close]
                .iter()
                .all(|p| p.is_finite() && *p > 0.0),
            "{c:?}"
        );
        assert!(
            c.low <= c.open.min(c.close) && c.high >= c.open.max(c.close) && c.volume >= 0.0,
            "{c:?}"
        );
    }
    let facts = Facts::of(series);
    assert!(facts.facts.iter().all(|f| f.number().is_none_or(f64::is_finite)));
    let block: serde_json::Value = serde_json::from_str(&facts.block.text(&[])).unwrap();
    assert!(!holds_null(&block), "{block}");
    tables(series);
    for to in ["H4", "D1", "W1", "MN1"] {
        // Whether it can be done is not the question.
        let _ = series.coarser(to.parse().unwrap());
    }
    assert!(!loaded.card.lines().is_empty());
    true
}

fn holds_null(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Null => true,
        serde_json::Value::Array(items) => items.iter().any(holds_null),
        serde_json::Value::Object(members) => members.values().any(holds_null),
        _ => false,
    }
}

#[test]
fn every_seed_is_read() {
    let seeds = seeds();
    assert_eq!(seeds.len(), 20);
    for (name, bytes) in seeds {
        assert!(work(&bytes, &name), "{name}");
    }
}

#[test]
fn spoilt_files_are_refused_or_read() {
    let seconds = std::env::var("WICKDESK_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    let until = seconds.map(|s| Instant::now() + Duration::from_secs(s));
    let seeds = seeds();
    // Without a time every run is the same; with one every run is another.
    let mut random = Random(until.map_or(7, |_| std::process::id().into()) | 1);
    let (mut rounds, mut came) = (0u64, 0u64);
    while until.map_or(rounds < ROUNDS, |until| Instant::now() < until) {
        let (name, seed) = &seeds[random.below(seeds.len() as u64) as usize];
        let (_, other) = &seeds[random.below(seeds.len() as u64) as usize];
        let mut bytes = seed.clone();
        spoil(&mut bytes, other, &mut random);
        match catch_unwind(AssertUnwindSafe(|| work(&bytes, name))) {
            Ok(read) => came += u64::from(read),
            Err(_) => {
                let path = std::env::temp_dir().join(format!("wickdesk-fuzz-{name}"));
                std::fs::write(&path, &bytes).unwrap();
                panic!("{name} spoilt in round {rounds}: see {}", path.display());
            }
        }
        rounds += 1;
    }
    println!("{rounds} spoilt files, {came} of them read");
    assert!(
        came > rounds / 10 && came < rounds,
        "{came} of {rounds} were read: the spoiling is too hard or too soft"
    );
}
