//! What of the candles is in sight: how far back, how wide, which layers, and where the cursor is.

use std::ops::Range;

use ratatui::layout::Rect;

use super::{App, Layer, Pane};
use crate::chart::{Cursor, Doubt, Layers, Plan, Scene, Sheet};
use crate::desk::{Judged, Market};
use crate::facts::Unit;
use crate::market::{price, timestamp};
use crate::setup::{Check, Setup, Status, level_sources};
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

    /// The setup on show as the chart draws it, if it speaks of the candles that are open.
    pub fn plan(&self) -> Option<Plan> {
        let series = self.tab.candles.as_ref().map(|c| &c.market.series)?;
        let market = self.tab.response.market()?;
        let about = (market.series.symbol(), market.series.timeframe());
        let judged = self
            .judged()
            .filter(|_| about == (series.symbol(), series.timeframe()))?;
        let setup = judged.reading.setup.as_ref().filter(|s| s.is_trade())?;
        Some(plan(setup, &judged.checks, series.since(market.as_of()) > 0))
    }

    /// The prices that the answer rests on, each with what it is, the candle it comes from and its price: those of the setup
    /// by the level nearest to each, then every level whose price the text quotes.
    fn quoted(&self) -> Vec<(String, i64, f64)> {
        let (Some(judged), Some(market)) = (self.judged(), self.tab.response.market()) else {
            return Vec::new();
        };
        let facts = &market.facts;
        let setup = judged.reading.setup.iter();
        let mut found: Vec<(String, i64, f64)> = setup
            .flat_map(|setup| level_sources(setup, facts))
            .map(|source| (source.words(), source.time, source.at))
            .collect();
        for fact in facts.facts.iter().filter(|f| f.unit == Unit::Price) {
            let Some(number) = fact.number() else { continue };
            let text = fact.text(facts.decimals);
            if quotes(self.tab.response.text(), &text) && found.iter().all(|(_, _, at)| *at != number) {
                found.push((format!("{} {text}", fact.name), fact.time, number));
            }
        }
        found
    }

    /// Whether the answer rests on prices that can be gone to.
    pub fn has_quoted(&self) -> bool {
        self.has_candles() && self.judged().is_some() && self.tab.response.market().is_some()
    }

    /// Points at the candle of the next price that the answer rests on.
    pub(super) fn go_to_quoted(&mut self) {
        let quoted = self.quoted();
        let Some((words, time, level)) = quoted.get(self.tab.level % quoted.len().max(1)).cloned() else {
            return self.say("the answer rests on no level of the candles", false);
        };
        let place = self.tab.level % quoted.len() + 1;
        self.tab.level = place;
        let Some(bar) = self.tab.candles.as_ref().and_then(|c| c.market.series.bar_at(time)) else {
            return self.say(format!("{words}: its candle is not among those open"), false);
        };
        self.tab.focus = Pane::Chart;
        self.point_at(bar, level);
        let decimals = self.facts().map_or(5, |f| f.decimals);
        let when = timestamp(time).strftime("%Y-%m-%d %H:%M");
        let all = quoted.len();
        self.say(
            format!(
                "{place} of {all} · {words}, {} of the {when} candle",
                price(level, decimals)
            ),
            false,
        );
    }

    /// Puts the cursor on a candle and a price, and the candle in sight.
    fn point_at(&mut self, bar: usize, level: f64) {
        let area = self.chart_inner();
        let window = self.window(area);
        let all = self.tab.candles.as_ref().map_or(0, |c| c.market.series.candles().len());
        if !window.contains(&bar) {
            let right = (bar + window.len() / 3).min(all.saturating_sub(1));
            self.tab.look.pan = all.saturating_sub(right + 1);
        }
        let window = self.window(area);
        let back = window.end.saturating_sub(bar + 1);
        self.tab.look.cursor = Some(Cursor { back, row: 0 });
        let Some(open) = &self.tab.candles else { return };
        let market: &Market = &open.market;
        let layers = self.tab.look.layers;
        let scene = Scene::of(
            &market.series,
            &market.study,
            &market.facts,
            self.plan(),
            layers,
            window,
            false,
        );
        let sheet = Sheet {
            area,
            step: self.tab.look.step,
            paint: paint(&self.theme),
            cursor: self.tab.look.cursor,
        };
        let middle = Sheet::rows(area, layers, true) / 2;
        let row = sheet.row_of(&scene, level).unwrap_or(middle);
        self.tab.look.cursor = Some(Cursor { back, row });
    }

    /// Whether the answer proposes more than one setup.
    pub fn has_alternatives(&self) -> bool {
        let judged = self.tab.response.judged();
        judged.is_some_and(|j| !j.reading.alternatives.is_empty())
    }

    /// Which of how many setups is on show.
    pub fn setup_place(&self) -> (usize, usize) {
        let all = self.tab.response.judged().map_or(0, |j| j.reading.alternatives.len()) + 1;
        (self.tab.response.alternative.as_ref().map_or(0, |(at, _)| *at) + 1, all)
    }

    /// Shows the answer's next setup: in the card, on the chart, with its own checks.
    pub(super) fn turn_setup(&mut self) {
        let (place, all) = self.setup_place();
        let response = &mut self.tab.response;
        let next = place % all;
        response.check = None;
        response.alternative = match (next, &response.judged) {
            (1.., Some(judged)) => {
                Judged::alternative(judged, next - 1, response.market.as_ref()).map(|judged| (next, judged))
            }
            _ => None,
        };
        self.say(format!("setup {} of {all}", next + 1), false);
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

/// The prices of a setup, with what the checks make of them.
pub fn plan(setup: &Setup, checks: &[Check], stale: bool) -> Plan {
    let doubt = |rules: &[&str]| {
        let of = checks.iter().filter(|c| rules.contains(&c.name.as_str()));
        of.map(|c| match c.status {
            Status::Fail => Doubt::Wrong,
            Status::Warn => Doubt::Look,
            Status::Pass | Status::Unknown => Doubt::None,
        })
        .max()
        .unwrap_or_default()
    };
    Plan {
        entry: setup.entry.map(|zone| (zone.low(), zone.high())),
        stop: setup.stop,
        targets: setup.targets.clone(),
        doubts: [
            doubt(&["reach", "order_type", "traded_through"]),
            doubt(&["stop_side", "stop_distance"]),
            doubt(&["target_side", "target_order", "risk_reward"]),
        ],
        stale,
    }
}

/// Whether `text` holds the figure `price`, and not a longer one that it is a part of.
fn quotes(text: &str, price: &str) -> bool {
    text.match_indices(price).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + price.len()..].chars();
        let (next, then) = (after.next(), after.next());
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let goes_on = digit(next) || (next == Some('.') && digit(then));
        !digit(before) && before != Some('.') && !goes_on
    })
}

/// The chart's styles.
pub fn paint(theme: &Theme) -> crate::chart::Paint {
    crate::chart::Paint {
        up: theme.up,
        down: theme.down,
        dim: theme.dim,
        accent: theme.accent,
        warn: theme.warn,
        bad: theme.bad,
        selected: theme.selected,
    }
}
