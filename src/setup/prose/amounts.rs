//! Numbers in the value of a labelled line: which of them are prices, and which belong to a date, a time, a share, a
//! period, a distance or a ratio.

use super::labels::{self, Label};
use super::words::{Kind, is};
use crate::setup::{Scale, Zone, number};

/// A number as it stands in a value.
#[derive(Debug, Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Price(f64),
    /// A number where a price would stand, that can be read in two ways or in none.
    Unreadable,
    /// A distance: pips, ATR, percent.
    Distance,
    /// A date, time, period, ratio or count.
    Other,
}

/// Characters behind a number that make it something else, where no blanks part words; the first row are distances.
const CJK_DISTANCES: &str = "点點핍";
const CJK_UNITS: &str = "根月日年时時分本手倍期天週周일시분개월봉배차번주";
/// Ratios of Fibonacci; they are no prices beside a word that says so.
const RATIOS: &[f64] = &[
    0.236, 0.382, 0.5, 0.618, 0.65, 0.705, 0.786, 0.886, 1.272, 1.414, 1.618, 2.618,
];
const FIBONACCI: &[&str] = &[
    "fib",
    "retrac",
    "pocket",
    "ote",
    "golden",
    "extension",
    "фибо",
    "斐波",
    "フィボ",
];
/// Averages and the like: what lies beyond one is no price by itself.
const INDICATORS: &[&str] = &[
    "ema",
    "sma",
    "ma",
    "vwap",
    "average",
    "bollinger",
    "kijun",
    "supertrend",
];

/// The one price that a value states, as of a stop.
pub(super) fn single(value: &str, scale: Option<Scale>) -> Option<f64> {
    let value = Value::of(value, scale);
    let first = value.first()?;
    let What::Price(price) = first.what else { return None };
    // One of two, or from one to the other, is not one price.
    if let Some(next) = value.behind(first).next()
        && matches!(next.what, What::Price(other) if other != price)
    {
        let between = without_currency(&value.text[first.end..next.start]);
        if is_dash(&between) || matches!(between.as_str(), "/" | "~") || is(Kind::Or, &between) {
            return None;
        }
    }
    Some(price)
}

/// The price or zone that a value states, as of an entry: prices joined by a dash, "to" or "and" are a zone.
pub(super) fn zone(text: &str, scale: Option<Scale>) -> Option<Zone> {
    let value = Value::of(text, scale);
    let first = value.first()?;
    let What::Price(mut low) = first.what else { return None };
    let mut high = low;
    let mut end = first.end;
    for token in value.behind(first) {
        let between = without_currency(&value.text[end..token.start]);
        let joined = is_dash(&between) || ZONE_MARKS.contains(&between.as_str()) || is(Kind::And, &between);
        if !joined {
            // One of two, without saying which.
            let either = is(Kind::Or, &between);
            if either && matches!(token.what, What::Price(_)) {
                return None;
            }
            break;
        }
        let price = match token.what {
            What::Price(price) => abbreviated(&value.text[token.start..token.end], low, price).unwrap_or(price),
            What::Unreadable => return None,
            What::Distance | What::Other => break,
        };
        low = low.min(price);
        high = high.max(price);
        end = token.end;
    }
    Some(Zone::between(low, high))
}

/// The prices that a value states, in its order, as of targets.
pub(super) fn list(text: &str, scale: Option<Scale>) -> Vec<f64> {
    let value = Value::of(text, scale);
    let Some(first) = value.first() else { return Vec::new() };
    let mut found = Vec::new();
    let mut end = first.start;
    for token in std::iter::once(first).chain(value.behind(first)) {
        if end > first.start && !is_list_gap(&value.outside(end, token.start)) {
            break;
        }
        if let What::Price(price) = token.what {
            found.push(price);
        }
        end = token.end;
    }
    found
}

/// Marks between the two prices of a zone, beside dashes.
const ZONE_MARKS: &[&str] = &["~", "～", "〜", "/", "..", "…", "...", "&"];

fn is_unit(word: &str) -> bool {
    is(Kind::Unit, word) || is(Kind::Candle, word) || is(Kind::Month, word)
}

