//! `wickdesk facts`: what the candles say.

use std::sync::Arc;

use serde_json::json;

use super::args::{Args, FactsArgs};
use super::output::{self, Exit, Failure};
use super::{ask, load};
use crate::facts::export::export;
use crate::market::timestamp;

pub(super) fn run(global: &Args, args: &FactsArgs) -> Result<Exit, Failure> {
    let loaded = load::read(&args.file, &args.read, || super::settings(global))?;
    load::warn_of(&loaded);
    let market = ask::market_of(Arc::new(loaded.series), args.as_of.as_deref())?;
    let facts = &market.facts;
    if let Some(directory) = &args.export {
        let count = export(&market.series, directory).map_err(|e| Failure::new(e.to_string()))?;
        output::note(&format!("{count} tables in {}", directory.display()));
        if !args.json {
            return Ok(Exit::Done);
        }
    }
    if args.json {
        let list: Vec<_> = facts
            .facts
            .iter()
            .map(|f| {
                json!({
                    "name": f.name, "value": f.value, "unit": f.unit,
                    "bar": f.bar, "time": timestamp(f.time).to_string(),
                    "known": f.known, "known_time": timestamp(f.known_time).to_string(),
                })
            })
            .collect();
        output::json(&json!({
            "symbol": facts.symbol,
            "timeframe": facts.timeframe,
            "as_of": facts.as_of_text(),
            "candles": facts.candles,
            "decimals": facts.decimals,
            "facts": list,
            "block": facts.block,
        }))?;
        return Ok(Exit::Done);
    }
    output::line(&format!(
        "{} {} as of {}, {}",
        facts.symbol,
        facts.timeframe,
        facts.as_of_text(),
        crate::text::count(facts.candles, "candle")
    ))?;
    output::line(&format!("{:<28} {:>16}  {:<20} {}", "fact", "value", "candle", "known"))?;
    for fact in &facts.facts {
        let time = |t: i64| timestamp(t).strftime("%Y-%m-%d %H:%M").to_string();
        output::line(&format!(
            "{:<28} {:>16}  {:<20} {}",
            fact.name,
            fact.text(facts.decimals),
            time(fact.time),
            time(fact.known_time)
        ))?;
    }
    Ok(Exit::Done)
}
