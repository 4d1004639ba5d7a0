//! What the last deed can be undone with: the line that tells of it names the key.

use super::message::{Effect, Saving};
use super::{App, Tab};
use crate::prompt::Values;

/// A deed that can be undone.
#[derive(Debug)]
pub(super) enum Undo {
    /// A desk was closed: where it stood, and it.
    Close(usize, Box<Tab>),
    /// A template's file was removed: its name and text.
    Removed(String, String),
    /// The form's values were taken back.
    Values(Values),
    /// A template was put back to the text it had: its name, and what was typed.
    Reverted(String, String),
}

impl App {
    /// Whether there is something to undo.
    pub fn can_undo(&self) -> bool {
        self.undo.is_some()
    }

    /// Undoes the last deed.
    pub(super) fn undo(&mut self, effects: &mut Vec<Effect>) {
        match self.undo.take() {
            None => {}
            Some(Undo::Close(at, tab)) => self.reopen_tab(at, *tab, effects),
            Some(Undo::Removed(name, text)) => {
                let saving = Saving { from: None, name, text };
                effects.push(Effect::Save(saving, false));
            }
            Some(Undo::Values(values)) => {
                self.tab.values = values;
                self.say("the values are back", false);
                self.values_changed(effects);
            }
            Some(Undo::Reverted(name, text)) => {
                if let Some(draft) = self.drafts.get_mut(&name) {
                    draft.editor.replace(&text);
                    self.edited(&name, effects);
                    self.say(format!("the edits of {name} are back"), false);
                }
            }
        }
    }
}
