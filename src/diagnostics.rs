//! The log and the crash report: what the program says of itself, in private files of the state directory.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::Timestamp;

/// A log longer than this is begun anew.
const LONGEST_LOG: u64 = 4 << 20;

/// Begins the log in `state` and makes panics leave a report there, after the terminal has been restored.
///
/// Where the directory cannot be written there is no log, and a report says so.
pub fn install(state: Option<&Path>, verbose: bool) {
    if let Some(file) = state.and_then(log) {
        let level = if verbose {
            tracing::Level::DEBUG
        } else {
            tracing::Level::WARN
        };
        let filter = tracing_subscriber::EnvFilter::builder()
            .with_default_directive(level.into())
            .with_env_var("WICKDESK_LOG")
            .from_env_lossy();
        // A second installation in one process keeps the first's log.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(Mutex::new(file))
            .try_init();
    }
    let state = state.map(Path::to_owned);
    std::panic::set_hook(Box::new(move |info| {
        crate::tui::terminal::restore();
        let line = match report(state.as_deref(), info) {
            Ok(path) => format!("the report is in {}", path.display()),
            Err(_) => format!("no report could be written: {info}"),
        };
        let line = crate::text::clean_line(&line);
        // Nothing is left to be done about a standard error that is gone.
        let _ = writeln!(
            std::io::stderr(),
            "error: wickdesk stopped on a fault of its own; {line}"
        );
        // Other threads may wait for the one that failed: none of them is to hold the terminal.
        std::process::exit(1);
    }));
}

fn log(state: &Path) -> Option<File> {
    let path = state.join("wickdesk.log");
    crate::files::private_directory(state).ok()?;
    let long = std::fs::metadata(&path).is_ok_and(|m| m.len() > LONGEST_LOG);
    private(&path, long).ok()
}

fn private(path: &Path, anew: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(!anew).write(true).truncate(anew);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn report(state: Option<&Path>, info: &PanicHookInfo<'_>) -> std::io::Result<PathBuf> {
    let directory = state.map_or_else(std::env::temp_dir, Path::to_owned);
    crate::files::private_directory(&directory)?;
    let now = Timestamp::now();
    let path = directory.join(format!("crash-{}.txt", now.strftime("%Y%m%dT%H%M%SZ")));
    let mut file = private(&path, true)?;
    let trace = std::backtrace::Backtrace::force_capture();
    writeln!(
        file,
        "wickdesk {} at {now}\n{info}\n\n{trace}",
        env!("CARGO_PKG_VERSION")
    )?;
    Ok(path)
}
