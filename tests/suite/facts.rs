//! Facts agree with the reference, and nothing later than the as-of leaks in.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use wickdesk::facts::export::tables;
use wickdesk::facts::{Facts, Study};
use wickdesk::market::{Candle, ReadOptions, Series, Timeframe, VolumeKind, read};

use crate::support;

#[test]
fn two_series_agree_with_the_reference() {
    let reference = support::data("reference");
    let crypto = support::data("candles/ETHUSD_M5_binance.csv");
    assert_eq!(agrees(&crypto, &reference.join("ETHUSD_M5_binance"), &[]), 16);
    // The two long tables of the bundled candles are omitted. Kand checks their indicators below.
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/candles/EURUSD_H1_dukascopy_ask.csv");
    let omitted = ["candles.csv", "ta.csv"];
    assert_eq!(
        agrees(&bundled, &reference.join("EURUSD_H1_dukascopy_ask"), &omitted),
        14
    );
}

#[test]
fn all_series_agree_with_the_reference() {
    let (Some(reference), Some(data)) = (support::shared("reference"), support::shared("data")) else {
        return;
    };
    let mut compared = 0;
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            compared += agrees(&path, &reference.join(path.file_stem().unwrap()), &[]);
        }
    }
    assert_eq!(compared, 160);
}

/// Compares the tables of a file's candles with those of a folder, but for the omitted. Returns how many were compared.
fn agrees(candles: &Path, reference: &Path, omitted: &[&str]) -> usize {
    let name = candles.file_name().unwrap().to_str().unwrap();
    let series = read(&std::fs::read(candles).unwrap(), name, &ReadOptions::default())
        .unwrap()
        .series;
    let tables = tables(&series)
        .into_iter()
        .filter(|table| !omitted.contains(&table.file));
    let mut compared = 0;
    for table in tables {
        let path = reference.join(table.file);
        let want = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut want = want.lines();
        assert_eq!(want.next(), Some(table.columns), "{name}/{}", table.file);
        let want: Vec<&str> = want.collect();
        assert_eq!(want.len(), table.rows.len(), "{name}/{}", table.file);
        let tolerance = if table.file == "ta.csv" { 1e-8 } else { 1e-9 };
        for (want, got) in want.iter().zip(&table.rows) {
            assert!(same_row(want, got, tolerance), "{name}/{}: {want} is {got}", table.file);
        }
        compared += 1;
    }
    compared
}

fn same_row(want: &str, got: &str, tolerance: f64) -> bool {
    let (want, got): (Vec<&str>, Vec<&str>) = (want.split(',').collect(), got.split(',').collect());
    want.len() == got.len()
        && want.iter().zip(got).all(|(w, g)| {
            *w == g
                || match (w.parse::<f64>(), g.parse::<f64>()) {
                    (Ok(w), Ok(g)) => (w - g).abs() <= tolerance * w.abs(),
                    _ => false,
                }
        })
}

