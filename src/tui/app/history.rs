//! The journal in front of the panes: its list, and a record that is played candle by candle.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::message::Effect;
use super::response::Text;
use super::{App, Layer, Reader};
use crate::desk::{Market, Policy, Settled};
use crate::journal::{Head, Record};
use crate::market::Series;
use crate::setup::{Outcome, Play, Replay};
use crate::tui::markdown;
use crate::tui::theme::Theme;

/// Said where a record cannot be played.
const NOTHING_LATER: &str = "no later candle yet: o in the panes opens more";

/// What is typed into the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Words to look for.
    Words,
    /// A record's note.
    Note,
    /// A record's tags, apart by blanks; a minus takes one away.
    Tags,
}

/// The journal's list.
#[derive(Debug, Default)]
pub struct History {
    /// The id of the reading on its way.
    pub waiting: Option<u64>,
    /// Records, the newest first.
    pub heads: Vec<Head>,
    /// Whether there are older ones.
    pub more: bool,
    /// Only these records, of a row of the scoreboard.
    pub only: Option<Vec<u64>>,
    /// The words looked for.
    pub query: String,
    /// What is being typed.
    pub typing: Option<Entry>,
    /// A note or tags while they are typed.
    pub input: String,
    /// The record that another is to be held against.
    pub marked: Option<u64>,
    /// Whether the next key says as what a record is written to a file.
    pub exporting: bool,
    /// The record shown beside the list, and the id of its reading.
    pub preview: Option<Box<Record>>,
    peeking: Option<u64>,
    /// The chosen row.
    pub selected: usize,
    /// The record that is open.
    pub open: Option<Box<Recalled>>,
}

/// A record with its candles, as far as it has been played.
#[derive(Debug)]
pub struct Recalled {
    /// The record.
    pub record: Record,
    /// The candles up to the as-of and those after it, as far as they are known.
    whole: Option<Arc<Series>>,
    /// The bar of the as-of.
    as_of: usize,
    /// Candles played.
    pub played: usize,
    /// The market as it stood then.
    pub market: Option<Market>,
    /// What had become of it by then.
    pub outcome: Option<Outcome>,
    /// Whether it plays by itself.
    pub playing: bool,
    /// The answer.
    pub text: Text,
}

impl Recalled {
    /// A record as it stood when it was asked, on the candles kept with it and those of `series` behind them.
    pub fn of(record: Record, series: Option<&Series>) -> Self {
        let later = series.and_then(|s| crate::desk::after(s, &record));
        // Where the open candles are of its market they may go on further than what was kept.
        let record = match later {
            Some(later) if later.len() > record.later.len() => Record {
                later: later[..later.len().min(MOST)].to_vec(),
                ..record
            },
            _ => record,
        };
        let mut recalled = Self {
            whole: record.series().map(Arc::new),
            as_of: record.window.len().saturating_sub(1),
            played: 0,
            market: None,
            outcome: None,
            playing: false,
            text: Text::default(),
            record,
        };
        recalled.show();
        recalled
    }

    /// Candles that can be played.
    pub fn candles(&self) -> usize {
        let all = self.record.later.len();
        let end = self
            .record
            .decided
            .as_ref()
            .and_then(|d| d.fate.outcome())
            .and_then(|o| o.end);
        end.map_or(all, |end| (end + 1).min(all))
    }

    fn step(&mut self, by: isize) {
        self.played = self.played.saturating_add_signed(by).min(self.candles());
        self.show();
    }

    /// The market and the outcome as they stood after the candles played.
    fn show(&mut self) {
        if let Some(whole) = &self.whole {
            let bar = (self.as_of + self.played).min(whole.candles().len() - 1);
            self.market = Market::of(&Arc::new(whole.up_to(bar)), None).ok();
        }
        let (Some(setup), Some(market)) = (&self.record.setup, &self.record.market) else {
            return;
        };
        self.outcome = Play::new(setup, market.close, self.record.terms).ok().map(|play| {
            let mut replay = Replay::new(play);
            for candle in self.record.later.iter().take(self.played) {
                replay.step(candle);
            }
            replay.outcome()
        });
    }

    fn wrap(&mut self, width: u16, theme: &Theme) {
        if self.text.width() != width {
            let answer = crate::text::clean(&self.record.answer);
            let lines = markdown::lines(&answer, width, theme);
            self.text.set(answer, lines, width);
        }
    }
}

/// Candles behind an as-of that are looked at: longer than any setup is held.
const MOST: usize = 400;

