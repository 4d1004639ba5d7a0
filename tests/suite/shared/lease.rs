//! Two machines that ask the same at once make one call; one that dies costs the other a short wait.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Redis, asking, machine, said, stats, thinking, tier};
use crate::support::{Home, Part, Ran, Server, reply, stream};

fn spawn(home: &Home, model: &Server) -> std::process::Child {
    let mut command = asking(home, model, "hello", &[]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn until_called(model: &Server, calls: usize) {
    while model.calls() < calls {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn asked_at_once_by_four_machines_it_is_one_call() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = thinking(Duration::from_millis(1_500));
    let homes: Vec<Home> = (0..4).map(|_| machine(&redis.url(), "")).collect();
    let asks: Vec<_> = homes.iter().map(|home| spawn(home, &model)).collect();
    let mut tiers = Vec::new();
    for ask in asks {
        let ran = Ran::of(ask.wait_with_output().unwrap()).code(0);
        let answer = ran.json();
        assert_eq!(answer["answer"], "You said: hello");
        let tier = answer["cache"]["tier"].as_str().unwrap().to_owned();
        assert_eq!(
            tier == "shared",
            ran.err.contains("somebody else at the desk"),
            "{}",
            ran.err
        );
        tiers.push(tier);
    }
    tiers.sort();
    assert_eq!(tiers, ["model", "shared", "shared", "shared"]);
    assert_eq!(model.calls(), 1);
    assert!(redis.keys().iter().all(|key| !key.contains(":lease:")));
    assert_eq!(
        homes.iter().map(|h| stats(h)["misses"].as_u64().unwrap()).sum::<u64>(),
        1
    );
}

#[test]
fn a_holder_that_dies_costs_the_other_no_more_than_its_lease() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = thinking(Duration::from_secs(3));
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), ""));
    let mut first = spawn(&one, &model);
    until_called(&model, 1);
    let lease = redis.keys().into_iter().find(|key| key.contains(":lease:")).unwrap();
    let left: i64 = redis.says(&["PTTL", &lease]);
    assert!((1..=8_000).contains(&left), "{left}");
    first.kill().unwrap();
    first.wait().unwrap();
    let second = Ran::of(spawn(&two, &model).wait_with_output().unwrap()).code(0);
    assert_eq!(second.json()["cache"]["tier"], "model");
    assert_eq!(model.calls(), 2);
}

#[test]
fn a_holder_that_is_stopped_lets_go_at_once() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = thinking(Duration::from_secs(3));
    let home = machine(&redis.url(), "");
    let first = spawn(&home, &model);
    until_called(&model, 1);
    let pid = rustix::process::Pid::from_raw(i32::try_from(first.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    Ran::of(first.wait_with_output().unwrap()).code(130);
    assert_eq!(redis.keys(), [""; 0]);
}

#[test]
fn a_call_that_fails_is_made_by_the_next() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = Server::answering(|call, request| {
        if call == 0 {
            let mut parts = vec![Part::Wait(Duration::from_millis(1_500))];
            parts.extend(reply("401 Unauthorized", "", "{\"error\": {\"message\": \"no\"}}"));
            parts
        } else {
            stream(&["You said: ", &said(request)], Some("stop"))
        }
    });
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), ""));
    let first = spawn(&one, &model);
    until_called(&model, 1);
    let second = Ran::of(spawn(&two, &model).wait_with_output().unwrap()).code(0);
    assert_eq!(second.json()["cache"]["tier"], "model");
    assert_ne!(Ran::of(first.wait_with_output().unwrap()).code, 0);
    assert_eq!(model.calls(), 2);
}

