//! Every layout is recognised: the bundled candles, written as each exporter writes them, read the same.

use wickdesk::market::read::DateOrder;
use wickdesk::market::{Candle, ReadOptions, VolumeKind, read, timestamp};

use crate::support::{self, Home};

/// Forty bundled candles around a weekend, with volumes that survive rounding.
fn forty() -> Vec<Candle> {
    let all = support::series();
    let mut candles = all.candles()[90..130].to_vec();
    for (at, candle) in candles.iter_mut().enumerate() {
        candle.volume = 1_000.0 + 10.0 * at as f64;
    }
    candles
}

fn rows(candles: &[Candle], header: &str, row: impl Fn(&Candle) -> String) -> String {
    let body: Vec<String> = candles.iter().map(row).collect();
    format!("{header}{}\n", body.join("\n"))
}

fn time(candle: &Candle, form: &str) -> String {
    timestamp(candle.time).strftime(form).to_string()
}

fn ohlcv(c: &Candle) -> String {
    format!("{},{},{},{},{}", c.open, c.high, c.low, c.close, c.volume)
}

#[track_caller]
fn reads_as(text: &str, name: &str, layout: &str, want: &[Candle]) {
    let loaded = read(text.as_bytes(), name, &ReadOptions::default()).unwrap();
    assert_eq!(loaded.card.layout, layout);
    assert_eq!(loaded.card.timeframe.to_string(), "H1");
    assert_eq!(loaded.series.candles(), want, "{name}");
}

#[test]
fn layouts_of_exporters() {
    let candles = forty();
    let mt5 = rows(
        &candles,
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n",
        |c| {
            let time = time(c, "%Y.%m.%d\t%H:%M:%S");
            format!(
                "{time}\t{}\t{}\t{}\t{}\t{}\t0\t0",
                c.open, c.high, c.low, c.close, c.volume
            )
        },
    );
    reads_as(&mt5, "EURUSD_H1.csv", "MetaTrader 5", &candles);
    let mt4 = rows(&candles, "", |c| format!("{},{}", time(c, "%Y.%m.%d,%H:%M"), ohlcv(c)));
    reads_as(&mt4, "x.csv", "MetaTrader 4", &candles);
    let epoch = rows(&candles, "time,open,high,low,close,Volume\n", |c| {
        format!("{},{}", c.time, ohlcv(c))
    });
    reads_as(&epoch, "x.csv", "TradingView", &candles);
    let iso = rows(&candles, "time,open,high,low,close,Volume\n", |c| {
        format!("{},{}", time(c, "%Y-%m-%dT%H:%M:%SZ"), ohlcv(c))
    });
    reads_as(&iso, "x.csv", "TradingView", &candles);
    for unit in [1_000, 1_000_000] {
        let binance = rows(&candles, "", |c| {
            format!(
                "{},{},{},0,0,0,0,0",
                c.time * unit,
                ohlcv(c),
                (c.time + 3_600) * unit - 1
            )
        });
        reads_as(&binance, "x.csv", "Binance klines", &candles);
    }
    let yahoo = rows(&candles, "Date,Open,High,Low,Close,Adj Close,Volume\n", |c| {
        format!(
            "{},{},{},{},{},{},{}",
            time(c, "%Y-%m-%d %H:%M"),
            c.open,
            c.high,
            c.low,
            c.close,
            c.close,
            c.volume
        )
    });
    reads_as(&yahoo, "x.csv", "Yahoo", &candles);
    let odd = rows(&candles, "Date,Open,Close,High,Low,Volume\n", |c| {
        format!(
            "{},{},{},{},{},{}",
            time(c, "%m/%d/%Y %-I:%M %p"),
            c.open,
            c.close,
            c.high,
            c.low,
            c.volume
        )
    });
    reads_as(&odd, "x.csv", "table with a header", &candles);
    let histdata = rows(&candles, "", |c| {
        format!("{};{}", time(c, "%Y%m%d %H%M%S"), ohlcv(c).replace(',', ";"))
    });
    reads_as(&histdata, "x.csv", "HistData", &candles);
    let stooq = rows(
        &candles,
        "<TICKER>,<PER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n",
        |c| format!("EURUSD,60,{},{}", time(c, "%Y%m%d,%H%M%S"), ohlcv(c)),
    );
    reads_as(&stooq, "x.csv", "MetaStock / Stooq", &candles);
}

