//! Live sources of candles: what each is called and how it is asked, calls and their failures, pages, and a file kept up to
//! date. What comes is read as any export is: [`crate::market::read()`] does it.
//!
//! A [`Source`] is words of a configuration: those that ship stand in `assets/sources.toml`, others in `config.toml`.
//! [`fetch`] asks it for the newest candles, page by page, and tells the candle that is still forming apart from those that
//! have closed. Nothing here reads files or settings.

mod call;
mod error;
mod fetch;
mod join;
mod locator;
mod pattern;
mod source;

pub use error::FeedError;
pub use fetch::{Fetched, Want, fetch};
pub use join::{JoinError, join};
pub use locator::Locator;
pub use source::{Source, find, shipped};
