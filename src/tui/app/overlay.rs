//! Keys while something stands in front of the panes: help, lists, questions.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::message::{Effect, Saving};
use super::picker::Pick;
use super::{App, Layer, Naming};
use crate::cache::Clear;
use crate::tui::keymap::TABLE;

impl App {
    pub(super) fn layer_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        if matches!(self.layers.last(), Some(Layer::Cache(_))) {
            return self.browser_key(key, effects);
        }
        if matches!(self.layers.last(), Some(Layer::History(_))) {
            return self.history_key(key, effects);
        }
        if matches!(self.layers.last(), Some(Layer::Scores(_))) {
            return self.scores_key(key, effects);
        }
        let (_, height) = self.areas().browser_inner();
        let Some(layer) = self.layers.last_mut() else { return };
        match layer {
            Layer::Cache(_) | Layer::History(_) | Layer::Scores(_) => {}
            Layer::File => match key.code {
                KeyCode::Char(letter) => self.file_key(letter, effects),
                _ => {
                    self.layers.pop();
                }
            },
            Layer::Reader(reader) => {
                let page = isize::try_from(height).unwrap_or(1);
                match key.code {
                    KeyCode::Down | KeyCode::Char('j') => reader.text.scroll(1, height),
                    KeyCode::Up | KeyCode::Char('k') => reader.text.scroll(-1, height),
                    KeyCode::PageDown | KeyCode::Char(' ') => reader.text.scroll(page, height),
                    KeyCode::PageUp => reader.text.scroll(-page, height),
                    KeyCode::Home | KeyCode::Char('g') => reader.text.scroll(isize::MIN / 2, height),
                    KeyCode::End | KeyCode::Char('G') => reader.text.scroll(isize::MAX / 2, height),
                    _ => {
                        self.layers.pop();
                    }
                }
            }
            Layer::Desks => match key.code {
                KeyCode::Char(letter) => self.tabs_key(letter, effects),
                _ => {
                    self.layers.pop();
                }
            },
            Layer::Chart => match key.code {
                KeyCode::Char(letter) => self.layers_key(letter),
                _ => {
                    self.layers.pop();
                }
            },
            Layer::Help(top) => match key.code {
                KeyCode::Down | KeyCode::Char('j') => *top = top.saturating_add(1),
                KeyCode::Up | KeyCode::Char('k') => *top = top.saturating_sub(1),
                KeyCode::PageDown | KeyCode::Char(' ') => *top = top.saturating_add(10),
                KeyCode::PageUp => *top = top.saturating_sub(10),
                _ => {
                    self.layers.pop();
                }
            },
            Layer::Card => {
                self.layers.pop();
                // The card is only shown: the key does what it always does.
                if !matches!(key.code, KeyCode::Esc | KeyCode::Enter) {
                    self.key(key, effects);
                }
            }
            Layer::Clear => {
                self.layers.pop();
                let what = match key.code {
                    KeyCode::Char('y') => Clear::Both,
                    KeyCode::Char('m') => Clear::Memory,
                    KeyCode::Char('d') => Clear::Disk,
                    KeyCode::Char('x') => Clear::Expired,
                    _ => return self.say("nothing was cleared", false),
                };
                effects.push(Effect::Clear(what));
            }
            Layer::Leave => {
                self.layers.pop();
                if key.code == KeyCode::Char('y') {
                    self.leave(effects);
                }
            }
            Layer::Copy => {
                self.layers.pop();
                self.copy(key.code, effects);
            }
            Layer::Name(naming, editor) => match key.code {
                KeyCode::Esc => {
                    self.layers.pop();
                }
                KeyCode::Enter => {
                    let name = editor.text().trim().to_owned();
                    if *naming == Naming::Risk {
                        if self.risked(&name) {
                            self.layers.pop();
                        }
                        return;
                    }
                    if !crate::prompt::is_name(&name) {
                        return self.say(format!("`{name}` is no name: letters, digits, - and _"), true);
                    }
                    let naming = *naming;
                    self.layers.pop();
                    self.named(naming, name, effects);
                }
                KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => editor.clear(),
                _ => editor.input(key),
            },
            Layer::Picker(picker) => match key.code {
                KeyCode::Esc => {
                    self.layers.pop();
                }
                KeyCode::Enter => {
                    let (pick, choice) = (picker.pick, picker.choice());
                    self.layers.pop();
                    if let Some(choice) = choice {
                        self.picked(pick, choice, effects);
                    }
                }
                KeyCode::Up => picker.step(-1),
                KeyCode::Down | KeyCode::Tab => picker.step(1),
                KeyCode::PageUp => picker.step(-10),
                KeyCode::PageDown => picker.step(10),
                KeyCode::Backspace => picker.pop(),
                KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => picker.clear(),
                KeyCode::Char('n') if key.modifiers.contains(KeyModifiers::CONTROL) => picker.step(1),
                KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::CONTROL) => picker.push(&c.to_string()),
                _ => {}
            },
        }
    }

    pub(super) fn picked(&mut self, pick: Pick, choice: String, effects: &mut Vec<Effect>) {
        match pick {
            Pick::File => {
                let id = self.next_id();
                self.tab.opening = Some(id);
                effects.push(Effect::Open(id, choice.into()));
            }
            Pick::Model => {
                self.say(format!("{choice} answers from now on"), false);
                self.tab.announce = true;
                self.tab.model = Some(choice);
                self.prepare(effects);
            }
            Pick::Beside => self.put_beside(choice, effects),
            Pick::Fact => self.insert_fact(&choice, effects),
            Pick::Command => {
                if let Some(binding) = TABLE.iter().find(|b| b.help == choice) {
                    self.command(binding.command, effects);
                }
            }
        }
    }

    pub(super) fn save(&mut self, name: String, effects: &mut Vec<Effect>) {
        let Some(draft) = self.editing() else { return };
        if let Err(fault) = &draft.parsed {
            let words = format!("not saved: {fault}");
            return self.say(words, true);
        }
        // Under its own name it takes its file's place; a shipped one is never touched, yours stands before it.
        let own = name == self.chosen_name();
        let listed = self.library.get(self.tab.chosen);
        let replaced = listed.filter(|l| own && matches!(l.origin, crate::prompt::Origin::File(_)));
        let saving = Saving {
            from: Some(self.chosen_name()),
            name,
            text: draft.editor.text(),
            before: replaced.map(|l| l.source.clone()),
            undoes: false,
        };
        effects.push(Effect::Save(saving, own));
    }

    pub(super) fn copy(&mut self, code: KeyCode, effects: &mut Vec<Effect>) {
        let setup = self.judged().and_then(|j| j.reading.setup.as_ref());
        let (what, text) = match code {
            KeyCode::Char('t') => ("the ticket", setup.map(|s| ticket(self, s))),
            KeyCode::Char('j') => (
                "the setup's JSON",
                setup.and_then(|s| serde_json::to_string_pretty(s).ok()),
            ),
            KeyCode::Char('a') => (
                "the answer",
                Some(self.tab.response.text.clone()).filter(|t| !t.is_empty()),
            ),
            KeyCode::Char('p') => {
                let messages = self
                    .tab
                    .prepared
                    .as_ref()
                    .and_then(|p| p.as_ref().ok())
                    .map(|(p, _)| &p.request.messages);
                let text = messages.map(|m| m.iter().map(|m| m.text.as_str()).collect::<Vec<_>>().join("\n\n"));
                ("the prompt", text)
            }
            _ => return,
        };
        match text {
            Some(text) => {
                effects.push(Effect::Copy(text));
                let other = self.other_market().filter(|_| code != KeyCode::Char('p'));
                let about = other.map_or_else(String::new, |asked| {
                    format!("; it is about {asked}, not the candles open now")
                });
                self.say(format!("{what} is on the clipboard{about}"), false);
            }
            None => self.say(format!("there is nothing yet for {what}"), true),
        }
    }
}

/// A setup as a few lines of text, with the notice that every export bears.
fn ticket(app: &App, setup: &crate::setup::Setup) -> String {
    let facts = app.tab.response.market.as_ref().map(|m| m.facts.as_ref());
    let head = facts.map(|f| format!("{} {} as of {}", f.symbol, f.timeframe, f.as_of_text()));
    let lines = crate::setup::ticket(setup, facts)
        .into_iter()
        .map(|(label, value)| format!("{label}: {value}"));
    head.into_iter()
        .chain(lines)
        .chain(["Research, not advice.".to_owned()])
        .collect::<Vec<_>>()
        .join("\n")
}
