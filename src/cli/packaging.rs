//! `wickdesk completions` and `wickdesk man`, for packagers.

use clap::CommandFactory;

use super::args::Args;
use super::output::{self, Exit, Failure};

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "wickdesk", &mut bytes);
    output::out(&String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Done)
}

pub(super) fn man() -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(Args::command())
        .render(&mut bytes)
        .map_err(|e| Failure::new(e.to_string()))?;
    output::out(&String::from_utf8_lossy(&bytes))?;
    Ok(Exit::Done)
}
