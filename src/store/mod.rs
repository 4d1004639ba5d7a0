//! A store on disk: a directory that may be trusted with one, a file that is whole, LMDB opened on it.
//!
//! What is laid out in it is its owner's matter: [`cache`](crate::cache) forgets, [`journal`](crate::journal) does not.
//! `place` finds the directory fit and holds its lock, `pages` finds the file fit, `environment` opens it.

pub(crate) mod environment;
mod error;
pub(crate) mod pages;
pub(crate) mod place;

pub use error::{DiskError, SetAside, Unusable};
