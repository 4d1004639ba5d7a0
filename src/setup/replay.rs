//! Replay: a setup played on the candles that came after it, one at a time, and what became of it.
//!
//! Candles are bid prices: a buy deals at bid + spread, a sell at bid. The rules:
//!
//! 1. A market order fills at the next open. A resting order fills at its price, or at the open where the market opens beyond
//!    it. Not filled in time it expires. A candle that does not fill it cancels it by reaching the stop loss (invalidated) or
//!    else the first target (missed).
//! 2. A candle that reaches stop loss and target stops the trade. It is marked ambiguous.
//! 3. In the candle that fills a resting order inside it, the stop loss counts if it is touched. A limit order's target
//!    counts only if the candle closes beyond it.
//! 4. A candle that opens beyond the stop loss or a target exits at its open.
//! 5. Several targets take equal parts. The stop loss stays where it is.
//! 6. A trade held as long as it may be exits at that close. An open one is marked at the last close.
//! 7. R is the result over the risk taken, |fill − stop loss|. Where the market is already beyond the stop loss when the order
//!    fills, the trade is in and out at that open, and R counts by the planned risk, |entry − stop loss|.

use serde::{Deserialize, Serialize};

use super::{Order, Setup, Side};
use crate::market::Candle;

/// A setup as it is played. Made by [`Play::new`], which takes only what can be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Play {
    sign: f64,
    order: Order,
    entry: Option<f64>,
    stop: f64,
    targets: Vec<f64>,
    /// Distance from the planned entry to the stop loss.
    planned_risk: f64,
    terms: Terms,
}

/// What a replay assumes beyond the setup.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// Ask minus bid, in price.
    pub spread: f64,
    /// Both ways in total, in price.
    pub commission: f64,
    /// Candles that a resting order waits.
    pub expiry: usize,
    /// Candles that a trade is held, the one that fills it among them.
    pub max_hold: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            spread: 0.0,
            commission: 0.0,
            expiry: 24,
            max_hold: 100,
        }
    }
}

/// Why a setup cannot be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unplayable {
    /// It proposes no trade.
    #[error("no trade is proposed")]
    NoTrade,
    /// A side, entry, stop or target is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The stop is not on the losing side of the entry.
    #[error("the stop is on the wrong side")]
    StopSide,
    /// A target is not on the winning side of the entry.
    #[error("a target is on the wrong side")]
    TargetSide,
}

impl Play {
    /// `setup` with these terms; `close` is that of the as-of candle, which tells what an order of no stated kind is: one
    /// that waits on the near side of price is a limit order, one beyond it a stop order.
    ///
    /// # Errors
    /// [`Unplayable`] for what is missing or on the wrong side.
    pub fn new(setup: &Setup, close: f64, terms: Terms) -> Result<Self, Unplayable> {
        let side = setup.side.ok_or(Unplayable::Missing("the side"))?;
        let sign = side.sign().ok_or(Unplayable::NoTrade)?;
        let stop = setup.stop.ok_or(Unplayable::Missing("the stop"))?;
        let entry = setup.entry.map(super::Zone::middle);
        let order = match (setup.order, entry) {
            (Some(order), _) => order,
            (None, Some(entry)) if (close - entry) * sign >= 0.0 => Order::Limit,
            (None, _) => Order::Stop,
        };
        if entry.is_none() && order != Order::Market {
            return Err(Unplayable::Missing("the entry"));
        }
        let from = entry.unwrap_or(close);
        let mut targets = setup.targets.clone();
        if targets.is_empty() {
            return Err(Unplayable::Missing("a target"));
        }
        if (from - stop) * sign <= 0.0 {
            return Err(Unplayable::StopSide);
        }
        if targets.iter().any(|t| (t - from) * sign <= 0.0) {
            return Err(Unplayable::TargetSide);
        }
        targets.sort_by(|a, b| (a * sign).total_cmp(&(b * sign)));
        Ok(Self {
            sign,
            order,
            entry,
            stop,
            targets,
            planned_risk: (from - stop).abs(),
            terms,
        })
    }

    /// Which way it trades.
    pub fn side(&self) -> Side {
        if self.sign > 0.0 { Side::Long } else { Side::Short }
    }

    /// The whole replay on the candles after the as-of.
    pub fn run<'a>(&self, later: impl IntoIterator<Item = &'a Candle>) -> Outcome {
        let mut replay = Replay::new(self.clone());
        for candle in later {
            if replay.step(candle) {
                break;
            }
        }
        replay.outcome()
    }
}

/// What became of a setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// The order was not filled in its time.
    Expired,
    /// The stop loss was reached before the entry.
    Invalidated,
    /// The first target was reached before the entry.
    Missed,
    /// All targets were reached.
    Target,
    /// The stop loss was reached, after some of the targets or none.
    Stop,
    /// It was held as long as it may be.
    Timeout,
    /// The candles end before it does.
    Open,
}

