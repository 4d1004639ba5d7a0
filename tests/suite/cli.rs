//! The command line's contract: tiers, JSON, exit codes, one line for every failure.

use serde_json::Value as Json;

use crate::support::{Home, Ran};

fn smc<'a>(sample: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["ask", "-t", "smc", "-c", sample, "--json"];
    arguments.extend(more);
    arguments
}

fn tier(ran: &Ran) -> Json {
    ran.json()["cache"]["tier"].clone()
}

#[test]
fn model_then_disk_then_model_again_after_clearing() {
    let home = Home::new();
    let sample = home.sample();
    let sample = sample.to_str().unwrap();
    let first = home.run(&smc(sample, &[])).code(0);
    assert_eq!(tier(&first), "model");
    let json = first.json();
    assert_eq!(
        (&json["complete"], &json["finish_reason"], &json["model"]),
        (&true.into(), &"stop".into(), &"offline/3".into())
    );
    assert!(json["setup"]["side"].is_string() && json["checks"].as_array().is_some_and(|c| !c.is_empty()));
    assert_eq!((&json["usage"], &json["cost_usd"]), (&Json::Null, &Json::Null));
    assert_eq!(json["as_of"], "2017-06-23T20:00:00Z");
    let second = home.run(&smc(sample, &[])).code(0);
    assert_eq!(tier(&second), "disk");
    assert_eq!(second.json()["answer"], json["answer"]);
    assert_eq!(second.json()["original_latency_ms"], json["original_latency_ms"]);
    let cleared = home.run(&["cache", "clear", "--json"]).code(0);
    assert_eq!(cleared.json()["disk"], 1);
    assert_eq!(tier(&home.run(&smc(sample, &[]))), "model");
}

#[test]
fn options_of_the_cache() {
    let home = Home::new();
    let sample = home.sample();
    let sample = sample.to_str().unwrap();
    let ask = |more: &[&str]| home.run(&smc(sample, more)).code(0);
    assert_eq!(tier(&ask(&["--no-cache"])), "model");
    assert_eq!(tier(&ask(&[])), "model", "--no-cache wrote nothing");
    let refreshed = ask(&["--refresh"]);
    assert_eq!(
        (tier(&refreshed), &refreshed.json()["cache"]["sample"]),
        ("model".into(), &1.into())
    );
    assert_eq!(
        ask(&[]).json()["cache"]["sample"],
        1,
        "a plain question gets the newest sample"
    );
    assert_eq!(ask(&["--sample", "0"]).json()["cache"]["sample"], 0);
    assert_eq!(
        tier(&ask(&["--temperature", "0.9"])),
        "model",
        "a parameter is part of the key"
    );
    assert_eq!(
        tier(&ask(&["--as-of", "2017-06-20"])),
        "model",
        "another as-of is another question"
    );
    assert_eq!(ask(&["--as-of", "2017-06-20"]).json()["freshness"], "unknown");
    let stats = home.run(&["cache", "stats", "--json"]).code(0).json();
    assert_eq!((&stats["bypasses"], &stats["disk_items"]), (&2.into(), &4.into()));
    let (lookups, hits) = (stats["lookups"].as_u64().unwrap(), stats["disk_hits"].as_u64().unwrap());
    assert_eq!((lookups, hits, &stats["misses"]), (6, 3, &3.into()));
    assert_eq!(stats["disk_hit_rate"], 0.5);
    assert_eq!(stats["calls_saved"], 0, "the offline analyst saves nothing");
    for key in [
        "cache_dir",
        "memory_items",
        "memory_bytes",
        "disk_bytes",
        "memory_hits",
        "stored",
        "refused",
        "evicted",
        "expired",
        "corrupt",
        "memory_hit_rate",
        "hit_rate",
        "usd_saved",
        "seconds_saved",
    ] {
        assert!(!stats[key].is_null(), "{key}");
    }
    assert_eq!(home.run(&["cache", "list", "--json"]).code(0).out.lines().count(), 4);
}

