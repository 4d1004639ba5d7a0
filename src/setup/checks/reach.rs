//! reach: the entry is near enough to the last close to be traded.

use super::{Case, Check, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "reach";
    let Some(distance) = case.entry().and_then(|e| case.in_atr(e, case.close)) else {
        return Some(Check::unknown(NAME, "entry or ATR is missing"));
    };
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
