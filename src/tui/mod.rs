//! The workbench: a pure [`app`], a [`keymap`] that everything about keys is made from, a [`view`] that draws and changes
//! nothing, a [`terminal`] that is always given back, and the loop that runs them.

pub mod app;
mod clipboard;
pub mod drafts;
mod editor;
mod elsewhere;
mod keeper;
pub mod keymap;
mod markdown;
mod run;
pub mod terminal;
pub mod theme;
pub mod view;
mod watch;
pub mod work;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use crate::desk::Desk;

/// What the workbench begins with.
#[derive(Debug, Default)]
pub struct Start {
    /// The candle file; the bundled sample without one.
    pub candles: Option<PathBuf>,
    /// The template's name.
    pub template: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// Said at the start.
    pub warning: Option<String>,
    /// The keys in force.
    pub keymap: keymap::Keymap,
}

/// How long what is being read or written may hold up the end.
const LEAVING: Duration = Duration::from_secs(1);

/// Runs the workbench until it is left.
///
/// # Errors
/// When there is no terminal, or it fails.
pub fn run(desk: Desk, start: Start) -> io::Result<()> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(io::Error::other(
            "the workbench needs a terminal; ask headless with `wickdesk ask`",
        ));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let kept = desk.clone();
    let result = runtime.block_on(run::run(desk, start));
    terminal::restore();
    runtime.block_on(kept.settle_calls());
    // Whoever still holds the cache lets it go here: closed in order, its store need not be examined at the next start. A call
    // on its way to a model is not waited for.
    kept.leave();
    runtime.shutdown_timeout(LEAVING);
    drop(kept);
    result
}
