//! Other models beside the one that is asked: the same prompt, each answer in its own column, each through the cache.

use super::message::Effect;
use super::picker::{Item, Pick, Picker};
use super::response::{Response, State};
use super::{App, Center, Layer, Pane};
use crate::desk::{Estimate, Policy, Prepared, Step};

/// No screen has room for more columns.
const MOST: usize = 2;

/// What is chosen to have one model again.
pub(super) const ALONE: &str = "one model only";

/// What stands before the number of a sample in the list.
const SAMPLE: &str = "sample ";

/// Another model's answer.
#[derive(Debug, Default)]
pub struct Beside {
    /// The model's name.
    pub(super) model: String,
    /// The sample of the answer on show that is put beside it, where it is no other model's.
    pub(super) sample: Option<u32>,
    pub(super) preparing: Option<u64>,
    pub(super) response: Response,
}

impl Beside {
    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What it is headed by: its model, and which sample where it is one of several.
    pub fn heading(&self) -> String {
        match self.sample {
            Some(n) => format!("{} · sample {n}", self.model),
            None => self.model.clone(),
        }
    }

    /// Its answer.
    pub fn response(&self) -> &Response {
        &self.response
    }
}

impl App {
    /// The other models' answers.
    pub fn beside(&self) -> &[Beside] {
        &self.tab.beside
    }

    /// Whether another model can be asked beside.
    pub fn can_compare(&self) -> bool {
        self.has_template()
    }

    /// Opens the list of models to ask beside.
    pub(super) fn pick_beside(&mut self) {
        let mut items = Vec::new();
        if !self.tab.beside.is_empty() {
            items.push(Item {
                value: ALONE.to_owned(),
                detail: "close the other columns".to_owned(),
            });
        }
        // The other samples of the answer on show cost nothing.
        if let State::Done(answer) = &self.tab.response.state {
            let others = self.tab.response.samples.iter().filter(|n| **n != answer.sample);
            items.extend(others.map(|n| Item {
                value: format!("{SAMPLE}{n}"),
                detail: "of this answer, as it is kept".to_owned(),
            }));
        }
        let asked = self.tab.model.clone().unwrap_or_else(|| self.model_name());
        items.extend(self.models.iter().map(|model| {
            let asks_already = model.value == asked || asked.split('/').next() == Some(&model.value);
            let detail = if asks_already {
                "answers already; others need a key in the environment".to_owned()
            } else {
                model.detail.clone()
            };
            Item {
                detail,
                ..model.clone()
            }
        }));
        self.layers
            .push(Layer::Picker(Picker::of(Pick::Beside, "Ask beside", items, true)));
    }

    /// A model was chosen to be asked beside, or none any more.
    pub(super) fn put_beside(&mut self, choice: String, effects: &mut Vec<Effect>) {
        if choice == ALONE {
            self.cancel_beside(effects);
            self.tab.beside.clear();
            self.estimate_beside(effects);
            return;
        }
        if self.tab.beside.len() >= MOST {
            self.tab.beside.remove(0);
        }
        let sample = choice.strip_prefix(SAMPLE).and_then(|n| n.parse::<u32>().ok());
        if let Some(sample) = sample {
            return self.put_sample(sample, effects);
        }
        self.tab.beside.push(Beside {
            model: choice,
            ..Beside::default()
        });
        self.tab.center = Center::Answer;
        self.tab.focus = Pane::Answer;
        self.ask_beside(self.tab.beside.len() - 1, effects);
        self.estimate_beside(effects);
        // The first column is asked too, if it has nothing to compare with.
        if matches!(self.tab.response.state, State::Idle) {
            self.ask(Policy::Cached, effects);
        }
    }

    /// Puts a sample of the answer on show beside it.
    fn put_sample(&mut self, sample: u32, effects: &mut Vec<Effect>) {
        let Some(prepared) = self.tab.response.prepared.clone() else {
            return;
        };
        let id = self.next_id();
        self.tab.beside.push(Beside {
            model: prepared.request.model.to_string(),
            sample: Some(sample),
            preparing: None,
            response: Response::asked(id, prepared.clone(), self.now),
        });
        self.tab.center = Center::Answer;
        self.tab.focus = Pane::Answer;
        effects.push(Effect::Ask(id, prepared, Policy::Kept(sample)));
    }

