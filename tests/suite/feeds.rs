//! Live sources, over a real socket: each in its documented format, with its own errors and limits.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::support::{Home, Part, Ran, Server, reply};

const KEY: &str = "feed-key-0123456789";
const JSON: &str = "content-type: application/json\r\n";

/// The market that every server here sells: what a candle is, its time says.
fn candle(time: i64) -> [f64; 5] {
    let n = (time / 3_600 % 1_000) as f64;
    let open = 100.0 + n / 4.0;
    [open, open + 2.5, open - 1.5, open + 0.75, 10.0 + n]
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

/// The open times of candles of `step` seconds in `from..=to`, none after the present.
fn times(from: i64, to: i64, step: i64) -> Vec<i64> {
    let first = from.div_euclid(step) * step;
    let last = to.min(now());
    (first..=last).step_by(step as usize).filter(|t| *t >= from).collect()
}

/// The parameters of a request's first line, decoded.
fn parameters(request: &str) -> HashMap<String, String> {
    let path = request.split(' ').nth(1).unwrap();
    let url = format!("http://x{path}");
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            (
                name.to_owned(),
                value.replace("%3A", ":").replace("%20", " ").replace("%2F", "/"),
            )
        })
        .collect()
}

fn body(text: &Json) -> Vec<Part> {
    reply("200 OK", JSON, &text.to_string())
}

/// As Binance answers: the newest candles up to `endTime`, oldest first, in milliseconds and strings.
fn binance(request: &str) -> Vec<Part> {
    let p = parameters(request);
    if p["symbol"] != "BTCUSDT" {
        let words = json!({"code": -1121, "msg": "Invalid symbol."});
        return reply("400 Bad Request", JSON, &words.to_string());
    }
    let end = p["endTime"].parse::<i64>().unwrap() / 1_000;
    let limit: usize = p["limit"].parse().unwrap();
    assert!(limit <= 1_000);
    let all = times(end - 3_600 * (limit as i64 + 2), end, 3_600);
    let rows: Vec<Json> = all[all.len() - limit..]
        .iter()
        .map(|t| {
            let [o, h, l, c, v] = candle(*t).map(|x| format!("{x:.2}"));
            json!([t * 1000, o, h, l, c, v, t * 1000 + 3_599_999, "0", 7, "0", "0", "0"])
        })
        .collect();
    body(&rows.into())
}

/// As Coinbase answers: newest first, low before high before open, at most 300, hours without a trade left out.
fn coinbase(request: &str) -> Vec<Part> {
    let p = parameters(request);
    let time = |name: &str| p[name].parse::<Timestamp>().unwrap().as_second();
    let (start, end) = (time("start"), time("end"));
    if (end - start) / 3_600 > 300 {
        let words = json!({"message": "granularity too small for the requested time range. Count of aggregations requested exceeds 300"});
        return reply("400 Bad Request", JSON, &words.to_string());
    }
    let rows: Vec<Json> = times(start, end, 3_600)
        .into_iter()
        .rev()
        .filter(|t| t / 3_600 % 10 != 3)
        .map(|t| {
            let [o, h, l, c, v] = candle(t);
            json!([t, l, h, o, c, v])
        })
        .collect();
    body(&rows.into())
}

fn weekday(time: i64) -> bool {
    (time / 86_400 + 3) % 7 < 5
}

/// As Stooq answers: CSV, or two words.
fn stooq(request: &str) -> Vec<Part> {
    let p = parameters(request);
    if p["s"] != "aapl.us" {
        return reply("200 OK", "content-type: text/plain\r\n", "No data");
    }
    let day = |name: &str| {
        let text = &p[name];
        let date = format!("{}-{}-{}T00:00:00Z", &text[..4], &text[4..6], &text[6..]);
        date.parse::<Timestamp>().unwrap().as_second()
    };
    let mut text = "Date,Open,High,Low,Close,Volume\r\n".to_owned();
    for t in times(day("d1"), day("d2"), 86_400).into_iter().filter(|t| weekday(*t)) {
        let [o, h, l, c, v] = candle(t);
        let date = jiff::Timestamp::from_second(t).unwrap().strftime("%Y-%m-%d");
        text.push_str(&format!("{date},{o},{h},{l},{c},{v}\r\n"));
    }
    reply("200 OK", "content-type: text/csv\r\n", &text)
}

