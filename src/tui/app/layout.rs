//! Where everything lies, for each size of terminal: one function of size, focus and library, no drawing.

use ratatui::layout::{Constraint, Layout, Rect};
use serde::{Deserialize, Serialize};

use super::Pane;

/// The terminal's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Size {
    /// The smallest that can be worked in.
    pub const LEAST: Size = Size { width: 60, height: 20 };

    pub(super) fn of((width, height): (u16, u16)) -> Self {
        Self { width, height }
    }
}

/// How far the borders between panes are moved from where they usually are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Borders {
    /// Columns that the side panes have more.
    pub side: i16,
    /// Rows that the chart has more.
    pub chart: i16,
}

impl Borders {
    /// `usual` moved by `by`, so that at least `least` and at most `most` are left.
    fn moved(usual: u16, by: i16, least: u16, most: u16) -> u16 {
        usual
            .saturating_add_signed(by)
            .clamp(least.min(most), most.max(least.min(most)))
    }
}

/// The places of all parts; a part that is not shown has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Areas {
    /// Whether the terminal is too small for anything but a line that says so.
    pub too_small: bool,
    /// The whole screen.
    pub screen: Rect,
    /// What is open.
    pub header: Rect,
    /// The templates.
    pub templates: Option<Rect>,
    /// The form.
    pub form: Option<Rect>,
    /// The chart.
    pub chart: Option<Rect>,
    /// Answer, prompt or editor.
    pub answer: Option<Rect>,
    /// The setup and its checks, where they have a pane of their own.
    pub setup: Option<Rect>,
    /// The cache panel.
    pub cache: Option<Rect>,
    /// The cache in one line, where it has no panel.
    pub cache_line: Option<Rect>,
    /// What can be done now.
    pub footer: Rect,
}

/// Rows of the cache panel with its frame.
const CACHE_ROWS: u16 = 17;

impl Areas {
    pub(super) fn of(size: Size, focus: Pane, templates: usize, writing: bool, whole: bool, borders: Borders) -> Self {
        let screen = Rect::new(0, 0, size.width, size.height);
        if size.width < Size::LEAST.width || size.height < Size::LEAST.height {
            return Self {
                too_small: true,
                screen,
                ..Self::default()
            };
        }
        let wide = size.width >= 116 && size.height >= 30;
        let lines = u16::from(!wide);
        let [header, body, cache_line, footer] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(1),
            Constraint::Length(lines),
            Constraint::Length(1),
        ])
        .areas(screen);
        let base = Self {
            screen,
            header,
            footer,
            cache_line: (!wide).then_some(cache_line),
            ..Self::default()
        };
        // A list longer than this scrolls.
        let list = u16::try_from(templates)
            .unwrap_or(u16::MAX)
            .saturating_add(2)
            .clamp(5, 12);
        if whole {
            base.narrow(body, focus)
        } else if wide {
            base.wide(body, list, writing, borders)
        } else if size.width >= 80 && size.height >= 22 {
            base.middle(body, list.min(9), writing, borders)
        } else {
            base.narrow(body, focus)
        }
    }

    fn wide(self, body: Rect, list: u16, writing: bool, borders: Borders) -> Self {
        let side = Borders::moved((body.width / 5).clamp(30, 44), borders.side, 24, body.width * 3 / 10);
        let [left, center, right] =
            Layout::horizontal([Constraint::Length(side), Constraint::Min(1), Constraint::Length(side)]).areas(body);
        let [templates, form] = Layout::vertical([Constraint::Length(list), Constraint::Min(5)]).areas(left);
        let (chart, answer) = split(center, 44, writing, borders);
        let [setup, cache] = Layout::vertical([Constraint::Min(8), Constraint::Length(CACHE_ROWS)]).areas(right);
        Self {
            templates: Some(templates),
            form: Some(form),
            chart,
            answer: Some(answer),
            setup: Some(setup),
            cache: Some(cache),
            ..self
        }
    }

    fn middle(self, body: Rect, list: u16, writing: bool, borders: Borders) -> Self {
        let side = Borders::moved((body.width / 3).clamp(26, 32), borders.side, 20, body.width / 2);
        let [left, right] = Layout::horizontal([Constraint::Length(side), Constraint::Min(1)]).areas(body);
        let [templates, form] = Layout::vertical([Constraint::Length(list), Constraint::Min(5)]).areas(left);
        let (chart, answer) = split(right, 42, writing, borders);
        Self {
            templates: Some(templates),
            form: Some(form),
            chart,
            answer: Some(answer),
            ..self
        }
    }

    /// One pane at a time.
    fn narrow(self, body: Rect, focus: Pane) -> Self {
        let mut areas = self;
        *areas.slot(focus) = Some(body);
        areas
    }

    fn slot(&mut self, pane: Pane) -> &mut Option<Rect> {
        match pane {
            Pane::Templates => &mut self.templates,
            Pane::Form => &mut self.form,
            Pane::Chart => &mut self.chart,
            Pane::Answer => &mut self.answer,
        }
    }

    /// Columns and rows inside the frame of the answer's pane; some that fit where it is not shown.
    pub fn answer_inner(&self) -> (u16, u16) {
        let area = self.answer.unwrap_or(self.screen);
        (area.width.saturating_sub(4), area.height.saturating_sub(2))
    }
}

