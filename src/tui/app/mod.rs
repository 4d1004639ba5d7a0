//! The workbench as a value: what is open, chosen, typed and answered. No terminal, no clock, no network.
//!
//! [`update`](App::update) takes a [`Message`] and returns the [`Effect`]s it asks for; whoever runs it does them and
//! answers with messages that carry the id of what asked. An answer whose id is no longer waited for is dropped.

mod beside;
mod browser;
mod chart;
mod complete;
mod find;
mod form;
mod history;
mod keys;
mod layout;
mod library;
mod message;
mod mouse;
mod overlay;
mod picker;
mod response;
mod scores;
mod session;
mod since;
mod tab;
mod undo;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use beside::Beside;
pub use browser::{Browser, saved};
pub use chart::{Look, paint, plan};
pub use complete::Completion;
pub use find::Find;
pub use form::Field;
pub use history::{Entry, History, Recalled};
pub use layout::{Areas, Borders, Size};
pub use library::{Naming, Reader};
pub use message::{Effect, Message, Opened, Saving};
pub use picker::{Item, Pick, Picker};
pub use response::{Response, Since, State};
pub use scores::Scores;
pub use session::{Remembered, SavedDesk, Session};
pub use tab::Tab;
use undo::Undo;

use super::editor::Editor;
use super::keymap::Keymap;
use super::theme::Theme;
use crate::cache::{Cleared, Report};
use crate::desk::{Estimate, Judged, Prepared, Question, Sharing};
use crate::facts::Facts;
use crate::market::read::Card;
use crate::market::{Series, Timeframe};
use crate::model::ModelName;
use crate::prompt::{Listed, Template, TemplateError, Values};
use crate::setup::Status;

/// The panes that can have the focus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// The list of templates.
    #[default]
    Templates,
    /// The chosen template's variables.
    Form,
    /// The candles.
    Chart,
    /// The answer, the prompt or the template's text.
    Answer,
}

/// What the answer's pane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Center {
    /// The answer.
    #[default]
    Answer,
    /// The prompt as it will be sent.
    Preview,
    /// The template's text.
    Editor,
}

/// Something in front of the panes; the front one sees keys first.
#[derive(Debug)]
pub enum Layer {
    /// The keys and what they do, scrolled by so many lines.
    Help(u16),
    /// A list to choose from.
    Picker(Picker),
    /// What to clear.
    Clear,
    /// What to copy.
    Copy,
    /// A name for a template.
    Name(Naming, Box<Editor>),
    /// What can be done with a template's file.
    File,
    /// A text to be read.
    Reader(Box<Reader>),
    /// Leave although a template is not saved?
    Leave,
    /// The data card of the candles that were opened.
    Card,
    /// The cache's entries.
    Cache(Box<Browser>),
    /// The journal.
    History(Box<History>),
    /// The scoreboard.
    Scores(Box<Scores>),
    /// What is drawn on the chart.
    Chart,
    /// The desks that are open.
    Desks,
}

/// A line that says what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// What.
    pub text: String,
    /// Whether it is bad news.
    pub bad: bool,
}

/// The candles that are open.
#[derive(Debug, Clone)]
pub struct Candles {
    /// As they were read: coarser ones are made of these.
    pub base: Arc<Series>,
    /// Cut, with facts.
    pub market: crate::desk::Market,
    /// How they were read.
    pub card: Card,
}

/// The template being edited.
#[derive(Debug, Clone)]
pub struct Editing {
    /// Its text.
    pub editor: Editor,
    /// It as it stands, or what is wrong with it.
    pub parsed: Result<Template, TemplateError>,
}

/// The workbench.
#[derive(Debug)]
pub struct App {
    size: Size,
    layers: Vec<Layer>,
    toast: Option<Toast>,
    theme: Theme,
    now: Timestamp,
    ids: u64,
    library: Vec<Listed>,
    /// Templates being edited, by name: an edit stays while others are looked at.
    drafts: BTreeMap<String, Editing>,
    models: Vec<Item>,
    report: Option<Report>,
    sharing: Option<Sharing>,
    keymap: Keymap,
    risk_money: Option<f64>,
    /// The same, as it was said in the workbench.
    said_risk: Option<f64>,
    /// How far the borders between panes are moved.
    borders: Borders,
    /// The border that the mouse moves, and where it was last.
    dragged: Option<mouse::Dragged>,
    /// Whether the screen is drawn in ASCII.
    ascii: bool,
    /// The template whose text has changed since it was last parsed.
    changed: Option<String>,