/// As Yahoo answers: columns side by side, a day's candle at its exchange's opening, nulls where nothing is known.
fn yahoo(request: &str) -> Vec<Part> {
    let p = parameters(request);
    if !request.contains("/AAPL?") {
        let error = json!({"chart": {"result": null, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}});
        return reply("404 Not Found", JSON, &error.to_string());
    }
    assert!(request.to_lowercase().contains("user-agent: mozilla/5.0"));
    let number = |name: &str| p[name].parse::<i64>().unwrap();
    let days: Vec<i64> = times(number("period1"), number("period2"), 86_400)
        .into_iter()
        .filter(|t| weekday(*t))
        .collect();
    let column = |at: usize| -> Vec<Json> {
        let value = |(n, t): (usize, &i64)| if n == 2 { Json::Null } else { candle(*t)[at].into() };
        days.iter().enumerate().map(value).collect()
    };
    body(&json!({"chart": {"error": null, "result": [{
        "meta": {"symbol": "AAPL", "gmtoffset": -18_000, "timezone": "EST"},
        "timestamp": days.iter().map(|t| t + 52_200).collect::<Vec<i64>>(),
        "indicators": {
            "quote": [{"open": column(0), "high": column(1), "low": column(2), "close": column(3), "volume": column(4)}],
            "adjclose": [{"adjclose": column(0)}],
        },
    }]}}))
}

/// As Twelve Data answers: newest first, in strings, errors with a friendly status.
fn twelvedata(request: &str) -> Vec<Part> {
    if !request.contains(&format!("apikey {KEY}")) {
        return body(
            &json!({"code": 401, "message": format!("**apikey** {KEY} parameter is incorrect or not specified."), "status": "error"}),
        );
    }
    let p = parameters(request);
    match p["symbol"].as_str() {
        "EUR/USD" => {}
        "BUSY" => {
            let words = "You have run out of API credits for the current minute.";
            return body(&json!({"code": 429, "message": words, "status": "error"}));
        }
        _ => {
            let words = "**symbol** not found: XXX. Please specify it correctly.";
            return body(&json!({"code": 404, "message": words, "status": "error"}));
        }
    }
    let end = format!("{}Z", p["end_date"]).parse::<Timestamp>().unwrap().as_second();
    let limit: i64 = p["outputsize"].parse().unwrap();
    let values: Vec<Json> = times(end - 3_600 * limit, end, 3_600)
        .into_iter()
        .rev()
        .map(|t| {
            let [o, h, l, c, _] = candle(t).map(|x| format!("{x:.5}"));
            let time = jiff::Timestamp::from_second(t)
                .unwrap()
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string();
            json!({"datetime": time, "open": o, "high": h, "low": l, "close": c})
        })
        .collect();
    body(&json!({"meta": {"symbol": "EUR/USD", "interval": "1h"}, "values": values, "status": "ok"}))
}

