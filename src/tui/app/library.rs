//! The files of templates: new, save as, duplicate, rename, remove, revert, compare with what shipped, and another editor.

use ratatui::text::Line;
use similar::TextDiff;

use super::message::{Effect, Saving};
use super::response::Text;
use super::undo::Undo;
use super::{App, Layer};
use crate::prompt::{Origin, shipped};
use crate::tui::editor::Editor;
use crate::tui::theme::Theme;

/// What a name is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// The edited template is saved under it.
    Save,
    /// A copy of the template bears it.
    Duplicate,
    /// The template bears it from now on.
    Rename,
    /// A new template bears it.
    New,
    /// It is no name, but the money at risk on a trade.
    Risk,
}

impl Naming {
    /// What the window that asks for it is headed.
    pub fn title(self) -> &'static str {
        match self {
            Naming::Save => "Save the template as",
            Naming::Duplicate => "Copy the template as",
            Naming::Rename => "Rename the template to",
            Naming::New => "A new template named",
            Naming::Risk => "Money at risk on a trade",
        }
    }
}

/// What a new template begins as: short, and whole.
const NEW: &str = "---\ndescription: what it is for, in a line\ninput:\n  schema:\n    notes?: string, what else is to be known\n---\nSystem: You analyse markets from the facts you are given, and from nothing else.\n\nUser: {{ symbol }} {{ timeframe }}, as of {{ as_of }}.\n\n{{ facts }}\n\n{% if notes %}{{ notes }}{% endif %}\n\n{{ setup_contract }}\n";

/// A text to be read in front of the panes.
#[derive(Debug)]
pub struct Reader {
    /// What it is.
    pub title: String,
    /// It.
    pub text: Text,
}

impl Reader {
    /// The difference between two texts, line by line; `None` where there is none.
    pub(super) fn difference(
        title: String,
        (old, from): (&str, &str),
        (new, to): (&str, &str),
        theme: &Theme,
    ) -> Option<Self> {
        let diff = TextDiff::from_lines(old, new);
        let shown = diff.unified_diff().context_radius(3).header(from, to).to_string();
        if shown.is_empty() {
            return None;
        }
        Some(Self::changes(title, shown, theme))
    }

    /// A difference in the usual form, its lines coloured.
    pub(super) fn changes(title: String, shown: String, theme: &Theme) -> Self {
        let lines = shown.lines().map(|line| {
            let style = match line.as_bytes().first() {
                Some(b'+') => theme.good,
                Some(b'-') => theme.bad,
                Some(b'@') => theme.accent,
                _ => ratatui::style::Style::new(),
            };
            Line::styled(crate::text::clean(line), style)
        });
        let lines = lines.collect();
        let mut text = Text::default();
        text.set(shown, lines, u16::MAX);
        Self { title, text }
    }
}

impl App {
    /// Opens the menu of what can be done with the template's file.
    pub(super) fn open_file_menu(&mut self) {
        self.layers.push(Layer::File);
    }

    /// A key in that menu.
    pub(super) fn file_key(&mut self, key: char, effects: &mut Vec<Effect>) {
        self.layers.pop();
        match key {
            'n' => self.ask_name(Naming::New, "my_template"),
            'd' => {
                let name = self.chosen_name();
                let free = (2..).map(|n| format!("{name}_{n}"));
                let free = free.into_iter().find(|n| self.library.iter().all(|l| l.name != *n));
                self.ask_name(Naming::Duplicate, &free.unwrap_or(name));
            }
            'r' => self.ask_name(Naming::Rename, &self.chosen_name()),
            'x' => effects.push(Effect::RemoveTemplate(self.chosen_name())),
            'v' => self.revert(effects),
            'c' => self.compare_template(),
            'e' => {
                if let Some(text) = self.template_text() {
                    effects.push(Effect::EditElsewhere(self.chosen_name(), text));
                }
            }
            _ => {}
        }
    }

    pub(super) fn ask_name(&mut self, naming: Naming, name: &str) {
        let mut editor = Editor::of(name);
        editor.move_to_end();
        editor.set_focus(true);
        self.layers.push(Layer::Name(naming, Box::new(editor)));
    }

    /// Asks for the money at risk on a trade.
    pub(super) fn ask_risk(&mut self) {
        let now = self.risk_money().map_or_else(String::new, |money| money.to_string());
        self.ask_name(Naming::Risk, &now);
    }

    /// A sum was given; nothing leaves setups without a size. `false` if it is none.
    pub(super) fn risked(&mut self, text: &str) -> bool {
        let money = text.parse::<f64>().ok().filter(|m| m.is_finite() && *m > 0.0);
        if money.is_none() && !text.is_empty() {
            self.say(
                format!("`{}` is no sum; write 100", crate::text::clean_line(text)),
                true,
            );
            return false;
        }
        self.said_risk = money;
        let words = money.map_or_else(
            || "setups are not sized".to_owned(),
            |m| format!("setups are sized to lose {m} at the stop"),
        );
        self.say(words, false);
        true
    }

