//! A line over candles that begins late: no value before its first, and none missing behind it.

/// The values of an indicator, one a bar from its first bar on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    first: usize,
    values: Vec<f64>,
}

impl Line {
    /// The line of what an indicator says bar by bar, `None` until it begins.
    pub fn of(said: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut said = said.into_iter();
        let mut first = 0;
        let begun = loop {
            match said.next() {
                None => return Self::default(),
                Some(None) => first += 1,
                Some(Some(value)) => break value,
            }
        };
        let mut values = Vec::with_capacity(said.size_hint().0 + 1);
        values.push(begun);
        // What has begun does not pause.
        values.extend(said.flatten());
        Self { first, values }
    }

    /// Notes what the indicator says at `bar`, the bar after the last one noted.
    pub(super) fn note(&mut self, bar: usize, value: Option<f64>) {
        let Some(value) = value else { return };
        if self.values.is_empty() {
            self.first = bar;
        }
        self.values.push(value);
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