fn is_lead(word: &str) -> bool {
    is(Kind::Lead, word) || is(Kind::Month, word)
}

/// What stands between two prices, without the currency of either.
fn without_currency(between: &str) -> String {
    let lower = between.trim().to_lowercase();
    let marks = |c: char| c.is_whitespace() || "$€£¥₽₺₹₩฿₿".contains(c);
    let mut rest = lower.trim_matches(marks);
    for name in CURRENCIES {
        rest = rest.strip_prefix(name).unwrap_or(rest).trim_matches(marks);
        rest = rest.strip_suffix(name).unwrap_or(rest).trim_matches(marks);
    }
    rest.to_owned()
}

fn is_dash(text: &str) -> bool {
    matches!(text, "-" | "–" | "—" | "−" | "‐" | "‑" | "－" | "--")
}

/// Whether what lies between two prices of a list belongs to neither: marks, "and", "TP2".
fn is_list_gap(text: &str) -> bool {
    let words = labels::plain_all(text);
    words.split(' ').filter(|w| !w.is_empty()).all(|word| {
        is(Kind::And, word)
            || [Kind::First, Kind::Second, Kind::Third, Kind::Last]
                .iter()
                .any(|kind| is(*kind, word))
            || CURRENCIES.contains(&word)
            || matches!(labels::label(word), Some((Label::Targets, _)))
            || word.chars().all(|c| c.is_ascii_digit()) && word.len() == 1
    })
}

/// `80` behind `1.1170-` is 1.1180: the last digits of a price of the same length.
fn abbreviated(text: &str, first: f64, price: f64) -> Option<f64> {
    if !text.bytes().all(|b| b.is_ascii_digit()) || price >= first / 2.0 && price <= first * 2.0 {
        return None;
    }
    let shown = format!("{first}");
    let (whole, decimals) = shown.split_once('.')?;
    let mut decimals = decimals.to_owned();
    // `1.117-80` has lost its last nought to the number.
    while decimals.len() < 4 && whole.len() == 1 {
        decimals.push('0');
    }
    let kept = decimals.len().checked_sub(text.len())?;
    let full: f64 = format!("{whole}.{}{text}", &decimals[..kept]).parse().ok()?;
    (full > first).then_some(full)
}

/// A value with its numbers.
struct Value {
    text: String,
    tokens: Vec<Token>,
    /// Byte ranges in brackets.
    brackets: Vec<(usize, usize)>,
}

impl Value {
    fn of(text: &str, scale: Option<Scale>) -> Self {
        let text = digits(text);
        Self {
            tokens: tokens(&text, scale),
            brackets: brackets(&text),
            text,
        }
    }

    fn is_inside(&self, token: &Token) -> bool {
        self.brackets.iter().any(|(a, b)| (*a..*b).contains(&token.start))
    }

    /// The number that is the field's, if it is one: the first price outside brackets, or in them where nothing else
    /// says where the price lies.
    fn first(&self) -> Option<Token> {
        let outside: Vec<&Token> = self.tokens.iter().filter(|t| !self.is_inside(t)).collect();
        let candidate = outside
            .iter()
            .find(|t| matches!(t.what, What::Price(_) | What::Unreadable));
        if let Some(token) = candidate {
            return self.stands(token, &outside).then_some(**token);
        }
        let related = labels::plain(&self.text).split(' ').any(|w| is(Kind::Beyond, w));
        let measured = outside.iter().any(|t| t.what == What::Distance);
        if related || measured {
            return None;
        }
        let mut inside = self.tokens.iter().filter(|t| matches!(t.what, What::Price(_)));
        inside.next().copied()
    }

