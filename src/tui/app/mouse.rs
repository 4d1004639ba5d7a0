//! The mouse, where the configuration has it: a click focuses and chooses, the wheel scrolls what is under it, borders between
//! panes are dragged.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::message::Effect;
use super::{App, Center, Pane};

/// Lines that a turn of the wheel goes.
const NOTCH: isize = 3;

/// A border that is dragged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dragged {
    /// Between the left panes and the middle, at this column.
    Left(u16),
    /// Between the middle and the right panes.
    Right(u16),
    /// Between chart and answer, at this row.
    Chart(u16),
}

impl App {
    /// The border under the pointer: the frames of two panes beside each other.
    fn border_at(&self, at: Position) -> Option<Dragged> {
        let areas = self.areas();
        let (answer, form) = (areas.answer?, areas.form);
        let beside = |edge: u16| at.x + 1 == edge || at.x == edge;
        let between = |y: u16| at.y + 1 == y || at.y == y;
        if form.is_some_and(|form| beside(form.right()) && form.right() == answer.x) {
            return Some(Dragged::Left(at.x));
        }
        if areas.setup.is_some_and(|setup| beside(setup.x)) {
            return Some(Dragged::Right(at.x));
        }
        let chart = areas.chart.filter(|chart| chart.bottom() == answer.y)?;
        let inside = (chart.x + 1..chart.right().saturating_sub(1)).contains(&at.x);
        (between(answer.y) && inside).then_some(Dragged::Chart(at.y))
    }

    /// Moves the border that is dragged to where the pointer is.
    fn drag(&mut self, mouse: MouseEvent) {
        let by = |now: u16, before: u16| {
            let by = i32::from(now) - i32::from(before);
            i16::try_from(by).unwrap_or(0)
        };
        match &mut self.dragged {
            Some(Dragged::Left(x)) => self.borders.side += by(mouse.column, std::mem::replace(x, mouse.column)),
            Some(Dragged::Right(x)) => self.borders.side -= by(mouse.column, std::mem::replace(x, mouse.column)),
            Some(Dragged::Chart(y)) => self.borders.chart += by(mouse.row, std::mem::replace(y, mouse.row)),
            None => {}
        }
        self.borders.side = self.borders.side.clamp(-60, 60);
        self.borders.chart = self.borders.chart.clamp(-60, 60);
    }

    pub(super) fn mouse(&mut self, mouse: MouseEvent, effects: &mut Vec<Effect>) {
        match mouse.kind {
            MouseEventKind::Drag(MouseButton::Left) => return self.drag(mouse),
            MouseEventKind::Up(MouseButton::Left) => {
                self.dragged = None;
                return;
            }
            _ => {}
        }
        let by = match mouse.kind {
            MouseEventKind::ScrollDown => NOTCH,
            MouseEventKind::ScrollUp => -NOTCH,
            MouseEventKind::Down(MouseButton::Left) => 0,
            _ => return,
        };
        if !self.layers.is_empty() {
            // In front of the panes the wheel is the arrow keys; a click chooses nothing that cannot be seen to be chosen.
            let code = if by > 0 { KeyCode::Down } else { KeyCode::Up };
            for _ in 0..by.abs() {
                self.layer_key(KeyEvent::new(code, KeyModifiers::NONE), effects);
            }
            return;
        }
        let at = Position::new(mouse.column, mouse.row);
        if by == 0 {
            self.dragged = self.border_at(at);
            if self.dragged.is_some() {
                return;
            }
        }
        let areas = self.areas();
        let panes = [
            (areas.templates, Pane::Templates),
            (areas.form, Pane::Form),
            (areas.chart, Pane::Chart),
            (areas.answer, Pane::Answer),
        ];
        let hit = panes
            .into_iter()
            .find_map(|(area, pane)| Some((area.filter(|a| a.contains(at))?, pane)));
        let Some((area, pane)) = hit else { return };
        if by != 0 {
            let focus = std::mem::replace(&mut self.tab.focus, pane);
            match pane {
                // The chart goes through time.
                Pane::Chart => self.chart_sideways(by < 0),
                _ => self.vertical(by, effects),
            }
            // To look at something is not to go there, but for what is chosen by it.
            if matches!(pane, Pane::Chart | Pane::Answer) {
                self.tab.focus = focus;
            }
            return;
        }
        if self.tab.typing && pane != self.tab.focus {
            self.escape(effects);
        }
        self.tab.focus = pane;
        // The row under the click, below the frame; lists longer than their pane begin where the chosen row is in sight.
        let row = usize::from(mouse.row.saturating_sub(area.y + 1));
        let rows = usize::from(area.height.saturating_sub(2));
        match pane {
            Pane::Templates if mouse.row > area.y && row < rows => {
                let top = (self.tab.chosen + 1).saturating_sub(rows);
                let wanted = top + row;
                if wanted < self.library.len() {
                    let by = isize::try_from(wanted).unwrap_or(0) - isize::try_from(self.tab.chosen).unwrap_or(0);
                    self.vertical(by, effects);
                }
            }
            Pane::Form if mouse.row > area.y && row < self.fields().len() => {
                let again = row == self.tab.field;
                self.commit_field(effects);
                self.tab.field = row;
                if again {
                    self.choose(effects);
                }
            }
            Pane::Answer if self.tab.center == Center::Editor => self.choose(effects),
            _ => {}
        }
    }
}
