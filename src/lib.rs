//! wickdesk
#![deny(unsafe_code)]
pub mod analyst;
pub mod cache;
pub mod cli;
pub mod config;
pub mod desk;
pub mod diagnostics;
pub mod facts;
pub mod files;
pub mod market;
pub mod message;
pub mod model;
pub mod prompt;
pub mod setup;
pub mod text;
pub mod ttl;
pub mod tui;
