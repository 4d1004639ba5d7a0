//! What of the candles is in sight: how far back, how wide, which layers, and where the cursor is.

use std::ops::Range;

use ratatui::layout::Rect;

use super::{App, Layer};
use crate::chart::{Cursor, Layers, Sheet};
use crate::tui::theme::Theme;

/// How the chart is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Candles skipped at the right.
    pub pan: usize,
    /// Columns a candle takes.
    pub step: u16,
    /// What is drawn.
    pub layers: Layers,
    /// Where the analyst points.
    pub cursor: Option<Cursor>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            pan: 0,
            step: 2,
            layers: Layers::default(),
            cursor: None,
        }
    }
}

/// Candles that an arrow passes over without a cursor.
const STRIDE: usize = 10;

impl App {
    /// How the chart is looked at.
    pub fn look(&self) -> Look {
        self.tab.look
    }

    /// The space inside the chart's frame.
    fn chart_inner(&self) -> Rect {
        let area = self.areas().chart.unwrap_or_default();
        area.inner(ratatui::layout::Margin::new(1, 1))
    }

    /// The bars in sight on an area of this size.
    pub fn window(&self, area: Rect) -> Range<usize> {
        let Some(open) = &self.tab.candles else { return 0..0 };
        let series = &open.market.series;
        let axis = Sheet::axis(area, series.last().high, series.decimals());
        let end = series.candles().len().saturating_sub(self.tab.look.pan).max(1);
        end.saturating_sub(Sheet::fits(area, axis, self.tab.look.step))..end
    }

    /// Whether the analyst points at something.
    pub fn is_pointing(&self) -> bool {
        self.tab.look.cursor.is_some()
    }

    /// Begins to point, or no longer.
    pub(super) fn point(&mut self) {
        self.tab.look.cursor = match self.tab.look.cursor {
            Some(_) => None,
            None => Some(Cursor {
                back: 0,
                row: Sheet::rows(self.chart_inner(), self.tab.look.layers, true) / 2,
            }),
        };
    }

    /// Moves the cursor sideways, the candles with it at the edge; without a cursor the candles.
    pub(super) fn chart_sideways(&mut self, left: bool) {
        let window = self.window(self.chart_inner());
        let all = self.tab.candles.as_ref().map_or(0, |c| c.market.series.candles().len());
        let most = all.saturating_sub(1);
        let Look { pan, cursor, .. } = &mut self.tab.look;
        match cursor {
            None if left => *pan = (*pan + STRIDE).min(most),
            None => *pan = pan.saturating_sub(STRIDE),
            Some(cursor) if left && cursor.back + 1 < window.len() => cursor.back += 1,
            Some(_) if left && window.start > 0 => *pan = (*pan + 1).min(most),
            Some(_) if left => {}
            Some(cursor) if cursor.back > 0 => cursor.back -= 1,
            Some(_) => *pan = pan.saturating_sub(1),
        }
    }

    /// Moves the cursor up or down; without one, nothing.
    pub(super) fn chart_vertically(&mut self, by: isize) {
        let rows = Sheet::rows(self.chart_inner(), self.tab.look.layers, true);
        if let Some(cursor) = &mut self.tab.look.cursor {
            let row = isize::try_from(cursor.row).unwrap_or(0).saturating_add(by);
            let last = isize::try_from(rows.saturating_sub(1)).unwrap_or(0);
            cursor.row = u16::try_from(row.clamp(0, last)).unwrap_or(0);
        }
    }

    /// Wider or narrower candles, around the cursor where there is one.
    pub(super) fn zoom(&mut self, closer: bool) {
        self.tab.look.step = if closer {
            (self.tab.look.step + 1).min(6)
        } else {
            (self.tab.look.step - 1).max(1)
        };
        let window = self.window(self.chart_inner());
        if let Some(cursor) = &mut self.tab.look.cursor {
            let back = cursor.back.min(window.len().saturating_sub(1));
            // What goes out of sight at the left comes back into it.
            self.tab.look.pan += cursor.back - back;
            cursor.back = back;
        }
    }

    /// A key in the menu of layers: its letter switches one, anything else closes.
    pub(super) fn layers_key(&mut self, key: char) {
        let found = crate::chart::Layer::ALL.iter().find(|(_, k, _)| *k == key);
        match found {
            Some((layer, ..)) => self.tab.look.layers.toggle(*layer),
            None => {
                self.layers.pop();
            }
        }
    }

    /// Opens the menu of layers.
    pub(super) fn open_layers(&mut self) {
        self.layers.push(Layer::Chart);
    }
}

/// The chart's styles.
pub fn paint(theme: &Theme) -> crate::chart::Paint {
    crate::chart::Paint {
        up: theme.up,
        down: theme.down,
        dim: theme.dim,
        accent: theme.accent,
        warn: theme.warn,
        selected: theme.selected,
    }
}
