//! The walk that the arguments mean: templates, values and timeframes swept, models, costs; and what is said of it.

use std::sync::Arc;

use crate::cli::args::{ReadArgs, WalkArgs};
use crate::cli::output::Failure;
use crate::cli::{Session, load};
use crate::desk::{Costs, Variant, Walk, parse_as_of};
use crate::market::{Series, Timeframe};
use crate::prompt::{Template, Values};

/// The walk of these arguments.
pub(super) fn walk(session: &Session, args: &WalkArgs) -> Result<Walk, Failure> {
    let read = ReadArgs {
        tz: args.tz.clone(),
        symbol: args.symbol.clone(),
        timeframe: args.timeframe,
        date_order: args.date_order,
        ..ReadArgs::default()
    };
    let mut series = Vec::new();
    for path in &args.candles {
        let loaded = load::read(path, &read, || Ok(session.desk.settings().clone()))?;
        load::warn_of(&loaded);
        series.push(Arc::new(loaded.series));
    }
    let mut templates: Vec<Template> = Vec::new();
    for name in &args.template {
        let mut template = session.desk.library().find(name)?.0;
        if templates.iter().any(|t| t.name == template.name) {
            // Two versions of a template: told apart by what is in them.
            template.name = format!("{}@{}", template.name, &template.hash()[..6]);
        }
        templates.push(template);
    }
    let (timeframes, sweeps) = sweeps(&args.set)?;
    // Of several templates each takes what it knows; what none knows is said by the first that is asked.
    let knows = |template: &Template, name: &str| {
        template.variables.iter().any(|v| v.name == name) || template.names_used().contains(name)
    };
    let own = |template: &Template| -> Sweeps {
        let all = |name: &str| !templates.iter().any(|t| knows(t, name));
        let kept = sweeps.iter().filter(|(name, _)| knows(template, name) || all(name));
        kept.cloned().collect()
    };
    let mut variants = Vec::new();
    for series in &series {
        for timeframe in timeframes
            .as_deref()
            .map_or_else(|| vec![series.timeframe()], <[Timeframe]>::to_vec)
        {
            let series = coarser(series, timeframe)?;
            for template in &templates {
                for (suffix, values) in combinations(&own(template)) {
                    variants.push(Variant {
                        name: format!("{}{suffix}", template.name),
                        template: template.clone(),
                        values,
                        series: Arc::clone(&series),
                    });
                }
            }
        }
    }
    let mut models: Vec<String> = Vec::new();
    for name in &args.model {
        // Under two names it is still one model, and asked once.
        let model = session.desk.reach(name, args.base_url.as_deref())?.0.to_string();
        if !models.contains(&model) {
            models.push(model);
        }
    }
    if models.is_empty() {
        models.push(crate::model::ModelName::offline().to_string());
    }
    let local = |name: &String| {
        session
            .desk
            .reach(name, args.base_url.as_deref())
            .is_ok_and(|(m, _)| m.is_local())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let concurrent = if models.iter().all(local) { cores } else { cores.max(4) };
    Ok(Walk {
        variants,
        models,
        every: args.every,
        from: args.from.as_deref().map(parse_as_of).transpose()?,
        to: args.to.as_deref().map(parse_as_of).transpose()?,
        params: args.params.given(),
        costs: Costs {
            spread: args.spread,
            commission: args.commission,
            expiry: args.expiry,
            max_hold: args.max_hold,
        },
        base_url: args.base_url.clone(),
        spend: args.spend,
        concurrent: args.concurrent.unwrap_or(concurrent),
    })
}

type Sweeps = Vec<(String, Vec<String>)>;

/// What `--set` says: timeframes, and the values of each variable.
fn sweeps(set: &[String]) -> Result<(Option<Vec<Timeframe>>, Sweeps), Failure> {
    let (mut timeframes, mut sweeps) = (None, Sweeps::new());
    for pair in set {
        let Some((name, values)) = pair.split_once('=') else {
            return Err(Failure::new(format!(
                "--set {pair}: write it as NAME=VALUE or NAME=VALUE,VALUE"
            )));
        };
        let (name, values) = (name.trim(), listed(values));
        if name == "timeframe" {
            let read = |text: &String| {
                text.parse::<Timeframe>()
                    .map_err(|e| Failure::new(format!("--set {}: {e}", crate::text::clean_line(pair))))
            };
            timeframes = Some(values.iter().map(read).collect::<Result<_, _>>()?);
        } else {
            sweeps.push((name.to_owned(), values));
        }
    }
    Ok((timeframes, sweeps))
}

/// The values between commas; `\,` is a comma in a value.
fn listed(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, values.last_mut()) {
            (',', _) => values.push(String::new()),
            (c, Some(last)) => {
                let escaped = c == '\\' && characters.next_if_eq(&',').is_some();
                last.push(if escaped { ',' } else { c });
            }
            (_, None) => {}
        }
    }
    values
}