    /// What sending would take: of the model that is asked, then of those in the columns beside; none of one that cannot be
    /// asked. Samples put beside are what they are, whatever is sent.
    pub fn estimates(&self) -> Vec<Option<Estimate>> {
        let own = match &self.tab.prepared {
            Some(Ok((_, estimate))) => Some(*estimate),
            _ => None,
        };
        std::iter::once(own).chain(self.tab.estimates.iter().copied()).collect()
    }

    /// Has it estimated what asking the models beside would take.
    pub(super) fn estimate_beside(&mut self, effects: &mut Vec<Effect>) {
        self.tab.estimates.clear();
        self.tab.estimating = None;
        let columns = self.tab.beside.iter().filter(|c| c.sample.is_none());
        let models: Vec<String> = columns.map(|c| c.model.clone()).collect();
        if models.is_empty() {
            return;
        }
        let id = self.next_id();
        self.tab.estimating = Some(id);
        let market = self.tab.candles.as_ref().map(|c| Box::new(c.market.clone()));
        effects.push(Effect::Estimate(id, Box::new(self.question()), market, models));
    }

    /// Has the prompt of column `at` made ready; it is sent when it is.
    pub(super) fn ask_beside(&mut self, at: usize, effects: &mut Vec<Effect>) {
        let mut question = self.question();
        let id = self.next_id();
        let market = self.tab.candles.as_ref().map(|c| Box::new(c.market.clone()));
        let Some(column) = self.tab.beside.get_mut(at) else {
            return;
        };
        effects.extend(column.response.id().map(Effect::Cancel));
        // A sample is what it was, whatever is asked now.
        if column.sample.is_some() {
            return;
        }
        question.model = Some(column.model.clone());
        column.preparing = Some(id);
        effects.push(Effect::Prepare(id, Box::new(question), market));
    }

    /// The prompt of a column is ready, or cannot be made; `false` if it is no column's.
    pub(super) fn beside_ready(
        &mut self,
        id: u64,
        result: Result<Box<(Prepared, Estimate)>, String>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let ask = self.ids + 1;
        let now = self.now;
        let Some(column) = self.tab.beside.iter_mut().find(|c| c.preparing == Some(id)) else {
            return false;
        };
        column.preparing = None;
        match result {
            Ok(ready) => {
                let prepared = Box::new(ready.0);
                column.response = Response::asked(ask, prepared.clone(), now);
                self.ids = ask;
                effects.push(Effect::Ask(ask, prepared, Policy::Cached));
            }
            Err(reason) => {
                column.response = Response::default();
                column.response.state = State::Failed(reason);
            }
        }
        true
    }

    /// A step of a column's answer; `false` if it is no column's.
    pub(super) fn beside_step(&mut self, id: u64, step: Step, effects: &mut Vec<Effect>) -> bool {
        let Some(column) = self.tab.beside.iter_mut().find(|c| c.response.waits_for(id, &step)) else {
            return false;
        };
        let ended = matches!(step, Step::Done(_) | Step::Failed(_) | Step::Stored(_));
        let done = matches!(step, Step::Done(_));
        self.tab.unseen |= self.is_behind && matches!(step, Step::Done(_) | Step::Failed(_));
        column.response.take(step);
        if ended {
            effects.push(Effect::Report);
        }
        if done && let Some(column) = self.tab.beside.iter().find(|c| c.response.asked == id) {
            self.record(&column.response, effects);
        }
        if ended {
            // Whether asking again would be a hit has changed.
            self.estimate_beside(effects);
        }
        true
    }

    /// Ends what the columns wait for.
    pub(super) fn cancel_beside(&mut self, effects: &mut Vec<Effect>) {
        for column in &mut self.tab.beside {
            column.preparing = None;
            if let Some(id) = column.response.id() {
                effects.push(Effect::Cancel(id));
                column.response.state = State::Failed("cancelled".to_owned());
            }
        }
    }
}
