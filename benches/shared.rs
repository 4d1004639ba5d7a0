//! The shared tier measured against a real server on loopback: `cargo bench --bench shared`; needs `redis-server`.
//!
//! A *whole* hit begins with the request and ends with the answer's text: key, the look into memory and disk, the way to the
//! server and back, checksum, decompression. An *ask* is that and everything a user waits for: the call that others may join, the
//! counts, the promotion. A bare GET fetches the same bytes with the same crate, and does nothing with them.

mod common;

use std::hint::black_box;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use futures_util::StreamExt;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wickdesk::cache::{Key, Tier, Want};
use wickdesk::config::{Flags, Settings};
use wickdesk::desk::{Answering, Desk, Policy, Prepared, Question, Step, now_millis};
use wickdesk::shared::{ANSWER, Found, Shared, Stored};

use common::{PROMPT, Random, entry, words};

/// Questions that the server has answers to.
const QUESTIONS: u64 = 2_000;

struct Redis(Child);

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(directory: &TempDir) -> Option<(Redis, String)> {
    let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.current_dir(directory).stdout(Stdio::null());
    let redis = Redis(command.spawn().ok()?);
    let url = format!("redis://127.0.0.1:{port}");
    for _ in 0..200 {
        if redis::Client::open(url.as_str()).ok()?.get_connection().is_ok() {
            return Some((redis, url));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// A desk with this configuration, in a home of its own.
fn desk(directory: &TempDir, name: &str, shared: &str) -> Desk {
    let at = |part: &str| directory.path().join(name).join(part);
    std::fs::create_dir_all(at("")).unwrap();
    let config = format!("[providers.bench]\nbase_url = \"http://127.0.0.1:1/v1\"\n{shared}");
    std::fs::write(at("config.toml"), config).unwrap();
    let flags = Flags {
        config: Some(at("config.toml")),
        cache_dir: Some(at("cache")),
        data_dir: Some(at("data")),
    };
    let mut settings = Settings::gather(&flags, &|_| None).unwrap();
    settings.places.state = at("state");
    let (desk, trouble) = Desk::open(settings);
    assert!(trouble.is_none());
    desk
}

fn prepared(desk: &Desk, n: u64) -> Prepared {
    let question = Question {
        prompt: Some(words(n, PROMPT)),
        model: Some("bench/one".to_owned()),
        ..Question::default()
    };
    desk.prepare(&question).unwrap()
}

/// Asks; the tier that answers, and what comes behind the answer.
async fn asked(desk: &Desk, prepared: &Prepared) -> (Tier, Answering) {
    let mut steps = desk.ask(prepared, Policy::Cached);
    loop {
        if let Some(Step::Done(answer)) = steps.next().await {
            assert!(answer.text.len() > 1_000);
            return (answer.tier, steps);
        }
    }
}

async fn fill(shared: &Arc<Shared>, questions: &[Prepared]) {
    for (n, prepared) in (0..).zip(questions) {
        let mut entry = entry(n);
        entry.header.created = now_millis();
        let stored = Stored {
            entry,
            want: Want::Newest,
            before: None,
        };
        shared.put_behind(prepared.key, stored, now_millis(), None);
        while shared.state().pending > 0 {
            tokio::task::yield_now().await;
        }
    }
}

fn hits(criterion: &mut Criterion, runtime: &Runtime, url: &str, desk: &Desk, questions: &[Prepared]) {
    let shared = runtime.block_on(desk.shared()).unwrap().unwrap();
    runtime.block_on(fill(&shared, questions));
    let client = redis::Client::open(url).unwrap();
    let bare = runtime.block_on(client.get_multiplexed_async_connection()).unwrap();
    let mut random = Random(7);
    let mut any = || usize::try_from(random.below(QUESTIONS)).unwrap();

    let mut group = criterion.benchmark_group("shared");
    let places: Vec<String> = questions
        .iter()
        .map(|q| format!("wickdesk:v1:resp:{}", q.key))
        .collect();
    group.bench_function("bare GET of the same bytes", |bencher| {
        bencher.iter(|| {
            let (place, mut bare) = (&places[any()], bare.clone());
            let get = async move { redis::cmd("GET").arg(place).query_async::<Vec<u8>>(&mut bare).await };
            let value = runtime.block_on(get).unwrap();
            assert!(value.len() > 1_000);
            black_box(value)
        });
    });
    group.bench_function("hit, whole", |bencher| {
        bencher.iter(|| {
            let key = Key::of(&questions[any()].request.canonical());
            let now = now_millis();
            assert!(desk.cache().look(&key, Want::Newest, now).is_none());
            match runtime.block_on(shared.get(&key, Want::Newest, now, ANSWER)) {
                Found::Hit(hit) => black_box(hit.entry.text.len()),
                other => panic!("{other:?}"),
            }
        });
    });
    group.bench_function("ask answered by it", |bencher| {
        bencher.iter_custom(|times| {
            let mut took = Duration::ZERO;
            for _ in 0..times {
                let question = &questions[any()];
                let begun = Instant::now();
                let (tier, rest) = runtime.block_on(asked(desk, question));
                took += begun.elapsed();
                assert_eq!(tier, Tier::Shared);
                // Promoted, it would be the disk's the next time.
                runtime.block_on(rest.count());
                desk.cache().remove(&question.key, None).unwrap();
            }
            took
        });
    });
    group.finish();
}

/// A local hit, with and without the tier.
fn local(criterion: &mut Criterion, runtime: &Runtime, desks: [(&str, &Desk); 2]) {
    let mut group = criterion.benchmark_group("local hit");
    for (name, desk) in desks {
        let question = prepared(desk, 1);
        let mut entry = entry(1);
        entry.header.created = now_millis();
        desk.cache().put(&question.key, entry, b"").wait().unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(runtime.block_on(asked(desk, &question)).0, Tier::Memory));
        });
    }
    group.finish();
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let Some((_redis, url)) = serve(&directory) else {
        println!("no redis-server on this machine: nothing is measured");
        return;
    };
    let runtime = Runtime::new().unwrap();
    let with = desk(&directory, "with", &format!("[cache.shared]\nurl = \"{url}\"\n"));
    let without = desk(&directory, "without", "");
    let questions: Vec<Prepared> = (0..QUESTIONS).map(|n| prepared(&with, n)).collect();
    let mut criterion = Criterion::default().configure_from_args();
    hits(&mut criterion, &runtime, &url, &with, &questions);
    local(
        &mut criterion,
        &runtime,
        [("without the tier", &without), ("with the tier", &with)],
    );
    criterion.final_summary();
}
