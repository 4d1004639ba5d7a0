//! Looking for words in the text of the answer's pane, and putting others in their place where it is edited.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::message::Effect;
use super::{App, Center};

/// Words looked for in what the answer's pane shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Find {
    /// The words, as typed.
    pub words: String,
    /// Whether they are being typed.
    pub typing: bool,
    /// The line of the text that was gone to.
    pub at: usize,
    /// Which of how many lines that is, or of how many places in a text being edited; both 0 where there are none.
    pub place: (usize, usize),
    /// What is to be put in their place, once that is typed.
    pub with: Option<String>,
}

impl App {
    /// What is looked for.
    pub fn find(&self) -> Option<&Find> {
        self.tab.find.as_ref()
    }

    /// Whether words are looked for, so that there is a next line that holds them.
    pub fn is_finding(&self) -> bool {
        self.tab.find.as_ref().is_some_and(|f| !f.words.is_empty())
    }

    /// Whether there is a text to look through.
    pub fn can_find(&self) -> bool {
        self.is_editing_template() || !self.found_text().lines().is_empty()
    }

    pub(super) fn begin_find(&mut self) {
        let (_, height) = self.areas().answer_inner();
        let at = self.found_text().first(height);
        self.tab.focus = super::Pane::Answer;
        self.tab.find = Some(Find {
            typing: true,
            at,
            ..Find::default()
        });
    }

    fn found_text(&self) -> &super::response::Text {
        if self.tab.center == Center::Preview {
            &self.tab.preview
        } else {
            &self.tab.response.wrapped
        }
    }

    /// What was looked for is no longer marked.
    pub(super) fn end_find(&mut self) {
        self.tab.find = None;
        let name = self.chosen_name();
        self.colour(&name);
    }

    /// The place after the cursor that holds the words gets the others; then on to the next.
    fn put_next(&mut self, effects: &mut Vec<Effect>) {
        let name = self.chosen_name();
        let Some((words, with)) = self.tab.find.as_ref().map(|f| (f.words.clone(), f.with.clone())) else {
            return;
        };
        let Some(draft) = self.drafts.get_mut(&name) else {
            return;
        };
        let from = draft.editor.cursor();
        let places = draft.editor.holding(&words);
        let next = places.iter().find(|p| (p.row, p.from) >= from).or(places.first());
        if let Some(place) = next {
            draft.editor.put(*place, &with.unwrap_or_default());
            self.edited(&name, effects);
        }
        self.go_to_place(0);
    }

    /// Every place that holds the words gets the others.
    fn put_everywhere(&mut self, effects: &mut Vec<Effect>) {
        let name = self.chosen_name();
        let Some((words, with)) = self.tab.find.as_ref().map(|f| (f.words.clone(), f.with.clone())) else {
            return;
        };
        let Some(draft) = self.drafts.get_mut(&name) else {
            return;
        };
        let times = draft.editor.put_all(&words, &with.unwrap_or_default());
        self.edited(&name, effects);
        self.end_find();
        self.say(
            format!("replaced {} · Ctrl-U undoes", crate::text::count(times, "place")),
            false,
        );
    }

    /// Puts the editor's cursor on the next place that holds the words: from the cursor on, behind it, or before it.
    fn go_to_place(&mut self, by: isize) {
        let name = self.chosen_name();
        let (Some(find), Some(draft)) = (&mut self.tab.find, self.drafts.get_mut(&name)) else {
            return;
        };
        let places = draft.editor.holding(&find.words);
        let at = draft.editor.cursor();
        let next = match by {
            0 => places.iter().position(|p| (p.row, p.from) >= at),
            1.. => places.iter().position(|p| (p.row, p.from) > at),
            _ => places.iter().rposition(|p| (p.row, p.from) < at),
        };
        let around = if by < 0 { places.len().checked_sub(1) } else { Some(0) };
        let next = next.or(around.filter(|_| !places.is_empty()));
        find.place = next.map_or((0, 0), |at| (at + 1, places.len()));
        if let Some(place) = next.and_then(|at| places.get(at)) {
            draft.editor.jump(place.row, place.from);
        }
        self.colour(&name);
    }

    pub(super) fn find_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let Some(find) = &mut self.tab.find else { return };
        let edits = self.tab.center == Center::Editor;
        if let Some(with) = &mut find.with {
            match key.code {
                KeyCode::Enter => return self.put_next(effects),
                KeyCode::Char('a') if control => return self.put_everywhere(effects),
                KeyCode::Backspace => {
                    with.pop();
                }
                KeyCode::Char('u') if control => with.clear(),
                KeyCode::Char(c) if !control => with.push(c),
                KeyCode::Tab => find.with = None,
                KeyCode::Esc => self.end_find(),
                _ => {}
            }
            return;
        }
        match key.code {
            KeyCode::Tab if edits => {
                find.with = Some(String::new());
                return;
            }
            KeyCode::Esc => return self.end_find(),
            KeyCode::Enter if find.words.is_empty() => return self.end_find(),
            KeyCode::Enter | KeyCode::Down => {
                find.typing = false;
                return;
            }
            KeyCode::Backspace => {
                find.words.pop();
            }
            KeyCode::Char('u') if control => find.words.clear(),
            KeyCode::Char(c) if !control => find.words.push(c),
            _ => return,
        }
        // As it is typed, from where the eye is.
        self.go_to_found(0);
    }

    /// Goes to the next line that holds the words, from `by` lines behind the one gone to last; backwards where negative.
    pub(super) fn go_to_found(&mut self, by: isize) {
        if self.tab.center == Center::Editor {
            return self.go_to_place(by);
        }
        let (_, height) = self.areas().answer_inner();
        let Some(find) = &self.tab.find else { return };
        let hits = self.found_text().holding(&find.words);
        let from = find.at.saturating_add_signed(by);
        let next = if by < 0 {
            let before = hits.iter().rposition(|h| *h < find.at);
            before.or(hits.len().checked_sub(1))
        } else {
            let after = hits.iter().position(|h| *h >= from);
            after.or((!hits.is_empty()).then_some(0))
        };
        let Some(find) = &mut self.tab.find else { return };
        let Some(next) = next else {
            find.place = (0, 0);
            return;
        };
        find.at = hits[next];
        find.place = (next + 1, hits.len());
        let line = find.at;
        let text = if self.tab.center == Center::Preview {
            &mut self.tab.preview
        } else {
            &mut self.tab.response.wrapped
        };
        text.show(line, height);
    }
}
