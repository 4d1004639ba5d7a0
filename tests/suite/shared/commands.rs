//! `cache clear --shared`, `push`, `pull`, `doctor`, and the section of the configuration.

use super::{KEY, Redis, configure, echo, machine, put, tier};
use crate::support::{Home, Ran};

#[test]
fn cleared_only_when_that_is_meant_and_only_the_namespace() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let home = machine(&redis.url(), "");
    let _: () = redis.says(&["SET", "wickdeskish", "another's"]);
    for n in 0..5 {
        tier(&home, &model, &format!("question {n}"));
    }
    home.run(&["cache", "clear"]).code(0);
    assert_eq!(redis.keys().len(), 6);
    let asked = home.run(&["cache", "clear", "--shared"]).code(1);
    let server = format!("127.0.0.1:{}", redis.port);
    assert!(asked.last().contains("5 keys") && asked.last().contains(&server) && asked.last().contains("--yes"));
    assert_eq!(redis.keys().len(), 6);
    let cleared = home
        .run(&["cache", "clear", "--shared", "--yes", "--json"])
        .code(0)
        .json();
    assert_eq!(
        (&cleared["shared"], &cleared["namespace"]),
        (&5.into(), &"wickdesk".into())
    );
    assert_eq!(redis.keys(), ["wickdeskish"]);
    assert!(home.run(&["cache", "clear", "--expired", "--shared"]).code == 2);
}

#[test]
fn pushed_and_pulled_with_all_samples() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let (one, two) = (Home::new(), machine(&redis.url(), ""));
    for n in 0..40 {
        tier(&one, &model, &format!("question {n}"));
    }
    put(&one, &model, "question 0", &["--refresh"]).code(0);
    one.run(&["ask", "the offline analyst's", "-m", "offline"]).code(0);
    configure(&one, &redis.url(), "");
    let pushed = one.run(&["cache", "push", "--json"]).code(0).json();
    assert_eq!((&pushed["copied"], &pushed["left_out"]), (&41.into(), &1.into()));
    let again = one.run(&["cache", "push"]).code(0);
    assert!(
        again.out.contains("copied 0 answers") && again.out.contains("41 there already"),
        "{}",
        again.out
    );
    let pulled = two.run(&["cache", "pull", "--json"]).code(0).json();
    assert_eq!((&pulled["copied"], &pulled["refused"]), (&41.into(), &0.into()));
    assert_eq!(two.run(&["cache", "list"]).code(0).out.lines().count(), 41);
    drop(redis);
    assert_eq!(tier(&two, &model, "question 7"), "disk");
    let sample = put(&two, &model, "question 0", &["--sample", "0"]).code(0).json();
    assert_eq!(sample["cache"]["tier"], "disk");
    assert_eq!(model.calls(), 41);
}

#[test]
fn doctor_looks_at_it_and_advises() {
    let Some(mut redis) = Redis::start(&["--maxmemory", "64mb"]) else {
        return;
    };
    let home = machine(&redis.url(), "");
    let well = home.run(&["doctor"]).code(0).out;
    for words in [
        "Shared cache",
        "Redis ",
        "64.0 MiB",
        "noeviction",
        "allkeys-lru",
        "TLS            no",
    ] {
        assert!(well.contains(words), "{words}: {well}");
    }
    redis.kill();
    let away = home.run(&["doctor"]).code(1);
    assert!(away.last().contains("connection refused"), "{}", away.err);
    for command in [
        &["cache", "push"][..],
        &["cache", "pull"],
        &["cache", "clear", "--shared", "--yes"],
    ] {
        let failed = home.run(command).code(1);
        assert!(failed.last().contains("connection refused"), "{}", failed.err);
    }
    let none = Home::new().run(&["cache", "push"]).code(5);
    assert!(none.last().contains("WICKDESK_SHARED_URL"), "{}", none.err);
}