#[test]
fn an_expired_answer_is_gone() {
    let home = Home::new();
    let sample = home.sample();
    let sample = sample.to_str().unwrap();
    let ask = || home.run(&smc(sample, &["--ttl", "1s"])).code(0);
    assert_eq!(tier(&ask()), "model");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(tier(&ask()), "model");
    let forever = home.run(&smc(sample, &["--ttl", "none", "--refresh"])).code(0);
    assert_eq!(forever.json()["cache"]["expires"], Json::Null);
}

#[test]
fn the_answer_is_on_stdout_and_the_stamp_last_on_stderr() {
    let home = Home::new();
    let sample = home.sample();
    let ask = || home.run(&["ask", "-t", "smc", "-c", sample.to_str().unwrap()]).code(0);
    let first = ask();
    assert!(first.out.starts_with("## EURUSD H1") && first.out.ends_with("```\n"));
    assert!(
        first.last().starts_with("model offline/3 · ")
            && first.last().contains("as of the 2017-06-23 20:00 UTC candle")
    );
    assert!(ask().last().starts_with("disk hit · "), "{}", ask().err);
}

#[test]
fn a_dry_run_asks_nobody() {
    let home = Home::new();
    let sample = home.sample();
    let dry = |more: &[&str]| {
        home.run(&smc(sample.to_str().unwrap(), &[&["--dry-run"], more].concat()))
            .code(0)
            .json()
    };
    let before = dry(&["-m", "offline"]);
    assert_eq!(
        (&before["hit"], &before["messages"][0]["role"]),
        (&Json::Null, &"system".into())
    );
    home.run(&smc(sample.to_str().unwrap(), &[])).code(0);
    assert_eq!(dry(&[])["hit"], "disk");
    assert_eq!(home.run(&["cache", "stats", "--json"]).json()["lookups"], 1);
}

#[test]
fn failures_are_one_line_with_their_code() {
    let home = Home::new();
    let sample = home.sample();
    let sample = sample.to_str().unwrap();
    let cases: [(&[&str], i32, &str); 19] = [
        (&["ask"], 1, "nothing to ask"),
        (
            &["ask", "hi", "-m", "gpt-4o"],
            5,
            "no key for openai: set OPENAI_API_KEY",
        ),
        (&["ask", "hi", "-m", "gpt-4p"], 5, "did you mean `gpt-4"),
        (&["ask", "hi", "-m", "opnai/gpt-4o"], 5, "did you mean `openai`?"),
        (
            &["ask", "hi", "-m", "anthropic/claude-sonnet-4-5"],
            5,
            "no key for anthropic: set ANTHROPIC_API_KEY",
        ),
        (
            &["ask", "hi", "-m", "bedrock/anthropic.claude-v2"],
            5,
            "it is not supported: its requests are signed",
        ),
        (&["ask", "hi", "-m", "azure/my-deployment"], 5, "set AZURE_API_BASE"),
        (
            &["ask", "hi", "-m", "openai/x", "--base-url", "http://127.0.0.1:9/v1"],
            1,
            "cannot reach http://127.0.0.1:9/v1: connection refused",
        ),
        (
            &["ask", "hi", "-m", "openai/x", "--base-url", "http://example.org/v1"],
            5,
            "in the clear",
        ),
        (&["ask", "-t", "smk", "-c", sample], 1, "did you mean `smc`?"),
        (&["ask", "-t", "smc"], 1, "comes from candles and none are loaded"),
        (
            &["ask", "-t", "sentiment", "-c", sample],
            1,
            "`news` (headlines or notes to weigh; paste them in) has no value",
        ),
        (
            &["ask", "-t", "smc", "-c", sample, "-s", "bais=long"],
            1,
            "did you mean `bias`?",
        ),
        (
            &["ask", "-t", "smc", "-c", sample, "-s", "bias=up"],
            1,
            "`up` is not one of either, long, short",
        ),
        (&["ask", "-t", "smc", "-c", sample, "-s", "nothing"], 1, "NAME=VALUE"),
        (
            &["ask", "-t", "smc", "-c", sample, "--as-of", "yesterday"],
            1,
            "is no time",
        ),
        (
            &["ask", "-t", "smc", "-c", sample, "--as-of", "1999-01-01"],
            1,
            "the candles begin at 2017-01-01T22:00:00Z",
        ),
        (
            &["candles", sample, "--tz", "Europe/Athen"],
            1,
            "did you mean Europe/Athens?",
        ),
        (&["ask", "hi", "--ttl", "soon"], 2, "is no time to live"),
    ];
    for (arguments, code, want) in cases {
        let ran = home.run(arguments).code(code);
        assert!(ran.err.contains(want), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments:?}");
        if code != 2 {
            assert_eq!(ran.err.trim_end().lines().count(), 1, "{arguments:?}: {}", ran.err);
        }
    }
}

