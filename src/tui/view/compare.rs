//! Answers side by side: what their setups say, and by how much they differ; then each text in its column.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use unicode_width::UnicodeWidthStr;

use super::{App, fit, response};
use crate::desk::Market;
use crate::market::price;
use crate::setup::{Setup, Status};
use crate::tui::app::Response;

/// A row of the table: what it is about, what each says, and whether they agree.
struct Row {
    label: &'static str,
    cells: Vec<String>,
    agree: Option<(bool, String)>,
}

/// Draws the columns in `area`.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    let answers: Vec<&Response> = std::iter::once(app.response())
        .chain(app.beside().iter().map(crate::tui::app::Beside::response))
        .collect();
    let names: Vec<String> = std::iter::once(app.model_name())
        .chain(app.beside().iter().map(|b| b.heading()))
        .collect();
    let rows = rows(&answers, app);
    let tall = u16::try_from(rows.len()).unwrap_or(0) + 2;
    let mut rest = area;
    if area.height >= tall + 6 {
        let lines = table(&names, &rows, area.width, app);
        frame.render_widget(Paragraph::new(lines), Rect { height: tall, ..area });
        rest.y += tall;
        rest.height -= tall;
    }
    let columns = Layout::horizontal(vec![
        Constraint::Ratio(1, u32::try_from(answers.len()).unwrap_or(1));
        answers.len()
    ]);
    for (at, (column, answer)) in columns.split(rest).iter().zip(&answers).enumerate() {
        let inner = Rect {
            width: column.width.saturating_sub(1),
            ..*column
        };
        let name = Line::styled(headings(&names, usize::from(inner.width))[at].clone(), theme.strong);
        frame.render_widget(
            Paragraph::new(name),
            Rect {
                height: 1.min(inner.height),
                ..inner
            },
        );
        let below = Rect {
            y: inner.y + 1.min(inner.height),
            height: inner.height.saturating_sub(1),
            ..inner
        };
        response::column(frame, below, answer, app);
    }
}

fn rows(answers: &[&Response], app: &App) -> Vec<Row> {
    let setups: Vec<Option<&Setup>> = answers
        .iter()
        .map(|a| a.judged().and_then(|j| j.reading.setup.as_ref()))
        .collect();
    let market = answers.iter().find_map(|a| a.market());
    let decimals = market.map_or(2, |m| m.facts.decimals);
    let words = |value: &dyn Fn(&Setup) -> Option<String>| -> Vec<String> {
        setups
            .iter()
            .map(|s| s.and_then(value).unwrap_or_else(|| "—".to_owned()))
            .collect()
    };
    let same = |cells: &[String]| {
        let said: Vec<&String> = cells.iter().filter(|c| *c != "—").collect();
        (said.len() > 1).then(|| {
            let agree = said.windows(2).all(|w| w[0] == w[1]);
            let most = said
                .iter()
                .map(|one| said.iter().filter(|other| *other == one).count())
                .max();
            let words = match most {
                _ if agree => "agree".to_owned(),
                Some(most) if most > 1 => format!("{most} of {} agree", said.len()),
                _ => "disagree".to_owned(),
            };
            (agree, words)
        })
    };
    let prices = |label: &'static str, value: &dyn Fn(&Setup) -> Option<f64>| {
        let found: Vec<f64> = setups.iter().filter_map(|s| value((*s)?)).collect();
        Row {
            label,
            cells: words(&|s| value(s).map(|p| price(p, decimals))),
            agree: apart(&found, market, decimals),
        }
    };
    let side = words(&|s| s.side.map(|side| side.to_string()));
    let checks = answers.iter().map(|a| {
        a.judged().map_or_else(
            || state(a, app),
            |j| {
                let count = |status| j.checks.iter().filter(|c| c.status == status).count();
                format!(
                    "{} ✓ {} ! {} ✗",
                    count(Status::Pass),
                    count(Status::Warn),
                    count(Status::Fail)
                )
            },
        )
    });
    vec![
        Row {
            label: "side",
            agree: same(&side),
            cells: side,
        },
        prices("entry", &|s| s.entry.map(|z| (z.low() + z.high()) / 2.0)),
        prices("stop", &|s| s.stop),
        prices("target", &|s| s.targets.first().copied()),
        Row {
            label: "checks",
            cells: checks.collect(),
            agree: None,
        },
    ]
}

