//! The text area, behind one module: typing, pasting, undo, soft wrap, and Jinja's tags coloured.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Style;
use tui_textarea::{CursorMove, TextArea, WrapMode};

/// A text being edited.
#[derive(Debug, Clone)]
pub struct Editor {
    area: TextArea<'static>,
    /// What the text was when it was opened or saved.
    saved: String,
}

impl Editor {
    /// Edits `text`, the cursor at its beginning.
    pub fn of(text: &str) -> Self {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.set_wrap_mode(WrapMode::Word);
        area.set_cursor_line_style(Style::new());
        area.set_max_histories(1_000);
        Self {
            area,
            saved: text.to_owned(),
        }
    }

    /// The text as it stands.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether it differs from what was opened or saved.
    pub fn is_dirty(&self) -> bool {
        self.text() != self.saved
    }

    /// Takes `text` as what was saved; what was typed since is an edit.
    pub fn mark_saved(&mut self, text: String) {
        self.saved = text;
    }

    /// Puts `text` in place of all there is, as an edit.
    pub fn replace(&mut self, text: &str) {
        self.area.select_all();
        self.area.insert_str(text);
        self.area.move_cursor(CursorMove::Top);
    }

    /// Moves the cursor to the end of the text.
    pub fn move_to_end(&mut self) {
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Types a key. Ctrl-Y brings back what Ctrl-U undid.
    pub fn input(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('y') if control => {
                self.area.redo();
            }
            _ => {
                self.area.input(key);
            }
        }
    }

    /// Empties a field.
    pub fn clear(&mut self) {
        self.area.clear();
    }

    /// Inserts pasted text as one edit.
    pub fn paste(&mut self, text: &str) {
        self.area.insert_str(crate::text::clean(text));
    }

    /// Line and column of the cursor, from 1.
    pub fn position(&self) -> (usize, usize) {
        let (row, column) = self.area.cursor();
        (row + 1, column + 1)
    }

    /// Colours `{{ … }}` and `{% … %}` with `tag`, and marks the line of a fault with `fault`.
    pub fn highlight(&mut self, tag: Style, fault: Option<(usize, Style)>) {
        self.area.clear_custom_highlight();
        let mut found = Vec::new();
        for (row, line) in self.area.lines().iter().enumerate() {
            for (open, close) in [("{{", "}}"), ("{%", "%}")] {
                let mut at = 0;
                while let Some(start) = line[at..].find(open).map(|i| at + i) {
                    let end = line[start..].find(close).map_or(line.len(), |i| start + i + 2);
                    found.push(((row, column(line, start)), (row, column(line, end)), tag));
                    at = end;
                }
            }
            if let Some((number, style)) = fault
                && number == row + 1
            {
                found.push(((row, 0), (row, column(line, line.len())), style));
            }
        }
        for (from, to, style) in found {
            self.area.custom_highlight((from, to), style, 1);
        }
    }

    /// The widget to draw.
    pub fn widget(&self) -> &TextArea<'static> {
        &self.area
    }

    /// How the cursor is drawn: a block where the text has the focus, else not at all.
    pub fn set_focus(&mut self, focused: bool) {
        let style = if focused {
            Style::new().add_modifier(ratatui::style::Modifier::REVERSED)
        } else {
            Style::new()
        };
        self.area.set_cursor_style(style);
    }
}

/// The text area counts characters where text counts bytes.
fn column(line: &str, byte: usize) -> usize {
    line[..byte].chars().count()
}