#[test]
fn a_faulty_configuration_names_line_and_key() {
    let home = Home::new();
    home.write("config/wickdesk/config.toml", "[cache]\ntll = \"4h\"\n");
    let ran = home.run(&["ask", "hi"]).code(5);
    assert!(
        ran.last()
            .ends_with("config.toml:2: unknown key `tll`; did you mean `ttl`?"),
        "{}",
        ran.err
    );
    home.run(&["--config", "/no/such.toml", "ask", "hi"]).code(5);
}

#[test]
fn settings_come_from_flag_environment_file_default() {
    let home = Home::new();
    home.write(
        "config/wickdesk/config.toml",
        "[cache]\nttl = \"2h\"\nmemory = \"8MiB\"\n",
    );
    let ran = Ran::of(home.command().env("WICKDESK_TTL", "3h").arg("doctor").output().unwrap()).code(0);
    assert!(ran.out.contains("cache ttl      3h (environment)"), "{}", ran.out);
    assert!(ran.out.contains("cache memory   8.0 MiB (config.toml)"));
    assert!(ran.out.contains("cache disk     1.0 GiB (default)"));
    assert!(ran.out.contains("no key (OPENAI_API_KEY)"));
}

#[test]
#[cfg(unix)]
fn an_unwritable_cache_directory_works_on_memory_alone() {
    let home = Home::new();
    let sample = home.sample();
    // A directory cannot be made below a file, whoever asks.
    let blocked = home.write("file", "").join("cache");
    let ran = home
        .run(&[
            "--cache-dir",
            blocked.to_str().unwrap(),
            "ask",
            "-t",
            "smc",
            "-c",
            sample.to_str().unwrap(),
            "--json",
        ])
        .code(0);
    assert_eq!(tier(&ran), "model");
    assert!(
        ran.err.contains("warning:") && ran.err.contains("in memory only"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("not stored"), "{}", ran.err);
    home.run(&["--cache-dir", blocked.to_str().unwrap(), "cache", "stats"])
        .code(1);
}

#[test]
#[cfg(unix)]
fn files_are_the_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.run(&["ask", "hi"]).code(0);
    let mode = |name: &str| home.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("cache/wickdesk"), 0o700);
    assert_eq!(mode("cache/wickdesk/v1"), 0o700);
    assert_eq!(mode("cache/wickdesk/v1/data.mdb"), 0o600);
    assert_eq!(mode("state/wickdesk/wickdesk.log"), 0o600);
}

