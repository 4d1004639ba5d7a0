//! Drawing: a pure picture of the `App`, one file a pane, overlays last. Nothing here changes anything.

mod browser;
mod cache;
mod chart;
mod compare;
mod footer;
mod form;
mod header;
mod history;
mod overlay;
mod plain;
mod prompt;
mod response;
mod scores;
mod setup;
mod templates;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::app::{App, Center, Pane, Size};
use super::keymap::{self, Command};
use super::theme::Theme;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let areas = app.areas();
    if frame.area() != areas.screen {
        // The terminal has just been resized; the message that says so is on its way, and a new frame behind it.
        return;
    }
    if areas.too_small {
        let Size { width, height } = Size::LEAST;
        let line = format!(
            "wickdesk needs {width}×{height}; this is {}×{}",
            areas.screen.width, areas.screen.height
        );
        frame.render_widget(Paragraph::new(line), areas.screen);
        return;
    }
    header::draw(frame, areas.header, app);
    if let Some(area) = areas.templates {
        templates::draw(frame, area, app);
    }
    if let Some(area) = areas.form {
        form::draw(frame, area, app);
    }
    if let Some(area) = areas.chart {
        chart::draw(frame, area, app);
    }
    if let Some(area) = areas.answer {
        match app.center() {
            Center::Answer => response::draw(frame, area, app, areas.setup.is_none()),
            Center::Preview => prompt::preview(frame, area, app),
            Center::Editor => prompt::editor(frame, area, app),
        }
    }
    if let Some(area) = areas.setup {
        setup::draw(frame, area, app);
    }
    if let Some(area) = areas.cache {
        cache::draw(frame, area, app);
    }
    if let Some(area) = areas.cache_line {
        cache::line(frame, area, app);
    }
    footer::draw(frame, areas.footer, app);
    for layer in app.layers() {
        overlay::draw(frame, layer, app);
    }
    if app.is_plain() {
        plain::ascii(frame.buffer_mut());
    }
}

/// The frame of a pane, accented where it has the focus; returns the space inside.
fn pane(frame: &mut Frame<'_>, area: Rect, title: Line<'_>, focused: bool, theme: &Theme) -> Rect {
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(if focused { theme.accent } else { theme.dim })
        .title(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// A pane's title: its name, and what is to be said beside it.
fn title<'a>(name: &'a str, detail: impl Into<String>, focused: bool, theme: &Theme) -> Line<'a> {
    let style = if focused {
        theme.accent.patch(theme.strong)
    } else {
        theme.strong
    };
    let detail = detail.into();
    let mut spans = vec![Span::raw(" "), Span::styled(name, style), Span::raw(" ")];
    if !detail.is_empty() {
        spans.push(Span::styled(format!("{detail} "), theme.dim));
    }
    Line::from(spans)
}

fn focused(app: &App, pane: Pane) -> bool {
    app.layers().is_empty() && app.focus() == pane
}

/// A label and its value on one line, the value at the right edge of `width`.
fn row(label: &str, value: Vec<Span<'static>>, width: u16, theme: &Theme) -> Line<'static> {
    let taken: usize = value.iter().map(Span::width).sum();
    let room = usize::from(width).saturating_sub(taken);
    let label: String = fit(label, room.saturating_sub(1));
    let gap = room.saturating_sub(unicode_width::UnicodeWidthStr::width(label.as_str()));
    let mut spans = vec![Span::styled(label, theme.dim), Span::raw(" ".repeat(gap))];
    spans.extend(value);
    Line::from(spans)
}

/// `text` cut to `width` columns, with an ellipsis where something is missing.
fn fit(text: &str, width: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= width {
        return text.to_owned();
    }
    let mut fitted = String::new();
    let mut taken = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if taken + wide + 1 > width {
            break;
        }
        taken += wide;
        fitted.push(c);
    }
    if width > 0 {
        fitted.push('…');
    }
    fitted
}

/// The end of `text` that fits into `width` columns.
fn tail(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let mut shown = text;
    while shown.width() > width {
        let mut rest = shown.chars();
        rest.next();
        shown = rest.as_str();
    }
    shown.to_owned()
}

/// What can be done in what stands in front, on a line of this width.
fn hint_line(app: &App, width: u16) -> Line<'static> {
    let layer = app.layers().iter().rev().find_map(keymap::hints);
    let hints = layer.map_or(&[][..], |(_, hints)| hints);
    let help = app.keymap().shown(Command::Help);
    Line::styled(keymap::line(hints, help, width), app.theme().dim)
}

fn plain(text: impl Into<String>) -> Span<'static> {
    Span::styled(text.into(), Style::new())
}
