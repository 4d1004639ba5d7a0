//! Durability: processes killed at any instant, and two that read and write at once.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wickdesk::cache::{Cache, Options, Want};
use wickdesk::ttl::Ttl;

use super::{NOW, entry, key, noise, options};
use crate::support::{Home, PATIENCE, child, is_child};

fn open(directory: &str) -> Cache {
    let options = Options {
        directory: directory.into(),
        memory_bytes: 1 << 16,
        disk_bytes: 1 << 30,
        ttl: Ttl::DEFAULT,
    };
    let (cache, trouble) = Cache::open(&options, NOW);
    assert_eq!(trouble, None);
    cache
}

/// Starts a part of this file's as a process of its own, its output to be read.
fn start_child(part: &str, test: &str, directory: &std::path::Path) -> std::process::Child {
    let [env, program, rest @ ..] = child(part, test, directory);
    let (name, value) = env.split_once('=').unwrap();
    let mut command = Command::new(program);
    command
        .args(rest)
        .env(name, value)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Run as a process of its own: stores until it is killed, and says what was acknowledged.
#[test]
fn child_that_writes() {
    let Some(directory) = is_child("write") else { return };
    let (directory, first) = directory.rsplit_once('#').unwrap();
    let mut n: u64 = first.parse().unwrap();
    let cache = open(directory);
    println!();
    loop {
        // Several at once, of many sizes, so that commits hold more than one.
        let receipts: Vec<_> = (n..n + 5)
            .map(|n| {
                (
                    n,
                    cache.put(
                        &key(n),
                        entry(0, &noise(n, usize::try_from(n % 9_000).unwrap())),
                        &n.to_le_bytes(),
                    ),
                )
            })
            .collect();
        n += 5;
        for (n, receipt) in receipts {
            if receipt.wait().is_ok() {
                println!("ack {n}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn two_hundred_kills_lose_nothing_that_was_acknowledged() {
    let home = Home::new();
    let directory = home.path("cache");
    let mut acknowledged: Vec<u64> = Vec::new();
    let mut next = 0u64;
    for round in 0..200u64 {
        let start = std::path::PathBuf::from(format!("{}#{next}", directory.display()));
        let mut process = start_child("write", "cache::durability::child_that_writes", &start);
        let out = BufReader::new(process.stdout.take().unwrap());
        let (sender, acknowledged_so_far) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            let lines = out.lines().map_while(Result::ok);
            // The last line may be cut where the process was.
            let numbers = lines.filter_map(|l| l.strip_prefix("ack ").and_then(|n| n.parse::<u64>().ok()));
            numbers
                .inspect(|n| {
                    // Nobody listens any more once it is killed.
                    let _ = sender.send(*n);
                })
                .collect::<Vec<_>>()
        });
        // Killed a moment after it has written none, or a few.
        for _ in 0..round % 8 * 2 {
            acknowledged_so_far.recv_timeout(PATIENCE).unwrap();
        }
        std::thread::sleep(Duration::from_micros(round * 7_919 % 3_000));
        process.kill().unwrap();
        process.wait().unwrap();
        let numbers = reader.join().unwrap();
        next = numbers.iter().max().map_or(next, |n| n + 100);
        acknowledged.extend(numbers);
        if round % 20 == 19 {
            let (cache, trouble) = Cache::open(&options(&home, 1 << 30), NOW);
            assert_eq!(trouble, None, "after {round} kills");
            assert!(cache.verify(|_, _| {}).unwrap().is_whole(), "after {round} kills");
        }
    }
    let (cache, _) = Cache::open(&options(&home, 1 << 30), NOW);
    assert!(acknowledged.len() > 500, "{}", acknowledged.len());
    for n in acknowledged {
        let text = cache.get(&key(n), Want::Newest, NOW).map(|hit| hit.entry.text.clone());
        assert_eq!(text, Some(noise(n, usize::try_from(n % 9_000).unwrap())), "{n}");
    }
}

#[cfg(unix)]
#[test]
fn who_is_stopped_in_the_middle_of_a_write_blocks_no_reader_and_killed_blocks_nobody() {
    use rustix::process::{Pid, Signal, kill_process};
    let home = Home::new();
    let cache = open(home.path("cache").to_str().unwrap());
    cache.put(&key(1), entry(0, "before"), b"").wait().unwrap();
    let start = std::path::PathBuf::from(format!("{}#1000", home.path("cache").display()));
    for _ in 0..50 {
        let mut process = start_child("write", "cache::durability::child_that_writes", &start);
        let mut lines = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("ack ")), "it writes");
        let pid = Pid::from_child(&process);
        kill_process(pid, Signal::STOP).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let receipt = cache.put(&key(2), entry(0, "meanwhile"), b"");
        assert!(cache.get(&key(2), Want::Newest, NOW).is_some(), "memory has it at once");
        let waiter = std::thread::spawn(move || {
            let _ = sender.send(receipt.wait());
        });
        let stored_at_once = receiver.recv_timeout(Duration::from_secs(2)).is_ok();
        cache.clear(wickdesk::cache::Clear::Memory, NOW).unwrap();
        assert!(cache.get(&key(1), Want::Newest, NOW).is_some(), "reads go on");
        process.kill().unwrap();
        process.wait().unwrap();
        if stored_at_once {
            // It was stopped between two writes: once more.
            waiter.join().unwrap();
            cache.remove(&key(2), None).unwrap();
            continue;
        }
        assert_eq!(
            receiver.recv_timeout(PATIENCE).unwrap(),
            Ok(1),
            "the dead one's lock is taken over"
        );
        waiter.join().unwrap();
        assert!(cache.verify(|_, _| {}).unwrap().is_whole());
        return;
    }
    panic!("in fifty tries it was never stopped in a write");
}

const QUESTIONS: u64 = 300;

/// Reads and writes for a while, and until it has found enough of the other's. Returns how many hits there were on entries of the
/// other.
fn work(cache: &Cache, me: u64, time: Duration) -> u64 {
    let begun = Instant::now();
    let (mut n, mut others) = (me * 7, 0);
    while begun.elapsed() < time || others <= 100 && begun.elapsed() < time + PATIENCE {
        n = n
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let question = (n >> 33) % QUESTIONS;
        match cache.get(&key(question), Want::Newest, NOW) {
            Some(hit) => {
                let (writer, text) = hit.entry.text.split_once(' ').unwrap();
                assert_eq!(text, noise(question, 2_000), "a torn answer");
                others += u64::from(writer != me.to_string());
            }
            None => {
                let text = format!("{me} {}", noise(question, 2_000));
                cache.put(&key(question), entry(0, &text), b"").wait().unwrap();
            }
        }
        if n >> 60 == 0 {
            cache.remove(&key(question), None).unwrap();
        }
    }
    others
}

/// Run as a process of its own.
#[test]
fn child_that_shares() {
    let Some(directory) = is_child("share") else { return };
    let cache = open(&directory);
    let others = work(&cache, 2, Duration::from_secs(30));
    cache.flush();
    println!("\nothers {others} lookups {}", cache.report().session.lookups);
}

#[test]
fn two_processes_read_and_write_together_for_thirty_seconds() {
    let home = Home::new();
    let process = start_child("share", "cache::durability::child_that_shares", &home.path("cache"));
    let cache = open(home.path("cache").to_str().unwrap());
    let mine = work(&cache, 1, Duration::from_secs(30));
    let ran = process.wait_with_output().unwrap();
    assert!(ran.status.success());
    let out = String::from_utf8(ran.stdout).unwrap();
    let words: Vec<&str> = out
        .lines()
        .find(|l| l.starts_with("others "))
        .unwrap()
        .split(' ')
        .collect();
    let (theirs, lookups): (u64, u64) = (words[1].parse().unwrap(), words[3].parse().unwrap());
    assert!(
        mine > 100 && theirs > 100,
        "each found the other's: {mine} and {theirs}"
    );
    cache.flush();
    let report = cache.report();
    assert_eq!(
        report.lifetime.lookups,
        lookups + report.session.lookups,
        "counts add up"
    );
    assert!(cache.verify(|_, _| {}).unwrap().is_whole());
}
