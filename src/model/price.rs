//! What models cost: the table in `assets/prices.tsv.gz`, its source and date on its first lines.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::{LazyLock, OnceLock};

use super::answer::Usage;
use super::name::ModelName;

static PACKED: &[u8] = include_bytes!("../../assets/prices.tsv.gz");

/// The table that ships.
static TABLE: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    // What is compiled in is whole; every row is read in a test.
    let _ = flate2::read::GzDecoder::new(PACKED).read_to_string(&mut text);
    text
});

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

type Table = HashMap<(String, String), Price>;

/// The table in force: that of a file of the analyst's own over the one that ships.
static PRICES: LazyLock<Table> = LazyLock::new(|| {
    let mut table: Table = rows(&TABLE).collect();
    if let Some(own) = OWN.get().and_then(|path| std::fs::read_to_string(path).ok()) {
        table.extend(rows(&own));
    }
    table
});

static OWN: OnceLock<PathBuf> = OnceLock::new();

/// Has prices read from the file at `path` too, if it is there, before those that ship. Has to be said before the first price
/// is asked for.
pub fn read_own(path: PathBuf) {
    // Who says it twice says the same.
    let _ = OWN.set(path);
}

fn rows(text: &str) -> impl Iterator<Item = ((String, String), Price)> + '_ {
    text.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut cells = line.split('\t');
        let key = (cells.next()?.to_owned(), cells.next()?.to_owned());
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

/// A table of prices made of LiteLLM's published data (`model_prices_and_context_window.json`): its chat models of the
/// providers known here. Returns the text and how many models it has.
///
/// # Errors
/// What is wrong with the data, in words.
pub fn from_litellm(json: &str, source: &str) -> Result<(String, usize), String> {
    let all: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(json).map_err(|e| format!("not LiteLLM's table of prices: {e}"))?;
    let mut rows = Vec::new();
    for (name, model) in &all {
        let provider = model["litellm_provider"].as_str().unwrap_or_default();
        // Their streams are told apart; ours are not.
        let provider = provider.strip_suffix("_chat").unwrap_or(provider);
        let million = |field: &str| model[field].as_f64().map(|usd| usd * 1e6);
        let chat = matches!(model["mode"].as_str(), Some("chat" | "responses"));
        let (Some(input), Some(output)) = (million("input_cost_per_token"), million("output_cost_per_token")) else {
            continue;
        };
        if !chat || super::provider::known(provider).is_none() {
            continue;
        }
        let own = name.strip_prefix(&format!("{provider}/")).unwrap_or(name);
        let number = |n: Option<f64>| n.map_or_else(|| "-".to_owned(), |n| format!("{}", (n * 1e6).round() / 1e6));
        let context = model["max_input_tokens"]
            .as_u64()
            .map_or_else(|| "-".to_owned(), |n| n.to_string());
        rows.push(format!(
            "{provider}\t{own}\t{}\t{}\t{}\t{context}",
            number(Some(input)),
            number(million("cache_read_input_token_cost")),
            number(Some(output)),
        ));
    }
    if rows.is_empty() {
        return Err("no chat model of a known provider is in it".to_owned());
    }
    rows.sort_unstable();
    rows.dedup();
    let count = rows.len();
    let source = crate::text::clean_line(source);
    let head = "# Model prices in US dollars per million tokens, and the longest prompt in tokens: provider, model, input, cached\n# input, output, longest prompt.";
    Ok((
        format!("{head} From {source}, LiteLLM's data (MIT).\n{}\n", rows.join("\n")),
        count,
    ))
}

/// The price of `model`, if the table has it.
pub fn price(model: &ModelName) -> Option<Price> {
    PRICES
        .get(&(model.provider().to_owned(), model.model().to_owned()))
        .copied()
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
        .find_map(|provider| PRICES.get_key_value(&(provider.to_owned(), model.to_owned())))
        .map(|((provider, _), _)| provider.as_str())
}

/// Names that need no provider.
pub fn bare_names() -> impl Iterator<Item = &'static str> {
    PRICES
        .keys()
        .map(|(_, model)| model.as_str())
        .filter(|m| !m.contains('/'))
}

/// Models of `provider` in the table, by name.
pub fn models_of(provider: &str) -> Vec<&'static str> {
    let mut models: Vec<&str> = PRICES
        .keys()
        .filter(|(p, _)| p == provider)
        .map(|(_, m)| m.as_str())
        .collect();
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
        assert!(lines > 500);
        assert_eq!(rows(&TABLE).count(), lines);
    }

    #[test]
    fn litellms_table_becomes_ours() {
        let json = r#"{
            "sample_spec": {"mode": "one of: chat"},
            "gpt-x": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-06, "max_input_tokens": 128000},
            "groq/y": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0},
            "dall-e": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_token": 1, "output_cost_per_token": 1},
            "bedrock/z": {"litellm_provider": "nobody", "mode": "chat", "input_cost_per_token": 1, "output_cost_per_token": 1}
        }"#;
        let (text, count) = from_litellm(json, "here").unwrap();
        assert_eq!(count, 2);
        let table: Table = rows(&text).collect();
        let price = table[&("openai".to_owned(), "gpt-x".to_owned())];
        assert_eq!(
            (price.input, price.cached_input, price.output, price.context),
            (2.5, Some(1.25), 10.0, Some(128_000))
        );
        assert!(table.contains_key(&("groq".to_owned(), "y".to_owned())));
        assert!(from_litellm("{}", "").is_err() && from_litellm("[1]", "").is_err());
    }
}
