//! The chart's pane: the scene of the candles in sight, with the setup of the answer if it speaks of them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;

use super::{App, focused, pane, title};
use crate::chart::{Scene, Sheet};
use crate::market::price;
use crate::tui::app::{Pane, paint};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let focus = focused(app, Pane::Chart);
    let detail = match app.candles() {
        Some(open) => {
            let facts = &open.market.facts;
            let live = if open.base.is_live() { " · live" } else { "" };
            format!(
                "{} {} · {}{live}",
                facts.symbol,
                facts.timeframe,
                price(open.market.series.last().close, facts.decimals)
            )
        }
        None => String::new(),
    };
    let inner = pane(frame, area, title("Chart", detail, focus, theme), focus, theme);
    let Some(open) = app.candles() else {
        frame.render_widget(Paragraph::new(" no candles open").style(theme.dim), inner);
        return;
    };
    let market = &open.market;
    let series = market.series.as_ref();
    let look = app.look();
    let window = app.window(inner);
    let scene = Scene::of(
        series,
        &market.study,
        &market.facts,
        app.plan(),
        look.layers,
        window,
        false,
    );
    let sheet = Sheet {
        area: inner,
        step: look.step,
        paint: paint(theme),
        cursor: look.cursor,
    };
    sheet.draw(&scene, frame.buffer_mut());
}
