//! The chart as a value: what is drawn on the candles and where it comes from; and its two pictures, cells and SVG.
//!
//! A [`Scene`] is made of a series and its study for a stretch of bars and the [`Layers`] that are switched on. It knows
//! prices and bars, not rows and columns: [`cells`] draws it into a grid of characters, [`svg`] into a picture. The words
//! under the cursor come from the scene too, so that both say the same.

pub mod cells;
mod draft;
mod layers;
mod names;
mod panes;
mod scale;
mod scene;
pub mod svg;

pub use cells::{Cursor, Paint, Sheet};
pub use layers::{Layer, Layers};
pub use scene::{Doubt, Kind, Level, Mark, Plan, Scene, Zone};
