//! What stands in front of the panes: help, lists, questions.

use ratatui::Frame;
use ratatui::layout::{Constraint, Flex, Layout, Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::{App, fit, pane, row, tail, title};
use crate::text::clean_line;
use crate::tui::app::{Layer, Naming, Pane, Picker};
use crate::tui::keymap::{self, Bound, Context, Hint};
use crate::tui::markdown;
use crate::tui::theme::Theme;

pub(super) fn draw(frame: &mut Frame<'_>, layer: &Layer, app: &App) {
    match layer {
        Layer::Help(top) => help(frame, *top, app),
        Layer::Picker(picker) => list(frame, picker, app),
        Layer::Clear => {
            let counts = app
                .report()
                .map(|r| format!("{} in memory, {} on disk", r.memory_items, r.disk_items));
            let rest = "anything else: nothing; the journal is never touched";
            let mut lines = vec![counts.unwrap_or_default(), String::new()];
            lines.extend(menu(layer));
            lines.extend([String::new(), rest.to_owned()]);
            question(frame, "Clear the cache", &lines, app);
        }
        Layer::Copy => question(frame, "Copy", &menu(layer), app),
        Layer::Leave => question(
            frame,
            "Leave",
            &[
                "A template has edits that are not saved.",
                "",
                "y  leave and lose them",
                "anything else stays (Ctrl-S saves)",
            ],
            app,
        ),
        Layer::File => {
            let name = app.library().get(app.chosen()).map_or("", |l| l.name.as_str());
            let mut lines = menu(layer);
            lines.extend([String::new(), "Ctrl-S in the editor saves it".to_owned()]);
            question(frame, &clean_line(&format!("Template {name}")), &lines, app);
        }
        Layer::Reader(reader) => {
            let area = app.areas().browser();
            frame.render_widget(Clear, area);
            let theme = app.theme();
            let title = title(&reader.title, "", true, theme);
            let inner = pane(frame, area, title, true, theme).inner(Margin::new(1, 0));
            frame.render_widget(Paragraph::new(reader.text.visible(inner.height)), inner);
        }
        Layer::Name(naming, editor) => {
            let inner = window(frame, 64, 5, naming.title(), app);
            frame.render_widget(
                editor.widget(),
                Rect {
                    height: 1.min(inner.height),
                    ..inner
                },
            );
            let hint = match naming {
                Naming::Risk => "in the currency of the prices; empty for none",
                _ => "letters, digits, - and _; Enter takes it, Esc does not",
            };
            let hint = markdown::wrap_plain(hint, inner.width, app.theme().dim);
            let below = Rect::new(
                inner.x,
                inner.y + 2.min(inner.height),
                inner.width,
                inner.height.saturating_sub(2),
            );
            frame.render_widget(Paragraph::new(hint), below);
        }
        Layer::Chart => layers(frame, app),
        Layer::Desks => desks(frame, app),
        Layer::Card => card(frame, app),
        Layer::Cache(browser) => super::browser::draw(frame, browser, app),
        Layer::History(history) => super::history::draw(frame, history, app),
        Layer::Scores(scores) => super::scores::draw(frame, scores, app),
    }
}

/// A window in the middle of the screen; returns the space inside.
fn window(frame: &mut Frame<'_>, width: u16, height: u16, name: &str, app: &App) -> Rect {
    let screen = frame.area();
    let [row] = Layout::vertical([Constraint::Length(height.min(screen.height))])
        .flex(Flex::Center)
        .areas(screen);
    let [area] = Layout::horizontal([Constraint::Length(width.min(screen.width))])
        .flex(Flex::Center)
        .areas(row);
    frame.render_widget(Clear, area);
    let theme = app.theme();
    pane(frame, area, title(name, "", true, theme), true, theme).inner(Margin::new(1, 0))
}

/// A menu's keys, two by two.
fn menu(layer: &Layer) -> Vec<String> {
    let hints = keymap::menu(layer);
    let left = hints
        .iter()
        .step_by(2)
        .map(|hint| hint.short.len())
        .max()
        .unwrap_or(0)
        .max(18);
    let rows = hints.chunks(2).map(|pair| match pair {
        [one, other] => format!("{}  {:<left$}  {}  {}", one.keys, one.short, other.keys, other.short),
        pair => pair.iter().map(|one| format!("{}  {}", one.keys, one.short)).collect(),
    });
    rows.collect()
}

fn question<T: AsRef<str>>(frame: &mut Frame<'_>, name: &str, lines: &[T], app: &App) {
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inner = window(frame, 64, height, name, app);
    let lines: Vec<Line<'_>> = lines.iter().map(|l| Line::raw(l.as_ref())).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn help(frame: &mut Frame<'_>, top: u16, app: &App) {
    let screen = frame.area();
    let inner = window(frame, 84, screen.height.saturating_sub(2), "Keys", app);
    let theme = app.theme();
    // What stands in front has keys of its own, and only those.
    let in_front = app.layers().iter().rev().find_map(keymap::hints);
    let mut lines = match in_front {
        Some((heading, hints)) => hints_in_full(heading, hints, inner.width, theme),
        None => table_in_full(inner.width, app),
    };
    let dim = if in_front.is_none() { "dim: not now · " } else { "" };
    lines.push(Line::styled(
        format!("{dim}↑ ↓ scroll, any other key closes · research, not advice"),
        theme.dim,
    ));
    let most = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_sub(inner.height);
    frame.render_widget(Paragraph::new(lines).scroll((top.min(most), 0)), inner);
}

/// A key and what it does, the words as wide as there is room.
fn key_lines(keys: &str, words: &str, width: u16, key: Style, text: Style) -> Vec<Line<'static>> {
    const KEYS: u16 = 18;
    let mut label = format!("{:<18}", fit(keys, 17));
    let lines = markdown::wrap_plain(words, width.saturating_sub(KEYS), text);
    let lines = lines.into_iter().map(|line| {
        let mut spans = vec![Span::styled(std::mem::replace(&mut label, " ".repeat(18)), key)];
        spans.extend(line.spans);
        Line::from(spans)
    });
    lines.collect()
}

