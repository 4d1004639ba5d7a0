//! A scene in a grid of characters: hollow rising bodies, filled falling ones, zones as shades, levels as lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::scale::Scale;
use super::{Doubt, Kind, Layer, Level, Scene, Zone, panes};
use crate::facts::Direction;
use crate::market::{Candle, price, timestamp};

/// The styles of a chart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paint {
    /// Rising candles, demand, targets.
    pub up: Style,
    /// Falling candles, supply, stops.
    pub down: Style,
    /// Scales and what lies behind.
    pub dim: Style,
    /// The entry, the cursor.
    pub accent: Style,
    /// What is unusual: divergences.
    pub warn: Style,
    /// What is wrong.
    pub bad: Style,
    /// The chosen.
    pub selected: Style,
}

/// Where the analyst points: so many candles before the last one in sight, so many rows below the plot's top.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Candles from the right.
    pub back: usize,
    /// Rows from the top.
    pub row: u16,
}

/// How a chart is laid out on a grid.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    /// All of it.
    pub area: Rect,
    /// Columns a candle takes.
    pub step: u16,
    /// The styles.
    pub paint: Paint,
    /// Where the analyst points.
    pub cursor: Option<Cursor>,
}

/// The parts of a sheet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    /// The candles.
    pub plot: Rect,
    /// The RSI.
    pub rsi: Option<Rect>,
    /// The volume.
    pub volume: Option<Rect>,
    /// Columns of the scale at the right.
    pub axis: u16,
    /// Rows for the words of the cursor.
    pub words: u16,
}

impl Sheet {
    /// How many candles fit.
    pub fn fits(area: Rect, axis: u16, step: u16) -> usize {
        usize::from(area.width.saturating_sub(axis).saturating_sub(1).div_ceil(step.max(1)))
    }

    /// Columns that the scale of prices such as `high` takes.
    pub fn axis(area: Rect, high: f64, decimals: u8) -> u16 {
        let digits = price(high, decimals).len();
        u16::try_from(digits + 7).unwrap_or(14).min(area.width / 2)
    }

    /// The rows that the cursor can move over, with these layers.
    pub fn rows(area: Rect, layers: super::Layers, pointing: bool) -> u16 {
        Self::heights(area.height, layers, pointing).0
    }

    /// Rows of the plot, the RSI, the volume and the cursor's words.
    fn heights(height: u16, layers: super::Layers, pointing: bool) -> (u16, u16, u16, u16) {
        let words = if pointing { 2.min(height / 6) } else { 0 };
        let mut rest = height.saturating_sub(1 + words);
        let mut take = |wanted: bool, rows: u16, least: u16| {
            let rows = if wanted && rest >= rows + least { rows } else { 0 };
            rest -= rows;
            rows
        };
        let rsi_rows = if height >= 36 { 7 } else { 5 };
        let rsi = take(layers.has(Layer::Rsi), rsi_rows, 14);
        let volume = take(layers.has(Layer::Volume), 3, 12);
        (rest, rsi, volume, words)
    }

    fn parts(&self, scene: &Scene<'_>) -> Parts {
        let area = self.area;
        let axis = Self::axis(area, scene.series.last().high, scene.series.decimals());
        let (rows, rsi, volume, words) = Self::heights(area.height, scene.layers, self.cursor.is_some());
        let width = area.width.saturating_sub(axis);
        let at = |y: u16, height: u16| Rect::new(area.x, y, width, height);
        let plot = at(area.y + words, rows);
        Parts {
            plot,
            rsi: (rsi > 0).then(|| at(plot.bottom(), rsi)),
            volume: (volume > 0).then(|| at(plot.bottom() + rsi, volume)),
            axis,
            words,
        }
    }

    /// The column of a bar, if it is in sight.
    pub(super) fn column(&self, scene: &Scene<'_>, plot: Rect, bar: usize) -> Option<u16> {
        let back = scene.window.end.checked_sub(bar + 1)?;
        let back = u16::try_from(back).ok()?.checked_mul(self.step)?;
        plot.right().checked_sub(2 + back).filter(|x| *x >= plot.x)
    }

    /// The columns from one bar to another, cut at the plot's edges; to the right edge without an end.
    pub(super) fn columns(
        &self,
        scene: &Scene<'_>,
        plot: Rect,
        from: Option<usize>,
        until: Option<usize>,
    ) -> (u16, u16) {
        let left = from.map_or(plot.x, |bar| self.column(scene, plot, bar).unwrap_or(plot.x));
        let right = until.filter(|bar| *bar < scene.window.end);
        let right = right.map_or(plot.right(), |bar| {
            self.column(scene, plot, bar).map_or(plot.x, |x| x + 1)
        });
        (left, right)
    }

