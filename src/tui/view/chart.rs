//! The candlestick chart: hollow rising bodies, filled falling ones, the setup's prices and the Fibonacci levels.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Paragraph;

use super::{App, focused, pane, title};
use crate::facts::Facts;
use crate::market::{Candle, Series, price, timestamp};
use crate::setup::Setup;
use crate::tui::app::Pane;
use crate::tui::theme::Theme;

/// The Fibonacci levels drawn, by fact and label.
const FIBONACCI: [(&str, &str); 6] = [
    ("fib_0", "0"),
    ("fib_0_382", ".382"),
    ("fib_0_5", ".5"),
    ("fib_0_618", ".618"),
    ("fib_0_786", ".786"),
    ("fib_1", "1"),
];

/// A horizontal line across the chart.
struct Level {
    price: f64,
    label: String,
    mark: char,
    style: Style,
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let focus = focused(app, Pane::Chart);
    let (pan, step) = app.chart();
    let detail = match app.candles() {
        Some(open) => {
            let facts = &open.market.facts;
            format!(
                "{} {} · {}",
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
    let series = open.market.series.as_ref();
    // A setup is drawn on the candles it speaks of, not on others.
    let same =
        |m: &crate::desk::Market| m.series.symbol() == series.symbol() && m.series.timeframe() == series.timeframe();
    let setup = app
        .response()
        .market()
        .filter(|m| same(m))
        .and(app.judged())
        .and_then(|j| j.reading.setup.as_ref())
        .filter(|s| s.is_trade());
    let sheet = Sheet {
        series,
        facts: &open.market.facts,
        setup,
        theme,
        pan,
        step,
    };
    sheet.draw(inner, frame.buffer_mut());
}

struct Sheet<'a> {
    series: &'a Series,
    facts: &'a Facts,
    setup: Option<&'a Setup>,
    theme: &'a Theme,
    pan: usize,
    step: u16,
}

/// Prices to rows: half rows are told apart.
#[derive(Clone, Copy)]
struct Scale {
    high: f64,
    per_half: f64,
    rows: u16,
}

impl Scale {
    /// The half row of a price, from the top; within the plot for prices within the range.
    fn half(&self, price: f64) -> i64 {
        ((self.high - price) / self.per_half).floor() as i64
    }

    fn row(&self, price: f64) -> Option<u16> {
        let row = u16::try_from(self.half(price).div_euclid(2)).ok()?;
        (row < self.rows).then_some(row)
    }
}

impl Sheet<'_> {
    fn draw(&self, area: Rect, buffer: &mut Buffer) {
        let decimals = self.facts.decimals;
        let digits = price(self.series.last().high, decimals).len();
        let axis = u16::try_from(digits + 7).unwrap_or(14).min(area.width / 2);
        let plot = Rect {
            width: area.width.saturating_sub(axis),
            height: area.height.saturating_sub(1),
            ..area
        };
        if plot.width < 4 || plot.height < 3 {
            return;
        }
        let shown = self.visible(plot.width);
        let Some(scale) = self.scale(shown, plot.height) else {
            return;
        };
        self.axis(scale, plot, buffer);
        self.levels(scale, plot, buffer);
        for (at, candle) in shown.iter().rev().enumerate() {
            let back = u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(self.step);
            let Some(x) = plot.right().checked_sub(2 + back).filter(|x| *x >= plot.x) else {
                break;
            };
            self.candle(candle, x, scale, plot, buffer);
        }
        self.times(shown, plot, area, buffer);
    }

    /// The candles that fit, the newest at the right edge less what is panned.
    fn visible(&self, width: u16) -> &[Candle] {
        let all = self.series.candles();
        let end = all.len().saturating_sub(self.pan).max(1);
        let fit = usize::from((width - 1).div_ceil(self.step.max(1)));
        &all[end.saturating_sub(fit)..end]
    }

    /// The range of the candles in sight, widened for the setup where that leaves them a third of the height.
    fn scale(&self, shown: &[Candle], rows: u16) -> Option<Scale> {
        let low = shown.iter().map(|c| c.low).reduce(f64::min)?;
        let high = shown.iter().map(|c| c.high).reduce(f64::max)?;
        let span = (high - low).max(f64::MIN_POSITIVE);
        let (mut bottom, mut top) = (low, high);
        for p in self.setup.iter().flat_map(|s| prices_of(s)) {
            if p > low - span && p < high + span {
                bottom = bottom.min(p);
                top = top.max(p);
            }
        }
        let mut range = top - bottom;
        if range <= 0.0 {
            // A flat market lies in the middle of something.
            range = high.abs().max(1.0) * 0.001;
            top = high + range / 2.0;
        }
        let margin = range * 0.03;
        Some(Scale {
            high: top + margin,
            per_half: (range + 2.0 * margin) / (f64::from(rows) * 2.0),
            rows,
        })
    }

    fn axis(&self, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        for row in (0..plot.height).step_by(4) {
            let value = scale.high - (f64::from(row) + 0.5) * 2.0 * scale.per_half;
            let label = format!("┤{}", price(value, self.facts.decimals));
            buffer.set_string(plot.right(), plot.y + row, label, self.theme.dim);
        }
    }

    fn levels(&self, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        let theme = self.theme;
        let mut levels: Vec<Level> = FIBONACCI
            .iter()
            .filter_map(|(name, label)| {
                Some(Level {
                    price: self.facts.number(name)?,
                    label: (*label).to_owned(),
                    mark: '┈',
                    style: theme.dim,
                })
            })
            .collect();
        if let Some(setup) = self.setup {
            let level = |price: f64, label: String, mark: char, style: Style| Level {
                price,
                label,
                mark,
                style,
            };
            if let Some(zone) = setup.entry {
                levels.push(level(zone.high(), "entry".to_owned(), '─', theme.accent));
                levels.push(level(zone.low(), "entry".to_owned(), '─', theme.accent));
            }
            levels.extend(setup.stop.map(|p| level(p, "stop".to_owned(), '╌', theme.down)));
            let targets = setup.targets.iter().enumerate();
            levels.extend(targets.map(|(n, p)| level(*p, format!("T{}", n + 1), '╌', theme.up)));
        }
        for level in &levels {
            let Some(row) = scale.row(level.price) else { continue };
            let y = plot.y + row;
            for x in plot.x..plot.right() {
                buffer[(x, y)].set_char(level.mark).set_style(level.style);
            }
            let room = usize::from(buffer.area.right().saturating_sub(plot.right()));
            let text = format!("{} {}", price(level.price, self.facts.decimals), level.label);
            let text = format!("{:<room$}", super::fit(&text, room.saturating_sub(1)));
            buffer.set_stringn(
                plot.right(),
                y,
                text,
                usize::from(self.axis_width(plot, buffer)),
                level.style,
            );
        }
    }

    fn axis_width(&self, plot: Rect, buffer: &Buffer) -> u16 {
        let digits = price(self.series.last().high, self.facts.decimals).len();
        let wanted = u16::try_from(digits + 7).unwrap_or(14);
        wanted.min(buffer.area.right().saturating_sub(plot.right()))
    }

    fn candle(&self, candle: &Candle, x: u16, scale: Scale, plot: Rect, buffer: &mut Buffer) {
        let rising = candle.close >= candle.open;
        let style = if rising { self.theme.up } else { self.theme.down };
        let wick = (scale.half(candle.high), scale.half(candle.low));
        let body = (
            scale.half(candle.open.max(candle.close)),
            scale.half(candle.open.min(candle.close)),
        );
        let within = |(top, bottom): (i64, i64), half: i64| (top..=bottom).contains(&half);
        for row in 0..plot.height {
            let (upper, lower) = (i64::from(row) * 2, i64::from(row) * 2 + 1);
            let in_body = (within(body, upper), within(body, lower));
            let in_wick = (within(wick, upper), within(wick, lower));
            let flat = body.0 == body.1;
            let mark = match (in_body, in_wick) {
                ((false, false), (false, false)) => continue,
                ((false, false), (true, true)) => '│',
                ((false, false), (true, false)) => '╵',
                ((false, false), (false, true)) => '╷',
                _ if flat && in_wick == (true, true) => '┼',
                _ if flat => '─',
                _ if rising => '║',
                ((true, true), _) => '█',
                ((true, false), _) => '▀',
                ((false, true), _) => '▄',
            };
            buffer[(x, plot.y + row)].set_char(mark).set_style(style);
        }
    }

    /// Times below the plot, one every twenty columns or so.
    fn times(&self, shown: &[Candle], plot: Rect, area: Rect, buffer: &mut Buffer) {
        let y = area.bottom() - 1;
        let form = if self.series.timeframe().is_daily() {
            "%Y-%m-%d"
        } else {
            "%m-%d %H:%M"
        };
        let mut right = plot.right();
        for (at, candle) in shown.iter().rev().enumerate() {
            let back = u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(self.step);
            let Some(x) = plot.right().checked_sub(2 + back) else {
                break;
            };
            let label = timestamp(candle.time).strftime(form).to_string();
            let width = u16::try_from(label.len()).unwrap_or(u16::MAX);
            let Some(left) = (x + 1).checked_sub(width).filter(|l| *l >= plot.x) else {
                break;
            };
            if x < right {
                buffer.set_string(left, y, label, self.theme.dim);
                right = left.saturating_sub(8);
            }
        }
    }
}

/// Every price of a setup.
fn prices_of(setup: &Setup) -> impl Iterator<Item = f64> + '_ {
    let zone = setup.entry.map(|z| [z.low(), z.high()]);
    zone.into_iter()
        .flatten()
        .chain(setup.stop)
        .chain(setup.targets.iter().copied())
}
