//! Prices to rows: half rows are told apart.

/// The rows of a plot as prices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    high: f64,
    per_half: f64,
    rows: u16,
}

impl Scale {
    /// A scale on which `low..=high` fits, with a little room above and below; `None` without rows.
    pub fn of(low: f64, high: f64, rows: u16) -> Option<Self> {
        let (mut top, mut range) = (high, high - low);
        if rows == 0 || !range.is_finite() {
            return None;
        }
        if range <= 0.0 {
            // A flat market lies in the middle of something.
            range = high.abs().max(1e-6) * 0.001;
            top = high + range / 2.0;
        }
        let margin = range * 0.03;
        Some(Self {
            high: top + margin,
            per_half: (range + 2.0 * margin) / (f64::from(rows) * 2.0),
            rows,
        })
    }

    /// The half row of a price, counted from the top; outside the plot for prices outside its range.
    pub fn half(&self, price: f64) -> i64 {
        // Saturates for prices far away.
        ((self.high - price) / self.per_half).floor() as i64
    }

    /// The row of a price, if it is on the plot.
    pub fn row(&self, price: f64) -> Option<u16> {
        let row = u16::try_from(self.half(price).div_euclid(2)).ok()?;
        (row < self.rows).then_some(row)
    }

    /// The price in the middle of a row.
    pub fn price(&self, row: u16) -> f64 {
        self.high - (f64::from(row) + 0.5) * 2.0 * self.per_half
    }

    /// The prices of a row, lowest and highest.
    pub fn bounds(&self, row: u16) -> (f64, f64) {
        let half = self.per_half;
        (self.price(row) - half, self.price(row) + half)
    }

    /// The rows that a stretch of prices covers, cut at the plot's edges; none if it lies outside.
    pub fn rows(&self, low: f64, high: f64) -> Option<(u16, u16)> {
        let last = i64::from(self.rows) - 1;
        let (top, bottom) = (self.half(high).div_euclid(2), self.half(low).div_euclid(2));
        if bottom < 0 || top > last {
            return None;
        }
        let row = |half_row: i64| u16::try_from(half_row.clamp(0, last)).unwrap_or(0);
        Some((row(top), row(bottom)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_price_of_the_range_has_a_row(low in 1e-8f64..1e8, span in 0.0f64..1e8, at in 0.0f64..=1.0, rows in 1u16..200) {
            let scale = Scale::of(low, low + span, rows).unwrap();
            let price = low + at * span;
            let row = scale.row(price).unwrap();
            let (bottom, top) = scale.bounds(row);
            let slack = (top - bottom) * 1e-6 + price * 1e-12;
            prop_assert!(bottom - slack <= price && price <= top + slack);
            prop_assert_eq!(scale.rows(low, low + span).is_some(), true);
        }
    }
}