#[test]
fn containers_and_marks() {
    let candles = forty();
    let plain = rows(&candles, "Date,Open,High,Low,Close,Volume\n", |c| {
        format!("{},{}", time(c, "%Y-%m-%d %H:%M"), ohlcv(c))
    });
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(plain.encode_utf16().flat_map(u16::to_le_bytes));
    let loaded = read(&utf16, "x.csv", &ReadOptions::default()).unwrap();
    assert_eq!(loaded.series.candles(), candles);
    let windows = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
    reads_as(&windows, "x.csv", "table with a header", &candles);
    let comma = rows(&candles, "Datum;Open;High;Low;Close;Vol.\n", |c| {
        format!(
            "{};{}",
            time(c, "%d.%m.%Y %H:%M"),
            ohlcv(c).replace(',', ";").replace('.', ",")
        )
    });
    reads_as(&comma, "x.csv", "table with a header", &candles);
    let backwards: Vec<Candle> = candles.iter().rev().copied().collect();
    let investing = rows(
        &backwards,
        "\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"\n",
        |c| {
            let volume = format!("{:.2}K", c.volume / 1_000.0);
            format!(
                "\"{}\",\"{}\",\"{}\",\"{}\",\"{}\",\"{volume}\",\"0.1%\"",
                time(c, "%m/%d/%Y %H:%M"),
                c.close,
                c.open,
                c.high,
                c.low
            )
        },
    );
    reads_as(&investing, "x.csv", "Investing.com", &candles);
}

#[test]
fn irregular_rows_are_told_and_left_out() {
    let candles = forty();
    let good = |c: &Candle| format!("{},{}", time(c, "%Y-%m-%d %H:%M"), ohlcv(c));
    let mut lines: Vec<String> = candles.iter().map(good).collect();
    lines[5] = format!("{},null,null,null,null,null", time(&candles[5], "%Y-%m-%d %H:%M"));
    lines[7] = format!("{},1.05,1.04,1.06,1.05,1", time(&candles[7], "%Y-%m-%d %H:%M"));
    lines.insert(10, lines[9].clone());
    lines.push("2017-01-09 0".to_owned());
    let text = format!("# exported\n\nDate,Open,High,Low,Close,Volume\n{}\n", lines.join("\n"));
    let loaded = read(text.as_bytes(), "f.csv", &ReadOptions::default()).unwrap();
    assert_eq!(
        (loaded.card.rows, loaded.card.refused, loaded.card.duplicates),
        (38, 3, 1)
    );
    let warnings = loaded.card.warnings().join("\n");
    assert!(
        warnings.contains("line 9 left out: open `null` is no number"),
        "{warnings}"
    );
    assert!(
        warnings.contains("line 11 left out: high 1.04 lies below low 1.06"),
        "{warnings}"
    );
}

#[test]
fn what_cannot_be_told_is_refused_with_the_option_that_decides() {
    let ambiguous = "Date,Open,High,Low,Close\n1/2/2024,1,2,1,2\n2/3/2024,1,2,1,2\n3/4/2024,1,2,1,2\n";
    let error = read(ambiguous.as_bytes(), "f.csv", &ReadOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("f.csv") && error.contains("--date-order dmy"), "{error}");
    let options = ReadOptions {
        date_order: Some(DateOrder::Dmy),
        ..ReadOptions::default()
    };
    let read = read(ambiguous.as_bytes(), "f.csv", &options).unwrap();
    assert_eq!(read.card.first.to_string(), "2024-02-01T00:00:00Z");
}

#[test]
fn no_candle_file_gets_one_line() {
    let home = Home::new();
    let cases: [(&str, &[u8], &str); 7] = [
        ("empty.csv", b"", "the file is empty"),
        ("blank.csv", b" \n\n", "the file is empty"),
        (
            "people.csv",
            b"name,age\nalice,30\n",
            "no column for time, open, high, low, close (found: name, age)",
        ),
        ("header.csv", b"Date,Open,High,Low,Close\n", "a header but no candles"),
        ("zip.csv", b"PK\x03\x04junk", "the archive is damaged"),
        ("binary.csv", b"\x00\x01\x02\x03,\x00", "binary data"),
        ("prose.csv", b"Dear reader,\nthis is a letter.\n", "no column for"),
    ];
    for (name, bytes, want) in cases {
        let path = home.write(name, bytes);
        let ran = home.run(&["candles", path.to_str().unwrap()]).code(1);
        assert!(
            ran.last().contains(name) && ran.last().contains(want),
            "{name}: {}",
            ran.err
        );
        assert_eq!(ran.err.trim_end().lines().count(), 1, "{}", ran.err);
        assert_eq!(ran.out, "");
    }
    home.run(&["candles", "/no/such/file.csv"]).code(1);
}

#[test]
fn a_forming_candle_is_left_out_by_the_clock() {
    let candles = forty();
    let text = rows(&candles, "time,open,high,low,close,volume\n", |c| {
        format!("{},{}", c.time, ohlcv(c))
    });
    let now = |seconds: i64| ReadOptions {
        now: Some(timestamp(candles[39].time + seconds)),
        ..ReadOptions::default()
    };
    let forming = read(text.as_bytes(), "x.csv", &now(600)).unwrap();
    assert_eq!((forming.card.rows, forming.card.forming_dropped), (39, true));
    let closed = read(text.as_bytes(), "x.csv", &now(3_600)).unwrap();
    assert_eq!((closed.card.rows, closed.card.forming_dropped), (40, false));
}

