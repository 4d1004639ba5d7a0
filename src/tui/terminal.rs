//! The terminal: every mode that is set is known, and undone, however the program ends.
//!
//! [`restore`] may be called at any time, from any thread, any number of times: it undoes what is set, and every step
//! even if one fails.

use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};

use super::clipboard;

/// The terminal that the workbench draws on.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// Bytes of a frame that are written at once: the largest screen drawn anew takes fewer.
const FRAME: usize = 1 << 18;

fn screen() -> io::Result<Screen> {
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME, stdout())))
}

/// Whether the terminal's background is light, if it tells. Asked before anybody reads its keys; one that does not answer keeps
/// nobody waiting for longer than is noticed.
pub fn is_light() -> Option<bool> {
    use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};
    let mut options = QueryOptions::default();
    options.timeout = std::time::Duration::from_millis(200);
    theme_mode(options).ok().map(|mode| mode == ThemeMode::Light)
}

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
        let screen = screen().inspect_err(|_| restore())?;
        Ok(Self {
            mouse,
            screen: ManuallyDrop::new(screen),
        })
    }

    /// Draws a frame: the terminal shows it whole or not yet.
    ///
    /// # Errors
    /// The system's, when it cannot be written.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        self.screen.draw(view)?;
        execute!(self.screen.backend_mut(), EndSynchronizedUpdate)
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
        self.screen = ManuallyDrop::new(screen()?);
        Ok(())
    }

    /// Puts `text` on the clipboard of the terminal, by OSC 52: also over SSH.
    ///
    /// # Errors
    /// The system's, when it cannot be written.
    pub fn copy(text: &str) -> io::Result<()> {
        let mut out = stdout();
        out.write_all(clipboard::sequence(text, &crate::desk::environment).as_bytes())?;
        out.flush()
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
    let _ = queue!(out, EndSynchronizedUpdate);
    let _ = queue!(out, DisableMouseCapture);
    let _ = queue!(out, DisableFocusChange);
    let _ = queue!(out, DisableBracketedPaste);
    let _ = queue!(out, LeaveAlternateScreen);
    let _ = queue!(out, SetCursorStyle::DefaultUserShape);
    let _ = queue!(out, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}