/// Every combination of values, and what is said of those that vary.
fn combinations(sweeps: &[(String, Vec<String>)]) -> Vec<(String, Values)> {
    let mut all = vec![(String::new(), Values::default())];
    for (name, values) in sweeps {
        all = all
            .iter()
            .flat_map(|(suffix, set)| {
                values.iter().map(move |value| {
                    let mut set = set.clone();
                    set.set(name, value);
                    let varies = values.len() > 1;
                    let more = if varies {
                        format!(" {name}={}", crate::text::clean_line(value))
                    } else {
                        String::new()
                    };
                    (format!("{suffix}{more}"), set)
                })
            })
            .collect();
    }
    all
}

fn coarser(series: &Arc<Series>, to: Timeframe) -> Result<Arc<Series>, Failure> {
    if series.timeframe() == to {
        return Ok(Arc::clone(series));
    }
    let made = series.coarser(to);
    Ok(Arc::new(
        made.map_err(|e| Failure::new(format!("--set timeframe={to}: {e}")))?,
    ))
}

/// What the walk is, the same on every run.
pub(super) fn about(walk: &Walk, args: &WalkArgs) -> Vec<(String, String)> {
    let mut about = Vec::new();
    let mut add = |name: &str, words: String| about.push((name.to_owned(), words));
    let distinct = |words: Vec<String>| {
        let mut seen: Vec<String> = Vec::new();
        words.into_iter().for_each(|w| {
            if !seen.contains(&w) {
                seen.push(w);
            }
        });
        seen
    };
    let templates = walk
        .variants
        .iter()
        .map(|v| format!("{} ({})", v.name, &v.template.hash()[..8]));
    add("templates", distinct(templates.collect()).join(", "));
    add("models", walk.models.join(", "));
    for variant in &walk.variants {
        let series = &variant.series;
        let bars = walk.bars(series);
        let day = |bar: Option<&usize>| {
            let time = bar.and_then(|b| series.candles().get(*b)).map_or(0, |c| c.time);
            crate::market::timestamp(time).strftime("%Y-%m-%d %H:%M").to_string()
        };
        let close = bars.first().map_or(0.0, |b| series.candles()[*b].close);
        let terms = walk.costs.terms(series.symbol(), close, variant.template.valid_bars);
        let words = format!(
            "{} as-ofs, every {}, {} to {} UTC; at {close} a spread of {:.6} and a commission of {:.6}; orders wait {} candles unless the answer says otherwise, trades are held {}",
            bars.len(),
            walk.every,
            day(bars.first()),
            day(bars.last()),
            terms.spread,
            terms.commission,
            terms.expiry,
            terms.max_hold
        );
        add(&format!("{} {}", series.symbol(), series.timeframe()), words);
    }
    if !args.set.is_empty() {
        add("set", args.set.join(" "));
    }
    let params: Vec<String> = walk
        .params
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if !params.is_empty() {
        add("parameters", params.join(" "));
    }
    distinct_lines(about)
}

/// Several variants on one series say the same of it.
fn distinct_lines(lines: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for line in lines {
        if !kept.contains(&line) {
            kept.push(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_between_commas() {
        assert_eq!(listed("H1,H4"), ["H1", "H4"]);
        assert_eq!(listed(r"a\,b,c\d,"), ["a,b", r"c\d", ""]);
    }

    #[test]
    fn every_combination_is_named_by_what_varies() {
        let set = ["risk=1,2".to_owned(), "bias=long".to_owned(), "n=7,8".to_owned()];
        let Ok((None, sweeps)) = sweeps(&set) else {
            panic!("no timeframe is among them")
        };
        let names: Vec<String> = combinations(&sweeps).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [" risk=1 n=7", " risk=1 n=8", " risk=2 n=7", " risk=2 n=8"]);
    }
}
