//! Bounds: the budget, who goes first, pins, a full disk, a full map.

use std::collections::VecDeque;

use wickdesk::cache::{Cache, Clear, DiskError, Entry, Header, Options, Want};
use wickdesk::ttl::Ttl;

use super::{NOW, entry, key, noise, options};
use crate::support::{Home, child, is_child, skipped};

/// A cache without memory, so that every hit is the disk's.
fn disk_only(home: &Home, bytes: u64) -> Cache {
    let options = Options {
        memory_bytes: 0,
        ..options(home, bytes)
    };
    let (cache, trouble) = Cache::open(&options, NOW);
    assert_eq!(trouble, None);
    cache
}

fn put(cache: &Cache, n: u64, length: usize) -> Result<u64, DiskError> {
    cache.put(&key(n), entry(0, &noise(n, length)), b"").wait()
}

/// What one entry of this length takes.
fn room(length: usize) -> u64 {
    let home = Home::in_memory();
    let cache = disk_only(&home, 1 << 30);
    put(&cache, 1, length).unwrap();
    cache.report().disk_bytes
}

#[test]
fn disk_is_bounded_by_bytes_and_so_is_its_file() {
    let home = Home::new();
    let limit = 2 << 20;
    let cache = disk_only(&home, limit);
    for n in 0..3_000 {
        put(&cache, n, usize::try_from(n * 37 % 7_000).unwrap()).unwrap();
    }
    let report = cache.report();
    assert!(
        report.disk_bytes <= limit && report.disk_bytes > limit / 10 * 9,
        "{report:?}"
    );
    assert_eq!(report.lifetime.evicted, 3_000 - report.disk_items);
    // Pages on their way from one commit to the next come on top.
    assert!(
        report.file_bytes < limit / 10 * 13,
        "the estimate is the file's: {report:?}"
    );
    assert!(cache.get(&key(2_999), Want::Newest, NOW).is_some(), "the newest stays");
    assert!(cache.get(&key(0), Want::Newest, NOW).is_none(), "the oldest went");
    assert!(cache.verify(|_, _| {}).unwrap().is_whole());
}

/// Asks for each question of a trace in turn, storing what is missing. Returns the hits, and those of an exact LRU of
/// the same number of entries.
fn follow(trace: &[u64], capacity: u64) -> (u64, u64) {
    let home = Home::in_memory();
    let cache = disk_only(&home, room(500) * capacity);
    let mut lru: VecDeque<u64> = VecDeque::new();
    let (mut hits, mut exact) = (0, 0);
    for n in trace {
        if cache.get(&key(*n), Want::Newest, NOW).is_some() {
            hits += 1;
        } else {
            put(&cache, *n, 500).unwrap();
        }
        match lru.iter().position(|m| m == n) {
            Some(at) => {
                exact += 1;
                lru.remove(at);
            }
            None if lru.len() as u64 == capacity => {
                lru.pop_front();
            }
            None => {}
        }
        lru.push_back(*n);
    }
    (hits, exact)
}

