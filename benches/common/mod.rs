//! What the measured caches hold: prompts of 2 KiB and answers of 4 KiB, of words in no order.

use wickdesk::cache::{Entry, Header};

pub const NOW: i64 = 1_700_000_000_000;
pub const PROMPT: usize = 2 << 10;
const ANSWER: usize = 4 << 10;

/// The same numbers for the same seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
}

/// Words in no order: text that compresses about as prose does.
pub fn words(seed: u64, length: usize) -> String {
    const WORDS: [&str; 64] = [
        "price",
        "the",
        "swing",
        "high",
        "low",
        "of",
        "a",
        "fair",
        "value",
        "gap",
        "order",
        "block",
        "at",
        "and",
        "with",
        "bearish",
        "bullish",
        "structure",
        "break",
        "stop",
        "below",
        "above",
        "target",
        "retracement",
        "level",
        "candle",
        "closed",
        "session",
        "liquidity",
        "sweep",
        "is",
        "in",
        "range",
        "trend",
        "momentum",
        "oversold",
        "RSI",
        "ATR",
        "1.0832",
        "1.0911",
        "0.618",
        "0.786",
        "14",
        "50",
        "200",
        "if",
        "invalid",
        "then",
        "confirmation",
        "entry",
        "long",
        "short",
        "risk",
        "reward",
        "ratio",
        "volume",
        "profile",
        "point",
        "control",
        "hour",
        "daily",
        "weekly",
        "to",
        "from",
    ];
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        text.push_str(WORDS[random.below(64) as usize]);
        text.push(if random.below(12) == 0 { '\n' } else { ' ' });
    }
    text.truncate(length);
    text
}

pub fn entry(n: u64) -> Entry {
    // One came after the other.
    let mut header = Header::new(0, NOW + (n % (1 << 32)) as i64, None);
    header.requested_model = "openai/gpt-4o".to_owned();
    header.model = "gpt-4o-2024-08-06".to_owned();
    header.label = format!("smc · EURUSD H1 as of candle {n}");
    header.latency_ms = 8_400.0;
    header.cost_usd = Some(0.0123);
    Entry {
        header,
        text: words(n ^ 0xA5A5, ANSWER),
    }
}
