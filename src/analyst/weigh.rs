//! The votes: what each kind of fact says for up or down, and how much it counts by the request's emphasis.
//!
//! | fact | structure | fibonacci | rsi | confluence |
//! |---|---:|---:|---:|---:|
//! | swing structure (size 50) its way | 2 | 1 | 1 | 1½ |
//! | internal structure (size 5) its way | 1 | 1 | 1 | 1 |
//! | EMA 20, 50, 200 stacked with price on the outer side | 1 | 1 | 1 | 1 |
//! | RSI over 55 up, under 45 down | ½ | ½ | 1 | ½ |
//! | RSI divergence, the newest, its way; half as much if hidden | 1 | 1 | 2 | 1 |
//! | discount up, premium down | 1 | 1 | 1 | 1 |
//! | the last leg its way | – | 1½ | – | ½ |
//! | close above the value area up, below it down | ½ | ½ | ½ | ½ |
//!
//! Two or more net votes are a direction; fewer are a contradiction, and no trade.

use crate::facts::dealing_range::Zone;
use crate::facts::{Block, Direction, Emphasis};

/// One fact's say.
pub(super) struct Vote {
    /// What speaks, with its value.
    pub reason: String,
    /// Positive for up, negative for down.
    pub weight: f64,
}

/// All votes and what they come to.
pub(super) struct View {
    pub votes: Vec<Vote>,
    pub score: f64,
    pub direction: Option<Direction>,
}

/// Net votes that make a direction.
pub(super) const ENOUGH: f64 = 2.0;

pub(super) fn weigh(block: &Block, emphasis: Emphasis) -> View {
    let mut votes = Vec::new();
    structure(block, emphasis, &mut votes);
    averages(block, &mut votes);
    momentum(block, emphasis, &mut votes);
    location(block, emphasis, &mut votes);
    let score: f64 = votes.iter().map(|v| v.weight).sum();
    let direction = if score >= ENOUGH {
        Some(Direction::Bullish)
    } else if score <= -ENOUGH {
        Some(Direction::Bearish)
    } else {
        None
    };
    View {
        votes,
        score,
        direction,
    }
}

fn signed(direction: Direction, weight: f64) -> f64 {
    weight * f64::from(direction.sign())
}

fn structure(block: &Block, emphasis: Emphasis, votes: &mut Vec<Vote>) {
    let swing = match emphasis {
        Emphasis::Structure => 2.0,
        Emphasis::Fibonacci | Emphasis::Rsi => 1.0,
        Emphasis::Confluence => 1.5,
    };
    for part in &block.structure {
        let weight = if part.size == "swing" { swing } else { 1.0 };
        let last = part
            .breaks
            .first()
            .map(|b| format!(" (last: {} through {} at {})", b.kind, b.level, b.time));
        votes.push(Vote {
            reason: format!("{} structure is {}{}", part.size, part.trend, last.unwrap_or_default()),
            weight: signed(part.trend, weight),
        });
    }
}

fn averages(block: &Block, votes: &mut Vec<Vote>) {
    let (Some(price), [Some(fast), Some(middle), Some(slow)]) =
        (&block.price, [20, 50, 200].map(|n| block.ema.get(&n).copied()))
    else {
        return;
    };
    let stack = format!("EMA 20 {fast}, 50 {middle}, 200 {slow}");
    let (words, weight) = if price.close > fast && fast > middle && middle > slow {
        ("stacked upwards under the close", 1.0)
    } else if price.close < fast && fast < middle && middle < slow {
        ("stacked downwards over the close", -1.0)
    } else {
        ("not stacked", 0.0)
    };
    votes.push(Vote {
        reason: format!("{stack}: {words}"),
        weight,
    });
}

fn momentum(block: &Block, emphasis: Emphasis, votes: &mut Vec<Vote>) {
    let much = if emphasis == Emphasis::Rsi { 2.0 } else { 1.0 };
    if let Some(rsi) = &block.rsi {
        let (word, weight) = match rsi.value {
            v if v > 55.0 => ("momentum is up", 0.5 * much),
            v if v < 45.0 => ("momentum is down", -0.5 * much),
            _ => ("momentum is neutral", 0.0),
        };
        votes.push(Vote {
            reason: format!("RSI 14 at {}: {word}", rsi.value),
            weight,
        });
    }
    if let Some(newest) = block.divergence.first() {
        let name = newest.kind.name().replace('_', " ");
        let weight = if name.starts_with("regular") { much } else { 0.5 * much };
        votes.push(Vote {
            reason: format!("{name} RSI divergence between {} and {}", newest.first, newest.second),
            weight: signed(newest.kind.direction(), weight),
        });
    }
}

fn location(block: &Block, emphasis: Emphasis, votes: &mut Vec<Vote>) {
    let leg = match emphasis {
        Emphasis::Fibonacci => 1.5,
        Emphasis::Confluence => 0.5,
        Emphasis::Structure | Emphasis::Rsi => 0.0,
    };
    if let Some(fib) = block.fib.first().filter(|_| leg > 0.0) {
        votes.push(Vote {
            reason: format!("the last {} leg runs from {} to {}", fib.leg, fib.from, fib.to),
            weight: signed(fib.direction, leg),
        });
    }
    if let Some(range) = &block.range {
        let weight = match range.zone {
            Zone::Discount => 1.0,
            Zone::Premium => -1.0,
            Zone::Equilibrium => 0.0,
        };
        votes.push(Vote {
            reason: format!(
                "price is in {} of {} to {} (at {:.0} %)",
                range.zone,
                range.low,
                range.high,
                range.position * 100.0
            ),
            weight,
        });
    }
    if let (Some(profile), Some(price)) = (&block.profile, &block.price) {
        let (words, weight) = if price.close > profile.vah {
            ("above the value area", 0.5)
        } else if price.close < profile.val {
            ("below the value area", -0.5)
        } else {
            ("inside the value area", 0.0)
        };
        votes.push(Vote {
            reason: format!(
                "close {words} ({} to {}, point of control {})",
                profile.val, profile.vah, profile.poc
            ),
            weight,
        });
    }
}
