//! What one machine paid for is a hit for the others, and nothing else is.

use super::{Redis, answered, asking, desk, echo, machine, put, stats, tier};
use crate::support::{Home, Server, stream};

#[test]
fn what_one_machine_paid_for_the_others_have() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), ""));
    let first = put(&one, &model, "hello", &[]).code(0).json();
    assert_eq!(first["cache"]["tier"], "model");
    let second = put(&two, &model, "hello", &[]).code(0);
    assert!(second.last().starts_with("shared hit · "), "{}", second.err);
    let second = second.json();
    assert_eq!(second["cache"]["tier"], "shared");
    for same in [
        "answer",
        "model",
        "usage",
        "cost_usd",
        "original_latency_ms",
        "finish_reason",
    ] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_eq!(first["cache"]["created"], second["cache"]["created"]);
    // Promoted: from here on the machine's own.
    assert_eq!(tier(&two, &model, "hello"), "disk");
    assert_eq!(model.calls(), 1);
    let counts = stats(&two);
    assert_eq!(
        (&counts["shared_hits"], &counts["disk_hits"], &counts["lookups"]),
        (&1.into(), &1.into(), &2.into())
    );
    assert_eq!(
        (&counts["misses"], &counts["stored"], &counts["calls_saved"]),
        (&0.into(), &0.into(), &2.into())
    );
    assert_eq!(
        (&counts["shared_hit_rate"], &counts["disk_hit_rate"]),
        (&1.0.into(), &0.5.into())
    );
    assert_eq!(counts["shared"]["state"], "there");
    assert_eq!(stats(&one)["shared_misses"], 1);
    let key = first["cache"]["key"].as_str().unwrap();
    assert_eq!(redis.keys(), [format!("wickdesk:v1:resp:{key}")]);
}

#[test]
fn an_answer_lives_no_longer_there_than_here() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), ""));
    let first = put(&one, &model, "hello", &["--ttl", "1h"]).code(0).json();
    let place = &redis.keys()[0];
    let left: i64 = redis.says(&["TTL", place]);
    assert!((3_590..=3_600).contains(&left), "{left}");
    // A server that keeps it for less has the last word, one that keeps it for longer has not.
    let _: i64 = redis.says(&["EXPIRE", place, "60"]);
    let expires = |answer: &serde_json::Value| {
        let time = |name: &str| {
            answer["cache"][name]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .unwrap()
        };
        time("expires").as_second() - time("created").as_second()
    };
    let second = put(&two, &model, "hello", &[]).code(0).json();
    assert_eq!(second["cache"]["tier"], "shared");
    assert!((55..=90).contains(&expires(&second)), "{second}");
    let _: i64 = redis.says(&["PERSIST", place]);
    let third = put(&machine(&redis.url(), ""), &model, "hello", &[]).code(0).json();
    assert_eq!((expires(&third), expires(&first)), (3_600, 3_600));
    // For good is for good.
    put(&one, &model, "for good", &["--ttl", "never"]).code(0);
    let left: Vec<i64> = redis.keys().iter().map(|key| redis.says(&["TTL", key])).collect();
    assert_eq!(left, [-1, -1]);
}

#[test]
fn what_is_not_cached_or_costs_nothing_is_not_shared() {
    let Some(redis) = Redis::start(&[]) else { return };
    let home = machine(&redis.url(), "");
    let cut = Server::start(vec![stream(&["half an answer"], Some("length"))]);
    put(&home, &cut, "long", &[]).code(4);
    put(&home, &echo(), "hello", &["--no-cache"]).code(0);
    home.run(&["ask", "hello", "-m", "offline"]).code(0);
    // A lease may still say for a moment that there is no answer.
    assert!(redis.keys().iter().all(|key| key.contains(":lease:")));
    assert_eq!(stats(&home)["shared_misses"], 1, "only the first looked there");
}

