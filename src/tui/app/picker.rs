//! A list to choose from, narrowed by what is typed.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// A candle file to open.
    File,
    /// A model.
    Model,
    /// A model to ask beside.
    Beside,
    /// A command.
    Command,
    /// A fact for the template being edited.
    Fact,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is chosen.
    pub value: String,
    /// What is known of it.
    pub detail: String,
}

/// A list, what was typed, and which rows that leaves.
#[derive(Debug, Clone)]
pub struct Picker {
    /// What it is for.
    pub pick: Pick,
    /// Its heading.
    pub title: &'static str,
    /// What was typed.
    pub input: String,
    /// Whether what was typed may be chosen as it stands.
    pub free: bool,
    /// Whether rows are still being looked for.
    pub waiting: Option<u64>,
    items: Vec<Item>,
    shown: Vec<usize>,
    /// The chosen row of those shown.
    pub selected: usize,
}

impl Picker {
    /// A list of `items`; `free` also takes what was typed.
    pub fn of(pick: Pick, title: &'static str, items: Vec<Item>, free: bool) -> Self {
        let mut picker = Self {
            pick,
            title,
            input: String::new(),
            free,
            waiting: None,
            items: Vec::new(),
            shown: Vec::new(),
            selected: 0,
        };
        picker.fill(items);
        picker
    }

    /// Gives it rows.
    pub fn fill(&mut self, items: Vec<Item>) {
        self.items = items;
        self.narrow();
    }

    /// The rows that fit what was typed, best first; what was typed is one of them where it may be chosen as it stands:
    /// before the others if it is a path, a source or a full name, else behind them.
    pub fn shown(&self) -> impl Iterator<Item = Item> + '_ {
        let typed = self.typed();
        let whole = |item: &Item| item.value.contains(['/', ':']);
        let first = typed.clone().filter(whole);
        let last = typed.filter(|item| !whole(item));
        let found = self.shown.iter().filter_map(|i| self.items.get(*i)).cloned();
        first.into_iter().chain(found).chain(last)
    }

    /// What was typed, as a row.
    fn typed(&self) -> Option<Item> {
        let typed = self.input.trim();
        let new = !typed.is_empty() && self.items.iter().all(|i| i.value != typed);
        (self.free && new).then(|| Item {
            value: typed.to_owned(),
            detail: "as typed".to_owned(),
        })
    }

    /// What choosing now would take.
    pub fn choice(&self) -> Option<String> {
        self.shown().nth(self.selected).map(|item| item.value)
    }

    /// Types.
    pub fn push(&mut self, text: &str) {
        self.input.push_str(&crate::text::clean_line(text));
        if text == " " {
            self.input.push(' ');
        }
        self.narrow();
    }

    /// Takes back a character.
    pub fn pop(&mut self) {
        self.input.pop();
        self.narrow();
    }

    /// Takes back all.
    pub fn clear(&mut self) {
        self.input.clear();
        self.narrow();
    }

    /// Moves the choice.
    pub fn step(&mut self, by: isize) {
        let last = self.shown().count().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    fn narrow(&mut self) {
        self.selected = 0;
        let typed = self.input.trim();
        if typed.is_empty() {
            self.shown = (0..self.items.len()).collect();
            return;
        }
        let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let mut characters = Vec::new();
        let mut scored: Vec<(u32, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| {
                let text = format!("{} {}", item.value, item.detail);
                let score = pattern.score(Utf32Str::new(&text, &mut characters), &mut matcher)?;
                Some((score, at))
            })
            .collect();
        scored.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        self.shown = scored.into_iter().map(|(_, at)| at).collect();
    }
}
