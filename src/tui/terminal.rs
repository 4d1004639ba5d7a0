//! The terminal: every mode that is set is known, and undone, however the program ends.
//!
//! [`restore`] may be called at any time, from any thread, any number of times: it undoes what is set, and every step
//! even if one fails.

use std::io::{self, Write, stdout};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// The terminal that the workbench draws on.
pub type Screen = Terminal<CrosstermBackend<io::Stdout>>;

/// Whether modes are set that must be undone.
static SET: AtomicBool = AtomicBool::new(false);

/// Takes the terminal; dropped, it gives it back.
pub struct Guard {
    /// Whether the mouse is taken.
    mouse: bool,
    /// Never dropped: [`restore`] undoes all there is, and ratatui's own drop would write to a terminal that may be gone.
    screen: ManuallyDrop<Screen>,
}

impl Guard {
    /// Sets raw mode, alternate screen, bracketed paste and focus reports. The mouse stays the terminal's, so that its own
    /// selection works, unless it is asked for.
    ///
    /// # Errors
    /// The system's, when this is no terminal; then nothing stays set.
    pub fn take(mouse: bool) -> io::Result<Self> {
        enter(mouse)?;
        let screen = Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| restore())?;
        Ok(Self {
            mouse,
            screen: ManuallyDrop::new(screen),
        })
    }

    /// The screen to draw on.
    pub fn screen(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// Gives the terminal back, stops the process until it is continued, and takes the terminal again.
    ///
    /// # Errors
    /// The system's, when the terminal cannot be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        #[cfg(unix)]
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        self.take_again()
    }

    /// Gives the terminal back while `work` uses it, and takes it again.
    ///
    /// # Errors
    /// The system's, when the terminal cannot be taken again.
    pub fn lend<T>(&mut self, work: impl FnOnce() -> T) -> io::Result<T> {
        restore();
        let done = work();
        self.take_again()?;
        Ok(done)
    }

    fn take_again(&mut self) -> io::Result<()> {
        enter(self.mouse)?;
        // A screen that knows nothing of what stood there draws all of it; clearing would ask the terminal for its
        // cursor while the events are read elsewhere.
        self.screen = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(stdout()))?);
        Ok(())
    }

    /// Puts `text` on the clipboard of the terminal, by OSC 52: also over SSH.
    ///
    /// # Errors
    /// The system's, when it cannot be written.
    pub fn copy(text: &str) -> io::Result<()> {
        execute!(stdout(), crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    SET.store(true, Ordering::SeqCst);
    let mut result = execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange);
    if mouse {
        result = result.and_then(|()| execute!(stdout(), EnableMouseCapture));
    }
    result.inspect_err(|_| restore())
}

/// Undoes every mode, if any is set.
pub fn restore() {
    if !SET.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    // Each step by itself: one that fails keeps no other from being tried, and there is nobody left to tell.
    let _ = queue!(out, DisableMouseCapture);
    let _ = queue!(out, DisableFocusChange);
    let _ = queue!(out, DisableBracketedPaste);
    let _ = queue!(out, LeaveAlternateScreen);
    let _ = queue!(out, SetCursorStyle::DefaultUserShape);
    let _ = queue!(out, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}
