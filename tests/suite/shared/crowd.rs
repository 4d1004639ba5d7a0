//! Ten thousand asks from eight processes, first with a server that stays, then with one that is killed every second.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Redis, answered, desk, said};
use crate::support::{Home, Random, Server, child, is_child, stream};

const PROCESSES: usize = 8;
const ASKS: usize = 1_250;
/// Questions that a process asks at once.
const AT_ONCE: usize = 4;

/// A model that counts how often it is asked each question.
fn counting() -> (Server, Arc<Mutex<HashMap<String, usize>>>) {
    let counts = Arc::new(Mutex::new(HashMap::new()));
    let seen = Arc::clone(&counts);
    let model = Server::answering(move |_, request| {
        let question = said(request);
        *seen.lock().unwrap().entry(question.clone()).or_default() += 1;
        stream(&["You said: ", &question], Some("stop"))
    });
    (model, counts)
}

/// A process that asks every question in an order of its own, and says what goes wrong.
#[test]
fn asker() {
    let Some(told) = is_child("asker") else { return };
    let mut parts = told.split('|');
    let (redis, model, name) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let (questions, seed) = (
        parts.next().unwrap().parse().unwrap(),
        parts.next().unwrap().parse().unwrap(),
    );
    let home = Home::in_memory();
    let model = Server::at(model);
    let mut order: Vec<usize> = (0..questions).collect();
    let mut random = Random(seed);
    for i in (1..order.len()).rev() {
        order.swap(i, usize::try_from(random.below(i as u64 + 1)).unwrap());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = desk(&home, redis, "", &model);
        for asked in order.chunks(AT_ONCE) {
            let asked: Vec<String> = asked.iter().map(|n| format!("{name} {n}")).collect();
            let answers = asked.iter().map(|question| answered(&desk, question));
            for (question, answer) in asked.iter().zip(futures_util::future::join_all(answers).await) {
                assert_eq!(answer.map(|a| a.text), Ok(format!("You said: {question}")));
            }
        }
        desk.settle_calls().await;
        let counts = desk.cache().report().session;
        assert_eq!(
            counts.lookups,
            counts.shared_hits + counts.misses + counts.disk_hits + counts.memory_hits
        );
    });
}

/// Has the processes ask; `meanwhile` is called again and again until they are done.
fn asked(redis: &str, model: &Server, name: &str, questions: usize, mut meanwhile: impl FnMut()) {
    let mut askers: Vec<_> = (1..=PROCESSES)
        .map(|seed| {
            let told = format!("{redis}|{}|{name}|{questions}|{seed}", model.url);
            let [setting, program, rest @ ..] = child("asker", "shared::crowd::asker", told.as_ref());
            let (variable, value) = setting.split_once('=').unwrap();
            let mut command = Command::new(program);
            command
                .args(rest)
                .env(variable, value)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    while askers.iter_mut().any(|asker| asker.try_wait().unwrap().is_none()) {
        meanwhile();
    }
    for asker in askers {
        let done = asker.wait_with_output().unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr),
        );
        assert!(done.status.success(), "{out}\n{err}");
    }
}

#[test]
fn while_it_is_up_each_question_is_one_call() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (model, counts) = counting();
    asked(&redis.url(), &model, "calm", 200, || {
        std::thread::sleep(Duration::from_millis(20))
    });
    let counts = counts.lock().unwrap();
    let twice: Vec<_> = counts.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty() && counts.len() == 200, "{twice:?}");
}

#[test]
fn ten_thousand_asks_while_it_is_killed_every_second() {
    let Some(mut redis) = Redis::start(&["--appendonly", "yes"]) else {
        return;
    };
    let (model, counts) = counting();
    let (url, mut killed) = (redis.url(), 0);
    asked(&url, &model, "storm", ASKS, || {
        std::thread::sleep(Duration::from_secs(1));
        redis.kill();
        redis.restart();
        killed += 1;
    });
    let counts = counts.lock().unwrap();
    let calls: usize = counts.values().sum();
    eprintln!(
        "{} asks, killed {killed} times, {calls} calls for {ASKS} questions",
        PROCESSES * ASKS
    );
    assert_eq!(counts.len(), ASKS);
    assert!(killed > 0 && calls < PROCESSES * ASKS / 2, "{killed} {calls}");
}
