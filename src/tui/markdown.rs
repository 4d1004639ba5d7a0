//! Markdown to styled lines of a given width: headings, lists, tables, quotes, code; wide characters keep their columns.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::tui::theme::Theme;

/// `text` as lines no wider than `width`.
pub fn lines(text: &str, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut writer = Writer {
        width: usize::from(width.max(8)),
        theme,
        lines: Vec::new(),
        run: Vec::new(),
        styles: vec![Style::new()],
        lists: Vec::new(),
        quote: 0,
        marker: None,
        code: None,
        table: None,
    };
    for event in Parser::new_ext(
        text,
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS,
    ) {
        writer.event(event);
    }
    writer.flush();
    while writer.lines.last().is_some_and(|l| l.width() == 0) {
        writer.lines.pop();
    }
    writer.lines
}

/// Plain text as lines no wider than `width`.
pub fn wrap_plain(text: &str, width: u16, style: Style) -> Vec<Line<'static>> {
    wrap(&[(text.to_owned(), style)], usize::from(width.max(1)), "", "")
}

/// Wraps styled text at blanks; a word that is too long is cut between graphemes. `first` and `rest` indent.
fn wrap(run: &[(String, Style)], width: usize, first: &str, rest: &str) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut spans: Vec<Span<'static>> = vec![Span::raw(first.to_owned())];
    let mut taken = first.width();
    let mut fresh = true;
    let mut end = |spans: &mut Vec<Span<'static>>, taken: &mut usize| {
        lines.push(Line::from(std::mem::replace(spans, vec![Span::raw(rest.to_owned())])));
        *taken = rest.width();
    };
    for (text, style) in run {
        for word in words(text) {
            if word == "\n" {
                end(&mut spans, &mut taken);
                fresh = true;
                continue;
            }
            let blank = word.chars().all(char::is_whitespace);
            let wide = word.width();
            if blank && fresh && taken > 0 && !spans.is_empty() && lines_begun(&spans) {
                continue;
            }
            if taken + wide > width && !fresh {
                end(&mut spans, &mut taken);
                fresh = true;
                if blank {
                    continue;
                }
            }
            if wide > width.saturating_sub(taken) {
                for grapheme in word.graphemes(true) {
                    let wide = grapheme.width();
                    if taken + wide > width && !fresh {
                        end(&mut spans, &mut taken);
                    }
                    spans.push(Span::styled(grapheme.to_owned(), *style));
                    taken += wide;
                    fresh = false;
                }
                continue;
            }
            spans.push(Span::styled(word.to_owned(), *style));
            taken += wide;
            fresh = false;
        }
    }
    lines.push(Line::from(spans));
    lines
}

/// `text` in pieces between which a line may break: at blanks, and around wide characters, which have none.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut kind = None;
    for (at, piece) in text.split_word_bound_indices() {
        let blank = piece.chars().all(char::is_whitespace);
        let wide = piece.width() > piece.chars().count();
        // Narrow pieces that touch are one word: `81%)` is not broken before its bracket.
        let joins = kind == Some((false, false)) && !blank && !wide;
        if !joins {
            if start < at {
                words.push(&text[start..at]);
            }
            start = at;
        }
        kind = Some((blank, wide));
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

/// Whether a line holds nothing yet but its indent: blanks at its start are the wrap's, not the text's.
fn lines_begun(spans: &[Span<'_>]) -> bool {
    spans.len() == 1
}

/// A table being gathered.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    cell: String,
}

struct Writer<'a> {
    width: usize,
    theme: &'a Theme,
    lines: Vec<Line<'static>>,
    run: Vec<(String, Style)>,
    styles: Vec<Style>,
    /// The next number of each open list; none for bullets.
    lists: Vec<Option<u64>>,
    quote: usize,
    marker: Option<String>,
    code: Option<String>,
    table: Option<Table>,
}

