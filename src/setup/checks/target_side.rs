//! target_side: every target lies beyond the entry zone on the winning side.

use super::{Case, Check, Part, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "target_side";
    let market = case.entry().map(|e| crate::setup::Zone::between(e, e));
    let zone = case.setup.entry.or(market);
    if let Some(missing) = case.missing(&[Part::Side, Part::Entry, Part::Targets]) {
        return Some(Check::unknown(NAME, missing));
    }
    let (sign, zone) = (case.sign()?, zone?);
    let edge = if sign > 0.0 { zone.high() } else { zone.low() };
    let word = if sign > 0.0 { "above" } else { "below" };
    let wrong = case.setup.targets.iter().find(|t| (**t - edge) * sign <= 0.0);
    Some(match wrong {
        Some(t) => {
            let detail = format!(
                "target {} is not {word} the entry's {}",
                case.price(*t),
                case.price(edge)
            );
            Check::new(NAME, Status::Fail, detail)
        }
        None => Check::new(
            NAME,
            Status::Pass,
            format!("all targets are {word} the entry's {}", case.price(edge)),
        ),
    })
}
