//! Model names: `provider/model`, and bare names looked up as LiteLLM does.

use std::fmt;

use super::error::ModelError;
use super::{RECORDED, price, provider};

/// The provider of the built-in analyst.
pub const OFFLINE: &str = "offline";
/// The version of its rules: its model name, so that new rules never serve old answers.
pub const OFFLINE_RULES: &str = "3";
/// Rule sets of earlier versions. A name in a script or configuration stays valid, and the current rules answer.
const EARLIER_RULES: [&str; 2] = ["1", "2"];

/// A provider and one of its models.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelName {
    provider: String,
    model: String,
}

impl ModelName {
    /// The built-in offline analyst.
    pub fn offline() -> Self {
        Self {
            provider: OFFLINE.to_owned(),
            model: OFFLINE_RULES.to_owned(),
        }
    }

    /// The name of these parts, known or not.
    pub(super) fn of(provider: String, model: String) -> Self {
        Self { provider, model }
    }

    /// Whether this is the offline analyst.
    pub fn is_offline(&self) -> bool {
        self.provider == OFFLINE
    }

    /// Whether it answers without a call: from rules, or from a file.
    pub fn is_local(&self) -> bool {
        self.is_offline() || self.provider == RECORDED
    }

    /// The provider's name.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The model's name at the provider.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Reads `text`: `offline`, `provider/model` of a known provider or one in `configured`, or a bare name from the
    /// price table. A name with a slash whose first part is no provider is a model of OpenRouter or Together AI only if
    /// the provider is written too.
    ///
    /// # Errors
    /// [`ModelError`] naming the nearest provider or model.
    pub fn parse(text: &str, configured: &[&str]) -> Result<Self, ModelError> {
        let text = text.trim();
        if text == OFFLINE {
            return Ok(Self::offline());
        }
        if let Some((provider, model)) = text.split_once('/') {
            if provider == OFFLINE && (model == OFFLINE_RULES || EARLIER_RULES.contains(&model)) {
                return Ok(Self::offline());
            }
            let known = provider::known(provider).is_some() || provider == RECORDED || configured.contains(&provider);
            if known && !model.is_empty() {
                return Ok(Self {
                    provider: provider.to_owned(),
                    model: model.to_owned(),
                });
            }
            let names = provider::KNOWN
                .iter()
                .map(|k| k.name)
                .chain(configured.iter().copied())
                .chain([OFFLINE]);
            let hint = match crate::text::nearest(provider, names) {
                Some(near) if near != provider => format!("did you mean `{near}`?"),
                _ => "name one of `wickdesk doctor`'s, or add it as [providers.NAME] with a base_url".to_owned(),
            };
            return Err(ModelError::UnknownProvider {
                provider: crate::text::clean_line(provider),
                hint,
            });
        }
        match price::provider_of(text) {
            Some(provider) => Ok(Self {
                provider: provider.to_owned(),
                model: text.to_owned(),
            }),
            None => {
                let hint = match crate::text::nearest(text, price::bare_names().chain([OFFLINE])) {
                    Some(near) => format!("did you mean `{near}`? else write provider/model"),
                    None => "write provider/model, such as openai/gpt-4o, or offline".to_owned(),
                };
                Err(ModelError::UnknownModel {
                    name: crate::text::clean_line(text),
                    hint,
                })
            }
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match ModelName::parse(text, &["mine"]) {
            Ok(name) => name.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_as_litellm_spells_them() {
        for name in ["offline", "offline/1", "offline/2", "offline/3"] {
            assert_eq!(shown(name), "offline/3");
        }
        assert!(shown("offline/4").starts_with("unknown provider"));
        assert_eq!(shown("gpt-4o"), "openai/gpt-4o");
        assert_eq!(shown("groq/llama-3.3-70b-versatile"), "groq/llama-3.3-70b-versatile");
        assert_eq!(shown("openrouter/meta-llama/llama-3"), "openrouter/meta-llama/llama-3");
        assert_eq!(shown("mine/whatever"), "mine/whatever");
    }

    #[test]
    fn unknown_names_are_told_the_nearest() {
        assert!(shown("gpt-4p").contains("did you mean `gpt-4"), "{}", shown("gpt-4p"));
        assert!(shown("opnai/gpt-4o").contains("did you mean `openai`?"));
        assert!(shown("openai/").starts_with("unknown provider"));
    }
}
