//! The cache panel: hit rates, what the tiers hold, what hits saved, and the last lookups as a strip.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{App, pane, plain, row, title};
use crate::cache::Report;
use crate::desk::Sharing;
use crate::text::{bytes, duration, money};
use crate::tui::theme::Theme;

/// The empty lines of the panel; where, without them, the tiers end; and where the disk's hits do.
const SPACE: usize = 4;
const LAST_SPACE: usize = 11;
const AFTER_TIERS: usize = 6;
const AFTER_DISK: usize = 2;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let inner = pane(frame, area, title("Cache", "C clears", false, theme), false, theme);
    let inner = inner.inner(Margin::new(1, 0));
    let Some(report) = app.report() else {
        frame.render_widget(Paragraph::new("counting…").style(theme.dim), inner);
        return;
    };
    let width = inner.width;
    let (now, life) = (&report.session, &report.lifetime);
    let saved = calls(now.calls_saved);
    let hits = now.memory_hits + now.disk_hits + now.shared_hits;
    let worth = if hits > 0 && now.calls_saved == 0 {
        "offline answers are free".to_owned()
    } else {
        format!("{} · {}", money(now.usd_saved), duration(now.seconds_saved * 1000.0))
    };
    const SAVED: &str = "saved, all";
    let ever = format!("{} · {}", calls(life.calls_saved), money(life.usd_saved));
    let mut lines = vec![
        rate("memory hits", now.memory_hit_rate(), theme.good, width, theme),
        rate("disk hits", now.disk_hit_rate(), theme.up, width, theme),
        rate("overall", now.hit_rate(), theme.accent, width, theme),
        row(
            "lookups",
            vec![plain(format!("{} ({} missed)", now.lookups, now.misses))],
            width,
            theme,
        ),
        Line::default(),
        tier(
            "memory",
            report.memory_items,
            report.memory_bytes,
            report.memory_limit,
            width,
            theme,
        ),
        tier(
            "disk",
            report.disk_items,
            report.disk_bytes,
            report.disk_limit,
            width,
            theme,
        ),
        row("saved", vec![plain(saved)], width, theme),
        row("", vec![plain(worth)], width, theme),
        row(
            "lookups, all",
            vec![plain(format!("{} · {}", life.lookups, percent(life.hit_rate())))],
            width,
            theme,
        ),
        row(
            if ever.chars().count() + SAVED.len() < usize::from(width) {
                SAVED
            } else {
                "in all"
            },
            vec![plain(ever)],
            width,
            theme,
        ),
        Line::default(),
        trend(report, width, theme),
        strip(report, width, theme),
    ];
    let sharing = app.sharing();
    if let Some(sharing) = sharing {
        // In place of the two lines that are empty: the panel is as high as without.
        lines.remove(LAST_SPACE);
        lines.remove(SPACE);
        lines.insert(AFTER_TIERS, shared(sharing, width, theme));
        let hits = rate("shared hits", now.shared_hit_rate(), theme.accent, width, theme);
        lines.insert(AFTER_DISK, hits);
    }
    let trouble = report.trouble.as_deref().or(sharing.and_then(Sharing::reason));
    lines.push(match trouble {
        Some(trouble) => Line::styled(super::fit(trouble, usize::from(width)), theme.warn),
        None if sharing.is_some() => Line::styled("M D S hits · miss » past", theme.dim),
        None => Line::styled("M mem D disk · miss » past", theme.dim),
    });
    frame.render_widget(Paragraph::new(lines), inner);
}

/// How the shared cache stands: where it does its work, and what is the matter where it does not.
fn shared(sharing: &Sharing, width: u16, theme: &Theme) -> Line<'static> {
    if sharing.is_fine() {
        return row("shared", vec![plain(sharing.brief())], width, theme);
    }
    Line::styled(
        super::fit(&format!("shared: {}", sharing.brief()), usize::from(width)),
        theme.warn,
    )
}

fn calls(n: u64) -> String {
    crate::text::count(usize::try_from(n).unwrap_or(usize::MAX), "call")
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".to_owned(), |r| format!("{:.0} %", r * 100.0))
}

