//! claim:NAME: a fact that the answer relies on is what the candles say.

use super::{Case, Check, Status};
use crate::facts::Fact;
use crate::market::{price, timestamp};

/// Oscillators may be off by this much.
const OSCILLATOR: f64 = 1.0;
/// Prices may be off by this share of ATR.
const PRICE_ATR: f64 = 0.1;
/// Other values may be off by this share of themselves.
const OTHER: f64 = 0.02;

pub(super) fn checks<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Check> + 'a {
    case.stated.claims.iter().map(|claim| {
        let name = format!("claim:{}", claim.name);
        let wanted = claim.name.to_lowercase().replace(['-', ' ', '.'], "_");
        let facts = case.facts.facts.iter().filter(|f| named(f, &wanted));
        let nearest = facts
            .filter_map(|f| Some((f, f.number()?)))
            .min_by(|a, b| (a.1 - claim.value).abs().total_cmp(&(b.1 - claim.value).abs()));
        let Some((fact, value)) = nearest else {
            return Check::unknown(&name, format!("{} is no fact of these candles", claim.name));
        };
        let tolerance = tolerance(case, &wanted, value);
        let near = tolerance.is_none_or(|t| (claim.value - value).abs() <= t * (1.0 + 1e-9));
        let said = format!(
            "the answer says {}, the candles say {}",
            claim.value,
            shown(case, fact, value)
        );
        match tolerance {
            None => Check::unknown(&name, said),
            Some(_) if near => Check::new(&name, Status::Pass, said),
            Some(_) => Check::new(&name, Status::Fail, said),
        }
    })
}

/// Whether `fact` bears the claimed name: its own, or the family's where a zone has two edges (`order_block_bullish`,
/// `fvg_bearish`, `order_block`, `fvg`), or the period's where it is the usual one (`rsi_14`).
fn named(fact: &Fact, wanted: &str) -> bool {
    let own = fact.name.as_str();
    own == wanted
        || matches!((wanted, own), ("rsi_14", "rsi") | ("atr_14", "atr"))
        || (zone(own) && zone(wanted) && own.starts_with(wanted))
}

fn zone(name: &str) -> bool {
    name.starts_with("order_block") || name.starts_with("fvg")
}

fn tolerance(case: &Case<'_>, name: &str, value: f64) -> Option<f64> {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| name.starts_with(p));
    if starts(&["rsi", "stoch"]) {
        return Some(OSCILLATOR);
    }
    let tick = 10f64.powi(-i32::from(case.facts.decimals));
    let is_price = starts(&["fib_", "ema_", "order_block", "fvg"])
        || matches!(
            name,
            "close" | "swing_high" | "swing_low" | "poc" | "vah" | "val" | "highest_high" | "lowest_low"
        );
    if is_price {
        return Some((PRICE_ATR * case.atr?).max(tick));
    }
    Some(OTHER * value.abs())
}

fn shown(case: &Case<'_>, fact: &Fact, value: f64) -> String {
    let text = match fact.unit {
        crate::facts::Unit::Price => price(value, case.facts.decimals),
        _ => fact.text(case.facts.decimals),
    };
    format!("{text} at {}", timestamp(fact.time).strftime("%Y-%m-%d %H:%M"))
}