    /// Names offered while one is being typed.
    completion: Option<Completion>,

    /// The desk in front.
    tab: Tab,
    /// All of them; the place of the one in front is empty.
    tabs: Vec<Tab>,
    /// Which is in front.
    at: usize,
    /// Whether a message is taken in for a desk behind the front one.
    is_behind: bool,
    /// What the last deed can be undone with.
    undo: Option<Undo>,
    /// The values last set, by template and symbol.
    remembered: Remembered,
    /// The desks that the next start finds again.
    session: session::Keeper,
}

impl App {
    /// A workbench over this library, before any candle is open.
    pub fn new(size: (u16, u16), library: Vec<Listed>, models: Vec<Item>, theme: Theme, now: Timestamp) -> Self {
        Self {
            size: Size::of(size),
            layers: Vec::new(),
            toast: None,
            theme,
            now,
            ids: 0,
            library,
            drafts: BTreeMap::new(),
            models,
            report: None,
            sharing: None,
            keymap: Keymap::default(),
            risk_money: None,
            said_risk: None,
            borders: Borders::default(),
            dragged: None,
            ascii: false,
            changed: None,
            completion: None,
            tab: Tab::default(),
            tabs: vec![Tab::default()],
            at: 0,
            is_behind: false,
            undo: None,
            remembered: Remembered::default(),
            session: session::Keeper::default(),
        }
    }

    /// Chooses the template of this name, if the library has it.
    pub fn choose_template(&mut self, name: &str) {
        if let Some(at) = self.library.iter().position(|l| l.name == name) {
            self.tab.chosen = at;
            self.recall_values();
        }
    }

    /// Adds a template from outside the library, and chooses it.
    pub fn add_template(&mut self, listed: Listed) {
        let name = listed.name.clone();
        if self.library.iter().all(|l| l.name != name) {
            self.library.push(listed);
        }
        self.choose_template(&name);
    }

    /// Chooses a model by name; `None` leaves it to template and configuration.
    pub fn choose_model(&mut self, name: Option<String>) {
        self.tab.announce = name.is_some();
        self.tab.model = name;
    }

    /// Takes the analyst's own keys.
    pub fn use_keys(&mut self, keymap: Keymap) {
        self.keymap = keymap;
    }

    /// Sizes setups by so much money at risk.
    pub fn risk(&mut self, money: Option<f64>) {
        self.risk_money = money;
    }

    /// Draws the screen in ASCII.
    pub fn draw_plainly(&mut self, ascii: bool) {
        self.ascii = ascii;
    }

    /// Whether the screen is drawn in ASCII.
    pub fn is_plain(&self) -> bool {
        self.ascii
    }

    /// The money at risk on a trade, if the analyst has said it.
    pub fn risk_money(&self) -> Option<f64> {
        self.said_risk.or(self.risk_money)
    }

