//! Two machines that ask the same at once make one call; one that dies costs the other a short wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Redis, asking, echo, machine, said, stats, thinking, tier};
use crate::support::{Asked, Gate, Home, Part, Ran, Server, eventually, reply, stream};

fn spawn(home: &Home, model: &Server) -> Asked {
    Asked::start(&mut asking(home, model, "hello", &[]))
}

fn until_called(model: &Server, calls: usize) {
    eventually("the model is asked", || model.calls() >= calls);
}

/// An ask says so while it waits for another's answer.
const WAITS: &str = "somebody else at the desk";

/// Waits until all of these but one wait for that one's answer.
fn until_all_but_one_wait(asks: &[Asked]) {
    eventually("all but one wait", || {
        asks.iter().filter(|ask| ask.has_said(WAITS)).count() >= asks.len() - 1
    });
}

#[test]
fn asked_at_once_by_four_machines_it_is_one_call() {
    let Some(redis) = Redis::start(&[]) else { return };
    let gate = Gate::default();
    let model = thinking(&gate);
    let homes: Vec<Home> = (0..4).map(|_| machine(&redis.url(), "")).collect();
    let asks: Vec<_> = homes.iter().map(|home| spawn(home, &model)).collect();
    until_all_but_one_wait(&asks);
    gate.open();
    let mut tiers = Vec::new();
    for ask in asks {
        let ran = ask.ends().code(0);
        let answer = ran.json();
        assert_eq!(answer["answer"], "You said: hello");
        let tier = answer["cache"]["tier"].as_str().unwrap().to_owned();
        assert_eq!(tier == "shared", ran.err.contains(WAITS), "{}", ran.err);
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
    let model = Server::answering(|call, request| {
        let mut parts = stream(&["You said: ", &said(request)], Some("stop"));
        if call == 0 {
            parts.insert(0, Part::Until(Gate::default()));
        }
        parts
    });
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), ""));
    let mut first = spawn(&one, &model);
    until_called(&model, 1);
    let lease = redis.keys().into_iter().find(|key| key.contains(":lease:")).unwrap();
    let left: i64 = redis.says(&["PTTL", &lease]);
    assert!((1..=8_000).contains(&left), "{left}");
    first.kill();
    let second = spawn(&two, &model).ends().code(0);
    assert_eq!(second.json()["cache"]["tier"], "model");
    assert_eq!(model.calls(), 2);
}

#[test]
fn a_holder_that_is_stopped_lets_go_at_once() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = thinking(&Gate::default());
    let home = machine(&redis.url(), "");
    let first = spawn(&home, &model);
    until_called(&model, 1);
    let pid = rustix::process::Pid::from_raw(first.id()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    first.ends().code(130);
    assert_eq!(redis.keys(), [""; 0]);
}

#[test]
fn a_call_that_fails_is_made_by_the_next() {
    let Some(redis) = Redis::start(&[]) else { return };
    let gate = Gate::default();
    let held = gate.clone();
    let model = Server::answering(move |call, request| {
        if call == 0 {
            let mut parts = vec![Part::Until(held.clone())];
            parts.extend(reply("401 Unauthorized", "", "{\"error\": {\"message\": \"no\"}}"));
            parts
        } else {
            stream(&["You said: ", &said(request)], Some("stop"))
        }
    });
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), ""));
    let first = spawn(&one, &model);
    until_called(&model, 1);
    let second = spawn(&two, &model);
    second.says(WAITS);
    gate.open();
    assert_eq!(second.ends().code(0).json()["cache"]["tier"], "model");
    assert_ne!(first.ends().code, 0);
    assert_eq!(model.calls(), 2);
}

