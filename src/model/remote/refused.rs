//! What a refusal means: statuses, codes and words told apart.

use jiff::Timestamp;
use reqwest::Response;
use serde_json::Value as Json;

use crate::model::dialect::error_words;
use crate::model::error::ModelError;
use crate::model::name::ModelName;
use crate::model::price;
use crate::model::provider::{Endpoint, KeySource};
use crate::web;

/// No refusal needs more.
const LONGEST: usize = 65_536;

/// The failure that a response of no success stands for.
pub(super) async fn refused(endpoint: &Endpoint, model: &ModelName, response: Response, now: Timestamp) -> ModelError {
    let status = response.status();
    let after = web::retry_after(response.headers(), now);
    let text = web::read_capped(response, LONGEST).await;
    let json: Json = serde_json::from_str(&text).unwrap_or(Json::Null);
    let words = words_of(&json).unwrap_or_else(|| match text.trim() {
        "" => status.canonical_reason().unwrap_or("no reason given").to_lowercase(),
        page if looks_like_html(page) => "it sent a web page".to_owned(),
        text => text.to_owned(),
    });
    let refusal = Refusal {
        endpoint,
        model,
        status: status.as_u16(),
        words: endpoint.scrub(&words),
        lower: format!("{words} {}", codes(&json)).to_lowercase(),
        json: &json,
    };
    refusal.meaning(after, looks_like_html(&text))
}

/// An error told within an answer of status 200, before any of it.
pub(super) fn told(endpoint: &Endpoint, words: &str) -> ModelError {
    let lower = words.to_lowercase();
    let detail = endpoint.scrub(words);
    let provider = endpoint.provider.clone();
    if lower.contains("filter refuses") {
        ModelError::Filtered { provider, detail }
    } else if lower.contains("rate limit") || lower.contains("rate_limit") {
        ModelError::RateLimited {
            provider,
            after: None,
            detail,
        }
    } else {
        ModelError::Server {
            provider,
            status: 200,
            detail,
        }
    }
}

pub(super) fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(9).collect::<String>().to_lowercase();
    start.starts_with("<!doctype") || start.starts_with("<html")
}

struct Refusal<'a> {
    endpoint: &'a Endpoint,
    model: &'a ModelName,
    status: u16,
    words: String,
    /// The words and codes, for looking into.
    lower: String,
    json: &'a Json,
}

