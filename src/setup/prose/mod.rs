//! Setups in labelled lines, for answers without a block. Nothing is guessed: a field that is not stated on a line of its own is
//! missing, and a number in running text is never a price.

mod amounts;
mod labels;
mod lines;
mod no_trade;
mod words;

use std::borrow::Cow;

use labels::Label;
use lines::Event;

use super::{Order, Scale, Setup, Side, Zone};

/// The setups that labelled lines of `text` propose, the primary one first; a stated "no trade" is one of side none.
/// `scale` is that of the candles. In a text that is not `whole` the last number may be half a number: it is left out.
pub(super) fn read(text: &str, scale: Option<Scale>, whole: bool) -> Vec<Setup> {
    let text = if whole { text } else { without_torn_number(text) };
    let text = &*without_invisible(text);
    let mut drafts = Drafts::new(scale);
    for event in lines::events(text) {
        drafts.take(event);
    }
    let setups = drafts.finish();
    let is_proposed = |s: &Setup| s.entry.is_some() || s.is_trade();
    if setups.iter().any(is_proposed) {
        return setups;
    }
    let labelled = setups.first().cloned();
    if labelled.is_none() && !no_trade::is_stated(text) {
        return Vec::new();
    }
    vec![Setup {
        side: Some(Side::None),
        confidence: labelled.and_then(|s| s.confidence),
        ..Setup::default()
    }]
}

