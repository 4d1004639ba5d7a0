//! The journal as lists and scores: what history and scoreboard show.

use std::collections::HashMap;

use super::Desk;
use crate::journal::{Head, JournalError, Query, walks};
use crate::setup::score::{By, Name, Score, board};

/// A scoreboard.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// Its rows, by name.
    pub rows: Vec<Row>,
    /// The walks that are kept.
    pub walks: Vec<String>,
}

/// A row of the scoreboard.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its score.
    pub score: Score,
    /// The numbers of its records, the newest first; none of a walk's.
    pub records: Vec<u64>,
}

impl Desk {
    /// The scoreboard of the journal, or of the walk of this name.
    ///
    /// # Errors
    /// In words, when the journal or the walk cannot be read.
    pub fn scoreboard(&self, walk: Option<&str>) -> Result<Board, String> {
        let data = &self.settings.places.data;
        let by = By::default();
        let mut records: HashMap<Name, Vec<u64>> = HashMap::new();
        let trials = match walk {
            Some(name) => walks::find(data, name)?.1.trials,
            None => {
                let on_candles = |head: &Head| !head.trial.symbol.is_empty();
                let heads = self
                    .journal()
                    .and_then(|journal| journal.list(None, usize::MAX, on_candles))
                    .map_err(|e| e.to_string())?;
                for head in &heads {
                    records.entry(by.name(&head.trial)).or_default().push(head.id);
                }
                heads.into_iter().map(|head| head.trial).collect()
            }
        };
        let rows = board(&trials, by).into_iter().map(|score| Row {
            records: records.remove(&score.name).unwrap_or_default(),
            score,
        });
        Ok(Board {
            rows: rows.collect(),
            walks: walks::names(data),
        })
    }

    /// The journal's newest records, `limit` at most, and whether there are older ones: those that hold `words`, or those of
    /// the numbers in `only`, or all.
    ///
    /// # Errors
    /// [`JournalError`]
    pub fn history(&self, words: &str, only: Option<&[u64]>, limit: usize) -> Result<(Vec<Head>, bool), JournalError> {
        let journal = self.journal()?;
        let query = Query::parse(words);
        let mut heads = if query.is_empty() {
            let wanted = |head: &Head| only.is_none_or(|ids| ids.contains(&head.id));
            journal.list(None, limit + 1, wanted)?
        } else {
            journal.search(&query, limit + 1)?
        };
        let more = heads.len() > limit;
        heads.truncate(limit);
        Ok((heads, more))
    }
}
