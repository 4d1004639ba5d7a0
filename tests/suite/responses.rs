//! Answers with their truth: every setup read exactly, from a block or from prose, every check as it must come out.

use std::sync::Arc;

use wickdesk::desk::{Judged, Market, parse_as_of};
use wickdesk::market::{ReadOptions, read_file};

use crate::support;

#[test]
fn answers_are_read_and_checked_exactly() {
    let Some(responses) = support::shared("responses") else {
        return;
    };
    let expected: serde_json::Value =
        serde_json::from_slice(&std::fs::read(responses.join("expected.json")).unwrap()).unwrap();
    let mut read = 0;
    for case in expected.as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let candles = responses.join("..").join(case["candles"].as_str().unwrap());
        let series = read_file(&candles, &ReadOptions::default()).unwrap().series;
        let as_of = parse_as_of(case["as_of"].as_str().unwrap()).unwrap();
        let market = Market::of(&Arc::new(series), Some(as_of)).unwrap();
        let text = std::fs::read_to_string(responses.join(file)).unwrap();
        let judged = Judged::of(&text, true, Some(&market));
        let source = serde_json::to_value(judged.reading.source).unwrap();
        assert_eq!(source, case["source"], "{file}");
        if source == "block" {
            assert_eq!(judged.complete, case["complete"].as_bool().unwrap(), "{file}");
        }
        let all = judged.reading.setup.iter().chain(&judged.reading.alternatives);
        let prices: Vec<f64> = all.flat_map(prices_of).collect();
        for wrong in case["forbidden"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_f64)
        {
            assert!(!prices.contains(&wrong), "{file}: {wrong} is no price of the setup");
        }
        if !case["setup"].is_null() {
            let setup = serde_json::to_value(judged.reading.setup.as_ref().unwrap()).unwrap();
            for (field, want) in case["setup"].as_object().unwrap() {
                let same = *want == setup[field]
                    || want.as_f64().zip(setup[field].as_f64()).is_some_and(|(a, b)| a == b)
                    || same_numbers(want, &setup[field]);
                assert!(same, "{file}: {field} is {}, not {want}", setup[field]);
            }
            assert_eq!(
                judged.reading.alternatives.len() as u64,
                case["alternatives"].as_u64().unwrap(),
                "{file}"
            );
        }
        for (name, want) in case["checks"].as_object().unwrap() {
            let check = judged
                .checks
                .iter()
                .find(|c| c.name == *name)
                .unwrap_or_else(|| panic!("{file}: no check {name}"));
            assert_eq!(check.status.to_string(), want.as_str().unwrap(), "{file}: {check:?}");
        }
        read += 1;
    }
    assert_eq!(read, 24);
}

fn same_numbers(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    match (a.as_array(), b.as_array()) {
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.as_f64() == b.as_f64()),
        _ => false,
    }
}

/// Eighty answers in some twenty languages, with what a careful reader takes from each.
#[test]
fn prose_is_read_in_many_languages_and_no_price_is_wrong() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/answers");
    let expected: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let mut fields = 0;
    for case in expected.as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let edge = |at: usize| case["scale"][at].as_f64().unwrap();
        let scale = wickdesk::setup::Scale {
            low: edge(0),
            high: edge(1),
        };
        let reading = wickdesk::setup::read(&text, Some(scale), true);
        assert_eq!(serde_json::to_value(reading.source).unwrap(), case["source"], "{file}");
        let Some(want) = case["setup"].as_object() else {
            assert_eq!(reading.setup, None, "{file}");
            continue;
        };
        let setup = serde_json::to_value(reading.setup.as_ref().unwrap()).unwrap();
        for (field, want) in want {
            let same = *want == setup[field]
                || want.as_f64().zip(setup[field].as_f64()).is_some_and(|(a, b)| a == b)
                || same_numbers(want, &setup[field]);
            assert!(same, "{file}: {field} is {}, not {want}", setup[field]);
            fields += 1;
        }
        assert_eq!(
            reading.alternatives.len() as u64,
            case["alternatives"].as_u64().unwrap(),
            "{file}"
        );
        let prices: Vec<f64> = reading.setup.iter().flat_map(prices_of).collect();
        for wrong in case["forbidden"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(serde_json::Value::as_f64)
        {
            assert!(!prices.contains(&wrong), "{file}: {wrong} is no price of the setup");
        }
    }
    assert!(fields > 440, "{fields}");
}

fn prices_of(setup: &wickdesk::setup::Setup) -> Vec<f64> {
    let entry = setup.entry.into_iter().flat_map(<[f64; 2]>::from);
    entry.chain(setup.stop).chain(setup.targets.iter().copied()).collect()
}

#[test]
fn hostile_answers_are_read_in_time_and_without_a_panic() {
    let hostile = [
        "{".repeat(200_000),
        "[{\"side\":".repeat(50_000),
        format!("{{\"side\": \"{}", "x".repeat(2_000_000)),
        format!("{{\"a\": \"{}", "{\"a\": \"".repeat(100_000)),
        "{side:'long', entry:".repeat(50_000),
        "`".repeat(500_000),
        "{\u{2026}\u{1F600}\u{201c}".repeat(30_000),
        "{/*".repeat(100_000),
    ];
    for text in hostile {
        let reading = wickdesk::setup::read(&text, None, true);
        assert!(reading.setup.is_none_or(|s| s.stop.is_none()));
    }
}

proptest::proptest! {
    /// Of labelled lines in any order and language a price that is read is one that stands there.
    #[test]
    fn no_price_is_invented(lines in proptest::collection::vec((0usize..14, 1_000u32..2_000, 0usize..4), 0..12)) {
        const LABELS: [&str; 14] = [
            "Entry", "Stop loss", "TP1", "Target 2", "Einstieg", "Ziel 1", "Objectif 2", "Зона входа", "止损", "目标1", "Confidence",
            "Note", "RSI", "Direction",
        ];
        let scale = wickdesk::setup::Scale { low: 500.0, high: 4_000.0 };
        let mut stood: Vec<f64> = Vec::new();
        let mut text = String::from("Direction: long\n");
        for (label, price, style) in lines {
            stood.push(f64::from(price) + 0.5);
            let line = match style {
                0 => format!("- **{}:** {price}.5\n", LABELS[label]),
                1 => format!("{}: {price}.5 (1.2 ATR, 14:30, 2020-01-{:02})\n", LABELS[label], price % 28 + 1),
                2 => format!("| {} | {price}.5 | 50 % |\n", LABELS[label]),
                _ => format!("{} – {price},5\n", LABELS[label]),
            };
            text.push_str(&line);
        }
        let reading = wickdesk::setup::read(&text, Some(scale), true);
        for price in reading.setup.iter().chain(&reading.alternatives).flat_map(prices_of) {
            proptest::prop_assert!(stood.contains(&price), "{price} in\n{text}");
        }
    }

    #[test]
    fn no_answer_makes_the_reading_panic(text in "(?s)([{}\\[\\],:\"'“”‘’a-z0-9.\n `/*-]|side|entry|stop|```setup|tp1){0,120}") {
        let _ = wickdesk::setup::read(&text, None, true);
    }
}
