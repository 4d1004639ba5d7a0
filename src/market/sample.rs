//! The bundled candles, so that the program has something real to show before a file is opened.
//! Their origin and licence: `assets/candles/PROVENANCE.md`.

use super::read::{Loaded, ReadError, ReadOptions, read};

/// The name under which the bundled candles are shown.
pub const SAMPLE_NAME: &str = "EURUSD_H1_dukascopy_ask.csv";

static BYTES: &[u8] = include_bytes!("../../assets/candles/EURUSD_H1_dukascopy_ask.csv");

/// Reads the bundled EURUSD H1 candles, as any other file is read.
///
/// # Errors
/// None that a test would let pass: the bytes are compiled in.
pub fn sample(options: &ReadOptions) -> Result<Loaded, ReadError> {
    read(BYTES, SAMPLE_NAME, options)
}