    /// The row of `price` in the plot of `scene`, if it is in sight.
    pub fn row_of(&self, scene: &Scene<'_>, price: f64) -> Option<u16> {
        let (low, high) = scene.range()?;
        Scale::of(low, high, self.parts(scene).plot.height)?.row(price)
    }

    /// Draws `scene`. Too small an area stays as it is.
    pub fn draw(&self, scene: &Scene<'_>, buffer: &mut Buffer) {
        let parts = self.parts(scene);
        let plot = parts.plot;
        if plot.width < 4 || plot.height < 3 {
            return;
        }
        let Some(scale) = scene.range().and_then(|(low, high)| Scale::of(low, high, plot.height)) else {
            return;
        };
        self.scale(scene, scale, parts, buffer);
        self.profile(scene, scale, plot, buffer);
        for zone in &scene.zones {
            self.zone(scene, zone, scale, plot, buffer);
        }
        for level in &scene.levels {
            self.level(scene, level, scale, parts, buffer);
        }
        for zone in &scene.zones {
            self.zone_name(scene, zone, scale, plot, buffer);
        }
        self.averages(scene, scale, plot, buffer);
        for bar in scene.window.clone() {
            if let Some(x) = self.column(scene, plot, bar) {
                self.candle(&scene.series.candles()[bar], x, scale, plot, buffer);
            }
        }
        for level in scene
            .levels
            .iter()
            .filter(|l| matches!(l.kind, Kind::Break | Kind::EqualLevel))
        {
            self.line_name(scene, level, scale, plot, buffer);
        }
        self.words_on(scene, scale, plot, buffer);
        if let Some(area) = parts.rsi {
            panes::rsi(self, scene, area, parts.axis, buffer);
        }
        if let Some(area) = parts.volume {
            panes::volume(self, scene, area, parts.axis, buffer);
        }
        self.times(scene, plot, buffer);
        if let Some(cursor) = self.cursor {
            self.point(scene, cursor, scale, parts, buffer);
        }
    }

    fn scale(&self, scene: &Scene<'_>, scale: Scale, parts: Parts, buffer: &mut Buffer) {
        let plot = parts.plot;
        for row in (0..plot.height).step_by(4) {
            let label = format!("┤{}", price(scale.price(row), scene.series.decimals()));
            buffer.set_stringn(
                plot.right(),
                plot.y + row,
                label,
                usize::from(parts.axis),
                self.paint.dim,
            );
        }
    }

    /// The volume of each price, as bars from the left, behind everything.
    fn profile(&self, scene: &Scene<'_>, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        const PARTS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
        let Some(profile) = &scene.profile else { return };
        let fullest = profile.rows.iter().copied().fold(0.0, f64::max);
        let height = (profile.high - profile.low) / profile.rows.len() as f64;
        if fullest <= 0.0 || height <= 0.0 {
            return;
        }
        let longest = f64::from((plot.width / 4).clamp(4, 24));
        for row in 0..plot.height {
            let middle = (scale.price(row) - profile.low) / height;
            // A price outside the profile's range has none; the cast truncates on purpose.
            let volume = (middle >= 0.0).then(|| profile.rows.get(middle as usize)).flatten();
            let eighths = volume.map_or(0.0, |v| v / fullest * longest * 8.0).round() as u16;
            for at in 0..eighths.div_ceil(8) {
                let part = usize::from((eighths - at * 8).min(8)) - 1;
                if let Some(cell) = buffer.cell_mut((plot.x + at, plot.y + row)) {
                    cell.set_char(PARTS[part]).set_style(self.paint.selected_as_ink());
                }
            }
        }
    }

