//! complete: the answer is whole, a trade has its entry, stop and a target, and each of them could be read.

use super::{Case, Check, Status};
use crate::setup::{Level, Order, Setup, Side};

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
    let unread = unread(setup);
    match (missing.is_empty(), unread) {
        (true, None) => verdict(Status::Pass, "side, entry, stop and targets are stated"),
        (true, Some(unread)) => verdict(Status::Warn, &unread),
        (false, None) => verdict(Status::Fail, &format!("not stated: {}", missing.join(", "))),
        (false, Some(unread)) => verdict(Status::Fail, &format!("not stated: {}. {unread}", missing.join(", "))),
    }
}

/// What is stated and could not be read, in words.
fn unread(setup: &Setup) -> Option<String> {
    let texts = |level: Level| {
        let texts: Vec<String> = setup
            .unread
            .iter()
            .filter(|u| u.level == level)
            .map(|u| format!("`{}`", u.text))
            .collect();
        (!texts.is_empty()).then_some(texts)
    };
    let mut parts: Vec<String> = [Level::Entry, Level::Stop]
        .into_iter()
        .filter_map(|level| Some(format!("the {level} could not be read: {}", texts(level)?.join(", "))))
        .collect();
    if let Some(texts) = texts(Level::Target) {
        let all = setup.targets.len() + texts.len();
        let noun = if all == 1 { "target" } else { "targets" };
        parts.push(format!(
            "{} of {all} {noun} could not be read: {}",
            texts.len(),
            texts.join(", ")
        ));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
