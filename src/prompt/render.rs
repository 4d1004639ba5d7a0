//! Filling a template: Jinja by minijinja, undefined names an error, values never expanded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Object, Rest, Value, from_args};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::error::TemplateError;
use super::picoschema::Kind;
use super::template::Template;
use super::values::{Filled, Source, Values};
use super::{fence, messages, request};
use crate::facts::fibonacci::{EXTENSIONS, RETRACEMENTS, extension, retracement};
use crate::facts::{Block, BlockRequest, Facts, SECTIONS, Unit, VALID_BARS};
use crate::market::{Candle, Series, price, timestamp};
use crate::message::{Message, Role};

/// Names a body can use beside facts and its own variables.
pub const BUILT_IN: [&str; 10] = [
    "symbol",
    "timeframe",
    "as_of",
    "decimals",
    "candles",
    "facts",
    "setup_contract",
    "retrace",
    "extend",
    "fib_table",
];

/// Candles that `{{ candles }}` shows.
const CANDLES: usize = 60;

/// Steps a template may take: enough for any prompt, not for an endless loop.
const FUEL: u64 = 2_000_000;

/// The paragraph that asks for the `setup` block.
pub const SETUP_CONTRACT: &str = include_str!("../../assets/setup_contract.md");

/// What a template is filled from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The primary candles, up to the as-of.
    pub series: Option<&'a Series>,
    /// Their facts.
    pub facts: Option<&'a Facts>,
    /// Facts of further timeframes, appended to the facts block.
    pub further: &'a [Facts],
    /// What the analyst set.
    pub values: &'a Values,
    /// Tokens that a facts block may take, where the template does not say.
    pub facts_budget: usize,
}

/// Renders `template` into messages.
///
/// # Errors
/// [`TemplateError`] for a missing or refused value, an unknown name, or a fault of the template, with its line.
pub fn render(template: &Template, context: &Context<'_>) -> Result<Vec<Message>, TemplateError> {
    let filled = context.values.fill(template, context.facts);
    check_values(template, &filled)?;
    let decimals = context.facts.map_or(8, |f| f.decimals);
    let values = bindings(template, context, &filled, decimals);
    let mut environment = environment();
    let levels = Levels { decimals };
    environment.add_function("retrace", move |a: f64, b: f64, ratio: f64| {
        levels.round(retracement(a, b, ratio))
    });
    environment.add_function("extend", move |a: f64, b: f64, ratio: f64| {
        levels.round(extension(a, b, ratio))
    });
    environment.add_function("fib_table", move |a: f64, b: f64| levels.table(a, b));
    environment.add_filter("price", move |value: f64| price(value, decimals));
    let text = environment
        .template_from_str(&template.body)
        .and_then(|compiled| compiled.render(&values))
        .map_err(|error| template_error(&error, template, context.facts))?;
    let mut messages = messages::split(&fence::seal(&text));
    if template.system_only {
        for message in &mut messages {
            message.role = Role::System;
        }
    }
    Ok(messages)
}

/// The names a body can use, with their values.
fn bindings(template: &Template, context: &Context<'_>, filled: &[Filled], decimals: u8) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    let request = request::of_template(template, filled);
    if let Some(facts) = context.facts {
        // The first fact of a name is the one a template gets.
        for fact in facts.facts.iter().rev() {
            values.insert(fact.name.clone(), fact_value(fact, decimals));
        }
        values.insert("symbol".into(), Value::from(facts.symbol.as_str()));
        values.insert("timeframe".into(), Value::from(facts.timeframe.to_string()));
        values.insert("as_of".into(), Value::from(facts.as_of_text()));
        let block = FactsBlock {
            blocks: std::iter::once(&facts.block)
                .chain(context.further.iter().map(|f| &f.block))
                .map(|block| asking(block, &request))
                .collect(),
            sections: template.fact_sections.clone(),
            budget: template.facts_budget.unwrap_or(context.facts_budget),
        };
        values.insert("facts".into(), Value::from_object(block));
    }
    if let Some(series) = context.series {
        values.insert("candles".into(), Value::from_object(CandleTable::of(series)));
    }
    values.insert("decimals".into(), Value::from(decimals));
    values.insert("setup_contract".into(), Value::from(contract(&request)));
    for (name, text) in context.values.iter() {
        values.insert(name.to_owned(), typed(template, name, text));
    }
    for Filled { name, text, source } in filled {
        if *source == Source::Default {
            values.insert(name.clone(), typed(template, name, text));
        }
        let optional = template.variables.iter().any(|v| v.name == *name && !v.required);
        if *source == Source::Missing && optional {
            // `{% if notes %}` on an optional variable is no error.
            values.insert(name.clone(), Value::from(""));
        }
    }
    values
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // A tag alone on its line leaves no line behind.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    // Errors then know their place in the line.
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    // Whole numbers as 1787, not 1787.0, and no binary residue: what stands in the facts block, letter for letter.
    environment.set_formatter(|out, state, value| {
        let float = matches!(value.kind(), minijinja::value::ValueKind::Number) && !value.is_integer();
        match f64::try_from(value.clone()) {
            Ok(number) if float => out.write_str(&plain(number)).map_err(Error::from),
            _ => minijinja::escape_formatter(out, state, value),
        }
    });
    environment
}

