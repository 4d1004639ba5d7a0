//! The setup and its checks: as a pane, and in a few lines on top of the answer.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{App, fit, pane, row, title};
use crate::desk::{Judged, Market};
use crate::setup::{Check, Setup, Side, Status, level_sources, ticket};
use crate::tui::app::State;
use crate::tui::markdown;
use crate::tui::theme::Theme;

fn value_style(label: &str, theme: &Theme) -> ratatui::style::Style {
    match label {
        "entry" => theme.accent,
        "stop" => theme.down,
        "target" => theme.up,
        _ => ratatui::style::Style::new(),
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let response = app.response();
    let mut detail = app.judged().map(|j| summary(&j.checks)).unwrap_or_default();
    if let (place, 2..) = app.setup_place() {
        let (_, all) = app.setup_place();
        detail = format!("{place} of {all} (A) {detail}");
    }
    let inner = pane(frame, area, title("Setup", detail, false, theme), false, theme);
    let inner = inner.inner(Margin::new(1, 0));
    let Some(judged) = app.judged() else {
        let words = match response.state() {
            State::Idle => "The setup and its checks appear here after F5.",
            State::Waiting { .. } | State::Streaming { .. } => "…",
            _ => "no answer",
        };
        frame.render_widget(
            Paragraph::new(markdown::wrap_plain(words, inner.width, theme.dim)),
            inner,
        );
        return;
    };
    let facts = response.market().map(|m| m.facts.as_ref());
    let mut lines = Vec::new();
    let other = app.other_market();
    if let Some(asked) = &other {
        let words = format!("of {asked}, not of the candles open now");
        lines.extend(markdown::wrap_plain(&words, inner.width, theme.warn));
    }
    match &judged.reading.setup {
        Some(setup) => {
            let gone = response.market().map_or(0, |m| m.later.len());
            for (label, mut value) in ticket(setup, facts) {
                if label == "valid for" && gone > 0 {
                    value.push_str(&format!(", {gone} gone"));
                }
                // What is not on the chart is not in its colours.
                let style = match other {
                    Some(_) => theme.dim,
                    None => value_style(label, theme),
                };
                lines.push(row(label, vec![Span::styled(value, style)], inner.width, theme));
            }
            if setup.side == Some(Side::None) {
                lines.extend(markdown::wrap_plain(NO_TRADE, inner.width, theme.dim));
            }
            if let (Some(money), Some(units)) = (app.risk_money(), size(setup, app.risk_money())) {
                let value = vec![Span::raw(format!("{units} units"))];
                lines.push(row(&format!("size for {money}"), value, inner.width, theme));
            }
        }
        None => lines.push(Line::styled("no setup is proposed", theme.dim)),
    }
    lines.push(Line::default());
    // What needs a look stands first: a short pane cuts off what passes.
    let mut checks: Vec<_> = judged.checks.iter().enumerate().collect();
    checks.sort_by_key(|(_, check)| std::cmp::Reverse(check.status.max(Status::Unknown)));
    for (at, check) in checks {
        lines.extend(check_lines(check, response.check() == Some(at), inner.width, theme));
    }
    // Where its prices come from, if there is room for that.
    if let (Some(setup), Some(facts)) = (&judged.reading.setup, facts) {
        let levels = level_sources(setup, facts);
        if !levels.is_empty() {
            lines.push(Line::default());
        }
        for level in levels {
            lines.extend(markdown::wrap_plain(&level.words(), inner.width, theme.dim));
        }
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// What is said where the answer is that there is nothing to do.
const NO_TRADE: &str = "no trade is proposed; the answer says why";

/// Units of the instrument that lose `money` from entry to stop, rounded down to three figures.
fn size(setup: &Setup, money: Option<f64>) -> Option<String> {
    let distance = (setup.entry?.middle() - setup.stop?).abs();
    let units = money? / distance;
    if !units.is_finite() || distance <= 0.0 {
        return None;
    }
    let step = 10f64.powf(units.log10().floor() - 2.0);
    let rounded = (units / step).floor() * step;
    let decimals = if rounded >= 100.0 { 0 } else { 3 };
    Some(format!("{rounded:.decimals$}"))
}

fn mark(status: Status) -> &'static str {
    match status {
        Status::Pass => "✓",
        Status::Unknown => "?",
        Status::Warn => "!",
        Status::Fail => "✗",
    }
}

/// A check in a line; one that needs a look, or is looked at, with its reason.
fn check_lines(check: &Check, looked_at: bool, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let style = theme.status(check.status);
    let name = if looked_at {
        theme.accent
    } else {
        ratatui::style::Style::new()
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{} ", mark(check.status)), style),
        Span::styled(fit(&check.title(), usize::from(width.saturating_sub(2))), name),
    ])];
    if looked_at || check.status >= Status::Warn {
        let reason = markdown::wrap_plain(&check.detail, width.saturating_sub(2), theme.dim);
        lines.extend(reason.into_iter().map(|line| {
            let mut spans = vec![Span::raw("  ")];
            spans.extend(line.spans);
            Line::from(spans).style(line.style)
        }));
    }
    lines
}

