//! A template's text in the analyst's own editor: `$VISUAL`, else `$EDITOR`, on a file that is nobody else's.

use std::path::Path;
use std::process::Command;

use super::terminal::Guard;

/// Opens `text` in the analyst's editor, waits until it is left, and returns what was saved there. The terminal is the
/// editor's meanwhile; nobody else may read its keys.
///
/// # Errors
/// A line that says why it could not be opened; the text is as it was then.
pub fn edit(name: &str, text: &str, guard: &mut Guard) -> Result<String, String> {
    let command = ["VISUAL", "EDITOR"]
        .iter()
        .filter_map(|variable| crate::desk::environment(variable))
        .find(|value| !value.trim().is_empty())
        .ok_or("no editor is named: set EDITOR, for instance EDITOR=nano")?;
    let failed = |error: std::io::Error| format!("{command}: {}", crate::text::io_reason(&error));
    let file = tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .suffix(".prompt")
        .tempfile()
        .map_err(failed)?;
    std::fs::write(file.path(), text).map_err(failed)?;
    let left = guard.lend(|| run(&command, file.path())).map_err(failed)?;
    let status = left.map_err(failed)?;
    if !status.success() {
        return Err(format!("{command} ended with {status}; the template is as it was"));
    }
    let bytes = std::fs::read(file.path()).map_err(failed)?;
    String::from_utf8(bytes).map_err(|_| "what was saved is not UTF-8; the template is as it was".to_owned())
}

/// Runs `command`, which may have arguments of its own, on `file`.
fn run(command: &str, file: &Path) -> std::io::Result<std::process::ExitStatus> {
    #[cfg(unix)]
    {
        // As git does: the shell takes the words apart, the file is one of them whatever it is named.
        Command::new("sh")
            .arg("-c")
            .arg(format!("{command} \"$@\""))
            .arg(command)
            .arg(file)
            .status()
    }
    #[cfg(not(unix))]
    {
        let mut words = command.split_whitespace();
        let program = words.next().unwrap_or(command);
        Command::new(program).args(words).arg(file).status()
    }
}
