//! Walks: no look at what came later, a second run that is free and the same, and what stops one.

use std::sync::Arc;
use std::time::Duration;

use wickdesk::desk::{Costs, Variant, Walk};
use wickdesk::market::{Candle, Series};
use wickdesk::prompt::Values;

use crate::support::{self, Home, Part, Server, reply, stream};

fn walk(home: &Home, templates: &[&str], series: &Arc<Series>, every: usize) -> (wickdesk::desk::Desk, Walk) {
    let desk = home.desk();
    let variants = templates
        .iter()
        .map(|name| Variant {
            name: (*name).to_owned(),
            template: desk.library().find(name).unwrap().0,
            values: Values::default(),
            series: Arc::clone(series),
        })
        .collect();
    let walk = Walk {
        variants,
        models: vec!["offline".to_owned()],
        every,
        from: None,
        to: None,
        params: Vec::new(),
        costs: Costs::default(),
        base_url: None,
        spend: None,
        concurrent: 2,
    };
    (desk, walk)
}

#[test]
fn no_prompt_knows_what_came_after_its_as_of() {
    let home = Home::new();
    let whole = support::series();
    let templates = ["smc", "confluence", "fibonacci", "rsi", "backtest_review"];
    let (desk, honest) = walk(&home, &templates[..4], &Arc::new(whole.clone()), 97);
    let honest = desk.walk_prompts(&honest).unwrap();
    assert!(honest.len() > 100);
    for cut in [260, 1_000, 2_222, whole.candles().len() - 2] {
        // Every candle after the cut is another: thrice as high, upside down, its volume too.
        let candles: Vec<Candle> = whole
            .candles()
            .iter()
            .enumerate()
            .map(|(bar, c)| {
                if bar <= cut {
                    return *c;
                }
                let turned = |price: f64| 3.0 + (3.0 - price);
                Candle {
                    open: turned(c.open),
                    high: turned(c.low),
                    low: turned(c.high),
                    close: turned(c.close),
                    volume: c.volume * 7.0 + 1.0,
                    ..*c
                }
            })
            .collect();
        let as_of = candles[cut].time;
        let altered = Series::new(
            whole.symbol(),
            whole.timeframe(),
            whole.decimals(),
            whole.volume(),
            candles,
        )
        .unwrap();
        let (desk, walk) = walk(&home, &templates[..4], &Arc::new(altered), 97);
        let prompts = desk.walk_prompts(&walk).unwrap();
        assert_eq!(prompts.len(), honest.len());
        let mut same = 0;
        for (a, b) in prompts.iter().zip(&honest) {
            assert_eq!(a.0, b.0);
            if a.0 <= as_of {
                assert_eq!(a.1, b.1, "the prompt as of {} changes with candles after {as_of}", a.0);
                same += 1;
            } else if a.0 > as_of + 100 * 3_600 {
                assert_ne!(a.1, b.1, "what is altered is seen once it is known");
            }
        }
        assert!(same > 0);
    }
}

#[test]
fn a_prompt_of_a_walk_is_the_prompt_of_an_ask_as_of_then() {
    let home = Home::new();
    let (desk, walk) = walk(&home, &["confluence"], &Arc::new(support::series()), 400);
    for (as_of, messages) in desk.walk_prompts(&walk).unwrap() {
        let time = jiff::Timestamp::from_second(as_of).unwrap().to_string();
        let sample = home.sample();
        let sample = sample.to_str().unwrap();
        let json = home
            .run(&[
                "ask",
                "-t",
                "confluence",
                "-c",
                sample,
                "--as-of",
                &time,
                "--dry-run",
                "--json",
            ])
            .code(0)
            .json();
        assert_eq!(json["messages"], serde_json::to_value(&messages).unwrap(), "{time}");
    }
}

