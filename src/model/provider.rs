//! Providers: where each is reached, and where its key is looked for.

use std::fmt;
use std::sync::Arc;

use crate::secret::Secret;

use super::dialect::Dialect;
use super::error::ModelError;
use super::gate::Gate;
use super::remote::Timeouts;

/// A provider known by name.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name, as LiteLLM spells it.
    pub name: &'static str,
    /// How it speaks, or why it is not supported.
    pub support: Support,
    /// Its address, version path included; empty for one whose address is the analyst's own.
    pub base_url: &'static str,
    /// The environment variables that may hold its key, first found first taken.
    pub keys: &'static [&'static str],
    /// The environment variables that move its address.
    pub base_variables: &'static [&'static str],
    /// Whether it answers without a key.
    pub keyless: bool,
}

/// Whether a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// In this dialect.
    In(Dialect),
    /// Not, for this reason.
    Not(&'static str),
}

impl Known {
    /// The dialect, if it is supported.
    pub fn dialect(&self) -> Option<Dialect> {
        match self.support {
            Support::In(dialect) => Some(dialect),
            Support::Not(_) => None,
        }
    }
}

const fn provider(
    name: &'static str,
    dialect: Dialect,
    base_url: &'static str,
    keys: &'static [&'static str],
    base_variables: &'static [&'static str],
) -> Known {
    Known {
        name,
        support: Support::In(dialect),
        base_url,
        keys,
        base_variables,
        keyless: false,
    }
}

const fn own_server(
    name: &'static str,
    dialect: Dialect,
    base_url: &'static str,
    base: &'static [&'static str],
) -> Known {
    Known {
        keyless: true,
        ..provider(name, dialect, base_url, &[], base)
    }
}

const fn unsupported(name: &'static str, why: &'static str) -> Known {
    Known {
        name,
        support: Support::Not(why),
        base_url: "",
        keys: &[],
        base_variables: &[],
        keyless: false,
    }
}

use Dialect::{Anthropic, Azure, Cohere, Gemini, Ollama, OpenAi};

/// The providers known by name: those that are spoken to, then those that are not.
pub const KNOWN: [Known; 26] = [
    provider(
        "openai",
        OpenAi,
        "https://api.openai.com/v1",
        &["OPENAI_API_KEY"],
        &["OPENAI_API_BASE", "OPENAI_BASE_URL"],
    ),
    provider(
        "anthropic",
        Anthropic,
        "https://api.anthropic.com/v1",
        &["ANTHROPIC_API_KEY"],
        &["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"],
    ),
    provider(
        "gemini",
        Gemini,
        "https://generativelanguage.googleapis.com/v1beta",
        &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        &["GEMINI_API_BASE"],
    ),
    provider(
        "cohere",
        Cohere,
        "https://api.cohere.com/v2",
        &["COHERE_API_KEY", "CO_API_KEY"],
        &["COHERE_API_BASE"],
    ),
    provider(
        "cohere_chat",
        Cohere,
        "https://api.cohere.com/v2",
        &["COHERE_API_KEY", "CO_API_KEY"],
        &["COHERE_API_BASE"],
    ),
    provider(
        "groq",
        OpenAi,
        "https://api.groq.com/openai/v1",
        &["GROQ_API_KEY"],
        &["GROQ_API_BASE"],
    ),
    provider(
        "deepseek",
        OpenAi,
        "https://api.deepseek.com/v1",
        &["DEEPSEEK_API_KEY"],
        &["DEEPSEEK_API_BASE"],
    ),
    provider(
        "xai",
        OpenAi,
        "https://api.x.ai/v1",
        &["XAI_API_KEY"],
        &["XAI_API_BASE"],
    ),
    provider(
        "mistral",
        OpenAi,
        "https://api.mistral.ai/v1",
        &["MISTRAL_API_KEY"],
        &["MISTRAL_API_BASE"],
    ),
    provider(
        "openrouter",
        OpenAi,
        "https://openrouter.ai/api/v1",
        &["OPENROUTER_API_KEY", "OR_API_KEY"],
        &["OPENROUTER_API_BASE"],
    ),
    provider(
        "together_ai",
        OpenAi,
        "https://api.together.xyz/v1",
        &["TOGETHERAI_API_KEY", "TOGETHER_API_KEY"],
        &[],
    ),
    provider(
        "perplexity",
        OpenAi,
        "https://api.perplexity.ai",
        &["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"],
        &[],
    ),
    provider(
        "fireworks_ai",
        OpenAi,
        "https://api.fireworks.ai/inference/v1",
        &["FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY"],
        &[],
    ),
    provider(
        "cerebras",
        OpenAi,
        "https://api.cerebras.ai/v1",
        &["CEREBRAS_API_KEY"],
        &["CEREBRAS_API_BASE"],
    ),
    provider(
        "moonshot",
        OpenAi,
        "https://api.moonshot.ai/v1",
        &["MOONSHOT_API_KEY"],
        &["MOONSHOT_API_BASE"],
    ),
    provider("azure", Azure, "", &["AZURE_API_KEY"], &["AZURE_API_BASE"]),
    own_server("ollama", Ollama, "http://127.0.0.1:11434", &["OLLAMA_API_BASE"]),
    own_server("ollama_chat", Ollama, "http://127.0.0.1:11434", &["OLLAMA_API_BASE"]),
    own_server("lm_studio", OpenAi, "http://127.0.0.1:1234/v1", &["LM_STUDIO_API_BASE"]),
    own_server("llamafile", OpenAi, "http://127.0.0.1:8080/v1", &["LLAMAFILE_API_BASE"]),
    Known {
        keyless: true,
        ..provider(
            "hosted_vllm",
            OpenAi,
            "",
            &["HOSTED_VLLM_API_KEY"],
            &["HOSTED_VLLM_API_BASE"],
        )
    },
    Known {
        keyless: true,
        ..provider(
            "litellm_proxy",
            OpenAi,
            "",
            &["LITELLM_PROXY_API_KEY"],
            &["LITELLM_PROXY_API_BASE"],
        )
    },
    unsupported(
        "bedrock",
        "its requests are signed, its streams binary; reach it through a LiteLLM proxy",
    ),
    unsupported(
        "vertex_ai",
        "its keys are service accounts; use gemini, or a LiteLLM proxy",
    ),
    unsupported("sagemaker", "its requests are signed; reach it through a LiteLLM proxy"),
    unsupported(
        "watsonx",
        "its keys are exchanged for tokens; reach it through a LiteLLM proxy",
    ),
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
    /// The system's keyring.
    Keyring,
    /// No key is needed.
    None,
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySource::Environment(variable) => f.write_str(variable),
            KeySource::Command => f.write_str("key_cmd"),
            KeySource::Keyring => f.write_str("the system's keyring"),
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
    /// How it speaks.
    pub dialect: Dialect,
    /// The version of Azure's interface.
    pub api_version: Option<String>,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// What it is asked at most.
    pub gate: Option<Arc<Gate>>,
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
            dialect: Dialect::OpenAi,
            api_version: None,
            timeouts: Timeouts::default(),
            gate: None,
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