#[test]
fn the_bundled_candles_are_whole() {
    let series = support::series();
    assert_eq!(
        (series.symbol(), series.candles().len(), series.decimals()),
        ("EURUSD", 3000, 5)
    );
    assert_eq!(series.volume(), VolumeKind::Real);
    assert_eq!(timestamp(series.last().time).to_string(), "2017-06-23T20:00:00Z");
}

#[test]
fn every_trap_is_read_as_its_manifest_says() {
    let traps = support::data("traps");
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(traps.join("manifest.json")).unwrap()).unwrap();
    let file = |name: &str| std::fs::read(traps.join(name)).unwrap();
    let load = |name: &str| read(&file(name), name, &ReadOptions::default());
    let want = load("expected.csv").unwrap().series.candles().to_vec();
    assert_eq!((manifest.as_array().unwrap().len(), want.len()), (23, 40));
    for trap in manifest.as_array().unwrap() {
        let name = trap["file"].as_str().unwrap();
        let prices = |candles: &[Candle]| -> Vec<_> {
            candles
                .iter()
                .map(|c| (c.time, c.open, c.high, c.low, c.close))
                .collect()
        };
        let without = |bar: usize| {
            let mut rest = want.clone();
            rest.remove(bar);
            prices(&rest)
        };
        match (trap["expect"].as_str().unwrap(), load(name)) {
            ("same40", Ok(got)) => assert_eq!(got.series.candles(), want, "{name}"),
            ("same40_no_volume" | "same40_volume_rounded_to_10", Ok(got)) => {
                assert_eq!(prices(got.series.candles()), prices(&want), "{name}")
            }
            ("39_without_8", Ok(got)) => assert_eq!(prices(got.series.candles()), without(8), "{name}"),
            ("39_without_39", Ok(got)) => assert_eq!(prices(got.series.candles()), without(39), "{name}"),
            ("warning" | "warning_or_error", Ok(got)) => assert!(!got.card.warnings().is_empty(), "{name}"),
            ("warning_or_error" | "error", Err(error)) => assert!(error.to_string().contains(name)),
            (expected, got) => panic!("{name}: expected {expected}, got {:?}", got.map(|l| l.card)),
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        let _ = read(&bytes, "f.csv", &ReadOptions::default());
    }

    #[test]
    fn no_json_makes_the_reader_panic(text in "[\\[{](\\[|\\]|\\{|\\}|,|:|\"(t|o|h|l|c|date|open|1\\. open|2024-01-02)\"|[0-9]{1,13}|null|-1|1e400){0,60}") {
        let _ = read(text.as_bytes(), "f.json", &ReadOptions::default());
    }

    #[test]
    fn no_archive_makes_the_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), gzip: bool) {
        let head: &[u8] = if gzip { b"\x1f\x8b\x08\x00" } else { b"PK\x03\x04" };
        let _ = read(&[head, &bytes[..]].concat(), "f", &ReadOptions::default());
    }

    #[test]
    fn no_table_makes_the_reader_panic(text in "(?s)(Date|time|[0-9.,:/;\"TZ +-]|open|high|low|close|\n|\t){0,80}") {
        let _ = read(text.as_bytes(), "f.csv", &ReadOptions::default());
    }
}

#[test]
fn packed_and_piped_files_are_the_same_candles() {
    use std::io::Write;
    let home = Home::new();
    let plain = std::fs::read(home.sample()).unwrap();
    let expected = home
        .run(&["candles", home.sample().to_str().unwrap(), "--export", "-"])
        .code(0)
        .out;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&plain).unwrap();
    let packed = home.write("EURUSD_H1.csv.gz", gz.finish().unwrap());
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("EURUSD_H1.csv", zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(&plain).unwrap();
    let zipped = home.write("export.zip", zip.finish().unwrap().into_inner());
    for path in [&packed, &zipped] {
        assert_eq!(
            home.run(&["candles", path.to_str().unwrap(), "--export", "-"])
                .code(0)
                .out,
            expected
        );
        let card = home.run(&["candles", path.to_str().unwrap(), "--json"]).code(0).json();
        assert_eq!(
            (&card["symbol"], &card["timeframe"]),
            (&"EURUSD".into(), &"H1".into()),
            "named by the file within"
        );
    }
    let rows: Vec<serde_json::Value> = expected
        .lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .map(|cell| serde_json::from_str::<serde_json::Value>(cell).unwrap())
                .collect()
        })
        .collect();
    let json = home.write("klines.json", serde_json::to_string(&rows).unwrap());
    assert_eq!(
        home.run(&["candles", json.to_str().unwrap(), "--export", "-"])
            .code(0)
            .out,
        expected
    );
}

