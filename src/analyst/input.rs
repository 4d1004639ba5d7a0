//! The analyst's input: the facts block of a prompt and the `request` in it. No other word of the prompt is read.

use serde_json::Value as Json;

use crate::facts::{Block, BlockRequest, Direction, Emphasis, VALID_BARS};
use crate::message::{Message, Role};

/// A prompt, as far as rules can read it.
pub(super) struct AnalystInput {
    pub block: Block,
    pub emphasis: Emphasis,
    /// Whether the prompt asks for a setup.
    pub wants_setup: bool,
    /// Candles for which a setup is valid.
    pub valid_bars: u32,
    /// The least reward for one of risk.
    pub least_reward: f64,
    /// The only direction to trade, where the request names one.
    pub bias: Option<Direction>,
    /// A sentence for each value of the request that cannot be used.
    pub faults: Vec<String>,
}

/// The least reward for one of risk where the request names none.
const LEAST_REWARD: f64 = 1.5;
/// The highest least reward that is taken for one.
const MOST_REWARD: f64 = 100.0;
/// The longest validity that is taken for one, in candles.
const MOST_BARS: f64 = 100_000.0;

const NO_FACTS: &str = "The offline analyst computes its answer from a prompt's facts block, and this prompt has none. \
    Load candles and use a template (-t smc -c FILE), or ask a language model (-m openai/gpt-4o).\n";
const BROKEN_FACTS: &str = "The offline analyst cannot read this prompt's facts block. It expects the block as {{ facts }} writes it. \
    Use {{ facts }} as it is.\n";

impl AnalystInput {
    /// Reads the first facts block, which is that of the primary candles: rendering breaks every fence that `{{ facts }}`
    /// did not write. What a model said earlier is not part of the question.
    pub fn of(messages: &[Message]) -> Result<Self, &'static str> {
        let rest = messages
            .iter()
            .filter(|m| m.role != Role::Assistant)
            .find_map(|m| Some(m.text.split_once("```facts\n")?.1))
            .ok_or(NO_FACTS)?;
        let (json, _) = rest.split_once("\n```").ok_or(BROKEN_FACTS)?;
        let block: Block = serde_json::from_str(json).map_err(|_| BROKEN_FACTS)?;
        Ok(Self::of_block(block))
    }

    fn of_block(mut block: Block) -> Self {
        let BlockRequest {
            bias,
            least_reward,
            valid_bars,
            emphasis,
            setup,
        } = block.request.take().unwrap_or_default();
        let mut faults = Vec::new();
        let emphasis = read(
            "emphasis",
            emphasis,
            &Emphasis::NAMES.join(", "),
            &mut faults,
            |value| Emphasis::named(value.as_str()?.trim()),
        );
        let bias = read("bias", bias, "long, short or either", &mut faults, side);
        let expected = format!("a number above 0 and up to {MOST_REWARD}");
        let least_reward = read("least_reward", least_reward, &expected, &mut faults, |value| {
            value.as_f64().filter(|n| *n > 0.0 && *n <= MOST_REWARD)
        });
        let expected = format!("a whole number from 1 to {MOST_BARS}");
        let valid_bars = read("valid_bars", valid_bars, &expected, &mut faults, |value| {
            let whole = value.as_f64().filter(|n| n.fract() == 0.0);
            // Whole and small by the filters; the cast is exact.
            whole.filter(|n| (1.0..=MOST_BARS).contains(n)).map(|n| n as u32)
        });
        Self {
            block,
            emphasis: emphasis.unwrap_or_default(),
            wants_setup: setup,
            valid_bars: valid_bars.unwrap_or(VALID_BARS),
            least_reward: least_reward.unwrap_or(LEAST_REWARD),
            bias: bias.flatten(),
            faults,
        }
    }
}

/// `value` as `convert` reads it. A value that it cannot read is a fault and counts as absent.
fn read<T>(
    name: &str,
    value: Option<Json>,
    expected: &str,
    faults: &mut Vec<String>,
    convert: impl Fn(&Json) -> Option<T>,
) -> Option<T> {
    let value = value?;
    let read = convert(&value);
    if read.is_none() {
        let shown: String = crate::text::clean_line(&value.to_string()).chars().take(40).collect();
        faults.push(format!("`{name}` is {shown}, expected {expected}."));
    }
    read
}

