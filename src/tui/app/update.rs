//! What each message changes, and what it asks to be done.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::message::{Effect, Message, Opened};
use super::picker::{Item, Pick, Picker};
use super::response::{self, Response, State};
use super::{App, Center, Editing, Layer, Pane, Size, cleared_words};
use crate::cache::Clear;
use crate::desk::{Judged, Policy, Step};
use crate::prompt::{Kind, Template};
use crate::setup::Status;
use crate::tui::editor::Editor;
use crate::tui::keymap::{self, Command, TABLE};

impl App {
    /// Takes in what happened; returns what is to be done.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Message::Key(key) => self.key(key, &mut effects),
            Message::Paste(text) => self.paste(&text, &mut effects),
            Message::Resize(width, height) => self.size = Size::of((width, height)),
            Message::Now(now) => self.now = now,
            Message::Opened(id, opened) => self.opened(id, opened, &mut effects),
            Message::Files(id, files) => self.files(id, &files),
            Message::Prepared(id, result) if self.preparing == Some(id) => {
                self.preparing = None;
                self.prepared = Some(result.map(|prepared| *prepared));
                self.send_when_ready(&mut effects);
            }
            Message::Step(id, step) if self.response.id() == Some(id) || is_receipt(&step) => {
                self.step(step, &mut effects)
            }
            // Nobody waits for these any more.
            Message::Prepared(..) | Message::Step(..) => {}
            Message::Report(report) => self.report = Some(*report),
            Message::Cleared(result) => {
                match result {
                    Ok(cleared) => self.say(cleared_words(cleared), false),
                    Err(reason) => self.say(reason, true),
                }
                effects.push(Effect::Report);
                self.prepare(&mut effects);
            }
            Message::Library(library) => self.reload(library),
            Message::Saved(Ok(name)) => {
                self.say(format!("saved as {name}"), false);
                if let Some(draft) = self.drafts.remove(&self.chosen_name()) {
                    let mut draft = draft;
                    draft.editor.mark_saved();
                    self.drafts.insert(name.clone(), draft);
                }
                self.choose_template(&name);
                self.prepare(&mut effects);
            }
            Message::Saved(Err(reason)) => self.say(reason, true),
        }
        self.wrap();
        effects
    }

    /// What is to be done first: the candles to open, a count of the cache.
    pub fn start(&mut self, candles: Option<std::path::PathBuf>) -> Vec<Effect> {
        let id = self.next_id();
        self.opening = Some(id);
        // An empty path stands for the bundled sample.
        vec![Effect::Open(id, candles.unwrap_or_default()), Effect::Report]
    }

    fn chosen_name(&self) -> String {
        self.library
            .get(self.chosen)
            .map(|l| l.name.clone())
            .unwrap_or_default()
    }

    /// Wraps what the answer's pane shows, if width or text have changed.
    fn wrap(&mut self) {
        let (width, _) = self.areas().answer_inner();
        self.response.wrap(width, &self.theme);
        if let (Center::Preview, Some(Ok((prepared, _)))) = (self.center, &self.prepared) {
            response::preview(&mut self.preview, &prepared.request.messages, width, &self.theme);
        }
    }

    fn opened(&mut self, id: u64, opened: Opened, effects: &mut Vec<Effect>) {
        if self.opening != Some(id) {
            return;
        }
        self.opening = None;
        match opened {
            Ok(candles) => {
                let first = self.candles.is_none();
                let card = &candles.card;
                let warnings = card.warnings().len();
                let words = format!(
                    "{} {}: {} read as {}",
                    card.symbol,
                    card.timeframe,
                    crate::text::count(card.rows, "candle"),
                    card.layout
                );
                self.pan = 0;
                self.candles = Some(*candles);
                if !first {
                    // The card tells what was assumed; it goes at the first key.
                    self.layers.push(Layer::Card);
                    self.say(words, warnings > 0);
                }
                self.prepare(effects);
            }
            Err(reason) => self.say(reason, true),
        }
    }

    fn files(&mut self, id: u64, files: &[std::path::PathBuf]) {
        if let Some(Layer::Picker(picker)) = self.layers.last_mut() {
            if picker.waiting == Some(id) {
                picker.waiting = None;
                let items = files.iter().map(|path| Item {
                    value: path.display().to_string(),
                    detail: String::new(),
                });
                picker.fill(items.collect());
            }
        }
    }

    fn reload(&mut self, library: Vec<crate::prompt::Listed>) {
        let name = self.chosen_name();
        self.library = library;
        self.chosen = self.chosen.min(self.library.len().saturating_sub(1));
        self.choose_template(&name);
    }

    /// Asks for the prompt to be made ready anew.
    fn prepare(&mut self, effects: &mut Vec<Effect>) {
        if let Some(fault) = self.template_fault().map(ToString::to_string) {
            self.preparing = None;
            self.prepared = Some(Err(fault));
            return;
        }
        let id = self.next_id();
        self.preparing = Some(id);
        let market = self.candles.as_ref().map(|c| Box::new(c.market.clone()));
        effects.push(Effect::Prepare(id, Box::new(self.question()), market));
    }

    fn send_when_ready(&mut self, effects: &mut Vec<Effect>) {
        let Some(policy) = self.send.take() else { return };
        match &self.prepared {
            Some(Ok((prepared, _))) => {
                let prepared = Box::new(prepared.clone());
                if let Some(id) = self.response.id() {
                    effects.push(Effect::Cancel(id));
                }
                let id = self.next_id();
                self.response = Response {
                    state: State::Waiting { id, thinking: false },
                    market: prepared.market.clone(),
                    ..Response::default()
                };
                self.response.wrapped.begin();
                self.center = Center::Answer;
                effects.push(Effect::Ask(id, prepared, policy));
            }
            Some(Err(reason)) => {
                let reason = reason.clone();
                // What stood on screen stays there.
                self.say(reason, true);
            }
            None => {}
        }
    }

    fn ask(&mut self, policy: Policy, effects: &mut Vec<Effect>) {
        self.commit_field(effects);
        self.typing = false;
        self.send = Some(policy);
        self.prepare(effects);
        if self.preparing.is_none() {
            self.send_when_ready(effects);
        }
    }

    fn step(&mut self, step: Step, effects: &mut Vec<Effect>) {
        match step {
            Step::Text(text) => {
                if let Some(id) = self.response.id() {
                    self.response.state = State::Streaming { id };
                }
                self.response.text.push_str(&text);
            }
            Step::Thinking => {
                if let State::Waiting { thinking, .. } = &mut self.response.state {
                    *thinking = true;
                }
            }
            Step::Done(answer) => {
                let judged = Judged::answer(&answer, self.response.market.as_ref());
                self.response.text.clone_from(&answer.text);
                self.response.judged = Some(judged);
                self.response.state = State::Done(answer);
                self.focus = if self.typing { self.focus } else { Pane::Answer };
                effects.push(Effect::Report);
            }
            Step::Stored(result) => {
                self.response.not_stored = result.err();
                effects.push(Effect::Report);
            }
            Step::Failed(error) => {
                self.response.state = State::Failed(error.to_string());
                self.say(error.to_string(), true);
                effects.push(Effect::Report);
            }
        }
    }

    // Keys.

    fn key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        if let Some(layer) = self.layers.last() {
            let is_text = matches!(layer, Layer::Picker(_) | Layer::SaveAs(_));
            match keymap::resolve(self, &key, is_text) {
                Some(Command::Interrupt) => return self.interrupt(effects),
                Some(Command::Suspend) => return effects.push(Effect::Suspend),
                _ => return self.layer_key(key, effects),
            }
        }
        let command = keymap::resolve(self, &key, self.typing);
        if command != Some(Command::Interrupt) {
            self.toast = None;
        }
        match command {
            Some(command) => self.command(command, effects),
            None if self.typing => self.type_key(key, effects),
            None => {}
        }
    }

    fn type_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        if self.field_editor.is_some() {
            return self.field_key(key, effects);
        }
        let name = self.chosen_name();
        if let Some(draft) = self.drafts.get_mut(&name) {
            draft.editor.input(key);
            self.edited(&name, effects);
        }
    }

    /// The draft of this name has changed: it is parsed, coloured, and the prompt made anew.
    fn edited(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let theme = self.theme;
        if let Some(draft) = self.drafts.get_mut(name) {
            draft.parsed = Template::parse(&draft.editor.text(), name, name);
            let fault = draft.parsed.as_ref().err().map(|e| (e.line, theme.bad));
            draft.editor.highlight(theme.accent, fault);
        }
        self.prepare(effects);
    }

    fn field_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let fields = self.fields();
        let multiline = fields.get(self.field).is_some_and(|f| f.kind == Kind::Text);
        let newline = key.modifiers.contains(KeyModifiers::ALT)
            || (key.code == KeyCode::Char('j') && key.modifiers.contains(KeyModifiers::CONTROL));
        match key.code {
            KeyCode::Enter if !(multiline && newline) => {
                self.commit_field(effects);
                self.typing = false;
                // On to the next field, as forms do.
                self.field = (self.field + 1).min(fields.len().saturating_sub(1));
            }
            KeyCode::Tab => {
                self.commit_field(effects);
                self.field = (self.field + 1) % fields.len().max(1);
                self.open_field();
            }
            KeyCode::Char('j') if newline && !multiline => {}
            _ => {
                if let Some(editor) = &mut self.field_editor {
                    let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
                    editor.input(if newline { enter } else { key });
                }
                self.set_field(effects);
            }
        }
    }

    /// Takes what is typed into the field as its value, so that preview and checks follow.
    fn set_field(&mut self, effects: &mut Vec<Effect>) {
        let Some(text) = self.field_editor.as_ref().map(Editor::text) else {
            return;
        };
        let Some(field) = self.fields().into_iter().nth(self.field) else {
            return;
        };
        if text != field.text {
            self.values.set(field.name, &text);
            self.prepare(effects);
        }
    }

    fn commit_field(&mut self, effects: &mut Vec<Effect>) {
        if self.field_editor.is_some() {
            self.set_field(effects);
            self.field_editor = None;
        }
    }

    fn open_field(&mut self) {
        let Some(field) = self.fields().into_iter().nth(self.field) else {
            return;
        };
        if matches!(field.kind, Kind::Choice(_) | Kind::Boolean) {
            self.typing = false;
            return;
        }
        let mut editor = Editor::of(&field.text);
        editor.to_end();
        editor.set_focus(true);
        self.field_editor = Some(editor);
        self.typing = true;
    }

    fn paste(&mut self, text: &str, effects: &mut Vec<Effect>) {
        match self.layers.last_mut() {
            Some(Layer::Picker(picker)) => return picker.push(text),
            Some(Layer::SaveAs(editor)) => return editor.paste(&crate::text::clean_line(text)),
            Some(_) => return,
            None => {}
        }
        if let Some(editor) = &mut self.field_editor {
            editor.paste(text);
            return self.set_field(effects);
        }
        let name = self.chosen_name();
        if self.typing {
            if let Some(draft) = self.drafts.get_mut(&name) {
                draft.editor.paste(text);
                self.edited(&name, effects);
            }
        } else if self.focus == Pane::Form {
            // Pasting onto a field begins to type into it.
            self.open_field();
            if let Some(editor) = &mut self.field_editor {
                editor.paste(text);
            }
            self.set_field(effects);
        }
    }

    fn interrupt(&mut self, effects: &mut Vec<Effect>) {
        if self.response.is_streaming() {
            return self.cancel_stream(effects);
        }
        self.quit(effects);
    }

    /// Leaves, unless an edit would be lost that was not warned of.
    fn quit(&mut self, effects: &mut Vec<Effect>) {
        let dirty = self.drafts.values().any(|d| d.editor.is_dirty());
        let warned = matches!(self.layers.last(), Some(Layer::Leave));
        if dirty && !warned {
            self.layers.push(Layer::Leave);
        } else {
            effects.push(Effect::Quit);
        }
    }

    fn cancel_stream(&mut self, effects: &mut Vec<Effect>) {
        let Some(id) = self.response.id() else { return };
        effects.push(Effect::Cancel(id));
        let words = if self.response.text.is_empty() {
            self.response.state = State::Failed("cancelled before an answer came; F5 asks again".to_owned());
            "cancelled"
        } else {
            self.response.judged = Some(Judged::of(&self.response.text, false, self.response.market.as_ref()));
            self.response.state =
                State::Failed("cancelled: what had come is kept on screen, not in the cache".to_owned());
            "cancelled; the partial answer stays on screen"
        };
        self.say(words, false);
        effects.push(Effect::Report);
    }

    fn command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::Send | Command::AskAgain => self.ask(Policy::Cached, effects),
            Command::NewSample => self.ask(Policy::Refresh, effects),
            Command::Cancel => self.escape(effects),
            Command::NextPane => self.turn_pane(1),
            Command::PreviousPane => self.turn_pane(3),
            Command::Templates => self.focus = Pane::Templates,
            Command::Form => self.focus = Pane::Form,
            Command::Chart => self.focus = Pane::Chart,
            Command::Answer => {
                self.focus = Pane::Answer;
                self.center = Center::Answer;
            }
            Command::Preview => {
                self.center = if self.center == Center::Preview {
                    Center::Answer
                } else {
                    Center::Preview
                };
                self.focus = Pane::Answer;
                self.preview.begin();
            }
            Command::Edit => self.edit(),
            Command::Save => {
                let mut editor = Editor::of(&self.chosen_name());
                editor.to_end();
                editor.set_focus(true);
                self.layers.push(Layer::SaveAs(editor));
            }
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
                self.typing = false;
                let items = TABLE.iter().filter(|b| (b.enabled)(self)).map(|b| Item {
                    value: b.help.to_owned(),
                    detail: b.keys[0].name.to_owned(),
                });
                let items = items.collect();
                self.layers
                    .push(Layer::Picker(Picker::of(Pick::Command, "Commands", items, false)));
            }
            Command::Clear => self.layers.push(Layer::Clear),
            Command::Copy => self.layers.push(Layer::Copy),
            Command::Help => self.layers.push(Layer::Help(0)),
            Command::NextFailed => self.next_failed(),
            Command::Reset => {
                if let Some(field) = self.fields().into_iter().nth(self.field) {
                    self.values.reset(&field.name);
                    self.prepare(effects);
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
            Command::ZoomIn => self.step = (self.step + 1).min(6),
            Command::ZoomOut => self.step = (self.step - 1).max(1),
            Command::Suspend => effects.push(Effect::Suspend),
            Command::Quit => self.quit(effects),
            Command::Interrupt => self.interrupt(effects),
        }
    }

    fn escape(&mut self, effects: &mut Vec<Effect>) {
        if self.typing {
            self.commit_field(effects);
            self.typing = false;
            self.focus_editors();
        } else if self.response.is_streaming() {
            self.cancel_stream(effects);
        } else {
            self.center = Center::Answer;
        }
    }

    fn focus_editors(&mut self) {
        let typing = self.typing;
        for draft in self.drafts.values_mut() {
            draft.editor.set_focus(typing);
        }
    }

    fn turn_pane(&mut self, by: usize) {
        const ORDER: [Pane; 4] = [Pane::Templates, Pane::Form, Pane::Chart, Pane::Answer];
        let at = ORDER.iter().position(|p| *p == self.focus).unwrap_or(0);
        self.focus = ORDER[(at + by) % ORDER.len()];
    }

    fn edit(&mut self) {
        let Some(listed) = self.library.get(self.chosen) else {
            return;
        };
        let name = listed.name.clone();
        let theme = self.theme;
        self.drafts.entry(name.clone()).or_insert_with(|| {
            // A faulty one is opened as it stands.
            let source = crate::text::clean(&listed.source);
            let parsed = Template::parse(&source, &name, &name);
            let mut editor = Editor::of(&source);
            editor.highlight(theme.accent, parsed.as_ref().err().map(|e| (e.line, theme.bad)));
            Editing { editor, parsed }
        });
        self.center = Center::Editor;
        self.focus = Pane::Answer;
        self.typing = true;
        self.focus_editors();
    }

    fn choose(&mut self, effects: &mut Vec<Effect>) {
        match self.focus {
            Pane::Templates => {
                self.focus = Pane::Form;
                self.field = 0;
            }
            Pane::Form => {
                if self.turn_choice(false) {
                    self.prepare(effects);
                } else {
                    self.open_field();
                }
            }
            Pane::Answer if self.is_editing_template() => {
                self.typing = true;
                self.focus_editors();
            }
            Pane::Answer | Pane::Chart => {}
        }
    }

    fn page(&self) -> isize {
        let (_, height) = self.areas().answer_inner();
        isize::try_from(height.saturating_sub(2).max(1)).unwrap_or(1)
    }

    fn vertical(&mut self, by: isize, effects: &mut Vec<Effect>) {
        let (_, height) = self.areas().answer_inner();
        match self.focus {
            Pane::Templates => {
                let before = self.chosen;
                let last = self.library.len().saturating_sub(1);
                self.chosen = self.chosen.saturating_add_signed(by).min(last);
                if self.chosen != before {
                    self.field = 0;
                    self.prepare(effects);
                }
            }
            Pane::Form => {
                let last = self.fields().len().saturating_sub(1);
                self.field = self.field.saturating_add_signed(by).min(last);
            }
            Pane::Answer if self.center == Center::Preview => self.preview.scroll(by, height),
            Pane::Answer => self.response.wrapped.scroll(by, height),
            Pane::Chart => {}
        }
    }

    fn horizontal(&mut self, left: bool, effects: &mut Vec<Effect>) {
        match self.focus {
            Pane::Form => {
                if self.turn_choice(left) {
                    self.prepare(effects);
                }
            }
            Pane::Chart => {
                let most = self
                    .candles
                    .as_ref()
                    .map_or(0, |c| c.market.series.candles().len().saturating_sub(1));
                self.pan = if left {
                    (self.pan + 10).min(most)
                } else {
                    self.pan.saturating_sub(10)
                };
            }
            Pane::Templates | Pane::Answer => {}
        }
    }

    fn next_failed(&mut self) {
        let Some(judged) = &self.response.judged else { return };
        let from = self.response.check.map_or(0, |c| c + 1);
        let count = judged.checks.len();
        let next = (0..count)
            .map(|i| (from + i) % count)
            .find(|i| judged.checks[*i].status >= Status::Warn);
        if let Some(at) = next {
            let check = &judged.checks[at];
            let (text, bad) = (
                format!("{} {}: {}", check.status, check.name, check.detail),
                check.status == Status::Fail,
            );
            self.response.check = Some(at);
            self.say(text, bad);
        }
    }

    // Layers.

    fn layer_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let Some(layer) = self.layers.last_mut() else { return };
        match layer {
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
                    effects.push(Effect::Quit);
                }
            }
            Layer::Copy => {
                self.layers.pop();
                self.copy(key.code, effects);
            }
            Layer::SaveAs(editor) => match key.code {
                KeyCode::Esc => {
                    self.layers.pop();
                }
                KeyCode::Enter => {
                    let name = editor.text().trim().to_owned();
                    self.layers.pop();
                    self.save(name, effects);
                }
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

    fn picked(&mut self, pick: Pick, choice: String, effects: &mut Vec<Effect>) {
        match pick {
            Pick::File => {
                let id = self.next_id();
                self.opening = Some(id);
                effects.push(Effect::Open(id, choice.into()));
            }
            Pick::Model => {
                self.say(format!("{choice} answers from now on"), false);
                self.model = Some(choice);
                self.prepare(effects);
            }
            Pick::Command => {
                if let Some(binding) = TABLE.iter().find(|b| b.help == choice) {
                    self.command(binding.command, effects);
                }
            }
        }
    }

    fn save(&mut self, name: String, effects: &mut Vec<Effect>) {
        let Some(draft) = self.editing() else { return };
        if let Err(fault) = &draft.parsed {
            let words = format!("not saved: {fault}");
            return self.say(words, true);
        }
        // Under its own name it takes its file's place; a shipped one is never touched, yours stands before it.
        let own = name == self.chosen_name();
        effects.push(Effect::Save(name, draft.editor.text(), own));
    }

    fn copy(&mut self, code: KeyCode, effects: &mut Vec<Effect>) {
        let setup = self.judged().and_then(|j| j.reading.setup.as_ref());
        let (what, text) = match code {
            KeyCode::Char('t') => ("the ticket", setup.map(|s| ticket(self, s))),
            KeyCode::Char('j') => (
                "the setup's JSON",
                setup.and_then(|s| serde_json::to_string_pretty(s).ok()),
            ),
            KeyCode::Char('a') => ("the answer", Some(self.response.text.clone()).filter(|t| !t.is_empty())),
            KeyCode::Char('p') => {
                let messages = self
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
                self.say(format!("{what} is on the clipboard"), false);
            }
            None => self.say(format!("there is nothing yet for {what}"), true),
        }
    }
}

/// Whether a step only says what became of an answer that is on screen.
fn is_receipt(step: &Step) -> bool {
    matches!(step, Step::Stored(_))
}

/// A setup as a few lines of text, with the notice that every export bears.
fn ticket(app: &App, setup: &crate::setup::Setup) -> String {
    let facts = app.response.market.as_ref().map(|m| m.facts.as_ref());
    let head = facts.map(|f| format!("{} {} as of {}", f.symbol, f.timeframe, f.as_of_text()));
    let lines = crate::tui::view::setup::rows(setup, facts)
        .into_iter()
        .map(|(label, value)| format!("{label}: {value}"));
    head.into_iter()
        .chain(lines)
        .chain(["Research, not advice.".to_owned()])
        .collect::<Vec<_>>()
        .join("\n")
}
