//! What models cost: the table in `assets/prices.tsv`, its source and date on its first lines.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::answer::Usage;
use super::name::ModelName;

static TABLE: &str = include_str!("../../assets/prices.tsv");

/// What one model costs, in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// A prompt token.
    pub input: f64,
    /// A prompt token that the provider had cached.
    pub cached_input: Option<f64>,
    /// A token of the answer.
    pub output: f64,
    /// The longest prompt, in tokens.
    pub context: Option<u64>,
}

static PRICES: LazyLock<HashMap<(&'static str, &'static str), Price>> = LazyLock::new(|| rows().collect());

fn rows() -> impl Iterator<Item = ((&'static str, &'static str), Price)> {
    TABLE.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut cells = line.split('\t');
        let key = (cells.next()?, cells.next()?);
        let mut number = || cells.next().and_then(|c| c.parse::<f64>().ok());
        let (input, cached_input, output) = (number()?, number(), number()?);
        let context = cells.next().and_then(|c| c.parse().ok());
        let price = Price {
            input,
            cached_input,
            output,
            context,
        };
        Some((key, price))
    })
}

/// The price of `model`, if the table has it.
pub fn price(model: &ModelName) -> Option<Price> {
    PRICES.get(&(model.provider(), model.model())).copied()
}

/// What `usage` of `model` cost, in US dollars. The offline analyst and servers on loopback cost nothing that is known:
/// `None`.
pub fn cost(model: &ModelName, usage: Usage) -> Option<f64> {
    let price = price(model)?;
    let cached = usage.cached_input.min(usage.input);
    let fresh = usage.input - cached;
    let cached_price = price.cached_input.unwrap_or(price.input);
    Some((fresh as f64 * price.input + cached as f64 * cached_price + usage.output as f64 * price.output) / 1e6)
}

/// The provider of a model named without one: that of its maker, before those who resell it.
pub fn provider_of(model: &str) -> Option<&'static str> {
    let own = ["openai", "anthropic", "gemini", "mistral", "deepseek", "xai", "cohere"];
    own.into_iter()
        .chain(["groq", "perplexity", "together_ai", "fireworks_ai"])
        .find_map(|provider| PRICES.get_key_value(&(provider, model)))
        .map(|((provider, _), _)| *provider)
}

/// Names that need no provider.
pub fn bare_names() -> impl Iterator<Item = &'static str> {
    PRICES.keys().map(|(_, model)| *model).filter(|m| !m.contains('/'))
}

/// Models of `provider` in the table, by name.
pub fn models_of(provider: &str) -> Vec<&'static str> {
    let mut models: Vec<&str> = PRICES.keys().filter(|(p, _)| *p == provider).map(|(_, m)| *m).collect();
    models.sort_unstable();
    models
}

/// About how many tokens a text of so many bytes has: a quarter, the usual rule of thumb for English and JSON.
pub fn estimate_tokens(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_what_the_table_says() {
        let model = ModelName::parse("gpt-4o", &[]).unwrap();
        let usage = Usage {
            input: 1_000_000,
            cached_input: 400_000,
            output: 100_000,
            reasoning: 0,
        };
        let price = price(&model).unwrap();
        let want = 0.6 * price.input + 0.4 * price.cached_input.unwrap() + 0.1 * price.output;
        assert!((cost(&model, usage).unwrap() - want).abs() < 1e-9);
        assert_eq!(cost(&ModelName::offline(), usage), None);
    }

    #[test]
    fn every_row_is_read() {
        let lines = TABLE.lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(rows().count(), lines);
    }
}
