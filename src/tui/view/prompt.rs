//! The prompt as it will be sent, and the template's text being edited.

use ratatui::Frame;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::{App, fit, focused, pane, row, title};
use crate::tui::app::{Completion, Pane};
use crate::tui::markdown;

pub(super) fn preview(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let focus = focused(app, Pane::Answer);
    let detail = match app.prepared() {
        Some(Ok((_, estimate))) => estimate_words(estimate),
        _ => String::new(),
    };
    let inner = pane(frame, area, title("Prompt", detail, focus, theme), focus, theme);
    let inner = inner.inner(Margin::new(1, 0));
    match app.prepared() {
        Some(Ok(_)) => {
            let words = app.find().map_or("", |f| f.words.as_str());
            let mark = theme.accent.add_modifier(ratatui::style::Modifier::REVERSED);
            let lines = app.preview().marked(inner.height, words, mark);
            frame.render_widget(Paragraph::new(lines), inner);
        }
        Some(Err(reason)) => {
            let lines = markdown::wrap_plain(reason, inner.width, theme.bad);
            frame.render_widget(Paragraph::new(lines), inner);
        }
        None => frame.render_widget(Paragraph::new("making it ready…").style(theme.dim), inner),
    }
}

/// Tokens, cost, and whether it would be a hit.
pub(super) fn estimate_words(estimate: &crate::desk::Estimate) -> String {
    let cost = match estimate.usd {
        Some(usd) if usd > 0.0 => format!(", ${usd:.4} before the answer"),
        Some(_) => ", free".to_owned(),
        None => String::new(),
    };
    format!(
        "would be {} · about {} tokens{cost}",
        estimate.hit_words(),
        estimate.tokens
    )
}

pub(super) fn editor(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let focus = focused(app, Pane::Answer);
    let Some(draft) = app.editing() else { return };
    let (line, column) = draft.editor.position();
    let state = if draft.editor.is_dirty() { "edited" } else { "as saved" };
    let mode = if app.is_typing() {
        "typing, Esc ends it"
    } else {
        "Enter types"
    };
    let detail = format!("{state} · {line}:{column} · {mode}");
    let mut inner = pane(frame, area, title("Template", detail, focus, theme), focus, theme);
    if let Err(fault) = &draft.parsed {
        let lines = markdown::wrap_plain(
            &format!("line {}: {}", fault.line, fault.message),
            inner.width,
            theme.bad,
        );
        let rows = u16::try_from(lines.len().min(3))
            .unwrap_or(1)
            .min(inner.height.saturating_sub(1));
        let below = Rect::new(inner.x, inner.bottom() - rows, inner.width, rows);
        frame.render_widget(Paragraph::new(lines), below);
        inner.height -= rows;
    }
    frame.render_widget(draft.editor.widget(), inner);
    if let (Some(completion), Some(at)) = (app.completion(), draft.editor.drawn_cursor()) {
        names(frame, completion, at, inner, app);
    }
}

/// The names offered for what is being typed, below the cursor or above it.
fn names(frame: &mut Frame<'_>, completion: &Completion, at: Position, inside: Rect, app: &App) {
    let theme = app.theme();
    let width = completion
        .items
        .iter()
        .map(|i| i.value.chars().count() + i.detail.chars().count() + 4)
        .max()
        .unwrap_or(20);
    let width = u16::try_from(width)
        .unwrap_or(inside.width)
        .clamp(24.min(inside.width), inside.width.min(60));
    let rows = u16::try_from(completion.items.len()).unwrap_or(8);
    let below = inside.bottom().saturating_sub(at.y + 1);
    let (y, rows) = if below >= rows {
        (at.y + 1, rows)
    } else {
        let rows = rows.min(at.y.saturating_sub(inside.y));
        (at.y - rows, rows)
    };
    let x = at.x.min(inside.right().saturating_sub(width)).max(inside.x);
    let area = Rect::new(x, y, width, rows);
    frame.render_widget(Clear, area);
    let lines: Vec<Line<'static>> = completion
        .items
        .iter()
        .enumerate()
        .map(|(i, item)| {
            let detail = fit(&item.detail, usize::from(width) / 2);
            let chosen = i == completion.selected;
            let label = format!("{}{}", if chosen { "▸" } else { " " }, item.value);
            let mut line = row(&label, vec![Span::styled(detail, theme.dim)], width, theme);
            line.spans[0].style = if chosen { theme.accent } else { theme.strong };
            line.style(theme.selected)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}
