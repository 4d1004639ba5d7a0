//! stop_distance: the stop is neither inside the noise nor out of proportion.

use super::{Case, Check, Part, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "stop_distance";
    if let Some(missing) = case.missing(&[Part::Entry, Part::Stop, Part::Atr]) {
        return Some(Check::unknown(NAME, missing));
    }
    let distance = case.in_atr(case.entry()?, case.setup.stop?)?;
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
