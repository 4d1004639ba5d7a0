//! Candles in JSON: the table that lies somewhere in it, found by its shape.
//!
//! Four shapes are known: rows as arrays (Binance's klines), rows as objects, objects by their time (Alpha Vantage), and
//! columns side by side (Yahoo, Finnhub). The one with most rows is taken, wherever it lies.

use serde_json::{Map, Value};

use super::ReadError;
use super::table::{Row, Table};

/// No document is nested deeper for a reason.
const DEEPEST: usize = 12;

/// Whether this text is JSON, as far as its beginning tells.
pub(super) fn is_json(text: &str) -> bool {
    matches!(text.trim_start().as_bytes().first(), Some(b'[' | b'{'))
}

/// The table of candles in a JSON text.
///
/// Rows whose columns are `named` elsewhere may be as few as one.
pub(super) fn table(text: &str, name: &str, named: bool) -> Result<Table, ReadError> {
    let not_json = |error: serde_json::Error| ReadError::Json {
        file: name.to_owned(),
        reason: format!("line {}: {}", error.line(), crate::text::clean_line(&error.to_string())),
    };
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        // An object a line is a common export too.
        Err(error) => Value::Array(lines(text).ok_or_else(|| not_json(error))?),
    };
    let mut found = Vec::new();
    search(&value, 0, &mut found);
    // Of two that are as long, the wider: prices without their times lie within the same with them.
    let width = |rows: &Vec<Vec<String>>| rows.first().map_or(0, Vec::len);
    let rows = found
        .into_iter()
        .max_by_key(|rows| (rows.len(), width(rows)))
        .unwrap_or_default();
    if rows.len() < if named { 1 } else { 2 } {
        return Err(ReadError::NoCandles {
            file: name.to_owned(),
            said: message(&value),
        });
    }
    let rows = rows.into_iter().enumerate();
    Ok(Table {
        rows: rows.map(|(at, cells)| Row { line: at + 1, cells }).collect(),
        // Numbers in JSON have a decimal point.
        delimiter: b',',
        day_offset: find(&value, "gmtoffset", 0).and_then(Value::as_i64),
    })
}

fn lines(text: &str) -> Option<Vec<Value>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let values: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).ok())
        .collect::<Option<_>>()?;
    (values.len() > 1).then_some(values)
}

/// The first member of this name, at any depth.
fn find<'v>(value: &'v Value, name: &str, depth: usize) -> Option<&'v Value> {
    let below = |value: &'v Value| find(value, name, depth + 1);
    match value {
        _ if depth > DEEPEST => None,
        Value::Object(object) => object.get(name).or_else(|| object.values().find_map(below)),
        // A list of candles holds no more in its last than in its first.
        Value::Array(items) => items.iter().take(4).find_map(below),
        _ => None,
    }
}

/// What a service says instead of candles.
fn message(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    let said = object.iter().find_map(|(key, value)| {
        let key = key.to_lowercase();
        let tells = ["message", "msg", "error", "note", "information"]
            .iter()
            .any(|word| key.contains(word));
        value.as_str().filter(|_| tells)
    })?;
    Some(crate::text::clean_line(said).chars().take(200).collect())
}

fn cell(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

/// Collects every table in `value`, header first where it has one.
fn search(value: &Value, depth: usize, found: &mut Vec<Vec<Vec<String>>>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => {
            if let Some(rows) = arrays(items).or_else(|| objects(items)) {
                found.push(rows);
            } else {
                items.iter().take(16).for_each(|item| search(item, depth + 1, found));
            }
        }
        Value::Object(object) => {
            found.extend(by_time(object));
            found.extend(columns(object));
            object.values().for_each(|value| search(value, depth + 1, found));
        }
        _ => {}
    }
}

/// `[[time, open, high, low, close, …], …]`, the first of them a header or not.
fn arrays(items: &[Value]) -> Option<Vec<Vec<String>>> {
    let row = |item: &Value| {
        let cells = item.as_array().filter(|cells| cells.len() >= 5)?;
        cells.iter().map(cell).collect::<Option<Vec<_>>>()
    };
    items.first().and_then(row)?;
    Some(items.iter().map(|item| row(item).unwrap_or_default()).collect())
}

/// `[{"time": …, "open": …}, …]`
fn objects(items: &[Value]) -> Option<Vec<Vec<String>>> {
    let first = items.first()?.as_object()?;
    let names: Vec<&String> = first
        .iter()
        .filter(|(_, v)| cell(v).is_some())
        .map(|(name, _)| name)
        .collect();
    if names.len() < 5 {
        return None;
    }
    let row = |item: &Value| {
        names
            .iter()
            .map(|name| item.get(name.as_str()).and_then(cell).unwrap_or_default())
            .collect()
    };
    let header = names.iter().map(|name| plain(name)).collect();
    Some(std::iter::once(header).chain(items.iter().map(row)).collect())
}

/// `{"2024-01-02": {"1. open": …}, …}`
fn by_time(object: &Map<String, Value>) -> Option<Vec<Vec<String>>> {
    let (time, first) = object.iter().next()?;
    super::when::parts(time)?;
    let names: Vec<&String> = first.as_object()?.keys().collect();
    if names.len() < 4 {
        return None;
    }
    let row = |(time, value): (&String, &Value)| {
        let cells = names
            .iter()
            .map(|name| value.get(name.as_str()).and_then(cell).unwrap_or_default());
        std::iter::once(time.clone()).chain(cells).collect()
    };
    let header = std::iter::once("date".to_owned())
        .chain(names.iter().map(|name| plain(name)))
        .collect();
    Some(std::iter::once(header).chain(object.iter().map(row)).collect())
}

