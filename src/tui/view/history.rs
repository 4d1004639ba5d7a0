//! The journal: its list, and a record on its chart beside what was said.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::{App, fit, hint_line, pane, row, tail, title};
use crate::chart::{Scene, Sheet};
use crate::journal::{Head, Record};
use crate::market::{price, timestamp};
use crate::text::{clean_line, count};
use crate::tui::app::{Entry, History, Recalled, paint, plan};
use crate::tui::markdown;
use crate::tui::theme::Theme;

/// Columns under which a line leaves out what is seen in the record.
const NARROW: u16 = 72;

pub(super) fn draw(frame: &mut Frame<'_>, history: &History, app: &App) {
    let theme = app.theme();
    let area = app.areas().browser();
    frame.render_widget(Clear, area);
    let heading = match &history.open {
        Some(open) => format!("record {} · {}", open.record.id, open.record.label),
        None => {
            let some = if history.more { "the newest " } else { "" };
            format!("{some}{}", count(history.heads.len(), "record"))
        }
    };
    let inner = pane(
        frame,
        area,
        title("History", clean_line(&heading), true, theme),
        true,
        theme,
    );
    let inner = inner.inner(Margin::new(1, 0));
    let [body, foot] = Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(inner);
    match &history.open {
        Some(open) => record(frame, body, foot, open, history, app),
        None => {
            let [rows, beside] = app.areas().records(body);
            list(frame, rows, history, app);
            if let (Some(record), true) = (&history.preview, beside.width > 0) {
                preview(frame, beside, record, app);
            }
            frame.render_widget(footer(history, foot.width, app), foot);
        }
    }
}

fn list(frame: &mut Frame<'_>, area: Rect, history: &History, app: &App) {
    let theme = app.theme();
    let rows = usize::from(area.height);
    let top = (history.selected + 1).saturating_sub(rows);
    let mut lines: Vec<Line<'static>> = history
        .heads
        .iter()
        .enumerate()
        .skip(top)
        .take(rows)
        .map(|(at, head)| line(head, at == history.selected, area.width, theme))
        .collect();
    if lines.is_empty() {
        let words = match (history.waiting.is_some(), history.query.is_empty()) {
            (true, _) => "reading…",
            (false, true) => "nothing yet: every answer that is shown will be listed here, and played forward",
            (false, false) => "no record holds these words",
        };
        lines.push(Line::styled(words, theme.dim));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn line(head: &Head, chosen: bool, width: u16, theme: &Theme) -> Line<'static> {
    let shown = jiff::Timestamp::from_millisecond(head.shown).unwrap_or_default();
    let side = head.side.map_or_else(|| "-".to_owned(), |s| s.to_string());
    let r = head.trial.closed_r();
    let style = match r {
        Some(r) if r > 0.0 => theme.good,
        Some(_) => theme.bad,
        None => theme.dim,
    };
    let r = r.map_or_else(String::new, |r| format!("{r:+.2} R"));
    let tags: String = head.tags.iter().map(|t| format!(" #{t}")).collect();
    // Where there is little room a record is told apart by its label, and by what became of it.
    let (begin, end, words) = if width < NARROW {
        let end = if r.is_empty() { head.status().to_string() } else { r };
        (
            format!("{:>4} {} {side:<5} ", head.id, shown.strftime("%m-%d")),
            format!("{end:>11}"),
            format!("{}{tags}", head.label),
        )
    } else {
        (
            format!("{:>5}  {}  {side:<5} ", head.id, shown.strftime("%m-%d %H:%M")),
            format!("{:<11} {r:>8}", head.status()),
            format!("{}{tags} · {}", head.label, head.trial.model),
        )
    };
    let room = usize::from(width).saturating_sub(begin.len() + end.len() + 4);
    let words = format!("{:<room$}", fit(&clean_line(&words), room));
    let mark = if chosen { "▸ " } else { "  " };
    let line = Line::from(vec![
        Span::styled(mark, theme.accent),
        Span::styled(begin, theme.dim),
        Span::raw(words),
        Span::raw("  "),
        Span::styled(end, style),
    ]);
    if chosen { line.style(theme.selected) } else { line }
}

fn footer(history: &History, width: u16, app: &App) -> Line<'static> {
    let theme = app.theme();
    let typed = |sign: &'static str, text: &str, hint: &'static str| {
        let room = usize::from(width).saturating_sub(sign.chars().count() + hint.chars().count() + 2);
        Line::from(vec![
            Span::styled(sign, theme.accent),
            Span::raw(tail(&clean_line(text), room)),
            Span::styled("▏", theme.accent),
            Span::styled(hint, theme.dim),
        ])
    };
    match history.typing {
        Some(Entry::Note) => return typed("note ", &history.input, "  Enter keeps it, Esc does not"),
        Some(Entry::Tags) => return typed("tags ", &history.input, "  apart by blanks, -tag takes one away"),
        _ => {}
    }
    if history.exporting {
        return Line::styled("write it as: h HTML with its chart · m Markdown · j JSON", theme.accent);
    }
    if history.typing.is_some() || !history.query.is_empty() {
        let hint = if history.typing.is_some() {
            "▏  Enter finds, Esc all"
        } else {
            "   Esc all"
        };
        return Line::from(vec![
            Span::styled("/ ", theme.accent),
            Span::raw(fit(&clean_line(&history.query), usize::from(width).saturating_sub(28))),
            Span::styled(hint, theme.dim),
        ]);
    }
    if let Some(toast) = app.toast() {
        let style = if toast.bad { theme.bad } else { theme.good };
        return Line::styled(fit(&toast.text, usize::from(width)), style);
    }
    hint_line(app, width)
}

