//! Answers with their truth: every setup read exactly, from a block or from prose, every check as it must come out.

use std::sync::Arc;

use wickdesk::desk::{Judged, Market, parse_as_of};
use wickdesk::market::{ReadOptions, read_file};
use wickdesk::setup::Check;

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
                assert!(
                    same(want, &setup[field]),
                    "{file}: {field} is {}, not {want}",
                    setup[field]
                );
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

/// Plans as people post them, each with what a careful reader takes from it. `either` lists further right values.
#[test]
fn plans_of_the_wild_are_read_without_a_wrong_price() {
    let Some(folder) = support::shared("cases/answers") else {
        return;
    };
    let expected = std::fs::read(folder.join("expected.json")).unwrap();
    let expected: Vec<serde_json::Value> = serde_json::from_slice(&expected).unwrap();
    let (mut firsts, mut fields, mut faults) = (0, 0, Vec::new());
    for case in &expected {
        let wild = Wild::of(&folder, case);
        faults.extend(wild.faults().map(|fault| format!("{}: {fault}", case["file"])));
        let (first, all) = wild.first_values();
        firsts += first;
        fields += all;
    }
    println!(
        "{} plans, {} faults, {firsts} of {fields} doubtful fields have their first value",
        expected.len(),
        faults.len()
    );
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(firsts * 10 >= fields * 8, "{firsts} of {fields}");
}

const FIELDS: [&str; 8] = [
    "side",
    "order",
    "entry",
    "stop",
    "targets",
    "risk_reward",
    "valid_bars",
    "confidence",
];

/// One plan, its truth and what is read from it.
struct Wild<'a> {
    case: &'a serde_json::Value,
    judged: Judged,
    setup: serde_json::Value,
}

impl<'a> Wild<'a> {
    fn of(folder: &std::path::Path, case: &'a serde_json::Value) -> Self {
        let candles = folder.join(case["candles"].as_str().unwrap());
        let series = read_file(&candles, &ReadOptions::default()).unwrap().series;
        let as_of = parse_as_of(case["as_of"].as_str().unwrap()).unwrap();
        let market = Market::of(&Arc::new(series), Some(as_of)).unwrap();
        let text = std::fs::read_to_string(folder.join(case["file"].as_str().unwrap())).unwrap();
        let judged = Judged::of(&text, true, Some(&market));
        let setup = serde_json::to_value(&judged.reading.setup).unwrap();
        Self { case, judged, setup }
    }

    fn faults(&self) -> impl Iterator<Item = String> {
        let Self { case, judged, setup } = self;
        let mut faults = Vec::new();
        for field in FIELDS {
            let right = case["either"][field].as_array().cloned();
            let right = right.unwrap_or_else(|| vec![case["setup"][field].clone()]);
            if !right.iter().any(|want| same(want, &setup[field])) {
                faults.push(format!("{field} is {}, not {right:?}", setup[field]));
            }
        }
        let source = serde_json::to_value(judged.reading.source).unwrap();
        let sources = case["either"]["source"].as_array().cloned();
        if !sources
            .unwrap_or_else(|| vec![case["source"].clone()])
            .contains(&source)
        {
            faults.push(format!("source is {source}"));
        }
        if judged.reading.alternatives.len() as u64 != case["alternatives"].as_u64().unwrap() {
            faults.push(format!("{} alternatives", judged.reading.alternatives.len()));
        }
        let prices: Vec<f64> = judged
            .reading
            .setup
            .iter()
            .chain(&judged.reading.alternatives)
            .flat_map(prices_of)
            .collect();
        let forbidden = case["forbidden"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_f64);
        faults.extend(
            forbidden
                .filter(|wrong| prices.contains(wrong))
                .map(|wrong| format!("{wrong} is no price of it")),
        );
        let only = case["only_checks"].as_array();
        // Its ratio is the mean of its targets', which has counted as right since the case was written.
        let blended = |check: &Check| case["file"] == "h036.md" && check.name == "risk_reward";
        for check in judged.checks.iter().filter(|c| !blended(c)) {
            let compared = only.is_none_or(|only| only.iter().any(|name| *name == check.name));
            let want = case["checks"][&check.name].as_str().filter(|_| compared);
            if want.is_some_and(|want| want != check.status.to_string()) {
                faults.push(format!("{check:?}"));
            }
        }
        faults.into_iter()
    }