#[test]
fn a_second_walk_asks_nobody_and_finds_the_same() {
    let home = Home::new();
    let sample = home.sample();
    let report = home.path("report.html");
    let arguments = [
        "walk",
        "-c",
        sample.to_str().unwrap(),
        "-t",
        "smc",
        "-t",
        "rsi",
        "--every",
        "9",
        "--json",
        "--report",
        report.to_str().unwrap(),
    ];
    let first = home.run(&arguments).code(0).json();
    let page = std::fs::read_to_string(&report).unwrap();
    let second = home.run(&arguments).code(0).json();
    assert_eq!(first["scoreboard"], second["scoreboard"]);
    assert_eq!(first["pairs"], second["pairs"]);
    assert_eq!(page, std::fs::read_to_string(&report).unwrap());
    let asked = first["asked"].as_u64().unwrap();
    assert_eq!(
        (first["hits"].as_u64(), first["calls"].as_u64()),
        (Some(0), Some(asked))
    );
    assert_eq!(
        (second["hits"].as_u64(), second["calls"].as_u64()),
        (Some(asked), Some(0))
    );
    assert_eq!(asked, 2 * 2_801_u64.div_ceil(9), "from the 200th of 3,000 candles on");
    let row = &first["scoreboard"][0];
    assert!(row["n"].as_u64().unwrap() > 300 && row["trades"].as_u64().unwrap() > 30);
    assert!(row["effective"].as_u64().unwrap() < row["trades"].as_u64().unwrap());
    assert_eq!(row["mean_r_per_analysis"], row["expectancy_r"]);
    // Everything is counted once.
    let count = |name: &str| row[name].as_u64().unwrap();
    assert_eq!(
        count("n"),
        [
            "no_trade",
            "unplayable",
            "expired",
            "missed",
            "invalidated",
            "open",
            "trades"
        ]
        .map(count)
        .iter()
        .sum::<u64>()
    );
    assert_eq!(row["failed_check_rate"], 0.0, "what it proposes passes its own checks");
    // The page needs nothing but itself.
    for word in ["<svg", "Running total of R", "Research, not advice"] {
        assert!(page.contains(word), "{word}");
    }
    for word in ["http://", "https://", "<script", "<link"] {
        assert!(!page.contains(word), "{word}");
    }
    // It is kept as a walk of its own, not among the journal's analyses.
    assert!(home.run(&["history", "list", "--json"]).code(0).out.is_empty());
    let name = home.run(&["score", "--walks"]).code(0).out;
    let kept = home.run(&["score", "--walk", name.trim(), "--json"]).code(0).json();
    assert_eq!(kept["scoreboard"], first["scoreboard"]);
}

