//! target_order: targets move away from the entry in the order given.

use super::{Case, Check, Part, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "target_order";
    if let Some(missing) = case.missing(&[Part::Side, Part::Entry, Part::Targets]) {
        return Some(Check::unknown(NAME, missing));
    }
    let sign = case.sign()?;
    let back = case.setup.targets.windows(2).find(|w| (w[1] - w[0]) * sign <= 0.0);
    Some(match back {
        Some(pair) => {
            let detail = format!("{} is given before {}", case.price(pair[0]), case.price(pair[1]));
            Check::new(NAME, Status::Warn, detail)
        }
        None => Check::new(NAME, Status::Pass, "targets move away from the entry"),
    })
}
