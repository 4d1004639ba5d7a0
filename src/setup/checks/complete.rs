//! complete: the answer is whole, and a trade has its entry, stop and a target.

use super::{Case, Check, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    let setup = case.stated;
    let fail = |detail: String| Some(Check::new("complete", Status::Fail, detail));
    if case.cut {
        return fail("the answer was cut off".to_owned());
    }
    if setup.side == Some(crate::setup::Side::None) {
        return Some(Check::new("complete", Status::Pass, "no trade is proposed"));
    }
    let market = setup.order == Some(crate::setup::Order::Market);
    let parts = [
        ("side", setup.side.is_some()),
        ("entry", setup.entry.is_some() || market),
        ("stop", setup.stop.is_some()),
        ("target", !setup.targets.is_empty()),
    ];
    let missing: Vec<&str> = parts
        .iter()
        .filter(|(_, there)| !there)
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Some(Check::new(
            "complete",
            Status::Pass,
            "side, entry, stop and targets are stated",
        ))
    } else {
        fail(format!("not stated: {}", missing.join(", ")))
    }
}
