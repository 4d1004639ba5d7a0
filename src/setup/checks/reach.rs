//! reach: the entry is near enough to the last close to be traded.

use super::{Case, Check, Part, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "reach";
    if let Some(missing) = case.missing(&[Part::Entry, Part::Atr]) {
        return Some(Check::unknown(NAME, missing));
    }
    let distance = case.in_atr(case.entry()?, case.close)?;
    let status = match distance {
        d if d <= 3.0 => Status::Pass,
        d if d <= 6.0 => Status::Warn,
        _ => Status::Fail,
    };
    let detail = format!(
        "the entry is {distance:.1} ATR from the close {}",
        case.price(case.close)
    );
    Some(Check::new(NAME, status, detail))
}