/// The state of a replay: what became of a setup as far as the candles go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// The candle that filled it, counted from the first after the as-of, and the deal's price.
    pub filled: Option<(usize, f64)>,
    /// The candle that decided it, counted as that; of an open one the last played.
    pub end: Option<usize>,
    /// The price of the last deal, or of the mark of an open trade.
    pub exit: Option<f64>,
    /// Result in units of the risk taken; `None` where nothing was filled.
    pub r: Option<f64>,
    /// Whether a candle allowed a better reading.
    pub ambiguous: bool,
    /// Targets reached.
    pub targets_hit: usize,
    /// Targets there were.
    pub targets: usize,
}

impl Outcome {
    /// That of a setup of so many targets before the first candle.
    pub fn open(targets: usize) -> Self {
        Self {
            ended: Ended::Open,
            filled: None,
            end: None,
            exit: None,
            r: None,
            ambiguous: false,
            targets_hit: 0,
            targets,
        }
    }

    /// The status in the words of the reference: `tp2`, `sl`, `tp1_then_sl`, `timeout`, …
    pub fn status(&self) -> String {
        match self.ended {
            Ended::Expired => "expired".to_owned(),
            Ended::Invalidated => "invalidated".to_owned(),
            Ended::Missed => "missed".to_owned(),
            Ended::Target => format!("tp{}", self.targets),
            Ended::Stop if self.targets_hit == 0 => "sl".to_owned(),
            Ended::Stop => format!("tp{}_then_sl", self.targets_hit),
            Ended::Timeout => "timeout".to_owned(),
            Ended::Open => "open".to_owned(),
        }
    }

    /// Whether later candles can change nothing any more.
    pub fn is_over(&self) -> bool {
        self.ended != Ended::Open
    }
}

/// A replay under way.
#[derive(Debug, Clone)]
pub struct Replay {
    play: Play,
    played: usize,
    filled: Option<(usize, f64)>,
    /// Result of the parts that are out, in price times their share.
    won: f64,
    hit: usize,
    ambiguous: bool,
    /// Whether the market was beyond the stop loss at the open that filled it.
    opened_beyond: bool,
    over: Option<(Ended, usize, Option<f64>)>,
    last_close: f64,
}

impl Replay {
    /// One that has seen no candle yet.
    pub fn new(play: Play) -> Self {
        Self {
            play,
            played: 0,
            filled: None,
            won: 0.0,
            hit: 0,
            ambiguous: false,
            opened_beyond: false,
            over: None,
            last_close: f64::NAN,
        }
    }

    /// Plays one candle; returns whether it is over.
    pub fn step(&mut self, candle: &Candle) -> bool {
        if self.over.is_some() {
            return true;
        }
        let at = self.played;
        self.played += 1;
        self.last_close = candle.close;
        if self.filled.is_none() {
            match self.fill(candle) {
                Some((price, inside)) => {
                    self.filled = Some((at, price));
                    if inside {
                        self.fill_candle(candle, at)
                    } else {
                        self.opened_beyond = self.stopped(self.exits_at(candle.open));
                        self.trade(candle, at)
                    }
                }
                None => self.waits(candle, at),
            }
        } else {
            self.trade(candle, at);
        }
        if let (None, Some((filled, _))) = (self.over, self.filled)
            && at + 1 - filled >= self.play.terms.max_hold
        {
            let exit = self.exits_at(candle.close);
            self.leave(exit, self.rest());
            self.over = Some((Ended::Timeout, at, Some(exit)));
        }
        self.over.is_some()
    }

    /// What became of it so far.
    pub fn outcome(&self) -> Outcome {
        let (ended, end, exit) = match self.over {
            Some((ended, end, exit)) => (ended, Some(end), exit),
            None => {
                let mark = self.filled.map(|_| self.exits_at(self.last_close));
                (Ended::Open, self.played.checked_sub(1), mark)
            }
        };
        let marked = match (self.over, exit) {
            (None, Some(mark)) => self.won + self.rest() * self.result(mark),
            _ => self.won,
        };
        Outcome {
            ended,
            filled: self.filled,
            end,
            exit,
            r: self
                .filled
                .map(|(_, fill)| (marked - self.play.terms.commission) / self.risk(fill)),
            ambiguous: self.ambiguous,
            targets_hit: self.hit,
            targets: self.play.targets.len(),
        }
    }

    /// The risk that R counts by. Beyond the stop loss there is none left to take: |fill − stop loss| could be next to nothing,
    /// or 0.
    fn risk(&self, fill: f64) -> f64 {
        if self.opened_beyond {
            self.play.planned_risk
        } else {
            (fill - self.play.stop).abs()
        }
    }

