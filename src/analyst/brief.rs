//! What the analyst is asked: the facts block of the prompt, and what the prompt says about the answer it wants.

use crate::facts::Block;
use crate::message::Message;

/// What a prompt looks at: the sections of its facts block tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Emphasis {
    /// Structure, order blocks, gaps and liquidity.
    Structure,
    /// The retracement of the last leg.
    Fibonacci,
    /// RSI and its divergences.
    Momentum,
    /// Everything alike.
    Confluence,
}

impl Emphasis {
    /// That of a block with these sections.
    fn of(sections: &serde_json::Map<String, serde_json::Value>) -> Self {
        let has = |name: &str| sections.contains_key(name);
        match (has("order_blocks") || has("fvg"), has("fib"), has("divergence")) {
            (true, false, _) => Self::Structure,
            (false, true, false) => Self::Fibonacci,
            (false, false, true) => Self::Momentum,
            _ => Self::Confluence,
        }
    }

    /// In words, as the answer says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Structure => {
                "structure first: entries at order blocks and gaps, bought in discount and sold in premium"
            }
            Self::Fibonacci => "the retracement first: entries at its levels, with the leg",
            Self::Momentum => "momentum first: divergence and regime, entries at swings and averages",
            Self::Confluence => "confluence: everything counts alike, entries where the most levels lie together",
        }
    }
}

/// A prompt, as far as rules can read it.
pub(super) struct Brief {
    pub block: Block,
    /// What it looks at.
    pub emphasis: Emphasis,
    /// Whether the prompt asks for a setup block.
    pub wants_setup: bool,
    /// Candles for which a setup is to stand.
    pub valid_bars: u32,
    /// The least reward for one of risk.
    pub least_reward: f64,
    /// The direction the analyst would rather trade.
    pub bias: Option<crate::facts::Direction>,
}

/// Without a block there is nothing to compute from.
const NO_FACTS: &str = "The offline analyst computes its answer from a prompt's facts block, and this prompt has none: \
    load candles and use a template (-t smc -c FILE), or ask a language model (-m openai/gpt-4o).\n";
const BROKEN_FACTS: &str = "The offline analyst cannot read this prompt's facts block: it is not as {{ facts }} writes it. Use {{ facts }} as it is.\n";

impl Brief {
    /// Reads the first facts block; text that was pasted in cannot hold one.
    pub fn of(messages: &[Message]) -> Result<Self, &'static str> {
        let text: String = messages.iter().map(|m| m.text.as_str()).collect::<Vec<_>>().join("\n");
        let (_, rest) = text.split_once("```facts\n").ok_or(NO_FACTS)?;
        let (json, _) = rest.split_once("\n```").ok_or(BROKEN_FACTS)?;
        let sections: serde_json::Map<_, _> = serde_json::from_str(json).map_err(|_| BROKEN_FACTS)?;
        let block: Block = serde_json::from_str(json).map_err(|_| BROKEN_FACTS)?;
        let after = |mark: &str| {
            let (_, rest) = text.rsplit_once(mark)?;
            let number: String = rest
                .trim_start()
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect();
            number.trim_end_matches('.').parse::<f64>().ok()
        };
        let bias = [
            ("rather trade long", crate::facts::Direction::Bullish),
            ("rather trade short", crate::facts::Direction::Bearish),
        ]
        .into_iter()
        .find(|(words, _)| text.contains(words))
        .map(|(_, direction)| direction);
        let bars = after("\"valid_bars\":").filter(|n| (1.0..=1_000.0).contains(n));
        Ok(Self {
            emphasis: Emphasis::of(&sections),
            block,
            wants_setup: text.contains("```setup"),
            // Whole by the parse above; the cast truncates what is not.
            valid_bars: bars.map_or(12, |n| n as u32),
            least_reward: after("Less than").filter(|n| (0.5..=10.0).contains(n)).unwrap_or(1.5),
            bias,
        })
    }
}