/// What a key asks for.
enum Asked {
    Nothing,
    Close,
    List,
    Open(u64),
    Note(u64, String),
    Tag(u64, Vec<String>),
    Export(u64, &'static str),
    Differ(u64, u64),
    Again,
    Tell(&'static str),
}

impl History {
    /// The chosen record.
    pub fn chosen(&self) -> Option<&Head> {
        self.heads.get(self.selected)
    }

    /// Takes a list in.
    fn fill(&mut self, heads: Vec<Head>, more: bool) {
        self.waiting = None;
        self.heads = heads;
        self.more = more;
        self.selected = self.selected.min(self.heads.len().saturating_sub(1));
    }

    /// Adds pasted words to what is typed.
    pub fn type_in(&mut self, words: &str) {
        match self.typing {
            Some(Entry::Words) | None => self.query.push_str(words),
            Some(Entry::Note | Entry::Tags) => self.input.push_str(words),
        }
    }

    /// The number of the record that is open, else of the chosen one.
    fn meant(&self) -> Option<u64> {
        let open = self.open.as_ref().map(|o| o.record.id);
        open.or_else(|| self.chosen().map(|head| head.id))
    }

    /// The record that is open, else the one beside the list.
    fn record(&self) -> Option<&Record> {
        let open = self.open.as_ref().map(|o| &o.record);
        open.or(self.preview.as_deref())
    }

    /// Takes a record as it is by now.
    fn renew(&mut self, record: &Record) {
        let renewed = record.head();
        if let Some(head) = self.heads.iter_mut().find(|head| head.id == record.id) {
            *head = renewed;
        }
        let shown = self.open.as_mut().map(|o| &mut o.record).into_iter();
        for old in shown
            .chain(self.preview.as_deref_mut())
            .filter(|old| old.id == record.id)
        {
            old.note.clone_from(&record.note);
            old.tags.clone_from(&record.tags);
        }
    }

    /// A key that does something with a record, listed or open; `None` if it is another.
    fn record_key(&mut self, code: KeyCode) -> Option<Asked> {
        let id = self.meant()?;
        if std::mem::take(&mut self.exporting) {
            return Some(match code {
                KeyCode::Char('h') => Asked::Export(id, "html"),
                KeyCode::Char('m') => Asked::Export(id, "md"),
                KeyCode::Char('j') => Asked::Export(id, "json"),
                _ => Asked::Nothing,
            });
        }
        match code {
            KeyCode::Char('n') => {
                self.input = self.record().map(|r| r.note.clone()).unwrap_or_default();
                self.typing = Some(Entry::Note);
            }
            KeyCode::Char('t') => {
                self.input.clear();
                self.typing = Some(Entry::Tags);
            }
            KeyCode::Char('x') => self.exporting = true,
            KeyCode::Char('r') => return Some(Asked::Again),
            KeyCode::Char('d') => {
                return Some(match self.marked.take() {
                    Some(one) if one != id => Asked::Differ(one, id),
                    Some(_) => Asked::Tell("no longer marked"),
                    None => {
                        self.marked = Some(id);
                        Asked::Tell("marked: d on another shows how they differ")
                    }
                });
            }
            _ => return None,
        }
        Some(Asked::Nothing)
    }

    fn key(&mut self, key: KeyEvent, height: u16) -> Asked {
        let page = isize::try_from(height).unwrap_or(1).max(1);
        if self.typing.is_some() {
            return self.type_key(key);
        }
        if let Some(asked) = self.record_key(key.code) {
            return asked;
        }
        if let Some(open) = &mut self.open {
            match key.code {
                KeyCode::Char(' ') => {
                    // From the end it plays again from the beginning.
                    if !open.playing && open.played >= open.candles() {
                        open.step(isize::MIN / 2);
                    }
                    open.playing = !open.playing && open.candles() > 0;
                    if open.candles() == 0 {
                        return Asked::Tell(NOTHING_LATER);
                    }
                }
                KeyCode::Right | KeyCode::Char('l') if open.candles() == 0 => return Asked::Tell(NOTHING_LATER),
                KeyCode::Right | KeyCode::Char('l') => open.step(1),
                KeyCode::Left | KeyCode::Char('h') => open.step(-1),
                KeyCode::Home | KeyCode::Char('g') => open.step(isize::MIN / 2),
                KeyCode::End | KeyCode::Char('G') => open.step(isize::MAX / 2),
                KeyCode::Down | KeyCode::Char('j') => open.text.scroll(1, height),
                KeyCode::Up | KeyCode::Char('k') => open.text.scroll(-1, height),
                KeyCode::PageDown => open.text.scroll(page, height),
                KeyCode::PageUp => open.text.scroll(-page, height),
                KeyCode::Esc | KeyCode::Char('q') | KeyCode::Enter => self.open = None,
                _ => {}
            }
            return Asked::Nothing;
        }
        let step = |selected: usize, by: isize| selected.saturating_add_signed(by);
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.selected = step(self.selected, 1),
            KeyCode::Up | KeyCode::Char('k') => self.selected = step(self.selected, -1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.selected = step(self.selected, page),
            KeyCode::PageUp => self.selected = step(self.selected, -page),
            KeyCode::Home | KeyCode::Char('g') => self.selected = 0,
            KeyCode::End | KeyCode::Char('G') => self.selected = usize::MAX,
            KeyCode::Char('/') if self.only.is_none() => self.typing = Some(Entry::Words),
            KeyCode::Enter => {
                return self.chosen().map_or(Asked::Nothing, |head| Asked::Open(head.id));
            }
            KeyCode::Esc if !self.query.is_empty() => {
                self.query.clear();
                return Asked::List;
            }
            KeyCode::Esc | KeyCode::Char('q' | 'h') => return Asked::Close,
            _ => {}
        }
        self.selected = self.selected.min(self.heads.len().saturating_sub(1));
        Asked::Nothing
    }

    fn type_key(&mut self, key: KeyEvent) -> Asked {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let Some(entry) = self.typing else {
            return Asked::Nothing;
        };
        let text = match entry {
            Entry::Words => &mut self.query,
            Entry::Note | Entry::Tags => &mut self.input,
        };
        match key.code {
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Char('u') if control => text.clear(),
            KeyCode::Char(c) if !control => text.push(c),
            KeyCode::Esc => {
                self.typing = None;
                if entry == Entry::Words {
                    self.query.clear();
                    return Asked::List;
                }
            }
            KeyCode::Enter | KeyCode::Down => {
                self.typing = None;
                let (id, input) = (self.meant(), std::mem::take(&mut self.input));
                return match (entry, id) {
                    (Entry::Words, _) => Asked::List,
                    (Entry::Note, Some(id)) => Asked::Note(id, crate::text::clean(&input)),
                    (Entry::Tags, Some(id)) => Asked::Tag(id, input.split_whitespace().map(str::to_owned).collect()),
                    (_, None) => Asked::Nothing,
                };
            }
            _ => {}
        }
        Asked::Nothing
    }
}

impl App {
    /// Opens the journal's list; of these records alone, if some are named.
    pub(super) fn open_history(&mut self, only: Option<Vec<u64>>, effects: &mut Vec<Effect>) {
        let history = History {
            only,
            ..History::default()
        };
        self.layers.push(Layer::History(Box::new(history)));
        self.list_history(effects);
    }

    fn list_history(&mut self, effects: &mut Vec<Effect>) {
        let id = self.next_id();
        let Some(history) = self.history() else { return };
        history.waiting = Some(id);
        effects.push(Effect::ListHistory(id, history.query.clone(), history.only.clone()));
    }

    pub(super) fn history(&mut self) -> Option<&mut History> {
        self.layers.iter_mut().rev().find_map(|layer| match layer {
            Layer::History(history) => Some(history.as_mut()),
            _ => None,
        })
    }

    pub(super) fn history_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let (_, height) = self.areas().browser_inner();
        let Some(history) = self.history() else { return };
        match history.key(key, height) {
            Asked::Nothing => {}
            Asked::Close => {
                self.layers.pop();
            }
            Asked::List => self.list_history(effects),
            Asked::Open(record) => {
                let id = self.next_id();
                if let Some(history) = self.history() {
                    history.waiting = Some(id);
                }
                effects.push(Effect::Recall(id, record));
            }
            Asked::Note(record, note) => effects.push(Effect::Annotate(record, Some(note), Vec::new())),
            Asked::Tag(record, tags) => effects.push(Effect::Annotate(record, None, tags)),
            Asked::Export(record, ending) => effects.push(Effect::Export(record, ending)),
            Asked::Differ(one, other) => effects.push(Effect::Differ(one, other)),
            Asked::Again => self.ask_recorded(effects),
            Asked::Tell(words) => self.say(words, false),
        }
        self.peek(effects);
    }

    /// Has the chosen record read, to be shown beside the list.
    fn peek(&mut self, effects: &mut Vec<Effect>) {
        let id = self.next_id();
        let Some(history) = self.history().filter(|h| h.open.is_none()) else {
            return;
        };
        let Some(chosen) = history.chosen().map(|head| head.id) else {
            history.preview = None;
            return;
        };
        if history.preview.as_ref().is_none_or(|r| r.id != chosen) {
            history.peeking = Some(id);
            effects.push(Effect::Recall(id, chosen));
        }
    }

    /// Asks what a record asked, on the candles as they are now: here if they are of its market, else on a desk of its own.
    fn ask_recorded(&mut self, effects: &mut Vec<Effect>) {
        let Some(record) = self.history().and_then(|h| h.record()) else {
            return;
        };
        let (template, model) = (record.template.clone(), record.model.clone());
        let market = record.market.clone();
        let Some(template) = template else {
            return self.say(
                "it was asked without a template: wickdesk history show has its prompt",
                true,
            );
        };
        let Some(listed) = self.library.iter().find(|l| l.name == template.name) else {
            return self.say(format!("template {} is no longer in the library", template.name), true);
        };
        let changed = listed.template.as_ref().is_ok_and(|t| t.hash() != template.hash);
        let open = self.tab.candles.as_ref().map(|c| &c.market.series);
        let same = market
            .as_ref()
            .is_none_or(|m| open.is_some_and(|s| (s.symbol(), s.timeframe()) == (m.symbol.as_str(), m.timeframe)));
        if !same && !self.has_room_for_tab() {
            return self.say(
                "it is about another market, and there is no room for a desk: w x closes one",
                true,
            );
        }
        self.layers.clear();
        let mut turn_to = None;
        if let Some(market) = market.filter(|_| !same) {
            self.new_tab(effects);
            let id = self.next_id();
            self.tab.opening = Some(id);
            let bundled = market.source == crate::market::SAMPLE_NAME;
            let source = if bundled { String::new() } else { market.source };
            effects.push(Effect::Open(id, source.into()));
            turn_to = Some(market.timeframe);
        }
        self.choose_template(&template.name);
        self.tab.model = Some(model);
        self.ask(Policy::Cached, effects);
        if let Some(timeframe) = turn_to {
            self.leave_at(timeframe);
        }
        if changed {
            self.say(
                format!("{} has changed since: asked as it is now", template.name),
                false,
            );
        }
    }

    /// A record has another note, or other tags.
    pub(super) fn annotated(&mut self, record: Result<Box<Record>, String>) {
        match record {
            Ok(record) => {
                if let Some(history) = self.history() {
                    history.renew(&record);
                }
                self.say(format!("record {} is kept so", record.id), false);
            }
            Err(reason) => self.say(reason, true),
        }
    }

    /// How two records differ.
    pub(super) fn differs(&mut self, difference: Result<String, String>) {
        match difference {
            Ok(text) => {
                let reader = Reader::changes("How they differ".to_owned(), text, &self.theme);
                self.layers.push(Layer::Reader(Box::new(reader)));
            }
            Err(reason) => self.say(reason, true),
        }
    }

    pub(super) fn listed(&mut self, id: u64, listed: Result<(Vec<Head>, bool), String>, effects: &mut Vec<Effect>) {
        let Some(history) = self.history().filter(|h| h.waiting == Some(id)) else {
            return;
        };
        match listed {
            Ok((heads, more)) => {
                history.fill(heads, more);
                self.peek(effects);
            }
            Err(reason) => {
                history.waiting = None;
                self.say(reason, true);
            }
        }
    }

    pub(super) fn recalled(&mut self, id: u64, record: Result<Box<Record>, String>) {
        let series = self.tab.candles.as_ref().map(|c| Arc::clone(&c.market.series));
        let Some(history) = self.history() else { return };
        if history.peeking == Some(id) {
            history.peeking = None;
            // One that cannot be read says so when it is opened.
            history.preview = record.ok();
            return;
        }
        if history.waiting != Some(id) {
            return;
        }
        history.waiting = None;
        match record {
            Ok(record) => history.open = Some(Box::new(Recalled::of(*record, series.as_deref()))),
            Err(reason) => self.say(reason, true),
        }
    }

    /// Whether a record is played by itself.
    pub fn is_playing(&self) -> bool {
        self.layers.iter().any(|layer| match layer {
            Layer::History(history) => history.open.as_ref().is_some_and(|o| o.playing),
            _ => false,
        })
    }

    /// Plays one more candle of the record that plays by itself.
    pub(super) fn tick(&mut self) {
        if let Some(open) = self.history().and_then(|h| h.open.as_mut()).filter(|o| o.playing) {
            open.step(1);
            open.playing = open.played < open.candles();
        }
    }

    /// Wraps the answer of the record that is open.
    pub(super) fn wrap_history(&mut self) {
        let theme = self.theme;
        let width = self.areas().record_text();
        if let Some(open) = self.history().and_then(|h| h.open.as_mut()) {
            open.wrap(width, &theme);
        }
    }

    /// Tells what later candles have decided.
    pub(super) fn settled(&mut self, settled: Result<Vec<Settled>, String>) {
        match settled {
            Err(reason) => self.say(reason, true),
            Ok(settled) => {
                let Some(first) = settled.first() else { return };
                let r = first.r.map_or_else(String::new, |r| format!(" {r:+.2} R"));
                let more = match settled.len() {
                    1 => String::new(),
                    n => format!(" · {} more in the history (h)", n - 1),
                };
                self.say(format!("decided: {} {}{r}{more}", first.label, first.status), false);
            }
        }
    }
}
