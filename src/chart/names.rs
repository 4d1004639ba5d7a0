//! The names on a chart: of zones, of short lines, of swing points, put where no candle stands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cells::Sheet;
use super::scale::Scale;
use super::{Level, Scene, Zone};
use crate::facts::{Direction, Side};

/// What a name may be written over, beside nothing.
const BEHIND: [&str; 6] = [" ", "░", "·", "⡀", "┈", "┄"];

impl Sheet {
    /// The name of a zone that goes on stands at its right.
    pub(super) fn zone_name(&self, scene: &Scene<'_>, zone: &Zone, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        let Some((_, bottom)) = scale.rows(zone.bottom, zone.top) else {
            return;
        };
        let (left, right) = self.columns(scene, plot, Some(zone.from), zone.until);
        let style = self.paint.way(zone.direction);
        let sign = if zone.direction == Direction::Bullish { '+' } else { '-' };
        let width = u16::try_from(zone.label.len() + 1).unwrap_or(0);
        if zone.until.is_none() && right >= left + width + 2 {
            let name = format!("{}{sign}", zone.label);
            buffer.set_string(right - width, plot.y + bottom, name, style);
        }
    }

    /// The name of a short line: on it near its middle where no candle stands, else beyond it, where its wicks do not reach.
    pub(super) fn line_name(&self, scene: &Scene<'_>, level: &Level, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        let Some(row) = scale.row(level.price) else { return };
        let (left, right) = self.columns(scene, plot, level.from, level.until);
        let width = u16::try_from(level.label.chars().count()).unwrap_or(0);
        let (mark, style) = self.line(level, false);
        let Some(last) = right.checked_sub(width).filter(|last| *last >= left) else {
            return;
        };
        let middle = left + (last - left) / 2;
        let mut starts: Vec<u16> = (left..=last).collect();
        starts.sort_by_key(|x| x.abs_diff(middle));
        let free = |x: u16, y: u16, marks: &[&str]| {
            let cell = |x| buffer.cell((x, y)).is_some_and(|c| marks.contains(&c.symbol()));
            (x..x + width).all(cell)
        };
        let own = mark.to_string();
        let y = plot.y + row;
        let above = level.label.ends_with('H') || level.direction == Some(Direction::Bullish);
        let beyond = if above { y.checked_sub(1) } else { Some(y + 1) };
        let beyond = beyond.filter(|y| (plot.y..plot.bottom()).contains(y));
        let on = starts.iter().find(|x| free(**x, y, &[&own])).map(|x| (*x, y));
        let at = on.or_else(|| {
            let y = beyond?;
            let found = starts.iter().find(|x| free(**x, y, &BEHIND))?;
            Some((*found, y))
        });
        if let Some((x, y)) = at {
            buffer.set_string(x, y, &level.label, style);
        }
    }

    /// The words at swing points, above highs and below lows, where nothing else stands.
    pub(super) fn words_on(&self, scene: &Scene<'_>, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        for mark in &scene.marks {
            let Some(x) = self.column(scene, plot, mark.bar) else {
                continue;
            };
            let row = scale.half(mark.price).div_euclid(2) + if mark.side == Side::High { -1 } else { 1 };
            let Ok(row) = u16::try_from(row) else { continue };
            let y = plot.y + row;
            let width = u16::try_from(mark.label.len()).unwrap_or(0);
            let free = |x: u16| {
                let cell = buffer.cell((x, y));
                cell.is_some_and(|c| BEHIND.contains(&c.symbol()))
            };
            if row >= plot.height || x + width > plot.right() || !(x..x + width).all(free) {
                continue;
            }
            let style = if mark.major { self.paint.accent } else { self.paint.dim };
            buffer.set_string(x, y, mark.label, style);
        }
    }
}
