//! The desks of the workbench as tabs: each has its candles, template, model and answer; one is in front, the others go on
//! behind it.

use std::mem;

use super::message::Effect;
use super::response::{self, Response};
use super::session::Restoring;
use super::{App, Beside, Borders, Candles, Center, Find, Layer, Look, Message, Pane, Undo};
use crate::desk::{Estimate, Policy, Prepared};
use crate::prompt::Values;
use crate::tui::editor::Editor;

/// The most that a row of titles can tell apart, and a digit can choose.
const MOST: usize = 9;

/// A desk: what is open on it, chosen, typed and answered.
#[derive(Debug, Default)]
pub struct Tab {
    pub(super) focus: Pane,
    pub(super) center: Center,
    /// Whether keys are typed into the focused text.
    pub(super) typing: bool,
    /// The row of the chosen template.
    pub(super) chosen: usize,
    pub(super) values: Values,
    /// The template and symbol whose values these are.
    pub(super) values_of: Option<(String, String)>,
    pub(super) field: usize,
    pub(super) field_editor: Option<Editor>,

    pub(super) candles: Option<Candles>,
    /// The file or live source that was opened last; none for the bundled candles.
    pub(super) source: Option<String>,
    pub(super) opening: Option<u64>,
    /// The opening whose file is watched.
    pub(super) watching: Option<u64>,
    /// Coarser candles on their way.
    pub(super) turning: Option<u64>,
    pub(super) model: Option<String>,

    pub(super) prepared: Option<Result<(Prepared, Estimate), String>>,
    pub(super) preparing: Option<u64>,
    pub(super) preview: response::Text,
    /// What the preview was wrapped from: key and width.
    pub(super) previewed: Option<(crate::cache::Key, u16)>,
    /// Say so if the next prompt cannot be made: the analyst has just chosen what it hangs on.
    pub(super) announce: bool,
    /// Send as soon as the prompt is ready.
    pub(super) send: Option<Policy>,

    pub(super) response: Response,
    /// Other models' answers to the same prompt.
    pub(super) beside: Vec<Beside>,
    /// What asking those models would take, and the estimate on its way.
    pub(super) estimates: Vec<Option<Estimate>>,
    pub(super) estimating: Option<u64>,
    pub(super) look: Look,
    /// The price of the answer that is gone to next.
    pub(super) level: usize,
    /// Whether an answer came while it was behind, and has not been looked at.
    pub(super) unseen: bool,
    /// Whether what the model thought is shown.
    pub(super) thoughts: bool,
    /// The connection being tested.
    pub(super) testing: Option<u64>,
    /// Whether the focused pane has the whole screen.
    pub(super) whole: bool,
    pub(super) find: Option<Find>,
    /// How it was left, while its candles and its answer are on their way.
    pub(super) restoring: Option<Restoring>,
}

impl Tab {
    /// Whether something of this id is its own.
    fn owns(&self, id: u64) -> bool {
        let own = [
            self.opening,
            self.watching,
            self.turning,
            self.preparing,
            self.estimating,
            self.testing,
        ];
        let columns = self.beside.iter();
        own.contains(&Some(id))
            || (self.response.asked == id && id != 0)
            || columns
                .clone()
                .any(|c| c.preparing == Some(id) || c.response.asked == id)
    }

    /// Whether an answer is on its way, in any column.
    pub fn is_waiting(&self) -> bool {
        self.response.is_streaming() || self.beside.iter().any(|c| c.response.is_streaming())
    }

    /// Its candles, in two words.
    pub fn market(&self) -> String {
        match &self.candles {
            Some(open) => {
                let series = &open.market.series;
                crate::text::clean_line(&format!("{} {}", series.symbol(), series.timeframe()))
            }
            None => "no candles".to_owned(),
        }
    }

    /// Whether an answer came while it was behind, and has not been looked at.
    pub fn is_unseen(&self) -> bool {
        self.unseen
    }

    /// The row of its template.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// The model that was chosen on it.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// The ids of the calls on their way.
    fn calls(&self) -> impl Iterator<Item = u64> + '_ {
        let columns = self.beside.iter().filter_map(|c| c.response.id());
        self.response.id().into_iter().chain(columns)
    }
}

impl App {
    /// The desks in their order.
    pub fn tabs(&self) -> impl Iterator<Item = &Tab> {
        let (at, front) = (self.at, &self.tab);
        self.tabs
            .iter()
            .enumerate()
            .map(move |(i, tab)| if i == at { front } else { tab })
    }

    /// Which of them is in front.
    pub fn tab_at(&self) -> usize {
        self.at
    }

    /// Whether there are several.
    pub fn has_tabs(&self) -> bool {
        self.tabs.len() > 1
    }

    /// Whether another desk has room.
    pub fn has_room_for_tab(&self) -> bool {
        self.tabs.len() < MOST
    }

    /// Whether any desk waits for an answer.
    pub fn any_waiting(&self) -> bool {
        self.tabs().any(Tab::is_waiting)
    }

    /// Whether what comes of this id would still be taken in.
    pub fn awaits(&self, id: u64) -> bool {
        self.tab.owns(id) || self.tabs.iter().any(|tab| tab.owns(id))
    }