    /// Candles played.
    pub fn played(&self) -> usize {
        self.played
    }

    /// What a deal that opens the trade costs beyond bid; what closes it, the other way.
    fn enters_at(&self, bid: f64) -> f64 {
        if self.play.sign > 0.0 {
            bid + self.play.terms.spread
        } else {
            bid
        }
    }

    fn exits_at(&self, bid: f64) -> f64 {
        if self.play.sign > 0.0 {
            bid
        } else {
            bid + self.play.terms.spread
        }
    }

    /// The deal that fills the order in this candle, and whether it lay inside it, not at its open.
    fn fill(&self, candle: &Candle) -> Option<(f64, bool)> {
        let open = self.enters_at(candle.open);
        let Some(entry) = self.play.entry.filter(|_| self.play.order != Order::Market) else {
            return Some((open, false));
        };
        let up = (self.play.sign > 0.0) == (self.play.order == Order::Stop);
        let (at_open, reached) = if up {
            (open >= entry, self.enters_at(candle.high) >= entry)
        } else {
            (open <= entry, self.enters_at(candle.low) <= entry)
        };
        if at_open {
            Some((open, false))
        } else {
            reached.then_some((entry, true))
        }
    }

    /// The best and the worst price at which the candle lets the trade out.
    fn extremes(&self, candle: &Candle) -> (f64, f64) {
        if self.play.sign > 0.0 {
            (candle.high, candle.low)
        } else {
            (self.exits_at(candle.low), self.exits_at(candle.high))
        }
    }

    fn stopped(&self, price: f64) -> bool {
        (price - self.play.stop) * self.play.sign <= 0.0
    }

    fn reaches(&self, price: f64, target: f64) -> bool {
        (price - target) * self.play.sign >= 0.0
    }

    fn next_target(&self) -> Option<f64> {
        self.play.targets.get(self.hit).copied()
    }

    /// A candle that does not fill the order.
    fn waits(&mut self, candle: &Candle, at: usize) {
        let (best, worst) = self.extremes(candle);
        let ended = if self.stopped(worst) {
            Some(Ended::Invalidated)
        } else if self.next_target().is_some_and(|t| self.reaches(best, t)) {
            Some(Ended::Missed)
        } else if at + 1 >= self.play.terms.expiry {
            Some(Ended::Expired)
        } else {
            None
        };
        self.over = ended.map(|ended| (ended, at, None));
    }

    /// The candle that filled a resting order inside it: what lay before the fill is not known.
    fn fill_candle(&mut self, candle: &Candle, at: usize) {
        let (best, worst) = self.extremes(candle);
        let close = self.exits_at(candle.close);
        let is_stop_entry = self.play.order == Order::Stop;
        if self.stopped(worst) {
            let target = self.next_target().is_some_and(|t| self.reaches(best, t));
            self.ambiguous |= target || is_stop_entry && !self.stopped(close);
            self.stop(at, self.play.stop);
            return;
        }
        let reached = if is_stop_entry { best } else { close };
        // The open lies before the fill: nothing leaves there.
        self.take(at, reached, f64::NAN);
    }

    /// A candle that the whole trade stands in.
    fn trade(&mut self, candle: &Candle, at: usize) {
        let open = self.exits_at(candle.open);
        if self.stopped(open) {
            return self.stop(at, open);
        }
        let (best, worst) = self.extremes(candle);
        if self.stopped(worst) {
            self.ambiguous |= self.next_target().is_some_and(|t| self.reaches(best, t));
            return self.stop(at, self.play.stop);
        }
        self.take(at, best, open);
    }

    /// Leaves at each target up to `best`; at the open where that lies beyond it.
    fn take(&mut self, at: usize, best: f64, open: f64) {
        while let Some(target) = self.next_target().filter(|t| self.reaches(best, *t)) {
            self.part(at, if self.reaches(open, target) { open } else { target });
        }
    }

    fn part(&mut self, at: usize, price: f64) {
        let share = 1.0 / self.play.targets.len() as f64;
        self.leave(price, share);
        self.hit += 1;
        if self.hit == self.play.targets.len() {
            self.over = Some((Ended::Target, at, Some(price)));
        }
    }

    fn stop(&mut self, at: usize, price: f64) {
        self.leave(price, self.rest());
        self.over = Some((Ended::Stop, at, Some(price)));
    }

    fn leave(&mut self, price: f64, share: f64) {
        self.won += share * self.result(price);
    }

    fn result(&self, exit: f64) -> f64 {
        self.filled.map_or(0.0, |(_, fill)| (exit - fill) * self.play.sign)
    }

    /// The share of the trade that is still on.
    fn rest(&self) -> f64 {
        let all = self.play.targets.len();
        (all - self.hit) as f64 / all as f64
    }
}
