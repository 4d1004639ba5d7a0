//! The cache measured: `cargo bench --bench cache`; a million entries too with `WICKDESK_BENCH_MILLION=1`.
//!
//! Questions have a prompt of 2 KiB and answers of 4 KiB, of words, in no order. A *whole* hit begins with the request
//! and ends with the answer's text: encoding, key, lookup, checksum, decompression. What is no time is printed first.

mod common;

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput};
use tempfile::TempDir;
use wickdesk::cache::{Cache, Entry, Key, Options, Want};
use wickdesk::message::{Message, Role};
use wickdesk::model::{ModelName, Params, Request};
use wickdesk::ttl::Ttl;

use common::{NOW, PROMPT, Random, entry, words};

/// When all questions are asked: some hours on, before anything expires.
const LATER: i64 = NOW + 20_000_000;
/// The directory that a child of this program reads and writes for as long as it lives.
const CHILD: &str = "WICKDESK_BENCH_CHILD";

fn request(n: u64) -> Request {
    let mut params = Params::default();
    params.set("temperature", 0.7.into());
    let messages = vec![Message {
        role: Role::User,
        text: words(n, PROMPT),
    }];
    Request::new(ModelName::offline(), None, messages, params)
}

fn key(n: u64) -> Key {
    Key::of(&request(n).canonical())
}

fn open(directory: &Path, memory: u64, disk: u64) -> Cache {
    let options = Options {
        directory: directory.to_owned(),
        memory_bytes: memory,
        disk_bytes: disk,
        ttl: Ttl::DEFAULT,
    };
    let (cache, trouble) = Cache::open(&options, NOW);
    assert!(trouble.is_none(), "{trouble:?}");
    cache
}

const ROOMY: u64 = 1 << 40;

/// A store of so many entries.
fn populate(directory: &Path, entries: u64) -> Duration {
    let cache = open(directory, 0, ROOMY);
    let begun = Instant::now();
    for n in 0..entries {
        let receipt = cache.put(&key(n), entry(n), b"");
        if n % 1_024 == 1_023 {
            receipt.wait().unwrap();
        }
    }
    cache.flush();
    begun.elapsed()
}

fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("RssAnon:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Lets the system forget the file's pages.
fn cool(directory: &Path) {
    #[cfg(target_os = "linux")]
    if let Ok(file) = std::fs::File::open(directory.join("v1/data.mdb")) {
        let _ = file.sync_all();
        let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = directory;
}

/// The median of a few runs.
fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..9).map(|_| run()).collect();
    times.sort_unstable();
    times[4]
}

/// How long it takes to open the store, and to serve the first hit with that.
fn opening(directory: &Path, entries: u64, cold: bool) -> (Duration, Duration) {
    let mut random = Random(99);
    let mut opened = Duration::ZERO;
    let served = median(|| {
        if cold {
            cool(directory);
        }
        let request = request(random.below(entries));
        let begun = Instant::now();
        let cache = open(directory, 64 << 20, ROOMY);
        opened = begun.elapsed();
        let hit = cache.get(&Key::of(&request.canonical()), Want::Newest, LATER);
        let served = begun.elapsed();
        assert!(hit.is_some());
        served
    });
    (opened, served)
}

fn figures(directory: &Path, entries: u64, populated: Duration) {
    let cache = open(directory, 0, ROOMY);
    let report = cache.report();
    let per_entry = report.file_bytes as f64 / entries as f64;
    let before = resident();
    let held = open(directory, 64 << 20, ROOMY);
    for n in 0..entries.min(10_000) {
        held.get(&key(n), Want::Newest, LATER);
    }
    let after = resident();
    let memory = report_memory(&held);
    drop((held, cache));
    let (opened, served) = opening(directory, entries, false);
    let (_, cold) = opening(directory, entries, true);
    println!("{entries} entries");
    println!(
        "  stored, 1,024 to a receipt   {:>9.1} µs an entry",
        populated.as_secs_f64() * 1e6 / entries as f64
    );
    println!("  file                         {per_entry:>9.0} bytes an entry");
    println!(
        "  counted against the budget   {:>9.0} bytes an entry",
        report.disk_bytes as f64 / entries as f64
    );
    println!("  open                         {:>9.2} ms", opened.as_secs_f64() * 1e3);
    println!("  open to first hit            {:>9.2} ms", served.as_secs_f64() * 1e3);
    println!("  the same, pages not cached   {:>9.2} ms", cold.as_secs_f64() * 1e3);
    if let (Some(before), Some(after)) = (before, after) {
        println!("  resident for {memory}: {} KiB", after.saturating_sub(before));
    }
}

fn report_memory(cache: &Cache) -> String {
    let report = cache.report();
    format!(
        "{} answers in memory, {} KiB counted",
        report.memory_items,
        report.memory_bytes >> 10
    )
}

