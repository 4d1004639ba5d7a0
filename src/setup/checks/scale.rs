//! scale: every price lies between half the lowest low and twice the highest high of the candles.

use super::{Case, Check, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    let Some(scale) = case.scale else {
        return Some(Check::unknown("scale", "no candles to compare with"));
    };
    let setup = case.stated;
    let entry = setup.entry.map(|z| [z.low(), z.high()]);
    let prices: Vec<f64> = entry
        .into_iter()
        .flatten()
        .chain(setup.stop)
        .chain(setup.targets.iter().copied())
        .collect();
    if prices.is_empty() {
        return Some(Check::unknown("scale", "no price is stated"));
    }
    let range = format!("{} to {}", case.price(scale.low), case.price(scale.high));
    let outside = prices.iter().find(|p| !scale.holds(**p));
    Some(match outside {
        Some(p) => Check::new(
            "scale",
            Status::Fail,
            format!("{p} is outside the range of these candles ({range})"),
        ),
        None => Check::new("scale", Status::Pass, format!("all prices are within {range}")),
    })
}
