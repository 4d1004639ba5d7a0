//! What is typed and what is open, written down behind the work: no key waits for a disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::app::Session;
use super::drafts::{Drafts, Own};

/// How long what has changed waits for more to change.
const PAUSE: Duration = Duration::from_millis(400);

enum Kept {
    Drafts(Box<Drafts>),
    Session(Box<Session>),
}

/// Writes on a thread of its own; dropped, it has written all.
pub struct Keeper {
    sender: Option<Sender<Kept>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Keeps below the state directory, edits in this process's own place there.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub fn at(state: PathBuf, own: Own) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || work(&state, own, &receiver))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Keeps edits that are not saved.
    pub fn drafts(&self, drafts: Box<Drafts>) {
        self.send(Kept::Drafts(drafts));
    }

    /// Keeps what is open.
    pub fn session(&self, session: Box<Session>) {
        self.send(Kept::Session(session));
    }

    fn send(&self, kept: Kept) {
        if let Some(sender) = &self.sender {
            // The thread only ends when this sender is gone.
            let _ = sender.send(kept);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so, and there is nothing more to write.
            let _ = thread.join();
        }
    }
}

fn work(state: &Path, mut own: Own, receiver: &Receiver<Kept>) {
    while let Ok(first) = receiver.recv() {
        let due = Instant::now() + PAUSE;
        let (mut drafts, mut session) = (None, None);
        let mut next = Some(first);
        // A burst is written once.
        while let Some(kept) = next {
            match kept {
                Kept::Drafts(kept) => drafts = Some(kept),
                Kept::Session(kept) => session = Some(kept),
            }
            next = receiver
                .recv_timeout(due.saturating_duration_since(Instant::now()))
                .ok();
        }
        let written = [
            drafts.map(|drafts| own.keep(&drafts)),
            session.map(|session| write(state, *session)),
        ];
        for error in written.into_iter().flatten().filter_map(Result::err) {
            tracing::warn!(%error, "what is typed and open is not kept");
        }
    }
}

fn file(state: &Path) -> PathBuf {
    state.join("session.json")
}

fn write(state: &Path, mut session: Session) -> io::Result<()> {
    for desk in &mut session.desks {
        // The next start may be in another directory.
        let here = desk.candles.as_deref().filter(|path| Path::new(path).exists());
        if let Some(path) = here.and_then(|path| std::path::absolute(path).ok()) {
            desk.candles = Some(path.display().to_string());
        }
    }
    crate::files::private_directory(state)?;
    let bytes = serde_json::to_vec_pretty(&session).map_err(io::Error::other)?;
    crate::files::write_whole(&file(state), &bytes)
}

/// What the run before left; nothing where there is no file, or none that can be read.
pub fn session(state: &Path) -> Session {
    let bytes = std::fs::read(file(state)).ok();
    let session = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    session.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::app::SavedDesk;

    #[test]
    fn what_is_kept_last_is_found_again() {
        let state = tempfile::tempdir().unwrap();
        let own = state.path().join("state");
        assert_eq!(session(&own), Session::default());
        let keeper = Keeper::at(own.clone(), Own::at(&own)).unwrap();
        for at in 0..50 {
            let desks = vec![SavedDesk {
                template: format!("t{at}"),
                ..SavedDesk::default()
            }];
            keeper.session(Box::new(Session {
                desks,
                at,
                ..Session::default()
            }));
        }
        drop(keeper);
        let found = session(&own);
        assert_eq!((found.at, found.desks[0].template.as_str()), (49, "t49"));
        std::fs::write(file(&own), b"{half").unwrap();
        assert_eq!(session(&own), Session::default());
    }
}
