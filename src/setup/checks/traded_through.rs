//! traded_through: whether later candles have already touched the stop or the last target.

use super::{Case, Check, Status};

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    if case.later.is_empty() {
        return None;
    }
    let sign = case.sign();
    let touched = |level: Option<f64>, above: Option<bool>| {
        let (level, above) = (level?, above?);
        case.later
            .iter()
            .position(|c| if above { c.high >= level } else { c.low <= level })
    };
    let buys = sign.map(|s| s > 0.0);
    let stop = touched(case.setup.stop, buys.map(|b| !b));
    let target = touched(case.setup.targets.last().copied(), buys);
    if case.setup.stop.is_none() && case.setup.targets.is_empty() {
        return None;
    }
    // Touched in one candle, the stop counts: it stands first, and the earlier of equals is taken.
    let first = [("the stop", stop), ("the last target", target)]
        .into_iter()
        .filter_map(|(what, at)| Some((at?, what)))
        .min_by_key(|(at, _)| *at);
    Some(match first {
        Some((at, what)) => {
            let candles = crate::text::count(at + 1, "candle");
            Check::new(
                "traded_through",
                Status::Warn,
                format!("{what} was touched {candles} after the as-of"),
            )
        }
        None => Check::new(
            "traded_through",
            Status::Pass,
            "neither stop nor last target was touched since",
        ),
    })
}
