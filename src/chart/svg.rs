//! A scene as an SVG picture.

use std::fmt::Write as _;

use super::{Kind, Layer, Level, Scene, Zone};
use crate::facts::{Direction, Side};
use crate::market::{price, timestamp};

const UP: &str = "#56b4e9";
const DOWN: &str = "#d55e00";
const DIM: &str = "#808890";
const ACCENT: &str = "#e69f00";
const GROUND: &str = "#14181d";
const SCALE: &str = "#606870";
const TEXT: &str = "#d0d6dc";
/// Room for the scale at the right and the times below.
const RIGHT: f64 = 110.0;
const BELOW: f64 = 24.0;

/// Where things lie in the picture.
struct Page<'a> {
    scene: &'a Scene<'a>,
    width: f64,
    /// The bottom of the candles, of the RSI and of the volume.
    bottoms: [f64; 3],
    low: f64,
    high: f64,
    /// What stands at the right: height, colour, words; those of the scale give way.
    labels: Vec<(f64, &'static str, String)>,
    text: String,
}

/// The scene as a picture of `width` by `height` pixels.
pub fn svg(scene: &Scene<'_>, width: u32, height: u32) -> String {
    let (width, height) = (f64::from(width), f64::from(height));
    let rest = height - BELOW;
    let share = |layer: Layer, part: f64| if scene.layers.has(layer) { rest * part } else { 0.0 };
    let (rsi, volume) = (share(Layer::Rsi, 0.16), share(Layer::Volume, 0.1));
    let plot = rest - rsi - volume;
    let (low, high) = scene.range().unwrap_or((0.0, 1.0));
    let margin = ((high - low) * 0.03).max(high.abs() * 1e-6);
    let mut page = Page {
        scene,
        width: (width - RIGHT).max(1.0),
        bottoms: [plot, plot + rsi, plot + rsi + volume],
        low: low - margin,
        high: high + margin,
        labels: Vec::new(),
        text: String::with_capacity(64 << 10),
    };
    page.line(&format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="monospace" font-size="11"><rect width="100%" height="100%" fill="{GROUND}"/>"#
    ));
    page.title();
    page.scale();
    page.profile();
    for zone in &scene.zones {
        page.zone(zone);
    }
    for level in &scene.levels {
        page.level(level);
    }
    page.averages();
    page.candles();
    page.marks();
    page.labels();
    page.rsi();
    page.volume();
    page.times(height);
    page.line("</svg>");
    page.text
}

fn colour(direction: Direction) -> &'static str {
    match direction {
        Direction::Bullish => UP,
        Direction::Bearish => DOWN,
    }
}