/// The chosen record beside the list: its setup, what became of it, its note, and how its answer begins.
fn preview(frame: &mut Frame<'_>, area: Rect, record: &Record, app: &App) {
    let theme = app.theme();
    let width = area.width;
    let fitted = |words: String| fit(&clean_line(&words), usize::from(width));
    let mut lines = vec![
        Line::styled(fitted(record.label.clone()), theme.strong),
        Line::styled(fitted(format!("{} answered", record.answered_by)), theme.dim),
        Line::styled(fitted(crate::report::outcome(record)), theme.dim),
    ];
    if !record.tags.is_empty() {
        let tags: Vec<String> = record.tags.iter().map(|t| format!("#{t}")).collect();
        lines.push(Line::styled(fitted(tags.join(" ")), theme.accent));
    }
    lines.push(Line::default());
    if let Some(setup) = &record.setup {
        for (label, value) in crate::setup::ticket_of(setup, record.decimals(), None) {
            lines.push(row(label, vec![Span::raw(value)], width, theme));
        }
        lines.push(Line::default());
    }
    if !record.note.is_empty() {
        lines.extend(markdown::wrap_plain(
            &format!("note: {}", record.note),
            width,
            theme.accent,
        ));
        lines.push(Line::default());
    }
    // No more of a long answer is wrapped than is seen.
    let seen: String = record
        .answer
        .chars()
        .take(usize::from(width) * usize::from(area.height))
        .collect();
    lines.extend(markdown::lines(&crate::text::clean(&seen), width, theme));
    frame.render_widget(Paragraph::new(lines), area);
}

fn record(frame: &mut Frame<'_>, body: Rect, foot: Rect, open: &Recalled, history: &History, app: &App) {
    let theme = app.theme();
    let [chart, text] = app.areas().record(body);
    draw_chart(frame, chart, open, app);
    let head = head(open, text.width, theme);
    let taken = u16::try_from(head.len()).unwrap_or(u16::MAX).min(text.height);
    let [top, answer] = Layout::vertical([Constraint::Length(taken), Constraint::Min(0)]).areas(text);
    frame.render_widget(Paragraph::new(head), top);
    frame.render_widget(Paragraph::new(open.text.visible(answer.height)), answer);
    let is_said = app.toast().is_some();
    let asks = matches!(history.typing, Some(Entry::Note | Entry::Tags)) || history.exporting || is_said;
    let line = if asks {
        footer(history, foot.width, app)
    } else {
        state(open, foot.width, theme)
    };
    frame.render_widget(line, foot);
}