    /// The keys in force.
    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// Warns of something that is less than it should be, until a key is pressed.
    pub fn warn(&mut self, text: String) {
        self.say(text, true);
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    fn say(&mut self, text: impl Into<String>, bad: bool) {
        let mut text = text.into();
        if self.is_behind {
            text = format!("desk {}, {}: {text}", self.at + 1, self.tab.market());
        }
        self.toast = Some(Toast { text, bad });
    }

    // What drawing reads.

    /// The focused pane.
    pub fn focus(&self) -> Pane {
        self.tab.focus
    }

    /// What the answer's pane shows.
    pub fn center(&self) -> Center {
        self.tab.center
    }

    /// Whether keys are typed.
    pub fn is_typing(&self) -> bool {
        self.tab.typing
    }

    /// The layers, the front one last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The line that says what happened.
    pub fn toast(&self) -> Option<&Toast> {
        self.toast.as_ref()
    }

    /// The styles.
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// The present, as far as the workbench has been told.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The templates.
    pub fn library(&self) -> &[Listed] {
        &self.library
    }

    /// The chosen row of them.
    pub fn chosen(&self) -> usize {
        self.tab.chosen
    }

    /// The template in use: the one being edited as it stands, else the chosen one.
    pub fn template(&self) -> Option<&Template> {
        let listed = self.library.get(self.tab.chosen)?;
        match self.drafts.get(&listed.name) {
            Some(draft) => draft.parsed.as_ref().ok(),
            None => listed.template.as_ref().ok(),
        }
    }

    /// What is wrong with the template in use.
    pub fn template_fault(&self) -> Option<&TemplateError> {
        let listed = self.library.get(self.tab.chosen)?;
        match self.drafts.get(&listed.name) {
            Some(draft) => draft.parsed.as_ref().err(),
            None => listed.template.as_ref().err(),
        }
    }

    /// Whether the template of this name has edits that are not saved.
    pub fn is_dirty(&self, name: &str) -> bool {
        self.drafts.get(name).is_some_and(|d| d.editor.is_dirty())
    }

    /// The template being edited.
    pub fn editing(&self) -> Option<&Editing> {
        self.drafts.get(&self.library.get(self.tab.chosen)?.name)
    }

    /// The open candles.
    pub fn candles(&self) -> Option<&Candles> {
        self.tab.candles.as_ref()
    }

    /// Whether a file is being read.
    pub fn is_opening(&self) -> bool {
        self.tab.opening.is_some()
    }

    /// The name of the model that would answer.
    pub fn model_name(&self) -> String {
        match &self.tab.prepared {
            Some(Ok((prepared, _))) => prepared.request.model.to_string(),
            _ => self
                .tab
                .model
                .clone()
                .unwrap_or_else(|| ModelName::offline().to_string()),
        }
    }

    /// The prompt as it would be sent, or why it cannot be.
    pub fn prepared(&self) -> Option<Result<&(Prepared, Estimate), &str>> {
        self.tab.prepared.as_ref().map(|p| p.as_ref().map_err(String::as_str))
    }

    /// The prompt's text, wrapped.
    pub fn preview(&self) -> &response::Text {
        &self.tab.preview
    }

    /// The answer.
    pub fn response(&self) -> &Response {
        &self.tab.response
    }

    /// The cache's counts.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// How the shared cache stands, if there is one.
    pub fn sharing(&self) -> Option<&Sharing> {
        self.sharing.as_ref()
    }

    /// The setup on show and its checks.
    pub fn judged(&self) -> Option<&Judged> {
        self.tab.response.shown()
    }

    /// The text field being typed into, and its row.
    pub fn field_editor(&self) -> Option<(usize, &Editor)> {
        self.tab.field_editor.as_ref().map(|e| (self.tab.field, e))
    }

    /// The chosen row of the form.
    pub fn field(&self) -> usize {
        self.tab.field
    }

    /// Whether another timeframe can be looked at.
    pub fn has_coarser(&self) -> bool {
        self.tab.candles.is_some()
    }

    fn facts(&self) -> Option<&Facts> {
        self.tab.candles.as_ref().map(|c| c.market.facts.as_ref())
    }

    /// Where everything lies on the screen.
    pub fn areas(&self) -> Areas {
        let writing = self.tab.center != Center::Answer && self.tab.focus == Pane::Answer;
        Areas::of(
            self.size,
            self.tab.focus,
            self.library.len(),
            writing,
            self.tab.whole,
            self.borders,
        )
    }

    // What the command table asks.

    /// Whether there is a prompt to send.
    pub fn can_send(&self) -> bool {
        self.has_template()
    }

    /// Whether Esc has something to end.
    pub fn can_cancel(&self) -> bool {
        self.tab.typing
            || self.tab.find.is_some()
            || !self.layers.is_empty()
            || self.is_waiting()
            || self.tab.send.is_some()
            || self.tab.center != Center::Answer
            || self.is_pointing()
            || self.tab.whole
    }

    /// Whether an answer is on its way, in any column.
    pub fn is_waiting(&self) -> bool {
        self.tab.is_waiting()
    }

    /// Whether a template is chosen.
    pub fn has_template(&self) -> bool {
        self.library.get(self.tab.chosen).is_some()
    }

    /// Whether the template's text is open.
    pub fn is_editing_template(&self) -> bool {
        self.tab.center == Center::Editor && self.editing().is_some()
    }

    /// Whether keys would go into the template's text.
    pub fn is_in_editor(&self) -> bool {
        self.is_editing_template() && self.tab.field_editor.is_none()
    }

    /// Whether what the model thought is shown.
    pub fn shows_thoughts(&self) -> bool {
        self.tab.thoughts
    }

    /// Whether the model on show has thought aloud.
    pub fn has_thoughts(&self) -> bool {
        !self.tab.response.thoughts().is_empty()
    }

    /// Whether the focused pane has the whole screen.
    pub fn is_whole(&self) -> bool {
        self.tab.whole
    }

    /// Whether candles are open.
    pub fn has_candles(&self) -> bool {
        self.tab.candles.is_some()
    }

    /// Whether a check needs a look.
    pub fn has_failed_check(&self) -> bool {
        self.judged()
            .is_some_and(|j| j.checks.iter().any(|c| c.status >= Status::Warn))
    }

    /// Whether the answer on show has a sample before it.
    pub fn has_sample_before(&self) -> bool {
        self.tab.response.neighbour(false).is_some()
    }

    /// Whether the answer on show has a sample after it.
    pub fn has_sample_after(&self) -> bool {
        self.tab.response.neighbour(true).is_some()
    }

    /// Whether there is an answer on show.
    pub fn has_answer(&self) -> bool {
        !self.tab.response.text().is_empty()
    }

    /// The market that the answer on show is about, where it is not that of the open candles.
    pub fn other_market(&self) -> Option<String> {
        let (open, asked) = (self.candles()?, self.tab.response.market()?);
        let name = |series: &Series| crate::text::clean_line(&format!("{} {}", series.symbol(), series.timeframe()));
        let (open, asked) = (name(&open.market.series), name(&asked.series));
        (open != asked).then_some(asked)
    }

    /// Whether an analysis went before the one on show.
    pub fn has_since(&self) -> bool {
        self.tab.response.since.is_some()
    }

    /// Whether there is anything to copy.
    pub fn can_copy(&self) -> bool {
        !self.tab.response.text().is_empty() || matches!(self.tab.prepared, Some(Ok(_)))
    }

    /// Whether the form has a field.
    pub fn has_field(&self) -> bool {
        !self.fields().is_empty()
    }

    /// Whether the analyst has set the chosen field.
    pub fn field_is_set(&self) -> bool {
        self.fields()
            .get(self.tab.field)
            .is_some_and(|f| f.source == crate::prompt::Source::Analyst)
    }

    /// What is asked as things stand.
    fn question(&self) -> Question {
        Question {
            template: self.template().cloned(),
            values: self.known_values(),
            model: self.tab.model.clone(),
            ..Question::default()
        }
    }

    /// What the analyst set, of that what this template knows.
    fn known_values(&self) -> Values {
        let mut known = Values::default();
        if let Some(template) = self.template() {
            let used = template.names_used();
            for (name, text) in self.tab.values.iter() {
                if used.contains(name) || template.variables.iter().any(|v| v.name == name) {
                    known.set(name, text);
                }
            }
        }
        known
    }
}

/// The timeframes that the keys 1 to 7 turn to.
pub(super) const TIMEFRAMES: [&str; 7] = ["M1", "M5", "M15", "H1", "H4", "D1", "W1"];

impl App {
    /// Turns to the timeframe of this key, made of the candles as they were read.
    fn turn_timeframe(&mut self, at: usize, effects: &mut Vec<Effect>) {
        let Some(open) = &self.tab.candles else { return };
        let Some(to) = TIMEFRAMES.get(at).and_then(|name| name.parse::<Timeframe>().ok()) else {
            return;
        };
        if to != open.market.series.timeframe() {
            self.turn(to, effects);
        }
    }

