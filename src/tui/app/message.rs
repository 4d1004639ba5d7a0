//! What happens to the workbench, and what it asks to be done.

use std::path::PathBuf;

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use super::Candles;
use crate::cache::{Clear, Cleared, Report};
use crate::desk::{Estimate, Policy, Prepared, Question, Step};
use crate::prompt::Listed;

/// Candles opened, or the line that says why not.
pub type Opened = Result<Box<Candles>, String>;

/// A template on its way to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// The name it was opened under.
    pub from: String,
    /// The name it is saved under.
    pub name: String,
    /// Its text as it is saved.
    pub text: String,
}

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The present.
    Now(Timestamp),
    /// A candle file was read.
    Opened(u64, Opened),
    /// Candle files that could be opened.
    Files(u64, Vec<PathBuf>),
    /// A prompt is ready, or why not.
    Prepared(u64, Result<Box<(Prepared, Estimate)>, String>),
    /// A step of an answer.
    Step(u64, Step),
    /// The cache's counts.
    Report(Box<Report>),
    /// The cache was cleared.
    Cleared(Result<Cleared, String>),
    /// The library as it is now.
    Library(Vec<Listed>),
    /// A template was saved, or why not.
    Saved(Result<Saving, String>),
}

/// Something to be done.
#[derive(Debug)]
pub enum Effect {
    /// Read a candle file.
    Open(u64, PathBuf),
    /// Find candle files.
    ListFiles(u64),
    /// Make a prompt ready.
    Prepare(u64, Box<Question>, Option<Box<crate::desk::Market>>),
    /// Ask.
    Ask(u64, Box<Prepared>, Policy),
    /// Drop the call of this id.
    Cancel(u64),
    /// Count what the cache holds.
    Report,
    /// Clear the cache.
    Clear(Clear),
    /// Save a template; whether it may replace a file of that name.
    Save(Saving, bool),
    /// Put text on the clipboard.
    Copy(String),
    /// Put the program to sleep.
    Suspend,
    /// Leave.
    Quit,
}