/// Numbers between 0 and 1, always the same.
fn random(mut seed: u64) -> impl FnMut() -> f64 {
    move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn disk_keeps_at_least_what_an_exact_lru_keeps() {
    // Zipf's law with exponent 1 over 5,000 questions, room for a hundredth of them.
    let mut next = random(7);
    let zipf: Vec<u64> = (0..6_000)
        .map(|_| (5_000f64.powf(next()) as u64).saturating_sub(1))
        .collect();
    // Recency: mostly one of the last few dozen, sometimes a new one.
    let mut recency: Vec<u64> = vec![0];
    while recency.len() < 6_000 {
        let back = (-40.0 * (1.0 - next()).ln()) as usize;
        let fresh = next() < 0.2 || back >= recency.len();
        recency.push(if fresh {
            10_000 + recency.len() as u64
        } else {
            recency[recency.len() - 1 - back]
        });
    }
    for trace in [zipf, recency] {
        let (hits, exact) = follow(&trace, 50);
        assert!(hits >= exact && exact > 500, "{hits} of {exact}");
    }
}

#[test]
fn expired_entries_go_first_and_then_the_least_recently_used() {
    let home = Home::in_memory();
    let cache = disk_only(&home, room(1_000) * 9 / 2);
    put(&cache, 0, 1_000).unwrap();
    put(&cache, 1, 1_000).unwrap();
    let brief = Header::new(0, NOW, Some("1s".parse().unwrap()));
    let text = noise(2, 1_000);
    cache.put(&key(2), Entry { header: brief, text }, b"").wait().unwrap();
    put(&cache, 3, 1_000).unwrap();
    assert!(cache.get(&key(0), Want::Newest, NOW).is_some());
    let later = Entry {
        header: Header::new(0, NOW + 2_000, None),
        text: noise(4, 1_000),
    };
    cache.put(&key(4), later, b"").wait().unwrap();
    let there = |n| cache.peek(&key(n), Want::Newest, NOW + 500).is_some();
    assert_eq!([0, 1, 2, 3, 4].map(there), [true, true, false, true, true]);
    put(&cache, 5, 1_000).unwrap();
    assert_eq!([0, 1, 3, 4, 5].map(there), [true, false, true, true, true]);
    let counts = cache.report().lifetime;
    assert_eq!((counts.expired, counts.evicted), (1, 1));
}

#[test]
fn what_is_pinned_stays_and_what_cannot_fit_is_refused() {
    let home = Home::in_memory();
    let cache = disk_only(&home, room(1_000) * 7 / 2);
    put(&cache, 0, 1_000).unwrap();
    put(&cache, 1, 1_000).unwrap();
    assert!(cache.pin(&key(0), 0, true).unwrap());
    assert!(!cache.pin(&key(9), 0, true).unwrap(), "there is none to pin");
    for n in 2..12 {
        put(&cache, n, 1_000).unwrap();
    }
    let there = |n| cache.peek(&key(n), Want::Newest, NOW).is_some();
    assert!(there(0) && !there(1) && there(11));
    assert!(cache.list().any(|l| l.is_ok_and(|l| l.key == key(0) && l.pinned)));
    assert!(matches!(put(&cache, 20, 50_000), Err(DiskError::TooLarge { .. })));
    assert!(there(0) && there(11), "what was refused cost nobody's place");
    cache.pin(&key(11), 0, true).unwrap();
    cache.pin(&key(10), 0, true).unwrap();
    assert!(
        matches!(put(&cache, 21, 1_000), Err(DiskError::TooLarge { .. })),
        "all is pinned"
    );
    cache.pin(&key(0), 0, false).unwrap();
    put(&cache, 22, 1_000).unwrap();
    assert!(there(22) && !there(0), "and no longer pinned it goes like any other");
}

#[test]
fn a_changed_default_applies_to_what_is_there() {
    let home = Home::in_memory();
    let with = |ttl: &str| Options {
        ttl: ttl.parse().unwrap(),
        ..options(&home, 1 << 30)
    };
    let (cache, _) = Cache::open(&with("1h"), NOW);
    put(&cache, 0, 10).unwrap();
    let forever = Header::new(0, NOW, Some(Ttl::Never));
    let text = "kept".to_owned();
    cache.put(&key(1), Entry { header: forever, text }, b"").wait().unwrap();
    drop(cache);
    let (cache, _) = Cache::open(&with("1m"), NOW + 120_000);
    assert!(cache.get(&key(0), Want::Newest, NOW + 120_000).is_none());
    assert!(cache.get(&key(1), Want::Newest, NOW + 120_000).is_some());
    // By this clearing, or by the sweep that the lookup set off.
    cache.clear(Clear::Expired, NOW + 120_000).unwrap();
    let report = cache.report();
    assert_eq!((report.lifetime.expired, report.disk_items), (1, 1));
}

/// Stores until it fails; whatever was acknowledged must be there, now and for another process.
fn fill_until_full(cache: &Cache) -> Vec<u64> {
    let mut stored = Vec::new();
    let error = loop {
        let n = stored.len() as u64;
        match put(cache, n, 20_000) {
            Ok(_) => stored.push(n),
            Err(error) => break error,
        }
        assert!(n < 10_000, "it never filled up");
    };
    assert!(matches!(error, DiskError::Full | DiskError::Failing), "{error:?}");
    stored
}

/// Run as a process of its own whose files may not grow past a limit.
#[test]
fn child_on_a_full_disk() {
    let Some(directory) = is_child("full") else { return };
    let options = Options {
        directory: directory.into(),
        memory_bytes: 1 << 20,
        disk_bytes: 1 << 30,
        ttl: Ttl::DEFAULT,
    };
    let (cache, trouble) = Cache::open(&options, NOW);
    assert_eq!(trouble, None);
    let stored = fill_until_full(&cache);
    let report = cache.report();
    assert!(report.trouble.is_some_and(|t| t.contains("full")));
    let refused = key(stored.len() as u64);
    assert!(cache.get(&refused, Want::Newest, NOW).is_some(), "memory goes on");
    for n in &stored {
        assert!(
            cache.get(&key(*n), Want::Newest, NOW).is_some(),
            "{n} of {} lost",
            stored.len()
        );
    }
    println!("\nstored {}", stored.len());
}

fn check_stored(home: &Home, out: &str) {
    let stored: u64 = out
        .lines()
        .find_map(|l| l.strip_prefix("stored "))
        .unwrap()
        .parse()
        .unwrap();
    assert!(stored > 20, "{stored}");
    let (cache, trouble) = Cache::open(&options(home, 1 << 30), NOW);
    assert_eq!(trouble, None);
    for n in 0..stored {
        let hit = cache.get(&key(n), Want::Newest, NOW).unwrap();
        assert_eq!(hit.entry.text, noise(n, 20_000));
    }
    assert!(cache.verify(|_, _| {}).unwrap().is_whole());
    put(&cache, 99_999, 20_000).unwrap();
    assert_eq!(cache.report().trouble, None, "with room again it is well again");
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_loses_nothing() {
    let home = Home::new();
    // The shell's limit counts kilobytes; a write past it fails as one to a full disk does.
    let program = child("full", "cache::bounds::child_on_a_full_disk", &home.path("cache"));
    let line = program.map(|word| format!("'{word}'")).join(" ");
    let script = format!("trap '' XFSZ; ulimit -f 4000; exec env {line}");
    let ran = std::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
    check_stored(&home, &out);
}

#[cfg(target_os = "linux")]
#[test]
fn a_small_file_system_that_fills_up_loses_nothing() {
    let home = Home::new();
    std::fs::create_dir(home.path("small")).unwrap();
    let small = home.path("small/cache");
    let program = child("full", "cache::bounds::child_on_a_full_disk", &small);
    let line = program.map(|word| format!("'{word}'")).join(" ");
    let (small, kept) = (small.display(), home.path("cache"));
    // A mount in a namespace of its own needs no rights on most systems, and is gone with its process.
    let script = format!(
        "mount -t tmpfs -o size=4m,mode=700 none '{}' || exit 77; env {line} && cp -a '{small}' '{}'",
        home.path("small").display(),
        kept.display()
    );
    let ran = std::process::Command::new("unshare")
        .args(["-Urm", "bash", "-c", &script])
        .output();
    let what = "a small file system of its own";
    let ran = match ran {
        Ok(ran) => ran,
        Err(error) => return skipped(what, &format!("no unshare here: {error}")),
    };
    if ran.status.code() != Some(0) && !String::from_utf8_lossy(&ran.stdout).contains("running") {
        return skipped(
            what,
            &format!("it cannot be mounted: {}", String::from_utf8_lossy(&ran.stderr)),
        );
    }
    crate::support::ran(what);
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
    check_stored(&home, &out);
}

/// Run as a process of its own with little address space.
#[test]
fn child_with_a_small_map() {
    let Some(directory) = is_child("map") else { return };
    let options = Options {
        directory: directory.into(),
        memory_bytes: 0,
        disk_bytes: 1 << 40,
        ttl: Ttl::DEFAULT,
    };
    let (cache, trouble) = Cache::open(&options, NOW);
    assert_eq!(trouble, None);
    let limit = cache.report().disk_limit;
    assert!(limit < 1 << 30, "a map as large as the budget was had: {limit}");
    // More than the map holds: the budget is the map's, and the oldest go.
    for n in 0..1_000 {
        cache.put(&key(n), entry(0, &noise(n, 400_000)), b"");
    }
    put(&cache, 1_000, 400_000).unwrap();
    let report = cache.report();
    assert!(report.lifetime.evicted > 0 && report.trouble.is_none(), "{report:?}");
    assert!(cache.get(&key(1_000), Want::Newest, NOW).is_some());
    println!("done");
}

#[cfg(target_os = "linux")]
#[test]
fn a_small_map_is_a_small_budget() {
    let home = Home::in_memory();
    let program = child("map", "cache::bounds::child_with_a_small_map", &home.path("cache"));
    let line = program.map(|word| format!("'{word}'")).join(" ");
    let script = format!("ulimit -v 900000; exec env {line}");
    let ran = std::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(out.contains("done"), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
}

/// Run as a process of its own with little address space: opens while the store is small, and reads when it has grown.
#[test]
fn child_whose_map_becomes_too_small() {
    let Some(directory) = is_child("grown") else { return };
    let options = Options {
        directory: directory.into(),
        memory_bytes: 1 << 20,
        disk_bytes: 1 << 40,
        ttl: Ttl::DEFAULT,
    };
    let (cache, trouble) = Cache::open(&options, NOW);
    assert_eq!(trouble, None);
    assert!(cache.report().disk_limit < 1 << 28);
    println!("\nopen");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let hits = (0..GROWN)
        .filter(|n| cache.get(&key(*n), Want::Newest, NOW).is_some())
        .count();
    cache.put(&key(9_999), entry(0, "mine"), b"");
    assert!(cache.get(&key(9_999), Want::Newest, NOW).is_some(), "memory goes on");
    println!("hits {hits}");
}

/// Answers that take more than the smallest map.
const GROWN: u64 = 300;

#[cfg(target_os = "linux")]
#[test]
fn who_has_less_address_space_follows_as_far_as_it_can_and_never_crashes() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    let home = Home::in_memory();
    let directory = home.path("cache");
    let start = |kilobytes: u32| {
        let words = child("grown", "cache::bounds::child_whose_map_becomes_too_small", &directory);
        let line = words.map(|word| format!("'{word}'")).join(" ");
        let script = format!("ulimit -v {kilobytes}; exec env {line}");
        let mut command = Command::new("bash");
        command
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        assert!(lines.any(|line| line == "open"), "with {kilobytes} KiB");
        (process, lines)
    };
    let cache = disk_only(&home, 1 << 40);
    put(&cache, 0, 100).unwrap();
    let mut children = [start(1_900_000), start(600_000)];
    for n in 0..GROWN {
        cache.put(&key(n), entry(0, &noise(n, 1 << 20)), b"");
    }
    cache.flush();
    assert!(cache.report().file_bytes > 1 << 28);
    let mut hits = Vec::new();
    for (process, lines) in &mut children {
        process.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        let found = lines.find_map(|line| line.strip_prefix("hits ").map(|n| n.parse::<u64>().unwrap()));
        assert!(process.wait().unwrap().success());
        hits.push(found.unwrap());
    }
    assert_eq!(hits[0], GROWN, "the map was made larger");
    assert!(hits[1] < GROWN, "and could not be there: misses, no crash");
}
