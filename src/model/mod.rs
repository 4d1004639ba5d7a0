//! Who answers: the request, the answer as it streams, the [`Model`] trait, remote providers and prices.

mod answer;
mod canonical;
mod cutoff;
mod dialect;
mod error;
mod gate;
mod name;
pub mod price;
mod provider;
mod recorded;
mod remote;
mod request;

use std::pin::Pin;

use futures_util::Stream;

pub use crate::secret::Secret;
pub use answer::{Draft, Event, Finish, Usage};
pub use cutoff::cutoff;
pub use dialect::Dialect;
pub use error::{ModelError, Waited};
pub use gate::Gate;
pub use name::{ModelName, OFFLINE, OFFLINE_RULES};
pub use provider::{Endpoint, KNOWN, KeySource, Known, Support, known};
pub use recorded::{RECORDED, Recorded};
pub use remote::{Remote, Timeouts, fetch_text};
pub use request::{Params, Request};

/// An answer as it arrives. It ends after [`Event::Finish`], or without one if it was cut off; dropping it ends the call.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<Event, ModelError>> + Send>>;

/// Anything that answers a request: text in, text out.
pub trait Model: Send + Sync {
    /// Asks. Errors before any text arrive as the stream's first item.
    fn ask(&self, request: &Request) -> EventStream;
}
