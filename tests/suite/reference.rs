//! Setups of the trimmed reference in `tests/data`, played by the command. `replay` compares with the full one.

use std::path::Path;

use crate::support::{self, Home};

/// The columns that the command reads. The others are what becomes of a setup.
const INPUTS: usize = 10;

#[test]
fn the_setups_of_two_series_end_as_they_must() {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/candles/EURUSD_H1_dukascopy_ask.csv");
    let crypto = support::data("candles/ETHUSD_M5_binance.csv");
    for (name, candles) in [("EURUSD_H1_dukascopy_ask", bundled), ("ETHUSD_M5_binance", crypto)] {
        assert_eq!(
            agrees(&support::data(&format!("reference/{name}/replay.csv")), &candles),
            120
        );
    }
}

/// Replays the setups of a table on these candles and compares what became of them. Returns how many were compared.
fn agrees(table: &Path, candles: &Path) -> usize {
    let table = std::fs::read_to_string(table).unwrap();
    let inputs: Vec<String> = table
        .lines()
        .map(|line| line.split(',').take(INPUTS).collect::<Vec<_>>().join(","))
        .collect();
    let home = Home::new();
    let setups = home.write("setups.csv", inputs.join("\n"));
    let ran = Home::new()
        .command()
        .arg("replay")
        .args([setups.as_path(), Path::new("-c"), candles])
        .args(["--export", "-"])
        .output();
    let out = support::Ran::of(ran.unwrap()).code(0).out;
    assert_eq!(table.lines().count(), out.lines().count());
    for (want, got) in table.lines().zip(out.lines()).skip(1) {
        let (wanted, given): (Vec<&str>, Vec<&str>) = (want.split(',').collect(), got.split(',').collect());
        let near = |a: &str, b: &str| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
            _ => a == b,
        };
        let same = wanted.len() == given.len() && wanted.iter().zip(given).all(|(a, b)| near(a, b));
        assert!(same, "want {want}\ngot  {got}");
    }
    table.lines().count() - 1
}
