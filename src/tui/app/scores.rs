//! The scoreboard in front of the panes: the journal's or a walk's, sorted, with the equity curve of the chosen row.

use crossterm::event::{KeyCode, KeyEvent};

use super::message::Effect;
use super::{App, Layer};
use crate::desk::{Board, Row};
use crate::report::Column;

/// The scoreboard.
#[derive(Debug, Default)]
pub struct Scores {
    /// The id of the reading on its way.
    pub waiting: Option<u64>,
    /// What it shows: the journal, or the walk of this place among those kept.
    pub source: Option<usize>,
    /// Its rows, and the walks that are kept.
    pub board: Board,
    /// The column it is sorted by, of [`Column::ALL`].
    pub sort: usize,
    /// Whether the smallest comes first.
    pub rising: bool,
    /// The chosen row.
    pub selected: usize,
}

impl Scores {
    /// What it shows, in words.
    pub fn title(&self) -> String {
        match self.source.and_then(|at| self.board.walks.get(at)) {
            Some(name) => format!("walk {name}"),
            None => "journal".to_owned(),
        }
    }

    /// The column it is sorted by.
    pub fn column(&self) -> Column {
        Column::ALL[self.sort.min(Column::ALL.len() - 1)]
    }

    /// The chosen row.
    pub fn chosen(&self) -> Option<&Row> {
        self.board.rows.get(self.selected)
    }

    fn arrange(&mut self) {
        let (column, rising) = (self.column(), self.rising);
        self.board.rows.sort_by(|a, b| {
            let value = |row: &Row| column.value(&row.score).unwrap_or(f64::NEG_INFINITY);
            let order = value(a).total_cmp(&value(b));
            let order = if rising { order } else { order.reverse() };
            order.then_with(|| a.score.name.cmp(&b.score.name))
        });
        self.selected = self.selected.min(self.board.rows.len().saturating_sub(1));
    }
}

impl App {
    /// Opens the scoreboard, or reads it anew.
    pub(super) fn open_scores(&mut self, effects: &mut Vec<Effect>) {
        self.layers.push(Layer::Scores(Box::default()));
        self.read_scores(effects);
    }

    fn read_scores(&mut self, effects: &mut Vec<Effect>) {
        let id = self.next_id();
        let Some(scores) = self.scores() else { return };
        scores.waiting = Some(id);
        let walk = scores.source.and_then(|at| scores.board.walks.get(at)).cloned();
        effects.push(Effect::Score(id, walk));
    }

    pub(super) fn scores(&mut self) -> Option<&mut Scores> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Scores(scores) => Some(scores.as_mut()),
            _ => None,
        })
    }

    pub(super) fn scores_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let Some(scores) = self.scores() else { return };
        let columns = Column::ALL.len();
        let last = scores.board.rows.len().saturating_sub(1);
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => scores.selected = (scores.selected + 1).min(last),
            KeyCode::Up | KeyCode::Char('k') => scores.selected = scores.selected.saturating_sub(1),
            KeyCode::Home | KeyCode::Char('g') => scores.selected = 0,
            KeyCode::End | KeyCode::Char('G') => scores.selected = last,
            KeyCode::Right | KeyCode::Char('l') => {
                scores.sort = (scores.sort + 1) % columns;
                scores.arrange();
            }
            KeyCode::Left => {
                scores.sort = (scores.sort + columns - 1) % columns;
                scores.arrange();
            }
            KeyCode::Char('r') => {
                scores.rising = !scores.rising;
                scores.arrange();
            }
            KeyCode::Tab => {
                // The journal, then each walk in turn.
                scores.source = match scores.source {
                    None if !scores.board.walks.is_empty() => Some(0),
                    Some(at) if at + 1 < scores.board.walks.len() => Some(at + 1),
                    _ => None,
                };
                scores.selected = 0;
                self.read_scores(effects);
            }
            KeyCode::Enter => {
                let records = scores.chosen().map(|row| row.records.clone()).unwrap_or_default();
                if records.is_empty() {
                    self.say(
                        "a walk keeps no answers of its own: wickdesk ask --as-of shows one",
                        false,
                    );
                } else {
                    self.open_history(Some(records), effects);
                }
            }
            KeyCode::Esc | KeyCode::Char('q' | 's') => {
                self.layers.pop();
            }
            _ => {}
        }
    }

    pub(super) fn scored(&mut self, id: u64, board: Result<Box<Board>, String>) {
        let Some(scores) = self.scores().filter(|s| s.waiting == Some(id)) else {
            return;
        };
        scores.waiting = None;
        match board {
            Ok(board) => {
                scores.board = *board;
                scores.arrange();
            }
            Err(reason) => self.say(reason, true),
        }
    }
}
