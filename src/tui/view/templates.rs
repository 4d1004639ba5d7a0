//! The list of templates, the chosen one marked, edits that are not saved starred.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{App, fit, focused, pane, title};
use crate::prompt::Origin;
use crate::tui::app::Pane;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let focus = focused(app, Pane::Templates);
    let inner = pane(frame, area, title("Templates", "", focus, theme), focus, theme);
    let rows = usize::from(inner.height);
    let top = (app.chosen() + 1).saturating_sub(rows);
    let width = usize::from(inner.width);
    let lines: Vec<Line<'_>> = app
        .library()
        .iter()
        .enumerate()
        .skip(top)
        .take(rows)
        .map(|(at, listed)| {
            let chosen = at == app.chosen();
            let mark = if chosen { "▸ " } else { "  " };
            let own = match (&listed.template, &listed.origin) {
                (Err(_), _) => " faulty",
                (_, Origin::File(_)) => " yours",
                _ => "",
            };
            let dirty = if app.is_dirty(&listed.name) { "*" } else { "" };
            let name = fit(
                &format!("{}{dirty}", crate::text::clean_line(&listed.name)),
                width.saturating_sub(2 + own.len()),
            );
            let name_style = if chosen {
                theme.accent.patch(theme.strong)
            } else {
                ratatui::style::Style::new()
            };
            let used = 2 + unicode_width::UnicodeWidthStr::width(name.as_str()) + own.len();
            let own_style = if listed.template.is_err() { theme.bad } else { theme.dim };
            let mut spans = vec![
                Span::styled(mark, theme.accent),
                Span::styled(name, name_style),
                Span::styled(own, own_style),
            ];
            let about = listed
                .template
                .as_ref()
                .ok()
                .and_then(|t| t.description.as_deref())
                .unwrap_or_default();
            let room = width.saturating_sub(used + 2);
            if room >= 12 && width > 34 {
                spans.push(Span::styled(format!("  {}", fit(about, room)), theme.dim));
            }
            let line = Line::from(spans);
            if chosen && focus {
                line.style(theme.selected)
            } else {
                line
            }
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}