    /// A name was given.
    pub(super) fn named(&mut self, naming: Naming, name: String, effects: &mut Vec<Effect>) {
        match naming {
            Naming::Save => self.save(name, effects),
            Naming::Risk => {}
            Naming::Rename => effects.push(Effect::RenameTemplate(self.chosen_name(), name)),
            Naming::New | Naming::Duplicate => {
                let text = match naming {
                    Naming::New => Some(NEW.to_owned()),
                    _ => self.template_text(),
                };
                let Some(text) = text else { return };
                let saving = Saving {
                    from: None,
                    name,
                    text,
                    before: None,
                    undoes: false,
                };
                effects.push(Effect::Save(saving, false));
            }
        }
    }

    /// The text of the chosen template, as it is being edited.
    fn template_text(&self) -> Option<String> {
        let listed = self.library.get(self.tab.chosen)?;
        let draft = self.drafts.get(&listed.name).map(|d| d.editor.text());
        Some(draft.unwrap_or_else(|| crate::text::clean(&listed.source)))
    }

    /// Puts the edited text back to the file's.
    fn revert(&mut self, effects: &mut Vec<Effect>) {
        let name = self.chosen_name();
        let saved = self.library.get(self.tab.chosen).map(|l| crate::text::clean(&l.source));
        let (Some(draft), Some(saved)) = (self.drafts.get_mut(&name), saved) else {
            return self.say(format!("{name} has no edits"), false);
        };
        let before = draft.editor.text();
        if before == saved {
            return self.say(format!("{name} has no edits"), false);
        }
        draft.editor.replace(&saved);
        draft.editor.mark_saved(saved);
        self.undo = Some(Undo::Reverted(name.clone(), before));
        self.edited(&name, effects);
        self.say(format!("{name} is as it was saved · u brings the edits back"), false);
    }

    /// Shows how the template differs from the shipped one of its name, or from its file.
    fn compare_template(&mut self) {
        let Some(listed) = self.library.get(self.tab.chosen) else {
            return;
        };
        let Some(text) = self.template_text() else { return };
        let (old, what) = match (shipped(&listed.name), &listed.origin) {
            (Some(shipped), _) => (shipped.to_owned(), "shipped"),
            (None, _) => (crate::text::clean(&listed.source), "saved"),
        };
        let title = format!("{} against the {what} version", listed.name);
        match Reader::difference(title, (&old, what), (&text, &listed.name), &self.theme) {
            Some(reader) => self.layers.push(Layer::Reader(Box::new(reader))),
            None => {
                let words = format!("{} is just as it was {what}", listed.name);
                self.say(words, false);
            }
        }
    }

    /// A template's file is gone.
    pub(super) fn removed(&mut self, name: &str, text: String, effects: &mut Vec<Effect>) {
        // What is typed stays with the shipped one, or until the file is back.
        if !self.is_dirty(name) {
            self.drafts.remove(name);
        }
        self.keep_drafts(effects);
        let back = match shipped(name) {
            Some(_) => "the shipped one is there again · ",
            None => "",
        };
        self.say(format!("{name} is removed · {back}u brings it back"), false);
        self.undo = Some(Undo::Removed(name.to_owned(), text));
        self.tab.center = super::Center::Answer;
        self.prepare(effects);
    }

    /// A template bears another name.
    pub(super) fn renamed(&mut self, from: &str, to: String, effects: &mut Vec<Effect>) {
        if let Some(draft) = self.drafts.remove(from) {
            self.drafts.insert(to.clone(), draft);
        }
        self.keep_drafts(effects);
        self.choose_template(&to);
        self.say(format!("{from} is {to} now · u undoes it"), false);
        self.undo = Some(Undo::Renamed(from.to_owned(), to));
        self.prepare(effects);
    }

    /// Another editor was left with this text.
    pub(super) fn edited_elsewhere(&mut self, name: &str, text: Result<String, String>, effects: &mut Vec<Effect>) {
        match text {
            Err(reason) => self.say(reason, true),
            Ok(text) => {
                self.choose_template(name);
                self.edit();
                self.tab.typing = false;
                let text = crate::text::clean(&text);
                let Some(draft) = self.drafts.get_mut(name) else { return };
                if draft.editor.text() == text {
                    return self.say(format!("{name} was left as it was"), false);
                }
                draft.editor.replace(&text);
                self.edited(name, effects);
                self.say(format!("{name} is edited; Ctrl-S saves it"), false);
            }
        }
    }

    /// Whether the chosen template lies in a file of the analyst's own.
    pub fn is_own_template(&self) -> bool {
        let listed = self.library.get(self.tab.chosen);
        listed.is_some_and(|l| matches!(l.origin, Origin::File(_)))
    }
}