    /// Has candles of this timeframe made.
    fn turn(&mut self, to: Timeframe, effects: &mut Vec<Effect>) {
        let Some(open) = &self.tab.candles else { return };
        let base = Arc::clone(&open.base);
        let id = self.next_id();
        self.tab.turning = Some(id);
        effects.push(Effect::Turn(id, base, to));
    }

    /// The candles of another timeframe are here, or cannot be made.
    fn turned(&mut self, id: u64, market: Result<Box<crate::desk::Market>, String>, effects: &mut Vec<Effect>) {
        if self.tab.turning != Some(id) {
            return;
        }
        self.tab.turning = None;
        let waiting = self.tab.send.take();
        match (market, &mut self.tab.candles) {
            (Ok(market), Some(open)) => {
                if market.series.timeframe() != open.market.series.timeframe() && self.tab.restoring.is_none() {
                    self.tab.look.pan = 0;
                }
                open.market = *market;
                self.prepare(effects);
            }
            (Err(reason), _) => self.say(reason, true),
            (Ok(_), None) => {}
        }
        if let Some(policy) = waiting {
            self.ask(policy, effects);
        }
    }
}

/// What a clearing did, in words.
fn cleared_words(cleared: Cleared) -> String {
    format!(
        "cleared {} from memory and {} from disk; nothing else was touched",
        crate::text::count(usize::try_from(cleared.memory).unwrap_or(usize::MAX), "answer"),
        crate::text::count(usize::try_from(cleared.disk).unwrap_or(usize::MAX), "answer"),
    )
}
