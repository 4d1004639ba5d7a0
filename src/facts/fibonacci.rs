//! Fibonacci levels of a leg.

use super::pivots::Pivot;

/// Retracement ratios: 0 is the leg's end, 1 its start.
pub const RETRACEMENTS: [f64; 9] = [0.0, 0.236, 0.382, 0.5, 0.618, 0.705, 0.786, 0.886, 1.0];
/// Extension ratios, from the leg's start through its end.
pub const EXTENSIONS: [f64; 5] = [1.272, 1.414, 1.618, 2.0, 2.618];

/// A leg from `a` to `b`, prices with their bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leg {
    /// Where it starts.
    pub a: Pivot,
    /// Where it ends.
    pub b: Pivot,
}

impl Leg {
    /// The leg between the last two points of `legs`.
    pub fn last(legs: &[Pivot]) -> Option<Leg> {
        match legs {
            [.., a, b] => Some(Leg { a: *a, b: *b }),
            _ => None,
        }
    }

    /// The price that takes back `ratio` of the leg: `b − ratio · (b − a)`.
    pub fn retracement(&self, ratio: f64) -> f64 {
        retracement(self.a.price, self.b.price, ratio)
    }

    /// The price at `ratio` times the leg from its start: `a + ratio · (b − a)`.
    pub fn extension(&self, ratio: f64) -> f64 {
        extension(self.a.price, self.b.price, ratio)
    }
}

/// `b − ratio · (b − a)`.
pub fn retracement(a: f64, b: f64, ratio: f64) -> f64 {
    b - ratio * (b - a)
}

/// `a + ratio · (b − a)`.
pub fn extension(a: f64, b: f64, ratio: f64) -> f64 {
    a + ratio * (b - a)
}
