//! wickdesk
#![deny(unsafe_code)]
pub mod facts;
pub mod market;
pub mod text;