/// As Alpha Vantage answers: objects by their time, in New York's clock.
fn alphavantage(request: &str) -> Vec<Part> {
    let p = parameters(request);
    assert_eq!(p["apikey"], KEY);
    if p["symbol"] == "BUSY" {
        let words =
            format!("We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day.");
        return body(&json!({"Information": words}));
    }
    assert_eq!(
        (p["function"].as_str(), p["interval"].as_str()),
        ("TIME_SERIES_INTRADAY", "60min")
    );
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let end = now();
    let series: serde_json::Map<String, Json> = times(end - 3_600 * 150, end, 3_600)
        .into_iter()
        // The hour that the clock there shows twice a year is the service's own riddle.
        .filter(|t| {
            let local = zone.to_datetime(jiff::Timestamp::from_second(*t).unwrap());
            !zone.to_ambiguous_timestamp(local).is_ambiguous()
        })
        .rev()
        .map(|t| {
            let [o, h, l, c, v] = candle(t).map(|x| format!("{x:.4}"));
            let local = zone.to_datetime(jiff::Timestamp::from_second(t).unwrap());
            (
                local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                json!({"1. open": o, "2. high": h, "3. low": l, "4. close": c, "5. volume": v}),
            )
        })
        .collect();
    body(&json!({"Meta Data": {"2. Symbol": "IBM", "6. Time Zone": "US/Eastern"}, "Time Series (60min)": series}))
}

/// A home whose sources are those that ship, moved to `server`.
fn home(server: &Server) -> Home {
    let home = Home::new();
    let address = server.url.trim_end_matches("/v1");
    let mut sources = include_str!("../../assets/sources.toml").to_owned();
    for host in [
        "https://api.binance.com",
        "https://api.exchange.coinbase.com",
        "https://stooq.com",
        "https://query1.finance.yahoo.com",
        "https://api.twelvedata.com",
        "https://www.alphavantage.co",
    ] {
        assert!(sources.contains(host));
        sources = sources.replace(host, address);
    }
    home.write("config/wickdesk/config.toml", sources);
    home
}

fn fetch(home: &Home, arguments: &[&str]) -> Ran {
    let mut command = home.command();
    command.env("TWELVEDATA_API_KEY", KEY).env("ALPHAVANTAGE_API_KEY", KEY);
    let ran = Ran::of(command.arg("fetch").args(arguments).output().unwrap());
    assert!(
        !ran.out.contains(KEY) && !ran.err.contains(KEY),
        "{}{}",
        ran.out,
        ran.err
    );
    ran
}

/// The rows of canonical CSV: time and five numbers.
fn rows(csv: &str) -> Vec<(i64, [f64; 5])> {
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("time,open,high,low,close,volume"));
    lines
        .map(|line| {
            let cells: Vec<f64> = line.split(',').map(|c| c.parse().unwrap()).collect();
            (cells[0] as i64, [cells[1], cells[2], cells[3], cells[4], cells[5]])
        })
        .collect()
}

#[test]
fn every_source_is_read_in_its_own_format() {
    type Answer = fn(&str) -> Vec<Part>;
    let hourly = |t: i64| t % 3_600 == 0;
    let cases: [(&str, &str, &str, Answer, i64); 6] = [
        ("binance", "btcusdt", "H1", binance, 3_600),
        ("coinbase", "btc-usd", "H1", coinbase, 3_600),
        ("stooq", "AAPL.US", "D1", stooq, 86_400),
        ("yahoo", "aapl", "D1", yahoo, 86_400),
        ("twelvedata", "EUR/USD", "H1", twelvedata, 3_600),
        ("alphavantage", "ibm", "H1", alphavantage, 3_600),
    ];
    for (source, symbol, timeframe, answer, step) in cases {
        let server = Server::answering(move |_, request| answer(request));
        let home = home(&server);
        let ran = fetch(&home, &[source, symbol, "--timeframe", timeframe, "--limit", "100"]).code(0);
        let rows = rows(&ran.out);
        assert_eq!(rows.len(), 100, "{source}: {}", ran.err);
        for (time, values) in &rows {
            let mut want = candle(*time);
            if source == "twelvedata" {
                want[4] = 0.0;
            }
            assert_eq!(*values, want, "{source} at {time}");
            assert!(hourly(*time) && time + step <= now(), "{source}: {time} has not closed");
        }
        assert!(rows.windows(2).all(|w| w[0].0 < w[1].0), "{source}");
        let last = rows.last().unwrap().0;
        let weekend = if step == 86_400 { 3 * 86_400 } else { 3_600 };
        assert!(last + 2 * step + weekend > now(), "{source} ends at {last}");
    }
}