#[test]
fn candles_facts_and_check_print_json() {
    let home = Home::new();
    let sample = home.sample();
    let sample = sample.to_str().unwrap();
    let card = home.run(&["candles", sample, "--json"]).code(0).json();
    assert_eq!(
        (&card["layout"], &card["rows"], &card["zone_assumed"]),
        (&"Dukascopy".into(), &3000.into(), &true.into())
    );
    let csv = home.run(&["candles", sample, "--export", "-"]).code(0).out;
    assert!(
        csv.starts_with("time,open,high,low,close,volume\n1483308000,1.05236,1.05253,1.05221,1.05227,143539993.3\n")
    );
    assert_eq!(csv.lines().count(), 3001);
    let facts = home
        .run(&["facts", sample, "--json", "--as-of", "2017-06-20T12:00:00Z"])
        .code(0)
        .json();
    assert_eq!(facts["as_of"], "2017-06-20T12:00:00Z");
    let names: Vec<&str> = facts["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    for name in [
        "rsi",
        "atr",
        "ema_20",
        "ema_50",
        "ema_200",
        "swing_high",
        "fib_0_618",
        "fib_1_618",
        "range_zone",
        "poc",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    let directory = home.path("tables");
    home.run(&["facts", sample, "--export", directory.to_str().unwrap()])
        .code(0);
    assert_eq!(std::fs::read_dir(directory).unwrap().count(), 16);
    let good = "```setup\n{\"side\":\"long\",\"order\":\"limit\",\"entry\":1.1180,\"stop\":1.1160,\"targets\":[1.1220],\"risk_reward\":2}\n```";
    let answer = home.write("answer.md", good);
    let check = home
        .run(&["check", answer.to_str().unwrap(), "-c", sample, "--json"])
        .code(0)
        .json();
    assert_eq!(
        (&check["setup_source"], &check["complete"]),
        (&"block".into(), &true.into())
    );
    let answer = home.write("answer.md", good.replace("1.1160", "1.1200"));
    home.run(&["check", answer.to_str().unwrap(), "-c", sample]).code(3);
    let answer = home.write("answer.md", &good[..60]);
    home.run(&["check", answer.to_str().unwrap(), "-c", sample]).code(4);
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::io::Read;
    let home = Home::new();
    let sample = home.sample();
    let mut child = home
        .command()
        .args(["candles", sample.to_str().unwrap(), "--export", "-"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 16];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stderr).unwrap()),
        (Some(0), String::new())
    );
}

#[test]
fn version_bears_the_notice_and_packagers_are_served() {
    let home = Home::new();
    assert!(home.run(&["--version"]).code(0).out.contains("Research, not advice"));
    assert!(home.run(&["completions", "bash"]).code(0).out.contains("wickdesk"));
    assert!(home.run(&["man"]).code(0).out.contains(".TH wickdesk"));
}

#[test]
fn without_a_terminal_the_workbench_says_how_to_ask() {
    let home = Home::new();
    let ran = home.run(&[]).code(1);
    assert!(
        ran.last().contains("needs a terminal") && ran.last().contains("wickdesk ask"),
        "{}",
        ran.err
    );
}

#[test]
fn global_options_stand_before_or_behind_the_subcommand() {
    let home = Home::new();
    let directory = home.path("elsewhere");
    let directory = directory.to_str().unwrap();
    home.run(&["--cache-dir", directory, "--color", "never", "ask", "hi"])
        .code(0);
    let stats = home
        .run(&["cache", "stats", "--json", "--cache-dir", directory])
        .code(0)
        .json();
    assert_eq!(
        (&stats["disk_items"], stats["cache_dir"].as_str()),
        (&1.into(), Some(directory))
    );
    home.run(&["-v", "doctor"]).code(0);
}

#[test]
fn a_store_that_is_none_is_set_aside_and_a_new_one_begun() {
    let home = Home::new();
    home.write(
        "cache/wickdesk/v1/data.mdb",
        "this is no database, whatever its name says ".repeat(400),
    );
    home.run(&["ask", "hi"]).code(0);
    assert_eq!(home.run(&["cache", "stats", "--json"]).code(0).json()["disk_items"], 1);
    let aside = std::fs::read_dir(home.path("cache/wickdesk")).unwrap().flatten();
    let names: Vec<String> = aside.map(|e| e.file_name().into_string().unwrap()).collect();
    assert!(names.iter().any(|n| n.starts_with("v1-foreign-20")), "{names:?}");
}

