//! What became of an analysis: its setup played on what came after, beside a random side and the offline analyst.

use crate::analyst::Analyst;
use crate::market::Candle;
use crate::message::Message;
use crate::setup::score::{Fate, random_side};
use crate::setup::{Setup, Terms, read};

/// An analysis, as far as playing it needs it.
pub(super) struct Analysis<'a> {
    pub setup: Option<&'a Setup>,
    /// Whether the answer is whole.
    pub whole: bool,
    /// The as-of candle's close and open time.
    pub close: f64,
    pub as_of: i64,
    pub terms: Terms,
    /// What was sent, where the offline analyst is to answer it too.
    pub compared: Option<&'a [Message]>,
}

/// What became of it.
pub(super) struct Played {
    pub fate: Fate,
    /// Open time of the candle that decided it, or of the last one played; the as-of where nothing was.
    pub until: i64,
    /// How many candles were played.
    pub candles: usize,
    pub random_r: Option<f64>,
    pub offline_r: Option<f64>,
    pub offline_until: Option<i64>,
}

impl Analysis<'_> {
    /// Plays it on the candles after its as-of.
    pub fn play(&self, later: &[Candle]) -> Played {
        let fate = Fate::of(self.setup, self.whole, self.close, self.terms, later);
        let end = fate.outcome().and_then(|o| o.end);
        let filled = fate.outcome().is_some_and(|o| o.filled.is_some());
        let random = self.setup.filter(|_| filled);
        let offline = self.compared.and_then(|messages| self.offline(messages, later));
        Played {
            until: end.and_then(|at| later.get(at)).map_or(self.as_of, |c| c.time),
            candles: end.map_or(0, |at| at + 1),
            random_r: random.and_then(|s| random_side(s, self.close, self.terms, later)),
            offline_r: offline.map(|(r, _)| r),
            offline_until: offline.map(|(_, until)| until),
            fate,
        }
    }

    /// What the offline analyst makes of the same prompt, played by the same rules. It is asked past the cache: it is a
    /// yardstick here and no answer. Its result, and the open time of the candle that decided it.
    fn offline(&self, messages: &[Message], later: &[Candle]) -> Option<(f64, i64)> {
        let reading = read(&Analyst::answer(messages), None, true);
        let setup = reading.setup.as_ref()?;
        let own = setup.valid_bars.and_then(|n| usize::try_from(n).ok());
        let terms = Terms {
            expiry: own.unwrap_or(self.terms.expiry),
            ..self.terms
        };
        let fate = Fate::of(Some(setup), true, self.close, terms, later);
        let end = fate.outcome().and_then(|o| o.end).and_then(|at| later.get(at));
        Some((fate.result()?, end.map_or(self.as_of, |c| c.time)))
    }
}
