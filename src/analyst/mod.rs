//! The offline analyst: a model like any other that answers by rules over a prompt's `facts` block.
//!
//! It reads that block by `input` and no other word of the prompt, weighs the votes in `weigh`, proposes by `plan`, and says
//! why in [`write`]. Side, least reward, validity and emphasis stand in the block's `request` object. It invents no price:
//! every one in its setup is a level of the block, or such a level and a share of ATR. Under contradicting facts it
//! proposes no trade. It is rules, not a language model, and its answers say so.

mod input;
mod plan;
mod weigh;
mod write;

use futures_util::stream;

use crate::message::Message;
use crate::model::{Event, EventStream, Finish, Model, ModelName, Request};

/// The built-in analyst.
#[derive(Debug, Clone, Copy, Default)]
pub struct Analyst;

impl Analyst {
    /// The answer to what is said in `messages`.
    pub fn answer(messages: &[Message]) -> String {
        match input::AnalystInput::of(messages) {
            Ok(input) => {
                let view = weigh::weigh(&input.block, input.emphasis);
                // A value that cannot be used is not replaced by a guess.
                let proposes = input.wants_setup && input.faults.is_empty();
                let plan = proposes.then(|| plan::plan(&input, &view));
                write::write(&input, &view, plan.as_ref())
            }
            Err(reason) => reason.to_owned(),
        }
    }
}

impl Model for Analyst {
    fn ask(&self, request: &Request) -> EventStream {
        let answer = Self::answer(&request.messages);
        let mut events = vec![Ok(Event::Named(ModelName::offline().to_string()))];
        events.extend(
            answer
                .split_inclusive('\n')
                .map(|line| Ok(Event::Text(line.to_owned()))),
        );
        events.push(Ok(Event::Finish(Finish::Stop)));
        Box::pin(stream::iter(events))
    }
}
