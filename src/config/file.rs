//! `config.toml`: its keys, and errors that name the line and the nearest known key.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::shared::SharedSection;
use crate::feed::Source;
use crate::model::Dialect;
use crate::ttl::Ttl;

/// The file's settings, none of them required.
#[derive(Debug, Default)]
pub(super) struct File {
    pub model: Option<String>,
    pub cache: CacheSection,
    pub ui: UiSection,
    pub facts: FactsSection,
    pub risk: RiskSection,
    pub fallback: Vec<String>,
    pub limits: Limits,
    pub timeouts: TimeoutsSection,
    pub providers: Vec<(String, ProviderSettings)>,
    pub sources: Vec<Source>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raw {
    model: Option<String>,
    cache: CacheSection,
    ui: UiSection,
    facts: FactsSection,
    risk: RiskSection,
    fallback: Vec<String>,
    limits: Limits,
    timeouts: TimeoutsSection,
    providers: std::collections::BTreeMap<String, ProviderSettings>,
    sources: Vec<Source>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CacheSection {
    pub dir: Option<PathBuf>,
    pub ttl: Option<Ttl>,
    #[serde(deserialize_with = "deserialize_size")]
    pub memory: Option<u64>,
    #[serde(deserialize_with = "deserialize_size")]
    pub disk: Option<u64>,
    pub shared: SharedSection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UiSection {
    pub theme: Option<String>,
    pub mouse: bool,
    pub ascii: Option<bool>,
    pub up: Option<Colour>,
    pub down: Option<Colour>,
}

/// A colour by its name (`green`, `bright-blue`), number (0 to 255) or `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Colour(String);

/// The names of the terminal's own colours.
const COLOURS: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "darkgray",
    "lightred",
    "lightgreen",
    "lightyellow",
    "lightblue",
    "lightmagenta",
    "lightcyan",
    "white",
];

impl Colour {
    /// As it is written: in small letters, without marks in a name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Colour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain: String = text
            .trim()
            .to_lowercase()
            .replace(['-', '_', ' '], "")
            .replace("bright", "light")
            .replace("grey", "gray");
        let hex = plain
            .strip_prefix('#')
            .is_some_and(|h| h.len() == 6 && h.bytes().all(|b| b.is_ascii_hexdigit()));
        if hex || plain.parse::<u8>().is_ok() || COLOURS.contains(&plain.as_str()) {
            return Ok(Self(plain));
        }
        let hint = crate::text::nearest(&plain, COLOURS).map_or_else(
            || "write green, 74 or #56b4e9".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(format!("`{}` is no colour; {hint}", crate::text::clean_line(&text)))
    }
}

/// `[risk]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RiskSection {
    #[serde(deserialize_with = "deserialize_money")]
    pub money: Option<f64>,
}

fn deserialize_money<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let money = f64::deserialize(deserializer)?;
    if money.is_finite() && money > 0.0 {
        Ok(Some(money))
    } else {
        Err(serde::de::Error::custom("a sum above zero, such as 100"))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FactsSection {
    pub budget: Option<usize>,
}

/// A provider of the configuration: `[providers.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderSettings {
    /// How it speaks: `openai` unless said, `azure`, `anthropic`, `gemini`, `cohere` or `ollama`.
    pub kind: Option<Dialect>,
    /// Its address, version path included.
    pub base_url: Option<String>,
    /// The environment variable that holds its key.
    pub key_env: Option<String>,
    /// A command that prints its key.
    pub key_cmd: Option<String>,
    /// Whether its key lies in the system's keyring, under the service `wickdesk` and the provider's name.
    pub keyring: bool,
    /// Models to offer.
    pub models: Vec<String>,
    /// Allow plain http to a host other than this machine.
    pub allow_http: bool,
    /// The version of Azure's interface.
    pub api_version: Option<String>,
    /// How many calls at once.
    pub concurrent: Option<usize>,
    /// How many calls a minute.
    pub per_minute: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TimeoutsSection {
    pub first: Option<jiff::SignedDuration>,
    pub idle: Option<jiff::SignedDuration>,
    pub total: Option<jiff::SignedDuration>,
}

/// What may be spent: `[limits]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// US dollars from midnight to midnight.
    pub spend_per_day: Option<f64>,
    /// US dollars a month.
    pub spend_per_month: Option<f64>,
}

/// What is wrong with the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{path}: {reason}; name another with --config")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// It is not as it should be.
    #[error("{path}:{line}: {message}")]
    Content {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
}

/// Reads the file at `path`; one that was not asked for by name need not exist. Returns whether one was read.
pub(super) fn read(path: &Path, named: bool) -> Result<(File, bool), FileError> {
    let shown = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => return Ok((File::default(), false)),
        Err(error) => {
            return Err(FileError::Io {
                path: shown,
                reason: crate::text::io_reason(&error),
            });
        }
    };
    let raw: Raw = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text.get(..span.start)
                .map_or(1, |before| before.matches('\n').count() + 1)
        });
        FileError::Content {
            path: shown,
            line,
            message: explain(error.message()),
        }
    })?;
    let file = File {
        model: raw.model,
        cache: raw.cache,
        ui: raw.ui,
        facts: raw.facts,
        risk: raw.risk,
        fallback: raw.fallback,
        limits: raw.limits,
        timeouts: raw.timeouts,
        providers: raw.providers.into_iter().collect(),
        sources: raw.sources,
    };
    Ok((file, true))
}

/// The parser's message on one line; of an unknown key the nearest known one.
fn explain(message: &str) -> String {
    let line = crate::text::clean_line(message);
    let Some(rest) = line.strip_prefix("unknown field `") else {
        return line;
    };
    let mut quoted = rest.split('`');
    let unknown = quoted.next().unwrap_or_default().to_owned();
    let known: Vec<&str> = quoted.skip(1).step_by(2).collect();
    match crate::text::nearest(&unknown, known.iter().copied()) {
        Some(near) => format!("unknown key `{unknown}`; did you mean `{near}`?"),
        None => format!("unknown key `{unknown}`; there are {}", known.join(", ")),
    }
}

/// `64MiB`, `1 GiB`, `500k`, or bytes.
pub(super) fn size(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let shift = match unit.trim() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift).filter(|n| *n > 0)
}

fn deserialize_size<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Bytes(u64),
        Text(String),
    }
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Bytes(n)) => Ok(Some(n)),
        Some(Written::Text(text)) => size(&text)
            .map(Some)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no size; write \"64MiB\""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let error = read(&path, true).unwrap_err().to_string();
        error.split_once("config.toml").unwrap().1.to_owned()
    }

    #[test]
    fn faults_name_line_and_nearest_key() {
        assert_eq!(
            error("model = \"offline\"\n[cache]\ntll = \"4h\"\n"),
            ":3: unknown key `tll`; did you mean `ttl`?"
        );
        assert!(error("[cache]\nttl = \"4 moons\"\n").starts_with(":2: `4 moons` is no time to live"));
        assert!(error("[cache\n").starts_with(":1: "));
        assert!(error("[cache]\nmemory = \"lots\"\n").contains("is no size"));
    }

    #[test]
    fn sizes() {
        assert_eq!(size("64MiB"), Some(64 << 20));
        assert_eq!(size("1 GiB"), Some(1 << 30));
        assert_eq!((size("12"), size("x"), size("0")), (Some(12), None, None));
    }
}
