//! The text area, behind one module: typing, pasting, undo, soft wrap, places found, and Jinja's tags coloured.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Style;
use tui_textarea::{CursorMove, TextArea, WrapMode};

/// A place in the text: its row, and the columns from its first character to behind its last, all from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The row.
    pub row: usize,
    /// The first column.
    pub from: usize,
    /// The column behind the last.
    pub to: usize,
}

/// How parts of the text are set apart.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    /// `{{ … }}` and `{% … %}`.
    pub tag: Style,
    /// What is wrong.
    pub fault: Style,
    /// What was looked for.
    pub found: Style,
}

/// Rows that a text may take: the text area counts them in sixteen bits.
const MOST_ROWS: usize = u16::MAX as usize;
/// As narrow as a text is drawn, in columns.
const NARROW: usize = 30;

/// A text being edited.
#[derive(Debug, Clone)]
pub struct Editor {
    area: TextArea<'static>,
    /// What the text was when it was opened or saved.
    saved: String,
    /// The text behind each edit that took something away and put something else there: the area undoes it in two steps.
    double: Vec<String>,
    /// The same of those that were undone.
    undone: Vec<String>,
}

impl Editor {
    /// Edits `text`, the cursor at its beginning.
    pub fn of(text: &str) -> Self {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.set_wrap_mode(WrapMode::Word);
        area.set_cursor_line_style(Style::new());
        area.set_max_histories(1_000);
        // Undo takes back words, not letters.
        area.set_undo_coalescing(true);
        Self {
            area,
            saved: text.to_owned(),
            double: Vec::new(),
            undone: Vec::new(),
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
        self.insert(text);
        self.area.move_cursor(CursorMove::Top);
    }

    /// Inserts text in place of what is selected, as one edit.
    fn insert(&mut self, text: &str) {
        let double = self.area.selection_range().is_some_and(|(from, to)| from != to) && !text.is_empty();
        self.area.insert_str(text);
        if double {
            self.double.push(self.text());
        }
    }

    /// Undoes the last edit; whether there was one.
    pub fn undo(&mut self) -> bool {
        let double = self.double.pop_if(|after| *after == self.area.lines().join("\n"));
        let undone = self.area.undo();
        if let Some(after) = double {
            self.area.undo();
            self.undone.push(after);
        }
        undone
    }

    /// Brings back the edit that was undone last; whether there was one.
    pub fn redo(&mut self) -> bool {
        let redone = self.area.redo();
        if let Some(after) = self.undone.last()
            && *after != self.text()
            && self.area.redo()
        {
            if *after == self.text() {
                self.double.extend(self.undone.pop());
            } else {
                self.area.undo();
            }
        }
        redone
    }

    /// Moves the cursor to the end of the text.
    pub fn move_to_end(&mut self) {
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Types a key, or moves by it.
    pub fn input(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let ends = match key.code {
            KeyCode::Home if control => Some(CursorMove::Top),
            KeyCode::End if control => Some(CursorMove::Bottom),
            _ => None,
        };
        let Some(end) = ends else {
            // Undoing goes by the commands: it may take two of the area's steps.
            let retraces = control && matches!(key.code, KeyCode::Char('u' | 'r' | 'y'));
            if !retraces {
                self.area.input(key);
            }
            return;
        };
        if key.modifiers.contains(KeyModifiers::SHIFT) {
            if !self.area.is_selecting() {
                self.area.start_selection();
            }
        } else {
            self.area.cancel_selection();
        }
        self.area.move_cursor(end);
        if key.code == KeyCode::End {
            self.area.move_cursor(CursorMove::End);
        }
    }

    /// Empties a field.
    pub fn clear(&mut self) {
        self.area.clear();
    }

    /// Inserts pasted text as one edit.
    pub fn paste(&mut self, text: &str) {
        self.insert(&crate::text::clean(text));
    }

    /// Whether `text` can be inserted too: what is drawn in more rows than the text area can count would be drawn wrong, and
    /// edited in the wrong place.
    pub fn has_room_for(&self, text: &str) -> bool {
        let lines = self.area.lines();
        let there: usize = lines.iter().map(|line| rows(line)).sum();
        there + text.split(['\n', '\r']).map(rows).sum::<usize>() <= MOST_ROWS
    }

    /// Line and column of the cursor, from 1.
    pub fn position(&self) -> (usize, usize) {
        let (row, column) = self.area.cursor();
        (row + 1, column + 1)
    }

    /// Colours the tags, and sets apart the places that are at fault and those that were found.
    pub fn highlight(&mut self, marks: &Marks, faults: &[Place], found: &[Place]) {
        self.area.clear_custom_highlight();
        let mut tags = Vec::new();
        for (row, line) in self.area.lines().iter().enumerate() {
            for (open, close) in [("{{", "}}"), ("{%", "%}")] {
                let mut at = 0;
                while let Some(start) = line[at..].find(open).map(|i| at + i) {
                    let end = line[start..].find(close).map_or(line.len(), |i| start + i + 2);
                    tags.push(Place {
                        row,
                        from: column(line, start),
                        to: column(line, end),
                    });
                    at = end;
                }
            }
        }
        let layers = [(&tags[..], marks.tag), (faults, marks.fault), (found, marks.found)];
        for (priority, (places, style)) in (1u8..).zip(layers) {
            for place in places {
                let range = ((place.row, place.from), (place.row, place.to));
                self.area.custom_highlight(range, style, priority);
            }
        }
    }

    /// The whole of a line, from 1.
    pub fn line(&self, number: usize) -> Option<Place> {
        let row = number.checked_sub(1)?;
        let to = self.area.lines().get(row)?.chars().count();
        Some(Place { row, from: 0, to })
    }

    /// The places that hold `words`, in any letter case; none of none.
    pub fn holding(&self, words: &str) -> Vec<Place> {
        let words = words.to_lowercase();
        let long = words.chars().count();
        let mut places = Vec::new();
        for (row, line) in self.area.lines().iter().enumerate().filter(|_| long > 0) {
            let lower = line.to_lowercase();
            places.extend(lower.match_indices(&words).map(|(at, _)| {
                let from = lower[..at].chars().count();
                Place {
                    row,
                    from,
                    to: from + long,
                }
            }));
        }
        places
    }

    /// Where the cursor is: row and column, from 0.
    pub fn cursor(&self) -> (usize, usize) {
        let (row, column) = self.area.cursor();
        (row, column)
    }

    /// Puts the cursor at a row and column, from 0.
    pub fn jump(&mut self, row: usize, column: usize) {
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.cancel_selection();
        self.area.move_cursor(CursorMove::Jump(short(row), short(column)));
    }

    /// Puts `text` at this place instead of what is there, as one edit; the cursor is behind it then.
    pub fn put(&mut self, place: Place, text: &str) {
        self.jump(place.row, place.from);
        self.area.start_selection();
        self.area.move_cursor(CursorMove::Jump(
            u16::try_from(place.row).unwrap_or(u16::MAX),
            u16::try_from(place.to).unwrap_or(u16::MAX),
        ));
        if text.is_empty() {
            self.area.cut();
        } else {
            self.insert(text);
        }
    }

    /// Puts `text` in place of everything that holds `words`, as one edit; says how often.
    pub fn put_all(&mut self, words: &str, text: &str) -> usize {
        let places = self.holding(words);
        let mut lines = self.area.lines().to_vec();
        for place in places.iter().rev() {
            let Some(line) = lines.get_mut(place.row) else { continue };
            let byte = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
            let range = byte(place.from)..byte(place.to);
            line.replace_range(range, text);
        }
        if !places.is_empty() {
            let (row, column) = self.cursor();
            self.replace(&lines.join("\n"));
            self.jump(row, column);
        }
        places.len()
    }

    /// The beginning of a name that is being typed inside a tag, up to the cursor; empty right behind `{{ `.
    pub fn name_begun(&self) -> Option<Place> {
        let (row, to) = self.cursor();
        let line = self.area.lines().get(row)?;
        let end = line.char_indices().nth(to).map_or(line.len(), |(at, _)| at);
        let before = &line[..end];
        let open = before.rfind("{{").max(before.rfind("{%"))?;
        let inside = &before[open + 2..];
        let quoted = inside.matches('"').count() % 2 == 1 || inside.matches('\'').count() % 2 == 1;
        if inside.contains("}}") || inside.contains("%}") || quoted {
            return None;
        }
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let name = inside.chars().rev().take_while(|c| word(*c)).count();
        let ahead = inside.chars().rev().skip(name).find(|c| !c.is_whitespace());
        let first = inside.chars().count() - name;
        let begins = before[open..].starts_with("{{") && ahead.is_none();
        // An attribute or a filter is no name of ours; neither is a number.
        let number = inside.chars().nth(first).is_some_and(|c| c.is_ascii_digit());
        let fits = !matches!(ahead, Some('.' | '|')) && !number && (name > 0 || begins);
        fits.then_some(Place {
            row,
            from: to - name,
            to,
        })
    }

    /// The characters of a place.
    pub fn text_of(&self, place: Place) -> String {
        let line = self.area.lines().get(place.row).map_or("", String::as_str);
        line.chars().skip(place.from).take(place.to - place.from).collect()
    }

    /// What is selected, if anything is.
    pub fn selected(&mut self) -> Option<String> {
        self.area.selection_range()?;
        let mut copy = self.area.clone();
        copy.copy();
        Some(copy.yank_text()).filter(|text| !text.is_empty())
    }

    /// Where the cursor was drawn last, if it was in sight.
    pub fn drawn_cursor(&self) -> Option<ratatui::layout::Position> {
        self.area.rendered_cursor_position()
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

/// Rows that a line takes where it is narrow.
fn rows(line: &str) -> usize {
    1 + line.len() / NARROW
}

/// The text area counts characters where text counts bytes.
fn column(line: &str, byte: usize) -> usize {
    line[..byte].chars().count()
}