    /// Whether the price `token` is where the field lies, and not what it is measured from.
    fn stands(&self, token: &Token, outside: &[&Token]) -> bool {
        let lead = &self.text[..token.start];
        let measured = outside
            .iter()
            .any(|t| t.start < token.start && t.what == What::Distance);
        let words = labels::plain(lead);
        let related = words.split(' ').any(|w| is(Kind::Beyond, w));
        let by_indicator = related && words.split(' ').any(|w| INDICATORS.contains(&w));
        if !measured && !by_indicator {
            return true;
        }
        let before = lead.trim_end().to_lowercase();
        let before = ["at", "around", "i.e.", "so", "@", "about"]
            .iter()
            .find_map(|w| before.strip_suffix(w))
            .map_or(before.as_str(), str::trim_end);
        before.ends_with(['=', '→', '≈', '~', ',', ';', ':', '–', '—', '>'])
    }

    /// Tokens outside brackets behind `first`.
    fn behind<'a>(&'a self, first: Token) -> impl Iterator<Item = Token> + 'a {
        let inside = self.is_inside(&first);
        self.tokens
            .iter()
            .filter(move |t| t.start >= first.end && self.is_inside(t) == inside)
            .copied()
    }

    /// The text from `start` to `end` without what is in brackets.
    fn outside(&self, start: usize, end: usize) -> String {
        let text = &self.text;
        text.char_indices()
            .filter(|(at, _)| (start..end).contains(at))
            .filter(|(at, _)| !self.brackets.iter().any(|(a, b)| (*a..*b).contains(at)))
            .map(|(_, c)| c)
            .collect()
    }
}

/// Full-width and Arabic digits and marks as the usual ones.
fn digits(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
            '٠'..='٩' => char::from_digit(u32::from(c) - u32::from('٠'), 10).unwrap_or(c),
            '۰'..='۹' => char::from_digit(u32::from(c) - u32::from('۰'), 10).unwrap_or(c),
            '．' | '٫' => '.',
            '，' | '٬' => ',',
            '：' => ':',
            '％' | '٪' => '%',
            '（' => '(',
            '）' => ')',
            _ => c,
        })
        .collect()
}

/// The ranges between brackets; one that is never closed goes to the end.
fn brackets(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut from = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => {
                if depth == 0 {
                    from = at;
                }
                depth += 1;
            }
            ')' | ']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    found.push((from, at + 1));
                }
            }
            _ => {}
        }
    }
    if depth > 0 {
        found.push((from, text.len()));
    }
    found
}

fn tokens(text: &str, scale: Option<Scale>) -> Vec<Token> {
    let lettered = text.contains(char::is_alphabetic);
    let fibonacci = lettered && {
        let lower = text.to_lowercase();
        FIBONACCI.iter().any(|w| lower.contains(w))
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|i| at + i) {
        let end = run(text, start, scale);
        let what = meaning(text, start, end, scale, fibonacci);
        found.push(Token { start, end, what });
        at = end;
    }
    found
}

/// The end of the number that begins at `start`, with everything that dates, times and ratios hold.
fn run(text: &str, start: usize, scale: Option<Scale>) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = start;
    while let Some(c) = text[end..].chars().next() {
        let next = end + c.len_utf8();
        let goes_on = match c {
            '0'..='9' => true,
            '.' | ',' | '\'' | '’' | ':' => digit(next),
            _ => false,
        };
        if !goes_on {
            break;
        }
        end = next;
    }
    // `2 345,50`: a blank between groups, if only the whole is a price of these candles.
    let mut whole = end;
    while let Some(c) = text[whole..]
        .chars()
        .next()
        .filter(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'))
    {
        let group = whole + c.len_utf8();
        if !(digit(group) && digit(group + 1) && digit(group + 2)) || digit(group + 3) {
            break;
        }
        whole = group + 3;
        if matches!(bytes.get(whole), Some(b'.' | b',')) && digit(whole + 1) {
            whole += 1;
            while digit(whole) {
                whole += 1;
            }
            break;
        }
    }
    if whole > end
        && let Some(scale) = scale
    {
        let fits =
            |range: std::ops::Range<usize>| number::price(&text[range], Some(scale)).is_some_and(|p| scale.holds(p));
        if fits(start..whole) && !fits(start..end) {
            return whole;
        }
    }
    end
}

