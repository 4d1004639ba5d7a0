//! stop_side: the stop lies beyond the entry zone on the losing side.

use super::{Case, Check, Part, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "stop_side";
    let market = case.entry().map(|e| crate::setup::Zone::between(e, e));
    let zone = case.setup.entry.or(market);
    if let Some(missing) = case.missing(&[Part::Side, Part::Entry, Part::Stop]) {
        return Some(Check::unknown(NAME, missing));
    }
    let (sign, zone, stop) = (case.sign()?, zone?, case.setup.stop?);
    let (edge, right, word) = if sign > 0.0 {
        (zone.low(), stop < zone.low(), "below")
    } else {
        (zone.high(), stop > zone.high(), "above")
    };
    let side = if sign > 0.0 { "long" } else { "short" };
    let status = if right { Status::Pass } else { Status::Fail };
    let not = if right { "" } else { "not " };
    let detail = format!(
        "{side}: stop {} is {not}{word} the entry's {}",
        case.price(stop),
        case.price(edge)
    );
    Some(Check::new(NAME, status, detail))
}
