//! wickdesk
#![deny(unsafe_code)]
pub mod facts;
pub mod files;
pub mod market;
pub mod prompt;
pub mod setup;
pub mod text;
pub mod ttl;