/// `{"t": [...], "o": [...], …}`, also where the times lie beside an object that holds the prices.
fn columns(object: &Map<String, Value>) -> Option<Vec<Vec<String>>> {
    let mut lists: Vec<(&str, &Vec<Value>)> = Vec::new();
    collect(object, 0, &mut lists);
    let longest = lists.iter().map(|(_, list)| list.len()).max().filter(|n| *n > 0)?;
    lists.retain(|(_, list)| list.len() == longest && list.iter().take(3).all(|v| cell(v).is_some()));
    if lists.len() < 5 {
        return None;
    }
    let header = lists.iter().map(|(name, _)| plain(name)).collect();
    let row = |at: usize| {
        lists
            .iter()
            .map(|(_, list)| list.get(at).and_then(cell).unwrap_or_default())
            .collect()
    };
    Some(std::iter::once(header).chain((0..longest).map(row)).collect())
}

fn collect<'v>(object: &'v Map<String, Value>, depth: usize, lists: &mut Vec<(&'v str, &'v Vec<Value>)>) {
    for (name, value) in object {
        match value {
            // A list of one object is that object: Yahoo's `quote`.
            Value::Array(items) => match items.as_slice() {
                [Value::Object(only)] if depth < 4 => collect(only, depth + 1, lists),
                _ => lists.push((name, items)),
            },
            Value::Object(inner) if depth < 4 => collect(inner, depth + 1, lists),
            _ => {}
        }
    }
}

/// A name without Alpha Vantage's number: `1. open`.
fn plain(name: &str) -> String {
    match name.split_once(". ") {
        Some((number, rest)) if number.chars().all(|c| c.is_ascii_digit()) => rest.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ReadOptions, read};

    /// Three hourly candles from 2024-01-02 00:00.
    const T: i64 = 1_704_153_600;

    fn times(text: &str) -> Vec<i64> {
        let loaded = read(text.as_bytes(), "BTCUSDT_1h.json", &ReadOptions::default()).unwrap();
        assert_eq!(loaded.series.candles()[0].high, 12.0);
        assert_eq!(loaded.series.last().close, 11.5);
        loaded.series.candles().iter().map(|c| c.time).collect()
    }

    #[test]
    fn every_shape_is_the_same_three_candles() {
        let klines: Vec<String> = (0..3)
            .map(|i| {
                format!(
                    "[{},\"10\",\"12\",\"9\",\"11.5\",\"5\",{},\"0\",1,\"0\",\"0\",\"0\"]",
                    (T + i * 3600) * 1000,
                    (T + i * 3600 + 3599) * 1000 + 999
                )
            })
            .collect();
        let objects: Vec<String> = (0..3)
            .map(|i| format!("{{\"datetime\":\"2024-01-02 {i:02}:00:00\",\"open\":\"10\",\"high\":\"12\",\"low\":\"9\",\"close\":\"11.5\",\"volume\":\"5\"}}"))
            .collect();
        let dated: Vec<String> = (0..3)
            .map(|i| format!("\"2024-01-02 {i:02}:00:00\":{{\"1. open\":\"10\",\"2. high\":\"12\",\"3. low\":\"9\",\"4. close\":\"11.5\",\"5. volume\":\"5\"}}"))
            .collect();
        let list = |value: &str| format!("[{value},{value},{value}]");
        let stamps = format!("[{},{},{}]", T, T + 3600, T + 7200);
        let texts = [
            format!("[{}]", klines.join(",")),
            format!(
                "{{\"meta\":{{\"symbol\":\"BTC/USD\"}},\"values\":[{}],\"status\":\"ok\"}}",
                objects.join(",")
            ),
            objects.join("\n"),
            format!(
                "{{\"Meta Data\":{{\"2. Symbol\":\"IBM\"}},\"Time Series (60min)\":{{{}}}}}",
                dated.join(",")
            ),
            format!(
                "{{\"chart\":{{\"result\":[{{\"meta\":{{\"symbol\":\"X\"}},\"timestamp\":{stamps},\"indicators\":{{\"quote\":[{{\"open\":{},\"high\":{},\"low\":{},\"close\":{},\"volume\":{}}}]}}}}],\"error\":null}}}}",
                list("10"),
                list("12"),
                list("9"),
                list("11.5"),
                list("5")
            ),
            format!(
                "{{\"s\":\"ok\",\"t\":{stamps},\"o\":{},\"h\":{},\"l\":{},\"c\":{},\"v\":{}}}",
                list("10"),
                list("12"),
                list("9"),
                list("11.5"),
                list("5")
            ),
        ];
        for text in texts {
            assert_eq!(times(&text), [T, T + 3600, T + 7200], "{text}");
        }
    }

    #[test]
    fn what_holds_no_candles_says_so_with_the_services_words() {
        for (text, words) in [
            (
                "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}",
                "it says: Invalid symbol.",
            ),
            ("[1,2,3]", "no candles in it"),
            ("{\"a\":", "line 1"),
            ("[]", "no candles in it"),
        ] {
            let error = read(text.as_bytes(), "x.json", &ReadOptions::default())
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
