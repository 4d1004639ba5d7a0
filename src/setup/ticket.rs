//! A setup as label and value, as every place that shows one shows it.

use super::{Setup, Side};
use crate::facts::Facts;
use crate::market::price;

/// The rows of a setup on the candles of `facts`.
pub fn ticket(setup: &Setup, facts: Option<&Facts>) -> Vec<(&'static str, String)> {
    ticket_of(
        setup,
        facts.map_or(5, |f| f.decimals),
        facts.and_then(|f| f.number("atr")),
    )
}

/// The rows of a setup: prices with the instrument's decimals, ratios from the middle of the entry, distances in ATR where
/// there is one.
pub fn ticket_of(setup: &Setup, decimals: u8, atr: Option<f64>) -> Vec<(&'static str, String)> {
    let shown = |p: f64| price(p, decimals);
    let missing = || "not stated".to_owned();
    let mut rows = vec![("side", setup.side.map_or_else(missing, |s| s.to_string()))];
    if setup.side == Some(Side::None) {
        return rows;
    }
    let entry = setup.entry.map_or_else(missing, |z| {
        if z.low() == z.high() {
            shown(z.low())
        } else {
            format!("{} – {}", shown(z.low()), shown(z.high()))
        }
    });
    rows.push(("order", setup.order.map_or_else(missing, |o| o.to_string())));
    rows.push(("entry", entry));
    rows.push(("stop", setup.stop.map_or_else(missing, shown)));
    if setup.targets.is_empty() {
        rows.push(("target", missing()));
    }
    rows.extend(setup.targets.iter().map(|target| ("target", shown(*target))));
    let ratios = setup.entry.map(|zone| setup.ratios(zone.middle())).unwrap_or_default();
    let listed = |ratios: &[f64]| ratios.iter().map(|r| format!("{r:.2}")).collect::<Vec<_>>().join(", ");
    if !ratios.is_empty() {
        rows.push(("R:R", listed(&ratios)));
    }
    // Filled where the zone begins, it pays less.
    let worst = setup.entry.filter(|z| z.low() < z.high()).map(|zone| {
        let edge = if setup.side == Some(Side::Short) {
            zone.low()
        } else {
            zone.high()
        };
        setup.ratios(edge)
    });
    if let Some(worst) = worst.filter(|w| !w.is_empty()) {
        rows.push(("R:R worst", listed(&worst)));
    }
    rows.extend(setup.risk_reward.map(|claimed| ("R:R claimed", claimed.to_string())));
    if let (Some(zone), Some(stop), Some(atr)) = (setup.entry, setup.stop, atr.filter(|a| *a > 0.0)) {
        rows.push((
            "stop distance",
            format!("{:.2} ATR", (zone.middle() - stop).abs() / atr),
        ));
    }
    if let Some(bars) = setup.valid_bars {
        let bars = usize::try_from(bars).unwrap_or(usize::MAX);
        rows.push(("valid for", crate::text::count(bars, "candle")));
    }
    rows.extend(setup.confidence.map(|c| ("confidence", format!("{:.0} %", c * 100.0))));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Zone;

    #[test]
    fn the_worst_edge_pays_less() {
        let setup = |side, entry, stop, target| Setup {
            side: Some(side),
            entry: Some(entry),
            stop: Some(stop),
            targets: vec![target],
            ..Setup::default()
        };
        let row = |setup: &Setup, name: &str| {
            let rows = ticket_of(setup, 2, None);
            rows.into_iter()
                .find(|(label, _)| *label == name)
                .map(|(_, value)| value)
        };
        let long = setup(Side::Long, Zone::between(100.0, 102.0), 98.0, 107.0);
        assert_eq!(
            (row(&long, "R:R").as_deref(), row(&long, "R:R worst").as_deref()),
            (Some("2.00"), Some("1.25"))
        );
        let short = setup(Side::Short, Zone::between(100.0, 102.0), 104.0, 95.0);
        assert_eq!(row(&short, "R:R worst").as_deref(), Some("1.25"));
        assert_eq!(
            row(
                &setup(Side::Long, Zone::between(100.0, 100.0), 98.0, 107.0),
                "R:R worst"
            ),
            None
        );
    }
}
