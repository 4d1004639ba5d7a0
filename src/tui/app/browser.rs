//! The cache browser: all entries in a list, and one of them open.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::message::Effect;
use super::response::Text;
use super::{App, Layer};
use crate::cache::{Key, Listed};
use crate::desk::{Browsed, Inspected};
use crate::tui::markdown;
use crate::tui::theme::Theme;

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The newest first.
    #[default]
    Age,
    /// The largest first.
    Size,
    /// The most often found first.
    Hits,
    /// What saved most first.
    Money,
}

impl Sort {
    /// The order's name.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Age => "age",
            Sort::Size => "size",
            Sort::Hits => "hits",
            Sort::Money => "money saved",
        }
    }

    fn next(self) -> Self {
        match self {
            Sort::Age => Sort::Size,
            Sort::Size => Sort::Hits,
            Sort::Hits => Sort::Money,
            Sort::Money => Sort::Age,
        }
    }
}

/// What an entry has saved, in US dollars: its cost for each time it was found.
pub fn saved(listed: &Listed) -> f64 {
    listed.header.cost_usd.unwrap_or(0.0) * f64::from(listed.hits)
}

/// The browser.
#[derive(Debug, Default)]
pub struct Browser {
    /// The id of the reading on its way.
    pub waiting: Option<u64>,
    entries: Vec<Listed>,
    more: bool,
    shown: Vec<usize>,
    /// What the list is ordered by.
    pub sort: Sort,
    /// What rows must hold.
    pub filter: String,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// The chosen row of those shown.
    pub selected: usize,
    /// The row whose deletion was asked for once.
    pub doomed: Option<(Key, u32)>,
    /// The entry that is open.
    pub open: Option<Box<(Inspected, Text)>>,
}

impl Browser {
    /// The rows shown.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Listed> {
        self.shown
            .iter()
            .filter_map(|i| self.entries.get(*i))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// How many entries there are, and whether these are not all.
    pub fn count(&self) -> (usize, bool) {
        (self.entries.len(), self.more)
    }

    /// The chosen entry.
    pub fn chosen(&self) -> Option<&Listed> {
        self.entries.get(*self.shown.get(self.selected)?)
    }

    /// Takes entries in; the chosen one stays chosen.
    pub fn fill(&mut self, browsed: Browsed) {
        let chosen = self.chosen().map(|l| (l.key, l.header.sample));
        self.waiting = None;
        self.entries = browsed.entries;
        self.more = browsed.more;
        self.arrange();
        if let Some(chosen) = chosen {
            let at = self.rows().position(|l| (l.key, l.header.sample) == chosen);
            self.selected = at.unwrap_or(self.selected);
        }
        self.selected = self.selected.min(self.shown.len().saturating_sub(1));
    }

    fn arrange(&mut self) {
        let filter = self.filter.to_lowercase();
        let fits = |listed: &Listed| {
            let header = &listed.header;
            filter.is_empty()
                || [&header.label, &header.requested_model, &header.model]
                    .iter()
                    .any(|text| text.to_lowercase().contains(&filter))
        };
        let entries = &self.entries;
        self.shown = (0..entries.len()).filter(|i| fits(&entries[*i])).collect();
        // Equal ones stay in the order of age.
        match self.sort {
            Sort::Age => {}
            Sort::Size => self.shown.sort_by_key(|i| std::cmp::Reverse(entries[*i].room)),
            Sort::Hits => self.shown.sort_by_key(|i| std::cmp::Reverse(entries[*i].hits)),
            Sort::Money => self
                .shown
                .sort_by(|a, b| saved(&entries[*b]).total_cmp(&saved(&entries[*a]))),
        }
        self.selected = self.selected.min(self.shown.len().saturating_sub(1));
    }

    /// Adds to the filter.
    pub(super) fn type_in(&mut self, text: &str) {
        self.filter.push_str(text);
        self.arrange();
    }

    fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// Wraps the open entry for this width.
    pub(super) fn wrap(&mut self, width: u16, theme: &Theme) {
        if let Some(open) = &mut self.open {
            let (inspected, text) = open.as_mut();
            if text.width() != width {
                let lines = lines(inspected, width, theme);
                text.set(String::new(), lines, width);
            }
        }
    }