/// How an answer without a setup stands.
fn state(answer: &Response, app: &App) -> String {
    if answer.is_streaming() {
        // How long, and how much has come; its column tells the rest.
        let pace = answer.pace(app.now());
        pace.split(" · ").take(2).collect::<Vec<_>>().join(" · ")
    } else {
        "—".to_owned()
    }
}

/// How far prices lie apart, in ATR; within a tenth of it they agree.
fn apart(prices: &[f64], market: Option<&Market>, decimals: u8) -> Option<(bool, String)> {
    let low = prices.iter().copied().reduce(f64::min)?;
    let high = prices.iter().copied().reduce(f64::max)?;
    if prices.len() < 2 {
        return None;
    }
    let atr = market.and_then(|m| m.facts.number("atr")).filter(|a| *a > 0.0);
    Some(match atr {
        Some(atr) => {
            let by = (high - low) / atr;
            (
                by <= 0.1,
                if by <= 0.1 {
                    "agree".to_owned()
                } else {
                    format!("{by:.1} ATR apart")
                },
            )
        }
        None => (high == low, format!("{} apart", price(high - low, decimals))),
    })
}

/// The columns' names for `width`, told apart: whole where all fit, else without their providers, else with what is in their
/// middle left away, for it is at the ends that models differ.
fn headings(names: &[String], width: usize) -> Vec<String> {
    let distinct = |names: &[String]| names.iter().all(|a| names.iter().filter(|b| a == *b).count() == 1);
    let fits = |names: &[String]| names.iter().all(|n| n.width() <= width);
    if fits(names) {
        return names.to_vec();
    }
    let own: Vec<String> = names
        .iter()
        .map(|n| n.split_once('/').map_or(n.as_str(), |(_, own)| own).to_owned())
        .collect();
    let names = if distinct(&own) { own } else { names.to_vec() };
    if fits(&names) {
        return names;
    }
    names.iter().map(|name| ends(name, width)).collect()
}

/// The ends of a name in `width`.
fn ends(name: &str, width: usize) -> String {
    if name.width() <= width || width < 5 {
        return fit(name, width);
    }
    let letters: Vec<char> = name.chars().collect();
    let head = (width - 1) / 2;
    let tail = width - 1 - head;
    let head: String = letters.iter().take(head).collect();
    let tail: String = letters[letters.len() - tail..].iter().collect();
    fit(&format!("{head}…{tail}"), width)
}

fn table(names: &[String], rows: &[Row], width: u16, app: &App) -> Vec<Line<'static>> {
    let theme = app.theme();
    const LABEL: usize = 8;
    const VERDICT: usize = 16;
    let each = usize::from(width).saturating_sub(LABEL + VERDICT) / names.len().max(1);
    let cell = |text: &str| format!("{:<each$}", fit(text, each.saturating_sub(1)));
    let heads = headings(names, each.saturating_sub(1));
    let mut lines = vec![Line::from(vec![
        Span::raw(" ".repeat(LABEL)),
        Span::styled(heads.iter().map(|n| cell(n)).collect::<String>(), theme.dim),
    ])];
    lines.extend(rows.iter().map(|row| {
        let mut spans = vec![Span::styled(format!("{:<LABEL$}", row.label), theme.dim)];
        spans.extend(row.cells.iter().map(|c| Span::raw(cell(c))));
        if let Some((agree, words)) = &row.agree {
            let (mark, style) = if *agree {
                ("= ", theme.good)
            } else {
                ("≠ ", theme.warn)
            };
            spans.push(Span::styled(format!("{mark}{words}"), style));
        }
        Line::from(spans)
    }));
    lines.push(Line::styled(
        "─".repeat(usize::from(width)),
        Style::new().patch(theme.dim),
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_told_apart_in_any_width() {
        let names = [
            "openai/gpt-5",
            "anthropic/claude-sonnet-4-5",
            "anthropic/claude-sonnet-4-6",
        ]
        .map(str::to_owned);
        assert_eq!(headings(&names, 30), names);
        assert_eq!(
            headings(&names, 20),
            ["gpt-5", "claude-sonnet-4-5", "claude-sonnet-4-6"]
        );
        assert_eq!(headings(&names, 10), ["gpt-5", "clau…t-4-5", "clau…t-4-6"]);
        let same = ["openai/gpt-4o-mini", "openrouter/gpt-4o-mini"].map(str::to_owned);
        assert_eq!(headings(&same, 16), ["openai/…-4o-mini", "openrou…-4o-mini"]);
        for width in 0..40 {
            for name in headings(&names, width) {
                assert!(name.width() <= width.max(1), "{name} in {width}");
            }
        }
    }
}
