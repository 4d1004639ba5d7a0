//! A source of candles as its definition says it: how it is asked, and what its words mean.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::FeedError;
use super::pattern::Pattern;
use crate::market::Timeframe;

/// A source of candles.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The name it is asked for by.
    pub name: String,
    /// What it is.
    pub title: String,
    /// A symbol as it spells them.
    pub example: Option<String>,
    /// The environment variable that holds its key, where it wants one.
    pub key_env: Option<String>,
    pub(super) url: Pattern,
    pub(super) headers: Vec<(String, Pattern)>,
    /// By timeframe, finest first, what the source calls it.
    pub(super) intervals: Vec<(Timeframe, String)>,
    pub(super) page: Option<usize>,
    pub(super) columns: Vec<String>,
    pub(super) zone: TimeZone,
    symbols: Symbols,
    pub(super) loopback: bool,
}

/// How a source spells symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Symbols {
    #[default]
    Any,
    Upper,
    Lower,
}

/// A source as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    name: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    example: Option<String>,
    url: String,
    intervals: BTreeMap<String, String>,
    #[serde(default)]
    page: Option<usize>,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    timezone: Option<String>,
    #[serde(default)]
    symbols: Symbols,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    key_env: Option<String>,
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let definition = Definition::deserialize(deserializer)?;
        let name = definition.name.clone();
        Source::of(definition).map_err(|reason| serde::de::Error::custom(format!("source {name}: {reason}")))
    }
}

impl Source {
    fn of(definition: Definition) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if definition.name.is_empty() || !definition.name.chars().all(plain) {
            return Err("its name may hold letters, digits, - and _ only".to_owned());
        }
        let url = Pattern::parse(&definition.url)?;
        let address = url::Url::parse(&definition.url).map_err(|e| format!("its url is no address: {e}"))?;
        let loopback = crate::web::is_loopback(&address);
        match address.scheme() {
            "https" => {}
            "http" if loopback || definition.key_env.is_none() => {}
            "http" => return Err("plain http sends the key in the clear; use https".to_owned()),
            _ => return Err("its url must begin with https://".to_owned()),
        }
        if !url.has_symbol() {
            return Err("its url has no {symbol}".to_owned());
        }
        let headers = definition
            .headers
            .iter()
            .map(|line| {
                let (name, value) = line
                    .split_once(':')
                    .ok_or_else(|| format!("header `{line}` has no colon"))?;
                Ok((name.trim().to_owned(), Pattern::parse(value.trim())?))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let wants_key = url.has_key() || headers.iter().any(|(_, value)| value.has_key());
        if wants_key != definition.key_env.is_some() {
            return Err("{key} and key_env go together: one says where the key goes, the other where it is".to_owned());
        }
        if url.has_from() && !url.has_to() {
            return Err("its url says {from} but not {to}".to_owned());
        }
        if definition.page == Some(0) {
            return Err("a page has at least one candle".to_owned());
        }
        let mut intervals = definition
            .intervals
            .into_iter()
            .map(|(name, word)| Ok((name.parse::<Timeframe>().map_err(|e| e.to_string())?, word)))
            .collect::<Result<Vec<_>, String>>()?;
        if intervals.is_empty() {
            return Err("its intervals name no timeframe".to_owned());
        }
        intervals.sort_by_key(|(timeframe, _)| *timeframe);
        let zone = match definition.timezone.as_deref() {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| format!("`{name}` is no time zone"))?,
        };
        Ok(Self {
            title: definition.title.unwrap_or_else(|| definition.name.clone()),
            name: definition.name,
            example: definition.example,
            key_env: definition.key_env,
            url,
            headers,
            intervals,
            page: definition.page,
            columns: definition.columns,
            zone,
            symbols: definition.symbols,
            loopback,
        })
    }

