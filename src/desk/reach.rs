//! Who is asked, where, and with what key: a model's name made an endpoint by the settings and the environment.

use super::{Desk, DeskError, environment};
use crate::config::{KeyError, key_for};
use crate::model::{Dialect, Endpoint, Gate, KeySource, ModelError, ModelName, Support, known};

impl Desk {
    /// The model of this name, and where and with what key it is reached; none for the offline analyst.
    ///
    /// # Errors
    /// [`DeskError`] when name, address or key are wanting.
    pub fn reach(&self, name: &str, base_url: Option<&str>) -> Result<(ModelName, Option<Endpoint>), DeskError> {
        let configured: Vec<&str> = self.settings.providers.iter().map(|(n, _)| n.as_str()).collect();
        let model = match ModelName::parse(name, &configured) {
            // At an address of one's own a bare name is that server's.
            Err(ModelError::UnknownModel { .. }) if base_url.is_some() => {
                ModelName::parse(&format!("openai/{name}"), &[])?
            }
            other => other?,
        };
        if model.is_local() {
            return Ok((model, None));
        }
        let provider = model.provider();
        let own = self.settings.provider(provider);
        let table = known(provider);
        let moved = || {
            let variables = table.map_or(&[][..], |k| k.base_variables);
            variables
                .iter()
                .find_map(|v| environment(v).filter(|url| !url.trim().is_empty()))
        };
        let address = base_url
            .map(str::to_owned)
            .or_else(|| own.and_then(|p| p.base_url.clone()))
            .or_else(moved)
            .or_else(|| table.map(|k| k.base_url.to_owned()).filter(|url| !url.is_empty()));
        let dialect = own.and_then(|p| p.kind).or_else(|| table.and_then(|k| k.dialect()));
        let Some(address) = address else {
            let hint = match table.map(|k| (k.support, k.base_variables)) {
                Some((Support::Not(why), _)) => format!("it is not supported: {why}"),
                Some((_, [variable, ..])) => {
                    format!("its address is yours: set {variable}, or name it with --base-url")
                }
                _ => "it has no base_url: add one to [providers] or name it with --base-url".to_owned(),
            };
            return Err(ModelError::UnknownProvider {
                provider: provider.to_owned(),
                hint,
            }
            .into());
        };
        let (key, source) = match key_for(&self.settings, provider, &environment) {
            Ok(found) => found,
            // A server of one's own usually asks for none, and says so if it does.
            Err(KeyError::Missing(_)) if base_url.is_some() => (None, KeySource::None),
            Err(error) => return Err(error.into()),
        };
        let allow_http = own.is_some_and(|p| p.allow_http);
        let mut endpoint = Endpoint::new(provider, &address, key, source, allow_http)?;
        endpoint.dialect = match dialect.unwrap_or(Dialect::OpenAi) {
            // Ollama also speaks OpenAI's chat, at an address that says so.
            Dialect::Ollama if endpoint.base_url.ends_with("/v1") => Dialect::OpenAi,
            dialect => dialect,
        };
        endpoint.api_version = own
            .and_then(|p| p.api_version.clone())
            .or_else(|| environment("AZURE_API_VERSION").filter(|v| !v.trim().is_empty()));
        endpoint.timeouts = self.settings.timeouts;
        endpoint.gate = own.and_then(|p| self.gate(provider, p.concurrent, p.per_minute));
        Ok((model, Some(endpoint)))
    }

    /// The gate of a provider: one for all its calls.
    fn gate(&self, provider: &str, at_once: Option<usize>, per_minute: Option<usize>) -> Option<std::sync::Arc<Gate>> {
        let mut gates = self.gates.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let gate = gates
            .entry(provider.to_owned())
            .or_insert_with(|| Gate::of(at_once, per_minute));
        gate.clone()
    }
}