    /// A key while it is in front; `height` is of the open entry's text.
    fn key(&mut self, key: KeyEvent, height: u16) -> Asked {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = isize::try_from(height.max(2) - 1).unwrap_or(1);
        if self.typing {
            match key.code {
                KeyCode::Enter | KeyCode::Down => self.typing = false,
                KeyCode::Esc => {
                    self.typing = false;
                    self.filter.clear();
                }
                KeyCode::Backspace => {
                    self.filter.pop();
                }
                KeyCode::Char('u') if control => self.filter.clear(),
                KeyCode::Char(c) if !control => self.filter.push(c),
                _ => {}
            }
            self.arrange();
            return Asked::Nothing;
        }
        let doomed = self.doomed.take();
        if let Some(open) = &mut self.open {
            match key.code {
                KeyCode::Down | KeyCode::Char('j') => open.1.scroll(1, height),
                KeyCode::Up | KeyCode::Char('k') => open.1.scroll(-1, height),
                KeyCode::PageDown | KeyCode::Char(' ') => open.1.scroll(page, height),
                KeyCode::PageUp => open.1.scroll(-page, height),
                KeyCode::Home | KeyCode::Char('g') => open.1.scroll(isize::MIN / 2, height),
                KeyCode::End | KeyCode::Char('G') => open.1.scroll(isize::MAX / 2, height),
                KeyCode::Esc | KeyCode::Char('q') | KeyCode::Enter => self.open = None,
                _ => {}
            }
            return Asked::Nothing;
        }
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.step(1),
            KeyCode::Up | KeyCode::Char('k') => self.step(-1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.step(page),
            KeyCode::PageUp => self.step(-page),
            KeyCode::Home | KeyCode::Char('g') => self.step(isize::MIN / 2),
            KeyCode::End | KeyCode::Char('G') => self.step(isize::MAX / 2),
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Char('s') => {
                self.sort = self.sort.next();
                self.arrange();
            }
            KeyCode::Char('C') => return Asked::Clear,
            KeyCode::Esc if !self.filter.is_empty() => {
                self.filter.clear();
                self.arrange();
            }
            KeyCode::Esc | KeyCode::Char('q' | 'b') => return Asked::Close,
            code => {
                let Some(listed) = self.chosen() else {
                    return Asked::Nothing;
                };
                let (key, sample) = (listed.key, listed.header.sample);
                match code {
                    KeyCode::Enter => return Asked::Open(key, sample),
                    KeyCode::Char('p') => return Asked::Pin(key, sample, !listed.pinned),
                    KeyCode::Char('d') if doomed == Some((key, sample)) => return Asked::Remove(key, sample),
                    KeyCode::Char('d') => self.doomed = Some((key, sample)),
                    _ => {}
                }
            }
        }
        Asked::Nothing
    }
}

/// What a key in the browser asks for.
enum Asked {
    Nothing,
    Close,
    Clear,
    Open(Key, u32),
    Pin(Key, u32, bool),
    Remove(Key, u32),
}

/// What was asked and what came back, as lines.
fn lines(inspected: &Inspected, width: u16, theme: &Theme) -> Vec<ratatui::text::Line<'static>> {
    use ratatui::style::Style;
    use ratatui::text::Line;
    let heading = |text: String| Line::styled(format!("── {text} "), theme.accent);
    let mut lines = Vec::new();
    let header = &inspected.entry.header;
    let numbers: Vec<String> = inspected.samples.iter().map(|h| h.sample.to_string()).collect();
    lines.push(heading(format!(
        "answer, sample {} of {}",
        header.sample,
        numbers.join(", ")
    )));
    lines.extend(markdown::lines(
        &crate::text::clean(&inspected.entry.text),
        width,
        theme,
    ));
    lines.push(Line::default());
    match &inspected.request {
        None => lines.push(Line::styled("what was asked was not kept", theme.dim)),
        Some(request) => {
            let params: Vec<String> = request
                .params
                .iter()
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            let said = if params.is_empty() {
                String::new()
            } else {
                format!(", {}", params.join(", "))
            };
            lines.push(heading(format!("asked of {}{said}", request.model)));
            for message in &request.messages {
                lines.push(Line::styled(format!("{}:", message.role.name()), theme.dim));
                for line in crate::text::clean(&message.text).lines() {
                    lines.extend(markdown::wrap_plain(line, width, Style::new()));
                }
                lines.push(Line::default());
            }
        }
    }
    lines
}

impl App {
    /// Opens the browser, or reads its list anew.
    pub(super) fn browse(&mut self, effects: &mut Vec<Effect>) {
        let id = self.next_id();
        match self.browser() {
            Some(browser) => browser.waiting = Some(id),
            None => {
                let browser = Browser {
                    waiting: Some(id),
                    ..Browser::default()
                };
                self.layers.push(Layer::Cache(Box::new(browser)));
            }
        }
        effects.push(Effect::Browse(id));
    }

    pub(super) fn browser(&mut self) -> Option<&mut Browser> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Cache(browser) => Some(browser.as_mut()),
            _ => None,
        })
    }

    pub(super) fn browser_key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let (_, height) = self.areas().browser_inner();
        let Some(browser) = self.browser() else { return };
        match browser.key(key, height) {
            Asked::Nothing => {}
            Asked::Close => {
                self.layers.pop();
            }
            Asked::Clear => self.layers.push(Layer::Clear),
            Asked::Open(key, sample) => {
                let id = self.next_id();
                if let Some(browser) = self.browser() {
                    browser.waiting = Some(id);
                }
                effects.push(Effect::Inspect(id, key, sample));
            }
            Asked::Pin(key, sample, pinned) => effects.push(Effect::Pin(key, sample, pinned)),
            Asked::Remove(key, sample) => effects.push(Effect::Remove(key, sample)),
        }
    }

    pub(super) fn browsed(&mut self, id: u64, browsed: Result<Browsed, String>) {
        let Some(browser) = self.browser().filter(|b| b.waiting == Some(id)) else {
            return;
        };
        browser.waiting = None;
        match browsed {
            Ok(browsed) => browser.fill(browsed),
            Err(reason) => self.say(reason, true),
        }
    }

    pub(super) fn inspected(&mut self, id: u64, inspected: Result<Option<Box<Inspected>>, String>) {
        let Some(browser) = self.browser().filter(|b| b.waiting == Some(id)) else {
            return;
        };
        browser.waiting = None;
        match inspected {
            Ok(None) => self.say("that entry has just gone", true),
            Ok(Some(inspected)) => {
                browser.open = Some(Box::new((*inspected, Text::default())));
                self.wrap();
            }
            Err(reason) => self.say(reason, true),
        }
    }
}
