//! The bottom line: what happened, or what can be done now, from the command table.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::App;
use crate::desk::Estimate;
use crate::tui::app::Layer;
use crate::tui::keymap::{self, Bound, Command, Context};
use crate::tui::markdown;

/// What the footer offers, the most wanted first.
const ORDER: [Command; 21] = [
    Command::Send,
    Command::Cancel,
    Command::Choose,
    Command::Save,
    Command::Reset,
    Command::UndoTyping,
    Command::InsertFact,
    Command::Point,
    Command::ZoomIn,
    Command::NextFailed,
    Command::Help,
    Command::Open,
    Command::Edit,
    Command::Preview,
    Command::Model,
    Command::NewSample,
    Command::Layers,
    Command::Copy,
    Command::Clear,
    Command::Palette,
    Command::Quit,
];

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = app.theme();
    // What stands in front and has a line for it says it itself.
    let said_in_front = app.layers().iter().any(|layer| keymap::hints(layer).is_some());
    if let (Some(toast), false) = (app.toast(), said_in_front) {
        let style = if toast.bad { theme.bad } else { theme.good };
        let mark = if toast.bad { "✗ " } else { "✓ " };
        // What is too long for a line takes as many as it needs, up to four, over what is above.
        let mut lines = markdown::wrap_plain(
            &crate::text::clean_line(&toast.text),
            area.width.saturating_sub(4),
            Style::new(),
        );
        lines.truncate(4);
        let rows = u16::try_from(lines.len()).unwrap_or(1).min(area.y + 1);
        let over = Rect::new(area.x, area.y + 1 - rows, area.width, rows);
        for (at, line) in lines.iter_mut().enumerate() {
            let lead = if at == 0 { mark } else { "  " };
            line.spans.splice(0..0, [Span::raw(" "), Span::styled(lead, style)]);
        }
        frame.render_widget(Clear, over);
        frame.render_widget(Paragraph::new(lines), over);
        return;
    }
    if let (Some(find), []) = (app.find(), app.layers()) {
        let place = match find.place {
            _ if find.words.is_empty() => "type what to look for".to_owned(),
            (_, 0) => "nowhere".to_owned(),
            (at, all) => format!("{at} of {all}"),
        };
        let edits = app.is_editing_template();
        let hint = if find.with.is_some() {
            "Enter puts it here · Ctrl-A everywhere · Esc ends"
        } else if find.typing && edits {
            "Enter keeps it · Tab replaces · Esc ends"
        } else if find.typing {
            "Enter keeps it · Esc ends"
        } else {
            "F3 . next · , before · Esc ends"
        };
        let line = Line::from(vec![
            Span::styled(" / ", theme.accent),
            Span::raw(crate::text::clean_line(&find.words)),
            Span::styled(if find.typing && find.with.is_none() { "▏" } else { "" }, theme.accent),
            Span::styled(
                find.with
                    .as_ref()
                    .map_or(String::new(), |with| format!(" → {}", crate::text::clean_line(with))),
                theme.strong,
            ),
            Span::styled(if find.with.is_some() { "▏" } else { "" }, theme.accent),
            Span::styled(format!("   {place} · {hint}"), theme.dim),
        ]);
        frame.render_widget(Paragraph::new(line), area);
        return;
    }
    if let (Some(completion), []) = (app.completion(), app.layers()) {
        let takes = if completion.moved {
            "Tab or Enter takes"
        } else {
            "Tab takes"
        };
        let hint = format!(" {takes} the name · ↑ ↓ choose · Esc sends the names away");
        frame.render_widget(Paragraph::new(hint).style(theme.dim), area);
        return;
    }
    if let Some(layer) = app.layers().last() {
        let hint = match layer {
            Layer::Picker(_) => " type to narrow · ↑ ↓ choose · Enter takes · Esc closes",
            Layer::Name(..) => " Enter takes it · Esc does not",
            Layer::Help(_) => " ↑ ↓ scroll · any other key closes",
            Layer::Desks => {
                " a digit turns to a desk · n opens one · x closes this one · h l j k move the borders · Esc closes"
            }
            Layer::Chart => " a letter switches a layer · Esc closes",
            Layer::Reader(_) => " ↑ ↓ scroll · any other key closes",
            Layer::Clear
            | Layer::File
            | Layer::Copy
            | Layer::Leave
            | Layer::Card
            | Layer::Cache(_)
            | Layer::History(_)
            | Layer::Scores(_) => "",
        };
        frame.render_widget(Paragraph::new(hint).style(theme.dim), area);
        return;
    }
    let mut spans = vec![Span::raw(" ")];
    let mut taken = 1;
    for binding in offered(app) {
        let Some(key) = binding.shown() else { continue };
        let short = match binding.command {
            Command::Send => send_words(app),
            Command::Cancel => cancel_words(app).to_owned(),
            _ => binding.short.to_owned(),
        };
        let width = key.chars().count() + short.chars().count() + 3;
        if taken + width > usize::from(area.width) {
            break;
        }
        taken += width;
        spans.push(Span::styled(key, theme.accent));
        spans.push(Span::styled(format!(" {short}  "), theme.dim));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// What Esc would end.
fn cancel_words(app: &App) -> &'static str {
    if app.is_typing() {
        "done"
    } else if app.is_waiting() {
        "cancel"
    } else {
        "back"
    }
}

/// What sending would take.
fn send_words(app: &App) -> String {
    let asked: Vec<Estimate> = app.estimates().into_iter().flatten().collect();
    let calls: Vec<&Estimate> = asked.iter().filter(|e| e.hit.is_none()).collect();
    let hits = asked.len() - calls.len();
    let takes = takes(&calls);
    match (hits, calls.len()) {
        (0, 0) => "send".to_owned(),
        (1, 0) => "send: a hit".to_owned(),
        (_, 0) => format!("send: {hits} hits"),
        (0, 1) => format!("send {takes}"),
        (0, n) => format!("send: {n} calls {takes}"),
        (_, n) => format!(
            "send: {}, {} {takes}",
            crate::text::count(hits, "hit"),
            crate::text::count(n, "call")
        ),
    }
}

/// The prompts' tokens, and what they cost at least: the answers come on top.
fn takes(calls: &[&Estimate]) -> String {
    let tokens = match calls.iter().map(|e| e.tokens).sum::<u64>() {
        n if n < 1_000 => format!("{n}"),
        n => format!("{:.1}k", n as f64 / 1_000.0),
    };
    let priced: Vec<f64> = calls.iter().filter_map(|e| e.usd).collect();
    let usd: f64 = priced.iter().sum();
    let cost = match priced.len() {
        0 => String::new(),
        _ if usd > 0.0 => format!(", ${usd:.4}+"),
        _ => ", free".to_owned(),
    };
    format!("~{tokens} tokens{cost}")
}

fn offered(app: &App) -> impl Iterator<Item = &Bound> + '_ {
    let typing = app.is_typing()
        || app
            .layers()
            .last()
            .is_some_and(|l| matches!(l, Layer::Picker(_) | Layer::Name(..)));
    ORDER.iter().filter_map(move |command| {
        app.keymap().rows().iter().find(|b| {
            let holds = match b.context {
                Context::Anywhere => true,
                Context::Command => !typing,
                Context::Pane(pane) => !typing && app.focus() == pane,
            };
            b.command == *command && holds && (b.enabled)(app)
        })
    })
}
