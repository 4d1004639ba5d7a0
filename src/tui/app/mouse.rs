//! The mouse, where the configuration has it: a click focuses and chooses, the wheel scrolls what is under it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::message::Effect;
use super::{App, Center, Pane};

/// Lines that a turn of the wheel goes.
const NOTCH: isize = 3;

impl App {
    pub(super) fn mouse(&mut self, mouse: MouseEvent, effects: &mut Vec<Effect>) {
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
