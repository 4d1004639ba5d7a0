//! `[cache.shared]` and `WICKDESK_SHARED_URL`: the cache that several machines share, and who asks it.

use std::path::PathBuf;

use serde::Deserialize;

use super::keys::{KeyError, printed};
use super::{ConfigError, From, Setting};
use crate::secret::Secret;
use crate::shared::{Address, AddressError, Options, Seal};
use crate::ttl::Ttl;

/// The variable that names the server.
pub(super) const VARIABLE: &str = "WICKDESK_SHARED_URL";

/// What stands before every key where nothing else is said.
const NAMESPACE: &str = "wickdesk";
const LONGEST_NAMESPACE: usize = 64;

/// The section as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SharedSection {
    pub url: Option<FileAddress>,
    pub namespace: Option<Namespace>,
    pub user: Option<String>,
    pub user_env: Option<String>,
    pub password_env: Option<String>,
    pub password_cmd: Option<String>,
    pub ca: Option<PathBuf>,
    pub read_only: bool,
    pub secret_env: Option<String>,
    pub secret_cmd: Option<String>,
}

/// An address without a password: a file is read by others, copied and committed.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FileAddress(Address);

impl TryFrom<String> for FileAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let address = Address::parse(&text).map_err(|e| e.to_string())?;
        if address.names_password() {
            return Err("the url holds a password; name the variable that holds it with password_env, or a command with password_cmd".to_owned());
        }
        Ok(Self(address))
    }
}

/// What stands before every key: nothing that a pattern of the server's could take for a sign of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Namespace(String);

impl TryFrom<String> for Namespace {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let sign = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
        if text.is_empty() || text.len() > LONGEST_NAMESPACE || !text.chars().all(sign) {
            return Err(format!(
                "`{}` is no namespace; write letters, digits and _ . : - (at most {LONGEST_NAMESPACE})",
                crate::text::clean_line(&text)
            ));
        }
        Ok(Self(text))
    }
}

/// The shared cache as it is set.
#[derive(Debug, Clone)]
pub struct SharedSettings {
    /// Where the server is.
    pub address: Setting<Address>,
    /// What stands before every key.
    pub namespace: String,
    /// Whether nothing is written there.
    pub read_only: bool,
    section: SharedSection,
    /// Whether the section's user and password are meant for this server: the variable may name another.
    signs: bool,
}

/// Why the shared cache cannot be asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SharedError {
    /// A variable that is to hold something holds nothing.
    #[error("[cache.shared] {setting}: {variable} is not set; set it, or take {setting} out of config.toml")]
    Unset {
        /// The setting.
        setting: &'static str,
        /// The variable it names.
        variable: String,
    },
    /// A command that is to print something fails.
    #[error("[cache.shared] {0}")]
    Command(String),
    /// The address, or its CA file.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl SharedSettings {
    /// What the file and the variable say; `None` where neither names a server, or the variable says `off`.
    pub(super) fn gather(section: SharedSection, variable: Option<String>) -> Result<Option<Self>, ConfigError> {
        let address = match variable {
            Some(word) if word.trim().eq_ignore_ascii_case("off") => return Ok(None),
            Some(url) => {
                let value = Address::parse(&url).map_err(|e| ConfigError::Environment {
                    variable: VARIABLE,
                    reason: e.to_string(),
                })?;
                Setting {
                    value,
                    from: From::Environment,
                }
            }
            None => match &section.url {
                None => return Ok(None),
                Some(FileAddress(address)) => Setting {
                    value: address.clone(),
                    from: From::File,
                },
            },
        };
        let same = |FileAddress(file): &FileAddress| file.to_string() == address.value.to_string();
        let signs = !address.value.names_asker() && section.url.as_ref().is_none_or(same);
        Ok(Some(Self {
            signs: signs || address.from == From::File,
            address,
            namespace: section
                .namespace
                .clone()
                .map_or_else(|| NAMESPACE.to_owned(), |Namespace(name)| name),
            read_only: section.read_only,
            section,
        }))
    }

    /// What the tier is made of: variables are read and commands run, which may take a while. `environment` looks a variable up.
    ///
    /// # Errors
    /// [`SharedError`]
    pub fn options(&self, ttl: Ttl, environment: &dyn Fn(&str) -> Option<String>) -> Result<Options, SharedError> {
        let section = &self.section;
        let held = |setting: &'static str, variable: &Option<String>| match variable {
            None => Ok(None),
            Some(variable) => match environment(variable).filter(|v| !v.trim().is_empty()) {
                Some(value) => Ok(Some(value)),
                None => Err(SharedError::Unset {
                    setting,
                    variable: variable.clone(),
                }),
            },
        };
        let secret = |variable: Option<String>, setting: &str, command: &Option<String>| match (variable, command) {
            (Some(value), _) => Ok(Some(Secret::new(&value))),
            (None, Some(command)) => printed(setting, command)
                .map(Some)
                .map_err(|e: KeyError| SharedError::Command(e.to_string())),
            (None, None) => Ok(None),
        };
        let (user, password) = if self.signs {
            let user = match held("user_env", &section.user_env)? {
                Some(user) => Some(user.trim().to_owned()),
                None => section.user.clone(),
            };
            let variable = held("password_env", &section.password_env)?;
            (user, secret(variable, "password_cmd", &section.password_cmd)?)
        } else {
            (None, None)
        };
        let sealing = secret(
            held("secret_env", &section.secret_env)?,
            "secret_cmd",
            &section.secret_cmd,
        )?;
        let address = self.address.value.clone();
        Ok(Options {
            address: address
                .with_user(user)
                .with_password(password)
                .with_authority(section.ca.as_ref())?,
            namespace: self.namespace.clone(),
            read_only: self.read_only,
            seal: Seal::with(sealing.as_ref()),
            ttl,
        })
    }
}