impl Refusal<'_> {
    fn says(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.lower.contains(sign))
    }

    fn meaning(self, after: Option<std::time::Duration>, page: bool) -> ModelError {
        let provider = self.endpoint.provider.clone();
        let detail = self.words.clone();
        let status = self.status;
        let url = self.endpoint.base_url.clone();
        let source = &self.endpoint.key_source;
        let variable = (*source != KeySource::None).then(|| source.to_string());
        match status {
            300..=399 => ModelError::NotAModel {
                url,
                what: format!("a redirect ({status})"),
            },
            404 | 405 | 501 if page || self.json.is_null() => ModelError::NotAModel {
                url,
                what: format!("{status}: {detail}"),
            },
            401 => ModelError::WrongKey {
                provider,
                status,
                variable,
            },
            _ if status != 429
                && self.says(&[
                    "api key not valid",
                    "api_key_invalid",
                    "invalid api key",
                    "invalid x-api-key",
                    "incorrect api key",
                ]) =>
            {
                ModelError::WrongKey {
                    provider,
                    status,
                    variable,
                }
            }
            402 => ModelError::Quota { provider, detail },
            _ if self.says(&[
                "insufficient_quota",
                "exceeded your current quota",
                "credit balance is too low",
                "billing_hard_limit",
                "insufficient balance",
            ]) =>
            {
                ModelError::Quota { provider, detail }
            }
            429 => ModelError::RateLimited {
                provider,
                after,
                detail,
            },
            413 => self.too_long(),
            400 | 422 | 500 if self.is_too_long() => self.too_long(),
            403 if !self.says(&["model"]) => ModelError::WrongKey {
                provider,
                status,
                variable,
            },
            403 | 404 => self.no_such_model(),
            400 if self.says(&[
                "model_not_found",
                "model not found",
                "does not exist",
                "not a valid model",
                "no such model",
                "unknown model",
            ]) =>
            {
                self.no_such_model()
            }
            400 | 422 => match self.parameter() {
                Some(name) => ModelError::BadParameter { provider, name, detail },
                None => ModelError::BadRequest {
                    provider,
                    status,
                    detail,
                },
            },
            408 => ModelError::Server {
                provider,
                status,
                detail,
            },
            400..=499 => ModelError::BadRequest {
                provider,
                status,
                detail,
            },
            _ => ModelError::Server {
                provider,
                status,
                detail,
            },
        }
    }

    fn no_such_model(self) -> ModelError {
        let provider = self.model.provider();
        let near = crate::text::nearest(self.model.model(), price::models_of(provider));
        let near = near.filter(|near| *near != self.model.model());
        ModelError::NoSuchModel {
            provider: provider.to_owned(),
            model: self.model.model().to_owned(),
            detail: self.words,
            hint: near.map_or_else(
                || "check the name with the provider".to_owned(),
                |near| format!("did you mean `{near}`?"),
            ),
        }
    }

    fn is_too_long(&self) -> bool {
        self.says(&[
            "context_length_exceeded",
            "exceed_context_size",
            "context length",
            "context window",
            "context size",
            "maximum context",
            "prompt is too long",
            "input is too long",
            "too many tokens",
            "exceeds the maximum number of tokens",
            "token count",
        ])
    }

    /// By how many tokens, as far as it says.
    fn too_long(self) -> ModelError {
        let error = &self.json["error"];
        let own = error["n_prompt_tokens"].as_u64().zip(error["n_ctx"].as_u64());
        let pair = own.or_else(|| {
            let mut numbers = numbers(&self.words).filter(|n| *n >= 64);
            numbers.next().zip(numbers.next())
        });
        ModelError::ContextTooLong {
            provider: self.endpoint.provider.clone(),
            by: pair.map(|(a, b)| a.abs_diff(b)).filter(|by| *by > 0),
            detail: self.words,
        }
    }

    /// The parameter that it does not like.
    fn parameter(&self) -> Option<String> {
        let dislikes = self.says(&[
            "unsupported",
            "not supported",
            "does not support",
            "unknown parameter",
            "unrecognized",
            "not permitted",
            "unexpected keyword",
            "deprecated for this model",
            "cannot both be specified",
        ]);
        if !dislikes {
            return None;
        }
        let named = self.json["error"]["param"].as_str().map(str::to_owned);
        const PARAMETERS: [&str; 10] = [
            "temperature",
            "top_p",
            "top_k",
            "max_tokens",
            "max_completion_tokens",
            "seed",
            "stop",
            "presence_penalty",
            "frequency_penalty",
            "logprobs",
        ];
        let found = named.or_else(|| {
            let word = PARAMETERS.iter().find(|p| self.lower.contains(*p))?;
            Some((*word).to_owned())
        })?;
        // Sent under its newer name, known by its older one.
        Some(if found == "max_completion_tokens" {
            "max_tokens".to_owned()
        } else {
            found
        })
    }
}

/// The words of a refusal, in the shapes servers use.
fn words_of(json: &Json) -> Option<String> {
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    error_words(json)
        .or_else(|| text("message"))
        .or_else(|| match &json["detail"] {
            Json::String(text) => Some(text.clone()),
            Json::Null => None,
            other => Some(other.to_string()),
        })
}

/// The codes of a refusal, for looking into.
fn codes(json: &Json) -> String {
    let error = &json["error"];
    let names = ["code", "type", "status", "reason"];
    let codes = names.iter().filter_map(|name| error[*name].as_str());
    codes.collect::<Vec<_>>().join(" ")
}

/// The whole numbers in a text; `128,000` and `128000` are one.
fn numbers(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.split(|c: char| !c.is_ascii_digit() && c != ',')
        .filter_map(|word| word.replace(',', "").parse().ok())
}
