//! What each message changes, and what it asks to be done.

use super::message::{Effect, Message, Opened, Saving};
use super::picker::Item;
use super::response::{self, Response, State};
use super::{App, Center, Editing, Layer, Pane, Size, cleared_words};
use crate::desk::{Judged, Policy, Prepared, Step};
use crate::prompt::Template;
use crate::tui::drafts::Drafts;
use crate::tui::editor::Editor;

impl App {
    /// Takes in what happened; returns what is to be done.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Message::Key(key) => self.key(key, &mut effects),
            Message::Paste(text) => self.paste(&text, &mut effects),
            Message::Mouse(mouse) => self.mouse(mouse, &mut effects),
            Message::Resize(width, height) => self.size = Size::of((width, height)),
            // Sent before each frame: what is wrapped once a frame is not wrapped for every word of a stream.
            Message::Now(now) => {
                self.now = now;
                self.parse_changed(&mut effects);
                self.wrap();
            }
            Message::Opened(id, opened) => self.opened(id, opened, &mut effects),
            Message::Grown(id, opened) if self.watching == Some(id) => self.grown(opened, &mut effects),
            Message::Grown(..) => {}
            Message::Turned(id, market) => self.turned(id, market, &mut effects),
            Message::Files(id, files) => self.files(id, files),
            Message::Prepared(id, result) if self.preparing == Some(id) => {
                self.preparing = None;
                self.prepared = Some(result.map(|prepared| *prepared));
                if let (true, Some(Err(reason))) = (std::mem::take(&mut self.announce), &self.prepared) {
                    let reason = reason.clone();
                    self.say(reason, true);
                }
                self.send_when_ready(&mut effects);
            }
            Message::Step(id, step) if self.response.waits_for(id, &step) => self.step(step, &mut effects),
            // Another column's, or nobody's any more.
            Message::Prepared(id, result) => {
                self.beside_ready(id, result, &mut effects);
            }
            Message::Step(id, step) => {
                self.beside_step(id, step, &mut effects);
            }
            Message::Tested(id, result) if self.testing == Some(id) => {
                self.testing = None;
                match result {
                    Ok(words) => self.say(words, false),
                    Err(reason) => self.say(reason, true),
                }
            }
            Message::Tested(..) => {}
            Message::Report(report) => self.report = Some(*report),
            Message::Cleared(result) => {
                match result {
                    Ok(cleared) => self.say(cleared_words(cleared), false),
                    Err(reason) => self.say(reason, true),
                }
                effects.push(Effect::Report);
                self.prepare(&mut effects);
                if self.browser().is_some() {
                    self.browse(&mut effects);
                }
            }
            Message::Browsed(id, browsed) => self.browsed(id, browsed),
            Message::Inspected(id, inspected) => self.inspected(id, inspected),
            Message::Kept(result) => {
                match result {
                    Ok(words) => self.say(words, false),
                    Err(reason) => self.say(reason, true),
                }
                effects.push(Effect::Report);
                self.prepare(&mut effects);
                if self.browser().is_some() {
                    self.browse(&mut effects);
                }
            }
            Message::Samples(id, samples) if self.response.asked == id => self.response.samples = samples,
            Message::Samples(..) => {}
            Message::Listed(id, listed) => self.listed(id, listed),
            Message::Recalled(id, record) => self.recalled(id, record),
            Message::Scored(id, board) => self.scored(id, board),
            Message::Unrecorded(reason) => self.say(reason, true),
            Message::Settled(settled) => self.settled(settled),
            Message::Tick => self.tick(),
            Message::Library(library) => self.reload(library),
            Message::Saved(Ok(saving)) => self.saved(saving, &mut effects),
            Message::Saved(Err(reason)) => self.say(reason, true),
        }
        effects
    }

    /// What is to be done first: the candles to open, a count of the cache.
    pub fn start(&mut self, candles: Option<std::path::PathBuf>) -> Vec<Effect> {
        let id = self.next_id();
        self.opening = Some(id);
        // An empty path stands for the bundled sample.
        vec![Effect::Open(id, candles.unwrap_or_default()), Effect::Report]
    }

    pub(super) fn chosen_name(&self) -> String {
        self.library
            .get(self.chosen)
            .map(|l| l.name.clone())
            .unwrap_or_default()
    }

    /// Wraps what the answer's pane shows, if width or text have changed.
    pub(super) fn wrap(&mut self) {
        let (width, _) = self.areas().browser_inner();
        let theme = self.theme;
        if let Some(browser) = self.browser() {
            browser.wrap(width, &theme);
        }
        self.wrap_history();
        let (width, _) = self.areas().answer_inner();
        let columns = u16::try_from(self.beside.len()).unwrap_or(0) + 1;
        let column = if columns > 1 {
            (width / columns).saturating_sub(1)
        } else {
            width
        };
        self.response.wrap(column, &self.theme);
        for other in &mut self.beside {
            other.response.wrap(column, &self.theme);
        }
        if let (Center::Preview, Some(Ok((prepared, _)))) = (self.center, &self.prepared) {
            let what = Some((prepared.key, width));
            if self.previewed != what {
                self.previewed = what;
                response::preview(&mut self.preview, &prepared.request.messages, width, &self.theme);
            }
        }
    }

    pub(super) fn saved(&mut self, saving: Saving, effects: &mut Vec<Effect>) {
        let Saving { from, name, text } = saving;
        self.say(format!("saved as {name}"), false);
        if let Some(mut draft) = self.drafts.remove(&from) {
            draft.editor.mark_saved(text);
            self.drafts.insert(name.clone(), draft);
        }
        self.keep_drafts(effects);
        // Who has moved on to another template meanwhile stays there.
        if self.chosen_name() == from {
            self.choose_template(&name);
        }
        self.prepare(effects);
    }

    pub(super) fn opened(&mut self, id: u64, opened: Opened, effects: &mut Vec<Effect>) {
        if self.opening != Some(id) {
            return;
        }
        self.opening = None;
        self.turning = None;
        let waiting = self.send.take();
        match opened {
            Ok(candles) => {
                let first = self.candles.is_none();
                let card = &candles.card;
                let words = format!(
                    "{} {}: {} read as {}",
                    card.symbol,
                    card.timeframe,
                    crate::text::count(card.rows, "candle"),
                    card.layout
                );
                self.look.pan = 0;
                // The bundled candles do not grow.
                self.watching =
                    (card.file != crate::market::SAMPLE_NAME && card.file != "standard input").then_some(id);
                if self.watching.is_some() {
                    effects.push(Effect::Watch(id, card.file.clone().into(), candles.clone()));
                }
                effects.push(Effect::Settle(std::sync::Arc::clone(&candles.base)));
                self.candles = Some(*candles);
                self.recheck();
                if !first {
                    // The card tells what was assumed; it goes at the first key.
                    self.layers.push(Layer::Card);
                    self.say(words, false);
                }
                self.prepare(effects);
            }
            Err(reason) => self.say(reason, true),
        }
        if let Some(policy) = waiting {
            self.ask(policy, effects);
        }
    }

    /// The open file has changed: chart, facts and freshness follow; what is typed, asked and looked at stays.
    pub(super) fn grown(&mut self, opened: Opened, effects: &mut Vec<Effect>) {
        let Some(open) = &mut self.candles else { return };
        let candles = match opened {
            Ok(candles) => candles,
            Err(reason) => return self.say(format!("{reason}; the candles read before stay"), true),
        };
        let (before, now) = (&open.base, &candles.base);
        if before.candles() == now.candles() {
            return;
        }
        let more = now.since(before.last().time);
        let as_of = crate::market::timestamp(now.last().time).strftime("%Y-%m-%d %H:%M UTC");
        let words = match more {
            0 => format!("{} has changed: read again, as of {as_of}", candles.card.file),
            more => format!("{} more, as of {as_of}", crate::text::count(more, "candle")),
        };
        let turned_to = open.market.series.timeframe();
        let own = before.timeframe();
        open.base = std::sync::Arc::clone(&candles.base);
        open.card = candles.card;
        effects.push(Effect::Settle(std::sync::Arc::clone(&open.base)));
        if turned_to == own {
            open.market = candles.market;
            self.recheck();
            self.prepare(effects);
        } else {
            let base = std::sync::Arc::clone(&open.base);
            let id = self.next_id();
            self.turning = Some(id);
            effects.push(Effect::Turn(id, base, turned_to));
        }
        self.say(words, false);
    }

    /// Has what is typed and not saved kept beside.
    pub(super) fn keep_drafts(&self, effects: &mut Vec<Effect>) {
        let dirty = self.drafts.iter().filter(|(_, d)| d.editor.is_dirty());
        let drafts = Drafts {
            templates: dirty.map(|(name, d)| (name.clone(), d.editor.text())).collect(),
            values: self.values.iter().map(|(n, t)| (n.to_owned(), t.to_owned())).collect(),
        };
        effects.push(Effect::KeepDrafts(Box::new(drafts)));
    }

    /// Leaves; what was not saved is lost by intent.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::KeepDrafts(Box::default()));
        effects.push(Effect::Quit);
    }

    /// Takes over what was typed in a workbench that did not end in order.
    pub fn restore(&mut self, drafts: Drafts) {
        let theme = self.theme;
        for (name, text) in &drafts.templates {
            let Some(listed) = self.library.iter().find(|l| l.name == *name) else {
                continue;
            };
            let mut editor = Editor::of(&crate::text::clean(&listed.source));
            editor.replace(text);
            let parsed = Template::parse(text, name, name);
            editor.highlight(theme.accent, parsed.as_ref().err().map(|e| (e.line, theme.bad)));
            self.drafts.insert(name.clone(), Editing { editor, parsed });
        }
        for (name, text) in &drafts.values {
            self.values.set(name.clone(), text);
        }
        let names: Vec<&str> = drafts.templates.keys().map(String::as_str).collect();
        let what = match names.as_slice() {
            [] => "values of the form".to_owned(),
            names => format!("edits of {}", names.join(", ")),
        };
        self.say(format!("{what} that were not saved are here again"), false);
    }

    /// Records the answer of a column.
    pub(super) fn record(&self, response: &Response, effects: &mut Vec<Effect>) {
        if let (State::Done(answer), Some(prepared)) = (&response.state, &response.prepared) {
            let source = self.candles.as_ref().map(|c| c.card.file.clone()).unwrap_or_default();
            effects.push(Effect::Record(prepared.clone(), answer.clone(), source));
        }
    }

    /// The answers on show are held against the candles that have come since.
    fn recheck(&mut self) {
        let Some(open) = &self.candles else { return };
        let series = &open.market.series;
        let columns = self.beside.iter_mut().map(|c| &mut c.response);
        for response in std::iter::once(&mut self.response).chain(columns) {
            let (State::Done(answer), Some(market)) = (&response.state, &mut response.market) else {
                continue;
            };
            if market.catch_up(series) {
                response.judged = Some(Judged::answer(answer, Some(market)));
            }
        }
    }

    pub(super) fn files(&mut self, id: u64, files: Vec<Item>) {
        if let Some(Layer::Picker(picker)) = self.layers.last_mut()
            && picker.waiting == Some(id)
        {
            picker.waiting = None;
            picker.fill(files);
        }
    }

    pub(super) fn reload(&mut self, library: Vec<crate::prompt::Listed>) {
        let name = self.chosen_name();
        self.library = library;
        self.chosen = self.chosen.min(self.library.len().saturating_sub(1));
        self.choose_template(&name);
    }

    /// Asks for the prompt to be made ready anew.
    pub(super) fn prepare(&mut self, effects: &mut Vec<Effect>) {
        // What was to be sent was another prompt.
        self.send = None;
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

    pub(super) fn send_when_ready(&mut self, effects: &mut Vec<Effect>) {
        let Some(policy) = self.send.take() else { return };
        match &self.prepared {
            Some(Ok((prepared, _))) => {
                let prepared = Box::new(prepared.clone());
                if let Some(id) = self.response.id() {
                    effects.push(Effect::Cancel(id));
                }
                let id = self.next_id();
                self.begin(id, prepared, policy, effects);
            }
            Some(Err(reason)) => {
                let reason = reason.clone();
                // What stood on screen stays there.
                self.say(reason, true);
            }
            None => {}
        }
    }

    fn begin(&mut self, id: u64, prepared: Box<Prepared>, policy: Policy, effects: &mut Vec<Effect>) {
        self.response = Response::asked(id, prepared.clone(), self.now);
        self.center = Center::Answer;
        self.focus = Pane::Answer;
        effects.push(Effect::Ask(id, prepared, policy));
    }

    /// Shows the sample before or after the one on show: the same prompt's, whatever stands in the form by now.
    pub(super) fn turn_sample(&mut self, on: bool, effects: &mut Vec<Effect>) {
        let Some(sample) = self.response.neighbour(on) else {
            return;
        };
        let Some(prepared) = self.response.prepared.clone() else {
            return;
        };
        let id = self.next_id();
        self.begin(id, prepared, Policy::Kept(sample), effects);
    }

    pub(super) fn ask(&mut self, policy: Policy, effects: &mut Vec<Effect>) {
        self.commit_field(effects);
        self.typing = false;
        if self.opening.is_some() {
            // Its candles are on their way: the prompt is made, and sent, when they are here.
            self.send = Some(policy);
            return;
        }
        self.prepare(effects);
        self.send = Some(policy);
        for at in 0..self.beside.len() {
            self.ask_beside(at, effects);
        }
        if self.preparing.is_none() {
            self.send_when_ready(effects);
        }
    }

    fn find_samples(&self, effects: &mut Vec<Effect>) {
        if let State::Done(answer) = &self.response.state {
            effects.push(Effect::Samples(self.response.asked, answer.key));
        }
    }

    pub(super) fn step(&mut self, step: Step, effects: &mut Vec<Effect>) {
        let (done, stored) = (matches!(step, Step::Done(_)), matches!(step, Step::Stored(_)));
        let failed = match &step {
            Step::Failed(error) => Some(error.to_string()),
            _ => None,
        };
        self.response.take(step);
        if done || stored || failed.is_some() {
            effects.push(Effect::Report);
        }
        if done || stored {
            self.find_samples(effects);
        }
        if done {
            self.record(&self.response, effects);
            // Whether asking again would be a hit has changed.
            self.prepare(effects);
        }
        if let Some(reason) = failed {
            self.say(reason, true);
        }
    }
}
