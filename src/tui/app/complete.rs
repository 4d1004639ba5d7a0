//! Names offered while one is being typed into a template: facts and variables with their values now.

use super::{App, Item};
use crate::prompt::BUILT_IN;
use crate::tui::editor::Place;

/// Rows that are offered at once.
const MOST: usize = 8;

/// Names that go on as what was typed begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What was typed of the name.
    pub place: Place,
    /// The names, the nearest first, with their values.
    pub items: Vec<Item>,
    /// The chosen one.
    pub selected: usize,
    /// Whether the analyst has moved to it: then Enter takes it, and is no new line.
    pub moved: bool,
}

impl Completion {
    /// Moves the choice, round and round.
    pub(super) fn step(&mut self, by: isize) {
        let all = isize::try_from(self.items.len()).unwrap_or(1).max(1);
        let at = isize::try_from(self.selected).unwrap_or(0);
        self.moved = true;
        self.selected = usize::try_from((at + by).rem_euclid(all)).unwrap_or(0);
    }
}

impl App {
    /// The names offered now.
    pub fn completion(&self) -> Option<&Completion> {
        self.completion.as_ref()
    }

    /// Looks for names that go on as what is being typed begins.
    pub(super) fn complete(&mut self) {
        self.completion = None;
        let Some(draft) = self.editing() else { return };
        let Some(place) = draft.editor.name_begun() else { return };
        let typed = draft.editor.text_of(place).to_lowercase();
        let mut items: Vec<Item> = self.names();
        items.retain(|item| item.value.to_lowercase().contains(&typed));
        items.sort_by_key(|item| !item.value.to_lowercase().starts_with(&typed));
        items.truncate(MOST);
        let is_whole = items.len() == 1 && items[0].value == typed;
        if !items.is_empty() && !is_whole {
            self.completion = Some(Completion {
                place,
                items,
                selected: 0,
                moved: false,
            });
        }
    }

    /// Takes the chosen name in place of what was typed of it.
    pub(super) fn take_completion(&mut self) {
        let Some(completion) = self.completion.take() else {
            return;
        };
        let name = self.chosen_name();
        let chosen = completion.items.into_iter().nth(completion.selected);
        if let (Some(item), Some(draft)) = (chosen, self.drafts.get_mut(&name)) {
            draft.editor.put(completion.place, &item.value);
            self.changed = Some(name);
        }
    }

    /// Every name that a template can use here: its variables, facts with a value, what is built in, facts without one.
    fn names(&self) -> Vec<Item> {
        let item = |value: &str, detail: String| Item {
            value: value.to_owned(),
            detail,
        };
        let mut items = Vec::new();
        for field in self.fields_of_draft() {
            let value = crate::text::clean_line(&field.1);
            items.push(item(
                &field.0,
                if value.is_empty() { "variable".to_owned() } else { value },
            ));
        }
        let mut add = |value: &str, detail: String| {
            if items.iter().all(|i: &Item| i.value != value) {
                items.push(item(value, detail));
            }
        };
        if let Some(facts) = self.facts() {
            for fact in &facts.facts {
                add(&fact.name, fact.text(facts.decimals));
            }
            add("symbol", facts.symbol.clone());
            add("timeframe", facts.timeframe.to_string());
            add("as_of", facts.as_of_text());
        }
        for name in BUILT_IN {
            let detail = match name {
                "facts" => "the block of all facts",
                "candles" => "a table of candles",
                "setup_contract" => "asks for a setup block",
                "retrace" | "extend" | "fib_table" => "(from, to, …): Fibonacci levels",
                _ => "built in",
            };
            add(name, detail.to_owned());
        }
        for name in crate::facts::known_names() {
            add(&name, "no value on these candles".to_owned());
        }
        items
    }

    /// Variables of the template being edited with their values; while it cannot be parsed as it stands, those it had.
    fn fields_of_draft(&self) -> Vec<(String, String)> {
        let listed = self.library.get(self.tab.chosen);
        let template = self
            .template()
            .or_else(|| listed.and_then(|l| l.template.as_ref().ok()));
        let filled = template
            .map(|t| self.tab.values.fill(t, self.facts()))
            .unwrap_or_default();
        filled.into_iter().map(|f| (f.name, f.text)).collect()
    }
}