/// The keys of what stands in front.
fn hints_in_full(heading: &'static str, hints: &[Hint], width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled(heading, theme.strong)];
    for hint in hints {
        lines.extend(key_lines(hint.keys, hint.help, width, theme.accent, Style::new()));
    }
    lines.push(Line::default());
    lines
}

/// The keys of the panes, the focused one's first.
fn table_in_full(width: u16, app: &App) -> Vec<Line<'static>> {
    let theme = app.theme();
    let mut lines = Vec::new();
    let here = |b: &&Bound| b.context == Context::Pane(app.focus());
    let elsewhere = |b: &&Bound| matches!(b.context, Context::Pane(pane) if pane != app.focus());
    let rows = app.keymap().rows();
    let parts: [(&str, Vec<&Bound>); 3] = [
        (pane_name(app.focus()), rows.iter().filter(here).collect()),
        (
            "Everywhere",
            rows.iter().filter(|b| !here(b) && !elsewhere(b)).collect(),
        ),
        ("In other panes", rows.iter().filter(elsewhere).collect()),
    ];
    for (heading, rows) in parts.into_iter().filter(|(_, rows)| !rows.is_empty()) {
        lines.push(Line::styled(heading.to_owned(), theme.strong));
        for binding in rows {
            let keys: Vec<&str> = binding.in_force.iter().map(|k| &*k.name).collect();
            let (key, text) = if (binding.enabled)(app) {
                (theme.accent, Style::new())
            } else {
                (theme.dim, theme.dim)
            };
            lines.extend(key_lines(&keys.join(" "), binding.help, width, key, text));
        }
        lines.push(Line::default());
    }
    lines
}

fn pane_name(pane: Pane) -> &'static str {
    match pane {
        Pane::Templates => "In the templates",
        Pane::Form => "In the form",
        Pane::Chart => "In the chart",
        Pane::Answer => "In the answer, the prompt and the editor",
    }
}

