//! What each message changes, and what it asks to be done.

use super::message::{Effect, Message, Opened, Saving};
use super::picker::Item;
use super::response::{self, Response, State};
use super::{App, Center, Editing, Layer, Pane, Size, Undo, cleared_words};
use crate::desk::{Judged, Policy, Prepared, Step};
use crate::prompt::Template;
use crate::tui::drafts::Drafts;
use crate::tui::editor::Editor;

impl App {
    /// Takes in what happened; returns what is to be done.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match self.tab_of(&message) {
            Some(at) => self.behind(at, message, &mut effects),
            None => self.take(message, &mut effects),
        }
        self.tab.unseen = false;
        effects
    }

    /// Takes in a message for the desk in front, or for all.
    pub(super) fn take(&mut self, message: Message, effects: &mut Vec<Effect>) {
        match message {
            Message::Key(key) => self.key(key, effects),
            Message::Paste(text) => self.paste(&text, effects),
            Message::Mouse(mouse) => self.mouse(mouse, effects),
            Message::Resize(width, height) => self.size = Size::of((width, height)),
            // Sent before each frame: what is wrapped once a frame is not wrapped for every word of a stream.
            Message::Now(now) => {
                self.now = now;
                self.parse_changed(effects);
                self.wrap();
                self.keep_session(effects);
            }
            Message::Opened(id, opened) => self.opened(id, opened, effects),
            Message::Grown(id, opened) if self.tab.watching == Some(id) => self.grown(opened, effects),
            Message::Grown(..) => {}
            Message::Turned(id, market) => self.turned(id, market, effects),
            Message::Files(id, files) => self.files(id, files),
            Message::Prepared(id, result) if self.tab.preparing == Some(id) => {
                self.tab.preparing = None;
                self.tab.prepared = Some(result.map(|prepared| *prepared));
                if let (true, Some(Err(reason))) = (std::mem::take(&mut self.tab.announce), &self.tab.prepared) {
                    let reason = reason.clone();
                    self.say(reason, true);
                }
                self.restore_answer(effects);
                self.send_when_ready(effects);
            }
            Message::Estimated(id, estimates) if self.tab.estimating == Some(id) => {
                self.tab.estimating = None;
                self.tab.estimates = estimates;
            }
            Message::Estimated(..) => {}
            Message::Step(id, step) if self.tab.response.waits_for(id, &step) => self.step(step, effects),
            // Another column's, or nobody's any more.
            Message::Prepared(id, result) => {
                self.beside_ready(id, result, effects);
            }
            Message::Step(id, step) => {
                self.beside_step(id, step, effects);
            }
            Message::Tested(id, result) if self.tab.testing == Some(id) => {
                self.tab.testing = None;
                match result {
                    Ok(words) => self.say(words, false),
                    Err(reason) => self.say(reason, true),
                }
            }
            Message::Tested(..) => {}
            Message::Report(report) => self.report = Some(*report),
            Message::Sharing(sharing) => self.sharing = Some(sharing),
            Message::Cleared(result) => {
                match result {
                    Ok(cleared) => self.say(cleared_words(cleared), false),
                    Err(reason) => self.say(reason, true),
                }
                effects.push(Effect::Report);
                self.prepare(effects);
                if self.browser().is_some() {
                    self.browse(effects);
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
                self.prepare(effects);
                if self.browser().is_some() {
                    self.browse(effects);
                }
            }
            Message::Samples(id, samples) if self.tab.response.asked == id => self.tab.response.samples = samples,
            Message::Samples(..) => {}
            Message::Listed(id, listed) => self.listed(id, listed, effects),
            Message::Annotated(record) => self.annotated(record),
            Message::Differs(difference) => self.differs(difference),
            Message::Written(Ok(words)) => self.say(words, false),
            Message::Written(Err(reason)) => self.say(reason, true),
            Message::Recalled(id, record) => self.recalled(id, record),
            Message::Scored(id, board) => self.scored(id, board),
            Message::Recorded(id, record, before) => self.recorded(id, record, before),
            Message::Unrecorded(reason) => self.say(reason, true),
            Message::Settled(settled) => self.settled(settled),
            Message::Tick => self.tick(),
            Message::Library(library) => self.reload(library),
            Message::Saved(Ok(saving)) => self.saved(saving, effects),
            Message::Saved(Err(reason)) => self.say(reason, true),
            Message::RemovedTemplate(Ok((name, text))) => self.removed(&name, text, effects),
            Message::RenamedTemplate(Ok((from, to))) => self.renamed(&from, to, effects),
            Message::RemovedTemplate(Err(reason)) | Message::RenamedTemplate(Err(reason)) => self.say(reason, true),
            Message::EditedElsewhere(name, text) => self.edited_elsewhere(&name, text, effects),
        }
    }

    /// What is to be done first: the candles to open, a count of the cache.
    pub fn start(&mut self, candles: Option<std::path::PathBuf>) -> Vec<Effect> {
        let id = self.next_id();
        self.tab.opening = Some(id);
        // An empty path stands for the bundled sample.
        vec![Effect::Open(id, candles.unwrap_or_default()), Effect::Report]
    }

    pub(super) fn chosen_name(&self) -> String {
        self.library
            .get(self.tab.chosen)
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
        let columns = u16::try_from(self.tab.beside.len()).unwrap_or(0) + 1;
        let column = if columns > 1 {
            (width / columns).saturating_sub(1)
        } else {
            width
        };
        self.tab.response.wrap(column, &self.theme);
        for other in &mut self.tab.beside {
            other.response.wrap(column, &self.theme);
        }
        if let (Center::Preview, Some(Ok((prepared, _)))) = (self.tab.center, &self.tab.prepared) {
            let what = Some((prepared.key, width));
            if self.tab.previewed != what {
                self.tab.previewed = what;
                response::preview(&mut self.tab.preview, &prepared.request.messages, width, &self.theme);
            }
        }
    }

    pub(super) fn saved(&mut self, saving: Saving, effects: &mut Vec<Effect>) {
        let Saving {
            from,
            name,
            text,
            before,
            undoes,
        } = saving;
        let words = if undoes {
            format!("{name} is as it was")
        } else {
            format!("saved as {name}")
        };
        self.say(format!("{words} · u undoes it"), false);
        let opened = from.clone().unwrap_or_else(|| name.clone());
        if let Some(mut draft) = self.drafts.remove(&opened) {
            draft.editor.mark_saved(crate::text::clean(&text));
            self.drafts.insert(name.clone(), draft);
        }
        self.undo = Some(Undo::Saved(from.clone(), name.clone(), before));
        self.keep_drafts(effects);
        // Who has moved on to another template meanwhile stays there.
        if from.is_none_or(|from| self.chosen_name() == from) {
            self.choose_template(&name);
        }
        self.prepare(effects);
    }

    pub(super) fn opened(&mut self, id: u64, opened: Opened, effects: &mut Vec<Effect>) {
        if self.tab.opening != Some(id) {
            return;
        }
        self.tab.opening = None;
        self.tab.turning = None;
        let waiting = self.tab.send.take();
        match opened {
            Ok(candles) => {
                let first = self.tab.candles.is_none();
                let card = &candles.card;
                let words = format!(
                    "{} {}: {} read as {}",
                    card.symbol,
                    card.timeframe,
                    crate::text::count(card.rows, "candle"),
                    card.layout
                );
                if self.tab.restoring.is_none() {
                    self.tab.look.pan = 0;
                }
                if let Some(before) = self.tab.watching {
                    effects.push(Effect::Unwatch(before));
                }
                // The bundled candles do not grow.
                self.tab.watching =
                    (card.file != crate::market::SAMPLE_NAME && card.file != "standard input").then_some(id);
                self.tab.source = self.tab.watching.map(|_| card.file.clone());
                if self.tab.watching.is_some() {
                    effects.push(Effect::Watch(id, card.file.clone().into(), candles.clone()));
                }
                effects.push(Effect::Settle(std::sync::Arc::clone(&candles.base)));
                self.tab.candles = Some(*candles);
                self.recheck();
                if !first && !self.is_behind && self.tab.restoring.is_none() {
                    // The card tells what was assumed; it goes at the first key.
                    self.layers.push(Layer::Card);
                    self.say(words, false);
                }
                match self.timeframe_left() {
                    Some(to) => self.turn(to, effects),
                    None => self.prepare(effects),
                }
            }
            Err(reason) => {
                self.tab.restoring = None;
                self.say(reason, true);
            }
        }
        if let Some(policy) = waiting {
            self.ask(policy, effects);
        }
    }

    /// The open file has changed: chart, facts and freshness follow; what is typed, asked and looked at stays.
    pub(super) fn grown(&mut self, opened: Opened, effects: &mut Vec<Effect>) {
        let Some(open) = &mut self.tab.candles else { return };
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
            self.tab.turning = Some(id);
            effects.push(Effect::Turn(id, base, turned_to));
        }
        self.say(words, false);
    }

    /// Has what is typed and not saved kept beside.
    pub(super) fn keep_drafts(&self, effects: &mut Vec<Effect>) {
        let dirty = self.drafts.iter().filter(|(_, d)| d.editor.is_dirty());
        let drafts = Drafts {
            templates: dirty.map(|(name, d)| (name.clone(), d.editor.text())).collect(),
        };
        effects.push(Effect::KeepDrafts(Box::new(drafts)));
    }

    /// Leaves; what was not saved is lost by intent.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        effects.push(Effect::KeepDrafts(Box::default()));
        effects.push(Effect::Quit);
    }

    /// Takes over what was typed in a workbench that did not end in order; older edits of the templates `behind` are still kept.
    pub fn restore(&mut self, drafts: Drafts, behind: &[String]) {
        for (name, text) in &drafts.templates {
            let Some(listed) = self.library.iter().find(|l| l.name == *name) else {
                continue;
            };
            let mut editor = Editor::of(&crate::text::clean(&listed.source));
            editor.replace(text);
            let parsed = Template::parse(text, name, name);
            self.drafts.insert(name.clone(), Editing { editor, parsed });
            self.colour(name);
        }
        let names: Vec<&str> = drafts.templates.keys().map(String::as_str).collect();
        let mut words = format!("edits of {} that were not saved are here again", names.join(", "));
        if !behind.is_empty() {
            words.push_str(&format!(
                "; other edits of {}, from another workbench, come at the next start",
                behind.join(", ")
            ));
        }
        self.say(words, false);
    }

    /// Records the answer of a column.
    pub(super) fn record(&self, response: &Response, effects: &mut Vec<Effect>) {
        if let (State::Done(answer), Some(prepared)) = (&response.state, &response.prepared) {
            let source = self
                .tab
                .candles
                .as_ref()
                .map(|c| c.card.file.clone())
                .unwrap_or_default();
            effects.push(Effect::Record(response.asked, prepared.clone(), answer.clone(), source));
        }
    }

    /// The answers on show are held against the candles that have come since.
    fn recheck(&mut self) {
        let Some(open) = &self.tab.candles else { return };
        let series = &open.market.series;
        let columns = self.tab.beside.iter_mut().map(|c| &mut c.response);
        for response in std::iter::once(&mut self.tab.response).chain(columns) {
            let (State::Done(answer), Some(market)) = (&response.state, &mut response.market) else {
                continue;
            };
            if market.catch_up(series) {
                response.judged = Some(Judged::answer(answer, Some(market)));
                let (judged, market) = (response.judged.as_ref(), response.market.as_ref());
                if let (Some((at, shown)), Some(judged)) = (&mut response.alternative, judged)
                    && let Some(renewed) = judged.alternative(*at - 1, market)
                {
                    *shown = renewed;
                }
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
        let before = std::mem::replace(&mut self.library, library);
        let (front, library) = (self.at, &self.library);
        let others = self.tabs.iter_mut().enumerate().filter(|(at, _)| *at != front);
        for tab in others.map(|(_, tab)| tab).chain([&mut self.tab]) {
            let name = before.get(tab.chosen).map_or("", |l| l.name.as_str());
            let found = library.iter().position(|l| l.name == name);
            tab.chosen = found.unwrap_or_else(|| tab.chosen.min(library.len().saturating_sub(1)));
        }
    }

    /// Asks for the prompt to be made ready anew.
    pub(super) fn prepare(&mut self, effects: &mut Vec<Effect>) {
        // What was to be sent was another prompt.
        self.tab.send = None;
        self.recall_values();
        if let Some(fault) = self.template_fault().map(ToString::to_string) {
            self.tab.preparing = None;
            self.tab.prepared = Some(Err(fault));
            return;
        }
        let id = self.next_id();
        self.tab.preparing = Some(id);
        let market = self.tab.candles.as_ref().map(|c| Box::new(c.market.clone()));
        effects.push(Effect::Prepare(id, Box::new(self.question()), market));
        self.estimate_beside(effects);
    }

    pub(super) fn send_when_ready(&mut self, effects: &mut Vec<Effect>) {
        if self.tab.opening.is_some() || self.tab.turning.is_some() {
            // This prompt is about the candles before.
            return;
        }
        let Some(policy) = self.tab.send.take() else { return };
        match &self.tab.prepared {
            Some(Ok((prepared, _))) => {
                let prepared = Box::new(prepared.clone());
                if let Some(id) = self.tab.response.id() {
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

    pub(super) fn begin(&mut self, id: u64, prepared: Box<Prepared>, policy: Policy, effects: &mut Vec<Effect>) {
        let response = Response::asked(id, prepared.clone(), self.now);
        let before = std::mem::replace(&mut self.tab.response, response);
        self.tab.response.in_place_of(before);
        self.tab.center = Center::Answer;
        self.tab.focus = Pane::Answer;
        effects.push(Effect::Ask(id, prepared, policy));
    }

    /// Shows the sample before or after the one on show: the same prompt's, whatever stands in the form by now.
    pub(super) fn turn_sample(&mut self, on: bool, effects: &mut Vec<Effect>) {
        let Some(sample) = self.tab.response.neighbour(on) else {
            return;
        };
        let Some(prepared) = self.tab.response.prepared.clone() else {
            return;
        };
        let id = self.next_id();
        self.begin(id, prepared, Policy::Kept(sample), effects);
    }

    pub(super) fn ask(&mut self, policy: Policy, effects: &mut Vec<Effect>) {
        self.commit_field(effects);
        self.tab.typing = false;
        self.tab.restoring = None;
        if self.tab.opening.is_some() || self.tab.turning.is_some() {
            // Its candles are on their way: the prompt is made, and sent, when they are here.
            self.tab.send = Some(policy);
            return;
        }
        self.prepare(effects);
        self.tab.send = Some(policy);
        for at in 0..self.tab.beside.len() {
            self.ask_beside(at, effects);
        }
        if self.tab.preparing.is_none() {
            self.send_when_ready(effects);
        }
    }

    fn find_samples(&self, effects: &mut Vec<Effect>) {
        if let State::Done(answer) = &self.tab.response.state {
            effects.push(Effect::Samples(self.tab.response.asked, answer.key));
        }
    }

    pub(super) fn step(&mut self, step: Step, effects: &mut Vec<Effect>) {
        let (done, stored) = (matches!(step, Step::Done(_)), matches!(step, Step::Stored(_)));
        let failed = match &step {
            Step::Failed(error) => Some(error.to_string()),
            _ => None,
        };
        // With the first word it is known that no tier had it.
        let begins = matches!(self.tab.response.state, State::Waiting { thinking: false, .. });
        self.tab.unseen |= self.is_behind && (done || failed.is_some());
        self.tab.response.take(step);
        if begins || done || stored || failed.is_some() {
            effects.push(Effect::Report);
        }
        if done || stored {
            self.find_samples(effects);
        }
        if done {
            self.restore_scroll();
            self.record(&self.tab.response, effects);
            // Whether asking again would be a hit has changed.
            self.prepare(effects);
        }
        if let Some(reason) = failed {
            if self.tab.response.give_way(&reason) {
                self.find_samples(effects);
            }
            self.say(reason, true);
        }
    }
}