#[test]
fn many_candles_come_in_pages() {
    let server = Server::answering(|_, request| binance(request));
    let ran = fetch(
        &home(&server),
        &["binance", "BTCUSDT", "--timeframe", "H1", "--limit", "2500"],
    )
    .code(0);
    let found = rows(&ran.out);
    assert_eq!((found.len(), server.calls()), (2_500, 3));
    assert!(
        found.windows(2).all(|w| w[1].0 - w[0].0 == 3_600),
        "no candle is missing between pages"
    );

    // Hours without a trade do not end the search.
    let server = Server::answering(|_, request| coinbase(request));
    let ran = fetch(
        &home(&server),
        &["coinbase", "BTC-USD", "--timeframe", "H1", "--limit", "700"],
    )
    .code(0);
    assert_eq!(rows(&ran.out).len(), 700);
    assert!(ran.err.contains("forming") || now() / 3_600 % 10 == 3, "{}", ran.err);
}

#[test]
fn what_came_is_kept_when_an_older_page_fails() {
    let server = Server::answering(|call, request| match call {
        0 => binance(request),
        _ => reply(
            "400 Bad Request",
            JSON,
            "{\"code\":-1100,\"msg\":\"Illegal characters found.\"}",
        ),
    });
    let ran = fetch(
        &home(&server),
        &["binance", "BTCUSDT", "--timeframe", "H1", "--limit", "1500"],
    )
    .code(0);
    assert!(rows(&ran.out).len() >= 999);
    assert!(
        ran.err.contains("warning:") && ran.err.contains("older candles are missing"),
        "{}",
        ran.err
    );
}

#[test]
fn a_source_that_is_busy_is_asked_again_as_it_says() {
    let soon = "content-type: application/json\r\nretry-after: 0\r\n";
    let server = Server::answering(move |call, request| match call {
        0 => reply(
            "429 Too Many Requests",
            soon,
            "{\"code\":-1003,\"msg\":\"Too many requests.\"}",
        ),
        1 => reply("503 Service Unavailable", "", "<html>busy</html>"),
        // Cut in the middle.
        2 => vec![crate::support::text(
            "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\nconnection: close\r\n\r\n[[17",
        )],
        _ => binance(request),
    });
    let ran = fetch(
        &home(&server),
        &["binance", "BTCUSDT", "--timeframe", "H1", "--limit", "5"],
    )
    .code(0);
    assert_eq!((rows(&ran.out).len(), server.calls()), (5, 4));

    // A wait of an hour is told instead of waited for.
    let long = "content-type: application/json\r\nretry-after: 3600\r\n";
    let server = Server::answering(move |_, _| reply("418 I'm a teapot", long, "{\"msg\":\"Way too many requests.\"}"));
    let ran = fetch(&home(&server), &["binance", "BTCUSDT", "--timeframe", "H1"]).code(1);
    assert_eq!(server.calls(), 1);
    assert_eq!(
        ran.last(),
        "error: binance limits the rate and asks to wait 3600 s: Way too many requests.; fetch again later"
    );
}

