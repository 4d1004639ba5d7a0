//! complete: the answer is whole, and a trade has its entry, stop and a target.

use super::{Case, Check, Status};
use crate::setup::{Order, Setup, Side};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    of(Some(case.stated), case.cut)
}

/// The check by itself: it needs no candles.
pub(super) fn of(setup: Option<&Setup>, cut: bool) -> Option<Check> {
    let verdict = |status, detail: &str| Some(Check::new("complete", status, detail));
    let Some(setup) = setup else {
        return if cut {
            verdict(Status::Fail, "the answer was cut off before its setup was whole")
        } else {
            verdict(Status::Unknown, "no setup is proposed")
        };
    };
    if cut {
        return verdict(Status::Fail, "the answer was cut off");
    }
    if setup.side == Some(Side::None) {
        return verdict(Status::Pass, "no trade is proposed");
    }
    let market = setup.order == Some(Order::Market);
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
        verdict(Status::Pass, "side, entry, stop and targets are stated")
    } else {
        verdict(Status::Fail, &format!("not stated: {}", missing.join(", ")))
    }
}