    /// The desk behind the front one that a message is for.
    pub(super) fn tab_of(&self, message: &Message) -> Option<usize> {
        let id = message.id()?;
        let others = self.tabs.iter().enumerate().filter(|(at, _)| *at != self.at);
        others.into_iter().find(|(_, tab)| tab.owns(id)).map(|(at, _)| at)
    }

    /// Puts desk `at` in front; nothing else changes.
    pub(super) fn turn_to(&mut self, at: usize) {
        if at == self.at || at >= self.tabs.len() {
            return;
        }
        mem::swap(&mut self.tab, &mut self.tabs[self.at]);
        self.at = at;
        mem::swap(&mut self.tab, &mut self.tabs[at]);
    }

    /// Takes in a message for a desk behind the front one.
    pub(super) fn behind(&mut self, at: usize, message: Message, effects: &mut Vec<Effect>) {
        let front = self.at;
        self.turn_to(at);
        self.is_behind = true;
        self.take(message, effects);
        self.is_behind = false;
        self.turn_to(front);
    }

    /// Turns to desk `at`, as the analyst does.
    pub(super) fn go_to_tab(&mut self, at: usize, effects: &mut Vec<Effect>) {
        if at >= self.tabs.len() {
            return self.say(format!("there is no desk {}; w n opens one", at + 1), false);
        }
        self.commit_field(effects);
        self.tab.typing = false;
        self.focus_editors();
        self.turn_to(at);
    }

    /// Turns to the desk after the front one, or before it.
    pub(super) fn turn_tab(&mut self, back: bool, effects: &mut Vec<Effect>) {
        let all = self.tabs.len();
        let by = if back { all - 1 } else { 1 };
        self.go_to_tab((self.at + by) % all, effects);
    }

    /// Opens a desk beside: the same candles, template and model to begin with.
    pub(super) fn new_tab(&mut self, effects: &mut Vec<Effect>) {
        if !self.has_room_for_tab() {
            return self.say(format!("{MOST} desks are open; w x closes one"), true);
        }
        self.commit_field(effects);
        let opened = self.tab.watching.map(|_| self.next_id());
        let tab = Tab {
            focus: Pane::Templates,
            chosen: self.tab.chosen,
            candles: self.tab.candles.clone(),
            source: self.tab.source.clone(),
            model: self.tab.model.clone(),
            look: Look {
                cursor: None,
                ..self.tab.look
            },
            watching: opened,
            ..Tab::default()
        };
        if let (Some(id), Some(candles)) = (opened, &tab.candles) {
            let path = candles.card.file.clone().into();
            effects.push(Effect::Watch(id, path, Box::new(candles.clone())));
        }
        let at = self.at + 1;
        self.put_tab(at, tab);
        self.say(format!("desk {} · < > turn, w x closes it", at + 1), false);
        self.prepare(effects);
    }

    /// Puts a desk at this place, in front.
    pub(super) fn put_tab(&mut self, at: usize, tab: Tab) {
        let at = at.min(self.tabs.len());
        self.tabs.insert(at, tab);
        if at <= self.at {
            self.at += 1;
        }
        self.turn_to(at);
    }

    /// Closes the desk in front; what is on its way to it is called off.
    pub(super) fn close_tab(&mut self, effects: &mut Vec<Effect>) {
        if !self.has_tabs() {
            return self.say("the last desk stays open; q leaves", false);
        }
        self.commit_field(effects);
        effects.extend(self.tab.calls().map(Effect::Cancel));
        effects.extend(self.tab.watching.map(Effect::Unwatch));
        let closed = self.at;
        self.turn_to(if closed + 1 < self.tabs.len() {
            closed + 1
        } else {
            closed - 1
        });
        let mut tab = self.tabs.remove(closed);
        self.at -= usize::from(self.at > closed);
        tab.response.end("closed before its answer came");
        for column in &mut tab.beside {
            column.response.end("closed before its answer came");
        }
        self.say(format!("desk {} is closed · u brings it back", closed + 1), false);
        self.undo = Some(Undo::Close(closed, Box::new(tab)));
    }

    /// Brings a closed desk back.
    pub(super) fn reopen_tab(&mut self, at: usize, mut tab: Tab, effects: &mut Vec<Effect>) {
        if let (Some(_), Some(candles)) = (tab.watching, &tab.candles) {
            let id = self.next_id();
            tab.watching = Some(id);
            let path = candles.card.file.clone().into();
            effects.push(Effect::Watch(id, path, Box::new(candles.clone())));
        }
        self.put_tab(at, tab);
        self.say(format!("desk {} is open again", self.at + 1), false);
        self.prepare(effects);
    }

    /// A key in the menu of desks.
    pub(super) fn tabs_key(&mut self, key: char, effects: &mut Vec<Effect>) {
        let Borders { side, chart } = &mut self.borders;
        match key {
            'h' => *side = (*side - 2).max(-60),
            'l' => *side = (*side + 2).min(60),
            'k' => *chart = (*chart - 1).max(-60),
            'j' => *chart = (*chart + 1).min(60),
            // The borders may be moved on, the rest is done.
            _ => {
                self.layers.pop();
            }
        }
        match key {
            'n' => self.new_tab(effects),
            'x' => self.close_tab(effects),
            '1'..='9' => self.go_to_tab(key as usize - '1' as usize, effects),
            _ => {}
        }
    }

    /// Opens the menu of desks.
    pub(super) fn open_tabs(&mut self) {
        self.layers.push(Layer::Desks);
    }
}