    fn zone(&self, scene: &Scene<'_>, zone: &Zone, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        let Some((top, bottom)) = scale.rows(zone.bottom, zone.top) else {
            return;
        };
        let (left, right) = self.columns(scene, plot, Some(zone.from), zone.until);
        let style = self.paint.way(zone.direction);
        let edge = if zone.kind == Kind::Gap { '⡀' } else { '░' };
        for y in plot.y + top..=plot.y + bottom {
            // The edges are full, what lies between is thin: zones may overlap.
            let inside = y > plot.y + top && y < plot.y + bottom;
            for x in (left..right).filter(|x| !inside || (x + 2 * y) % 6 == 0) {
                if let Some(cell) = buffer.cell_mut((x, y))
                    && (!inside || cell.symbol() == " ")
                {
                    cell.set_char(if inside { '·' } else { edge })
                        .set_style(Style::reset())
                        .set_style(style)
                        .set_style(Style::new().dim());
                }
            }
        }
    }

    /// How a level's line looks.
    pub(super) fn line(&self, level: &Level, stale: bool) -> (char, Style) {
        let way = match level.direction {
            Some(Direction::Bullish) => self.paint.up,
            Some(Direction::Bearish) => self.paint.down,
            None => self.paint.dim,
        };
        match level.kind {
            Kind::Entry | Kind::Stop | Kind::Target => {
                let own = match level.kind {
                    Kind::Entry => self.paint.accent,
                    Kind::Stop => self.paint.down,
                    _ => self.paint.up,
                };
                let style = match level.doubt {
                    Doubt::None => own,
                    Doubt::Look => self.paint.warn,
                    Doubt::Wrong => self.paint.bad,
                };
                let solid = if level.kind == Kind::Entry { '━' } else { '─' };
                (if stale { '╌' } else { solid }, style)
            }
            Kind::Fibonacci => ('┈', self.paint.dim),
            Kind::EqualLevel => ('=', self.paint.warn),
            Kind::Session => ('┄', self.paint.accent),
            Kind::Profile => ('┉', self.paint.warn),
            _ => ('┄', way),
        }
    }

    fn level(&self, scene: &Scene<'_>, level: &Level, scale: Scale, parts: Parts, buffer: &mut Buffer) {
        let plot = parts.plot;
        let Some(row) = scale.row(level.price) else { return };
        let y = plot.y + row;
        let (left, right) = self.columns(scene, plot, level.from, level.until);
        let stale = scene.plan.as_ref().is_some_and(|plan| plan.stale);
        let (mark, style) = self.line(level, stale);
        for x in left..right {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_char(mark).set_style(Style::reset()).set_style(style);
            }
        }
        if matches!(level.kind, Kind::Break | Kind::EqualLevel) {
            // Short lines bear their name themselves.
            return;
        }
        let room = usize::from(parts.axis);
        let text = format!("{} {}", price(level.price, scene.series.decimals()), level.label);
        let text: String = text.chars().take(room).collect();
        buffer.set_stringn(plot.right(), y, format!("{text:<room$}"), room, style);
    }

    fn averages(&self, scene: &Scene<'_>, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        if !scene.layers.has(Layer::Averages) {
            return;
        }
        for (line, mark) in scene.study.emas.iter().zip(['˙', '⁚', '⁝']) {
            for bar in scene.window.clone() {
                let row = line.at(bar).and_then(|value| scale.row(value));
                let at = row.zip(self.column(scene, plot, bar));
                if let Some((row, x)) = at
                    && let Some(cell) = buffer.cell_mut((x, plot.y + row))
                {
                    cell.set_char(mark).set_style(Style::reset()).set_style(self.paint.warn);
                }
            }
        }
    }

    fn candle(&self, candle: &Candle, x: u16, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        let rising = candle.close >= candle.open;
        let style = if rising { self.paint.up } else { self.paint.down };
        let wick = (scale.half(candle.high), scale.half(candle.low));
        let body = (
            scale.half(candle.open.max(candle.close)),
            scale.half(candle.open.min(candle.close)),
        );
        let within = |(top, bottom): (i64, i64), half: i64| (top..=bottom).contains(&half);
        for row in 0..plot.height {
            let (upper, lower) = (i64::from(row) * 2, i64::from(row) * 2 + 1);
            let in_body = (within(body, upper), within(body, lower));
            let in_wick = (within(wick, upper), within(wick, lower));
            let flat = body.0 == body.1;
            let mark = match (in_body, in_wick) {
                ((false, false), (false, false)) => continue,
                ((false, false), (true, true)) => '│',
                ((false, false), (true, false)) => '╵',
                ((false, false), (false, true)) => '╷',
                _ if flat && in_wick == (true, true) => '┼',
                _ if flat => '─',
                _ if rising => '║',
                ((true, true), _) => '█',
                ((true, false), _) => '▀',
                ((false, true), _) => '▄',
            };
            if let Some(cell) = buffer.cell_mut((x, plot.y + row)) {
                cell.set_char(mark).set_style(Style::reset()).set_style(style);
            }
        }
    }

    /// Times below, one every twenty columns or so.
    fn times(&self, scene: &Scene<'_>, plot: Rect, buffer: &mut Buffer) {
        let y = self.area.bottom() - 1;
        let form = if scene.series.timeframe().is_daily() {
            "%Y-%m-%d"
        } else {
            "%m-%d %H:%M"
        };
        let mut right = plot.right();
        for bar in scene.window.clone().rev() {
            let Some(x) = self.column(scene, plot, bar) else { break };
            let label = timestamp(scene.series.candles()[bar].time).strftime(form).to_string();
            let width = u16::try_from(label.len()).unwrap_or(u16::MAX);
            let Some(left) = (x + 1).checked_sub(width).filter(|l| *l >= plot.x) else {
                break;
            };
            if x < right {
                buffer.set_string(left, y, label, self.paint.dim);
                right = left.saturating_sub(8);
            }
        }
    }

    /// The cross, the candle's values, and what lies under it.
    fn point(&self, scene: &Scene<'_>, cursor: Cursor, scale: Scale, parts: Parts, buffer: &mut Buffer) {
        let plot = parts.plot;
        let bar = (scene.window.end - 1)
            .saturating_sub(cursor.back)
            .max(scene.window.start);
        let row = cursor.row.min(plot.height - 1);
        let style = self.paint.accent;
        if let Some(x) = self.column(scene, plot, bar) {
            for y in plot.y..plot.bottom() {
                cross(buffer, x, y, '╎', style);
            }
            for x in plot.x..plot.right() {
                cross(buffer, x, plot.y + row, '╌', style);
            }
            buffer.set_style(Rect::new(x, plot.y + row, 1, 1), self.paint.selected);
        }
        let decimals = scene.series.decimals();
        let room = usize::from(parts.axis);
        let label = format!("◂{}", price(scale.price(row), decimals));
        buffer.set_stringn(plot.right(), plot.y + row, format!("{label:<room$}"), room, style);
        if parts.words == 0 {
            return;
        }
        let width = usize::from(self.area.width);
        let top = values(scene, bar);
        buffer.set_stringn(self.area.x, self.area.y, top, width, Style::new());
        if parts.words > 1 {
            let (low, high) = scale.bounds(row);
            let under = scene.under(bar, low, high);
            let text = match under.as_slice() {
                [] => "nothing under the cursor; ↑ ↓ move it, Esc leaves".to_owned(),
                [one] => (*one).to_owned(),
                [first, more @ ..] => format!("{first} (and {} more here)", more.len()),
            };
            buffer.set_stringn(self.area.x, self.area.y + 1, text, width, self.paint.dim);
        }
    }
}