fn meaning(text: &str, start: usize, end: usize, scale: Option<Scale>, fibonacci: bool) -> What {
    let run = &text[start..end];
    let before = &text[..start];
    let rest = &text[end..];
    let letter = |c: char| c.is_alphabetic() && !labels::is_unspaced(&c.to_string());
    // A part of a word: TP1, H4, EMA20.
    if before.ends_with(letter) || before.ends_with('_') || before.ends_with('#') {
        return What::Other;
    }
    if run.contains(':')
        || rest.trim_start().starts_with(':')
            && rest.trim_start()[1..]
                .trim_start()
                .starts_with(|c: char| c.is_ascii_digit())
    {
        return What::Other;
    }
    if before.trim_end().ends_with(':')
        && before
            .trim_end()
            .trim_end_matches(':')
            .ends_with(|c: char| c.is_ascii_digit())
    {
        return What::Other;
    }
    if is_date(before, run, rest) {
        return What::Other;
    }
    let signed = before.ends_with(['+', '±'])
        || before.ends_with(['-', '−']) && {
            let ahead = before.trim_end_matches(['-', '−']).trim_end();
            !ahead.ends_with(|c: char| c.is_ascii_digit())
                && before.trim_end_matches(['-', '−']).len() + 1 == before.len()
        };
    if signed {
        return What::Distance;
    }
    let whole = run.bytes().all(|b| b.is_ascii_digit());
    let price = thousands(run, rest)
        .or_else(|| grouped(run, scale))
        .or_else(|| number::price(run, scale));
    let in_scale = price.is_some_and(|p| scale.is_some_and(|s| s.holds(p)));
    let next: String = rest
        .trim_start_matches([' ', '\u{a0}', '-', '‑', '\u{202f}'])
        .chars()
        .take(16)
        .collect();
    let attached = rest.starts_with(letter);
    let word: String = next
        .chars()
        .take_while(|c| letter(*c))
        .collect::<String>()
        .to_lowercase();
    if next.starts_with('%') || is(Kind::Distance, &word) {
        return What::Distance;
    }
    // `1.5 × ATR`, `2x ATR`.
    if next.starts_with('×') || word == "x" {
        return What::Distance;
    }
    if is(Kind::SmallDistance, &word) && !in_scale {
        return What::Distance;
    }
    if next.starts_with(|c: char| CJK_DISTANCES.contains(c)) && !in_scale {
        return What::Distance;
    }
    if next.starts_with(|c: char| CJK_UNITS.contains(c)) {
        return What::Other;
    }
    if is_unit(&word) && (attached || word.chars().count() > 1) {
        return What::Other;
    }
    // Glued to a word that is no currency and no `k`.
    if attached && !is_currency(&word) && thousands(run, rest).is_none() {
        return What::Other;
    }
    let lead = last_word(before);
    if is_lead(&lead) && (whole || lead != "last" && lead != "next") {
        return What::Other;
    }
    if whole && run.len() == 1 && (matches!(labels::label(&lead), Some((Label::Targets, _))) || rest.starts_with(')')) {
        return What::Other;
    }
    match price {
        Some(price) if fibonacci && RATIOS.contains(&price) => What::Other,
        Some(price) => What::Price(price),
        None => What::Unreadable,
    }
}

/// `9.120` where a point groups digits: only if 9.12 is no price of these candles, and 9,120 is.
fn grouped(run: &str, scale: Option<Scale>) -> Option<f64> {
    let mut parts = run.split('.');
    let head = parts
        .next()
        .filter(|p| (1..=3).contains(&p.len()) && !p.starts_with('0'))?;
    let rest: Vec<&str> = parts.collect();
    let is_group = |p: &&str| p.len() == 3 && p.bytes().all(|b| b.is_ascii_digit());
    if rest.is_empty() || !rest.iter().all(is_group) || !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let scale = scale?;
    let decimal = run.parse::<f64>().is_ok_and(|p| scale.holds(p));
    let whole = run.replace('.', "").parse::<f64>().ok().filter(|p| scale.holds(*p));
    whole.filter(|_| !decimal)
}

