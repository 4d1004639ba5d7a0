//! What is typed and not saved, kept beside: after a crash, a kill or a power cut it is there again.

use std::collections::BTreeMap;
use std::fs::File;
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

/// This process's place below the state directory: two workbenches do not write over each other's.
#[derive(Debug)]
pub struct Own {
    file: PathBuf,
    /// Locked while this process lives and keeps something: its number alone does not tell, another may bear it tomorrow.
    lock: Option<File>,
}

impl Own {
    /// The place below this directory; nothing is written yet.
    pub fn at(state: &Path) -> Self {
        Self {
            file: state.join("drafts").join(format!("{}.json", std::process::id())),
            lock: None,
        }
    }

    /// Keeps the drafts; of none nothing stays.
    ///
    /// # Errors
    /// The system's; then what was kept before is as it was.
    pub fn keep(&mut self, drafts: &Drafts) -> io::Result<()> {
        if !drafts.is_empty() && self.lock.is_none() {
            crate::files::private_directory(self.directory())?;
            let lock = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(lock_of(&self.file))?;
            // Where files cannot be locked the number has to do.
            let _ = lock.try_lock();
            self.lock = Some(lock);
        }
        write(&self.file, drafts)
    }

    fn directory(&self) -> &Path {
        self.file.parent().unwrap_or(&self.file)
    }

    /// Takes over what processes that are gone have left: of each template the newest edits, from here on kept as this process's
    /// own. Also the templates of which older edits stay behind, for the next start.
    pub fn left(&mut self) -> Option<(Drafts, Vec<String>)> {
        let mut files: Vec<(std::time::SystemTime, PathBuf)> = std::fs::read_dir(self.directory())
            .ok()?
            .flatten()
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|e| e == "json"))
            .filter(|path| *path == self.file || is_left(path))
            .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
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
        if self.keep(&newest).is_ok() {
            for (path, older) in rest.iter().filter(|(path, _)| *path != self.file) {
                // What cannot be removed is taken over once more.
                let _ = write(path, older);
                if older.is_empty() {
                    let _ = std::fs::remove_file(lock_of(path));
                }
            }
        }
        (!newest.is_empty()).then_some((newest, behind))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if self.lock.is_some() && !self.file.exists() {
            let _ = std::fs::remove_file(lock_of(&self.file));
        }
    }
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

fn lock_of(file: &Path) -> PathBuf {
    file.with_extension("lock")
}

/// Whether the process that wrote this file is gone: none bears its number, or the one that does has not locked it.
fn is_left(file: &Path) -> bool {
    let number = file.file_stem().and_then(|stem| stem.to_str()?.parse::<u32>().ok());
    let let_go = || File::open(lock_of(file)).is_ok_and(|lock| lock.try_lock().is_ok());
    number.is_some_and(|pid| !is_running(pid) || let_go())
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
        // The lock has to tell.
        let _ = pid;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_is_taken_over_once() {
        let state = tempfile::tempdir().unwrap();
        let left = || Own::at(state.path()).left();
        assert_eq!(left(), None);
        let mut drafts = Drafts::default();
        drafts.templates.insert("smc".to_owned(), "half a prom".to_owned());
        let mut own = Own::at(state.path());
        own.keep(&drafts).unwrap();
        assert_eq!(own.left(), Some((drafts.clone(), Vec::new())));
        // They stay kept until they are saved or given up.
        assert!(own.file.exists());
        own.keep(&Drafts::default()).unwrap();
        drop(own);
        assert_eq!(left(), None);
        assert_eq!(std::fs::read_dir(state.path().join("drafts")).unwrap().count(), 0);
    }

    #[test]
    fn of_a_process_that_runs_nothing_is_taken() {
        let state = tempfile::tempdir().unwrap();
        let mut drafts = Drafts::default();
        drafts.templates.insert("smc".to_owned(), "half a prom".to_owned());
        // A number that some process bears for as long as the system runs.
        let mut other = Own {
            file: state.path().join("drafts/1.json"),
            lock: None,
        };
        other.keep(&drafts).unwrap();
        assert_eq!(Own::at(state.path()).left(), None);
        assert!(other.file.exists());
        // It is gone, and another has its number by now.
        other.lock = None;
        assert_eq!(Own::at(state.path()).left(), Some((drafts, Vec::new())));
        assert!(!other.file.exists() && !lock_of(&other.file).exists());
    }

    #[test]
    fn of_two_that_ended_badly_nothing_is_lost() {
        let state = tempfile::tempdir().unwrap();
        let typed = |all: &[(&str, &str)]| Drafts {
            templates: all.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect(),
        };
        // Of processes that are gone: no system gives such numbers.
        let older = state.path().join("drafts/2147483646.json");
        let mut own = Own::at(state.path());
        own.keep(&typed(&[("smc", "older"), ("rsi", "same"), ("mine", "of the first")]))
            .unwrap();
        std::fs::rename(&own.file, &older).unwrap();
        let age = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        File::options()
            .append(true)
            .open(&older)
            .unwrap()
            .set_modified(age)
            .unwrap();
        own.keep(&typed(&[("smc", "newer"), ("rsi", "same")])).unwrap();
        let newest = typed(&[("smc", "newer"), ("rsi", "same"), ("mine", "of the first")]);
        assert_eq!(own.left(), Some((newest, vec!["smc".to_owned()])));
        // Once these are saved the next start has the other.
        own.keep(&Drafts::default()).unwrap();
        assert_eq!(own.left(), Some((typed(&[("smc", "older")]), Vec::new())));
        assert!(!older.exists());
    }
}