#[test]
fn failures_are_told_apart_in_one_line() {
    type Answer = fn(&str) -> Vec<Part>;
    let other: Answer = |_| {
        body(&json!([
            [1_700_000_000, 1, 1, 1, 1, 1],
            [1_700_000_060, 1, 1, 1, 1, 1],
            [1_700_000_120, 1, 1, 1, 1, 1]
        ]))
    };
    let cases: [(&[&str], Answer, i32, &str); 11] = [
        (
            &["binance", "NOPE", "--timeframe", "H1"],
            binance,
            1,
            "binance has no candles of `NOPE`: Invalid symbol.",
        ),
        (&["stooq", "nope", "--timeframe", "D1"], stooq, 1, "it says: No data"),
        (
            &["yahoo", "NOPE", "--timeframe", "D1"],
            yahoo,
            1,
            "No data found, symbol may be delisted",
        ),
        (&["twelvedata", "XXX", "--timeframe", "H1"], twelvedata, 1, "not found"),
        (
            &["alphavantage", "BUSY", "--timeframe", "H1"],
            alphavantage,
            1,
            "alphavantage limits the rate",
        ),
        (
            &["binance", "BTCUSDT", "--timeframe", "M7"],
            binance,
            1,
            "binance has no M7 candles; it has M1, M3, M5",
        ),
        (
            &["binanse", "BTCUSDT", "--timeframe", "H1"],
            binance,
            5,
            "did you mean binance?",
        ),
        (
            &["binance", "BTCUSDT", "--timeframe", "H1"],
            |_| reply("200 OK", JSON, "[]"),
            1,
            "none has closed",
        ),
        (
            &["binance", "BTCUSDT", "--timeframe", "H1"],
            |_| reply("200 OK", "content-type: text/html\r\n", "<html>\n<p>hello</p>\n</html>"),
            1,
            "binance answers with no candles",
        ),
        (
            &["binance", "BTCUSDT", "--timeframe", "H1"],
            other,
            1,
            "its candles are M1, H1 was asked for",
        ),
        (
            &["binance", "BTCUSDT", "--timeframe", "H1"],
            |_| reply("200 OK", JSON, "{\"a\": [1"),
            1,
            "binance answers with no candles",
        ),
    ];
    for (arguments, answer, code, words) in cases {
        let server = Server::answering(move |_, request| answer(request));
        let ran = fetch(&home(&server), arguments).code(code);
        assert!(
            ran.last().starts_with("error: ") && ran.last().contains(words),
            "{arguments:?}: {}",
            ran.err
        );
        assert_eq!(ran.out, "");
    }
    // Nobody there.
    let mut closed = Server::start(vec![vec![]]);
    closed.url = "http://127.0.0.1:1/v1".to_owned();
    let ran = fetch(&home(&closed), &["stooq", "aapl.us", "--timeframe", "D1"]).code(1);
    assert!(ran.last().contains("cannot reach stooq at 127.0.0.1:1"), "{}", ran.err);
}

#[test]
fn keys_come_from_the_environment_and_are_never_shown() {
    let server = Server::answering(|_, request| twelvedata(request));
    let home = home(&server);
    let arguments = ["fetch", "twelvedata", "EUR/USD", "--timeframe", "H1"];
    let ran = home.run(&arguments).code(5);
    assert_eq!(ran.last(), "error: no key for twelvedata: set TWELVEDATA_API_KEY");
    assert_eq!(server.calls(), 0);
    let mut command = home.command();
    let ran = Ran::of(
        command
            .env("TWELVEDATA_API_KEY", "wrong-one")
            .args(arguments)
            .output()
            .unwrap(),
    )
    .code(5);
    assert!(ran.last().contains("twelvedata refuses the key") && ran.last().contains("check TWELVEDATA_API_KEY"));
    let doctor = home.run(&["doctor"]);
    assert!(
        doctor.out.contains("no key (ALPHAVANTAGE_API_KEY)") && doctor.out.contains("binance"),
        "{}",
        doctor.out
    );
}

