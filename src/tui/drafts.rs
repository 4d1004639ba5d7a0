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
    if !drafts.is_empty() {
        crate::files::private_directory(&state.join("drafts"))?;
    }
    write(&own(state), drafts)
}

fn write(path: &Path, drafts: &Drafts) -> io::Result<()> {
    if drafts.is_empty() {
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let bytes = serde_json::to_vec(drafts).map_err(io::Error::other)?;
    crate::files::write_whole(path, &bytes)
}

/// Takes over what processes that are gone have left: of each template the newest edits, from here on kept as this process's own.
/// Also the templates of which older edits stay behind, for the next start.
pub fn left(state: &Path) -> Option<(Drafts, Vec<String>)> {
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
    let (mut newest, mut behind, mut rest) = (Drafts::default(), Vec::new(), Vec::new());
    for (_, path) in files.into_iter().rev() {
        let kept: Drafts = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let mut older = Drafts::default();
        for (name, text) in kept.templates {
            match newest.templates.get(&name) {
                None => {
                    newest.templates.insert(name, text);
                }
                Some(same) if *same == text => {}
                Some(_) => {
                    behind.push(name.clone());
                    older.templates.insert(name, text);
                }
            }
        }
        rest.push((path, older));
    }
    // A kill at any moment finds them in one place or the other.
    if keep(state, &newest).is_ok() {
        for (path, older) in rest.iter().filter(|(path, _)| *path != own(state)) {
            // What cannot be removed is taken over once more.
            let _ = write(path, older);
        }
    }
    (!newest.is_empty()).then_some((newest, behind))
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
        assert_eq!(left(state.path()), Some((drafts.clone(), Vec::new())));
        // They stay kept until they are saved or given up.
        assert!(own(state.path()).exists());
        keep(state.path(), &Drafts::default()).unwrap();
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
    #[test]
    fn of_two_that_ended_badly_nothing_is_lost() {
        let state = tempfile::tempdir().unwrap();
        let typed = |all: &[(&str, &str)]| Drafts {
            templates: all.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect(),
        };
        // Of processes that are gone: no system gives such numbers.
        let older = state.path().join("drafts/2147483646.json");
        keep(
            state.path(),
            &typed(&[("smc", "older"), ("rsi", "same"), ("mine", "of the first")]),
        )
        .unwrap();
        std::fs::rename(own(state.path()), &older).unwrap();
        let age = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        std::fs::File::options()
            .append(true)
            .open(&older)
            .unwrap()
            .set_modified(age)
            .unwrap();
        keep(state.path(), &typed(&[("smc", "newer"), ("rsi", "same")])).unwrap();
        let newest = typed(&[("smc", "newer"), ("rsi", "same"), ("mine", "of the first")]);
        assert_eq!(left(state.path()), Some((newest, vec!["smc".to_owned()])));
        // Once these are saved the next start has the other.
        keep(state.path(), &Drafts::default()).unwrap();
        assert_eq!(left(state.path()), Some((typed(&[("smc", "older")]), Vec::new())));
        assert!(!older.exists());
    }
}