#[test]
fn a_block_that_is_no_whole_one_fails_and_nothing_in_it_is_mended() {
    let home = Home::new();
    let sample = home.sample();
    let deep = format!(
        "```setup\n{{\"side\":\"long\",\"x\":{}{},\"stop\":1}}\n```",
        "[".repeat(200),
        "]".repeat(200)
    );
    let blocks = [
        "```setup\n{\"side\":\"long\",\"entry\":1.1,\"stop\":1.0\n```\nand some text\n",
        "```setup\n{\"side\":\"long\",\"entry\":\"1.1\n```\n",
        "```setup\n{\"side\":\"long\",\"others\":[{\"side\":\"short\",\"entry\":1}],\"stop\":1.0",
        &deep,
    ];
    for block in blocks {
        let answer = home.write("answer.md", block);
        let ran = home
            .run(&[
                "check",
                answer.to_str().unwrap(),
                "-c",
                sample.to_str().unwrap(),
                "--json",
            ])
            .code(4);
        let json = ran.json();
        assert_eq!(
            (&json["setup"], &json["setup_source"], &json["checks"][0]["status"]),
            (&Json::Null, &"block".into(), &"fail".into()),
            "{block}"
        );
    }
    let prose = "The range [1.05, 1.10) holds {for now}.\n```setup\n{\"side\":\"none\"}\n```";
    let answer = home.write("answer.md", prose);
    let ran = home
        .run(&[
            "check",
            answer.to_str().unwrap(),
            "-c",
            sample.to_str().unwrap(),
            "--json",
        ])
        .code(0);
    assert_eq!(ran.json()["setup"]["side"], "none");
}

#[test]
fn an_export_does_not_overwrite_what_it_reads() {
    let home = Home::new();
    let sample = home.sample();
    let before = std::fs::read(&sample).unwrap();
    let path = sample.to_str().unwrap();
    let ran = home.run(&["candles", path, "--export", path]).code(1);
    assert!(ran.last().contains("would overwrite"), "{}", ran.err);
    assert_eq!(std::fs::read(&sample).unwrap(), before);
}

#[test]
#[cfg(unix)]
fn a_device_is_no_candle_file() {
    let home = Home::new();
    let ran = home.run(&["candles", "/dev/zero"]).code(1);
    assert!(ran.last().contains("a device, not a file"), "{}", ran.err);
}

#[test]
fn the_chart_is_printed_and_drawn() {
    let home = Home::new();
    let sample = home.sample();
    let path = sample.to_str().unwrap();
    let plain = home
        .run(&["chart", path, "--width", "100", "--height", "30"])
        .code(0)
        .out;
    assert!(plain.contains("EURUSD H1 · 1.11954") && plain.contains("RSI 67.9") && !plain.contains('\x1b'));
    assert!(plain.lines().all(|l| l.chars().count() <= 100) && plain.lines().count() == 31);
    let coloured = home.run(&["chart", path, "--color", "always"]).code(0).out;
    assert!(coloured.contains("\x1b[") && coloured.contains('║'));
    let live = home
        .run(&["chart", path, "--layers", "order-blocks,gaps", "--template-facts"])
        .code(0)
        .out;
    let all = home.run(&["chart", path, "--layers", "order-blocks,gaps"]).code(0).out;
    assert!(live != all && live.contains("OB+"));
    let picture = home.path("chart.svg");
    home.run(&["chart", path, "--layers", "all", "--svg", picture.to_str().unwrap()])
        .code(0);
    let svg = std::fs::read_to_string(&picture).unwrap();
    assert!(
        svg.starts_with("<svg ")
            && svg.trim_end().ends_with("</svg>")
            && svg.contains("POC")
            && svg.contains("research, not advice")
    );
    assert_eq!(svg.matches('<').count(), svg.matches('>').count());
    let ran = home.run(&["chart", path, "--layers", "clouds"]).code(1);
    assert!(
        ran.last().contains("no such layer; there are all, none, structure"),
        "{}",
        ran.err
    );
    let early = home.run(&["chart", path, "--as-of", "2017-06-20"]).code(0).out;
    assert!(early.contains("as of 2017-06-20T00:00:00Z"));
}
