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
    /// A template bears another name: what it was called, and is.
    Renamed(String, String),
    /// A template was saved: the name it was opened under, the one it bears now, and what the file of that name held before.
    Saved(Option<String>, String, Option<String>),
}

impl App {
    /// Whether there is something to undo.
    pub fn can_undo(&self) -> bool {
        self.undo.is_some()
    }

    /// Undoes the last deed.
    pub(super) fn undo(&mut self, effects: &mut Vec<Effect>) {
        match self.undo.take() {
            None => self.say("nothing to undo", false),
            Some(Undo::Close(at, tab)) => self.reopen_tab(at, *tab, effects),
            Some(Undo::Removed(name, text)) => {
                let saving = Saving {
                    from: None,
                    name,
                    text,
                    before: None,
                    undoes: true,
                };
                effects.push(Effect::Save(saving, false));
            }
            Some(Undo::Renamed(from, to)) => effects.push(Effect::RenameTemplate(to, from)),
            Some(Undo::Saved(from, name, before)) => self.take_back(from, name, before, effects),
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

    /// Takes a saving back: the file holds what it did, or is gone; what was typed is an edit again.
    fn take_back(&mut self, from: Option<String>, name: String, before: Option<String>, effects: &mut Vec<Effect>) {
        let source = |name: &str| {
            let listed = self.library.iter().find(|l| l.name == name);
            listed.map(|l| crate::text::clean(&l.source))
        };
        if let Some(text) = before {
            let saving = Saving {
                from: None,
                before: source(&name),
                name,
                text,
                undoes: true,
            };
            return effects.push(Effect::Save(saving, true));
        }
        if let Some(from) = from {
            let saved = crate::prompt::shipped(&name)
                .filter(|_| from == name)
                .map(str::to_owned);
            let saved = saved.or_else(|| source(&from));
            if let (Some(mut draft), Some(saved)) = (self.drafts.remove(&name), saved) {
                draft.editor.mark_saved(saved);
                self.drafts.insert(from.clone(), draft);
            }
            self.choose_template(&from);
        }
        effects.push(Effect::RemoveTemplate(name));
    }
}