impl Writer<'_> {
    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn push(&mut self, text: &str) {
        if let Some(table) = &mut self.table {
            table.cell.push_str(text);
        } else if let Some(code) = &mut self.code {
            code.push_str(text);
        } else {
            let style = self.style();
            self.run.push((text.to_owned(), style));
        }
    }

    fn open(&mut self, change: impl FnOnce(Style) -> Style) {
        let style = change(self.style());
        self.styles.push(style);
    }

    fn indent(&self) -> String {
        let mut indent = "│ ".repeat(self.quote);
        indent.push_str(&"  ".repeat(self.lists.len()));
        // However deep the quotes, half the pane is left for words.
        indent.chars().take(self.width / 2).collect()
    }

    /// Ends the paragraph on its way.
    fn flush(&mut self) {
        if self.run.is_empty() && self.marker.is_none() {
            return;
        }
        let rest = self.indent();
        let first = match self.marker.take() {
            Some(marker) => {
                let outer: String = rest.chars().take(rest.chars().count().saturating_sub(2)).collect();
                format!("{outer}{marker}")
            }
            None => rest.clone(),
        };
        let run = std::mem::take(&mut self.run);
        self.lines.extend(wrap(&run, self.width, &first, &rest));
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|l| l.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.push(&text),
            Event::Code(text) => {
                let accent = self.theme.accent;
                self.open(|s| s.patch(accent));
                self.push(&text);
                self.styles.pop();
            }
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => self.push("\n"),
            Event::Rule => {
                self.flush();
                self.lines.push(Line::styled("─".repeat(self.width), self.theme.dim));
            }
            Event::TaskListMarker(done) => self.push(if done { "☑ " } else { "☐ " }),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => {}
            Tag::Heading { .. } => {
                self.flush();
                self.gap();
                let heading = self.theme.accent.patch(self.theme.strong);
                self.open(|s| s.patch(heading));
            }
            Tag::BlockQuote(_) => {
                self.flush();
                self.quote += 1;
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                self.gap();
                if let CodeBlockKind::Fenced(label) = &kind
                    && !label.is_empty()
                {
                    self.lines
                        .push(Line::styled(crate::text::clean_line(label), self.theme.dim));
                }
                self.code = Some(String::new());
            }
            Tag::List(number) => {
                self.flush();
                self.lists.push(number);
            }
            Tag::Item => {
                self.flush();
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".to_owned(),
                });
            }
            Tag::Emphasis => self.open(|s| s.add_modifier(Modifier::ITALIC)),
            Tag::Strong => self.open(|s| s.add_modifier(Modifier::BOLD)),
            Tag::Strikethrough => self.open(|s| s.add_modifier(Modifier::CROSSED_OUT)),
            Tag::Link { .. } => self.open(|s| s.add_modifier(Modifier::UNDERLINED)),
            Tag::Table(_) => {
                self.flush();
                self.gap();
                self.table = Some(Table::default());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
            }
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quote = self.quote.saturating_sub(1);
            }
            TagEnd::CodeBlock => self.code_block(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                if self.lists.is_empty() {
                    self.gap();
                }
            }
            TagEnd::Item => self.flush(),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link => {
                self.styles.pop();
            }
            TagEnd::TableCell => {
                if let Some(table) = &mut self.table {
                    let cell = std::mem::take(&mut table.cell);
                    if let Some(row) = table.rows.last_mut() {
                        row.push(cell);
                    }
                }
            }
            TagEnd::Table => self.table_block(),
            _ => {}
        }
    }

    fn code_block(&mut self) {
        let Some(code) = self.code.take() else { return };
        let style = self.theme.dim;
        for line in code.trim_end_matches('\n').split('\n') {
            let line = line.replace('\t', "    ");
            let mut wrapped = wrap(&[(line.clone(), Style::new())], self.width.saturating_sub(2), "", "");
            // Wrapping drops a line's own indent; code keeps it.
            let indent = line.len() - line.trim_start().len();
            if let Some(first) = wrapped.first_mut()
                && first.width() < line.width()
                && indent > 0
                && first.width() + indent <= self.width.saturating_sub(2)
            {
                first.spans.insert(0, Span::raw(" ".repeat(indent)));
            }
            for mut wrapped in wrapped {
                wrapped.spans.insert(0, Span::styled("▏ ", style));
                self.lines.push(wrapped);
            }
        }
        self.gap();
    }

    /// A table with columns as wide as they need to be, the widest giving way where there is no room.
    fn table_block(&mut self) {
        let Some(table) = self.table.take() else { return };
        let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        if columns == 0 {
            return;
        }
        let mut widths: Vec<usize> = (0..columns)
            .map(|c| {
                table
                    .rows
                    .iter()
                    .filter_map(|r| r.get(c))
                    .map(|cell| cell.width())
                    .max()
                    .unwrap_or(0)
                    .max(1)
            })
            .collect();
        let room = self.width.saturating_sub(3 * (columns - 1)).max(columns);
        while widths.iter().sum::<usize>() > room {
            let Some(widest) = widths.iter_mut().max() else { break };
            if *widest <= 1 {
                break;
            }
            *widest -= 1;
        }
        for (number, row) in table.rows.iter().enumerate() {
            let style = if number == 0 { self.theme.strong } else { Style::new() };
            let cells: Vec<Vec<Line<'static>>> = widths
                .iter()
                .enumerate()
                .map(|(c, width)| wrap(&[(row.get(c).cloned().unwrap_or_default(), style)], *width, "", ""))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(1);
            for line in 0..height {
                let mut spans = Vec::new();
                for (c, width) in widths.iter().enumerate() {
                    if c > 0 {
                        spans.push(Span::styled(" │ ", self.theme.dim));
                    }
                    let content = cells[c].get(line).cloned().unwrap_or_default();
                    let gap = width.saturating_sub(content.width());
                    spans.extend(content.spans);
                    spans.push(Span::raw(" ".repeat(gap)));
                }
                self.lines.push(Line::from(spans));
            }
            if number == 0 {
                let rule: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
                self.lines.push(Line::styled(rule.join("─┼─"), self.theme.dim));
            }
        }
        self.gap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, width: u16) -> Vec<String> {
        let theme = Theme::mono();
        lines(text, width, &theme)
            .iter()
            .map(|l| l.to_string().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn headings_lists_and_code() {
        let text = "# Plan\n\nBuy **low**.\n\n- one\n- two words here\n\n1. first\n\n```setup\n{\n  \"side\": \"long\"\n}\n```\n";
        assert_eq!(
            shown(text, 12),
            [
                "Plan",
                "Buy low.",
                "",
                "• one",
                "• two words",
                "  here",
                "",
                "1. first",
                "",
                "setup",
                "▏ {",
                "▏   \"side\":",
                "▏ \"long\"",
                "▏ }"
            ]
        );
    }

    #[test]
    fn tables_fit() {
        let text = "| a | b |\n|---|---|\n| one | two |\n";
        assert_eq!(shown(text, 20), ["a   │ b", "────┼────", "one │ two"]);
    }

    #[test]
    fn wide_characters_count_double() {
        assert_eq!(shown("日本語日本語", 8), ["日本語日", "本語"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_pane(text in "(?s)[a-z日👩🏽‍🚀| #*`\\-\n1.>\t]{0,200}", width in 8u16..60) {
            let theme = Theme::mono();
            for line in lines(&text, width, &theme) {
                prop_assert!(line.width() <= usize::from(width).max(8) + 8, "{line:?}");
            }
        }
    }
}