impl Paint {
    /// The style of a way.
    pub(super) fn way(&self, direction: Direction) -> Style {
        match direction {
            Direction::Bullish => self.up,
            Direction::Bearish => self.down,
        }
    }

    /// The chosen's background as a colour to draw with.
    fn selected_as_ink(&self) -> Style {
        self.selected.bg.map_or(self.dim, |color| Style::new().fg(color))
    }
}

/// Draws a part of the cross where nothing stands.
fn cross(buffer: &mut Buffer, x: u16, y: u16, mark: char, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y))
        && matches!(cell.symbol(), " " | "░" | "⡀" | "·" | "┈")
    {
        cell.set_char(mark).set_style(Style::reset()).set_style(style);
    }
}

/// A candle in words: time, prices, volume, and the indicators at it.
fn values(scene: &Scene<'_>, bar: usize) -> String {
    let candle = &scene.series.candles()[bar];
    let p = |value: f64| price(value, scene.series.decimals());
    let time = timestamp(candle.time).strftime("%Y-%m-%d %H:%M");
    let rsi = scene
        .study
        .rsi
        .at(bar)
        .map_or_else(String::new, |v| format!("  RSI {v:.1}"));
    let atr = scene.study.atr.at(bar);
    let atr = atr.map_or_else(String::new, |v| {
        format!("  ATR {}", price(v, scene.series.decimals() + 1))
    });
    format!(
        "{time}  O {} H {} L {} C {}  V {}{rsi}{atr}",
        p(candle.open),
        p(candle.high),
        p(candle.low),
        p(candle.close),
        panes::short(candle.volume),
    )
}
