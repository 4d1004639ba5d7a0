//! A walk or a journal as a document: Markdown, or one HTML page with its charts in it.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde::Serialize;

use super::{Column, NOTICE, picture, words};
use crate::setup::score::{
    By, Compared, Name, Score, Trial, by_session, by_weekday, distribution, groups, pairs, score,
};

const MARKDOWN: &str = include_str!("../../assets/report.md");
const HTML: &str = include_str!("../../assets/report.html");

/// What a report is made of.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// What it is called.
    pub title: String,
    /// What was asked, of whom and when: a word and what it says, a line each.
    pub about: Vec<(String, String)>,
    /// What is to be said against it.
    pub warnings: Vec<String>,
    /// The analyses.
    pub trials: &'a [Trial],
    /// What rows are told apart by.
    pub by: By,
    /// Time apart: what is up to here, and what is from here on.
    pub parts: Vec<(String, Vec<Score>)>,
}

/// A row's name and its lines.
type Said = (String, Vec<String>);

/// A row with all that is said of it.
#[derive(Serialize)]
struct Row {
    name: String,
    cells: Vec<String>,
    lines: Vec<String>,
    verdict: &'static str,
    equity: String,
    distribution: String,
    sessions: String,
    weekdays: String,
    calibration: String,
    /// The same in words, for who sees no pictures: a heading, then rows.
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Table {
    title: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// `report` as Markdown.
pub fn markdown(report: &Report<'_>) -> String {
    fill("report.md", MARKDOWN, report)
}

/// `report` as one HTML page.
pub fn html(report: &Report<'_>) -> String {
    fill("report.html", HTML, report)
}

/// What fills the templates of documents: a tag alone on its line leaves no line behind; what goes into HTML is escaped.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment
}

fn fill(name: &str, template: &str, report: &Report<'_>) -> String {
    let rows: Vec<Row> = groups(report.trials, report.by).into_iter().map(row).collect();
    let headings: Vec<&str> = Column::ALL.iter().map(|c| c.heading()).collect();
    let line = |one: &Name, other: &Name, with: Compared| format!("{one} minus {other}: {}", words::compared(with));
    let pairs: Vec<String> = pairs(report.trials)
        .into_iter()
        .map(|p| line(&p.one, &p.other, p.compared))
        .collect();
    let parts: Vec<(&str, Vec<Said>)> = report
        .parts
        .iter()
        .map(|(name, scores)| {
            let scores = scores.iter().map(|s| (s.name.to_string(), words::lines(s)));
            (name.as_str(), scores.collect())
        })
        .collect();
    let rendered = environment().render_named_str(
        name,
        template,
        context! {
            title => Serde(&report.title),
            about => Serde(&report.about),
            warnings => Serde(&report.warnings),
            headings => Serde(headings),
            rows => Serde(rows),
            pairs => Serde(pairs),
            parts => Serde(parts),
            notice => NOTICE,
        },
    );
    // The template is compiled in and filled in a test.
    rendered.unwrap_or_else(|error| format!("The report cannot be written: {error}"))
}

fn row((name, trials): (Name, Vec<&Trial>)) -> Row {
    let score = score(name, &trials);
    let (sessions, weekdays) = (by_session(&trials), by_weekday(&trials));
    let spread = distribution(&trials);
    let slices = |slices: &[crate::setup::score::Slice]| -> Vec<Vec<String>> {
        let cell = |s: &crate::setup::score::Slice| {
            let mean = s.mean_r.map_or_else(|| "-".to_owned(), |m| format!("{m:+.2}"));
            vec![
                s.name.clone(),
                s.trades.to_string(),
                s.wins.to_string(),
                mean,
                format!("{:+.1}", s.total_r),
            ]
        };
        slices.iter().map(cell).collect()
    };
    const SLICE: [&str; 5] = ["", "trades", "won", "mean R", "total"];
    let tables = vec![
        Table {
            title: "By session",
            head: SLICE.to_vec(),
            rows: slices(&sessions),
        },
        Table {
            title: "By weekday",
            head: SLICE.to_vec(),
            rows: slices(&weekdays),
        },
        Table {
            title: "Distribution of R",
            head: vec!["from", "trades"],
            rows: spread
                .iter()
                .map(|(from, n)| vec![format!("{from:+.1}"), n.to_string()])
                .collect(),
        },
        Table {
            title: "Confidence",
            head: vec!["stated", "trades", "won"],
            rows: score
                .calibration
                .iter()
                .map(|c| {
                    let share = |s: f64| format!("{:.0} %", s * 100.0);
                    vec![share(c.stated), c.n.to_string(), share(c.won)]
                })
                .collect(),
        },
    ];
    Row {
        name: score.name.to_string(),
        cells: Column::ALL
            .iter()
            .map(|column| match column {
                Column::WinRate => words::win_rate(&score),
                Column::MeanR => words::mean_r(&score),
                other => other.cell(&score),
            })
            .collect(),
        lines: words::lines(&score),
        verdict: score.verdict().words(),
        equity: picture::equity(&score.curve),
        distribution: picture::distribution(&spread),
        sessions: picture::slices(&sessions, "mean R by session"),
        weekdays: picture::slices(&weekdays, "mean R by weekday"),
        calibration: picture::calibration(&score.calibration),
        tables: tables.into_iter().filter(|t| !t.rows.is_empty()).collect(),
    }
}
