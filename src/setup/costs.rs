//! What dealing costs, by kind of instrument, where nobody says: a share of the price.

use super::Terms;

/// The kinds whose usual costs differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A pair of currencies.
    Forex,
    /// Gold, silver and their like.
    Metal,
    /// A coin against money or a coin.
    Crypto,
    /// An index.
    Index,
    /// A share, and whatever else.
    Stock,
}

const CURRENCIES: [&str; 20] = [
    "USD", "EUR", "GBP", "JPY", "CHF", "AUD", "NZD", "CAD", "SEK", "NOK", "DKK", "PLN", "HUF", "CZK", "TRY", "ZAR",
    "MXN", "SGD", "HKD", "CNH",
];
const METALS: [&str; 6] = ["XAU", "XAG", "XPT", "XPD", "GOLD", "SILVER"];
const COINS: [&str; 14] = [
    "BTC", "XBT", "ETH", "SOL", "XRP", "ADA", "DOGE", "LTC", "BNB", "DOT", "AVAX", "LINK", "TRX", "BCH",
];
const INDICES: [&str; 16] = [
    "SPX", "SP500", "US500", "NAS", "NDX", "US100", "US30", "DJI", "DAX", "GER", "DE40", "UK100", "FTSE", "JP225",
    "NIKKEI", "VIX",
];

impl Kind {
    /// What `symbol` looks like.
    pub fn of(symbol: &str) -> Self {
        let plain: String = symbol.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let plain = plain.to_ascii_uppercase();
        let begins = |list: &[&str]| list.iter().any(|w| plain.starts_with(w));
        let pair = plain.get(..3).zip(plain.get(3..6));
        if begins(&METALS) {
            Kind::Metal
        } else if begins(&COINS) && pair.is_some() {
            Kind::Crypto
        } else if begins(&INDICES) {
            Kind::Index
        } else if pair.is_some_and(|(a, b)| CURRENCIES.contains(&a) && CURRENCIES.contains(&b)) {
            Kind::Forex
        } else {
            Kind::Stock
        }
    }

    /// Spread and commission both ways, in hundredths of a percent of the price: round figures for a retail account, on
    /// the dear side.
    fn basis_points(self) -> (f64, f64) {
        match self {
            Kind::Forex => (1.0, 0.0),
            Kind::Metal => (2.0, 0.0),
            Kind::Index => (1.5, 0.0),
            Kind::Crypto => (1.0, 10.0),
            Kind::Stock => (2.0, 2.0),
        }
    }
}

/// The usual terms for `symbol` at `price`.
pub fn usual(symbol: &str, price: f64) -> Terms {
    let (spread, commission) = Kind::of(symbol).basis_points();
    Terms {
        spread: spread * price / 10_000.0,
        commission: commission * price / 10_000.0,
        ..Terms::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_their_symbols() {
        for (symbol, kind) in [
            ("EURUSD", Kind::Forex),
            ("usd/jpy", Kind::Forex),
            ("XAUUSD", Kind::Metal),
            ("BTCUSDT", Kind::Crypto),
            ("ETH-USD", Kind::Crypto),
            ("SP500", Kind::Index),
            ("GOOGL", Kind::Stock),
            ("", Kind::Stock),
        ] {
            assert_eq!(Kind::of(symbol), kind, "{symbol}");
        }
        let terms = usual("EURUSD", 1.12);
        assert!((terms.spread - 0.000_112).abs() < 1e-12 && terms.commission == 0.0);
    }
}
