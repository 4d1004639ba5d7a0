//! stop_distance: the stop is neither inside the noise nor out of proportion.

use super::{Case, Check, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "stop_distance";
    let ends = case.entry().zip(case.setup.stop);
    let Some(distance) = ends.and_then(|(entry, stop)| case.in_atr(entry, stop)) else {
        return Some(Check::unknown(NAME, "entry, stop or ATR is missing"));
    };
    let (status, word) = match distance {
        d if d < 0.25 => (Status::Warn, ", inside one candle's noise"),
        d if d > 10.0 => (Status::Warn, ", very far"),
        _ => (Status::Pass, ""),
    };
    Some(Check::new(
        NAME,
        status,
        format!("the stop is {distance:.2} ATR from the entry{word}"),
    ))
}
