//! Words with blanks in braces: the addresses and headers of a source, and what fills them.

use crate::market::timestamp;
use crate::secret::Secret;

/// What a blank stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blank {
    Symbol,
    Interval,
    Limit,
    Size,
    Key,
    From(Form),
    To(Form),
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Seconds,
    Milliseconds,
    Iso,
    Time,
    Date,
    Day,
}

/// The forms of a time, by what follows `from` or `to`.
const FORMS: [(&str, Form); 6] = [
    ("", Form::Seconds),
    ("_ms", Form::Milliseconds),
    ("_iso", Form::Iso),
    ("_time", Form::Time),
    ("_date", Form::Date),
    ("_day", Form::Day),
];

/// The blanks that are no times.
const PLAIN: [(&str, Blank); 5] = [
    ("symbol", Blank::Symbol),
    ("interval", Blank::Interval),
    ("limit", Blank::Limit),
    ("size", Blank::Size),
    ("key", Blank::Key),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Blank(Blank),
}

/// Words with blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

/// What one call fills the blanks with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filling<'a> {
    pub symbol: &'a str,
    pub interval: &'a str,
    /// Candles asked for.
    pub limit: usize,
    pub key: Option<&'a Secret>,
    /// The first open time asked for, UTC epoch seconds.
    pub from: i64,
    /// The last open time asked for, in milliseconds.
    pub to_ms: i64,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after
                .split_once('}')
                .ok_or_else(|| format!("`{{{after}` is not closed"))?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Blank(blank(name).ok_or_else(|| unknown(name))?));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    fn any(&self, test: impl Fn(Blank) -> bool) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Blank(b) if test(*b)))
    }

    pub fn has_symbol(&self) -> bool {
        self.any(|b| b == Blank::Symbol)
    }

    pub fn has_key(&self) -> bool {
        self.any(|b| b == Blank::Key)
    }

    /// Whether it says from when.
    pub fn has_from(&self) -> bool {
        self.any(|b| matches!(b, Blank::From(_)))
    }

    /// Whether it says until when.
    pub fn has_to(&self) -> bool {
        self.any(|b| matches!(b, Blank::To(_)))
    }

    /// The words for an address: what comes from the analyst is escaped, the source's own words are not.
    pub fn address(&self, filling: &Filling<'_>) -> String {
        let escape = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        self.fill(filling, |blank, text| match blank {
            Blank::Interval => text.to_owned(),
            // A plus is a blank in a query only; this stands in paths too.
            _ => escape(text).replace('+', "%20"),
        })
    }

    /// The words for a header.
    pub fn header(&self, filling: &Filling<'_>) -> String {
        self.fill(filling, |_, text| text.to_owned())
    }

    fn fill(&self, filling: &Filling<'_>, write: impl Fn(Blank, &str) -> String) -> String {
        let value = |blank: Blank| match blank {
            Blank::Symbol => filling.symbol.to_owned(),
            Blank::Interval => filling.interval.to_owned(),
            Blank::Limit => filling.limit.to_string(),
            Blank::Size => if filling.limit <= 100 { "compact" } else { "full" }.to_owned(),
            Blank::Key => filling.key.map(|k| k.expose().to_owned()).unwrap_or_default(),
            Blank::From(form) => written(filling.from.saturating_mul(1_000), form),
            Blank::To(form) => written(filling.to_ms, form),
        };
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Blank(blank) => write(*blank, &value(*blank)),
            })
            .collect()
    }
}

fn blank(name: &str) -> Option<Blank> {
    let plain = PLAIN.iter().find(|(n, _)| *n == name).map(|(_, blank)| *blank);
    let form = |ending: &str| FORMS.iter().find(|(e, _)| *e == ending).map(|(_, form)| *form);
    plain
        .or_else(|| form(name.strip_prefix("from")?).map(Blank::From))
        .or_else(|| form(name.strip_prefix("to")?).map(Blank::To))
}

fn unknown(name: &str) -> String {
    let times = ["from", "to"]
        .iter()
        .flat_map(|end| FORMS.iter().map(move |(ending, _)| format!("{end}{ending}")));
    let names: Vec<String> = PLAIN.iter().map(|(n, _)| (*n).to_owned()).chain(times).collect();
    let hint = crate::text::nearest(name, names.iter().map(String::as_str)).map_or_else(
        || format!("there are {}", names.join(", ")),
        |near| format!("did you mean {{{near}}}?"),
    );
    format!("no blank is called {{{}}}; {hint}", crate::text::clean_line(name))
}

fn written(millis: i64, form: Form) -> String {
    let seconds = millis.div_euclid(1_000);
    let as_text = |format: &str| timestamp(seconds).strftime(format).to_string();
    match form {
        Form::Seconds => seconds.to_string(),
        Form::Milliseconds => millis.to_string(),
        Form::Iso => as_text("%Y-%m-%dT%H:%M:%SZ"),
        Form::Time => as_text("%Y-%m-%d %H:%M:%S"),
        Form::Date => as_text("%Y-%m-%d"),
        Form::Day => as_text("%Y%m%d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_filled_and_the_analysts_words_escaped() {
        let pattern =
            Pattern::parse("https://x/{symbol}?i={interval}&n={limit}&a={from_iso}&b={to_ms}&s={size}").unwrap();
        let filling = Filling {
            symbol: "EUR/USD&x=1",
            interval: "60&y=2",
            limit: 100,
            key: None,
            from: 1_704_153_600,
            to_ms: 1_704_157_199_999,
        };
        assert_eq!(
            pattern.address(&filling),
            "https://x/EUR%2FUSD%26x%3D1?i=60&y=2&n=100&a=2024-01-02T00%3A00%3A00Z&b=1704157199999&s=compact"
        );
        let times = Pattern::parse("{from}|{from_day}|{from_date}|{from_time}").unwrap();
        assert_eq!(
            times.header(&filling),
            "1704153600|20240102|2024-01-02|2024-01-02 00:00:00"
        );
        assert!(pattern.has_from() && pattern.has_to() && !pattern.has_key());
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(
            Pattern::parse("{symbl}").unwrap_err(),
            "no blank is called {symbl}; did you mean {symbol}?"
        );
        assert!(Pattern::parse("x{symbol").unwrap_err().contains("not closed"));
    }
}
