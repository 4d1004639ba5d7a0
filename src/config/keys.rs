//! Where a provider's key comes from: the environment, or a command. Never the configuration file.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use super::{ProviderSettings, Settings};
use crate::model::{KeySource, ModelError, Secret, known};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// None is set.
    #[error(transparent)]
    Missing(#[from] ModelError),
    /// The command for it fails.
    #[error("key_cmd of {provider} {reason}; run it in a shell to see why")]
    Command {
        /// Whose.
        provider: String,
        /// What happened.
        reason: String,
    },
}

/// The key for `provider`, if it needs one, and where it was found; `environment` looks a variable up.
///
/// # Errors
/// [`KeyError`] when none is set, or the command for it fails.
pub fn key_for(
    settings: &Settings,
    provider: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(Option<Secret>, KeySource), KeyError> {
    let configured = settings.provider(provider);
    if let Some(command) = configured.and_then(|p| p.key_cmd.as_deref()) {
        // Once a process: such a command may ask for a PIN.
        let mut known = FROM_COMMANDS.lock().unwrap_or_else(PoisonError::into_inner);
        let key = match known.get(command) {
            Some(key) => key.clone(),
            None => run(provider, command)?,
        };
        known.insert(command.to_owned(), key.clone());
        return Ok((Some(key), KeySource::Command));
    }
    let mut variables: Vec<&str> = configured.and_then(|p| p.key_env.as_deref()).into_iter().collect();
    let known = known(provider);
    variables.extend(known.map_or(&[][..], |k| k.keys));
    for variable in &variables {
        if let Some(key) = environment(variable).filter(|k| !k.trim().is_empty()) {
            return Ok((Some(Secret::new(&key)), KeySource::Environment((*variable).to_owned())));
        }
    }
    // A server of one's own, or at an address of one's own, may need no key.
    let own_server = known.is_none_or(|k| k.keyless) || configured.is_some_and(|p| p.base_url.is_some());
    if own_server && configured.is_none_or(|p| p.key_env.is_none()) {
        return Ok((None, KeySource::None));
    }
    Err(KeyError::Missing(ModelError::NoKey {
        provider: provider.to_owned(),
        variable: variables.join(" or "),
    }))
}

/// Keys that commands have printed, by command.
static FROM_COMMANDS: LazyLock<Mutex<HashMap<String, Secret>>> = LazyLock::new(Mutex::default);

/// Whether there is a way to a key for `provider`, without going it.
pub fn has_key(settings: &Settings, provider: &str, environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let by_command = settings.provider(provider).is_some_and(|p| p.key_cmd.is_some());
    by_command || matches!(key_for(settings, provider, environment), Ok((Some(_), _)))
}

fn run(provider: &str, command: &str) -> Result<Secret, KeyError> {
    let fail = |reason: &str| KeyError::Command {
        provider: provider.to_owned(),
        reason: reason.to_owned(),
    };
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let output = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|e| fail(&format!("cannot be run ({})", crate::text::io_reason(&e))))?;
    let key = String::from_utf8_lossy(&output.stdout);
    match key.lines().next().map(str::trim).filter(|k| !k.is_empty()) {
        Some(key) if output.status.success() => Ok(Secret::new(key)),
        Some(_) => Err(fail("failed")),
        None => Err(fail("prints nothing")),
    }
}

impl ProviderSettings {
    /// The environment variable or command for its key, in words.
    pub fn key_words(&self) -> String {
        match (&self.key_env, &self.key_cmd) {
            (_, Some(_)) => "key_cmd".to_owned(),
            (Some(variable), None) => variable.clone(),
            (None, None) => "no key".to_owned(),
        }
    }
}
