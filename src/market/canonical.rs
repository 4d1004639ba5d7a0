//! Candles as canonical CSV: what `candles --export` and `fetch` write, and any reader reads back bit for bit.

use std::fmt::Write as _;

use super::Candle;

/// The header of the table.
pub const COLUMNS: &str = "time,open,high,low,close,volume";

/// `time,open,high,low,close,volume` with UTC epoch seconds and the prices as read.
pub fn canonical(candles: &[Candle]) -> String {
    let mut csv = String::with_capacity(candles.len() * 48 + 40);
    csv.push_str(COLUMNS);
    csv.push('\n');
    for c in candles {
        // Writing to a string cannot fail.
        let _ = writeln!(
            csv,
            "{},{},{},{},{},{}",
            c.time, c.open, c.high, c.low, c.close, c.volume
        );
    }
    csv
}
