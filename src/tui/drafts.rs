//! What is typed and not saved, kept beside: after a crash, a kill or a power cut it is there again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Edits of templates that nobody has saved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drafts {
    /// The text of each template with edits, by name.
    pub templates: BTreeMap<String, String>,
}

impl Drafts {
    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }
}

/// The file of this process below the state directory: two workbenches do not write over each other's.
fn own(state: &Path) -> PathBuf {
    state.join("drafts").join(format!("{}.json", std::process::id()))
}

/// Keeps the drafts; of none nothing stays.
///
/// # Errors
/// The system's; then what was kept before is as it was.
pub fn keep(state: &Path, drafts: &Drafts) -> io::Result<()> {
    let path = own(state);
    if drafts.is_empty() {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    crate::files::private_directory(&state.join("drafts"))?;
    let bytes = serde_json::to_vec(drafts).map_err(io::Error::other)?;
    crate::files::write_whole(&path, &bytes)
}

/// Takes over what processes that are gone have left, the newest; what it came from is removed.
pub fn left(state: &Path) -> Option<Drafts> {
    let mut files: Vec<(std::time::SystemTime, PathBuf)> = std::fs::read_dir(state.join("drafts"))
        .ok()?
        .flatten()
        .filter(|file| {
            let name = file.file_name();
            let owner = name
                .to_string_lossy()
                .strip_suffix(".json")
                .and_then(|n| n.parse::<u32>().ok());
            owner.is_some_and(|pid| pid == std::process::id() || !is_running(pid))
        })
        .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path())))
        .collect();
    files.sort();
    let (_, newest) = files.pop()?;
    let drafts = std::fs::read(&newest)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    // Kept anew under this process's name from here on. Older ones stay until theirs is the newest.
    let _ = std::fs::remove_file(newest);
    drafts
}

/// Whether a process of this number is there.
fn is_running(pid: u32) -> bool {
    #[cfg(unix)]
    {
        let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
        // One of another user's is there too.
        pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_taken_over_once() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(left(state.path()), None);
        let mut drafts = Drafts::default();
        drafts.templates.insert("smc".to_owned(), "half a prom".to_owned());
        keep(state.path(), &drafts).unwrap();
        assert_eq!(left(state.path()), Some(drafts.clone()));
        assert_eq!(left(state.path()), None);
        // Of a process that runs nothing is taken.
        keep(state.path(), &drafts).unwrap();
        let running = state.path().join("drafts/1.json");
        std::fs::rename(own(state.path()), &running).unwrap();
        assert_eq!(left(state.path()), None);
        assert!(running.exists());
        keep(state.path(), &drafts).unwrap();
        keep(state.path(), &Drafts::default()).unwrap();
        assert!(!own(state.path()).exists());
    }
}
