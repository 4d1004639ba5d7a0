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
        let prices: Vec<f64> = all
            .flat_map(|s| {
                s.entry
                    .into_iter()
                    .flat_map(<[f64; 2]>::from)
                    .chain(s.stop)
                    .chain(s.targets.clone())
            })
            .collect();
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
    #[test]
    fn no_answer_makes_the_reading_panic(text in "(?s)([{}\\[\\],:\"'“”‘’a-z0-9.\n `/*-]|side|entry|stop|```setup|tp1){0,120}") {
        let _ = wickdesk::setup::read(&text, None, true);
    }
}
