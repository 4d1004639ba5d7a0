//! The journal in front of the panes: its list, and a record that is played candle by candle.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::message::Effect;
use super::response::Text;
use super::{App, Layer};
use crate::desk::{Market, Settled};
use crate::journal::{Head, Record};
use crate::market::Series;
use crate::setup::{Outcome, Play, Replay};
use crate::tui::markdown;
use crate::tui::theme::Theme;

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
    /// Whether they are being typed.
    pub typing: bool,
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

    /// Adds pasted words to those looked for.
    pub fn type_in(&mut self, words: &str) {
        self.query.push_str(words);
    }

    fn key(&mut self, key: KeyEvent, height: u16) -> Asked {
        let page = isize::try_from(height).unwrap_or(1).max(1);
        if self.typing {
            return self.type_key(key);
        }
        if let Some(open) = &mut self.open {
            match key.code {
                KeyCode::Char(' ') => {
                    // From the end it plays again from the beginning.
                    if !open.playing && open.played >= open.candles() {
                        open.step(isize::MIN / 2);
                    }
                    open.playing = !open.playing && open.candles() > 0;
                }
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
            KeyCode::Char('/') if self.only.is_none() => self.typing = true,
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
        match key.code {
            KeyCode::Enter | KeyCode::Down => {
                self.typing = false;
                return Asked::List;
            }
            KeyCode::Esc => {
                self.typing = false;
                self.query.clear();
                return Asked::List;
            }
            KeyCode::Backspace => {
                self.query.pop();
            }
            KeyCode::Char('u') if control => self.query.clear(),
            KeyCode::Char(c) if !control => self.query.push(c),
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
        }
    }

    pub(super) fn listed(&mut self, id: u64, listed: Result<(Vec<Head>, bool), String>) {
        let Some(history) = self.history().filter(|h| h.waiting == Some(id)) else {
            return;
        };
        match listed {
            Ok((heads, more)) => history.fill(heads, more),
            Err(reason) => {
                history.waiting = None;
                self.say(reason, true);
            }
        }
    }

    pub(super) fn recalled(&mut self, id: u64, record: Result<Box<Record>, String>) {
        let series = self.tab.candles.as_ref().map(|c| Arc::clone(&c.market.series));
        let Some(history) = self.history().filter(|h| h.waiting == Some(id)) else {
            return;
        };
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