/// `36.2k` is 36,200.
fn thousands(run: &str, rest: &str) -> Option<f64> {
    let rest = rest.strip_prefix(['k', 'K'])?;
    if rest.starts_with(char::is_alphanumeric) {
        return None;
    }
    number::price(run, None).map(|p| p * 1_000.0)
}

/// Names of currencies as they stand behind a price.
const CURRENCIES: &[&str] = &[
    "usdt",
    "usdc",
    "usd",
    "eur",
    "gbp",
    "jpy",
    "chf",
    "aud",
    "cad",
    "nzd",
    "cny",
    "btc",
    "eth",
    "pln",
    "try",
    "brl",
    "rub",
    "krw",
    "dollars",
    "dollar",
    "euros",
    "euro",
    "美元",
    "美金",
    "ドル",
    "円",
    "元",
    "달러",
    "원",
    "엔",
    "유로",
    "руб",
    "долл",
    "доллара",
    "долларов",
];

fn is_currency(word: &str) -> bool {
    CURRENCIES.contains(&word)
}

/// The word right before a number, without blanks and an opening bracket between.
fn last_word(before: &str) -> String {
    let trimmed = before.trim_end_matches([' ', '\u{a0}', '(', '@', '=', '-']);
    let start = trimmed
        .rfind(|c: char| !c.is_alphabetic())
        .map_or(0, |i| i + trimmed[i..].chars().next().map_or(1, char::len_utf8));
    trimmed[start..].to_lowercase()
}

/// Whether the number is a part of a date: `2017-06-23`, `23/06/2017`, `23.06.2017`, or `7/10`.
fn is_date(before: &str, run: &str, rest: &str) -> bool {
    let short = |s: &str| !s.is_empty() && s.len() <= 2 && s.bytes().all(|b| b.is_ascii_digit());
    let leading = |s: &str| s.chars().take_while(char::is_ascii_digit).collect::<String>();
    let trailing = |s: &str| {
        let digits = s.chars().rev().take_while(char::is_ascii_digit).count();
        s[s.len() - digits..].to_owned()
    };
    let year = |s: &str| s.len() == 4 && (s.starts_with("19") || s.starts_with("20"));
    let dots: Vec<&str> = run.split('.').collect();
    if let [a, b, c] = dots.as_slice()
        && short(a)
        && short(b)
        && (year(c) || short(c))
    {
        return true;
    }
    for mark in ['-', '/'] {
        if let Some(after) = rest.strip_prefix(mark) {
            let next = leading(after);
            let third = after.get(next.len()..).is_some_and(|r| r.starts_with(mark));
            if (year(run) && short(&next) && third) || (short(run) && short(&next)) {
                return true;
            }
        }
        if let Some(ahead) = before.strip_suffix(mark) {
            let last = trailing(ahead);
            let third = ahead.get(..ahead.len() - last.len()).is_some_and(|r| r.ends_with(mark));
            let goes_on = rest.starts_with(mark);
            if (short(run) && (short(&last) && (third || mark == '/') || year(&last) && goes_on))
                || (year(run) && short(&last))
            {
                return true;
            }
        }
    }
    // `June 23, 2017`: a year behind a day.
    year(run) && {
        let ahead = before.trim_end_matches([' ', ',']);
        let day = trailing(ahead);
        short(&day) && {
            let word = last_word(&ahead[..ahead.len() - day.len()]);
            is(Kind::Month, &word)
        } || is(Kind::Month, &last_word(ahead))
    }
}

/// The first ratio of reward to risk in a value: `1:2.5`, `2.5R`, `2.5 to 1`.
pub(super) fn ratio(text: &str) -> Option<f64> {
    let text = digits(text).replace("to", ":").replace("zu", ":").replace('/', ":");
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | ':' | ' ' | '\u{a0}')))
        .unwrap_or(rest.len());
    let run = rest[..end].trim();
    let decimal = |part: &str| {
        let part = part.trim().trim_end_matches(['.', ',']);
        // `1, 2`: what follows a blank is another number.
        let part = part
            .split([' ', '\u{a0}'])
            .next()
            .unwrap_or_default()
            .trim_end_matches([',', '.']);
        part.replace(',', ".")
    };
    let mut parts = run.split(':').filter(|p| !p.trim().is_empty());
    let (a, b) = (decimal(parts.next()?), parts.next().map(decimal));
    match b {
        // A share or a number of something is no ratio.
        None if rest[end..].starts_with(['%', 'p', 'c', 'b']) => None,
        None => number::ratio(&a),
        Some(b) => number::ratio(&format!("{a}:{b}")),
    }
}

