//! Providers: where each is reached, and where its key is looked for.

use std::fmt;

use crate::secret::Secret;

use super::error::ModelError;

/// A provider known by name.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name, as LiteLLM spells it.
    pub name: &'static str,
    /// Its address, version path included; `None` for one whose way of speaking is not supported yet.
    pub base_url: Option<&'static str>,
    /// The environment variables that may hold its key, first found first taken.
    pub keys: &'static [&'static str],
    /// The environment variable that moves its address, where users expect one.
    pub base_variable: Option<&'static str>,
    /// Whether it answers without a key.
    pub keyless: bool,
}

const fn compatible(name: &'static str, url: &'static str, keys: &'static [&'static str]) -> Known {
    Known {
        name,
        base_url: Some(url),
        keys,
        base_variable: None,
        keyless: false,
    }
}

const fn unsupported(name: &'static str, keys: &'static [&'static str]) -> Known {
    Known {
        name,
        base_url: None,
        keys,
        base_variable: None,
        keyless: false,
    }
}

/// The providers known by name: those that speak OpenAI's chat, then those that do not.
pub const KNOWN: [Known; 13] = [
    Known {
        base_variable: Some("OPENAI_API_BASE"),
        ..compatible("openai", "https://api.openai.com/v1", &["OPENAI_API_KEY"])
    },
    compatible("groq", "https://api.groq.com/openai/v1", &["GROQ_API_KEY"]),
    compatible("deepseek", "https://api.deepseek.com/v1", &["DEEPSEEK_API_KEY"]),
    compatible("xai", "https://api.x.ai/v1", &["XAI_API_KEY"]),
    compatible("mistral", "https://api.mistral.ai/v1", &["MISTRAL_API_KEY"]),
    compatible("openrouter", "https://openrouter.ai/api/v1", &["OPENROUTER_API_KEY"]),
    compatible("together_ai", "https://api.together.xyz/v1", &["TOGETHERAI_API_KEY"]),
    compatible("perplexity", "https://api.perplexity.ai", &["PERPLEXITYAI_API_KEY"]),
    compatible(
        "fireworks_ai",
        "https://api.fireworks.ai/inference/v1",
        &["FIREWORKS_AI_API_KEY"],
    ),
    Known {
        base_variable: Some("OLLAMA_API_BASE"),
        keyless: true,
        ..compatible("ollama", "http://127.0.0.1:11434/v1", &[])
    },
    unsupported("anthropic", &["ANTHROPIC_API_KEY"]),
    unsupported("gemini", &["GEMINI_API_KEY", "GOOGLE_API_KEY"]),
    unsupported("cohere", &["COHERE_API_KEY"]),
];

/// The known provider of this name.
pub fn known(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|k| k.name == name)
}

/// Where a key came from, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// This environment variable.
    Environment(String),
    /// A command of the configuration.
    Command,
    /// No key is needed.
    None,
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySource::Environment(variable) => f.write_str(variable),
            KeySource::Command => f.write_str("key_cmd"),
            KeySource::None => f.write_str("no key"),
        }
    }
}

/// Where a model is reached, and with what key.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Who, for messages.
    pub provider: String,
    /// The address, version path included, without a trailing slash.
    pub base_url: String,
    /// The key, where there is one.
    pub key: Option<Secret>,
    /// Where it came from.
    pub key_source: KeySource,
}

impl Endpoint {
    /// An endpoint at `base_url`; a trailing slash makes no difference. Addresses other than loopback need HTTPS, unless
    /// `allow_http` says otherwise.
    ///
    /// # Errors
    /// [`ModelError::BaseUrl`] when the address is none, or would send the key in the clear.
    pub fn new(
        provider: &str,
        base_url: &str,
        key: Option<Secret>,
        key_source: KeySource,
        allow_http: bool,
    ) -> Result<Self, ModelError> {
        let trimmed = base_url.trim().trim_end_matches('/');
        let refuse = |reason: &str| ModelError::BaseUrl {
            url: crate::text::clean_line(trimmed),
            reason: reason.to_owned(),
        };
        let url = url::Url::parse(trimmed)
            .map_err(|_| refuse("not a URL; write it with its version path, such as http://127.0.0.1:8080/v1"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refuse("must begin with https:// (or http:// on this machine)"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("must not hold a password; keys come from the environment"));
        }
        if url.scheme() == "http" && !crate::web::is_loopback(&url) && !allow_http {
            return Err(refuse(
                "plain http sends the key in the clear; use https, or set allow_http for this provider",
            ));
        }
        Ok(Self {
            provider: provider.to_owned(),
            base_url: trimmed.to_owned(),
            key,
            key_source,
        })
    }

    /// Whether anybody listens there, in words: a connection is opened and closed, nothing is sent.
    pub fn probe(&self) -> String {
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
        let addresses = url::Url::parse(&self.base_url)
            .ok()
            .and_then(|url| url.socket_addrs(|| None).ok());
        let Some(address) = addresses.and_then(|a| a.first().copied()) else {
            return "cannot be resolved".to_owned();
        };
        match std::net::TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => "answers".to_owned(),
            Err(error) => format!("does not answer: {}", crate::text::io_reason(&error)),
        }
    }

    /// Whether it lies on this machine, so that no proxy stands between.
    pub fn is_loopback(&self) -> bool {
        url::Url::parse(&self.base_url).is_ok_and(|url| crate::web::is_loopback(&url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<String, String> {
        Endpoint::new("x", url, None, KeySource::None, false)
            .map(|e| e.base_url)
            .map_err(|e| e.to_string())
    }

    #[test]
    fn addresses() {
        assert_eq!(
            endpoint("http://127.0.0.1:8080/v1/").unwrap(),
            "http://127.0.0.1:8080/v1"
        );
        assert!(endpoint("http://localhost:1/v1").is_ok() && endpoint("http://[::1]:1").is_ok());
        assert!(endpoint("https://example.org/v1").is_ok());
        assert!(endpoint("http://example.org/v1").unwrap_err().contains("in the clear"));
        assert!(endpoint("https://me:pw@example.org").unwrap_err().contains("password"));
        assert!(endpoint("ftp://x").is_err() && endpoint("nonsense").is_err());
    }
}
