//! What the next start finds again: the desks with their focus and scroll, and the values last set by template and symbol.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::message::Effect;
use super::{App, Borders, Center, Look, Pane, Tab};
use crate::desk::Policy;
use crate::market::Timeframe;
use crate::prompt::Values;

/// Values that the analyst set, by template, symbol and name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remembered(BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>);

impl Remembered {
    /// What was last set in this template on candles of this symbol.
    pub fn get(&self, template: &str, symbol: &str) -> Values {
        let mut values = Values::default();
        let set = self.0.get(template).and_then(|symbols| symbols.get(symbol));
        for (name, text) in set.into_iter().flatten() {
            values.set(name.clone(), text);
        }
        values
    }

    /// Takes `values` as the last ones.
    pub fn put(&mut self, template: &str, symbol: &str, values: &Values) {
        let set: BTreeMap<String, String> = values.iter().map(|(n, t)| (n.to_owned(), t.to_owned())).collect();
        let symbols = self.0.entry(template.to_owned()).or_default();
        if set.is_empty() {
            symbols.remove(symbol);
        } else {
            symbols.insert(symbol.to_owned(), set);
        }
        self.0.retain(|_, symbols| !symbols.is_empty());
    }
}

/// A desk as it was left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedDesk {
    /// The candle file or live source; the bundled candles without one.
    pub candles: Option<String>,
    /// The timeframe they were turned to.
    pub timeframe: Option<Timeframe>,
    /// The template's name.
    pub template: String,
    /// The model, where one was chosen.
    pub model: Option<String>,
    /// The focused pane.
    pub focus: Pane,
    /// What the answer's pane showed.
    pub center: Center,
    /// The first line of the answer in sight.
    pub top: usize,
    /// Columns of a candle, and candles skipped at the right.
    pub zoom: (u16, usize),
    /// Letters of the chart's layers that were on.
    pub layers: String,
    /// Key and sample of the answer on show.
    pub answer: Option<(String, u32)>,
}

/// Everything that the next start finds again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The desks in their order.
    pub desks: Vec<SavedDesk>,
    /// Which of them was in front.
    pub at: usize,
    /// Values set in forms.
    pub values: Remembered,
    /// How far the borders between panes are moved.
    pub borders: Borders,
    /// The money at risk on a trade, where it was said in the workbench.
    pub risk: Option<f64>,
}

/// How a desk was left, until its candles and its answer are here.
#[derive(Debug, Clone)]
pub(super) struct Restoring {
    timeframe: Option<Timeframe>,
    focus: Pane,
    center: Center,
    top: usize,
    answer: Option<(String, u32)>,
}

/// What was kept last.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    last: Option<Session>,
    /// The desks of another run, which this one neither opened nor replaces.
    others: Option<(Vec<SavedDesk>, usize)>,
}

impl Tab {
    fn saved(&self, template: String) -> SavedDesk {
        let series = self.candles.as_ref().map(|c| (&c.base, &c.market.series));
        let turned = series.filter(|(base, shown)| base.timeframe() != shown.timeframe());
        let layers = crate::chart::Layer::ALL.iter();
        SavedDesk {
            candles: self.source.clone(),
            timeframe: turned.map(|(_, shown)| shown.timeframe()),
            template,
            model: self.model.clone(),
            focus: self.focus,
            center: self.center,
            top: self.response.wrapped.kept_top(),
            zoom: (self.look.step, self.look.pan),
            layers: layers
                .filter(|(l, ..)| self.look.layers.has(*l))
                .map(|(_, key, _)| *key)
                .collect(),
            answer: self.response.kept(),
        }
    }
}

impl App {
    /// Takes over the values of earlier runs; the desks stay as they were kept.
    pub fn remember(&mut self, session: Session) {
        self.keep_ways(&session);
        self.remembered = session.values;
        self.session.others = Some((session.desks, session.at));
    }

    /// What holds for every desk.
    fn keep_ways(&mut self, session: &Session) {
        self.borders = session.borders;
        self.said_risk = session.risk;
    }

    /// Opens the desks of the run before; what is to be done for that. Without any the bundled candles are opened.
    pub fn resume(&mut self, session: Session) -> Vec<Effect> {
        self.keep_ways(&session);
        self.remembered = session.values;
        let mut effects = vec![Effect::Report];
        let mut desks = session.desks;
        desks.truncate(9);
        if desks.is_empty() {
            return self.start(None);
        }
        self.tabs = desks.iter().map(|_| Tab::default()).collect();
        self.at = 0;
        for (at, desk) in desks.into_iter().enumerate() {
            self.turn_to(at);
            let id = self.next_id();
            self.choose_template(&desk.template);
            let mut layers = self.tab.look.layers;
            for (layer, key, _) in crate::chart::Layer::ALL {
                if layers.has(layer) != desk.layers.contains(key) {
                    layers.toggle(layer);
                }
            }
            self.tab.look = Look {
                pan: desk.zoom.1,
                step: desk.zoom.0.clamp(1, 6),
                layers,
                cursor: None,
            };
            self.tab.model = desk.model;
            self.tab.opening = Some(id);
            effects.push(Effect::Open(id, desk.candles.clone().unwrap_or_default().into()));
            self.tab.source = desk.candles;
            self.tab.restoring = Some(Restoring {
                timeframe: desk.timeframe,
                focus: desk.focus,
                center: desk.center,
                top: desk.top,
                answer: desk.answer,
            });
        }
        self.turn_to(session.at.min(self.tabs.len() - 1));
        effects
    }

