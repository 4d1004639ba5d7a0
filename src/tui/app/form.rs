//! The form: one field a variable, its value and where that comes from.

use super::undo::Undo;
use super::{App, Effect};
use crate::prompt::{Kind, Source};

/// A field of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The variable's name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// What it is for.
    pub description: Option<String>,
    /// Its value.
    pub text: String,
    /// Where that comes from.
    pub source: Source,
    /// What is wrong with it.
    pub fault: Option<String>,
}

impl App {
    /// The fields of the template in use.
    pub fn fields(&self) -> Vec<Field> {
        let Some(template) = self.template() else {
            return Vec::new();
        };
        let filled = self.tab.values.fill(template, self.facts());
        template
            .variables
            .iter()
            .zip(filled)
            .map(|(variable, filled)| {
                let fault = match filled.source {
                    Source::Missing if variable.required => Some("needs a value".to_owned()),
                    Source::Analyst => variable.kind.refuses(&filled.text),
                    _ => None,
                };
                Field {
                    name: filled.name,
                    kind: variable.kind.clone(),
                    description: variable.description.clone(),
                    text: filled.text,
                    source: filled.source,
                    fault,
                }
            })
            .collect()
    }

    /// Whether the analyst has set any field.
    pub fn any_field_is_set(&self) -> bool {
        self.fields().iter().any(|f| f.source == Source::Analyst)
    }

    /// Takes every field back to what the candles or the template say.
    pub(super) fn reset_all(&mut self, effects: &mut Vec<Effect>) {
        let before = std::mem::take(&mut self.tab.values);
        self.undo = Some(Undo::Values(before));
        self.say("every field is back to what candles and template say · u undoes", false);
        self.values_changed(effects);
    }

    /// Takes the next (or previous) word of a choice.
    pub(super) fn turn_choice(&mut self, back: bool) -> bool {
        let fields = self.fields();
        let Some(field) = fields.get(self.tab.field) else {
            return false;
        };
        let words: Vec<String> = match &field.kind {
            Kind::Choice(words) => words.clone(),
            Kind::Boolean => vec!["true".to_owned(), "false".to_owned()],
            _ => return false,
        };
        if words.is_empty() {
            return false;
        }
        let at = words.iter().position(|w| *w == field.text);
        let next = match at {
            None => 0,
            Some(at) if back => (at + words.len() - 1) % words.len(),
            Some(at) => (at + 1) % words.len(),
        };
        self.tab.values.set(field.name.clone(), &words[next]);
        true
    }
}
