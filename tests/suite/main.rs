//! What a user can see, through the public surface: the library, the binary, and the binary in a pseudo-terminal.

mod analyst;
mod app;
mod cache;
mod candles;
mod cli;
mod facts;
mod feeds;
mod fuzz;
mod journal;
mod models;
mod providers;
mod readme;
mod real;
mod recall;
mod reference;
mod replay;
mod responses;
mod screens;
#[cfg(unix)]
mod shared;
mod support;
mod templates;
mod walks;
#[cfg(unix)]
mod workbench;