#[test]
fn a_question_that_fails_does_not_queue_those_who_wait() {
    let Some(redis) = Redis::start(&[]) else { return };
    // How many ask the model at once, now and at most.
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let model = Server::answering({
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        move |_, _| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1_000));
            now.fetch_sub(1, Ordering::SeqCst);
            reply("400 Bad Request", "", "{\"error\": {\"message\": \"no\"}}")
        }
    });
    let homes: Vec<Home> = (0..6).map(|_| machine(&redis.url(), "")).collect();
    let asks: Vec<_> = homes.iter().map(|home| spawn(home, &model)).collect();
    for ask in asks {
        Ran::of(ask.wait_with_output().unwrap()).code(1);
    }
    // The first, then the others at once: not one after the other.
    assert_eq!(model.calls(), 6);
    assert!(most.load(Ordering::SeqCst) > 1);
}

#[test]
fn a_lease_that_is_none_is_waited_for_by_nobody() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = thinking(Duration::ZERO);
    let home = machine(&redis.url(), "");
    let key = {
        let mut command = asking(&home, &model, "hello", &["--dry-run"]);
        Ran::of(command.output().unwrap()).code(0).json()["key"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for options in [&[][..], &["PX", "3600000"]] {
        let place = format!("wickdesk:v1:lease:{key}");
        let _: () = redis.says(&[&["SET", place.as_str(), "x"][..], options].concat());
        let home = machine(&redis.url(), "");
        assert!(["model", "shared"].contains(&tier(&home, &model, "hello").as_str()));
    }
}

#[test]
fn a_server_that_stops_for_a_moment_makes_no_second_call() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = thinking(Duration::from_secs(3));
    let homes: Vec<Home> = (0..3).map(|_| machine(&redis.url(), "")).collect();
    let asks: Vec<_> = homes.iter().map(|home| spawn(home, &model)).collect();
    until_called(&model, 1);
    std::thread::sleep(Duration::from_millis(500));
    let _: () = redis.says(&["CLIENT", "PAUSE", "250", "ALL"]);
    for ask in asks {
        Ran::of(ask.wait_with_output().unwrap()).code(0);
    }
    assert_eq!(model.calls(), 1);
}

#[test]
fn who_may_not_lease_waits_for_who_does() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = thinking(Duration::from_millis(1_500));
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), "read_only = true"));
    let first = spawn(&one, &model);
    until_called(&model, 1);
    let second = Ran::of(spawn(&two, &model).wait_with_output().unwrap()).code(0);
    assert_eq!(second.json()["cache"]["tier"], "shared");
    Ran::of(first.wait_with_output().unwrap()).code(0);
    // By its number and without it is the same question.
    let calls = model.calls();
    let asks: Vec<_> = [&[][..], &["--sample", "0"]]
        .iter()
        .map(|more| {
            let home = machine(&redis.url(), "");
            let mut command = asking(&home, &model, "other", more);
            let ask = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            (home, ask)
        })
        .collect();
    for (_home, ask) in asks {
        Ran::of(ask.wait_with_output().unwrap()).code(0);
    }
    assert_eq!(model.calls(), calls + 1);
}

#[test]
fn a_parameter_that_is_refused_costs_the_desk_one_answer() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = Server::answering(|_, request| {
        if request.contains("\"temperature\"") {
            let error = "{\"error\": {\"message\": \"Unsupported parameter: 'temperature' is not supported with this model.\", \
                         \"param\": \"temperature\", \"code\": \"unsupported_parameter\"}}";
            return reply("400 Bad Request", "content-type: application/json\r\n", error);
        }
        let mut parts = vec![Part::Wait(Duration::from_millis(1_500))];
        parts.extend(stream(&["You said: ", &said(request)], Some("stop")));
        parts
    });
    let homes: Vec<Home> = (0..4).map(|_| machine(&redis.url(), "")).collect();
    let asks: Vec<_> = homes
        .iter()
        .map(|home| {
            let mut command = asking(home, &model, "hello", &["--temperature", "0.3"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for ask in asks {
        let ran = Ran::of(ask.wait_with_output().unwrap()).code(0);
        assert_eq!(ran.json()["answer"], "You said: hello", "{}", ran.err);
    }
    let answered = (0..model.calls())
        .filter(|n| !model.request(*n).contains("\"temperature\""))
        .count();
    assert_eq!(answered, 1);
}
