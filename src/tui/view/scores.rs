//! The scoreboard: a table of what fits, and the chosen row's equity curve and words.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Clear, Dataset, GraphType, Paragraph};

use super::{App, fit, hint_line, pane, title};
use crate::market::timestamp;
use crate::report::{self, Column};
use crate::setup::score::Score;
use crate::text::{clean_line, count};
use crate::tui::app::Scores;
use crate::tui::markdown;
use crate::tui::theme::Theme;

/// Columns by importance. The last ones are omitted where they do not fit.
const SHOWN: [Column; 16] = [
    Column::N,
    Column::Trades,
    Column::Independent,
    Column::WinRate,
    Column::MeanR,
    Column::VsOffline,
    Column::VsRandom,
    Column::ProfitFactor,
    Column::Drawdown,
    Column::MeanRPerAnalysis,
    Column::MedianR,
    Column::NoTrade,
    Column::Unfilled,
    Column::LosingRun,
    Column::FailedChecks,
    Column::Cost,
];
/// The least room of a row's name.
const NAME: usize = 26;

pub(super) fn draw(frame: &mut Frame<'_>, scores: &Scores, app: &App) {
    let theme = app.theme();
    let area = app.areas().browser();
    frame.render_widget(Clear, area);
    let heading = format!(
        "{} · {} · by {}",
        clean_line(&scores.title()),
        count(scores.board.rows.len(), "row"),
        scores.column().heading()
    );
    let inner = pane(frame, area, title("Scoreboard", heading, true, theme), true, theme);
    let inner = inner.inner(Margin::new(1, 0));
    let words = scores
        .chosen()
        .map(|row| words(&row.score, inner.width, theme))
        .unwrap_or_default();
    let rows = u16::try_from(scores.board.rows.len().max(1)).unwrap_or(u16::MAX);
    let said = u16::try_from(words.len()).unwrap_or(0);
    let [table, details, curve, foot] = Layout::vertical([
        Constraint::Length(rows.saturating_add(2).min(inner.height / 2)),
        Constraint::Length(said.min(inner.height / 3)),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(inner);
    board(frame, table, scores, theme);
    frame.render_widget(Paragraph::new(words), details);
    if let Some(row) = scores.chosen() {
        equity(frame, curve, &row.score, theme);
    }
    let line = match app.toast() {
        Some(toast) => Line::styled(
            fit(&toast.text, usize::from(foot.width)),
            if toast.bad { theme.bad } else { theme.good },
        ),
        None => hint_line(app, foot.width),
    };
    frame.render_widget(line, foot);
}

fn width_of(column: Column) -> usize {
    column.heading().len().max(8)
}

/// The columns that fit next to names of this width.
fn columns(width: usize, names: usize) -> Vec<Column> {
    let mut room = width.saturating_sub(names.clamp(NAME, (width / 2).max(NAME)) + 2);
    let fits = SHOWN.into_iter().take_while(|column| {
        let taken = width_of(*column) + 1;
        let fits = room >= taken;
        room = room.saturating_sub(taken);
        fits
    });
    fits.collect()
}

fn board(frame: &mut Frame<'_>, area: Rect, scores: &Scores, theme: &Theme) {
    if scores.board.rows.is_empty() {
        let words = if scores.waiting.is_some() {
            "reading…"
        } else {
            "Nothing to score yet. Ask on candles, or run `wickdesk walk`."
        };
        frame.render_widget(Line::styled(words, theme.dim), area);
        return;
    }
    let names = scores
        .board
        .rows
        .iter()
        .map(|row| clean_line(&row.score.name.to_string()));
    let names = names.map(|name| unicode_width::UnicodeWidthStr::width(name.as_str()) + 1);
    let columns = columns(usize::from(area.width), names.max().unwrap_or(0));
    let taken: usize = columns.iter().map(|c| width_of(*c) + 1).sum();
    let room = usize::from(area.width).saturating_sub(taken + 2);
    let cell = |text: &str, column: Column| {
        let width = width_of(column);
        format!(" {text:>width$}")
    };
    let mut heading = vec![Span::raw(format!("  {:room$}", ""))];
    heading.extend(columns.iter().map(|c| {
        let style = if *c == scores.column() { theme.accent } else { theme.dim };
        Span::styled(cell(c.heading(), *c), style)
    }));
    let mut lines = vec![Line::from(heading)];
    let rows = usize::from(area.height).saturating_sub(1);
    let top = (scores.selected + 1).saturating_sub(rows);
    for (at, row) in scores.board.rows.iter().enumerate().skip(top).take(rows) {
        let chosen = at == scores.selected;
        let name = fit(&clean_line(&row.score.name.to_string()), room);
        let mut spans = vec![
            Span::styled(if chosen { "▸ " } else { "  " }, theme.accent),
            Span::raw(format!("{name:<room$}")),
        ];
        for column in &columns {
            // Too few independent trades for a verdict: the figures are dimmed.
            let counts = matches!(column, Column::N | Column::Trades | Column::Independent);
            let style = if row.score.too_few && !counts {
                theme.dim
            } else {
                ratatui::style::Style::new()
            };
            spans.push(Span::styled(cell(&column.cell(&row.score), *column), style));
        }
        let line = Line::from(spans);
        lines.push(if chosen { line.style(theme.selected) } else { line });
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// The lines about a row, its verdict first.
fn words(score: &Score, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut said = report::lines(score);
    let verdict = said.pop().unwrap_or_default();
    let mut lines = vec![Line::styled(format!("{}: {verdict}", score.name), theme.strong)];
    for line in said {
        lines.extend(markdown::wrap_plain(&line, width, theme.dim));
    }
    lines
}

fn equity(frame: &mut Frame<'_>, area: Rect, score: &Score, theme: &Theme) {
    if area.height < 4 || score.curve.len() < 2 {
        return;
    }
    let points: Vec<(f64, f64)> = score.curve.iter().map(|(time, total)| (*time as f64, *total)).collect();
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let (low, high) = points
        .iter()
        .fold((0.0f64, 0.0f64), |(l, h), (_, v)| (l.min(*v), h.max(*v)));
    let nothing = [(first, 0.0), (last, 0.0)];
    let line = |data, style| {
        Dataset::default()
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(style)
            .data(data)
    };
    let day = |time: f64| Span::styled(timestamp(time as i64).strftime("%Y-%m-%d").to_string(), theme.dim);
    let total = |value: f64| Span::styled(format!("{value:+.1} R"), theme.dim);
    let chart = Chart::new(vec![line(&nothing, theme.dim), line(&points, theme.accent)])
        .x_axis(
            Axis::default()
                .bounds([first, last])
                .labels([day(first), day(last)])
                .style(theme.dim),
        )
        .y_axis(
            Axis::default()
                .bounds([low, high])
                .labels([total(low), total(high)])
                .style(theme.dim),
        );
    frame.render_widget(chart, area);
}
