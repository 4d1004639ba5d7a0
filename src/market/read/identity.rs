//! Symbol and timeframe from a file's name: `XAUUSD_H1_mt5.csv`, `FX_EURUSD, 60.csv`, `DAT_ASCII_EURUSD_M1_2023.csv`.

use crate::market::Timeframe;

/// Parts of export names that are no instrument.
const NOT_SYMBOLS: [&str; 24] = [
    "DAT",
    "ASCII",
    "MT",
    "NT",
    "FX",
    "OANDA",
    "FOREXCOM",
    "BINANCE",
    "COINBASE",
    "KRAKEN",
    "BITSTAMP",
    "BYBIT",
    "NASDAQ",
    "NYSE",
    "CME",
    "TVC",
    "FOREX",
    "STOCKS",
    "HISTORICAL",
    "DATA",
    "CANDLES",
    "CANDLESTICK",
    "EXPORT",
    "PRICES",
];

/// The symbol that `name` (a file name or path) names, if any.
pub(super) fn symbol(name: &str) -> Option<String> {
    if name == super::STDIN {
        return None;
    }
    tokens(name)
        .find(|t| {
            let upper = t.to_uppercase();
            t.len() >= 2
                && t.chars().any(char::is_alphabetic)
                && t.parse::<Timeframe>().is_err()
                && !NOT_SYMBOLS.contains(&upper.as_str())
        })
        .map(|t| t.to_uppercase())
}

/// The timeframe that `name` names, if any. A bare number is minutes only behind a comma, as TradingView writes it.
pub(super) fn timeframe(name: &str) -> Option<Timeframe> {
    tokens(name).find_map(|t| {
        let letters = t.chars().any(char::is_alphabetic);
        let digits = t.chars().any(|c| c.is_ascii_digit());
        let tradingview = name.contains(&format!(", {t}"));
        (digits && (letters || tradingview) || t.eq_ignore_ascii_case("daily"))
            .then(|| t.parse().ok())
            .flatten()
    })
}

fn tokens(name: &str) -> impl Iterator<Item = &str> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.split('.').next().unwrap_or(file);
    stem.split(|c: char| !c.is_alphanumeric()).filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell() {
        let tell = |n: &str| (symbol(n), timeframe(n).map(|t| t.to_string()));
        let is = |s: &str, t: &str| (Some(s.to_owned()), Some(t.to_owned()));
        assert_eq!(tell("data/XAUUSD_H1_mt5.csv"), is("XAUUSD", "H1"));
        assert_eq!(tell("FX_EURUSD, 60.csv"), is("EURUSD", "H1"));
        assert_eq!(tell("DAT_ASCII_GBPUSD_M1_2023.csv"), is("GBPUSD", "M1"));
        assert_eq!(tell("btcusdt-4h-2024.csv"), is("BTCUSDT", "H4"));
        assert_eq!(tell("2024.csv"), (None, None));
    }
}