/// How the checks came out, in a few words.
fn summary(checks: &[Check]) -> String {
    let count = |status| checks.iter().filter(|c| c.status == status).count();
    let (fail, warn, pass) = (count(Status::Fail), count(Status::Warn), count(Status::Pass));
    match (fail, warn) {
        _ if checks.is_empty() => String::new(),
        (0, 0) => format!("{pass} of {} passed", checks.len()),
        (0, _) => format!("{}, {pass} passed", crate::text::count(warn, "warning")),
        (_, 0) => format!("{fail} failed"),
        _ => format!("{fail} failed, {}", crate::text::count(warn, "warning")),
    }
}

/// The same as a line of its own, where no check needs a look.
fn all_passed(checks: &[Check]) -> String {
    let passed = checks.iter().filter(|c| c.status == Status::Pass).count();
    format!("{passed} of {} passed", crate::text::count(checks.len(), "check"))
}

/// The setup in two or three lines, for the top of the answer.
pub(super) fn compact(judged: &Judged, market: Option<&Market>, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let facts = market.map(|m| m.facts.as_ref());
    let mut spans = Vec::new();
    match &judged.reading.setup {
        Some(setup) => {
            for (label, value) in ticket(setup, facts)
                .into_iter()
                .filter(|(l, _)| matches!(*l, "side" | "order" | "entry" | "stop" | "target" | "R:R"))
            {
                let label = match label {
                    "side" | "order" => String::new(),
                    other => format!("{other} "),
                };
                spans.push((
                    Span::styled(label, theme.dim),
                    Span::styled(format!("{value}  "), value_style_of(&value, setup, theme)),
                ));
            }
            if setup.side == Some(Side::None) {
                spans.push((Span::styled(NO_TRADE, theme.dim), Span::raw("")));
            }
        }
        None => spans.push((Span::styled("no setup is proposed", theme.dim), Span::raw(""))),
    }
    let mut lines = vec![Line::default()];
    for (label, value) in spans {
        let room = usize::from(width);
        let full = lines
            .last()
            .is_some_and(|l: &Line<'_>| l.width() + label.width() + value.width() > room && l.width() > 0);
        if full {
            lines.push(Line::default());
        }
        if let Some(line) = lines.last_mut() {
            line.spans.push(label);
            line.spans.push(value);
        }
    }
    let checks = judged.checks.iter().filter(|c| c.status >= Status::Warn).map(|c| {
        let text = fit(
            &format!("{}: {}", c.title(), c.detail),
            usize::from(width.saturating_sub(2)),
        );
        Line::from(vec![
            Span::styled(format!("{} ", mark(c.status)), theme.status(c.status)),
            Span::raw(text),
        ])
    });
    let noted: Vec<Line<'static>> = checks.take(3).collect();
    if noted.is_empty() && !judged.checks.is_empty() {
        lines.push(Line::from(vec![
            Span::styled("✓ ", theme.good),
            Span::styled(all_passed(&judged.checks), theme.dim),
        ]));
    }
    lines.extend(noted);
    lines.push(Line::styled("─".repeat(usize::from(width)), theme.dim));
    lines
}

fn value_style_of(value: &str, setup: &Setup, theme: &Theme) -> ratatui::style::Style {
    match setup.side {
        Some(Side::Long) if value == "long" => theme.up.patch(theme.strong),
        Some(Side::Short) if value == "short" => theme.down.patch(theme.strong),
        _ => ratatui::style::Style::new(),
    }
}