#[test]
fn a_question_that_fails_does_not_queue_those_who_wait() {
    let Some(redis) = Redis::start(&[]) else { return };
    // The first call fails when the others wait for it. Theirs fail when all five are on their way.
    let (first, others) = (Gate::default(), Gate::default());
    let under_way = Arc::new(AtomicUsize::new(0));
    let model = Server::answering({
        let (first, others, under_way) = (first.clone(), others.clone(), Arc::clone(&under_way));
        move |call, _| {
            let gate = if call == 0 { &first } else { &others };
            if call > 0 && under_way.fetch_add(1, Ordering::SeqCst) + 1 == 5 {
                others.open();
            }
            let mut parts = vec![Part::Until(gate.clone())];
            parts.extend(reply("400 Bad Request", "", "{\"error\": {\"message\": \"no\"}}"));
            parts
        }
    });
    let homes: Vec<Home> = (0..6).map(|_| machine(&redis.url(), "")).collect();
    let asks: Vec<_> = homes.iter().map(|home| spawn(home, &model)).collect();
    until_all_but_one_wait(&asks);
    first.open();
    for ask in asks {
        ask.ends().code(1);
    }
    assert_eq!(model.calls(), 6);
}

#[test]
fn a_lease_that_is_none_is_waited_for_by_nobody() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
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
    let gate = Gate::default();
    let model = thinking(&gate);
    let homes: Vec<Home> = (0..3).map(|_| machine(&redis.url(), "")).collect();
    let asks: Vec<_> = homes.iter().map(|home| spawn(home, &model)).collect();
    until_all_but_one_wait(&asks);
    let _: () = redis.says(&["CLIENT", "PAUSE", "400", "ALL"]);
    // Answered when the pause is over.
    let _: String = redis.says(&["PING"]);
    gate.open();
    for ask in asks {
        ask.ends().code(0);
    }
    assert_eq!(model.calls(), 1);
}

#[test]
fn who_may_not_lease_waits_for_who_does() {
    let Some(redis) = Redis::start(&[]) else { return };
    let gate = Gate::default();
    let model = thinking(&gate);
    let (one, two) = (machine(&redis.url(), ""), machine(&redis.url(), "read_only = true"));
    let first = spawn(&one, &model);
    until_called(&model, 1);
    let second = spawn(&two, &model);
    second.says(WAITS);
    gate.open();
    assert_eq!(second.ends().code(0).json()["cache"]["tier"], "shared");
    first.ends().code(0);
    assert_eq!(model.calls(), 1);
}

#[test]
fn by_its_number_and_without_it_is_the_same_question() {
    let Some(redis) = Redis::start(&[]) else { return };
    let gate = Gate::default();
    let model = thinking(&gate);
    let homes = [machine(&redis.url(), ""), machine(&redis.url(), "")];
    let asks: Vec<_> = [&[][..], &["--sample", "0"]]
        .iter()
        .zip(&homes)
        .map(|(more, home)| Asked::start(&mut asking(home, &model, "other", more)))
        .collect();
    until_all_but_one_wait(&asks);
    gate.open();
    for ask in asks {
        ask.ends().code(0);
    }
    assert_eq!(model.calls(), 1);
}

#[test]
fn a_parameter_that_is_refused_costs_the_desk_one_answer() {
    let Some(redis) = Redis::start(&[]) else { return };
    let gate = Gate::default();
    let held = gate.clone();
    let model = Server::answering(move |_, request| {
        if request.contains("\"temperature\"") {
            let error = "{\"error\": {\"message\": \"Unsupported parameter: 'temperature' is not supported with this model.\", \
                         \"param\": \"temperature\", \"code\": \"unsupported_parameter\"}}";
            return reply("400 Bad Request", "content-type: application/json\r\n", error);
        }
        let mut parts = vec![Part::Until(held.clone())];
        parts.extend(stream(&["You said: ", &said(request)], Some("stop")));
        parts
    });
    let homes: Vec<Home> = (0..4).map(|_| machine(&redis.url(), "")).collect();
    let asks: Vec<_> = homes
        .iter()
        .map(|home| Asked::start(&mut asking(home, &model, "hello", &["--temperature", "0.3"])))
        .collect();
    until_all_but_one_wait(&asks);
    gate.open();
    for ask in asks {
        let ran = ask.ends().code(0);
        assert_eq!(ran.json()["answer"], "You said: hello", "{}", ran.err);
    }
    let answered = (0..model.calls())
        .filter(|n| !model.request(*n).contains("\"temperature\""))
        .count();
    assert_eq!(answered, 1);
}