/// A confidence: `60 %`, `0.6`, `7/10`, `7 out of 10`; words are none, and neither is a range.
pub(super) fn confidence(text: &str) -> Option<f64> {
    let text = digits(text)
        .replace("out of", "/")
        .replace(" of ", "/")
        .replace(" von ", "/")
        .replace(" sur ", "/")
        .replace(" из ", "/")
        .replace(" з ", "/")
        .replace(" su ", "/")
        .replace(" de ", "/");
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')))
        .unwrap_or(rest.len());
    let first = rest[..end].trim_end_matches(['.', ',']).replace(',', ".");
    let tail = rest[end..].trim_start();
    let range = |tail: &str| {
        let tail = tail.trim_start_matches('%').trim_start();
        let joined = tail
            .strip_prefix(['-', '–', '—', '~'])
            .or_else(|| tail.strip_prefix("to "));
        joined.is_some_and(|t| t.trim_start().starts_with(|c: char| c.is_ascii_digit()))
    };
    if range(tail) {
        return None;
    }
    if tail.starts_with('%') {
        return number::confidence(&format!("{first}%"));
    }
    if let Some(whole) = tail.strip_prefix('/') {
        let whole: String = whole.trim_start().chars().take_while(char::is_ascii_digit).collect();
        return number::confidence(&format!("{first}/{whole}"));
    }
    number::confidence(&first)
}

