//! Where templates are found: a path, the user's directory, the shipped ones; and where new ones are saved.

use std::path::{Path, PathBuf};

use super::error::TemplateError;
use super::template::Template;

/// The templates that ship, by name.
const SHIPPED: [(&str, &str); 7] = [
    ("confluence", include_str!("../../prompts/confluence.prompt")),
    ("smc", include_str!("../../prompts/smc.prompt")),
    ("fibonacci", include_str!("../../prompts/fibonacci.prompt")),
    ("rsi", include_str!("../../prompts/rsi.prompt")),
    ("indicators", include_str!("../../prompts/indicators.prompt")),
    ("sentiment", include_str!("../../prompts/sentiment.prompt")),
    ("backtest_review", include_str!("../../prompts/backtest_review.prompt")),
];

/// Where a template comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Compiled in.
    Shipped,
    /// A file.
    File(PathBuf),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Shipped => f.write_str("shipped"),
            Origin::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A template in the library's list. One that cannot be parsed is listed with its fault.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub origin: Origin,
    /// Whether it hides a shipped one of the same name.
    pub shadows: bool,
    /// The file's text, as far as it could be read.
    pub source: String,
    /// It, or what is wrong with it.
    pub template: Result<Template, TemplateError>,
}

/// Why a template could not be had or saved.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// No template of this name.
    #[error("no template `{name}`; {hint}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name, or where to look.
        hint: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {reason}")]
    Io {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// A name that is no file name.
    #[error("`{0}` is no name for a template; use letters, digits, - and _")]
    Name(String),
    /// A shipped template, or one from elsewhere, cannot be changed.
    #[error("`{0}` is not among your own templates; Ctrl-S saves a copy that is")]
    NotYours(String),
    /// A file of that name is there already.
    #[error("{0} exists already; choose another name")]
    Exists(String),
    /// It does not parse.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// Whether `name` can name a template, and so a file anywhere.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c))
}

/// The library of templates.
#[derive(Debug, Clone)]
pub struct Library {
    directory: PathBuf,
}

impl Library {
    /// The library whose own files lie in `directory`, which need not exist.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where the user's templates lie.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// All templates: the shipped ones in their order (or the user's that shadow them), then the user's own by name.
    pub fn list(&self) -> Vec<Listed> {
        let mut own = self.own_files();
        let mut listed: Vec<Listed> = SHIPPED
            .iter()
            .map(|(name, source)| match own.iter().position(|(n, _)| n == name) {
                Some(at) => {
                    let (name, path) = own.remove(at);
                    list_file(name, path, true)
                }
                None => Listed {
                    name: (*name).to_owned(),
                    origin: Origin::Shipped,
                    shadows: false,
                    source: (*source).to_owned(),
                    template: Template::parse(source, name, name),
                },
            })
            .collect();
        listed.extend(own.into_iter().map(|(name, path)| list_file(name, path, false)));
        listed
    }

    fn own_files(&self) -> Vec<(String, PathBuf)> {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut files: Vec<(String, PathBuf)> = entries
            .filter_map(|entry| {
                let path = entry.path();
                let name = path.file_stem()?.to_str()?.to_owned();
                // fabric keeps each pattern as a directory with a system.md.
                let pattern = path.join("system.md");
                if pattern.is_file() {
                    return Some((name, pattern));
                }
                let ending = path.extension()?.to_str()?;
                (path.is_file() && matches!(ending, "prompt" | "md" | "txt")).then_some((name, path))
            })
            .collect();
        // Of several files of one name the `.prompt` is the one: that is where edits are saved.
        files.sort_by_key(|(name, path)| (name.clone(), path.extension().is_none_or(|e| e != "prompt")));
        files.dedup_by(|a, b| a.0 == b.0);
        files
    }

    /// The template that `name` names: a path, else the user's, else a shipped one.
    ///
    /// # Errors
    /// [`LibraryError`] when there is none, or it cannot be read or parsed.
    pub fn find(&self, name: &str) -> Result<(Template, Origin), LibraryError> {
        let path = Path::new(name);
        let is_path = name.contains(['/', '\\']) || path.extension().is_some();
        if is_path && (path.is_file() || path.is_dir()) {
            let path = if path.is_dir() {
                path.join("system.md")
            } else {
                path.to_owned()
            };
            return Ok((parse_file(&path)?, Origin::File(path)));
        }
        if let Some((_, path)) = self.own_files().into_iter().find(|(n, _)| n == name) {
            return Ok((parse_file(&path)?, Origin::File(path)));
        }
        if let Some((name, source)) = SHIPPED.iter().find(|(n, _)| *n == name) {
            return Ok((Template::parse(source, name, name)?, Origin::Shipped));
        }
        if is_path {
            return Err(LibraryError::Io {
                path: name.to_owned(),
                reason: "no such file".to_owned(),
            });
        }
        let names: Vec<String> = self.list().into_iter().map(|l| l.name).collect();
        let hint = match crate::text::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        Err(LibraryError::Unknown {
            name: crate::text::clean_line(name),
            hint,
        })
    }

