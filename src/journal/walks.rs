//! Walks that were made: a file each in the data directory, its trials as they were.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::setup::score::Trial;

/// The directory of the walks below the data directory.
const DIRECTORY: &str = "walks";

/// A walk as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// What it is: a word and what it says, a line each.
    pub about: Vec<(String, String)>,
    /// What is to be said against it.
    pub warnings: Vec<String>,
    /// Its trials, by variant, model and as-of.
    pub trials: Vec<Trial>,
}

/// The name of a walk of these words: the same walk has the same name, and takes the place of its earlier run.
pub fn name(about: &[(String, String)], words: &str) -> String {
    let plain: String = words
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .take(60)
        .collect();
    let mut hasher = blake3::Hasher::new();
    for (name, said) in about {
        hasher
            .update(name.as_bytes())
            .update(b"\0")
            .update(said.as_bytes())
            .update(b"\0");
    }
    format!("{plain}-{}", &hasher.finalize().to_hex()[..8])
}

fn path(data: &Path, name: &str) -> PathBuf {
    data.join(DIRECTORY).join(format!("{name}.json"))
}

/// Keeps a walk under `name`; returns the file.
///
/// # Errors
/// The system's; then what was kept before is as it was.
pub fn keep(data: &Path, name: &str, walk: &Kept) -> io::Result<PathBuf> {
    let path = path(data, name);
    crate::files::private_directory(&data.join(DIRECTORY))?;
    let bytes = serde_json::to_vec(walk).map_err(io::Error::other)?;
    crate::files::write_whole(&path, &bytes)?;
    Ok(path)
}

/// The walk of this name, or whose name begins so.
///
/// # Errors
/// The system's, or that there is none or several, in words.
pub fn find(data: &Path, name: &str) -> Result<(String, Kept), String> {
    let names = names(data);
    let mut found: Vec<&String> = names.iter().filter(|n| n.starts_with(name)).collect();
    if let Some(exact) = found.iter().find(|n| n.as_str() == name) {
        found = vec![exact];
    }
    match found.as_slice() {
        [one] => {
            let path = path(data, one);
            let bytes =
                std::fs::read(&path).map_err(|e| format!("{}: {}", path.display(), crate::text::io_reason(&e)))?;
            let kept = serde_json::from_slice(&bytes).map_err(|_| {
                format!(
                    "{}: not a walk of this version; walk again, answers are in the cache",
                    path.display()
                )
            })?;
            Ok(((*one).clone(), kept))
        }
        [] if names.is_empty() => Err("no walk is kept yet; make one with wickdesk walk".to_owned()),
        [] => Err(format!(
            "no walk `{}`; there are {}",
            crate::text::clean_line(name),
            names.join(", ")
        )),
        several => Err(format!(
            "{} walks begin with `{}`; name more of it",
            several.len(),
            crate::text::clean_line(name)
        )),
    }
}

/// The names of the walks that are kept, in order.
pub fn names(data: &Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(data.join(DIRECTORY)) else {
        return Vec::new();
    };
    let mut names: Vec<String> = files
        .flatten()
        .filter_map(|f| f.file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    names
}