/// A rate as a bar and a number.
fn rate(label: &str, rate: Option<f64>, style: Style, width: u16, theme: &Theme) -> Line<'static> {
    let bar: usize = if width < 28 { 5 } else { 10 };
    let filled = rate.map_or(0, |r| (r * bar as f64).round() as usize).min(bar);
    let value = vec![
        Span::styled("━".repeat(filled), style),
        Span::styled("╌".repeat(bar - filled), theme.dim),
        plain(format!(" {:>5}", percent(rate))),
    ];
    row(label, value, width, theme)
}

/// A tier: a gauge of how full it is, its entries and bytes.
fn tier(label: &str, items: u64, held: u64, limit: u64, width: u16, theme: &Theme) -> Line<'static> {
    const CELLS: usize = 4;
    let share = if limit == 0 { 0.0 } else { held as f64 / limit as f64 };
    let filled = ((share * CELLS as f64).round() as usize).min(CELLS);
    let style = if share > 0.9 { theme.warn } else { theme.dim };
    let value = vec![
        Span::styled("▮".repeat(filled), style),
        Span::styled("▯".repeat(CELLS - filled), theme.dim),
        plain(format!(" {items} · {}", bytes(held))),
    ];
    row(label, value, width, theme)
}

/// The hit rate of the last ten lookups, over the session.
fn trend(report: &Report, width: u16, theme: &Theme) -> Line<'static> {
    const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    const LABEL: &str = "rate ";
    let skip = report
        .trend
        .len()
        .saturating_sub(usize::from(width).saturating_sub(LABEL.len()));
    let bars: String = report.trend[skip..]
        .iter()
        .map(|rate| BARS[((rate * 7.0).round() as usize).min(7)])
        .collect();
    Line::from(vec![Span::styled(LABEL, theme.dim), Span::styled(bars, theme.accent)])
}

/// The last lookups, the newest at the right.
fn strip(report: &Report, width: u16, theme: &Theme) -> Line<'static> {
    let room = usize::from(width);
    let skip = report.recent.len().saturating_sub(room);
    let marks = report.recent.iter().skip(skip).map(|outcome| {
        let (mark, style) = theme.outcome(*outcome);
        Span::styled(mark.to_string(), style)
    });
    let line: Vec<Span<'static>> = marks.collect();
    if line.is_empty() {
        Line::styled("no lookup yet", theme.dim)
    } else {
        Line::from(line)
    }
}

/// From how many columns on one line holds everything.
const WIDE_LINE: u16 = 100;

/// The same in one line, for smaller screens.
pub(super) fn line(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let mut spans = vec![Span::styled(" cache ", theme.dim)];
    if let Some(report) = app.report() {
        let now = &report.session;
        spans.push(Span::styled("mem ", theme.dim));
        spans.push(Span::styled(percent(now.memory_hit_rate()), theme.good));
        spans.push(Span::styled("  disk ", theme.dim));
        spans.push(Span::styled(percent(now.disk_hit_rate()), theme.up));
        match app.sharing() {
            None => {}
            Some(sharing) if sharing.is_fine() => {
                spans.push(Span::styled("  shared ", theme.dim));
                spans.push(Span::styled(percent(now.shared_hit_rate()), theme.accent));
            }
            Some(sharing) => {
                spans.push(Span::styled(format!("  shared: {}", sharing.brief()), theme.warn));
            }
        }
        spans.push(Span::styled("  all ", theme.dim));
        spans.push(plain(percent(now.hit_rate())));
        // What the tiers hold makes way for how the shared one stands.
        if app.sharing().is_none() || area.width >= WIDE_LINE {
            let kept = format!("  {}+{} kept", report.memory_items, report.disk_items);
            spans.push(Span::styled(kept, theme.dim));
        }
        let saved = format!("  saved {} {}  ", calls(now.calls_saved), money(now.usd_saved));
        spans.push(Span::styled(saved, theme.dim));
        let room = usize::from(area.width).saturating_sub(spans.iter().map(Span::width).sum::<usize>() + 1);
        spans.extend(strip(report, u16::try_from(room.min(16)).unwrap_or(0), theme).spans);
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}