    /// As [`Library::find`], as a row of the list.
    ///
    /// # Errors
    /// As [`Library::find`].
    pub fn find_listed(&self, name: &str) -> Result<Listed, LibraryError> {
        let (template, origin) = self.find(name)?;
        Ok(Listed {
            name: if self.list().iter().any(|l| l.name == name) {
                name.to_owned()
            } else {
                template.name.clone()
            },
            origin,
            shadows: false,
            source: template.source.clone(),
            template: Ok(template),
        })
    }

    /// The file of the user's template `name`, which may be changed.
    fn own_file(&self, name: &str) -> Result<PathBuf, LibraryError> {
        // A pattern is a directory of somebody's collection, not a file of its own.
        let own = self
            .own_files()
            .into_iter()
            .find(|(n, path)| n == name && !path.ends_with("system.md"));
        own.map(|(_, path)| path)
            .ok_or_else(|| LibraryError::NotYours(crate::text::clean_line(name)))
    }

    /// Removes the user's template `name`; returns its text, to be saved again. A shipped one that it stood before is there
    /// again.
    ///
    /// # Errors
    /// [`LibraryError`] when it is shipped or unknown, or cannot be removed.
    pub fn remove(&self, name: &str) -> Result<String, LibraryError> {
        let path = self.own_file(name)?;
        let fail = |error: std::io::Error| LibraryError::Io {
            path: path.display().to_string(),
            reason: crate::text::io_reason(&error),
        };
        let bytes = std::fs::read(&path).map_err(fail)?;
        std::fs::remove_file(&path).map_err(fail)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Gives the user's template `from` another name.
    ///
    /// # Errors
    /// [`LibraryError`] when it is shipped or unknown, the new name is none or taken, or the file cannot be moved.
    pub fn rename(&self, from: &str, to: &str) -> Result<PathBuf, LibraryError> {
        if !is_name(to) {
            return Err(LibraryError::Name(crate::text::clean_line(to)));
        }
        let path = self.own_file(from)?;
        let ending = path.extension().map(|e| e.to_string_lossy().into_owned());
        let target = self
            .directory
            .join(format!("{to}.{}", ending.as_deref().unwrap_or("prompt")));
        if target.exists() || self.own_files().iter().any(|(n, _)| n == to) {
            return Err(LibraryError::Exists(target.display().to_string()));
        }
        std::fs::rename(&path, &target).map_err(|error| LibraryError::Io {
            path: path.display().to_string(),
            reason: crate::text::io_reason(&error),
        })?;
        Ok(target)
    }

    /// Saves `source` as the user's template `name`, whole or not at all; `replace` allows for a file that is there.
    ///
    /// # Errors
    /// [`LibraryError`] when the name is none, the template is faulty, the file exists or cannot be written.
    pub fn save(&self, name: &str, source: &str, replace: bool) -> Result<PathBuf, LibraryError> {
        if !is_name(name) {
            return Err(LibraryError::Name(crate::text::clean_line(name)));
        }
        Template::parse(source, name, name)?;
        let path = self.directory.join(format!("{name}.prompt"));
        if path.exists() && !replace {
            return Err(LibraryError::Exists(path.display().to_string()));
        }
        crate::files::write_whole(&path, source.as_bytes()).map_err(|error| LibraryError::Io {
            path: path.display().to_string(),
            reason: crate::text::io_reason(&error),
        })?;
        Ok(path)
    }
}

/// The text of a shipped template.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

fn list_file(name: String, path: PathBuf, shadows: bool) -> Listed {
    let template = match parse_file(&path) {
        Ok(template) => Ok(template),
        Err(LibraryError::Template(error)) => Err(error),
        Err(LibraryError::Io { path, reason }) => Err(TemplateError::new(0, 0, reason).in_file(&path)),
        Err(other) => Err(TemplateError::new(0, 0, other.to_string()).in_file(&name)),
    };
    Listed {
        name,
        source: std::fs::read(&path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default(),
        origin: Origin::File(path),
        shadows,
        template,
    }
}

fn parse_file(path: &Path) -> Result<Template, LibraryError> {
    let shown = path.display().to_string();
    let fail = |reason: String| LibraryError::Io {
        path: shown.clone(),
        reason,
    };
    let bytes = std::fs::read(path).map_err(|e| fail(crate::text::io_reason(&e)))?;
    let source = String::from_utf8(bytes).map_err(|_| fail("not UTF-8 text; save it as UTF-8".to_owned()))?;
    let pattern = path.file_name().is_some_and(|n| n == "system.md");
    let stem = if pattern {
        path.parent().and_then(Path::file_name)
    } else {
        path.file_stem()
    };
    let name = stem.map_or_else(|| "template".to_owned(), |s| s.to_string_lossy().into_owned());
    let mut template = Template::parse(&source, &name, &shown)?;
    template.system_only = pattern;
    Ok(template)
}