impl Areas {
    /// The cache browser: nearly the whole screen.
    pub fn browser(&self) -> Rect {
        self.screen
            .inner(ratatui::layout::Margin::new(self.screen.width / 24, 1))
    }

    /// The journal's list inside it, and beside it the chosen record where there is room.
    pub fn records(&self, body: Rect) -> [Rect; 2] {
        if body.width >= 120 {
            let [list, _, beside] =
                Layout::horizontal([Constraint::Min(20), Constraint::Length(2), Constraint::Percentage(38)])
                    .areas(body);
            [list, beside]
        } else {
            [body, Rect::default()]
        }
    }

    /// A record of the journal inside it: its chart, and its text.
    pub fn record(&self, body: Rect) -> [Rect; 2] {
        if body.width >= 100 {
            let [chart, _, text] =
                Layout::horizontal([Constraint::Percentage(60), Constraint::Length(1), Constraint::Min(20)])
                    .areas(body);
            [chart, text]
        } else {
            Layout::vertical([Constraint::Percentage(55), Constraint::Min(4)]).areas(body)
        }
    }

    /// The width of a record's text.
    pub fn record_text(&self) -> u16 {
        let (width, height) = self.browser_inner();
        let [_, text] = self.record(Rect::new(0, 0, width, height));
        text.width
    }

    /// Columns and rows of an open entry in it.
    pub fn browser_inner(&self) -> (u16, u16) {
        let area = self.browser();
        (area.width.saturating_sub(4), area.height.saturating_sub(4))
    }
}

/// Chart over answer; who writes or reads a prompt gets the chart's room too.
fn split(area: Rect, percent: u16, writing: bool, borders: Borders) -> (Option<Rect>, Rect) {
    if writing {
        return (None, area);
    }
    let usual = u16::try_from(u32::from(area.height) * u32::from(percent) / 100).unwrap_or(area.height);
    let rows = Borders::moved(usual, borders.chart, 6, area.height.saturating_sub(8));
    let [chart, answer] = Layout::vertical([Constraint::Length(rows), Constraint::Min(8)]).areas(area);
    (Some(chart), answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_lie_on_the_screen_and_apart(width in 0u16..400, height in 0u16..200, templates in 0usize..40, writing: bool, whole: bool, side in -99i16..99, chart in -99i16..99) {
            for focus in [Pane::Templates, Pane::Form, Pane::Chart, Pane::Answer] {
                let areas = Areas::of(Size { width, height }, focus, templates, writing, whole, Borders { side, chart });
                let parts = [areas.templates, areas.form, areas.chart, areas.answer, areas.setup, areas.cache, areas.cache_line];
                let parts: Vec<Rect> = parts.into_iter().flatten().chain([areas.header, areas.footer]).collect();
                for (at, a) in parts.iter().enumerate() {
                    prop_assert_eq!(a.intersection(areas.screen).area(), a.area());
                    for b in &parts[at + 1..] {
                        prop_assert_eq!(a.intersection(*b).area(), 0);
                    }
                }
            }
        }
    }
}
