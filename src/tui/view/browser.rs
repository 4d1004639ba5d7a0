//! The cache browser: its list, and an entry that is open.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::{App, fit, hint_line, pane, title};
use crate::cache::Listed;
use crate::text::{bytes, clean_line, duration};
use crate::tui::app::{Browser, saved};
use crate::tui::theme::Theme;

pub(super) fn draw(frame: &mut Frame<'_>, browser: &Browser, app: &App) {
    let theme = app.theme();
    let area = app.areas().browser();
    frame.render_widget(Clear, area);
    let inner = pane(frame, area, title("Cache", heading(browser), true, theme), true, theme);
    let inner = inner.inner(Margin::new(1, 0));
    let [top, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)]).areas(inner);
    match &browser.open {
        Some(open) => {
            let (inspected, text) = open.as_ref();
            let label = clean_line(&inspected.entry.header.label);
            frame.render_widget(Line::styled(fit(&label, usize::from(top.width)), theme.strong), top);
            frame.render_widget(Paragraph::new(text.visible(body.height)), body);
            frame.render_widget(hint_line(app, foot.width), foot);
        }
        None => {
            let columns = Columns::of(body.width);
            frame.render_widget(Line::styled(columns.heading(), theme.dim), top);
            list(frame, body, browser, &columns, app);
            frame.render_widget(footer(browser, foot.width, app), foot);
        }
    }
}

fn heading(browser: &Browser) -> String {
    let (count, more) = browser.count();
    let shown = browser.rows().len();
    let all = if more {
        format!("the newest {count}")
    } else {
        count.to_string()
    };
    let what = if shown == count {
        all
    } else {
        format!("{shown} of {all}")
    };
    format!("{what} · by {}", browser.sort.name())
}

/// The widths of what fits.
struct Columns {
    age: usize,
    left: usize,
    size: usize,
    hits: usize,
    money: usize,
    model: usize,
    label: usize,
}

impl Columns {
    fn of(width: u16) -> Self {
        let width = usize::from(width);
        let (hits, money, model) = match width {
            0..64 => (0, 0, 0),
            64..96 => (5, 9, 0),
            _ => (5, 9, 22),
        };
        let (age, left, size) = (9, 9, 9);
        // Each column but the last is followed by a space, and the mark takes two.
        let taken: usize = [age, left, size, hits, money, model]
            .iter()
            .filter(|w| **w > 0)
            .map(|w| w + 1)
            .sum();
        Self {
            age,
            left,
            size,
            hits,
            money,
            model,
            label: width.saturating_sub(taken + 2),
        }
    }

    fn line(&self, cells: [&str; 7]) -> String {
        let widths = [
            self.age, self.left, self.size, self.hits, self.money, self.model, self.label,
        ];
        let mut line = String::new();
        for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
            if width == 0 {
                continue;
            }
            let cell = fit(cell, width);
            let gap = " ".repeat(width.saturating_sub(unicode_width::UnicodeWidthStr::width(cell.as_str())));
            // Numbers to the right, words to the left.
            if at < 5 {
                line.push_str(&format!("{gap}{cell} "));
            } else {
                line.push_str(&format!("{cell}{gap} "));
            }
        }
        line.pop();
        line
    }

    fn heading(&self) -> String {
        format!(
            "  {}",
            self.line(["age", "left", "size", "hits", "saved", "model", "asked"])
        )
    }
}

fn list(frame: &mut Frame<'_>, area: Rect, browser: &Browser, columns: &Columns, app: &App) {
    let theme = app.theme();
    let rows = usize::from(area.height);
    let top = (browser.selected + 1).saturating_sub(rows);
    let now = app.now().as_millisecond();
    let mut lines: Vec<Line<'static>> = browser
        .rows()
        .enumerate()
        .skip(top)
        .take(rows)
        .map(|(at, listed)| line(listed, columns, now, at == browser.selected, theme))
        .collect();
    if lines.is_empty() {
        let words = match (browser.waiting.is_some(), browser.filter.is_empty()) {
            (true, _) => "reading…",
            (false, true) => "the cache is empty: every answer that is kept will be listed here",
            (false, false) => "nothing fits",
        };
        lines.push(Line::styled(words, theme.dim));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn line(listed: &Listed, columns: &Columns, now: i64, chosen: bool, theme: &Theme) -> Line<'static> {
    let header = &listed.header;
    let millis = |from: i64, to: i64| duration(to.saturating_sub(from).max(0) as f64);
    let left = match listed.expires {
        None => "stays".to_owned(),
        Some(expires) if expires <= now => "expired".to_owned(),
        Some(expires) => millis(now, expires),
    };
    let money = match header.cost_usd {
        Some(_) => format!("${:.4}", saved(listed)),
        None if header.local => "free".to_owned(),
        None => "-".to_owned(),
    };
    let sample = if header.sample > 0 {
        format!("#{} ", header.sample)
    } else {
        String::new()
    };
    let text = columns.line([
        &millis(header.created, now),
        &left,
        &bytes(listed.room),
        &listed.hits.to_string(),
        &money,
        &clean_line(&header.requested_model),
        &format!("{sample}{}", clean_line(&header.label)),
    ]);
    let mark = match (chosen, listed.pinned) {
        (true, true) => "▸◆",
        (true, false) => "▸ ",
        (false, true) => " ◆",
        (false, false) => "  ",
    };
    let line = Line::from(vec![Span::styled(mark, theme.accent), Span::raw(text)]);
    if chosen { line.style(theme.selected) } else { line }
}

fn footer(browser: &Browser, width: u16, app: &App) -> Line<'static> {
    let theme = app.theme();
    if browser.doomed.is_some() {
        return Line::styled("d again removes this entry; any other key keeps it", theme.warn);
    }
    if browser.typing {
        let cursor = if browser.typing { "▏" } else { "" };
        return Line::from(vec![
            Span::styled("/ ", theme.accent),
            Span::raw(browser.filter.clone()),
            Span::styled(cursor, theme.accent),
        ]);
    }
    if let Some(toast) = app.toast() {
        let style = if toast.bad { theme.bad } else { theme.good };
        return Line::styled(fit(&toast.text, usize::from(width)), style);
    }
    if !browser.filter.is_empty() {
        return Line::from(vec![
            Span::styled("/ ", theme.accent),
            Span::raw(browser.filter.clone()),
            Span::styled("   Enter show · p pin · d delete · Esc all", theme.dim),
        ]);
    }
    hint_line(app, width)
}