fn list(frame: &mut Frame<'_>, picker: &Picker, app: &App) {
    let screen = frame.area();
    let inner = window(frame, 84, (screen.height * 2 / 3).max(10), picker.title, app);
    let theme = app.theme();
    // Of what is too long the end is seen, where it is typed on.
    let input = Line::from(vec![
        Span::styled("› ", theme.accent),
        Span::raw(tail(&picker.input, usize::from(inner.width).saturating_sub(3))),
        Span::styled("▏", theme.accent),
    ]);
    frame.render_widget(
        Paragraph::new(input),
        Rect {
            height: 1.min(inner.height),
            ..inner
        },
    );
    let body = Rect::new(
        inner.x,
        inner.y + 1.min(inner.height),
        inner.width,
        inner.height.saturating_sub(1),
    );
    let rows = usize::from(body.height);
    let top = (picker.selected + 1).saturating_sub(rows);
    let mut lines: Vec<Line<'_>> = picker
        .shown()
        .enumerate()
        .skip(top)
        .take(rows)
        .map(|(at, item)| {
            let chosen = at == picker.selected;
            let detail = fit(&crate::text::clean_line(&item.detail), usize::from(body.width) / 2);
            let label = format!(
                "{} {}",
                if chosen { "▸" } else { " " },
                crate::text::clean_line(&item.value)
            );
            let mut line = row(&label, vec![Span::styled(detail, theme.dim)], body.width, theme);
            line.spans[0].style = if chosen { theme.accent } else { Style::new() };
            if chosen { line.style(theme.selected) } else { line }
        })
        .collect();
    if lines.is_empty() {
        let words = match (picker.waiting.is_some(), picker.free, picker.input.is_empty()) {
            (true, ..) => "looking…",
            (_, true, false) => "Enter takes what is typed",
            (_, true, true) => "type a path or a name",
            _ => "nothing fits",
        };
        lines.push(Line::styled(words, theme.dim));
    }
    frame.render_widget(Paragraph::new(lines), body);
}

/// The menu of the chart's layers, at the top right so that the chart is seen to change.
fn layers(frame: &mut Frame<'_>, app: &App) {
    use crate::chart::Layer as Drawn;
    let theme = app.theme();
    let on = app.look().layers;
    let screen = frame.area();
    let height = u16::try_from(Drawn::ALL.len()).unwrap_or(0) + 3;
    let width = 34.min(screen.width);
    let area = Rect::new(
        screen.right() - width,
        screen.y + 1.min(screen.height),
        width,
        height.min(screen.height - 1),
    );
    frame.render_widget(Clear, area);
    let inner = pane(frame, area, title("Layers", "", true, theme), true, theme).inner(Margin::new(1, 0));
    let rows = Drawn::ALL.iter().map(|(layer, key, name)| {
        let (mark, style) = if on.has(*layer) {
            ("●", theme.good)
        } else {
            ("○", theme.dim)
        };
        Line::from(vec![
            Span::styled(format!("{key} "), theme.accent),
            Span::styled(format!("{mark} "), style),
            Span::raw(*name),
        ])
    });
    let hint = Line::styled("a letter switches, Esc closes", theme.dim);
    frame.render_widget(Paragraph::new(rows.chain([hint]).collect::<Vec<_>>()), inner);
}

/// The menu of desks: what each is about, and what can be done.
fn desks(frame: &mut Frame<'_>, app: &App) {
    let theme = app.theme();
    let count = u16::try_from(app.tabs().count()).unwrap_or(9);
    let inner = window(frame, 64, count + 4, "Desks", app);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (at, tab) in app.tabs().enumerate() {
        let here = at == app.tab_at();
        let template = app.library().get(tab.chosen()).map_or("", |l| l.name.as_str());
        let waits = if tab.is_waiting() { " · asking" } else { "" };
        let model = tab.model().unwrap_or_default();
        let detail = clean_line(&format!("{template}{waits}  {model}"));
        let label = format!("{} {} {}", if here { "▸" } else { " " }, at + 1, tab.market());
        let mut line = row(
            &label,
            vec![Span::styled(fit(&detail, usize::from(inner.width) / 2), theme.dim)],
            inner.width,
            theme,
        );
        line.spans[0].style = if here { theme.accent } else { Style::new() };
        lines.push(line);
    }
    lines.push(Line::default());
    lines.push(Line::styled(
        "1-9 turns to one  n opens one  x closes this  h l j k borders",
        theme.dim,
    ));
    frame.render_widget(Paragraph::new(lines), inner);
}

fn card(frame: &mut Frame<'_>, app: &App) {
    let Some(open) = app.candles() else { return };
    let theme = app.theme();
    let width = 84.min(frame.area().width).saturating_sub(4);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (label, value) in open.card.lines() {
        let value = fit(&crate::text::clean_line(&value), usize::from(width.saturating_sub(16)));
        lines.push(Line::from(vec![
            Span::styled(format!("{label:<15} "), theme.dim),
            Span::raw(value),
        ]));
    }
    for warning in open.card.warnings() {
        lines.extend(markdown::wrap_plain(
            &format!("! {}", crate::text::clean_line(&warning)),
            width,
            theme.warn,
        ));
    }
    lines.push(Line::styled("any key closes", theme.dim));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inner = window(frame, width + 4, height, "Candles", app);
    frame.render_widget(Paragraph::new(lines), inner);
}