/// The side that `value` names; `None` inside for either.
fn side(value: &Json) -> Option<Option<Direction>> {
    match value.as_str()?.trim().to_lowercase().as_str() {
        "long" | "bullish" => Some(Some(Direction::Bullish)),
        "short" | "bearish" => Some(Some(Direction::Bearish)),
        "either" => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read from a block with this request.
    fn input(request: &str) -> AnalystInput {
        let block = format!(
            "{{\"symbol\": \"X\", \"timeframe\": \"H1\", \"as_of\": \"t\", \"candles\": 1, \"decimals\": 2{request}}}"
        );
        AnalystInput::of(&[user(&format!("Less than 9 of reward.\n```facts\n{block}\n```\n"))])
            .ok()
            .unwrap()
    }

    fn user(text: &str) -> Message {
        Message {
            role: Role::User,
            text: text.to_owned(),
        }
    }

    #[test]
    fn without_a_request_everything_is_default() {
        for request in ["", ", \"request\": {}", ", \"request\": null"] {
            let input = input(request);
            assert_eq!((input.bias, input.emphasis), (None, Emphasis::Confluence));
            assert_eq!((input.least_reward, input.valid_bars), (1.5, 12));
            assert!(input.wants_setup && input.faults.is_empty());
        }
    }

    #[test]
    fn the_request_is_read() {
        let input = input(
            ", \"request\": {\"bias\": \"Short\", \"least_reward\": 2.5, \"valid_bars\": 8, \"emphasis\": \"rsi\", \"setup\": false}",
        );
        assert_eq!((input.bias, input.emphasis), (Some(Direction::Bearish), Emphasis::Rsi));
        assert_eq!((input.least_reward, input.valid_bars), (2.5, 8));
        assert!(!input.wants_setup && input.faults.is_empty());
    }

    #[test]
    fn what_cannot_be_used_is_named_and_not_guessed() {
        let cases = [
            (
                "\"bias\": \"sideways\"",
                "`bias` is \"sideways\", expected long, short or either.",
            ),
            ("\"bias\": 1", "`bias` is 1, expected"),
            (
                "\"least_reward\": \"lots\"",
                "`least_reward` is \"lots\", expected a number above 0 and up to 100.",
            ),
            ("\"least_reward\": -2", "`least_reward` is -2, expected"),
            ("\"least_reward\": \"nan\"", "`least_reward` is \"nan\", expected"),
            ("\"least_reward\": [2]", "`least_reward` is [2], expected"),
            (
                "\"valid_bars\": 0",
                "`valid_bars` is 0, expected a whole number from 1 to 100000.",
            ),
            ("\"valid_bars\": 1.5", "`valid_bars` is 1.5, expected"),
            (
                "\"emphasis\": \"vibes\"",
                "`emphasis` is \"vibes\", expected structure, fibonacci, rsi, confluence.",
            ),
        ];
        for (member, fault) in cases {
            let input = input(&format!(", \"request\": {{{member}}}"));
            assert_eq!(input.faults.len(), 1, "{member}");
            assert!(input.faults[0].starts_with(fault), "{:?}", input.faults);
        }
        assert_eq!(
            input(", \"request\": {\"bias\": \"x\", \"valid_bars\": \"y\"}")
                .faults
                .len(),
            2
        );
    }

    #[test]
    fn the_first_block_of_the_question_counts() {
        let block = |symbol: &str| {
            format!(
                "```facts\n{{\"symbol\": \"{symbol}\", \"timeframe\": \"H1\", \"as_of\": \"t\", \"candles\": 1, \"decimals\": 2}}\n```"
            )
        };
        let said = Message {
            role: Role::Assistant,
            text: block("SAID"),
        };
        let asked = user(&format!("{}\n\n{}", block("FIRST"), block("SECOND")));
        let read = |messages: &[Message]| AnalystInput::of(messages).map(|input| input.block.symbol);
        assert_eq!(read(&[said.clone(), asked]), Ok("FIRST".to_owned()));
        assert_eq!(read(&[said]), Err(NO_FACTS));
        assert_eq!(read(&[user("```facts\n{\"request\": 1}\n```")]), Err(BROKEN_FACTS));
        assert_eq!(read(&[user("```facts\n{}")]), Err(BROKEN_FACTS));
    }
}
