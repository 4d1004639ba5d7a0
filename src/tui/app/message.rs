//! What happens to the workbench, and what it asks to be done.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;

use super::{Candles, Item, Session};
use crate::cache::{Clear, Cleared, Key, Report};
use crate::desk::{
    Answer, Board, Browsed, Estimate, Inspected, Market, Policy, Prepared, Question, Settled, Sharing, Step,
};
use crate::journal::{Head, Record};
use crate::market::{Series, Timeframe};
use crate::prompt::Listed;
use crate::tui::drafts::Drafts;

/// Candles opened, or the line that says why not.
pub type Opened = Result<Box<Candles>, String>;

/// A template on its way to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// The name it was opened under; none of a new one.
    pub from: Option<String>,
    /// The name it is saved under.
    pub name: String,
    /// Its text as it is saved.
    pub text: String,
    /// What the file held that it takes the place of.
    pub before: Option<String>,
    /// Whether this takes a saving back.
    pub undoes: bool,
}

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse was clicked, or its wheel turned.
    Mouse(MouseEvent),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The present.
    Now(Timestamp),
    /// A candle file was read.
    Opened(u64, Opened),
    /// The file that this opening read has changed, and was read again.
    Grown(u64, Opened),
    /// The open candles in another timeframe, or why not.
    Turned(u64, Result<Box<Market>, String>),
    /// Candles that could be opened.
    Files(u64, Vec<Item>),
    /// A prompt is ready, or why not.
    Prepared(u64, Result<Box<(Prepared, Estimate)>, String>),
    /// What asking the models of the columns beside would take, in their order; none of one that cannot be asked.
    Estimated(u64, Vec<Option<Estimate>>),
    /// A step of an answer.
    Step(u64, Step),
    /// Whether the model answers, in words.
    Tested(u64, Result<String, String>),
    /// The cache's counts.
    Report(Box<Report>),
    /// How the shared cache stands.
    Sharing(Sharing),
    /// The cache was cleared.
    Cleared(Result<Cleared, String>),
    /// The cache's entries.
    Browsed(u64, Result<Browsed, String>),
    /// An entry of the cache, if it is still there.
    Inspected(u64, Result<Option<Box<Inspected>>, String>),
    /// An entry was pinned or removed, in words, or why not.
    Kept(Result<String, String>),
    /// The numbers of the samples that there are of the answer of this ask.
    Samples(u64, Vec<u32>),
    /// The journal's newest records, and whether there are older ones.
    Listed(u64, Result<(Vec<Head>, bool), String>),
    /// A record of the journal.
    Recalled(u64, Result<Box<Record>, String>),
    /// A record with another note or other tags.
    Annotated(Result<Box<Record>, String>),
    /// How two records differ.
    Differs(Result<String, String>),
    /// A file was written, in words, or why not.
    Written(Result<String, String>),
    /// The scoreboard.
    Scored(u64, Result<Box<Board>, String>),
    /// The answer of the ask of this id is recorded under this number; before it came the other, if there is one.
    Recorded(u64, u64, Option<Box<Record>>),
    /// An answer could not be recorded, and why.
    Unrecorded(String),
    /// What later candles have decided.
    Settled(Result<Vec<Settled>, String>),
    /// Time for the next candle of what plays by itself.
    Tick,
    /// The library as it is now.
    Library(Vec<Listed>),
    /// A template's file was removed: its name and text, or why not.
    RemovedTemplate(Result<(String, String), String>),
    /// A template bears another name, this one before and that one now, or why not.
    RenamedTemplate(Result<(String, String), String>),
    /// Another editor was left: the template's name and its text, or why it could not be opened.
    EditedElsewhere(String, Result<String, String>),
    /// A template was saved, or why not.
    Saved(Result<Saving, String>),
}

impl Message {
    /// The id of what on a desk asked for it.
    pub fn id(&self) -> Option<u64> {
        match self {
            Message::Opened(id, _)
            | Message::Grown(id, _)
            | Message::Turned(id, _)
            | Message::Prepared(id, _)
            | Message::Estimated(id, _)
            | Message::Step(id, _)
            | Message::Tested(id, _)
            | Message::Samples(id, _)
            | Message::Recorded(id, ..) => Some(*id),
            _ => None,
        }
    }
}

/// Something to be done.
#[derive(Debug)]
pub enum Effect {
    /// Read a candle file.
    Open(u64, PathBuf),
    /// Watch what this opening read; it is known so far as these candles.
    Watch(u64, PathBuf, Box<Candles>),
    /// No longer watch what this opening read.
    Unwatch(u64),
    /// Make candles of this timeframe.
    Turn(u64, Arc<Series>, Timeframe),
    /// Find candle files.
    ListFiles(u64),
    /// Make a prompt ready.
    Prepare(u64, Box<Question>, Option<Box<crate::desk::Market>>),
    /// Estimate what asking these models instead would take.
    Estimate(u64, Box<Question>, Option<Box<crate::desk::Market>>, Vec<String>),
    /// Ask.
    Ask(u64, Box<Prepared>, Policy),
    /// Ask the model for a word, past the cache; the one in use without a name.
    TestModel(u64, Option<String>),
    /// Drop the call of this id.
    Cancel(u64),
    /// Count what the cache holds.
    Report,
    /// Clear the cache.
    Clear(Clear),
    /// Read the cache's entries.
    Browse(u64),
    /// Read an entry with what was asked.
    Inspect(u64, Key, u32),
    /// Pin an entry, or no longer.
    Pin(Key, u32, bool),
    /// Remove an entry.
    Remove(Key, u32),
    /// Find the samples of a question that the ask of this id was about.
    Samples(u64, Key),
    /// Record the answer of the ask of this id that is shown, of the question put so, on candles of this source.
    Record(u64, Box<Prepared>, Box<Answer>, String),
    /// Play forward what the journal has open of these candles' market.
    Settle(Arc<Series>),
    /// Read the journal's newest records that hold these words, or those of these numbers.
    ListHistory(u64, String, Option<Vec<u64>>),
    /// Read a record.
    Recall(u64, u64),
    /// Give a record a note, and tags; a minus before one takes it away.
    Annotate(u64, Option<String>, Vec<String>),
    /// Write a record to a file of this kind in the working directory.
    Export(u64, &'static str),
    /// Hold two records against each other.
    Differ(u64, u64),
    /// Score the journal, or the walk of this name.
    Score(u64, Option<String>),
    /// Save a template; whether it may replace a file of that name.
    Save(Saving, bool),
    /// Remove the file of this template.
    RemoveTemplate(String),
    /// Give the template of the first name the second.
    RenameTemplate(String, String),
    /// Open the text of a template in the analyst's own editor, and wait for it.
    EditElsewhere(String, String),
    /// Keep what is typed and not saved.
    KeepDrafts(Box<Drafts>),
    /// Keep what is open, and the values that were set, for the next start.
    KeepSession(Box<Session>),
    /// Put text on the clipboard.
    Copy(String),
    /// Put the program to sleep.
    Suspend,
    /// Leave.
    Quit,
}
