//! claim:NAME: a fact that the answer relies on has the value that the candles give, within what its unit allows.

use super::{Case, Check, Status};
use crate::facts::{Fact, Unit};
use crate::market::{price, timestamp};

/// An oscillator may be off by this much.
const OSCILLATOR: f64 = 1.0;
/// A price may be off by this share of ATR, or by one tick.
const PRICE_ATR: f64 = 0.1;
/// Another value may be off by this share of itself.
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
            return Check::unknown(&name, format!("unknown fact `{}`", claim.name));
        };
        let tolerance = tolerance(case, fact, value);
        let near = tolerance.is_none_or(|t| (claim.value - value).abs() <= t * (1.0 + 1e-9));
        let said = format!(
            "the answer says {}, the candles say {}",
            claim.value,
            shown(case, fact, value)
        );
        match tolerance {
            None => Check::unknown(&name, format!("ATR is missing: {said}")),
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

/// How far a claim may be off, by what the fact is measured in; `None` for a price without ATR.
fn tolerance(case: &Case<'_>, fact: &Fact, value: f64) -> Option<f64> {
    let tick = 10f64.powi(-i32::from(case.facts.decimals));
    match fact.unit {
        Unit::Oscillator => Some(OSCILLATOR),
        Unit::Price => Some((PRICE_ATR * case.atr?).max(tick)),
        Unit::Distance | Unit::Ratio | Unit::Word => Some(OTHER * value.abs()),
    }
}

fn shown(case: &Case<'_>, fact: &Fact, value: f64) -> String {
    let text = match fact.unit {
        Unit::Price => price(value, case.facts.decimals),
        _ => fact.text(case.facts.decimals),
    };
    format!("{text} at {}", timestamp(fact.time).strftime("%Y-%m-%d %H:%M"))
}
