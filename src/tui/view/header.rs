//! The top line: what is open, as of when, and who would answer.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::App;
use crate::market::timestamp;

/// The desks by number and market, the one in front set apart; where there is no room for all, those around it.
fn tabs(app: &App, width: usize) -> Vec<Span<'static>> {
    let theme = app.theme();
    let titles: Vec<String> = app
        .tabs()
        .enumerate()
        .map(|(at, tab)| {
            let mark = match (tab.is_waiting(), tab.is_unseen()) {
                (true, _) => "…",
                (false, true) => "•",
                (false, false) => "",
            };
            format!(" {} {}{mark} ", at + 1, tab.market())
        })
        .collect();
    let at = app.tab_at();
    let taken = |first: usize| -> usize { titles[first..=at].iter().map(|t| t.chars().count()).sum() };
    let first = (0..=at).find(|first| taken(*first) <= width).unwrap_or(at);
    let mut room = width;
    let mut spans = Vec::new();
    for (i, title) in titles.into_iter().enumerate().skip(first) {
        let long = title.chars().count();
        if i > at && long > room {
            break;
        }
        room = room.saturating_sub(long);
        let style = if i == at {
            theme.accent.patch(theme.strong).patch(theme.selected)
        } else {
            theme.dim
        };
        spans.push(Span::styled(title, style));
    }
    spans
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let mut left = vec![Span::styled(" wickdesk ", theme.accent.patch(theme.strong))];
    if app.has_tabs() {
        left = tabs(app, usize::from(area.width) / 2);
    }
    match app.candles() {
        Some(open) if app.has_tabs() => {
            let as_of = timestamp(open.market.facts.as_of);
            left.push(Span::raw(format!(" as of {} ", as_of.strftime("%m-%d %H:%M"))));
            if area.width >= 116 {
                left.push(Span::styled(open.market.freshness(app.now()).words(), theme.dim));
            }
        }
        Some(open) => {
            let facts = &open.market.facts;
            left.push(Span::styled(
                format!(" {} {} ", facts.symbol, facts.timeframe),
                theme.strong,
            ));
            let form = if area.width < 80 {
                "%m-%d %H:%M"
            } else {
                "%Y-%m-%d %H:%M UTC"
            };
            left.push(Span::raw(format!(" as of {} ", timestamp(facts.as_of).strftime(form))));
            if area.width >= 116 {
                let fresh = open.market.freshness(app.now()).words();
                left.push(Span::styled(
                    format!(" {} · {fresh}", crate::text::count(facts.candles, "candle")),
                    theme.dim,
                ));
            }
        }
        None if app.is_opening() => left.push(Span::styled(" reading candles… ", theme.dim)),
        None => left.push(Span::styled(" no candles open: o opens a file ", theme.dim)),
    }
    let model = Line::from(vec![
        Span::styled("model ", theme.dim),
        Span::raw(super::fit(&app.model_name(), usize::from(area.width / 3))),
        Span::raw(" "),
    ]);
    let right = u16::try_from(model.width()).unwrap_or(area.width).min(area.width);
    let [front, back] = ratatui::layout::Layout::horizontal([
        ratatui::layout::Constraint::Min(1),
        ratatui::layout::Constraint::Length(right),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(Line::from(left)), front);
    frame.render_widget(Paragraph::new(model).alignment(Alignment::Right), back);
}
