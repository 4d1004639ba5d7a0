//! The fields of labelled lines, joined into setups.

use super::labels::Label;
use super::lines::{Event, Field};
use super::prices::{self, Read};
use super::{measures, sides};
use crate::setup::{Level, Order, Scale, Setup, Side, Unread, Zone};

/// Joins what the lines say into setups, in their order.
pub(super) fn join(events: Vec<Event>, scale: Option<Scale>) -> Vec<Setup> {
    let mut drafts = Drafts {
        scale,
        done: Vec::new(),
        open: Draft::default(),
        coming: None,
    };
    for event in events {
        drafts.take(event);
    }
    drafts.finish()
}

/// How much the place of a side counts; a higher one overrides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Rank {
    #[default]
    Heading,
    /// The market's bias, a rating.
    Bias,
    /// The name of the order: "Buy limit".
    Order,
    Direction,
}

/// More targets of one setup, or levels that cannot be read, are not kept: reading stays linear.
const MOST_LEVELS: usize = 64;

/// A setup as it comes together.
#[derive(Default)]
struct Draft {
    setup: Setup,
    rank: Rank,
    side_disputed: bool,
    stop_own: bool,
    stop_disputed: bool,
    /// Whether the entry is only that of a headline.
    entry_of_headline: bool,
    entry_number: Option<u8>,
    /// Whether what became of it is stated.
    is_over: bool,
    targets: Vec<(Option<u8>, Vec<f64>)>,
}

impl Draft {
    fn is_begun(&self) -> bool {
        self.setup.entry.is_some() || self.setup.stop.is_some() || !self.targets.is_empty()
    }

    fn is_planned(&self) -> bool {
        self.setup.stop.is_some() && !self.targets.is_empty()
    }

    fn side(&mut self, side: Side, rank: Rank) {
        match self.setup.side {
            // What was to be waited for comes after the waiting.
            Some(Side::None) if side != Side::None && self.rank == rank => self.setup.side = Some(side),
            Some(known) if known != side && self.rank == rank => self.side_disputed = true,
            Some(_) if self.rank >= rank => {}
            _ => {
                self.setup.side = Some(side);
                self.rank = rank;
                self.side_disputed = false;
            }
        }
    }

    fn order(&mut self, order: Option<Order>, side: Option<Side>) {
        self.setup.order = self.setup.order.or(order);
        if let Some(side) = side {
            self.side(side, Rank::Order);
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
        let known: Vec<f64> = self.targets.iter().flat_map(|(_, p)| p.iter().copied()).collect();
        if known.len() >= MOST_LEVELS || prices.iter().all(|p| known.contains(p)) {
            return;
        }
        let same = self.targets.iter().position(|(n, _)| *n == number);
        match (number, same) {
            // The same target at two prices is at neither.
            (Some(_), Some(at)) => self.targets[at].1.clear(),
            _ => self.targets.push((number, prices)),
        }
    }

    fn unread(&mut self, level: Level, texts: Vec<String>) {
        for text in texts {
            let unread = Unread { level, text };
            if self.setup.unread.len() < MOST_LEVELS && !self.setup.unread.contains(&unread) {
                self.setup.unread.push(unread);
            }
        }
    }

    fn finish(mut self) -> Option<Setup> {
        if self.is_over {
            return None;
        }
        if self.side_disputed {
            self.setup.side = None;
        }
        if self.stop_disputed {
            self.setup.stop = None;
        }
        self.setup.targets = self.targets.into_iter().flat_map(|(_, prices)| prices).collect();
        let setup = &mut self.setup;
        let (stop, targets) = (setup.stop.is_some(), !setup.targets.is_empty());
        if self.entry_of_headline && !stop && !targets {
            setup.entry = None;
        }
        // What was stated again and read is not missing.
        let entry = setup.entry.is_some();
        setup.unread.retain(|unread| match unread.level {
            Level::Entry => !entry,
            Level::Stop => !stop,
            Level::Target => true,
        });
        let refuses = setup.side == Some(Side::None) && self.rank >= Rank::Bias;
        if refuses && (!entry || self.rank == Rank::Direction) {
            return Some(Setup {
                side: Some(Side::None),
                confidence: setup.confidence,
                ..Setup::default()
            });
        }
        let levels = entry || stop || targets;
        let traded = setup.is_trade() && (levels || self.rank >= Rank::Order);
        let proposes = entry || traded || setup.order.is_some() && levels || stop && targets;
        proposes.then_some(self.setup)
    }
}

/// Setups as they come together, the last one open.
struct Drafts {
    scale: Option<Scale>,
    done: Vec<Draft>,
    open: Draft,
    /// A direction given after the open setup was whole: of the next one, if one follows.
    coming: Option<(Side, Rank)>,
}

impl Drafts {
    fn begin(&mut self) {
        self.done.push(std::mem::take(&mut self.open));
        if let Some((side, rank)) = self.coming.take() {
            self.open.side(side, rank);
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Field(field) => self.field(field),
            Event::Over => self.open.is_over = true,
            Event::Setup(side) => {
                if self.open.is_begun() {
                    self.begin();
                }
                if let Some(side) = side {
                    self.open.side(side, Rank::Heading);
                }
            }
            Event::Headline { side, order, entry } => {
                let setup = &self.open.setup;
                if self.open.is_planned() && (setup.side.is_some() || setup.entry.is_some() && entry.is_some()) {
                    self.begin();
                }
                self.open.side(side, Rank::Heading);
                self.open.order(order, None);
                let zone = entry.and_then(|text| prices::zone(&text, self.scale).value);
                if let (Some(zone), None) = (zone, self.open.setup.entry) {
                    self.open.setup.entry = Some(zone);
                    self.open.entry_of_headline = true;
                }
            }
        }
    }

