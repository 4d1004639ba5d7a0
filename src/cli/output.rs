//! Writing results and failures: a closed pipe is no error, a failure is one line, and the exit code tells scripts.

use std::io::{self, IsTerminal, Write};
use std::process::{ExitCode, Termination};

use anstyle::{AnsiColor, Style};

use crate::desk::DeskError;
use crate::setup::Status;

/// A failure is a line, not a page.
const LONGEST_LINE: usize = 600;

/// How a run ended, in the codes of the command line's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done; an answer is complete and no check failed.
    Done,
    /// 1: it failed.
    Failed,
    /// 3: answered, but a check failed.
    CheckFailed,
    /// 4: the answer is partial.
    Partial,
    /// 5: not configured.
    NotConfigured,
    /// 130: stopped by Ctrl-C.
    Interrupted,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::CheckFailed => 3,
            Exit::Partial => 4,
            Exit::NotConfigured => 5,
            Exit::Interrupted => 130,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// Why a run failed: one line that says what, and what to do.
#[derive(Debug)]
pub struct Failure {
    line: String,
    exit: Exit,
}

impl Failure {
    /// A failure of exit code 1.
    pub fn new(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            exit: Exit::Failed,
        }
    }

    /// A configuration that cannot be used.
    pub(super) fn configuration(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            exit: Exit::NotConfigured,
        }
    }

    /// Stopped by Ctrl-C.
    pub(super) fn interrupted() -> Self {
        Self {
            line: "interrupted".to_owned(),
            exit: Exit::Interrupted,
        }
    }

    /// Prints the line and hands on the code.
    pub(super) fn report(self) -> Exit {
        if self.exit != Exit::Done {
            // Words of a file or server may be of any length.
            let line: String = crate::text::clean_line(&self.line).chars().take(LONGEST_LINE).collect();
            let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
            // Nothing is left to be done about a standard error that is gone.
            let _ = writeln!(anstream::stderr(), "{style}error:{style:#} {line}");
        }
        self.exit
    }
}

impl<E: Into<DeskError>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let exit = if error.is_configuration() {
            Exit::NotConfigured
        } else {
            Exit::Failed
        };
        Self {
            line: error.to_string(),
            exit,
        }
    }
}

/// A failed write to standard output: to a closed pipe it is the reader's wish, and no failure.
fn unwritten(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure {
            line: String::new(),
            exit: Exit::Done,
        }
    } else {
        Failure::new(format!("standard output: {}", crate::text::io_reason(error)))
    }
}

/// Writes `text` to standard output at once.
pub(super) fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|e| unwritten(&e))
}

/// What runs calls: two threads, one for those that wait and one for those that work.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::new(format!("no runtime: {e}")))
}

/// Writes a line to standard output.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    out(&format!("{text}\n"))
}

/// Writes a JSON value on one line, or over several on a terminal.
pub(super) fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|e| Failure::new(e.to_string()))?;
    line(&text)
}

/// Whether the user agrees, asked on the terminal; `None` where there is none to ask on.
pub(super) fn agreed(question: &str) -> Result<Option<bool>, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    let mut stderr = anstream::stderr();
    let _ = write!(stderr, "{question} [y/N] ");
    let _ = stderr.flush();
    let mut said = String::new();
    let read = io::stdin().read_line(&mut said);
    read.map_err(|e| Failure::new(format!("standard input: {}", crate::text::io_reason(&e))))?;
    Ok(Some(matches!(said.trim(), "y" | "Y" | "yes")))
}

/// Says something on standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Warns on standard error.
pub(super) fn warn(text: &str) {
    let style = Style::new().fg_color(Some(AnsiColor::Yellow.into()));
    note(&format!("{style}warning:{style:#} {}", crate::text::clean_line(text)));
}

/// A check's status, coloured where colour is wanted.
pub(super) fn status(status: Status) -> String {
    let color = match status {
        Status::Pass => AnsiColor::Green,
        Status::Unknown => AnsiColor::BrightBlack,
        Status::Warn => AnsiColor::Yellow,
        Status::Fail => AnsiColor::Red,
    };
    let style = Style::new().fg_color(Some(color.into()));
    format!("{style}{status:<7}{style:#}")
}
