//! The scoreboard: what became of many analyses, by the same rules for every model.
//!
//! A [`Trial`] is one analysis with what became of it; [`board`] gathers trials into a [`Score`] for each group. N comes first:
//! under [`ENOUGH`] closed trades a score says that they are too few to tell.

mod board;
mod stats;
mod trial;

pub use board::{By, Calibration, Compared, Score, board};
pub use stats::{Interval, block_bootstrap, mean, median, wilson};
pub use trial::{Fate, Trial, random_side};

/// Fewer closed trades than this tell nothing.
pub const ENOUGH: usize = 30;
