//! Where live candles are: `binance:BTCUSDT:H1`, wherever a candle file may be named.

use std::fmt;

use crate::market::Timeframe;

/// Live candles by name: source, symbol and timeframe, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locator {
    /// The source's name.
    pub origin: String,
    /// The symbol as the source spells it.
    pub symbol: String,
    /// The spacing.
    pub timeframe: Timeframe,
    /// How many of the newest candles.
    pub limit: usize,
}

impl Locator {
    /// How many candles are fetched unless said.
    pub const LIMIT: usize = 1_000;
    /// No more candles than these are fetched.
    pub const MOST: usize = 1_000_000;

    /// Reads `SOURCE:SYMBOL:TIMEFRAME`, or with `:COUNT` behind it; anything else is none. A symbol may hold colons.
    pub fn parse(text: &str) -> Option<Self> {
        let (origin, rest) = text.split_once(':')?;
        let (rest, limit) = match rest.rsplit_once(':') {
            Some((before, count)) if before.contains(':') && ends_in_timeframe(before) => match count.parse() {
                Ok(count) => (before, count),
                Err(_) => (rest, Self::LIMIT),
            },
            _ => (rest, Self::LIMIT),
        };
        let (symbol, timeframe) = rest.rsplit_once(':')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        // One letter is a drive.
        if origin.len() < 2 || !origin.chars().all(plain) || symbol.is_empty() {
            return None;
        }
        Some(Self {
            origin: origin.to_owned(),
            symbol: symbol.to_owned(),
            timeframe: timeframe.parse().ok()?,
            limit: limit.clamp(1, Self::MOST),
        })
    }
}

fn ends_in_timeframe(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(_, last)| last.parse::<Timeframe>().is_ok())
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.origin, self.symbol, self.timeframe)?;
        if self.limit != Self::LIMIT {
            write!(f, ":{}", self.limit)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "binance:BTCUSDT:H1",
            "twelvedata:AAPL:NASDAQ:D1",
            "yahoo:EURUSD=X:M15:500",
        ] {
            assert_eq!(Locator::parse(text).unwrap().to_string(), text);
        }
        let symbol = Locator::parse("twelvedata:AAPL:NASDAQ:D1").unwrap().symbol;
        assert_eq!(symbol, "AAPL:NASDAQ");
    }

    #[test]
    fn files_are_none() {
        for text in [
            "candles.csv",
            "C:\\x:H1",
            "binance:BTCUSDT",
            "a b:c:H1",
            "binance::H1",
            "x:y:z",
        ] {
            assert_eq!(Locator::parse(text), None, "{text}");
        }
    }
}
