//! The journal: each answer once, untouched by the cache, played forward, found again, and safe.

use crate::support::Home;

/// The bundled candles up to a line, under the name of their symbol.
fn part(home: &Home, lines: usize) -> String {
    let text = std::fs::read_to_string(home.sample()).unwrap();
    let kept: Vec<&str> = text.lines().take(lines).collect();
    let path = home.write("EURUSD_H1.csv", kept.join("\n"));
    path.to_str().unwrap().to_owned()
}

fn records(home: &Home) -> Vec<serde_json::Value> {
    let out = home.run(&["history", "list", "-n", "1000", "--json"]).code(0).out;
    out.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn an_answer_is_recorded_once_and_outlives_the_cache() {
    let home = Home::new();
    let candles = part(&home, 1_500);
    let ask = ["ask", "-t", "smc", "-c", &candles, "--no-stream"];
    home.run(&ask).code(0);
    home.run(&ask).code(0);
    assert_eq!(records(&home).len(), 1, "a hit shows the same answer");
    home.run(&["cache", "clear"]).code(0);
    std::fs::remove_file(&candles).unwrap();
    let record = home.run(&["history", "show", "1", "--json"]).code(0).json();
    assert_eq!(
        (
            &record["model"],
            &record["template"]["name"],
            &record["market"]["symbol"]
        ),
        (&"offline/3".into(), &"smc".into(), &"EURUSD".into())
    );
    assert!(record["answer"].as_str().unwrap().contains("```setup"));
    assert!(record["messages"][0]["content"].as_str().unwrap().contains("analyst"));
    assert_eq!(record["window"].as_array().unwrap().len(), 160);
    assert_eq!(record["market"]["as_of"], record["window"][159]["time"]);
    assert_eq!(record["market"]["candles"], 1_499);
    home.run(&["ask", "-t", "smc", "-c", &part(&home, 1_500), "--refresh"])
        .code(0);
    assert_eq!(
        records(&home).len(),
        2,
        "another answer to the same question is another record"
    );
    // Without candles too; and what is asked past the cache.
    home.run(&["ask", "hello", "--no-cache"]).code(0);
    assert_eq!(records(&home)[0]["label"], "hello");
}

#[test]
fn later_candles_decide_what_is_open() {
    let home = Home::new();
    let mut lines = 700;
    // Until one proposes a trade.
    loop {
        let candles = part(&home, lines);
        home.run(&["ask", "-t", "confluence", "-c", &candles]).code(0);
        if records(&home)[0]["side"] != "none" {
            break;
        }
        lines += 40;
    }
    let id = records(&home)[0]["id"].to_string();
    assert!(
        home.run(&["history", "show", &id])
            .code(0)
            .out
            .contains("open: load later candles")
    );
    let other = home.write("GBPUSD_H1.csv", std::fs::read(home.sample()).unwrap());
    home.run(&["history", "replay", "-c", other.to_str().unwrap()]).code(0);
    assert!(
        home.run(&["history", "show", &id]).code(0).out.contains("open: load"),
        "another market's say nothing"
    );
    // Asking anything else about the grown file is enough.
    let whole = part(&home, usize::MAX);
    let ran = home.run(&["ask", "-t", "rsi", "-c", &whole]).code(0);
    assert!(ran.err.contains(&format!("history {id}: ")), "{}", ran.err);
    let record = home.run(&["history", "show", &id, "--json"]).code(0).json();
    let decided = &record["decided"];
    assert!(decided["candle"]["time"].as_i64() > record["market"]["as_of"].as_i64());
    assert_eq!(decided["until"], decided["candle"]["time"]);
    // It can be stepped through without the file, to the same end.
    std::fs::remove_file(&whole).unwrap();
    let steps = home.run(&["history", "replay", &id]).code(0).out;
    assert_eq!(steps.lines().count(), record["later"].as_array().unwrap().len());
    let shown = home.run(&["history", "show", &id]).code(0).out;
    let outcome = shown.lines().find(|l| l.starts_with("outcome")).unwrap();
    let status = outcome.split_whitespace().nth(1).unwrap().trim_end_matches(',');
    assert!(
        steps.trim_end().lines().last().unwrap().contains(status),
        "{outcome}\n{steps}"
    );
    let board = home.run(&["score", "--by", "template", "--json"]).code(0).json();
    let rows = board["scoreboard"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|r| r["too_few"] == true && r["model"] == ""));
}

