//! What was asked, what came back and what became of it. Clearing the cache never touches it.
//!
//! [`walks`] keeps each walk as a file of its own.

pub mod walks;