#[test]
fn what_cannot_be_meant_is_refused_by_line() {
    let home = Home::new();
    for (section, words) in [
        (
            "url = \"redis://me:planted@cache.desk\"",
            ":2: the url holds a password",
        ),
        ("url = \"http://cache.desk\"", ":2: the shared cache's address"),
        (
            "url = \"redis://cache.desk\"\nnamespace = \"a*b\"",
            ":3: `a*b` is no namespace",
        ),
        (
            "url = \"redis://cache.desk\"\npasword_env = \"X\"",
            ":3: unknown key `pasword_env`; did you mean `password_env`?",
        ),
    ] {
        home.write("config/wickdesk/config.toml", format!("[cache.shared]\n{section}\n"));
        let refused = home.run(&["cache"]).code(5);
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
        assert!(!refused.err.contains("planted"), "{}", refused.err);
    }
    for url in [
        "redis://:planted,word@[x",
        "redis://me:12#planted@h",
        "redis://:planted,word",
    ] {
        home.write(
            "config/wickdesk/config.toml",
            format!("[cache.shared]\nurl = \"{url}\"\n"),
        );
        let refused = home.run(&["cache"]).code(5);
        assert!(
            !refused.err.contains("planted") && !refused.err.contains("12"),
            "{}",
            refused.err
        );
    }
    let bad = Ran::of(
        Home::new()
            .command()
            .env("WICKDESK_SHARED_URL", "redis://me:planted@[x")
            .arg("cache")
            .output()
            .unwrap(),
    );
    assert!(
        bad.err.contains("WICKDESK_SHARED_URL") && !bad.err.contains("planted") && bad.code == 5,
        "{}",
        bad.err
    );
}

#[test]
fn a_password_that_is_not_there_is_said_once_and_the_answer_comes() {
    let home = machine("redis://127.0.0.1:1", "password_env = \"DESK_PASSWORD\"");
    let model = echo();
    let ran = put(&home, &model, "hello", &[]).code(0);
    assert!(ran.last().contains("DESK_PASSWORD is not set"), "{}", ran.err);
    let stats = home.run(&["cache", "stats", "--json"]).code(0).json();
    assert_eq!(stats["shared"]["state"], "off");
    assert!(!format!("{stats}").contains(KEY));
}

#[test]
fn a_namespace_that_begins_alike_is_another() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let (one, two) = (
        machine(&redis.url(), "namespace = \"desk\""),
        machine(&redis.url(), "namespace = \"desk:v1\""),
    );
    tier(&one, &model, "hello");
    tier(&two, &model, "hello");
    let _: () = redis.says(&["SET", "desk:v1:resp:notes", "somebody's"]);
    let cleared = one
        .run(&["cache", "clear", "--shared", "--yes", "--json"])
        .code(0)
        .json();
    assert_eq!(cleared["shared"], 1);
    let left = redis.keys();
    assert!(
        left.len() == 2 && left[0] == "desk:v1:resp:notes" && left[1].starts_with("desk:v1:v1:resp:"),
        "{left:?}"
    );
}

#[test]
fn what_lies_there_and_is_no_answer_is_left_by_a_pull_and_replaced_by_a_push() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let one = machine(&redis.url(), "");
    for question in ["one", "two", "three"] {
        tier(&one, &model, question);
    }
    let keys = redis.keys();
    let _: () = redis.says(&["SET", &keys[0], "junk"]);
    let _: i64 = redis.says(&["DEL", &keys[1]]);
    let _: i64 = redis.says(&["RPUSH", &keys[1], "a", "list"]);
    let pulled = machine(&redis.url(), "")
        .run(&["cache", "pull", "--json"])
        .code(1)
        .json();
    assert_eq!((&pulled["copied"], &pulled["refused"]), (&1.into(), &2.into()));
    let pushed = one.run(&["cache", "push", "--json"]).code(0).json();
    assert_eq!((&pushed["copied"], &pushed["there"]), (&2.into(), &1.into()));
    assert_eq!(
        machine(&redis.url(), "")
            .run(&["cache", "pull", "--json"])
            .code(0)
            .json()["copied"],
        3
    );
}
