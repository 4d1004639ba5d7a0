//! wickdesk
#![deny(unsafe_code)]
pub mod market;
pub mod text;
