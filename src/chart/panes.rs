//! The panes below the candles: the RSI with its divergences, and the volume.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{Canvas, Line};

use super::cells::Sheet;
use super::scene::Scene;
use crate::facts::Direction;

/// The RSI from 0 to 100, with lines at 30, 50 and 70, and a line for each divergence.
pub(super) fn rsi(sheet: &Sheet, scene: &Scene<'_>, area: Rect, axis: u16, buffer: &mut Buffer) {
    let paint = sheet.paint;
    let ink = |style: Style| style.fg.unwrap_or(Color::Reset);
    // A bar lies in the middle of its column.
    let x_of = |bar: usize| sheet.column(scene, area, bar).map(|x| f64::from(x - area.x) + 0.5);
    let at = |bar: usize| Some((x_of(bar)?, scene.study.rsi.at(bar)?));
    let width = f64::from(area.width);
    let canvas = Canvas::default()
        .x_bounds([0.0, width])
        .y_bounds([0.0, 100.0])
        .marker(Marker::Braille)
        .paint(|context| {
            for level in [30.0, 70.0] {
                // Dotted, so that the line itself stands out.
                let mut x = 0.0;
                while x < width {
                    context.draw(&Line::new(x, level, x, level, ink(paint.dim)));
                    x += 2.0;
                }
            }
            context.layer();
            let bars = scene.window.clone();
            for bar in bars.start + 1..bars.end {
                if let (Some(a), Some(b)) = (at(bar - 1), at(bar)) {
                    context.draw(&Line::new(a.0, a.1, b.0, b.1, ink(paint.accent)));
                }
            }
            context.layer();
            for d in &scene.study.divergences {
                if let (Some(a), Some(b)) = (at(d.first), at(d.second)) {
                    let style = match d.kind.direction() {
                        Direction::Bullish => paint.up,
                        Direction::Bearish => paint.down,
                    };
                    context.draw(&Line::new(a.0, a.1, b.0, b.1, ink(style)));
                }
            }
        });
    canvas.render(area, buffer);
    marks(sheet, scene, area, buffer);
    let room = usize::from(axis);
    let last = scene.study.rsi.at(scene.window.end - 1);
    let label = last.map_or_else(|| "RSI –".to_owned(), |value| format!("RSI {value:.1}"));
    for (level, text) in [(70.0, "┤70".to_owned()), (30.0, "┤30".to_owned())] {
        buffer.set_stringn(area.right(), row_of(area, level), text, room, paint.dim);
    }
    if let Some(value) = last {
        buffer.set_stringn(
            area.right(),
            row_of(area, value),
            format!("{label:<room$}"),
            room,
            paint.accent,
        );
    }
}

/// The row of an index.
fn row_of(area: Rect, value: f64) -> u16 {
    let rows = f64::from(area.height);
    // Between 0 and the last row.
    area.y + ((100.0 - value) / 100.0 * rows).floor().clamp(0.0, rows - 1.0) as u16
}

/// Each divergence by a letter at its second point: regular in capitals, hidden in small ones; without colour the letter
/// alone says which it is.
fn marks(sheet: &Sheet, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
    use crate::facts::divergence::DivergenceKind as Kind;
    for d in &scene.study.divergences {
        let Some((x, value)) = sheet.column(scene, area, d.second).zip(scene.study.rsi.at(d.second)) else {
            continue;
        };
        let (mark, style) = match d.kind {
            Kind::RegularBullish => ("D↑", sheet.paint.up),
            Kind::HiddenBullish => ("d↑", sheet.paint.up),
            Kind::RegularBearish => ("D↓", sheet.paint.down),
            Kind::HiddenBearish => ("d↓", sheet.paint.down),
        };
        let row = row_of(area, value);
        let away = match d.kind.direction() {
            Direction::Bullish => (row + 1).min(area.bottom() - 1),
            Direction::Bearish => row.saturating_sub(1).max(area.y),
        };
        if x + 2 <= area.right() {
            buffer.set_string(x, away, mark, style);
        }
    }
}

/// The volume of each candle, as high as the highest in sight, coloured as the candle is.
pub(super) fn volume(sheet: &Sheet, scene: &Scene<'_>, area: Rect, axis: u16, buffer: &mut Buffer) {
    const PARTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let candles = scene.series.candles();
    let most = candles[scene.window.clone()]
        .iter()
        .map(|c| c.volume)
        .fold(0.0, f64::max);
    let kind = scene.series.volume();
    let room = usize::from(axis);
    buffer.set_stringn(area.right(), area.y, format!("┤{}", short(most)), room, sheet.paint.dim);
    buffer.set_stringn(
        area.right(),
        area.bottom() - 1,
        format!("vol {kind}"),
        room,
        sheet.paint.dim,
    );
    if most <= 0.0 {
        return;
    }
    for bar in scene.window.clone() {
        let Some(x) = sheet.column(scene, area, bar) else {
            continue;
        };
        let candle = &candles[bar];
        let style = if candle.close >= candle.open {
            sheet.paint.up
        } else {
            sheet.paint.down
        };
        // A share of the rows, in eighths.
        let mut eighths = (candle.volume / most * f64::from(area.height) * 8.0).ceil() as u16;
        for y in (area.y..area.bottom()).rev() {
            if eighths == 0 {
                break;
            }
            let part = usize::from(eighths.min(8)) - 1;
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_char(PARTS[part]).set_style(style);
            }
            eighths = eighths.saturating_sub(8);
        }
    }
}

/// 1,234,567 as 1.2M.
pub(super) fn short(value: f64) -> String {
    match value {
        v if v >= 1e9 => format!("{:.1}G", v / 1e9),
        v if v >= 1e6 => format!("{:.1}M", v / 1e6),
        v if v >= 1e4 => format!("{:.1}k", v / 1e3),
        v if v.fract() == 0.0 => format!("{v:.0}"),
        v => format!("{v:.2}"),
    }
}
