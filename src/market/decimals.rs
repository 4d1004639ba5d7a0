//! How many decimals an instrument's prices have, and how a price is written with them.

use super::Candle;

const MOST: u8 = 10;

/// The decimals of an instrument: the fewest with which 99 of 100 prices are what was read.
///
/// Some sources store prices as 32-bit floats and write six decimals of noise (`1264.650024`), others leave binary
/// residue (`117413.00000000001`). Where more than four decimals seem to be needed, a price counts as met within the
/// precision of a 32-bit float.
pub fn decimals_of(candles: &[Candle]) -> u8 {
    let mut needs = Needs::default();
    candles.iter().for_each(|c| needs.push(c));
    needs.decimals()
}

/// [`decimals_of`] of each run of candles from the first: one number a candle.
pub(super) fn decimals_along(candles: &[Candle]) -> Vec<u8> {
    let mut needs = Needs::default();
    let along = candles.iter().map(|c| {
        needs.push(c);
        needs.decimals()
    });
    along.collect()
}

/// How many prices need how many decimals, exactly and within the precision of a 32-bit float.
#[derive(Default)]
struct Needs {
    prices: usize,
    exact: [usize; MOST as usize + 2],
    rough: [usize; MOST as usize + 2],
}

impl Needs {
    fn push(&mut self, candle: &Candle) {
        for price in [candle.open, candle.high, candle.low, candle.close] {
            let needed = |relative: f64| {
                let fits = |d: &u8| {
                    let scale = 10f64.powi(i32::from(*d));
                    ((price * scale).round() / scale - price).abs() <= price.abs() * relative
                };
                usize::from((0..=MOST).find(fits).unwrap_or(MOST + 1))
            };
            self.prices += 1;
            let exact = needed(1e-13);
            self.exact[exact] += 1;
            self.rough[if exact == 0 { 0 } else { needed(6e-8) }] += 1;
        }
    }

    fn decimals(&self) -> u8 {
        let fewest = |needs: &[usize]| {
            let mut met = 0;
            let enough = |n: &usize| {
                met += n;
                (self.prices - met) * 100 <= self.prices
            };
            let at = needs.iter().position(enough).unwrap_or(needs.len());
            u8::try_from(at).unwrap_or(MOST).min(MOST)
        };
        let exact = fewest(&self.exact);
        if exact <= 4 {
            exact
        } else {
            fewest(&self.rough).min(exact)
        }
    }
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