fn draw_chart(frame: &mut Frame<'_>, area: Rect, open: &Recalled, app: &App) {
    let theme = app.theme();
    let Some(market) = &open.market else {
        frame.render_widget(Paragraph::new("it was asked without candles").style(theme.dim), area);
        return;
    };
    let series = market.series.as_ref();
    let look = app.look();
    let axis = Sheet::axis(area, series.last().high, series.decimals());
    let end = series.candles().len();
    let window = end.saturating_sub(Sheet::fits(area, axis, look.step))..end;
    let setup = open.record.setup.as_ref().filter(|s| s.is_trade());
    let plan = setup.map(|setup| plan(setup, &open.record.checks, open.played > 0));
    let scene = Scene::of(series, &market.study, &market.facts, plan, look.layers, window, false);
    let sheet = Sheet {
        area,
        step: look.step,
        paint: paint(theme),
        cursor: None,
    };
    sheet.draw(&scene, frame.buffer_mut());
}

/// Who said it and what became of it.
fn head(open: &Recalled, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let record = &open.record;
    let fitted = |words: String| fit(&clean_line(&words), usize::from(width));
    let mut lines = vec![Line::styled(
        fitted(format!("{} answered", record.answered_by)),
        theme.dim,
    )];
    let words = match &record.decided {
        None if open.candles() == 0 => {
            "no later candle is known yet: opened with o, later candles of this market play it forward".to_owned()
        }
        None => "not decided by the candles known so far".to_owned(),
        Some(decided) => {
            let status = record.head().status();
            let r = decided
                .fate
                .closed_r()
                .map_or_else(String::new, |r| format!(" {r:+.2} R"));
            let when = timestamp(decided.until).strftime("%Y-%m-%d %H:%M UTC");
            format!("{status}{r}, {when}")
        }
    };
    lines.extend(markdown::wrap_plain(&clean_line(&words), width, theme.strong));
    for check in record.checks.iter().filter(|c| c.status >= crate::setup::Status::Warn) {
        let words = format!("{} {}: {}", check.status, check.title(), check.detail);
        lines.push(Line::styled(fitted(words), theme.warn));
    }
    if !record.note.is_empty() {
        lines.push(Line::styled(fitted(format!("note: {}", record.note)), theme.accent));
    }
    lines.push(Line::default());
    lines
}

/// How far it has been played, and what the keys do.
fn state(open: &Recalled, width: u16, theme: &Theme) -> Line<'static> {
    let all = open.candles();
    let decimals = open.record.market.as_ref().map_or(2, |m| m.decimals);
    let stood = match &open.outcome {
        None => "nothing to play".to_owned(),
        Some(outcome) if outcome.is_over() => {
            let r = outcome.r.map_or_else(String::new, |r| format!(" {r:+.2} R"));
            format!("{}{r}", outcome.status())
        }
        Some(outcome) => match outcome.filled {
            None => "the order waits".to_owned(),
            Some((_, fill)) => {
                let r = outcome.r.unwrap_or(0.0);
                format!("in the trade from {} at {r:+.2} R", price(fill, decimals))
            }
        },
    };
    let play = if open.playing { "pauses" } else { "plays" };
    let keys = format!("Space {play} · ← → candle · ↑ ↓ text · Esc back");
    let words = match all {
        0 => stood,
        _ => format!("candle {} of {all} · {stood}", open.played),
    };
    let room = usize::from(width).saturating_sub(words.chars().count() + 3);
    Line::from(vec![
        Span::styled(words, theme.strong),
        Span::raw("   "),
        Span::styled(fit(&keys, room), theme.dim),
    ])
}