#[test]
fn sweeps_and_a_split_are_scored_apart() {
    let home = Home::new();
    let sample = home.sample();
    let json = home
        .run(&[
            "walk",
            "-c",
            sample.to_str().unwrap(),
            "-t",
            "smc",
            "--set",
            "timeframe=H1,H4",
            "--set",
            "risk_reward=1.5,3",
            "--every",
            "5",
            "--split",
            "2017-05-01",
            "--json",
        ])
        .code(0)
        .json();
    let rows = json["scoreboard"].as_array().unwrap();
    let names: Vec<String> = rows
        .iter()
        .map(|r| {
            format!(
                "{} {}",
                r["template"].as_str().unwrap(),
                r["timeframe"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            "smc risk_reward=1.5 H1",
            "smc risk_reward=1.5 H4",
            "smc risk_reward=3 H1",
            "smc risk_reward=3 H4"
        ]
    );
    let n = |board: &str, row: usize| json[board][row]["n"].as_u64().unwrap();
    assert!(n("in_sample", 0) > 0 && n("out_of_sample", 0) > 0);
    // What was on at the split is in neither.
    assert!(n("in_sample", 0) + n("out_of_sample", 0) <= n("scoreboard", 0));
    let pairs = json["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 2, "the two values on each timeframe: {pairs:?}");
    assert!(pairs[0]["compared"]["n"].as_u64().unwrap() + 10 > n("scoreboard", 0));
}

const SETUP: &str = "```setup\n{\"side\": \"long\", \"order\": \"market\", \"stop\": 0.9, \"targets\": [1.3], \"confidence\": 0.6}\n```";

fn modest(server: &Server, sample: &str) -> Vec<String> {
    let words = [
        "walk",
        "-c",
        sample,
        "-t",
        "smc",
        "-m",
        "openai/mine",
        "--every",
        "200",
        "--json",
        "--concurrent",
        "1",
    ];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    words.extend(["--base-url".to_owned(), server.url.clone()]);
    words
}

#[test]
fn a_model_that_fails_ends_the_walk_and_the_next_goes_on() {
    let home = Home::new();
    let sample = home.sample();
    let down = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let seen = Arc::clone(&down);
    let server = Server::answering(move |n, _| {
        if n >= 4 && seen.load(std::sync::atomic::Ordering::Relaxed) {
            reply(
                "400 Bad Request",
                "Content-Type: application/json",
                "{\"error\": {\"message\": \"no more\"}}",
            )
        } else {
            stream(&[SETUP], Some("stop"))
        }
    });
    let arguments = modest(&server, sample.to_str().unwrap());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = home.run(&arguments).code(1);
    assert!(
        ran.err.contains("4 of 15 questions are answered and kept"),
        "{}",
        ran.err
    );
    assert_eq!(server.calls(), 7, "three in a row are enough");
    down.store(false, std::sync::atomic::Ordering::Relaxed);
    let json = home.run(&arguments).code(0).json();
    assert_eq!((&json["hits"], &json["calls"]), (&4.into(), &11.into()));
    let row = &json["scoreboard"][0];
    assert_eq!(
        (&row["model"], &row["answered_by"][0]),
        (&"openai/mine".into(), &"mock-1".into())
    );
    assert!(
        row["vs_offline"]["n"].as_u64().unwrap() > 0,
        "beside the offline analyst: {row}"
    );
    // An as-of every 200 candles, a trade held 100 at most: none overlaps another.
    assert_eq!((&row["effective"], &row["too_few"]), (&row["trades"], &false.into()));
    assert!(row["trades"].as_u64().unwrap() >= 8, "{row}");
}

#[test]
fn one_question_without_an_answer_is_left_for_the_next_walk() {
    let home = Home::new();
    let sample = home.sample();
    let server = Server::answering(|n, _| match n {
        3 => reply(
            "400 Bad Request",
            "Content-Type: application/json",
            "{\"error\": {\"message\": \"not this\"}}",
        ),
        _ => stream(&[SETUP], Some("stop")),
    });
    let arguments = modest(&server, sample.to_str().unwrap());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = home.run(&arguments).code(1);
    assert_eq!(ran.json()["asked"], 14);
    assert!(ran.last().contains("1 question got no answer"), "{}", ran.err);
    let json = home.run(&arguments).code(0).json();
    assert_eq!((&json["asked"], &json["calls"]), (&15.into(), &1.into()));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_cleanly_and_what_was_answered_is_kept() {
    let home = Home::new();
    let sample = home.sample();
    let server = Server::answering(|_, _| {
        let mut parts = vec![Part::Wait(Duration::from_millis(300))];
        parts.extend(stream(&[SETUP], Some("stop")));
        parts
    });
    let arguments = modest(&server, sample.to_str().unwrap());
    let child = home
        .command()
        .args(&arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while server.calls() < 4 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = support::Ran::of(child.wait_with_output().unwrap()).code(130);
    assert!(
        ran.out.is_empty() && ran.last().contains("the same walk goes on from there"),
        "{}",
        ran.err
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let json = home.run(&arguments).code(0).json();
    assert!(json["hits"].as_u64().unwrap() >= 3, "{json}");
    assert_eq!(json["asked"], 15);
}

#[test]
fn nothing_is_paid_for_unasked() {
    let home = Home::new();
    let sample = home.sample();
    let ran = Ran::with_key(
        &home,
        &[
            "walk",
            "-c",
            sample.to_str().unwrap(),
            "-t",
            "smc",
            "-m",
            "gpt-4o",
            "--every",
            "500",
        ],
    );
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("trained") && ran.last().contains("--yes"),
        "{}",
        ran.err
    );
    assert!(
        ran.last().contains("6 calls to pay for") && ran.last().contains('$'),
        "{}",
        ran.err
    );
}

struct Ran;

impl Ran {
    fn with_key(home: &Home, arguments: &[&str]) -> support::Ran {
        let output = home.command().env("OPENAI_API_KEY", "sk-none").args(arguments).output();
        support::Ran::of(output.unwrap())
    }
}
