//! The `request` object of the facts block: what a template asks of an answer, as data.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What a template asks of an answer. Values stay as they were given, so that a reader can name one it cannot use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockRequest {
    /// The side to trade: `long`, `short` or `either`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<Json>,
    /// The least reward for one of risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_reward: Option<Json>,
    /// Candles for which a setup is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_bars: Option<Json>,
    /// The name of an [`Emphasis`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emphasis: Option<Json>,
    /// Whether the answer proposes a setup. Most templates ask for one, so only `false` is written.
    #[serde(default = "asked", skip_serializing_if = "is_asked")]
    pub setup: bool,
}

impl Default for BlockRequest {
    /// Nothing but a setup.
    fn default() -> Self {
        Self {
            bias: None,
            least_reward: None,
            valid_bars: None,
            emphasis: None,
            setup: asked(),
        }
    }
}

fn asked() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_asked(setup: &bool) -> bool {
    *setup
}

/// Candles for which a setup is valid where the template gives no number.
pub const VALID_BARS: u32 = 12;

/// The facts that count most in an answer, and the levels it enters at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Emphasis {
    /// Structure, order blocks, gaps and liquidity.
    Structure,
    /// The retracement of the last leg.
    Fibonacci,
    /// RSI and its divergences.
    Rsi,
    /// Everything alike.
    #[default]
    Confluence,
}

impl Emphasis {
    /// The names a template can give.
    pub const NAMES: [&str; 4] = ["structure", "fibonacci", "rsi", "confluence"];

    /// The emphasis of this name. `smc`, `fib` and `momentum` are other names of the first three.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "structure" | "smc" => Some(Self::Structure),
            "fibonacci" | "fib" => Some(Self::Fibonacci),
            "rsi" | "momentum" => Some(Self::Rsi),
            "confluence" => Some(Self::Confluence),
            _ => None,
        }
    }

    /// Its name in a request.
    pub fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Fibonacci => "fibonacci",
            Self::Rsi => "rsi",
            Self::Confluence => "confluence",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_its_own_emphasis() {
        for name in Emphasis::NAMES {
            assert_eq!(Emphasis::named(name).unwrap().name(), name);
        }
        assert_eq!(Emphasis::named("everything"), None);
    }

    #[test]
    fn a_setup_is_asked_for_unless_the_request_says_no() {
        let read = |json: &str| serde_json::from_str::<BlockRequest>(json).unwrap();
        assert_eq!(read("{}"), BlockRequest::default());
        let none = read(r#"{"setup": false}"#);
        assert_eq!(serde_json::to_string(&none).unwrap(), r#"{"setup":false}"#);
    }
}