fn escape(text: &str) -> String {
    crate::text::clean_line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn step(&self) -> f64 {
        self.width / self.scene.window.len().max(1) as f64
    }

    /// The middle of a bar; of one before the window the left edge, of one behind it the right.
    fn x(&self, bar: usize) -> f64 {
        let at = bar as f64 - self.scene.window.start as f64 + 0.5;
        (at * self.step()).clamp(0.0, self.width)
    }

    fn y(&self, value: f64) -> f64 {
        (self.high - value) / (self.high - self.low) * self.bottoms[0]
    }

    fn price(&self, value: f64) -> String {
        price(value, self.scene.series.decimals())
    }

    fn words(&mut self, x: f64, y: f64, fill: &str, text: &str) {
        let text = escape(text);
        self.line(&format!(r#"<text x="{x:.1}" y="{y:.1}" fill="{fill}">{text}</text>"#));
    }

    fn stroke(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, dashes: &str) {
        self.line(&format!(
            r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" stroke="{colour}" stroke-dasharray="{dashes}"/>"#,
            from.0, from.1, to.0, to.1
        ));
    }

    fn title(&mut self) {
        let series = self.scene.series;
        let last = &series.candles()[self.scene.window.end - 1];
        let text = format!(
            "{} {} · {} · {} UTC · research, not advice",
            series.symbol(),
            series.timeframe(),
            self.price(last.close),
            timestamp(last.time).strftime("%Y-%m-%d %H:%M")
        );
        self.words(8.0, 16.0, TEXT, &text);
    }

    fn scale(&mut self) {
        for part in 1..8 {
            let value = self.high - (self.high - self.low) * f64::from(part) / 8.0;
            let (y, label) = (self.y(value), self.price(value));
            self.stroke((0.0, y), (self.width, y), "#222930", "none");
            self.labels.push((y, SCALE, label));
        }
    }

    fn profile(&mut self) {
        let Some(profile) = &self.scene.profile else { return };
        let fullest = profile.rows.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let height = (profile.high - profile.low) / profile.rows.len() as f64;
        let mut bars = String::new();
        for (row, volume) in profile.rows.iter().enumerate() {
            let bottom = profile.low + row as f64 * height;
            let (top, low) = (self.y(bottom + height).max(0.0), self.y(bottom).min(self.bottoms[0]));
            if low > top {
                let _ = writeln!(
                    bars,
                    r##"<rect x="0" y="{top:.1}" width="{:.1}" height="{:.1}" fill="#303844"/>"##,
                    volume / fullest * self.width / 5.0,
                    (low - top - 1.0).max(0.5)
                );
            }
        }
        self.text.push_str(&bars);
    }

    fn zone(&mut self, zone: &Zone) {
        let (left, right) = (self.x(zone.from), zone.until.map_or(self.width, |bar| self.x(bar)));
        let (top, bottom) = (self.y(zone.top).max(0.0), self.y(zone.bottom).min(self.bottoms[0]));
        if bottom <= top || right <= left {
            return;
        }
        let fill = colour(zone.direction);
        let opacity = if zone.kind == Kind::Gap { 0.10 } else { 0.20 };
        self.line(&format!(
            r#"<rect x="{left:.1}" y="{top:.1}" width="{:.1}" height="{:.1}" fill="{fill}" fill-opacity="{opacity}"><title>{}</title></rect>"#,
            right - left,
            bottom - top,
            escape(&zone.words)
        ));
        if zone.until.is_none() {
            self.words(right - 26.0, bottom - 2.0, fill, zone.label);
        }
    }

    fn level(&mut self, level: &Level) {
        let y = self.y(level.price);
        if y < 0.0 || y > self.bottoms[0] {
            return;
        }
        let left = level.from.map_or(0.0, |bar| self.x(bar));
        let right = level.until.map_or(self.width, |bar| self.x(bar));
        let (stroke, dashes) = match level.kind {
            Kind::Entry => (ACCENT, "none"),
            Kind::Stop => (DOWN, "6 3"),
            Kind::Target => (UP, "6 3"),
            Kind::Session => (ACCENT, "4 4"),
            Kind::EqualLevel | Kind::Profile => ("#f0e442", "4 2"),
            Kind::Break => (level.direction.map_or(DIM, colour), "3 3"),
            _ => (DIM, "2 4"),
        };
        self.stroke((left, y), (right, y), stroke, dashes);
        if matches!(level.kind, Kind::Break | Kind::EqualLevel) {
            self.words((left + right) / 2.0 - 10.0, y - 3.0, stroke, &level.label);
        } else {
            let text = format!("{} {}", self.price(level.price), level.label);
            self.labels.push((y, stroke, text));
        }
    }

    /// The words at the right, each at its height or as near below it as the one before leaves room.
    fn labels(&mut self) {
        const APART: f64 = 12.0;
        let all = std::mem::take(&mut self.labels);
        let (scale, mut own): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, colour, _)| *colour == SCALE);
        own.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut last = f64::NEG_INFINITY;
        for (y, ..) in &mut own {
            *y = y.max(last + APART);
            last = *y;
        }
        let free = |y: f64| own.iter().all(|(other, ..)| (other - y).abs() >= APART);
        let scale: Vec<_> = scale.into_iter().filter(|(y, ..)| free(*y)).collect();
        for (y, colour, text) in scale.iter().chain(&own) {
            self.words(self.width + 6.0, y + 4.0, colour, text);
        }
    }

    fn averages(&mut self) {
        if !self.scene.layers.has(Layer::Averages) {
            return;
        }
        for (line, stroke) in self.scene.study.emas.iter().zip(["#f0e442", "#cc79a7", "#009e73"]) {
            let points: Vec<(f64, f64)> = self
                .scene
                .window
                .clone()
                .filter_map(|bar| Some((self.x(bar), self.y(line.at(bar)?))))
                .collect();
            self.path(&points, stroke);
        }
    }

    fn path(&mut self, points: &[(f64, f64)], stroke: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.line(&format!(
            r#"<polyline points="{}" fill="none" stroke="{stroke}"/>"#,
            points.join(" ")
        ));
    }

    fn candles(&mut self) {
        let width = (self.step() * 0.7).max(0.6);
        for bar in self.scene.window.clone() {
            let candle = &self.scene.series.candles()[bar];
            let rising = candle.close >= candle.open;
            let stroke = if rising { UP } else { DOWN };
            let x = self.x(bar);
            self.stroke((x, self.y(candle.high)), (x, self.y(candle.low)), stroke, "none");
            let top = self.y(candle.open.max(candle.close));
            let height = (self.y(candle.open.min(candle.close)) - top).max(0.8);
            let fill = if rising { GROUND } else { DOWN };
            self.line(&format!(
                r#"<rect x="{:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" fill="{fill}" stroke="{stroke}"/>"#,
                x - width / 2.0
            ));
        }
    }

    fn marks(&mut self) {
        for mark in &self.scene.marks {
            let away = if mark.side == Side::High { -5.0 } else { 13.0 };
            let fill = if mark.major { ACCENT } else { DIM };
            self.words(self.x(mark.bar) - 6.0, self.y(mark.price) + away, fill, mark.label);
        }
    }

    fn rsi(&mut self) {
        let [top, bottom, _] = self.bottoms;
        if bottom <= top {
            return;
        }
        let y = |value: f64| bottom - (bottom - top) * value / 100.0;
        for level in [30.0, 70.0] {
            self.stroke((0.0, y(level)), (self.width, y(level)), DIM, "2 4");
            self.words(self.width + 6.0, y(level) + 4.0, DIM, &format!("RSI {level}"));
        }
        let at = |bar: usize| Some((self.x(bar), y(self.scene.study.rsi.at(bar)?)));
        let points: Vec<(f64, f64)> = self.scene.window.clone().filter_map(at).collect();
        let window = self.scene.window.clone();
        let shown = self.scene.study.divergences.iter();
        let shown = shown.filter(|d| window.contains(&d.first) && window.contains(&d.second));
        let lines: Vec<_> = shown
            .filter_map(|d| Some((at(d.first)?, at(d.second)?, colour(d.kind.direction()))))
            .collect();
        self.path(&points, ACCENT);
        for (from, to, stroke) in lines {
            self.stroke(from, to, stroke, "none");
        }
    }

    fn volume(&mut self) {
        let [_, top, bottom] = self.bottoms;
        let candles = &self.scene.series.candles()[self.scene.window.clone()];
        let most = candles.iter().map(|c| c.volume).fold(0.0, f64::max);
        if bottom <= top || most <= 0.0 {
            return;
        }
        let width = (self.step() * 0.7).max(0.6);
        for bar in self.scene.window.clone() {
            let candle = &self.scene.series.candles()[bar];
            let fill = if candle.close >= candle.open { UP } else { DOWN };
            let height = candle.volume / most * (bottom - top - 4.0);
            self.line(&format!(
                r#"<rect x="{:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}" fill="{fill}" fill-opacity="0.6"/>"#,
                self.x(bar) - width / 2.0,
                bottom - height
            ));
        }
    }

    fn times(&mut self, height: f64) {
        let form = if self.scene.series.timeframe().is_daily() {
            "%Y-%m-%d"
        } else {
            "%m-%d %H:%M"
        };
        let apart = (110.0 / self.step()).ceil().max(1.0) as usize;
        for bar in self.scene.window.clone().rev().step_by(apart) {
            let label = timestamp(self.scene.series.candles()[bar].time)
                .strftime(form)
                .to_string();
            self.words((self.x(bar) - 70.0).max(0.0), height - 8.0, DIM, &label);
        }
    }
}
