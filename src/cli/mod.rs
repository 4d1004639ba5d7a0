//! The command line: one file a subcommand, results to stdout, everything else to stderr, exit codes that scripts can use.

mod args;
mod ask;
mod cache;
mod candles;
mod chart;
mod check;
mod doctor;
mod facts;
mod fetch;
mod history;
mod load;
mod models;
mod output;
mod packaging;
mod replay;
mod score;
mod templates;
mod walk;

use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use clap::Parser;

pub use args::{Args, Command};
pub use output::{Exit, Failure};

use crate::cache::Trouble;
use crate::config::{Flags, Settings};
use crate::desk::{Desk, Sharing, Tie, environment};

/// How long nothing is said of what takes its time.
const PATIENCE: Duration = Duration::from_secs(1);

/// What every subcommand gets.
pub(crate) struct Session {
    pub desk: Desk,
    /// What is to be said once of the cache.
    pub trouble: Option<Trouble>,
}

impl Session {
    fn open(args: &Args) -> Result<Self, Failure> {
        let settings = settings(args)?;
        let (desk, trouble) = patiently(
            "looking through the cache, which was not closed in order: this is done once",
            || Desk::open(settings),
        );
        Ok(Self { desk, trouble })
    }

    /// What was counted and stored is on disk, and on its way to the desk's other machines, before the process ends.
    fn close(&self, runtime: tokio::runtime::Runtime) {
        runtime.block_on(self.desk.settle_calls());
        self.desk.cache().flush();
        runtime.shutdown_background();
        if let Some(Sharing {
            tie: Tie::Off(reason), ..
        }) = self.desk.sharing()
        {
            output::warn(&format!("asked without the shared cache: {reason}"));
        }
    }
}

/// Does what is done in no time as a rule, and says what it is where it is not.
fn patiently<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            output::note(what);
        }
    });
    let result = work();
    drop(done);
    result
}

fn settings(args: &Args) -> Result<Settings, Failure> {
    let flags = Flags {
        config: args.config.clone(),
        cache_dir: args.cache_dir.clone(),
        data_dir: args.data_dir.clone(),
    };
    Ok(Settings::gather(&flags, &environment).map_err(crate::desk::DeskError::from)?)
}

/// Parses the command line and runs it; the exit code says how it went.
pub fn main() -> Exit {
    let args = Args::parse();
    args.color.apply();
    match run(args) {
        Ok(exit) => exit,
        Err(failure) => failure.report(),
    }
}

fn run(args: Args) -> Result<Exit, Failure> {
    let state = crate::config::Places::find().map(|p| p.state);
    crate::diagnostics::install(state.as_deref(), args.verbose);
    match &args.command {
        None => workbench(&args),
        Some(Command::Ask(ask)) => ask::run(Session::open(&args)?, ask),
        Some(Command::Candles(command)) => candles::run(&args, command),
        Some(Command::Fetch(command)) => fetch::run(&settings(&args)?, command),
        Some(Command::Chart(command)) => chart::run(&args, command),
        Some(Command::Facts(command)) => facts::run(&args, command),
        Some(Command::Check(command)) => check::run(&args, command),
        Some(Command::Replay(command)) => replay::run(&args, command),
        Some(Command::History(command)) => history::run(&args, command),
        Some(Command::Score(command)) => score::run(&args, command),
        Some(Command::Walk(command)) => walk::run(&Session::open(&args)?, command),
        Some(Command::Templates(command)) => templates::run(&settings(&args)?, command),
        Some(Command::Cache(command)) => cache::run(&args, command),
        Some(Command::Models(command)) => models::run(&Session::open(&args)?, command),
        Some(Command::Doctor) => doctor::run(Session::open(&args)?),
        Some(Command::Completions { shell }) => packaging::completions(*shell),
        Some(Command::Man) => packaging::man(),
    }
}

fn workbench(args: &Args) -> Result<Exit, Failure> {
    let session = Session::open(args)?;
    let keymap = crate::tui::keymap::read(&session.desk.settings().places.config.join("keymap.toml"))
        .map_err(|error| Failure::configuration(error.to_string()))?;
    let start = crate::tui::Start {
        keymap,
        candles: args.candles.clone(),
        template: args.template.clone(),
        model: args.model.clone(),
        warning: session.trouble.map(|trouble| trouble.to_string()),
    };
    crate::tui::run(session.desk, start).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Exit::Done)
}
