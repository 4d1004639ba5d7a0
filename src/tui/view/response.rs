//! The answer: its stamp, on smaller screens its setup, and the text in sight.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{App, focused, pane, setup, title};
use crate::desk::stamp;
use crate::tui::app::{Pane, Response, State};
use crate::tui::markdown;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, with_setup: bool) {
    let theme = app.theme();
    let focus = focused(app, Pane::Answer);
    let response = app.response();
    let detail = match response.state() {
        State::Idle => String::new(),
        State::Waiting { thinking: true, .. } => "thinking… Esc cancels".to_owned(),
        State::Waiting { .. } => format!("asked, waiting… {} · Esc cancels", response.pace(app.now())),
        State::Streaming { .. } => format!("streaming… {} · Esc cancels", response.pace(app.now())),
        State::Done(answer) if answer.finish.is_complete() => answer.model.clone(),
        State::Done(_) => "partial".to_owned(),
        State::Failed(_) if response.text().is_empty() => "no answer".to_owned(),
        State::Failed(_) => "no whole answer".to_owned(),
    };
    let inner = pane(frame, area, title("Answer", detail, focus, theme), focus, theme);
    let inner = inner.inner(Margin::new(1, 0));
    if !app.beside().is_empty() {
        return super::compare::draw(frame, inner, app);
    }
    let mut inner = inner;
    let mut head = head(app, response, inner.width);
    if let (true, Some(judged)) = (with_setup, app.judged()) {
        head.extend(setup::compact(judged, response.market(), inner.width, theme));
    }
    let rows = u16::try_from(head.len())
        .unwrap_or(u16::MAX)
        .min(inner.height.saturating_sub(2));
    frame.render_widget(Paragraph::new(head), Rect { height: rows, ..inner });
    inner.y += rows;
    inner.height -= rows;
    let text = response.wrapped();
    if text.lines().is_empty() {
        if matches!(response.state(), State::Idle) {
            welcome(frame, inner, app);
        }
        return;
    }
    let words = app.find().map_or("", |f| f.words.as_str());
    let lines = text.marked(inner.height, words, theme.accent.add_modifier(Modifier::REVERSED));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// An answer in a column: its stamp, then its text.
pub(super) fn column(frame: &mut Frame<'_>, area: Rect, response: &Response, app: &App) {
    let head = head(app, response, area.width);
    let rows = u16::try_from(head.len()).unwrap_or(u16::MAX).min(area.height / 2);
    frame.render_widget(Paragraph::new(head), Rect { height: rows, ..area });
    let below = Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    };
    let lines = response.wrapped().visible(below.height);
    frame.render_widget(Paragraph::new(lines), below);
}

/// The stamp, and what went wrong.
fn head(app: &App, response: &Response, width: u16) -> Vec<Line<'static>> {
    let theme = app.theme();
    let mut lines = Vec::new();
    if let State::Done(answer) = response.state() {
        let loaded = app.candles().map(|c| c.market.series.as_ref());
        let as_of = response.market().map(|m| {
            let later = loaded
                .filter(|s| s.symbol() == m.series.symbol())
                .map_or(0, |s| s.since(m.as_of()));
            let fresh = if later > 0 {
                crate::desk::Freshness::by_candles(later)
            } else {
                m.freshness(app.now())
            };
            (m.as_of(), fresh)
        });
        let words = stamp(answer, as_of, app.now().as_millisecond());
        let style = if answer.finish.is_complete() {
            theme.dim
        } else {
            theme.warn
        };
        lines.extend(markdown::wrap_plain(&words, width, style));
    }
    if let (State::Done(answer), [_, _, ..]) = (response.state(), response.samples()) {
        let mut spans = vec![Span::styled("samples", theme.dim)];
        for sample in response.samples() {
            let shown = *sample == answer.sample;
            let style = if shown { theme.accent } else { theme.dim };
            let text = if shown {
                format!(" [{sample}]")
            } else {
                format!("  {sample} ")
            };
            spans.push(Span::styled(text, style));
        }
        spans.push(Span::styled("  [ ] turn", theme.dim));
        lines.push(Line::from(spans));
    }
    if let Some(asked) = app.other_market() {
        let words = format!("this answer is about {asked}, not the candles open now");
        lines.extend(markdown::wrap_plain(&words, width, theme.warn));
    }
    if !response.thoughts().is_empty() {
        let words = response.thoughts().split_whitespace().count();
        if app.shows_thoughts() {
            lines.push(Line::styled("thought (T folds it away):", theme.dim));
            lines.extend(markdown::wrap_plain(response.thoughts().trim(), width, theme.dim));
        } else {
            lines.push(Line::styled(
                format!("thought for {} · T shows them", crate::text::count(words, "word")),
                theme.dim,
            ));
        }
    }
    for line in response.since().iter().flat_map(|s| &s.lines) {
        lines.extend(markdown::wrap_plain(line, width, theme.dim));
    }
    for note in response
        .notes()
        .iter()
        .map(String::as_str)
        .chain(response.waits_because())
    {
        lines.extend(markdown::wrap_plain(&format!("· {note}"), width, theme.warn));
    }
    if let State::Failed(reason) = response.state() {
        lines.extend(markdown::wrap_plain(reason, width, theme.bad));
        let ways = "F5 asks again · m chooses another model · what was set stays";
        lines.extend(markdown::wrap_plain(ways, width, theme.dim));
    }
    if let Some(reason) = response.not_stored() {
        // The stamp has said it, unless more is known.
        let said = match response.state() {
            State::Done(answer) => reason == format!("partial: {}", answer.finish.words()),
            _ => false,
        };
        let reason = if said { "only whole answers are" } else { reason };
        lines.extend(markdown::wrap_plain(
            &format!("not stored: {reason}"),
            width,
            theme.warn,
        ));
    }
    lines
}

/// The first-run screen: three lines, not a tour.
fn welcome(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let key = |k: &'static str| Span::styled(k, theme.accent.patch(theme.strong));
    let lines = vec![
        Line::default(),
        Line::from(vec![
            Span::raw("Choose a template with ↑ ↓, then "),
            key("F5"),
            Span::raw(" asks; "),
            key("o"),
            Span::raw(" opens your own candles."),
        ]),
        Line::from(vec![
            Span::raw("Without a key the offline analyst answers; "),
            key("m"),
            Span::raw(" chooses another model."),
        ]),
        Line::from(vec![key("?"), Span::raw(" shows every key. Research, not advice.")]),
    ];
    frame.render_widget(Paragraph::new(lines).wrap(ratatui::widgets::Wrap { trim: false }), area);
}
