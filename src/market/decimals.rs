//! How many decimals an instrument's prices have, and how a price is written with them.

use super::Candle;

const MOST: u8 = 10;

/// The decimals of an instrument: the fewest with which 99 of 100 prices are what was read.
///
/// Some sources store prices as 32-bit floats and write six decimals of noise (`1264.650024`), others leave binary
/// residue (`117413.00000000001`). Where more than four decimals seem to be needed, a price counts as met within the
/// precision of a 32-bit float.
pub fn decimals_of(candles: &[Candle]) -> u8 {
    let prices = || candles.iter().flat_map(|c| [c.open, c.high, c.low, c.close]);
    let count = candles.len() * 4;
    let fits = |decimals: u8, relative: f64| {
        let scale = 10f64.powi(i32::from(decimals));
        let misses = prices()
            .filter(|p| ((p * scale).round() / scale - p).abs() > p.abs() * relative)
            .count();
        misses * 100 <= count
    };
    let exact = (0..=MOST).find(|d| fits(*d, 1e-13)).unwrap_or(MOST);
    if exact <= 4 {
        return exact;
    }
    (0..=exact).find(|d| fits(*d, 6e-8)).unwrap_or(exact)
}

/// `value` with the instrument's `decimals`.
pub fn price(value: f64, decimals: u8) -> String {
    format!("{value:.*}", usize::from(decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(prices: &[f64]) -> u8 {
        let candles: Vec<Candle> = prices
            .iter()
            .map(|&p| Candle {
                time: 0,
                open: p,
                high: p,
                low: p,
                close: p,
                volume: 0.0,
            })
            .collect();
        decimals_of(&candles)
    }

    #[test]
    fn counts_what_the_instrument_needs() {
        assert_eq!(of(&[1.05236, 1.05227]), 5);
        assert_eq!(of(&[1794.9, 1795.24]), 2);
        assert_eq!(of(&[118_694.0]), 0);
        assert_eq!(of(&[0.00001234]), 8);
    }

    #[test]
    fn sees_through_float_noise() {
        assert_eq!(of(&[1264.650024, 1252.800049, 1255.0]), 2);
        let mut many = vec![118_800.0; 40];
        many.push(117_413.000_000_000_01);
        assert_eq!(of(&many), 0);
    }
}