#[test]
fn a_file_is_carried_on_and_never_spoilt() {
    let server = Server::answering(|_, request| binance(request));
    let home = home(&server);
    let file = home.path("btc.csv");
    let path = file.to_str().unwrap();
    let arguments = ["binance", "BTCUSDT", "--timeframe", "H1", "--limit", "200", "-o", path];
    let first = fetch(&home, &arguments).code(0);
    assert!(
        first.out.contains("live source") || first.out.contains("BTCUSDT"),
        "{}",
        first.out
    );
    let whole = std::fs::read_to_string(&file).unwrap();
    assert_eq!(rows(&whole).len(), 200);
    // As it was some hours ago, the last candle seen before it was settled.
    let mut lines: Vec<&str> = whole.lines().take(151).collect();
    let last = rows(&whole)[149];
    let unsettled = format!("{},{},{},{},{},1", last.0, last.1[0], last.1[1], last.1[2], last.1[0]);
    lines[150] = &unsettled;
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    let second = fetch(&home, &arguments).code(0);
    assert!(second.err.contains("50 candles more in"), "{}", second.err);
    let again = std::fs::read_to_string(&file).unwrap();
    assert!(
        again.starts_with(whole.trim_end()),
        "the same candles, and at most what has closed since"
    );

    let near_the_end = again.lines().nth(198).unwrap();
    let cells: Vec<&str> = near_the_end.split(',').collect();
    let otherwise = [cells[0], cells[1], cells[2], cells[3], cells[1], cells[5]].join(",");
    let other_market = again.replace(near_the_end, &otherwise);
    // Another market's file, another program's file, another timeframe's.
    let refusals = [
        (other_market, "is another there"),
        ("Date,Open\n2024-01-01,1\n".to_owned(), "was not written by fetch"),
        (
            "time,open,high,low,close,volume\n1700000000,1,1,1,1,1\n1700000060,1,1,1,1,1\n".to_owned(),
            "finer than H1",
        ),
    ];
    for (text, words) in refusals {
        std::fs::write(&file, &text).unwrap();
        let ran = fetch(&home, &arguments).code(1);
        assert!(ran.last().contains(words), "{}", ran.err);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "nothing is changed");
    }
}

#[test]
fn live_candles_stand_wherever_a_file_may() {
    let server = Server::answering(|_, request| binance(request));
    let home = home(&server);
    let ask = [
        "ask",
        "-t",
        "smc",
        "-c",
        "binance:BTCUSDT:H1:300",
        "-m",
        "offline",
        "--json",
    ];
    let json = home.run(&ask);
    let json = json.json();
    assert_eq!(
        (&json["freshness"], &json["candles_since"]),
        (&"fresh".into(), &0.into())
    );
    let card = home.run(&["candles", "binance:BTCUSDT:H1:300", "--to", "H4"]).code(0);
    assert!(
        card.out.contains("live source") && card.out.contains("H4"),
        "{}",
        card.out
    );
    let facts = home.run(&["facts", "binance:BTCUSDT:H1", "--json"]).code(0).json();
    assert_eq!(
        (&facts["symbol"], &facts["candles"]),
        (&"BTCUSDT".into(), &1_000.into())
    );
    let ran = home.run(&["candles", "binance:BTCUSDT:H1", "--tz", "UTC"]).code(1);
    assert!(ran.last().contains("--tz"), "{}", ran.err);
}

#[test]
fn a_source_of_ones_own_is_a_few_lines_and_its_faults_have_a_line_number() {
    let server = Server::answering(|_, request| binance(request));
    let home = Home::new();
    let address = server.url.trim_end_matches("/v1");
    let own = format!(
        "[[sources]]\nname = \"desk\"\nurl = \"{address}/k?symbol={{symbol}}&interval={{interval}}&limit={{limit}}&endTime={{to_ms}}\"\nintervals = {{ H1 = \"1h\" }}\npage = 500\n"
    );
    home.write("config/wickdesk/config.toml", &own);
    let ran = home
        .run(&["fetch", "desk", "BTCUSDT", "--timeframe", "H1", "--limit", "40"])
        .code(0);
    assert_eq!(rows(&ran.out).len(), 40);
    home.write("config/wickdesk/config.toml", own.replace("{symbol}", "{symbl}"));
    let ran = home.run(&["fetch", "desk", "BTCUSDT", "--timeframe", "H1"]).code(5);
    assert!(
        ran.last()
            .contains("config.toml:1: source desk: no blank is called {symbl}; did you mean {symbol}?"),
        "{}",
        ran.err
    );
}