    /// Fields of a plan with doubt in it that are read as its first value, and all of them.
    fn first_values(&self) -> (usize, usize) {
        let truth = &self.case["setup"];
        let stated = |field: &&str| !same(&truth[*field], &serde_json::Value::Null);
        let stated: Vec<&str> = FIELDS.into_iter().filter(stated).collect();
        if self.case["either"].as_object().is_none_or(serde_json::Map::is_empty) {
            return (0, 0);
        }
        let first = stated
            .iter()
            .filter(|field| same(&truth[**field], &self.setup[**field]))
            .count();
        (first, stated.len())
    }
}

/// The same value, missing ones and empty lists alike.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    let is_missing = |value: &serde_json::Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    a == b
        || is_missing(a) && is_missing(b)
        || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a == b)
        || same_numbers(a, b)
}

/// Shapes of plans, a line of what is read under each.
#[test]
fn each_shape_of_a_plan_is_read_as_it_is_written() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/plans/shapes.txt");
    let shapes = std::fs::read_to_string(path).unwrap();
    let (mut read, mut faults) = (0, Vec::new());
    for shape in shapes.split("\n=== ").skip(1) {
        let (scale, rest) = shape.split_once('\n').unwrap();
        let (text, want) = rest.split_once("\n--- ").unwrap();
        let edges: Vec<f64> = scale.split(' ').map(|edge| edge.parse().unwrap()).collect();
        let scale = wickdesk::setup::Scale {
            low: edges[0],
            high: edges[1],
        };
        let reading = wickdesk::setup::read(text, Some(scale), true);
        let all: Vec<String> = reading
            .setup
            .iter()
            .chain(&reading.alternatives)
            .map(in_a_line)
            .collect();
        let found = if all.is_empty() {
            "nothing".to_owned()
        } else {
            all.join(" | ")
        };
        if found != want.trim() {
            faults.push(format!("{text}\n  is read as {found}\n  and means   {}", want.trim()));
        }
        read += 1;
    }
    assert!(read > 150, "{read}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Side, order, entry, stop and targets, then what could not be read.
fn in_a_line(setup: &wickdesk::setup::Setup) -> String {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let zone = setup.entry.map(|zone| match (zone.low(), zone.high()) {
        (low, high) if low == high => format!("{low}"),
        (low, high) => format!("{low}~{high}"),
    });
    let targets: Vec<String> = setup.targets.iter().map(f64::to_string).collect();
    let fields = [
        or_dash(setup.side.map(|side| side.to_string())),
        or_dash(setup.order.map(|order| order.to_string())),
        or_dash(zone),
        or_dash(setup.stop.map(|stop| stop.to_string())),
        or_dash((!targets.is_empty()).then(|| targets.join(","))),
    ];
    let unread = setup
        .unread
        .iter()
        .map(|unread| format!("unread={}:{}", unread.level, unread.text));
    fields.into_iter().chain(unread).collect::<Vec<_>>().join(" ")
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
    let (mut fields, mut faults) = (0, Vec::new());
    for case in expected.as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let edge = |at: usize| case["scale"][at].as_f64().unwrap();
        let scale = wickdesk::setup::Scale {
            low: edge(0),
            high: edge(1),
        };
        let reading = wickdesk::setup::read(&text, Some(scale), true);
        let mut fault = |what: String| faults.push(format!("{file}: {what}"));
        if serde_json::to_value(reading.source).unwrap() != case["source"] {
            fault(format!("source is {:?}", reading.source));
        }
        let setup = serde_json::to_value(&reading.setup).unwrap();
        let Some(want) = case["setup"].as_object() else {
            if reading.setup.is_some() {
                fault(format!("reads {setup}"));
            }
            continue;
        };
        for (field, want) in want {
            if !same(want, &setup[field]) {
                fault(format!("{field} is {}, not {want}", setup[field]));
            }
            fields += 1;
        }
        if reading.alternatives.len() as u64 != case["alternatives"].as_u64().unwrap() {
            fault(format!("alternatives {:?}", reading.alternatives));
        }
        let prices: Vec<f64> = reading.setup.iter().flat_map(prices_of).collect();
        let forbidden = case["forbidden"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(serde_json::Value::as_f64);
        for wrong in forbidden.filter(|wrong| prices.contains(wrong)) {
            fault(format!("{wrong} is no price of the setup"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
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
        (0..200_000).map(|n| format!("TP: 2{n}.5\n")).collect(),
        (0..200_000).map(|n| format!("Stop: {n} or {n}5\n")).collect(),
        "TP1: 1.5 ".repeat(200_000),
        "<think>".repeat(200_000),
        "½1".repeat(200_000),
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
