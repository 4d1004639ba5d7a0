//! Scores for people: cells and lines of text, a Markdown report, and one HTML page that needs nothing else.

mod difference;
mod document;
mod picture;
mod record;
mod words;

pub use difference::{difference, outcome};
pub use document::{Report, html, markdown};
pub use record::{record_html, record_markdown};
pub use words::{Column, compared, lines, sparkline};

/// Stands in every report.
pub const NOTICE: &str =
    "Research, not advice: nothing here is a recommendation to trade. What was, need not come again.";