/// `number` with ten significant digits at most.
fn plain(number: f64) -> String {
    let rounded: f64 = format!("{number:.9e}").parse().unwrap_or(number);
    rounded.to_string()
}

/// Whether `body` is Jinja at all.
pub(super) fn check_syntax(body: &str, first_line: usize) -> Result<(), TemplateError> {
    let environment = environment();
    let compiled = environment.template_from_str(body);
    compiled.map(|_| ()).map_err(|error| {
        let (line, column) = position(&error, body, first_line);
        TemplateError::new(line, column, words(&error))
    })
}

/// The names that `body` uses and does not define.
pub(super) fn names_used(body: &str) -> BTreeSet<String> {
    let environment = environment();
    // A body that does not compile was refused by `check_syntax`.
    let names = environment
        .template_from_str(body)
        .map(|t| t.undeclared_variables(false));
    names
        .unwrap_or_default()
        .into_iter()
        .filter(|n| !matches!(n.as_str(), "range" | "dict" | "debug" | "namespace"))
        .collect()
}

fn position(error: &Error, body: &str, first_line: usize) -> (usize, usize) {
    let line = error.line().unwrap_or(1);
    let column = error.range().map_or(1, |range| {
        let before = body.get(..range.start).unwrap_or(body);
        before.rsplit('\n').next().unwrap_or_default().chars().count() + 1
    });
    (first_line + line.max(1) - 1, column)
}

fn words(error: &Error) -> String {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    crate::text::clean_line(&detail)
}

fn template_error(error: &Error, template: &Template, facts: Option<&Facts>) -> TemplateError {
    let (line, column) = position(error, &template.body, template.first_line);
    let message = match error.kind() {
        ErrorKind::UndefinedError => {
            let names = template.names_used();
            let culprit = culprit(error, &template.body, &names);
            match (culprit, facts) {
                (Some(name), None) => {
                    format!("`{name}` comes from candles and none are loaded; load some with -c FILE")
                }
                (Some(name), Some(facts)) => format!(
                    "`{name}` has no value yet on {}; load more, or set it with --set {name}=VALUE",
                    crate::text::count(facts.candles, "candle")
                ),
                (None, _) => "a name without a value is used here".to_owned(),
            }
        }
        ErrorKind::OutOfFuel => "the template takes too many steps; is a loop too long?".to_owned(),
        _ => words(error),
    };
    TemplateError::new(line, column, message).in_file(&format!("template {}", template.name))
}

/// The name that has no value: the one at the error's place, else the first of `names` on its line.
fn culprit(error: &Error, body: &str, names: &BTreeSet<String>) -> Option<String> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let in_text = |text: &str| {
        text.split(|c: char| !word(c))
            .find(|w| names.contains(*w))
            .map(str::to_owned)
    };
    error
        .range()
        .and_then(|range| in_text(body.get(range)?))
        .or_else(|| in_text(body.lines().nth(error.line()?.checked_sub(1)?)?))
}

fn check_values(template: &Template, filled: &[Filled]) -> Result<(), TemplateError> {
    for (variable, value) in template.variables.iter().zip(filled) {
        let name = &variable.name;
        let fail =
            |message: String| Err(TemplateError::new(0, 0, message).in_file(&format!("template {}", template.name)));
        if value.source == Source::Missing && variable.required {
            let what = variable
                .description
                .as_deref()
                .map(|d| format!(" ({d})"))
                .unwrap_or_default();
            return fail(format!("`{name}`{what} has no value; give one with --set {name}=VALUE"));
        }
        if value.source == Source::Analyst
            && (variable.required || !value.text.is_empty())
            && let Some(reason) = variable.kind.refuses(&value.text)
        {
            return fail(format!("`{name}`: {reason}"));
        }
    }
    Ok(())
}

/// `text` as the type its variable declares; of an undeclared name a number is one.
fn typed(template: &Template, name: &str, text: &str) -> Value {
    let kind = template.variables.iter().find(|v| v.name == name).map(|v| &v.kind);
    let number = || text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    match kind {
        Some(Kind::Integer) => text
            .trim()
            .parse::<i64>()
            .map_or_else(|_| Value::from(text), Value::from),
        Some(Kind::Boolean) => Value::from(text.trim() == "true"),
        Some(Kind::Number) | None => number().map_or_else(|| Value::from(text), Value::from),
        Some(Kind::Text | Kind::Choice(_)) => Value::from(text),
    }
}

/// A fact as a template sees it: a number rounded as the facts block rounds it, or a word.
fn fact_value(fact: &crate::facts::Fact, decimals: u8) -> Value {
    match fact.number() {
        Some(_) if fact.unit != Unit::Word => fact
            .text(decimals)
            .parse::<f64>()
            .map_or_else(|_| Value::from(fact.text(decimals)), Value::from),
        _ => Value::from(fact.text(decimals)),
    }
}