    /// The timeframe that a desk's candles are to be turned to, as it was left.
    pub(super) fn timeframe_left(&mut self) -> Option<Timeframe> {
        self.tab.restoring.as_mut()?.timeframe.take()
    }

    /// Has the candles that are on their way turned to this timeframe when they are here.
    pub(super) fn leave_at(&mut self, timeframe: Timeframe) {
        self.tab.restoring = Some(Restoring {
            timeframe: Some(timeframe),
            focus: self.tab.focus,
            center: self.tab.center,
            top: 0,
            answer: None,
        });
    }

    /// The prompt of a desk that is opened again is ready: its answer is shown if it is still that prompt's and kept.
    pub(super) fn restore_answer(&mut self, effects: &mut Vec<Effect>) {
        let Some(left) = self.tab.restoring.clone() else { return };
        if self.tab.turning.is_some() || self.tab.opening.is_some() {
            return;
        }
        let kept = match (&self.tab.prepared, &left.answer) {
            (Some(Ok((prepared, estimate))), Some((key, sample))) if estimate.hit.is_some() => {
                (prepared.key.to_string() == *key).then(|| (Box::new(prepared.clone()), *sample))
            }
            _ => None,
        };
        match kept {
            Some((prepared, sample)) => {
                let id = self.next_id();
                self.begin(id, prepared, Policy::Kept(sample), effects);
            }
            None => {
                self.tab.restoring = None;
                if left.answer.is_some() && self.toast.is_none() {
                    self.say(
                        "the last answer here was to another prompt, or is no longer kept: h has it",
                        false,
                    );
                }
            }
        }
        self.tab.focus = left.focus;
        // The text of a template is only shown while it is being edited.
        self.tab.center = match left.center {
            Center::Editor if self.editing().is_none() => Center::Answer,
            center => center,
        };
    }

    /// The answer of a desk that is opened again is here: it is scrolled to where it was.
    pub(super) fn restore_scroll(&mut self) {
        if let Some(left) = self.tab.restoring.take() {
            self.wrap();
            self.tab.response.wrapped.scroll_to(left.top);
        }
    }

    /// Has the session kept, if it has changed.
    pub(super) fn keep_session(&mut self, effects: &mut Vec<Effect>) {
        if self.tabs().any(|tab| tab.opening.is_some() || tab.restoring.is_some()) {
            return;
        }
        let name = |tab: &Tab| self.library.get(tab.chosen).map(|l| l.name.clone()).unwrap_or_default();
        let (desks, at) = match &self.session.others {
            Some((desks, at)) => (desks.clone(), *at),
            None => (self.tabs().map(|tab| tab.saved(name(tab))).collect(), self.at),
        };
        let session = Session {
            desks,
            at,
            values: self.remembered.clone(),
            borders: self.borders,
            risk: self.said_risk,
        };
        if self.session.last.as_ref() != Some(&session) {
            self.session.last = Some(session.clone());
            effects.push(Effect::KeepSession(Box::new(session)));
        }
    }

    /// The form shows what was last set for its template and symbol.
    pub(super) fn recall_values(&mut self) {
        let symbol = self.tab.candles.as_ref().map(|c| c.market.series.symbol().to_owned());
        let of = (self.chosen_name(), symbol.unwrap_or_default());
        if self.tab.values_of.as_ref() == Some(&of) {
            return;
        }
        let mut values = self.remembered.get(&of.0, &of.1);
        // What was set before the candles were read is meant for them.
        if let Some((template, symbol)) = &self.tab.values_of
            && symbol.is_empty()
            && *template == of.0
        {
            for (name, text) in self.tab.values.iter() {
                values.set(name, text);
            }
        }
        self.tab.values = values;
        self.tab.values_of = Some(of);
    }

    /// A value was set or taken back: it is remembered, and the prompt made anew.
    pub(super) fn values_changed(&mut self, effects: &mut Vec<Effect>) {
        if let Some((template, symbol)) = &self.tab.values_of {
            self.remembered.put(template, symbol, &self.tab.values);
        }
        self.prepare(effects);
    }
}