#[test]
fn a_fresh_answer_is_the_desks_and_samples_keep_their_numbers() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = Server::answering(|call, _| stream(&[&format!("answer {call}")], Some("stop")));
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), ""));
    let said = |home: &Home, more: &[&str]| {
        let answer = put(home, &model, "hello", more).code(0).json();
        (
            answer["answer"].as_str().unwrap().to_owned(),
            answer["cache"]["sample"].as_u64().unwrap(),
        )
    };
    let answer = |n: u64| (format!("answer {n}"), n);
    assert_eq!(said(&one, &[]), answer(0));
    assert_eq!(said(&one, &["--refresh"]), answer(1));
    assert_eq!(said(&two, &[]), answer(1));
    // By its number, which the other machine has given it; the first one keeps its own.
    let three = machine(&redis.url(), "");
    assert_eq!(said(&three, &["--sample", "0"]), answer(0));
    assert_eq!(said(&three, &["--sample", "1"]), answer(1));
    assert_eq!(said(&three, &["--sample", "2"]), answer(2));
    assert_eq!(said(&two, &["--sample", "2"]), answer(2));
    // A machine that knows of none goes on behind the desk's newest, which one asked for by number is not.
    let four = machine(&redis.url(), "");
    assert_eq!(said(&four, &[]), answer(1));
    let five = machine(&redis.url(), "");
    assert_eq!(said(&five, &["--refresh"]), ("answer 3".to_owned(), 2));
    assert_eq!(said(&machine(&redis.url(), ""), &[]), ("answer 3".to_owned(), 2));
    assert_eq!(model.calls(), 4);
}

#[test]
fn taken_over_by_several_processes_at_once_it_is_one_answer() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    assert_eq!(tier(&machine(&redis.url(), ""), &model, "hello"), "model");
    let home = machine(&redis.url(), "");
    let asks: Vec<_> = (0..6)
        .map(|_| {
            let mut command = asking(&home, &model, "hello", &[]);
            command
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    for mut ask in asks {
        assert!(ask.wait().unwrap().success());
    }
    assert_eq!(home.run(&["cache", "list"]).code(0).out.lines().count(), 1);
    assert_eq!(model.calls(), 1);
}

#[test]
fn a_read_only_machine_takes_and_does_not_give() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), "read_only = true"));
    assert_eq!(tier(&one, &model, "hello"), "model");
    assert_eq!(tier(&two, &model, "hello"), "shared");
    assert_eq!(tier(&two, &model, "mine"), "model");
    assert_eq!(redis.keys().len(), 1);
    for command in [&["cache", "push"][..], &["cache", "clear", "--shared", "--yes"]] {
        let refused = two.run(command).code(1);
        assert!(refused.err.contains("read_only is set"), "{}", refused.err);
    }
    assert_eq!(redis.keys().len(), 1);
}

#[test]
fn an_address_of_the_environment_comes_first_and_off_is_off() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let one = machine("redis://127.0.0.1:1", "");
    let with = |url: &str, question: &str| {
        let mut command = asking(&one, &model, question, &[]);
        let ran = crate::support::Ran::of(command.env("WICKDESK_SHARED_URL", url).output().unwrap());
        ran.code(0)
    };
    with(&redis.url(), "hello");
    assert_eq!(redis.keys().len(), 1);
    let (off, home) = (with("off", "two"), Home::new());
    assert!(!off.err.contains("shared"), "{}", off.err);
    assert_eq!(redis.keys().len(), 1);
    // Without the setting nothing of it runs, and nothing is said of it.
    assert_eq!(tier(&home, &model, "three"), "model");
    assert_eq!(stats(&home)["shared"], serde_json::Value::Null);
    assert!(!home.run(&["doctor"]).code(0).out.contains("Shared cache"));
    assert!(!home.run(&["cache", "stats"]).code(0).out.contains("shared"));
}

#[test]
fn two_namespaces_are_two_caches() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let (one, two) = (
        machine(&redis.url(), "namespace = \"desk-a\""),
        machine(&redis.url(), "namespace = \"desk-b\""),
    );
    assert_eq!(tier(&one, &model, "hello"), "model");
    assert_eq!(tier(&two, &model, "hello"), "model");
    two.run(&["cache", "clear", "--shared", "--yes"]).code(0);
    assert!(redis.keys()[0].starts_with("desk-a:v1:resp:") && redis.keys().len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_at_once_on_one_machine_look_once() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (home, model) = (Home::new(), echo());
    let desk = desk(&home, &redis.url(), "", &model);
    let asks = (0..10).map(|_| answered(&desk, "hello"));
    for answer in futures_util::future::join_all(asks).await {
        assert_eq!(answer.unwrap().text, "You said: hello");
    }
    assert_eq!(model.calls(), 1);
    let counts = desk.cache().report().session;
    assert_eq!((counts.lookups, counts.misses, counts.shared_misses), (10, 10, 1));
}