    fn field(&mut self, Field { label, number, value }: Field) {
        let scale = self.scale;
        let open = &mut self.open;
        match label {
            Label::Side { own } => self.side(&value, own),
            Label::Order => {
                let (order, side) = sides::order_named(&value);
                // `Type: BUY`
                open.order(order, side.or_else(|| sides::side(&value)));
                if let (Some(_), Some(zone)) = (side, prices::zone(&value, scale).value)
                    && open.setup.entry.is_none()
                {
                    open.setup.entry = Some(zone);
                }
            }
            Label::Entry { side, order } => {
                let Read { value: zone, unread } = prices::zone(&value, scale);
                self.entry(zone, number);
                self.open.unread(Level::Entry, unread);
                let (said, said_side) = sides::order(&value);
                self.open.order(order.or(said), side.or(said_side));
            }
            Label::Stop { own } => {
                let Read { value: price, unread } = prices::single(&value, scale);
                if let Some(price) = price {
                    open.stop(price, own);
                }
                open.unread(Level::Stop, unread);
            }
            Label::Targets => {
                let Read { value: prices, unread } = prices::list(&value, scale);
                open.targets(number, prices);
                open.unread(Level::Target, unread);
            }
            Label::RiskReward => {
                let setup = &mut open.setup;
                setup.risk_reward = setup.risk_reward.or_else(|| measures::ratio(&value));
            }
            Label::Confidence => {
                let setup = &mut open.setup;
                setup.confidence = setup.confidence.or_else(|| measures::confidence(&value));
            }
            Label::Valid => {
                let setup = &mut open.setup;
                setup.valid_bars = setup.valid_bars.or_else(|| measures::candles(&value));
            }
            Label::Invalidation => {
                open.setup.invalidation.get_or_insert(value);
            }
            Label::Plan => {}
        }
    }

    fn side(&mut self, value: &str, own: bool) {
        let rank = if own { Rank::Direction } else { Rank::Bias };
        let open = &mut self.open;
        if let Some(side) = sides::side(value) {
            if open.setup.entry.is_some() && open.setup.stop.is_some() && open.rank >= rank && open.setup.side.is_some()
            {
                self.coming = Some((side, rank));
            } else {
                open.side(side, rank);
            }
        }
        if own {
            let (order, side) = sides::order(value);
            self.open.order(order, side);
        }
    }

    fn entry(&mut self, zone: Option<Zone>, number: Option<u8>) {
        let Some(zone) = zone else { return };
        match self.open.setup.entry {
            Some(known) if known == zone => {}
            // Entry 1, entry 2 of one setup are its zone.
            Some(known) if number > self.open.entry_number.or(Some(1)) => {
                self.open.setup.entry = Some(Zone::between(
                    known.low().min(zone.low()),
                    known.high().max(zone.high()),
                ));
            }
            Some(_) if !self.open.entry_of_headline => {
                self.begin();
                self.open.setup.entry = Some(zone);
            }
            _ => self.open.setup.entry = Some(zone),
        }
        self.open.entry_of_headline = false;
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
