//! target_order: targets move away from the entry in the order given.

use super::{Case, Check, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "target_order";
    let (Some(sign), targets @ [_, ..]) = (case.sign(), case.setup.targets.as_slice()) else {
        return Some(Check::unknown(NAME, "side or targets are missing"));
    };
    if case.entry().is_none() {
        return Some(Check::unknown(NAME, "the entry is missing"));
    }
    let back = targets.windows(2).find(|w| (w[1] - w[0]) * sign <= 0.0);
    Some(match back {
        Some(pair) => {
            let detail = format!("{} is given before {}", case.price(pair[0]), case.price(pair[1]));
            Check::new(NAME, Status::Warn, detail)
        }
        None => Check::new(NAME, Status::Pass, "targets move away from the entry"),
    })
}
