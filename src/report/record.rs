//! One analysis as a document to send on: Markdown, or an HTML page with its chart in it.

use minijinja::context;
use minijinja::value::Serde;
use pulldown_cmark::{Event, Options, Parser};

use super::NOTICE;
use super::document::environment;
use crate::chart::svg::svg;
use crate::chart::{Layers, Plan, Scene};
use crate::desk::Market;
use crate::journal::Record;
use crate::market::timestamp;
use crate::setup::{Setup, ticket_of};

const HTML: &str = include_str!("../../assets/record.html");
const MARKDOWN: &str = include_str!("../../assets/record.md");
/// The chart's size in pixels, and how many candles it shows.
const CHART: (u32, u32) = (960, 480);
const CANDLES: usize = 120;

/// `record` as one HTML page that needs nothing else.
pub fn record_html(record: &Record) -> String {
    fill("record.html", HTML, record)
}

/// `record` as Markdown.
pub fn record_markdown(record: &Record) -> String {
    fill("record.md", MARKDOWN, record)
}

fn fill(name: &str, template: &str, record: &Record) -> String {
    let decimals = record.market.as_ref().map_or(5, |m| m.decimals);
    let setup = record
        .setup
        .as_ref()
        .map_or_else(Vec::new, |s| ticket_of(s, decimals, None));
    let checks = record
        .checks
        .iter()
        .map(|c| (c.status.to_string(), c.title(), c.detail.clone()));
    let messages = record.messages.iter().map(|m| (m.role.name(), m.text.clone()));
    let rendered = environment().render_named_str(
        name,
        template,
        context! {
            title => record.label.clone(),
            notice => NOTICE,
            about => Serde(about(record)),
            chart => chart(record),
            setup => Serde(setup),
            checks => Serde(checks.collect::<Vec<_>>()),
            answer => answer_html(&record.answer),
            source => record.answer.trim_end(),
            messages => Serde(messages.collect::<Vec<_>>()),
        },
    );
    // The template is compiled in and filled in a test.
    rendered.unwrap_or_else(|error| format!("The record cannot be written: {error}"))
}

fn about(record: &Record) -> Vec<(&'static str, String)> {
    let shown = jiff::Timestamp::from_millisecond(record.shown).unwrap_or_default();
    let mut about = vec![
        ("asked", shown.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        ("model", record.answered_by.clone()),
    ];
    if let Some(template) = &record.template {
        about.push(("template", format!("{} ({})", template.name, template.hash)));
    }
    if let Some(market) = &record.market {
        let as_of = timestamp(market.as_of).strftime("%Y-%m-%d %H:%M UTC");
        about.push((
            "candles",
            format!("{} {} as of {as_of}", market.symbol, market.timeframe),
        ));
    }
    if record.market.is_some() {
        let head = record.head();
        let r = head
            .trial
            .closed_r()
            .map_or_else(String::new, |r| format!(" {r:+.2} R"));
        about.push(("outcome", format!("{}{r}", head.status())));
    }
    if !record.note.is_empty() {
        about.push(("note", record.note.clone()));
    }
    if !record.tags.is_empty() {
        about.push(("tags", record.tags.join(", ")));
    }
    about
}

/// The chart of the candles kept with it, those that came after among them.
fn chart(record: &Record) -> String {
    let market = record.series().and_then(|series| Market::of(&series.into(), None).ok());
    let Some(market) = market else { return String::new() };
    let series = market.series.as_ref();
    let end = series.candles().len();
    let plan = record.setup.as_ref().filter(|s| s.is_trade()).map(plan);
    let window = end.saturating_sub(CANDLES)..end;
    let scene = Scene::of(
        series,
        &market.study,
        &market.facts,
        plan,
        Layers::default(),
        window,
        false,
    );
    svg(&scene, CHART.0, CHART.1)
}

fn plan(setup: &Setup) -> Plan {
    Plan {
        entry: setup.entry.map(|zone| (zone.low(), zone.high())),
        stop: setup.stop,
        targets: setup.targets.clone(),
        ..Plan::default()
    }
}

/// An answer's Markdown as HTML; what is HTML in it is shown, not obeyed, and its links lead nowhere but where they say.
fn answer_html(answer: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(answer, options).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        // A link or picture of a model's is its words alone: a page that is sent on fetches nothing.
        Event::Start(pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. })
        | Event::End(pulldown_cmark::TagEnd::Link | pulldown_cmark::TagEnd::Image) => None,
        other => Some(other),
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_own_markup_is_shown_and_not_obeyed() {
        let html = answer_html(
            "**bold** <script>alert(1)</script> [x](javascript:alert(1)) ![y](https://example.org/y.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        );
        assert!(
            html.contains("<strong>bold</strong>") && html.contains("<table>"),
            "{html}"
        );
        assert!(html.contains("&lt;script&gt;"), "{html}");
        for word in ["<script", "href", "src", "javascript"] {
            assert!(!html.contains(word), "{word}: {html}");
        }
    }
}
