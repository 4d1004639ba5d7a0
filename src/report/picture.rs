//! The charts of a report, as SVG that takes its colours from the page.

use std::fmt::Write as _;

use crate::market::timestamp;
use crate::setup::score::{Calibration, Slice};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 58.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 10.0;

struct Picture {
    text: String,
}

impl Picture {
    fn begin(label: &str) -> Self {
        let mut picture = Self { text: String::new() };
        picture.add(&format!(
            r#"<svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}" width="100%">"#
        ));
        picture
    }

    fn add(&mut self, element: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{element}");
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.add(&format!(
            r#"<line class="{class}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
            from.0, from.1, to.0, to.1
        ));
    }

    /// Words at a place; `anchor` is start, middle or end.
    fn words(&mut self, at: (f64, f64), anchor: &str, words: &str) {
        let words = words.replace('&', "&amp;").replace('<', "&lt;");
        self.add(&format!(
            r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">{words}</text>"#,
            at.0, at.1
        ));
    }

    fn bar(&mut self, good: bool, x: f64, width: f64, y: (f64, f64)) {
        let class = if good { "won" } else { "lost" };
        let (top, bottom) = (y.0.min(y.1), y.0.max(y.1));
        self.add(&format!(
            r#"<rect class="{class}" x="{x:.1}" y="{top:.1}" width="{width:.1}" height="{:.1}"/>"#,
            (bottom - top).max(0.5)
        ));
    }

    fn end(mut self) -> String {
        self.add("</svg>");
        self.text
    }
}

/// A scale from the values to the height of a picture.
fn scale(values: impl Iterator<Item = f64>) -> (f64, f64, impl Fn(f64) -> f64) {
    let (low, high) = values.fold((0.0f64, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    let span = if high > low { high - low } else { 1.0 };
    (low, high, move |v: f64| {
        TOP + (high - v) / span * (HEIGHT - BOTTOM - TOP)
    })
}

/// The running total of R over time.
pub(super) fn equity(curve: &[(i64, f64)]) -> String {
    let mut picture = Picture::begin("running total of R");
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else {
        return String::new();
    };
    let (low, high, y) = scale(curve.iter().map(|(_, v)| *v));
    let span = (last.0 - first.0).max(1) as f64;
    let x = |time: i64| LEFT + (time - first.0) as f64 / span * (WIDTH - LEFT - 8.0);
    picture.line("axis", (LEFT, y(0.0)), (WIDTH, y(0.0)));
    let points: Vec<String> = curve
        .iter()
        .map(|(time, total)| format!("{:.1},{:.1}", x(*time), y(*total)))
        .collect();
    picture.add(&format!(r#"<polyline class="curve" points="{}"/>"#, points.join(" ")));
    for value in [low, high] {
        picture.words((LEFT - 6.0, y(value) + 4.0), "end", &format!("{value:+.1} R"));
    }
    let day = |time: i64| timestamp(time).strftime("%Y-%m-%d").to_string();
    picture.words((LEFT, HEIGHT - 6.0), "start", &day(first.0));
    picture.words((WIDTH - 8.0, HEIGHT - 6.0), "end", &day(last.0));
    picture.end()
}

/// How many trades ended in each half R.
pub(super) fn distribution(bins: &[(f64, usize)]) -> String {
    if bins.is_empty() {
        return String::new();
    }
    let mut picture = Picture::begin("distribution of R");
    let (_, high, y) = scale(bins.iter().map(|(_, n)| *n as f64));
    let step = (WIDTH - LEFT) / bins.len() as f64;
    for (at, (from, n)) in bins.iter().enumerate() {
        let x = LEFT + at as f64 * step;
        picture.bar(*from >= 0.0, x + 1.0, step - 2.0, (y(*n as f64), y(0.0)));
        if from.fract() == 0.0 {
            picture.words((x, HEIGHT - 6.0), "start", &format!("{from:+.0}"));
        }
    }
    picture.words((LEFT - 6.0, TOP + 8.0), "end", &format!("{high:.0}"));
    picture.end()
}

/// Mean R of parts of the time.
pub(super) fn slices(slices: &[Slice], label: &str) -> String {
    if slices.is_empty() {
        return String::new();
    }
    let mut picture = Picture::begin(label);
    let mean = |s: &Slice| s.mean_r.unwrap_or(0.0);
    let (low, high, y) = scale(slices.iter().map(mean));
    let step = (WIDTH - LEFT) / slices.len() as f64;
    picture.line("axis", (LEFT, y(0.0)), (WIDTH, y(0.0)));
    for (at, slice) in slices.iter().enumerate() {
        let x = LEFT + at as f64 * step;
        picture.bar(mean(slice) >= 0.0, x + step * 0.2, step * 0.6, (y(mean(slice)), y(0.0)));
        // Two cities' names side by side are too wide for their bar.
        let name = slice.name.replace("new york", "NY");
        let words = format!("{name} ({})", slice.trades);
        picture.words((x + step / 2.0, HEIGHT - 6.0), "middle", &words);
    }
    for value in [low, high] {
        picture.words((LEFT - 6.0, y(value) + 4.0), "end", &format!("{value:+.2}"));
    }
    picture.end()
}

/// Stated confidence against the share that won; on the line they are the same.
pub(super) fn calibration(ranges: &[Calibration]) -> String {
    if ranges.is_empty() {
        return String::new();
    }
    let mut picture = Picture::begin("calibration of confidence");
    let y = |share: f64| TOP + (1.0 - share) * (HEIGHT - BOTTOM - TOP);
    let x = |share: f64| LEFT + share * (WIDTH - LEFT - 8.0);
    picture.line("axis", (x(0.0), y(0.0)), (x(1.0), y(1.0)));
    let most = ranges.iter().map(|r| r.n).max().unwrap_or(1).max(1) as f64;
    for range in ranges {
        let size = 3.0 + 7.0 * (range.n as f64 / most).sqrt();
        picture.add(&format!(
            r#"<circle class="won" cx="{:.1}" cy="{:.1}" r="{size:.1}"/>"#,
            x(range.stated),
            y(range.won)
        ));
        picture.words(
            (x(range.stated) + size + 3.0, y(range.won) + 4.0),
            "start",
            &format!("{:.0} % of {}", range.won * 100.0, range.n),
        );
    }
    for share in [0.0, 0.5, 1.0] {
        let words = format!("{:.0} %", share * 100.0);
        picture.words((LEFT - 6.0, y(share) + 4.0), "end", &words);
        let anchor = if share < 1.0 { "middle" } else { "end" };
        picture.words((x(share), HEIGHT - 6.0), anchor, &words);
    }
    picture.end()
}