#[test]
fn records_are_found_noted_tagged_compared_and_exported() {
    let home = Home::new();
    let candles = part(&home, 1_500);
    for template in ["smc", "rsi", "fibonacci"] {
        home.run(&["ask", "-t", template, "-c", &candles]).code(0);
    }
    home.run(&["history", "note", "2", "the", "desk", "thinks", "Otherwise"])
        .code(0);
    home.run(&["history", "tag", "2", "review", "q3"]).code(0);
    home.run(&["history", "tag", "2", "-q3"]).code(0);
    let found = |words: &[&str]| {
        let mut arguments = vec!["history", "search", "--json"];
        arguments.extend(words);
        let out = home.run(&arguments).code(0).out;
        out.lines()
            .map(|l| {
                serde_json::from_str::<serde_json::Value>(l).unwrap()["id"]
                    .as_u64()
                    .unwrap()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&["thinks", "otherwise"]), [2]);
    assert_eq!(found(&["\"desk thinks\""]), [2]);
    assert_eq!(found(&["\"thinks desk\""]), [0u64; 0]);
    assert_eq!(found(&["Offline", "EURUSD"]), [3, 2, 1]);
    assert_eq!(found(&["review"]), [2]);
    assert_eq!(found(&["q3"]), [0u64; 0]);
    let tagged = home.run(&["history", "list", "--tag", "review", "--json"]).code(0).out;
    assert_eq!(tagged.lines().count(), 1);
    let diff = home.run(&["history", "diff", "1", "3"]).code(0).out;
    assert!(
        diff.contains("-template: smc") && diff.contains("+template: fibonacci"),
        "{diff}"
    );
    assert!(
        home.run(&["history", "diff", "1", "1"])
            .code(0)
            .out
            .contains("answer: the same")
    );
    let lines = home.run(&["history", "export", "-"]).code(0);
    assert!(lines.err.contains("Research, not advice"));
    let ids: Vec<u64> = lines
        .out
        .lines()
        .map(|l| serde_json::from_str::<wickdesk::journal::Record>(l).unwrap().id)
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    let csv = home.path("out.csv");
    home.run(&["history", "export", csv.to_str().unwrap()]).code(0);
    let table = std::fs::read_to_string(&csv).unwrap();
    assert!(table.starts_with("id,shown,model,") && table.lines().count() == 4);
    assert!(table.contains("the desk thinks Otherwise"));
    // A page for a colleague needs nothing else, and holds what was said, the chart, and the notice.
    let page = home.path("page.html");
    home.run(&["history", "page", "1", page.to_str().unwrap()]).code(0);
    let html = std::fs::read_to_string(&page).unwrap();
    for word in [
        "<svg",
        "Research, not advice",
        "stop on the right side",
        "Offline analyst",
        "trading analyst",
    ] {
        assert!(html.contains(word), "{word}");
    }
    let links = ["<script", "<link", "href=", "src="];
    assert!(links.iter().all(|word| !html.contains(word)));
    let page = home.path("page.md");
    home.run(&["history", "page", "1", page.to_str().unwrap()]).code(0);
    assert!(std::fs::read_to_string(&page).unwrap().contains("## Setup"));
    home.run(&["history", "page", "1", "page.pdf"]).code(1);
}

#[test]
fn nothing_is_deleted_unless_that_is_asked_for() {
    let home = Home::new();
    let candles = part(&home, 1_500);
    for template in ["smc", "rsi"] {
        home.run(&["ask", "-t", template, "-c", &candles]).code(0);
    }
    let ran = home.run(&["history", "prune", "--before", "2100-01-01"]).code(1);
    assert!(
        ran.last().contains("2 records") && ran.last().contains("--yes"),
        "{}",
        ran.err
    );
    assert_eq!(records(&home).len(), 2);
    home.run(&["history", "delete", "1"]).code(0);
    assert_eq!(records(&home).len(), 1);
    // What it shared with the other stays with the other.
    let record = home.run(&["history", "show", "2", "--json"]).code(0).json();
    assert_eq!(record["window"].as_array().unwrap().len(), 160);
    home.run(&["history", "delete", "1"]).code(1);
    home.run(&["history", "prune", "--before", "2100-01-01", "--yes"])
        .code(0);
    assert!(records(&home).is_empty());
    home.run(&["ask", "-t", "smc", "-c", &candles, "--refresh"]).code(0);
    assert_eq!(records(&home)[0]["id"], 3, "a number is not given twice");
}

#[test]
fn several_processes_write_one_journal() {
    let home = Home::new();
    let candles = part(&home, 1_500);
    let children: Vec<_> = (0..8)
        .map(|n| {
            let prompt = format!("question {n}");
            home.command()
                .args(["ask", &prompt, "-c", &candles])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !words.contains("journal"), "{words}");
    }
    let mut ids: Vec<u64> = records(&home).iter().map(|r| r["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_journal_that_cannot_be_used_is_left_alone_and_answers_come_all_the_same() {
    let home = Home::new();
    let candles = part(&home, 1_500);
    home.run(&["ask", "-t", "smc", "-c", &candles]).code(0);
    let file = home.path("data/wickdesk/journal/v1/data.mdb");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let ran = home.run(&["ask", "-t", "rsi", "-c", &candles]).code(0);
    assert!(
        ran.err.contains("warning: journal: ") && ran.err.contains("nothing in it was changed"),
        "{}",
        ran.err
    );
    let ran = home.run(&["history"]).code(1);
    assert!(ran.last().contains("journal: "), "{}", ran.err);
    assert_eq!(std::fs::read(&file).unwrap().len(), whole.len() / 2);
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(records(&home).len(), 1);
}

/// Killed at any moment, every answer that was said to be recorded is there.
#[cfg(unix)]
#[test]
fn a_kill_loses_nothing_that_was_recorded() {
    let home = Home::in_memory();
    let candles = part(&home, 1_500);
    // How long one takes that nobody kills: the kills fall into that time on any machine.
    let begun = std::time::Instant::now();
    home.run(&["ask", "the first question", "-c", &candles]).code(0);
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let mut shown = 1;
    let mut random = crate::support::Random(7);
    for n in 0..12 {
        let prompt = format!("question {n}");
        let mut child = home
            .command()
            .args(["ask", &prompt, "-c", &candles])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(random.below(whole * 3 / 2)));
        // The child may be done by now.
        let _ = child.kill();
        shown += usize::from(child.wait().unwrap().success());
    }
    let there = records(&home);
    assert!(there.len() >= shown, "{} of {shown}", there.len());
    for record in there {
        home.run(&["history", "show", &record["id"].to_string()]).code(0);
    }
}
