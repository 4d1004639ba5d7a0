//! The form: a field a variable, where its value comes from, and what is wrong with it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{App, fit, focused, pane, title};
use crate::prompt::{Kind, Source};
use crate::tui::app::{Field, Pane};
use crate::tui::markdown;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let focus = focused(app, Pane::Form);
    let name = app
        .library()
        .get(app.chosen())
        .map(|l| crate::text::clean_line(&l.name))
        .unwrap_or_default();
    let inner = pane(frame, area, title("Form", name, focus, theme), focus, theme);
    if let Some(fault) = app.template_fault() {
        let mut lines = vec![Line::styled("this template cannot be used yet:", theme.bad)];
        lines.extend(markdown::wrap_plain(
            &fault.to_string(),
            inner.width,
            ratatui::style::Style::new(),
        ));
        lines.push(Line::styled("e opens it", theme.dim));
        frame.render_widget(Paragraph::new(lines), inner);
        return;
    }
    let fields = app.fields();
    let editor_rows = if app.field_editor().is_some() {
        (inner.height / 2).clamp(1, 8)
    } else {
        0
    };
    let [list, about] = Layout::vertical([
        Constraint::Min(1),
        Constraint::Length(editor_rows.max(3).min(inner.height / 2)),
    ])
    .areas(inner);
    if fields.is_empty() {
        let hint = markdown::wrap_plain("this template has no variables; F5 sends it", inner.width, theme.dim);
        frame.render_widget(Paragraph::new(hint), inner);
        return;
    }
    let rows = usize::from(list.height);
    let top = (app.field() + 1).saturating_sub(rows);
    let lines: Vec<Line<'_>> = fields
        .iter()
        .enumerate()
        .skip(top)
        .take(rows)
        .map(|(at, field)| line(field, at == app.field(), focus, list.width, app))
        .collect();
    frame.render_widget(Paragraph::new(lines), list);
    let Some(field) = fields.get(app.field()) else { return };
    match app.field_editor() {
        Some((_, editor)) => frame.render_widget(editor.widget(), about),
        None => describe(frame, about, field, app),
    }
}

/// Where a value comes from, as a mark and in a word.
fn origin(source: Source) -> (&'static str, &'static str) {
    match source {
        Source::Analyst => ("✎", "yours"),
        Source::Fact => ("●", "from the candles"),
        Source::Default => ("○", "default"),
        Source::Missing => ("·", "empty"),
    }
}

fn line(field: &Field, chosen: bool, focus: bool, width: u16, app: &App) -> Line<'static> {
    let theme = app.theme();
    let (mark, _) = origin(field.source);
    let style = match field.source {
        _ if field.fault.is_some() => theme.bad,
        Source::Analyst => theme.accent,
        Source::Fact => theme.up,
        _ => theme.dim,
    };
    let shown = match (&field.fault, field.text.is_empty()) {
        (Some(_), true) => "needs a value".to_owned(),
        (_, true) => "—".to_owned(),
        _ => crate::text::clean_line(&field.text),
    };
    let shown = match field.kind {
        Kind::Choice(_) | Kind::Boolean if chosen && focus => format!("‹ {shown} ›"),
        _ => shown,
    };
    let half = usize::from(width) / 2;
    let value = vec![
        Span::styled(
            fit(&shown, half),
            if field.fault.is_some() {
                theme.bad
            } else {
                ratatui::style::Style::new()
            },
        ),
        Span::styled(format!(" {mark}"), style),
    ];
    let label = format!("{} {}", if chosen { "▸" } else { " " }, field.name);
    let mut line = super::row(&label, value, width, theme);
    if chosen {
        line.spans[0].style = theme.accent;
    }
    if chosen && focus {
        line.style(theme.selected)
    } else {
        line
    }
}

fn describe(frame: &mut Frame<'_>, area: Rect, field: &Field, app: &App) {
    let theme = app.theme();
    let (mark, words) = origin(field.source);
    let what = field
        .description
        .clone()
        .unwrap_or_else(|| field.kind.word().to_owned());
    let mut lines = vec![Line::styled(format!("{mark} {words}"), theme.dim)];
    match &field.fault {
        Some(fault) => lines.extend(markdown::wrap_plain(fault, area.width, theme.bad)),
        None => lines.extend(markdown::wrap_plain(&what, area.width, theme.dim)),
    }
    frame.render_widget(Paragraph::new(lines), area);
}
