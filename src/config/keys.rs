//! Where a provider's key comes from: the environment, a command, or the system's keyring. Never the configuration file.

use std::collections::HashMap;
use std::process::{Command, Output, Stdio};
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
    #[error("{setting} {reason}; run it in a shell to see why")]
    Command {
        /// The setting that names it.
        setting: String,
        /// What happened.
        reason: String,
    },
    /// The keyring has none, or there is none.
    #[error("the keyring holds no key for {provider} ({reason}); put it there with: {remedy}")]
    Keyring {
        /// Whose.
        provider: String,
        /// What happened.
        reason: String,
        /// The command that stores one.
        remedy: String,
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
        let key = printed(&format!("key_cmd of {provider}"), command)?;
        return Ok((Some(key), KeySource::Command));
    }
    if configured.is_some_and(|p| p.keyring) {
        let key = once(&format!("keyring {provider}"), || keyring::look_up(provider))?;
        return Ok((Some(key), KeySource::Keyring));
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

/// Keys found outside this process, by where.
static FOUND: LazyLock<Mutex<HashMap<String, Secret>>> = LazyLock::new(Mutex::default);

/// The key of `place`, looked for once a process: who is asked may ask for a PIN.
fn once(place: &str, find: impl FnOnce() -> Result<Secret, KeyError>) -> Result<Secret, KeyError> {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let key = match found.get(place) {
        Some(key) => key.clone(),
        None => find()?,
    };
    found.insert(place.to_owned(), key.clone());
    Ok(key)
}

/// Whether there is a way to a key for `provider`, without going it.
pub fn has_key(settings: &Settings, provider: &str, environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let configured = settings.provider(provider);
    let by_command = configured.is_some_and(|p| p.key_cmd.is_some() || p.keyring);
    by_command || matches!(key_for(settings, provider, environment), Ok((Some(_), _)))
}

/// The secret that a command prints, asked for once a process; `setting` is what names it.
pub(super) fn printed(setting: &str, command: &str) -> Result<Secret, KeyError> {
    once(command, || run(setting, command))
}

/// Runs the command that `setting` names, for the secret in the first line that it prints.
fn run(setting: &str, command: &str) -> Result<Secret, KeyError> {
    let fail = |reason: String| KeyError::Command {
        setting: setting.to_owned(),
        reason,
    };
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let output = quiet(shell, &[flag, command]).map_err(|reason| fail(format!("cannot be run ({reason})")))?;
    match first_line(&output) {
        Some(key) if output.status.success() => Ok(key),
        Some(_) => Err(fail("failed".to_owned())),
        None => Err(fail("prints nothing".to_owned())),
    }
}

/// Runs a program that neither reads nor complains.
fn quiet(program: &str, args: &[&str]) -> Result<Output, String> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stderr(Stdio::null());
    command.output().map_err(|e| crate::text::io_reason(&e))
}

fn first_line(output: &Output) -> Option<Secret> {
    let printed = String::from_utf8_lossy(&output.stdout);
    let key = printed.lines().next().map(str::trim).filter(|k| !k.is_empty());
    key.map(Secret::new)
}

/// The system's keyring, through the system's own program for it: a library for it brings D-Bus and its ciphers for one call.
mod keyring {
    use super::{KeyError, Secret, first_line, quiet};

    /// The key kept under the service `wickdesk` and this provider's name.
    pub(super) fn look_up(provider: &str) -> Result<Secret, KeyError> {
        let fail = |reason: String| KeyError::Keyring {
            provider: provider.to_owned(),
            reason,
            remedy: remedy(provider),
        };
        let Some((program, args)) = command(provider) else {
            return Err(fail("none is known on this system: use key_cmd".to_owned()));
        };
        let output = quiet(program, &args).map_err(|reason| fail(format!("{program}: {reason}")))?;
        match first_line(&output) {
            Some(key) if output.status.success() => Ok(key),
            _ => Err(fail(format!("{program} finds none"))),
        }
    }

    fn command(provider: &str) -> Option<(&'static str, Vec<&str>)> {
        if cfg!(target_os = "macos") {
            Some((
                "security",
                vec!["find-generic-password", "-s", "wickdesk", "-a", provider, "-w"],
            ))
        } else if cfg!(unix) {
            Some((
                "secret-tool",
                vec!["lookup", "service", "wickdesk", "account", provider],
            ))
        } else {
            None
        }
    }

    fn remedy(provider: &str) -> String {
        if cfg!(target_os = "macos") {
            format!("security add-generic-password -s wickdesk -a {provider} -w")
        } else {
            format!("secret-tool store --label wickdesk service wickdesk account {provider}")
        }
    }
}

impl ProviderSettings {
    /// The environment variable or command for its key, in words.
    pub fn key_words(&self) -> String {
        match (&self.key_env, &self.key_cmd) {
            (_, Some(_)) => "key_cmd".to_owned(),
            _ if self.keyring => "the system's keyring".to_owned(),
            (Some(variable), None) => variable.clone(),
            (None, None) => "no key".to_owned(),
        }
    }
}
