//! A server that is away, hangs, is slow, full, a replica, wants a password: the answer comes all the same.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use wickdesk::desk::{Desk, Tie};

use super::{KEY, Redis, answered, asking, configure, desk, echo, machine, said, stats, thinking, tier};
use crate::support::{Gate, Home, PATIENCE, Part, Ran, Server, stream};

/// Asks this many questions that were not asked before; each must be answered by the model.
async fn all_answered(desk: &Desk, model: &Server, name: &str, questions: usize) {
    let before = model.calls();
    for n in 0..questions {
        let answer = answered(desk, &format!("{name} {n}")).await.unwrap();
        assert_eq!(answer.text, format!("You said: {name} {n}"));
    }
    assert_eq!(model.calls(), before + questions);
}

fn tie(desk: &Desk) -> Tie {
    desk.sharing().unwrap().tie
}

/// Waits until the shared tier is found to be there, without a question being asked.
async fn comes_back(desk: &Desk) {
    eventually("it is back", || tie(desk) == Tie::There).await;
}

/// Waits until it is so.
async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not so after {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks questions that were not asked before until the server is left alone. Returns why.
async fn until_left_alone(desk: &Desk, model: &Server, name: &str) -> String {
    for n in 0..60 {
        all_answered(desk, model, &format!("{name} {n}"), 1).await;
        if let Tie::Away(_, reason) = tie(desk) {
            return reason;
        }
    }
    panic!("still asked: {:?}", tie(desk));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_and_started_again_in_the_middle_of_asks() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let (home, model) = (Home::new(), echo());
    let desk = desk(&home, &redis.url(), "", &model);
    assert_eq!(tie(&desk), Tie::Untried);
    all_answered(&desk, &model, "before", 3).await;
    assert_eq!(tie(&desk), Tie::There);
    redis.kill();
    let reason = until_left_alone(&desk, &model, "meanwhile").await;
    assert_eq!(reason, "connection refused");
    assert!(desk.sharing().unwrap().words().starts_with("away since "));
    let answered_last = Instant::now();
    all_answered(&desk, &model, "at last", 1).await;
    redis.restart();
    comes_back(&desk).await;
    let back = answered_last.elapsed();
    all_answered(&desk, &model, "after", 3).await;
    // It has come back empty and holds the last three. What was answered in the five seconds before that is shared too, but a busy
    // machine may take longer to start it.
    let held = usize::from(back < Duration::from_millis(4_500));
    eventually("held answers are stored", || redis.keys().len() >= 3 + held).await;
    eventually("no lease is left behind", || {
        redis.keys().iter().all(|key| key.starts_with("wickdesk:v1:resp:"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_whose_holder_saw_the_server_killed_is_let_go_when_it_is_back() {
    let Some(mut redis) = Redis::start(&["--appendonly", "yes", "--appendfsync", "always"]) else {
        return;
    };
    let gate = Gate::default();
    let (home, model) = (Home::new(), thinking(&gate));
    let desk = desk(&home, &redis.url(), "", &model);
    let asked = tokio::spawn({
        let desk = desk.clone();
        async move { answered(&desk, "hello").await }
    });
    eventually("the model is asked", || model.calls() == 1).await;
    let holds = |kind: &str, keys: &[String]| keys.len() == 1 && keys[0].starts_with(&format!("wickdesk:v1:{kind}:"));
    let keys = redis.keys();
    assert!(holds("lease", &keys));
    // It would not run out before the test is over.
    let _: i64 = redis.says(&["PEXPIRE", &keys[0], "600000"]);
    redis.kill();
    gate.open();
    assert_eq!(asked.await.unwrap().unwrap().text, "You said: hello");
    redis.restart();
    eventually("the answer is stored, the lease is gone", || {
        holds("resp", &redis.keys())
    })
    .await;
}

#[test]
fn away_from_the_start() {
    let model = echo();
    let home = machine("redis://127.0.0.1:1", "");
    let ran = Ran::of(asking(&home, &model, "hello", &[]).output().unwrap()).code(0);
    assert_eq!(ran.err.lines().count(), 1, "nothing but the stamp: {}", ran.err);
    // It was not reached: the shared rate is of those that were.
    let counts = stats(&home);
    assert_eq!(
        (&counts["shared"]["state"], &counts["shared_misses"]),
        (&"away".into(), &0.into())
    );
    assert_eq!(counts["misses"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_takes_the_call_and_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let (home, model) = (Home::new(), echo());
    let desk = desk(&home, &url, "", &model);
    assert_eq!(until_left_alone(&desk, &model, "hanging").await, "no answer in time");
    let counts = desk.cache().report().session;
    assert_eq!((counts.misses, counts.lookups), (counts.lookups, model.calls() as u64));
    // It has kept the asks waiting until it was left alone, and keeps no more of them.
    assert!(model.calls() <= 4, "{}", model.calls());
    drop(listener);
}

/// A way to a server that takes its time, once it is told how much.
fn slowly(to: u16, wait: impl Fn() -> Duration + Send + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(("127.0.0.1", to)) else {
                continue;
            };
            let (mut there, mut back) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            let wait = wait.clone();
            std::thread::spawn(move || std::io::copy(&mut there, &mut far.try_clone().unwrap()));
            let mut near = near;
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(n) = back.read(&mut buffer) {
                    std::thread::sleep(wait());
                    if n == 0 || near.write_all(&buffer[..n]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_answers_too_late() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (home, model) = (Home::new(), echo());
    let slow = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let url = slowly(redis.port, {
        let slow = std::sync::Arc::clone(&slow);
        move || {
            Duration::from_millis(if slow.load(std::sync::atomic::Ordering::Relaxed) {
                400
            } else {
                0
            })
        }
    });
    let desk = desk(&home, &url, "", &model);
    assert_eq!(until_left_alone(&desk, &model, "slow").await, "no answer in time");
    slow.store(false, std::sync::atomic::Ordering::Relaxed);
    comes_back(&desk).await;
    all_answered(&desk, &model, "quick", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_late_for_a_while_makes_no_second_call() {
    let Some(redis) = Redis::start(&[]) else { return };
    let late = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let url = slowly(redis.port, {
        let late = std::sync::Arc::clone(&late);
        move || Duration::from_millis(u64::from(late.load(std::sync::atomic::Ordering::Relaxed)) * 400)
    });
    let (one, two, model) = (Home::new(), Home::new(), echo());
    let desks = [desk(&one, &url, "", &model), desk(&two, &url, "", &model)];
    // That it is near is known.
    for (n, desk) in desks.iter().enumerate() {
        all_answered(desk, &model, &format!("quick {n}"), 1).await;
    }
    late.store(true, std::sync::atomic::Ordering::Relaxed);
    let before = model.calls();
    for n in 0..3 {
        let question = format!("late {n}");
        let (a, b) = tokio::join!(answered(&desks[0], &question), answered(&desks[1], &question));
        assert_eq!(
            (a.unwrap().text, b.unwrap().text),
            (format!("You said: {question}"), format!("You said: {question}"))
        );
    }
    assert_eq!(model.calls(), before + 3, "each question is one call");
    for desk in &desks {
        assert_eq!(desk.shared().await.unwrap().unwrap().state().uncoordinated, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_full_still_answers_lookups() {
    let Some(redis) = Redis::start(&["--maxmemory-policy", "noeviction"]) else {
        return;
    };
    let (home, model) = (Home::new(), echo());
    let first = machine(&redis.url(), "");
    let one = desk(&home, &redis.url(), "", &model);
    all_answered(&one, &model, "before", 1).await;
    one.settle_calls().await;
    let _: () = redis.says(&["CONFIG", "SET", "maxmemory", "1"]);
    all_answered(&one, &model, "full", 4).await;
    let Tie::Full(reason) = tie(&one) else {
        panic!("{:?}", tie(&one))
    };
    assert!(reason.contains("OOM"), "{reason}");
    assert_eq!(redis.keys().len(), 1);
    // What is there is served, to a machine that finds it full.
    let other = desk(&first, &redis.url(), "", &model);
    let hit = answered(&other, "before 0").await.unwrap();
    assert_eq!(hit.tier, wickdesk::cache::Tier::Shared);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fills_up_while_a_lease_is_held_keeps_nobody_waiting() {
    let Some(redis) = Redis::start(&["--maxmemory-policy", "noeviction"]) else {
        return;
    };
    let gate = Gate::default();
    let held = gate.clone();
    let model = Server::answering(move |_, request| {
        let question = said(request);
        let mut parts = Vec::new();
        if question == "slow" {
            parts.push(Part::Until(held.clone()));
        }
        parts.extend(stream(&["You said: ", &question], Some("stop")));
        parts
    });
    let home = Home::new();
    let desk = desk(&home, &redis.url(), "", &model);
    let slow = tokio::spawn({
        let desk = desk.clone();
        async move { answered(&desk, "slow").await }
    });
    eventually("the lease is taken", || redis.keys().len() == 1).await;
    let _: () = redis.says(&["CONFIG", "SET", "maxmemory", "1"]);
    answered(&desk, "quick").await.unwrap();
    eventually("it is known to be full", || matches!(tie(&desk), Tie::Full(_))).await;
    gate.open();
    assert_eq!(slow.await.unwrap().unwrap().text, "You said: slow");
    // No answer will come of it: who waits asks.
    eventually("the lease is let go", || redis.keys().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_answers_and_takes_nothing() {
    let Some(master) = Redis::start(&[]) else { return };
    let port = master.port.to_string();
    let Some(replica) = Redis::start(&["--replicaof", "127.0.0.1", &port]) else {
        return;
    };
    let model = echo();
    assert_eq!(tier(&machine(&master.url(), ""), &model, "hello"), "model");
    eventually("it is replicated", || !replica.keys().is_empty()).await;
    let home = Home::new();
    let desk = desk(&home, &replica.url(), "", &model);
    // The key is that of the other provider: another question.
    all_answered(&desk, &model, "mine", 2).await;
    assert!(
        matches!(tie(&desk), Tie::Full(reason) if reason.contains("READONLY")),
        "{:?}",
        tie(&desk)
    );
    assert_eq!(tier(&machine(&replica.url(), ""), &model, "hello"), "shared");
    let advice = machine(&replica.url(), "").run(&["doctor"]).code(0).out;
    assert!(advice.contains("it is a replica"), "{advice}");
}

#[test]
fn one_that_wants_a_password() {
    let Some(redis) = Redis::start(&["--requirepass", "planted-password"]) else {
        return;
    };
    let model = echo();
    let with = |more: &str, password: Option<&str>, question: &str| {
        let home = machine(&redis.url(), more);
        let mut command = asking(&home, &model, question, &[]);
        if let Some(password) = password {
            command.env("DESK_PASSWORD", password);
        }
        Ran::of(command.output().unwrap()).code(0);
        let mut stats = home.command();
        let ran = stats
            .args(["cache", "stats", "--json"])
            .env("DESK_PASSWORD", password.unwrap_or_default());
        let stats = Ran::of(ran.output().unwrap()).code(0).json()["shared"].clone();
        (
            stats["state"].as_str().unwrap().to_owned(),
            stats["reason"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let variable = "password_env = \"DESK_PASSWORD\"";
    let (state, reason) = with("", None, "hello");
    assert!(
        state == "away" && reason.contains("user or password refused"),
        "{state}: {reason}"
    );
    let (state, reason) = with(variable, Some("another"), "hello");
    assert!(
        state == "away" && reason.contains("user or password refused"),
        "{state}: {reason}"
    );
    assert_eq!(with(variable, Some("planted-password"), "hello").0, "there");
    assert_eq!(
        with("password_cmd = \"echo planted-password\"", None, "hello").0,
        "there"
    );
    assert_eq!(
        with(
            "password_cmd = \"echo planted-password\"\nuser = \"default\"",
            None,
            "two"
        )
        .0,
        "there"
    );
    assert_eq!(model.calls(), 4, "the fourth found what the third had asked");
    let home = machine(&redis.url(), "password_cmd = \"exit 3\"");
    let failed = Ran::of(asking(&home, &model, "three", &[]).output().unwrap()).code(0);
    assert!(failed.last().contains("password_cmd"), "{}", failed.err);
    // A password is nowhere to be seen.
    let doctor = machine(&redis.url(), "password_cmd = \"echo planted-password\"").run(&["doctor", "-v"]);
    assert!(!doctor.out.contains("planted") && !doctor.err.contains("planted"));
    assert!(!doctor.out.contains(KEY));
}

#[test]
fn a_server_of_another_kind_is_away() {
    // What speaks is a model's server, and answers with a page of words.
    let other = echo();
    let port = other
        .url
        .trim_start_matches("http://")
        .trim_end_matches("/v1")
        .to_owned();
    let model = echo();
    let home = Home::new();
    configure(&home, &format!("redis://{port}"), "");
    assert_eq!(tier(&home, &model, "hello"), "model");
}

#[test]
fn a_user_of_few_rights_has_hits_and_doctor_names_what_is_missing() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let _: () = redis.says(&[
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">planted",
        "~wickdesk:*",
        "+get",
        "+pttl",
    ]);
    assert_eq!(tier(&machine(&redis.url(), ""), &model, "hello"), "model");
    let home = machine(&redis.url(), "user = \"reader\"\npassword_cmd = \"echo planted\"");
    assert_eq!(tier(&home, &model, "hello"), "shared");
    assert_eq!(tier(&home, &model, "mine"), "model");
    assert_eq!(stats(&home)["shared"]["state"], "there");
    let advice = home.run(&["doctor"]).code(0).out;
    assert!(advice.contains("the user may not SET, EVAL, UNLINK, SCAN"), "{advice}");
    let failed = home.run(&["cache", "push"]).code(1);
    assert!(
        failed.last().contains("the user may not do that (NOPERM)"),
        "{}",
        failed.err
    );
    let none = machine(&format!("{}/99", redis.url()), "")
        .run(&["cache", "pull"])
        .code(1);
    assert!(none.last().contains("no database of that number"), "{}", none.err);
}

#[test]
fn a_password_of_the_file_goes_to_the_files_server_only() {
    let Some(redis) = Redis::start(&["--requirepass", "of-the-variable"]) else {
        return;
    };
    let model = echo();
    let home = machine("redis://cache.desk", "user = \"somebody\"\npassword_env = \"NOT_SET\"");
    let port = redis.port;
    for (url, state) in [
        (format!("redis://:of-the-variable@127.0.0.1:{port}"), "there"),
        (format!("redis://127.0.0.1:{port}"), "away"),
    ] {
        let mut command = home.command();
        command
            .env("WICKDESK_SHARED_URL", &url)
            .args(["cache", "stats", "--json"]);
        assert_eq!(
            Ran::of(command.output().unwrap()).code(0).json()["shared"]["state"],
            state,
            "{url}"
        );
    }
    drop(model);
}

#[test]
fn a_password_command_that_takes_its_time_holds_nobody_up_for_long() {
    let model = echo();
    let home = machine("redis://127.0.0.1:1", "password_cmd = \"sleep 600; echo late\"");
    let begun = Instant::now();
    assert_eq!(tier(&home, &model, "hello"), "model");
    assert!(begun.elapsed() < PATIENCE, "it waited for the command");
}