/// `block` with what the template asks.
fn asking(block: &Block, request: &BlockRequest) -> Block {
    Block {
        request: Some(request.clone()),
        ..block.clone()
    }
}

/// The facts block of a prompt that has no place for one: own words, or a `template` that only sets a role.
pub fn bare_facts(template: Option<&Template>, facts: &Facts, values: &Values, budget: usize) -> String {
    let request = template.map_or_else(request::without_template, |template| {
        request::of_template(template, &values.fill(template, Some(facts)))
    });
    asking(&facts.block, &request).fenced(&[], budget)
}

/// The paragraph that asks for a setup, valid for as long as the request says.
fn contract(request: &BlockRequest) -> String {
    let bars = request
        .valid_bars
        .as_ref()
        .map_or_else(|| VALID_BARS.to_string(), ToString::to_string);
    SETUP_CONTRACT.trim_end().replace("{valid_bars}", &bars)
}

/// Fibonacci levels of any two prices, for templates that let the analyst choose them.
#[derive(Clone, Copy)]
struct Levels {
    decimals: u8,
}

impl Levels {
    fn round(self, value: f64) -> f64 {
        price(value, self.decimals).parse().unwrap_or(value)
    }

    fn table(self, a: f64, b: f64) -> String {
        let line = |kind: &str, ratio: f64, value: f64| format!("{kind} {ratio}: {}", price(value, self.decimals));
        let retracements = RETRACEMENTS
            .iter()
            .map(|r| line("retracement", *r, retracement(a, b, *r)));
        let extensions = EXTENSIONS.iter().map(|e| line("extension", *e, extension(a, b, *e)));
        retracements.chain(extensions).collect::<Vec<_>>().join("\n")
    }
}

/// `{{ facts }}`, `{{ facts("rsi", "structure") }}` for a part of it, `{{ facts(budget=600) }}` for a shorter one.
#[derive(Debug)]
struct FactsBlock {
    blocks: Vec<Block>,
    sections: Vec<String>,
    /// Tokens that each block may take.
    budget: usize,
}

impl FactsBlock {
    fn text(&self, sections: &[&str], budget: usize) -> String {
        self.blocks
            .iter()
            .map(|b| fence::mark(&b.fenced(sections, budget)))
            .collect::<Vec<_>>()
            .join("\n\n")
    }
}

impl Object for FactsBlock {
    fn call(self: &Arc<Self>, _: &mut minijinja::State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let (names, options): (Rest<String>, Kwargs) = from_args(args)?;
        let budget = options.get::<Option<usize>>("budget")?.unwrap_or(self.budget);
        options.assert_all_used()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Some(unknown) = names.iter().find(|n| !SECTIONS.contains(n)) {
            let hint = crate::text::nearest(unknown, SECTIONS).map_or_else(
                || format!("one of {}", SECTIONS.join(", ")),
                |n| format!("did you mean `{n}`?"),
            );
            let message = format!("`{unknown}` is no section of the facts; {hint}");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        Ok(Value::from(self.text(&names, budget)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sections: Vec<&str> = self.sections.iter().map(String::as_str).collect();
        f.write_str(&self.text(&sections, self.budget))
    }
}

/// `{{ candles }}`, and `{{ candles(200) }}` for another number of them: a table, oldest first.
#[derive(Debug)]
struct CandleTable {
    candles: Vec<Candle>,
    decimals: u8,
    daily: bool,
    volume: bool,
}

/// A prompt never needs more; a model reads fewer.
const MOST_CANDLES: usize = 2_000;

impl CandleTable {
    fn of(series: &Series) -> Self {
        let candles = series.candles();
        Self {
            candles: candles[candles.len().saturating_sub(MOST_CANDLES)..].to_vec(),
            decimals: series.decimals(),
            daily: series.timeframe().is_daily(),
            volume: series.volume() != crate::market::VolumeKind::None,
        }
    }

    fn text(&self, count: usize) -> String {
        let form = if self.daily { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" };
        let mut text = String::from("time,open,high,low,close");
        text.push_str(if self.volume { ",volume" } else { "" });
        for candle in &self.candles[self.candles.len().saturating_sub(count)..] {
            let prices = [candle.open, candle.high, candle.low, candle.close].map(|p| price(p, self.decimals));
            text.push_str(&format!(
                "\n{},{}",
                timestamp(candle.time).strftime(form),
                prices.join(",")
            ));
            if self.volume {
                text.push_str(&format!(",{}", plain(candle.volume)));
            }
        }
        text
    }
}

impl Object for CandleTable {
    fn call(self: &Arc<Self>, _: &mut minijinja::State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let count = args.first().and_then(Value::as_usize).filter(|n| *n > 0);
        let count = count.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidOperation,
                "candles(…) takes how many, such as candles(60)",
            )
        })?;
        Ok(Value::from(self.text(count)))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(CANDLES))
    }
}
