//! Volume profile: at which prices the volume of a stretch of candles traded.

use crate::market::Candle;

/// The usual number of rows.
pub const ROWS: usize = 24;
/// The usual number of candles.
pub const BARS: usize = 200;
/// Share of the volume that the value area holds.
const VALUE_AREA: f64 = 0.7;

/// The profile of a stretch of candles.
#[derive(Debug, Clone, PartialEq)]
pub struct VolumeProfile {
    /// Lowest price of the range.
    pub low: f64,
    /// Highest price of the range.
    pub high: f64,
    /// Volume of each row, lowest first.
    pub rows: Vec<f64>,
    /// Point of control: the middle of the fullest row.
    pub point_of_control: f64,
    /// Value area high: upper edge of its top row.
    pub value_area_high: f64,
    /// Value area low: lower edge of its bottom row.
    pub value_area_low: f64,
    /// All volume.
    pub total: f64,
    /// Share of it inside the value area.
    pub inside_share: f64,
}

/// The profile of `candles` in `rows` equal rows; `None` without volume, range or rows.
///
/// A bar's volume is spread evenly over its range; one without range gives all to its row. From the fullest row (the
/// lowest on ties) the fuller neighbour is added (the upper on ties) until 70 % of the volume are inside.
pub fn volume_profile(candles: &[Candle], rows: usize) -> Option<VolumeProfile> {
    let low = candles.iter().map(|c| c.low).reduce(f64::min)?;
    let high = candles.iter().map(|c| c.high).reduce(f64::max)?;
    let height = (high - low) / rows as f64;
    if rows == 0 || height <= 0.0 {
        return None;
    }
    let last = rows - 1;
    // Positive and bounded: the cast truncates on purpose.
    let row_of = |price: f64| (((price - low) / height) as usize).min(last);
    let mut volumes = vec![0.0; rows];
    for candle in candles.iter().filter(|c| c.volume > 0.0) {
        let range = candle.high - candle.low;
        if range <= 0.0 {
            volumes[row_of(candle.low)] += candle.volume;
            continue;
        }
        let first = row_of(candle.low);
        for (at, volume) in volumes[first..=row_of(candle.high)].iter_mut().enumerate() {
            let bottom = low + (first + at) as f64 * height;
            let overlap = candle.high.min(bottom + height) - candle.low.max(bottom);
            if overlap > 0.0 {
                *volume += candle.volume * overlap / range;
            }
        }
    }
    let total: f64 = volumes.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let mut fullest = 0;
    for row in 1..rows {
        if volumes[row] > volumes[fullest] {
            fullest = row;
        }
    }
    let (mut bottom, mut top, mut inside) = (fullest, fullest, volumes[fullest]);
    while inside < VALUE_AREA * total && (bottom > 0 || top < last) {
        let above = (top < last).then(|| volumes[top + 1]);
        let below = (bottom > 0).then(|| volumes[bottom - 1]);
        let take_above = match (above, below) {
            (Some(a), Some(b)) => a >= b,
            (above, _) => above.is_some(),
        };
        if take_above {
            top += 1;
            inside += volumes[top];
        } else {
            bottom -= 1;
            inside += volumes[bottom];
        }
    }
    Some(VolumeProfile {
        low,
        high,
        point_of_control: low + (fullest as f64 + 0.5) * height,
        value_area_high: low + (top + 1) as f64 * height,
        value_area_low: low + bottom as f64 * height,
        total,
        inside_share: inside / total,
        rows: volumes,
    })
}