fn hits(criterion: &mut Criterion, directory: &Path, entries: u64) {
    // Requests are made before: only what an ask does is measured.
    let requests: Vec<Request> = {
        let mut random = Random(5);
        (0..4_096).map(|_| request(random.below(entries))).collect()
    };
    let mut group = criterion.benchmark_group(format!("{entries} entries"));
    group.throughput(Throughput::Elements(1));
    let find = |cache: &Cache, request: &Request| {
        let hit = cache.get(&Key::of(&black_box(request).canonical()), Want::Newest, LATER);
        black_box(hit).map(|hit| hit.entry.text.len())
    };
    let mut at = 0;
    let mut next = move || {
        at = (at + 1) % 4_096;
        at
    };

    let cache = open(directory, 8 << 30, ROOMY);
    for n in 0..entries.min(100_000) {
        cache.get(&key(n), Want::Newest, LATER);
    }
    for request in &requests {
        find(&cache, request);
    }
    group.bench_function("memory hit, whole", |b| {
        b.iter(|| find(&cache, &requests[next()]).unwrap());
    });
    drop(cache);

    let cache = open(directory, 0, ROOMY);
    group.bench_function("disk hit, whole", |b| {
        b.iter(|| find(&cache, &requests[next()]).unwrap());
    });
    let missing: Vec<Request> = (0..512).map(|n| request(u64::MAX - n)).collect();
    group.bench_function("miss, whole", |b| {
        b.iter(|| assert!(find(&cache, &missing[next() % 512]).is_none()));
    });
    group.bench_function("disk hit, whole, while another thread reads and writes", |b| {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| busy(&cache, entries, &over));
            b.iter(|| find(&cache, &requests[next()]).unwrap());
            over.store(true, Ordering::Relaxed);
        });
    });
    group.bench_function("disk hit, whole, while another process reads and writes", |b| {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .env(CHILD, format!("{entries}:{}", directory.display()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        b.iter(|| find(&cache, &requests[next()]).unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
    });
    group.bench_function("key alone", |b| {
        b.iter(|| Key::of(&black_box(&requests[next()]).canonical()));
    });
    group.finish();
}

/// Stores these and waits until all are acknowledged.
fn put_all(cache: &Cache, entries: Vec<(Key, Entry)>) {
    let put = |(key, entry): (Key, Entry)| cache.put(&key, entry, b"");
    let receipts: Vec<_> = entries.into_iter().map(put).collect();
    for receipt in receipts {
        receipt.wait().unwrap();
    }
}

/// Nine reads to a write, as fast as it goes.
fn busy(cache: &Cache, entries: u64, over: &AtomicBool) {
    let mut random = Random(17);
    while !over.load(Ordering::Relaxed) {
        let n = random.below(entries);
        if random.below(10) == 0 {
            let _ = cache.put(&key(n), entry(n), b"").wait();
        } else {
            black_box(cache.get(&key(n), Want::Newest, LATER));
        }
    }
}

fn stores(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    let directory = TempDir::new().unwrap();
    let cache = open(directory.path(), 64 << 20, ROOMY);
    let mut n = 0;
    let mut fresh = move || {
        n += 1;
        (key(n), entry(n))
    };
    group.bench_function("put, as its caller waits", |b| {
        b.iter_batched(
            &mut fresh,
            |(key, entry)| cache.put(&key, entry, b""),
            BatchSize::SmallInput,
        );
    });
    cache.flush();
    group.bench_function("put, until it is acknowledged", |b| {
        b.iter_batched(
            &mut fresh,
            |(key, entry)| cache.put(&key, entry, b"").wait().unwrap(),
            BatchSize::SmallInput,
        );
    });
    group.throughput(Throughput::Elements(64));
    let mut many = || (0..64).map(|_| fresh()).collect::<Vec<_>>();
    group.bench_function("64 puts, until all are acknowledged", |b| {
        b.iter_batched(&mut many, |entries| put_all(&cache, entries), BatchSize::SmallInput);
    });
    drop(cache);
    for megabytes in [16, 256] {
        let directory = TempDir::new().unwrap();
        let cache = open(directory.path(), 0, megabytes << 20);
        let full = (megabytes << 20) / 4_400;
        for n in 0..full + 1_000 {
            cache.put(&key(1 << 40 | n), entry(n), b"");
        }
        cache.flush();
        assert!(cache.report().lifetime.evicted > 0);
        group.bench_function(
            format!("64 puts into a full store of {megabytes} MiB, one going for each"),
            |b| {
                b.iter_batched(&mut many, |entries| put_all(&cache, entries), BatchSize::SmallInput);
            },
        );
    }
    group.finish();
}

fn main() {
    if let Ok(child) = std::env::var(CHILD) {
        let (entries, directory) = child.split_once(':').unwrap();
        let cache = open(Path::new(directory), 0, ROOMY);
        return busy(&cache, entries.parse().unwrap(), &AtomicBool::new(false));
    }
    if let Some(filled) = std::env::var_os("WICKDESK_BENCH_FILL") {
        // For `benches/terminal.py`: where the program looks below such a home.
        let directory = Path::new(&filled).join("cache/wickdesk");
        println!("{:?}", populate(&directory, 1_000_000));
        return;
    }
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut populations = vec![1_000, 100_000];
    if std::env::var_os("WICKDESK_BENCH_MILLION").is_some() {
        populations.push(1_000_000);
    }
    for entries in populations {
        let directory = TempDir::new().unwrap();
        let populated = populate(directory.path(), entries);
        figures(directory.path(), entries, populated);
        hits(&mut criterion, directory.path(), entries);
    }
    stores(&mut criterion);
    criterion.final_summary();
}