/// `text` without characters that show nothing and can part a number or a label in two.
fn without_invisible(text: &str) -> Cow<'_, str> {
    let shows_nothing = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if text.contains(shows_nothing) {
        Cow::Owned(text.chars().filter(|c| !shows_nothing(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// `text` without a number at its very end.
fn without_torn_number(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\''))
}

/// A setup as it comes together.
#[derive(Default)]
struct Draft {
    setup: Setup,
    /// How much the label of the side counts: a heading 1, a bias 2, the order's name 3, a direction 4.
    side_rank: u8,
    side_disputed: bool,
    stop_own: bool,
    stop_disputed: bool,
    entry_number: Option<u8>,
    targets: Vec<(Option<u8>, Vec<f64>)>,
}

impl Draft {
    fn is_begun(&self) -> bool {
        self.setup.entry.is_some() || self.setup.stop.is_some() || !self.targets.is_empty()
    }

    fn side(&mut self, side: Side, rank: u8) {
        match self.setup.side {
            Some(known) if known != side && self.side_rank == rank => self.side_disputed = true,
            Some(_) if self.side_rank >= rank => {}
            _ => {
                self.setup.side = Some(side);
                self.side_rank = rank;
                self.side_disputed = false;
            }
        }
    }

    fn order(&mut self, order: Option<Order>, side: Option<Side>) {
        self.setup.order = self.setup.order.or(order);
        if let Some(side) = side {
            self.side(side, 3);
        }
    }

    fn stop(&mut self, price: f64, own: bool) {
        match self.setup.stop {
            Some(known) if known != price && self.stop_own == own => self.stop_disputed = true,
            Some(_) if self.stop_own || !own => {}
            _ => {
                self.setup.stop = Some(price);
                self.stop_own = own;
                self.stop_disputed = false;
            }
        }
    }

    fn targets(&mut self, number: Option<u8>, prices: Vec<f64>) {
        if prices.is_empty() {
            return;
        }
        let known: Vec<f64> = self.targets.iter().flat_map(|(_, p)| p.iter().copied()).collect();
        if prices.iter().all(|p| known.contains(p)) {
            return;
        }
        let same = self.targets.iter().position(|(n, _)| *n == number);
        match (number, same) {
            // The same target at two prices is at neither.
            (Some(_), Some(at)) => self.targets[at].1.clear(),
            _ => self.targets.push((number, prices)),
        }
    }

    fn finish(mut self) -> Option<Setup> {
        if self.side_disputed {
            self.setup.side = None;
        }
        if self.stop_disputed {
            self.setup.stop = None;
        }
        self.setup.targets = self.targets.into_iter().flat_map(|(_, prices)| prices).collect();
        let setup = &self.setup;
        let market = setup.order == Some(Order::Market) && setup.is_trade();
        let levels = setup.entry.is_some() || setup.stop.is_some() || !setup.targets.is_empty();
        let proposes = setup.entry.is_some()
            || market && levels
            || setup.is_trade() && self.side_rank >= 3
            || setup.is_trade() && levels;
        let refuses = setup.side == Some(Side::None) && self.side_rank >= 2;
        if refuses && setup.entry.is_none() {
            return Some(Setup {
                side: Some(Side::None),
                confidence: setup.confidence,
                ..Setup::default()
            });
        }
        proposes.then_some(self.setup)
    }
}

/// Setups as they come together, the last one open.
struct Drafts {
    scale: Option<Scale>,
    done: Vec<Draft>,
    open: Draft,
    /// A direction given after the open setup was whole: of the next one, if one follows.
    coming: Option<(Side, u8)>,
}

impl Drafts {
    fn new(scale: Option<Scale>) -> Self {
        Self {
            scale,
            done: Vec::new(),
            open: Draft::default(),
            coming: None,
        }
    }

    fn begin(&mut self) {
        self.done.push(std::mem::take(&mut self.open));
        if let Some((side, rank)) = self.coming.take() {
            self.open.side(side, rank);
        }
    }

    fn take(&mut self, event: Event) {
        let (label, number, value) = match event {
            Event::Setup(side) => {
                if self.open.is_begun() {
                    self.begin();
                }
                if let Some(side) = side {
                    self.open.side(side, 1);
                }
                return;
            }
            Event::Field(label, number, value) => (label, number, value),
        };
        let scale = self.scale;
        match label {
            Label::Side { own } => {
                let rank = if own { 4 } else { 2 };
                if let Some(side) = labels::side(&value) {
                    if self.open.setup.entry.is_some() && self.open.setup.stop.is_some() && self.open.side_rank >= rank
                    {
                        self.coming = Some((side, rank));
                    } else {
                        self.open.side(side, rank);
                    }
                }
                if own {
                    let (order, side) = labels::order(&value);
                    self.open.order(order, side);
                }
            }
            Label::Order => {
                let (order, side) = labels::order_named(&value);
                self.open.order(order, side);
                if let (Some(_), Some(zone)) = (side, amounts::zone(&value, scale))
                    && self.open.setup.entry.is_none()
                {
                    self.open.setup.entry = Some(zone);
                }
            }
            Label::Entry { side, order } => {
                let zone = amounts::zone(&value, scale);
                self.entry(zone, number);
                let (said, said_side) = labels::order(&value);
                self.open.order(order.or(said), side.or(said_side));
            }
            Label::Stop { own } => {
                if let Some(price) = amounts::single(&value, scale) {
                    self.open.stop(price, own);
                }
            }
            Label::Targets => self.open.targets(number, amounts::list(&value, scale)),
            Label::RiskReward => {
                let setup = &mut self.open.setup;
                setup.risk_reward = setup.risk_reward.or_else(|| amounts::ratio(&value));
            }
            Label::Confidence => {
                let setup = &mut self.open.setup;
                setup.confidence = setup.confidence.or_else(|| amounts::confidence(&value));
            }
            Label::Valid => {
                let setup = &mut self.open.setup;
                setup.valid_bars = setup.valid_bars.or_else(|| amounts::candles(&value));
            }
            Label::Invalidation => {
                let setup = &mut self.open.setup;
                setup.invalidation.get_or_insert(value);
            }
            Label::Plan => {}
        }
    }

    fn entry(&mut self, zone: Option<Zone>, number: Option<u8>) {
        let Some(zone) = zone else { return };
        match self.open.setup.entry {
            None => self.open.setup.entry = Some(zone),
            Some(known) if known == zone => {}
            // Entry 1, entry 2 of one setup are its zone.
            Some(known) if number > self.open.entry_number && self.open.entry_number.is_some() => {
                self.open.setup.entry = Some(Zone::between(
                    known.low().min(zone.low()),
                    known.high().max(zone.high()),
                ));
            }
            Some(_) => {
                self.begin();
                self.open.setup.entry = Some(zone);
            }
        }
        self.open.entry_number = number;
    }

    fn finish(mut self) -> Vec<Setup> {
        // A direction at the end that is of no further setup says what the setup's own says, or disputes it.
        if let Some((side, rank)) = self.coming.take() {
            self.open.side(side, rank);
        }
        self.done.push(self.open);
        self.done.into_iter().filter_map(Draft::finish).collect()
    }
}
