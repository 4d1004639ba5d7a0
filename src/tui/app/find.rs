//! Looking for words in the text of the answer's pane.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

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
    /// Which of how many lines that is; both 0 where no line holds them.
    pub place: (usize, usize),
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
        self.tab.center != Center::Editor && !self.found_text().lines().is_empty()
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

    pub(super) fn find_key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let Some(find) = &mut self.tab.find else { return };
        match key.code {
            KeyCode::Esc => return self.tab.find = None,
            KeyCode::Enter if find.words.is_empty() => return self.tab.find = None,
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