/// Everything structural that a study knows by `bar`, later events of it left out.
fn known_by(study: &Study, bar: usize) -> BTreeMap<&'static str, Vec<String>> {
    let by = |event: Option<usize>| event.filter(|b| *b <= bar);
    let mut known = BTreeMap::new();
    for (name, trading) in [("internal", &study.internal), ("swing", &study.swing)] {
        let legs = trading.legs.iter().filter(|p| p.known <= bar).map(|p| format!("{p:?}"));
        let breaks = trading
            .breaks
            .iter()
            .filter(|b| b.known <= bar)
            .map(|b| format!("{b:?}"));
        let blocks = trading.order_blocks.iter().filter(|o| o.known <= bar);
        let blocks = blocks.map(|o| {
            format!(
                "{:?} {:?} {:?}",
                (o.known, o.bar, o.top, o.bottom),
                by(o.tested),
                by(o.broken)
            )
        });
        known.insert(name, legs.chain(breaks).chain(blocks).collect());
    }
    let pivots = study.pivots.iter().filter(|p| p.known <= bar).map(|p| format!("{p:?}"));
    let gaps = study.gaps.iter().filter(|g| g.known <= bar);
    let gaps = gaps.map(|g| format!("{:?} {:?} {:?}", (g.bar, g.top, g.bottom), by(g.touched), by(g.filled)));
    let equal = study.equal_levels.iter().filter(|e| e.known <= bar);
    let equal = equal.map(|e| format!("{:?} {:?}", (e.first, e.second, e.known), by(e.swept)));
    let divergences = study
        .divergences
        .iter()
        .filter(|d| d.known <= bar)
        .map(|d| format!("{d:?}"));
    known.insert("other", pivots.chain(gaps).chain(equal).chain(divergences).collect());
    known
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_prefix_knows_what_the_whole_knew_by_then(cut in 1usize..1500) {
        let series = support::series();
        let candles = &series.candles()[..1500];
        let (whole, prefix) = (Study::of(candles), Study::of(&candles[..=cut.min(1499)]));
        prop_assert_eq!(known_by(&whole, cut), known_by(&prefix, cut));
        // Going on from there is the same as beginning anew.
        let mut grown = prefix.clone();
        grown.extend(candles);
        prop_assert_eq!(known_by(&whole, 1499), known_by(&grown, 1499));
        prop_assert_eq!((&whole.rsi, &whole.atr, &whole.emas), (&grown.rsi, &grown.atr, &grown.emas));
        prop_assert_eq!(whole.rsi.at(cut), prefix.rsi.at(cut));
        prop_assert_eq!(whole.atr.at(cut), prefix.atr.at(cut));
    }

    #[test]
    fn what_comes_later_changes_no_fact(cut in 30usize..900, factor in 0.5f64..2.0) {
        let series = support::series();
        let altered: Vec<Candle> = series.candles()[..1000].iter().enumerate().map(|(bar, c)| {
            let f = if bar > cut { factor } else { 1.0 };
            Candle { open: c.open * f, high: c.high * f, low: c.low * f, close: c.close * f, ..*c }
        }).collect();
        let altered = Series::new("EURUSD", Timeframe::H1, 5, VolumeKind::Real, altered).unwrap();
        let (a, b) = (Facts::of(&series.up_to(cut)), Facts::of(&altered.up_to(cut)));
        prop_assert_eq!(a.block.text(&[]), b.block.text(&[]));
        prop_assert!(a.facts.iter().all(|f| f.bar <= f.known.max(f.bar) && f.known <= cut));
    }
}

#[test]
fn odd_series_give_no_nan_and_no_panic() {
    let make = |prices: &[f64], volume: f64| {
        let candles = prices.iter().enumerate().map(|(at, p)| Candle {
            time: at as i64 * 3_600,
            open: *p,
            high: *p,
            low: *p,
            close: *p,
            volume,
        });
        Series::new("X", Timeframe::H1, 2, VolumeKind::None, candles.collect()).unwrap()
    };
    let zigzag: Vec<f64> = (0..300).map(|n| 1e-8 * (1.0 + f64::from(n % 7))).collect();
    let huge: Vec<f64> = (0..300).map(|n| 1e8 * (1.0 + f64::from(n % 5))).collect();
    for series in [
        make(&[5.0], 0.0),
        make(&[5.0; 2], 1.0),
        make(&[5.0; 300], 0.0),
        make(&zigzag, 0.0),
        make(&huge, 3.0),
    ] {
        let facts = Facts::of(&series);
        for fact in &facts.facts {
            assert!(fact.number().is_none_or(f64::is_finite), "{fact:?}");
        }
        assert!(!facts.block.text(&[]).contains("null"));
        tables(&series);
    }
}

/// Kand, an independent implementation of TA-Lib's definitions, says the same.
#[test]
fn indicators_agree_with_a_second_opinion() {
    let series = support::series();
    let candles = series.candles();
    let study = Study::of(candles);
    let column = |value: fn(&Candle) -> f64| candles.iter().map(value).collect::<Vec<f64>>();
    let (high, low, close) = (column(|c| c.high), column(|c| c.low), column(|c| c.close));
    let blank = || vec![0.0; candles.len()];

    let (mut rsi, mut gain, mut loss) = (blank(), blank(), blank());
    kand::ohlcv::rsi::rsi(&close, 14, &mut rsi, &mut gain, &mut loss).unwrap();
    let mut atr = blank();
    kand::ohlcv::atr::atr(&high, &low, &close, 14, &mut atr).unwrap();
    let mut ema = blank();
    kand::ohlcv::ema::ema(&close, 50, None, &mut ema).unwrap();

    let mut compared = 0;
    for (name, theirs, ours) in [
        ("rsi", rsi, &study.rsi),
        ("atr", atr, &study.atr),
        ("ema", ema, &study.emas[1]),
    ] {
        for (bar, their) in theirs.iter().enumerate() {
            match ours.at(bar) {
                Some(our) => {
                    assert!(
                        (our - their).abs() <= 1e-9 * their.abs(),
                        "{name} at {bar}: {our}, Kand says {their}"
                    );
                    compared += 1;
                }
                None => assert!(their.is_nan(), "{name} at {bar}: Kand says {their}"),
            }
        }
    }
    assert!(compared > 3 * (candles.len() - 60), "only {compared} values");
    support::ran("Kand, another implementation of the indicators");
}
