//! The scoreboard: what became of many analyses, by the same rules for every model.
//!
//! A [`Trial`] is one analysis with what became of it; [`board`] gathers trials into a [`Score`] for each group. N comes first:
//! under [`ENOUGH`] closed trades a score says that they are too few to tell.

mod board;
mod groups;
mod stats;
mod trial;

pub use board::{Calibration, Score, Verdict, board, score};
pub use groups::{By, Compared, Name, Pair, Slice, by_session, by_weekday, distribution, groups, pairs};
pub use stats::{Interval, block_bootstrap, mean, median, wilson};
pub use trial::{Fate, Trial, random_side};

/// Fewer closed trades than this tell nothing.
pub const ENOUGH: usize = 30;
