//! order_type: a resting order rests on the side of the last close from which price has to come.

use super::{Case, Check, Part, Status};
use crate::setup::Order;

pub(super) fn check(case: &Case<'_>) -> Option<Check> {
    const NAME: &str = "order_type";
    if let Some(missing) = case.missing(&[Part::Order, Part::Side, Part::Entry, Part::Atr]) {
        return Some(Check::unknown(NAME, missing));
    }
    let (order, sign, entry, atr) = (case.setup.order?, case.sign()?, case.entry()?, case.atr?);
    let close = case.close;
    let at = format!("entry {} with the close at {}", case.price(entry), case.price(close));
    let buys = sign > 0.0;
    // A buy limit and a sell stop wait below the close, a sell limit and a buy stop above it.
    let (status, detail) = match order {
        Order::Market => {
            let distance = (entry - close).abs();
            let status = if distance > 0.5 * atr {
                Status::Warn
            } else {
                Status::Pass
            };
            (status, format!("market: {at}"))
        }
        Order::Limit | Order::Stop => {
            let below = buys == (order == Order::Limit);
            let wrong = if below {
                entry > close + 0.1 * atr
            } else {
                entry < close - 0.1 * atr
            };
            let verb = if buys { "buy" } else { "sell" };
            let side = if below { "below" } else { "above" };
            let status = if wrong { Status::Fail } else { Status::Pass };
            (status, format!("a {verb} {order} waits {side} the close: {at}"))
        }
    };
    Some(Check::new(NAME, status, detail))
}