/// A number of candles: `12 candles`, `next 8 H1 bars`, `12`. Hours and days are none, and neither is a range.
pub(super) fn candles(text: &str) -> Option<u32> {
    let text = digits(text).to_lowercase();
    let mut from = 0;
    let start = loop {
        let at = from + text[from..].find(|c: char| c.is_ascii_digit())?;
        if !text[..at].ends_with(char::is_alphabetic)
            || labels::is_unspaced(&text[..at].chars().next_back().map(String::from).unwrap_or_default())
        {
            break at;
        }
        from = at
            + text[at..]
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len() - at);
    };
    let rest = &text[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let tail = rest[end..].trim_start();
    let named = |tail: &str| {
        tail.split(|c: char| !c.is_alphanumeric()).any(|w| is(Kind::Candle, w))
            || [
                "candle", "bar", "kerze", "vela", "bougie", "candele", "свеч", "根", "本", "mum", "شم", "个k", "k线",
                "barre", "świec", "캔들", "봉", "gyerty", "sviečok", "svíč",
            ]
            .iter()
            .any(|word| tail.contains(word))
    };
    if tail.starts_with(['-', '–', ':', '.', '%', '/'])
        || tail.starts_with("to ")
        || !(tail.is_empty() || tail.starts_with([')', ';']) || named(tail))
    {
        return None;
    }
    number::candles(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const EURUSD: Option<Scale> = Some(Scale { low: 0.54, high: 2.3 });

    #[test]
    fn a_price_is_told_from_other_numbers() {
        for (text, want) in [
            ("1.1145", Some(1.1145)),
            ("1.1145 (25 pips, 1.4 ATR, below the EMA 200 at 1.1150)", Some(1.1145)),
            ("25 pips below the entry", None),
            ("30 pips below the EMA at 1.1150", None),
            ("25 pips below the entry, at 1.1145", Some(1.1145)),
            ("below 1.1145", Some(1.1145)),
            ("H1 close below 1.1145", Some(1.1145)),
            ("below the EMA 200 at 1.1150", None),
            ("below the swing low (1.1145)", None),
            ("$1.1145", Some(1.1145)),
            ("1,1145", Some(1.1145)),
            ("１．１１４５", Some(1.1145)),
            ("n/a", None),
            ("1.5 × ATR", None),
            ("2x ATR", None),
            ("0.5 %", None),
            ("13:00 UTC", None),
            ("2017-06-23", None),
            ("23.06.2017", None),
            ("June 23, 2017", None),
            ("EMA 200", None),
            ("the 0.618 retracement at 1.1170", Some(1.1170)),
            ("1,117", None),
            ("either 1.1145 or 1.1130", None),
            ("1.1145 / 1.1130", None),
        ] {
            assert_eq!(single(text, EURUSD), want, "{text}");
        }
    }

    #[test]
    fn zones_and_lists() {
        let between = |a, b| Some(Zone::between(a, b));
        for (text, want) in [
            ("1.1170 – 1.1180", between(1.1170, 1.1180)),
            ("1.1180 to 1.1170", between(1.1170, 1.1180)),
            ("between 1.1170 and 1.1180", between(1.1170, 1.1180)),
            ("1.1170-80", between(1.1170, 1.1180)),
            ("buy limit at 1.1170", between(1.1170, 1.1170)),
            ("1.1170 or 1.1160", None),
            ("1.1170, near the EMA 20 at 1.1172", between(1.1170, 1.1170)),
            ("market (around 1.1195)", between(1.1195, 1.1195)),
            ("none", None),
        ] {
            assert_eq!(zone(text, EURUSD), want, "{text}");
        }
        for (text, want) in [
            ("1.1230 / 1.1260 / 1.1300", vec![1.1230, 1.1260, 1.1300]),
            ("1.1230, 1.1260 and 1.1300", vec![1.1230, 1.1260, 1.1300]),
            ("1.1230 (50 %), 1.1260 (runner)", vec![1.1230, 1.1260]),
            ("TP1 1.1230, TP2 1.1260", vec![1.1230, 1.1260]),
            ("1) 1.1230 2) 1.1260", vec![1.1230, 1.1260]),
            ("1.1230, then move the stop to 1.1170", vec![1.1230]),
            ("1.1230 – 1R", vec![1.1230]),
            ("1,1230 / 1,1260", vec![1.1230, 1.1260]),
        ] {
            assert_eq!(list(text, EURUSD), want, "{text}");
        }
        let bitcoin = Some(Scale {
            low: 15_000.0,
            high: 80_000.0,
        });
        assert_eq!(zone("36,200 – 36.6k", bitcoin), between(36_200.0, 36_600.0));
        assert_eq!(zone("36.200 a 36.600", bitcoin), between(36_200.0, 36_600.0));
        assert_eq!(
            single("1.117", EURUSD),
            Some(1.117),
            "no group where the price fits as it stands"
        );
        assert_eq!(list("36 200 / 38 600", bitcoin), vec![36_200.0, 38_600.0]);
    }

    #[test]
    fn ratios_shares_and_counts() {
        for (text, want) in [
            ("1:2.5 to TP2", Some(2.5)),
            ("2.9", Some(2.9)),
            ("1 : 2,5", Some(2.5)),
            ("≈ 2.4R", Some(2.4)),
            ("2.5:1", Some(2.5)),
            ("1:1.6 (TP1), 1:2.9 (TP2)", Some(1.6)),
            ("2 to 1", Some(2.0)),
            ("good", None),
        ] {
            assert_eq!(ratio(text), want, "{text}");
        }
        for (text, want) in [
            ("60%", Some(0.6)),
            ("60 %", Some(0.6)),
            ("0.55", Some(0.55)),
            ("7/10", Some(0.7)),
            ("7 out of 10", Some(0.7)),
            ("Medium (65 %)", Some(0.65)),
            ("60–65 %", None),
            ("high", None),
        ] {
            assert_eq!(confidence(text), want, "{text}");
        }
        for (text, want) in [
            ("12 candles", Some(12)),
            ("next 8 H1 bars", Some(8)),
            ("10 H1 candles", Some(10)),
            ("12", Some(12)),
            ("8–12 candles", None),
            ("4 hours", None),
            ("until 18:00", None),
            ("12 根K线", Some(12)),
        ] {
            assert_eq!(candles(text), want, "{text}");
        }
    }
}