    /// What the source calls `timeframe`.
    ///
    /// # Errors
    /// [`FeedError::Timeframe`] when it has none such; the error names those it has.
    pub fn interval(&self, timeframe: Timeframe) -> Result<&str, FeedError> {
        let found = self.intervals.iter().find(|(t, _)| *t == timeframe);
        found
            .map(|(_, word)| word.as_str())
            .ok_or_else(|| FeedError::Timeframe {
                origin: self.name.clone(),
                asked: timeframe,
                offered: self.timeframes().map(|t| t.to_string()).collect::<Vec<_>>().join(", "),
            })
    }

    /// The timeframes it has, finest first.
    pub fn timeframes(&self) -> impl Iterator<Item = Timeframe> + '_ {
        self.intervals.iter().map(|(timeframe, _)| *timeframe)
    }

    /// A symbol as the source spells it.
    pub(super) fn spell(&self, symbol: &str) -> String {
        let symbol = symbol.trim();
        match self.symbols {
            Symbols::Any => symbol.to_owned(),
            Symbols::Upper => symbol.to_uppercase(),
            Symbols::Lower => symbol.to_lowercase(),
        }
    }
}

/// The sources that ship.
pub fn shipped() -> &'static [Source] {
    #[derive(Deserialize)]
    struct File {
        sources: Vec<Source>,
    }
    static SHIPPED: LazyLock<Vec<Source>> = LazyLock::new(|| {
        // Compiled in, and a test reads it: what could not be read would be none.
        toml::from_str::<File>(include_str!("../../assets/sources.toml")).map_or_else(|_| Vec::new(), |f| f.sources)
    });
    &SHIPPED
}

/// The source of this name, the analyst's own before those that ship.
///
/// # Errors
/// [`FeedError::UnknownSource`] with the nearest name.
pub fn find<'s>(own: &'s [Source], name: &str) -> Result<&'s Source, FeedError> {
    let all = || own.iter().chain(shipped());
    all()
        .find(|source| source.name == name)
        .ok_or_else(|| FeedError::UnknownSource {
            name: crate::text::clean_line(name),
            hint: match crate::text::nearest(name, all().map(|s| s.name.as_str())) {
                Some(near) => format!("did you mean {near}?"),
                None => format!(
                    "there are {}",
                    all().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ")
                ),
            },
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        toml::from_str::<Source>(text).unwrap_err().message().to_owned()
    }

    #[test]
    fn those_that_ship_can_be_read() {
        let names: Vec<&str> = shipped().iter().map(|s| s.name.as_str()).collect();
        assert_eq!(
            names,
            ["binance", "coinbase", "stooq", "yahoo", "twelvedata", "alphavantage"]
        );
        assert!(shipped().iter().all(|s| s.interval(Timeframe::D1).is_ok()));
    }

    #[test]
    fn faults_say_what_to_change() {
        let with = |more: &str| format!("name = \"x\"\nintervals = {{ H1 = \"1h\" }}\n{more}");
        assert!(fault(&with("url = \"https://x/y\"")).contains("has no {symbol}"));
        assert!(fault(&with("url = \"https://x/{symbol}{key}\"")).contains("key_env"));
        assert!(fault(&with("url = \"http://x.org/{symbol}{key}\"\nkey_env = \"K\"")).contains("in the clear"));
        assert!(fault(&with("url = \"ftp://x/{symbol}\"")).contains("https"));
        assert!(fault(&with("url = \"https://x/{symbol}\"\npage = 0")).contains("at least one"));
        assert!(fault(&with("url = \"https://x/{symbol}\"\ntimezone = \"Mars/X\"")).contains("no time zone"));
        assert!(fault("name = \"a b\"\nurl = \"https://x/{symbol}\"\nintervals = {}").contains("letters"));
        assert!(
            fault("name = \"a\"\nurl = \"https://x/{symbol}\"\nintervals = { soon = \"1\" }").contains("no timeframe")
        );
    }

    #[test]
    fn unknown_names_get_the_nearest() {
        assert!(
            find(&[], "binnance")
                .unwrap_err()
                .to_string()
                .contains("did you mean binance?")
        );
    }
}
