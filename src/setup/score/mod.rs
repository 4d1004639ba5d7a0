//! The scoreboard: what became of many analyses, by the same rules for every model.
//!
//! A [`Trial`] is one analysis with what became of it; [`board`] gathers trials into a [`Score`] for each group. N comes first,
//! and below [`ENOUGH`] independent trades a score gives no verdict.

mod board;
mod clustered;
mod episodes;
mod former;
mod groups;
mod stats;
mod student;
mod trial;

pub use board::{Calibration, Score, Verdict, board, score};
pub use clustered::{Estimate, estimate, share};
pub use episodes::Observation;
pub use groups::{By, Compared, Name, Pair, Slice, by_session, by_weekday, distribution, groups, pairs};
pub use stats::{Interval, mean, median};
pub use trial::{Fate, Trial, random_side};

/// The fewest independent trades that a verdict can stand on.
pub const ENOUGH: usize = 8;