#[test]
fn coarser_candles_are_made_of_the_files() {
    let home = Home::new();
    let sample = home.sample();
    let sample = sample.to_str().unwrap();
    let card = home.run(&["candles", sample, "--to", "H4", "--json"]).code(0).json();
    assert_eq!((&card["timeframe"], &card["made_of"]), (&"H4".into(), &"H1".into()));
    let daily = home
        .run(&["candles", sample, "--to", "D1", "--export", "-"])
        .code(0)
        .out;
    // The week opens on Sunday at 17:00 in New York, and so do its days.
    let evening = |line: &str| {
        let time: i64 = line.split(',').next().unwrap().parse().unwrap();
        matches!(time.rem_euclid(86_400) / 3_600, 21 | 22)
    };
    assert!(
        daily.lines().skip(1).count() > 100 && daily.lines().skip(1).all(evening),
        "{daily}"
    );
    let refused = home.run(&["candles", sample, "--to", "M5"]).code(1);
    assert!(
        refused.last().contains("M5 candles cannot be made of H1 ones"),
        "{}",
        refused.err
    );
    let prompt = home
        .run(&[
            "ask",
            "-t",
            "smc",
            "-c",
            sample,
            "--also",
            "H4",
            "--also",
            "D1",
            "--dry-run",
        ])
        .code(0)
        .out;
    for timeframe in ["H1", "H4", "D1"] {
        assert!(
            prompt.contains(&format!("\"timeframe\": \"{timeframe}\""))
                || prompt.contains(&format!("\"timeframe\":\"{timeframe}\"")),
            "{timeframe}: {prompt}"
        );
    }
}

#[test]
fn a_cell_over_several_lines_is_quoted_on_one() {
    let text = "Date,Open,High,Low,Close\n2024-01-02,\"a\nb\",2,1,1\n2024-01-03,\"c\nd\",2,1,1\n";
    let error = read(text.as_bytes(), "x.csv", &ReadOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("open `a b` is no number") && !error.contains('\n'),
        "{error}"
    );
}

#[test]
fn a_stretch_that_is_missing_is_a_gap_however_long() {
    let hourly = |keep: &dyn Fn(i64) -> bool| {
        let rows = (0..24 * 200)
            .filter(|h| keep(*h))
            .map(|h| format!("{},10,12,9,11,5\n", 1_704_067_200 + h * 3_600));
        format!("time,open,high,low,close,volume\n{}", rows.collect::<String>())
    };
    // Months out of the middle of a market that never closes, and of one that closes at the weekend.
    let open = |h: i64| (h / 24) % 7 < 5;
    for (name, keep, missing) in [
        ("always", &(|_| true) as &dyn Fn(i64) -> bool, 24 * 120),
        ("weekdays", &open, 120 * 24 * 5 / 7),
    ] {
        let text = hourly(&|h| keep(h) && !(24 * 40..24 * 160).contains(&h));
        let card = read(text.as_bytes(), "X.csv", &ReadOptions::default()).unwrap().card;
        let gaps: Vec<usize> = card
            .irregularities
            .iter()
            .filter_map(|i| match i {
                wickdesk::market::read::Irregularity::Gap { missing, .. } => Some(*missing),
                _ => None,
            })
            .collect();
        assert_eq!(gaps.len(), 1, "{name}: {gaps:?}");
        assert!(
            gaps[0].abs_diff(missing) < 100,
            "{name}: {gaps:?}, {missing} are missing"
        );
    }
}

#[test]
fn of_many_gaps_the_widest_are_told() {
    let holes = [
        (100, 2),
        (200, 3),
        (300, 2),
        (400, 90),
        (500, 2),
        (600, 3),
        (700, 2),
        (800, 4),
    ];
    let keep = |h: &i64| !holes.iter().any(|(at, wide)| (*at..at + wide).contains(h));
    let rows = (0..1_000)
        .filter(keep)
        .map(|h: i64| format!("{},10,12,9,11,-5\n", 1_704_067_200 + h * 3_600));
    let text = format!("time,open,high,low,close,volume\n{}", rows.collect::<String>());
    let warnings = read(text.as_bytes(), "X.csv", &ReadOptions::default())
        .unwrap()
        .card
        .warnings();
    let told = warnings.join("\n");
    assert!(
        told.contains("gap of 90 candles") && told.contains("gap of 4 candles"),
        "{told}"
    );
    assert!(
        told.contains("and 3 more gaps") && told.matches("gap of").count() == 5,
        "{told}"
    );
    assert!(
        told.contains("899 volumes below zero") || told.contains("volumes below zero, taken as none"),
        "{told}"
    );
}
