//! A line over candles that begins late: no value before its first, and none missing behind it.

/// The values of an indicator, one a bar from its first bar on.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    first: usize,
    values: Vec<f64>,
}

impl Line {
    /// A line whose first value lies at bar `first`.
    pub fn starting(first: usize, values: Vec<f64>) -> Self {
        Self { first, values }
    }

    /// A line that never begins: too few candles.
    pub fn never() -> Self {
        Self::starting(0, Vec::new())
    }

    /// The value at `bar`, if the line has begun and the bar exists.
    pub fn at(&self, bar: usize) -> Option<f64> {
        self.values.get(bar.checked_sub(self.first)?).copied()
    }

    /// The first bar with a value.
    pub fn first(&self) -> usize {
        self.first
    }

    /// The values, from bar [`Line::first`] on.
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}
