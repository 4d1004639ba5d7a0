//! Keys and pastes: what is typed, and what each command changes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::message::Effect;
use super::picker::{Item, Pick, Picker};
use super::response::State;
use super::{App, Center, Editing, Layer, Naming, Pane};
use crate::desk::{Judged, Policy};
use crate::prompt::{Kind, Template};
use crate::setup::Status;
use crate::tui::editor::{Editor, Marks, Place};
use crate::tui::keymap::{self, Command};

impl App {
    pub(super) fn key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        if let Some(layer) = self.layers.last() {
            let is_text = match layer {
                Layer::Picker(_) | Layer::Name(..) => true,
                Layer::Cache(browser) => browser.typing,
                Layer::History(history) => history.typing.is_some(),
                _ => false,
            };
            match keymap::resolve(self, &key, is_text) {
                Some(Command::Interrupt) => return self.interrupt(effects),
                Some(Command::Suspend) => return effects.push(Effect::Suspend),
                Some(Command::Help) if keymap::hints(layer).is_some() => return self.layers.push(Layer::Help(0)),
                _ => {
                    if matches!(layer, Layer::Cache(_) | Layer::History(_) | Layer::Scores(_)) {
                        self.toast = None;
                    }
                    return self.layer_key(key, effects);
                }
            }
        }
        let finding = self.tab.find.as_ref().is_some_and(|f| f.typing);
        if finding && matches!(self.tab.center, Center::Editor) {
            self.parse_changed(effects);
        }
        let command = keymap::resolve(self, &key, self.tab.typing || finding);
        if finding && !matches!(command, Some(Command::Interrupt | Command::Send | Command::Suspend)) {
            return self.find_key(key, effects);
        }
        if command != Some(Command::Interrupt) {
            self.toast = None;
        }
        if command.is_some_and(|c| c != Command::Cancel) {
            self.completion = None;
        }
        match command {
            Some(command) => {
                self.parse_changed(effects);
                self.command(command, effects);
            }
            None if self.tab.typing => self.type_key(key, effects),
            None => {
                // A key that does something at other times is not passed over in silence.
                let words = keymap::refused(self, &key).map(|binding| match binding.command {
                    Command::NextFailed => "no check has failed or warns".to_owned(),
                    Command::Undo => "nothing to undo".to_owned(),
                    _ => format!("not now: {}", binding.help),
                });
                if let Some(words) = words {
                    self.say(words, false);
                }
            }
        }
    }

    pub(super) fn type_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        if self.tab.field_editor.is_some() {
            return self.field_key(key, effects);
        }
        let name = self.chosen_name();
        if self.completion_key(key) {
            return;
        }
        if let Some(draft) = self.drafts.get_mut(&name) {
            draft.editor.input(key);
            // Parsed once a frame, or when a command wants it: a burst of keys is one edit.
            if self.changed.as_ref().is_some_and(|other| *other != name) {
                self.parse_changed(effects);
            }
            self.changed = Some(name);
            // Names are offered for what is typed, not for where the cursor goes.
            match key.code {
                KeyCode::Char(_) | KeyCode::Backspace => self.complete(),
                _ => self.completion = None,
            }
        }
    }

    /// A key for the names that are offered; `false` if it is the text's.
    fn completion_key(&mut self, key: KeyEvent) -> bool {
        let Some(completion) = &mut self.completion else {
            return false;
        };
        match key.code {
            KeyCode::Tab => self.take_completion(),
            KeyCode::Enter if completion.moved => self.take_completion(),
            KeyCode::Down => completion.step(1),
            KeyCode::Up => completion.step(-1),
            _ => return false,
        }
        true
    }

    /// Parses the template that was typed into, if it has changed.
    pub(super) fn parse_changed(&mut self, effects: &mut Vec<Effect>) {
        if let Some(name) = self.changed.take() {
            self.edited(&name, effects);
        }
    }

    /// The draft of this name has changed: it is parsed, coloured, and the prompt made anew.
    pub(super) fn edited(&mut self, name: &str, effects: &mut Vec<Effect>) {
        if let Some(draft) = self.drafts.get_mut(name) {
            draft.parsed = Template::parse(&draft.editor.text(), name, name);
        }
        self.colour(name);
        self.keep_drafts(effects);
        self.prepare(effects);
    }

    /// Colours the template being edited: its tags, what is wrong with it, and what was looked for.
    pub(super) fn colour(&mut self, name: &str) {
        let theme = self.theme;
        let words = self.tab.find.as_ref().map(|f| f.words.clone()).unwrap_or_default();
        let Some(draft) = self.drafts.get_mut(name) else { return };
        let mut faults = Vec::new();
        if let Err(fault) = &draft.parsed {
            let unknown = Template::unknown_names(&draft.editor.text());
            faults.extend(unknown.iter().map(|u| Place {
                row: u.line.saturating_sub(1),
                from: u.column.saturating_sub(1),
                to: u.column.saturating_sub(1) + u.name.chars().count(),
            }));
            // What is no name is at fault by the line.
            if faults.is_empty() {
                faults.extend(draft.editor.line(fault.line));
            }
        }
        let marks = Marks {
            tag: theme.accent,
            fault: theme.bad.add_modifier(ratatui::style::Modifier::UNDERLINED),
            found: theme.accent.add_modifier(ratatui::style::Modifier::REVERSED),
        };
        let found = draft.editor.holding(&words);
        draft.editor.highlight(&marks, &faults, &found);
    }

    pub(super) fn field_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let fields = self.fields();
        let multiline = fields.get(self.tab.field).is_some_and(|f| f.kind == Kind::Text);
        let newline = key.modifiers.contains(KeyModifiers::ALT)
            || (key.code == KeyCode::Char('j') && key.modifiers.contains(KeyModifiers::CONTROL));
        match key.code {
            KeyCode::Enter if !(multiline && newline) => {
                self.commit_field(effects);
                self.tab.typing = false;
                // On to the next field, as forms do.
                self.tab.field = (self.tab.field + 1).min(fields.len().saturating_sub(1));
            }
            KeyCode::Tab => {
                self.commit_field(effects);
                self.tab.field = (self.tab.field + 1) % fields.len().max(1);
                self.open_field();
            }
            KeyCode::Char('j') if newline && !multiline => {}
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                if let Some(editor) = &mut self.tab.field_editor {
                    editor.clear();
                }
                self.set_field(effects);
            }
            _ => {
                if let Some(editor) = &mut self.tab.field_editor {
                    let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
                    editor.input(if newline { enter } else { key });
                }
                self.set_field(effects);
            }
        }
    }

    /// Takes what is typed into the field as its value, so that preview and checks follow.
    pub(super) fn set_field(&mut self, effects: &mut Vec<Effect>) {
        let Some(text) = self.tab.field_editor.as_ref().map(Editor::text) else {
            return;
        };
        let Some(field) = self.fields().into_iter().nth(self.tab.field) else {
            return;
        };
        if text != field.text {
            self.tab.values.set(field.name, &text);
            self.values_changed(effects);
        }
    }

    pub(super) fn commit_field(&mut self, effects: &mut Vec<Effect>) {
        if self.tab.field_editor.is_some() {
            self.set_field(effects);
            self.tab.field_editor = None;
        }
    }

    pub(super) fn open_field(&mut self) {
        let Some(field) = self.fields().into_iter().nth(self.tab.field) else {
            return;
        };
        if matches!(field.kind, Kind::Choice(_) | Kind::Boolean) {
            self.tab.typing = false;
            return;
        }
        let mut editor = Editor::of(&field.text);
        editor.move_to_end();
        editor.set_focus(true);
        self.tab.field_editor = Some(editor);
        self.tab.typing = true;
    }

    pub(super) fn paste(&mut self, text: &str, effects: &mut Vec<Effect>) {
        match self.layers.last_mut() {
            Some(Layer::Picker(picker)) => return picker.push(text),
            Some(Layer::Name(_, editor)) => return editor.paste(&crate::text::clean_line(text)),
            Some(Layer::Cache(browser)) if browser.typing => return browser.type_in(&crate::text::clean_line(text)),
            Some(Layer::History(history)) if history.typing.is_some() => {
                return history.type_in(&crate::text::clean_line(text));
            }
            Some(_) => return,
            None => {}
        }
        if let Some(editor) = &mut self.tab.field_editor {
            editor.paste(text);
            return self.set_field(effects);
        }
        let name = self.chosen_name();
        if self.tab.typing {
            if let Some(draft) = self.drafts.get_mut(&name) {
                if !draft.editor.has_room_for(text) {
                    let words = format!(
                        "nothing was pasted: {} lines are more than a template holds; candles are opened with o",
                        text.split('\n').count()
                    );
                    return self.say(words, true);
                }
                draft.editor.paste(text);
                self.edited(&name, effects);
            }
        } else if self.tab.focus == Pane::Form {
            // Pasting onto a field begins to type into it.
            self.open_field();
            if let Some(editor) = &mut self.tab.field_editor {
                editor.paste(text);
            }
            self.set_field(effects);
        }
    }

    pub(super) fn interrupt(&mut self, effects: &mut Vec<Effect>) {
        if self.is_waiting() {
            return self.cancel_stream(effects);
        }
        self.quit(effects);
    }

    /// Leaves, unless an edit would be lost that was not warned of.
    pub(super) fn quit(&mut self, effects: &mut Vec<Effect>) {
        let dirty = self.drafts.values().any(|d| d.editor.is_dirty());
        let warned = matches!(self.layers.last(), Some(Layer::Leave));
        if dirty && !warned {
            self.layers.push(Layer::Leave);
        } else {
            self.leave(effects);
        }
    }

    pub(super) fn cancel_stream(&mut self, effects: &mut Vec<Effect>) {
        self.cancel_beside(effects);
        let Some(id) = self.tab.response.id() else { return };
        effects.push(Effect::Cancel(id));
        let words = if self.tab.response.give_way("cancelled") {
            "cancelled; the answer before is here again"
        } else if self.tab.response.text.is_empty() {
            self.tab.response.state = State::Failed("cancelled before an answer came".to_owned());
            "cancelled"
        } else {
            self.tab.response.judged = Some(Judged::of(
                &self.tab.response.text,
                false,
                self.tab.response.market.as_ref(),
            ));
            self.tab.response.state =
                State::Failed("cancelled: what had come is kept on screen, not in the cache".to_owned());
            "cancelled; the partial answer stays on screen"
        };
        self.say(words, false);
        effects.push(Effect::Report);
    }

    pub(super) fn command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::Send | Command::AskAgain => self.ask(Policy::Cached, effects),
            Command::NewSample => self.ask(Policy::Refresh, effects),
            Command::Cancel => self.escape(effects),
            Command::NextPane => self.turn_pane(1),
            Command::PreviousPane => self.turn_pane(3),
            Command::Templates => self.tab.focus = Pane::Templates,
            Command::Form => self.tab.focus = Pane::Form,
            Command::Chart => self.tab.focus = Pane::Chart,
            Command::Answer => {
                self.tab.focus = Pane::Answer;
                self.tab.center = Center::Answer;
            }
            Command::Preview => {
                self.tab.center = if self.tab.center == Center::Preview {
                    Center::Answer
                } else {
                    Center::Preview
                };
                self.tab.focus = Pane::Answer;
                self.tab.preview.begin();
            }
            Command::Edit => self.edit(),
            Command::UndoTyping => self.retrace(Editor::undo, "nothing is left to undo here", effects),
            Command::RedoTyping => self.retrace(Editor::redo, "nothing was undone", effects),
            Command::CopySelected => self.copy_selected(effects),
            Command::Save => self.ask_name(Naming::Save, &self.chosen_name()),
            Command::File => self.open_file_menu(),
            Command::Open => {
                let id = self.next_id();
                let mut picker = Picker::of(Pick::File, "Open candles", Vec::new(), true);
                picker.waiting = Some(id);
                self.layers.push(Layer::Picker(picker));
                effects.push(Effect::ListFiles(id));
            }
            Command::Model => {
                let picker = Picker::of(Pick::Model, "Model", self.models.clone(), true);
                self.layers.push(Layer::Picker(picker));
            }
            Command::Palette => {
                self.commit_field(effects);
                self.tab.typing = false;
                let items = self.keymap.rows().iter().filter(|b| (b.enabled)(self)).map(|b| Item {
                    value: b.help.to_owned(),
                    detail: b.shown().unwrap_or("no key").to_owned(),
                });
                let items = items.collect();
                self.layers
                    .push(Layer::Picker(Picker::of(Pick::Command, "Commands", items, false)));
            }
            Command::Clear => self.layers.push(Layer::Clear),
            Command::Browse => self.browse(effects),
            Command::History => self.open_history(None, effects),
            Command::Scores => self.open_scores(effects),
            Command::Timeframe(at) => self.turn_timeframe(at, effects),
            Command::PreviousSample => self.turn_sample(false, effects),
            Command::NextSample => self.turn_sample(true, effects),
            Command::Copy => self.layers.push(Layer::Copy),
            Command::Help => self.layers.push(Layer::Help(0)),
            Command::NextFailed => self.next_failed(),
            Command::Reset => {
                if let Some(field) = self.fields().into_iter().nth(self.tab.field) {
                    self.tab.values.reset(&field.name);
                    self.values_changed(effects);
                }
            }
            Command::Choose => self.choose(effects),
            Command::Up => self.vertical(-1, effects),
            Command::Down => self.vertical(1, effects),
            Command::PageUp => self.vertical(-self.page(), effects),
            Command::PageDown => self.vertical(self.page(), effects),
            Command::Top => self.vertical(isize::MIN / 2, effects),
            Command::Bottom => self.vertical(isize::MAX / 2, effects),
            Command::Left => self.horizontal(true, effects),
            Command::Right => self.horizontal(false, effects),
            Command::ZoomIn => self.zoom(true),
            Command::ZoomOut => self.zoom(false),
            Command::Point => self.point(),
            Command::Layers => self.open_layers(),
            Command::Whole => self.tab.whole = !self.tab.whole,
            Command::Thoughts => self.tab.thoughts = !self.tab.thoughts,
            Command::TestModel => {
                let id = self.next_id();
                self.tab.testing = Some(id);
                self.say("asking the model for a word…", false);
                effects.push(Effect::TestModel(id, self.tab.model.clone()));
            }
            Command::Beside => self.pick_beside(),
            Command::InsertFact => self.pick_fact(),
            Command::Find => self.begin_find(),
            Command::FindNext => self.go_to_found(1),
            Command::FindPrevious => self.go_to_found(-1),
            Command::Fold => self.tab.response.folded = !self.tab.response.folded,
            Command::Since => self.compare_since(effects),
            Command::Level => self.go_to_quoted(),
            Command::Alternative => self.turn_setup(),
            Command::Risk => self.ask_risk(),
            Command::Desks => self.open_tabs(),
            Command::NextDesk => self.turn_tab(false, effects),
            Command::PreviousDesk => self.turn_tab(true, effects),
            Command::Undo => self.undo(effects),
            Command::ResetAll => self.reset_all(effects),
            Command::Suspend => effects.push(Effect::Suspend),
            Command::Quit => self.quit(effects),
            Command::Interrupt => self.interrupt(effects),
        }
    }

    pub(super) fn escape(&mut self, effects: &mut Vec<Effect>) {
        if self.completion.take().is_some() {
            // What was offered is not wanted; typing goes on.
        } else if self.tab.typing {
            self.commit_field(effects);
            self.tab.typing = false;
            self.focus_editors();
        } else if self.tab.find.is_some() {
            self.end_find();
        } else if self.tab.send.take().is_some() {
            self.say("not sent", false);
        } else if self.is_waiting() {
            self.cancel_stream(effects);
        } else if self.is_pointing() && self.tab.focus == Pane::Chart {
            self.point();
        } else if self.tab.center != Center::Answer {
            self.tab.center = Center::Answer;
        } else if self.is_pointing() {
            self.point();
        } else {
            self.tab.whole = false;
        }
    }

    pub(super) fn focus_editors(&mut self) {
        let typing = self.tab.typing;
        for draft in self.drafts.values_mut() {
            draft.editor.set_focus(typing);
        }
    }

    pub(super) fn turn_pane(&mut self, by: usize) {
        const ORDER: [Pane; 4] = [Pane::Templates, Pane::Form, Pane::Chart, Pane::Answer];
        let at = ORDER.iter().position(|p| *p == self.tab.focus).unwrap_or(0);
        self.tab.focus = ORDER[(at + by) % ORDER.len()];
    }

    pub(super) fn edit(&mut self) {
        let Some(listed) = self.library.get(self.tab.chosen) else {
            return;
        };
        let name = listed.name.clone();
        self.drafts.entry(name.clone()).or_insert_with(|| {
            // A faulty one is opened as it stands.
            let source = crate::text::clean(&listed.source);
            let parsed = Template::parse(&source, &name, &name);
            let editor = Editor::of(&source);
            Editing { editor, parsed }
        });
        self.colour(&name);
        self.tab.center = Center::Editor;
        self.tab.focus = Pane::Answer;
        self.tab.typing = true;
        self.focus_editors();
    }

    /// Undoes what was typed into the template, or brings it back.
    fn retrace(&mut self, step: fn(&mut Editor) -> bool, otherwise: &str, effects: &mut Vec<Effect>) {
        let name = self.chosen_name();
        let Some(draft) = self.drafts.get_mut(&name) else {
            return;
        };
        if step(&mut draft.editor) {
            self.edited(&name, effects);
        } else {
            self.say(otherwise, false);
        }
    }

    fn copy_selected(&mut self, effects: &mut Vec<Effect>) {
        let name = self.chosen_name();
        match self.drafts.get_mut(&name).and_then(|d| d.editor.selected()) {
            Some(text) => {
                effects.push(Effect::Copy(text));
                self.say("what is selected is on the clipboard", false);
            }
            None => self.say("nothing is selected: Shift and an arrow select", false),
        }
    }

    /// Facts to put into the template being edited, each with its value now.
    pub(super) fn pick_fact(&mut self) {
        let mut items: Vec<Item> = Vec::new();
        if let Some(facts) = self.facts() {
            for fact in &facts.facts {
                // Of several of one name a template gets the first.
                if items.iter().all(|i| i.value != fact.name) {
                    let time = crate::market::timestamp(fact.time).strftime("%m-%d %H:%M");
                    items.push(Item {
                        value: fact.name.clone(),
                        detail: format!("{} · candle {time}", fact.text(facts.decimals)),
                    });
                }
            }
        }
        let absent = crate::facts::known_names();
        let absent: Vec<String> = absent
            .into_iter()
            .filter(|n| items.iter().all(|i| i.value != *n))
            .collect();
        items.extend(absent.into_iter().map(|value| Item {
            value,
            detail: "no value on these candles".to_owned(),
        }));
        for (name, detail) in [
            ("symbol", "the instrument"),
            ("timeframe", "the spacing of the candles"),
            ("as_of", "the last closed candle's time"),
            ("facts", "the block of all facts"),
            ("candles(60)", "a table of the last candles"),
            ("setup_contract", "the paragraph that asks for a setup block"),
        ] {
            items.push(Item {
                value: name.to_owned(),
                detail: detail.to_owned(),
            });
        }
        self.layers
            .push(Layer::Picker(Picker::of(Pick::Fact, "Insert a fact", items, false)));
    }

    /// Puts a fact's blank where the cursor of the template's text is.
    pub(super) fn insert_fact(&mut self, fact: &str, effects: &mut Vec<Effect>) {
        let name = self.chosen_name();
        if let Some(draft) = self.drafts.get_mut(&name) {
            draft.editor.paste(&format!("{{{{ {fact} }}}}"));
            self.edited(&name, effects);
        }
    }

    pub(super) fn choose(&mut self, effects: &mut Vec<Effect>) {
        match self.tab.focus {
            Pane::Templates => {
                self.tab.focus = Pane::Form;
                self.tab.field = 0;
            }
            Pane::Form => {
                if self.turn_choice(false) {
                    self.values_changed(effects);
                } else {
                    self.open_field();
                }
            }
            Pane::Answer if self.is_editing_template() => {
                self.tab.typing = true;
                self.focus_editors();
            }
            Pane::Answer | Pane::Chart => {}
        }
    }

    pub(super) fn page(&self) -> isize {
        let (_, height) = self.areas().answer_inner();
        isize::try_from(height.saturating_sub(2).max(1)).unwrap_or(1)
    }

    pub(super) fn vertical(&mut self, by: isize, effects: &mut Vec<Effect>) {
        let (_, height) = self.areas().answer_inner();
        match self.tab.focus {
            Pane::Templates => {
                let before = self.tab.chosen;
                let last = self.library.len().saturating_sub(1);
                self.tab.chosen = self.tab.chosen.saturating_add_signed(by).min(last);
                if self.tab.chosen != before {
                    if self.tab.center == Center::Editor {
                        self.tab.center = Center::Answer;
                    }
                    self.tab.field = 0;
                    self.prepare(effects);
                }
            }
            Pane::Form => {
                let last = self.fields().len().saturating_sub(1);
                self.tab.field = self.tab.field.saturating_add_signed(by).min(last);
            }
            Pane::Answer if self.tab.center == Center::Preview => self.tab.preview.scroll(by, height),
            Pane::Answer => {
                self.tab.response.wrapped.scroll(by, height);
                for column in &mut self.tab.beside {
                    column.response.wrapped.scroll(by, height);
                }
            }
            Pane::Chart => self.chart_vertically(by),
        }
    }

    pub(super) fn horizontal(&mut self, left: bool, effects: &mut Vec<Effect>) {
        match self.tab.focus {
            Pane::Form => {
                if self.turn_choice(left) {
                    self.values_changed(effects);
                }
            }
            Pane::Chart => self.chart_sideways(left),
            Pane::Templates | Pane::Answer => {}
        }
    }

    pub(super) fn next_failed(&mut self) {
        let Some(judged) = self.tab.response.shown() else {
            return;
        };
        let from = self.tab.response.check.map_or(0, |c| c + 1);
        let count = judged.checks.len();
        let next = (0..count)
            .map(|i| (from + i) % count)
            .find(|i| judged.checks[*i].status >= Status::Warn);
        if let Some(at) = next {
            let check = &judged.checks[at];
            let (text, bad) = (
                format!("{} {}: {}", check.status, check.title(), check.detail),
                check.status == Status::Fail,
            );
            self.tab.response.check = Some(at);
            self.say(text, bad);
        }
    }
}
