//! The cache through its public surface: tiers, promotion, samples, and several on one directory.

mod bounds;
mod commands;
mod damage;
mod durability;
mod model;
mod place;
mod portable;

use wickdesk::cache::{Cache, Clear, Entry, Header, Key, Options, Tier, Want};
use wickdesk::ttl::Ttl;

use crate::support::Home;

const NOW: i64 = 1_700_000_000_000;

fn options(home: &Home, disk: u64) -> Options {
    Options {
        directory: home.path("cache"),
        memory_bytes: 1 << 20,
        disk_bytes: disk,
        ttl: Ttl::DEFAULT,
    }
}

fn open(home: &Home) -> Cache {
    let (cache, error) = Cache::open(&options(home, 1 << 30), NOW);
    assert_eq!(error, None);
    cache
}

fn entry(sample: u32, text: &str) -> Entry {
    Entry {
        header: Header::new(sample, NOW, None),
        text: text.to_owned(),
    }
}

/// Text that does not compress.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(33 + u8::try_from(state % 90).unwrap())
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn key(n: u64) -> Key {
    Key::of(&n.to_le_bytes())
}

fn tier(cache: &Cache, key: &Key) -> Option<Tier> {
    cache.get(key, Want::Newest, NOW + 1).map(|hit| hit.tier)
}

#[test]
fn memory_over_disk_with_promotion() {
    let home = Home::new();
    let key = Key::of(b"question");
    let cache = open(&home);
    assert_eq!(tier(&cache, &key), None);
    cache.put(&key, entry(0, "answer"), b"").wait().unwrap();
    assert_eq!(tier(&cache, &key), Some(Tier::Memory));
    cache.clear(Clear::Memory, NOW).unwrap();
    assert_eq!(tier(&cache, &key), Some(Tier::Disk));
    assert_eq!(tier(&cache, &key), Some(Tier::Memory), "promoted");
    drop(cache);
    let cache = open(&home);
    assert_eq!(tier(&cache, &key), Some(Tier::Disk), "it outlives the process");
    assert_eq!(cache.clear(Clear::Both, NOW).unwrap().disk, 1);
    assert_eq!(tier(&cache, &key), None);
    let life = cache.report().lifetime;
    assert_eq!(
        (life.lookups, life.memory_hits, life.disk_hits, life.misses),
        (6, 2, 2, 2),
        "{life:?}"
    );
}

#[test]
fn samples_and_expiry() {
    let home = Home::new();
    let cache = open(&home);
    let key = Key::of(b"q");
    assert_eq!(cache.next_sample(&key), 0);
    cache.put(&key, entry(0, "old"), b"").wait().unwrap();
    let mut short = entry(1, "new");
    short.header = Header::new(1, NOW, Some("1s".parse().unwrap()));
    cache.put(&key, short, b"").wait().unwrap();
    assert_eq!(cache.next_sample(&key), 2);
    let text = |want, now| cache.get(&key, want, now).map(|hit| hit.entry.text.clone());
    assert_eq!(text(Want::Newest, NOW).as_deref(), Some("new"));
    assert_eq!(text(Want::Sample(0), NOW).as_deref(), Some("old"));
    assert_eq!(
        text(Want::Newest, NOW + 2_000).as_deref(),
        Some("old"),
        "the newest that has not expired"
    );
    cache.clear(Clear::Memory, NOW).unwrap();
    assert_eq!(text(Want::Newest, NOW + 2_000).as_deref(), Some("old"));
    assert_eq!(
        text(Want::Newest, NOW - 3_600_000),
        None,
        "a clock that jumped back makes a miss"
    );
    assert_eq!(cache.clear(Clear::Expired, NOW + 2_000).unwrap().disk, 1);
    assert_eq!(cache.list().count(), 1);
}

#[test]
fn a_newer_sample_of_another_cache_is_seen_at_once() {
    let home = Home::new();
    let (one, other) = (open(&home), open(&home));
    let key = Key::of(b"q");
    one.put(&key, entry(0, "mine"), b"").wait().unwrap();
    assert_eq!(one.get(&key, Want::Newest, NOW).unwrap().entry.text, "mine");
    other.put(&key, entry(1, "theirs"), b"").wait().unwrap();
    let hit = one.get(&key, Want::Newest, NOW).unwrap();
    assert_eq!((hit.entry.text.as_str(), hit.tier), ("theirs", Tier::Disk));
    assert_eq!(tier(&one, &key), Some(Tier::Memory));
}

#[test]
fn statistics_of_several_processes_add_up() {
    let home = Home::new();
    let runs: Vec<_> = (0..6)
        .map(|_| {
            home.command()
                .args(["ask", "hi", "--refresh"])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    home.run(&["ask", "hi"]).code(0);
    let samples = home.run(&["cache", "list", "--json"]).code(0).out;
    assert_eq!(samples.lines().count(), 6, "no refresh overwrote another's: {samples}");
    let stats = home.run(&["cache", "stats", "--json"]).code(0).json();
    assert_eq!(
        (
            &stats["bypasses"],
            &stats["stored"],
            &stats["lookups"],
            &stats["disk_hits"]
        ),
        (&6.into(), &6.into(), &1.into(), &1.into())
    );
}

#[test]
fn what_one_process_clears_another_no_longer_serves_from_memory() {
    let home = Home::new();
    home.run(&["ask", "hi"]).code(0);
    let (desk_cache, _) = Cache::open(
        &Options {
            directory: home.path("cache/wickdesk"),
            ..options(&home, 1 << 30)
        },
        NOW,
    );
    let listed = desk_cache.list().next().unwrap().unwrap();
    let now = listed.header.created;
    assert!(desk_cache.get(&listed.key, Want::Newest, now).is_some());
    assert_eq!(
        desk_cache.get(&listed.key, Want::Newest, now).unwrap().tier,
        Tier::Memory
    );
    home.run(&["cache", "clear"]).code(0);
    assert!(desk_cache.get(&listed.key, Want::Newest, now).is_none());
    home.run(&["ask", "hi"]).code(0);
    let listed = desk_cache.list().next().unwrap().unwrap();
    let now = listed.header.created;
    assert!(desk_cache.get(&listed.key, Want::Newest, now).is_some());
    home.run(&["cache", "remove", &listed.key.to_string()]).code(0);
    assert!(
        desk_cache.get(&listed.key, Want::Newest, now).is_none(),
        "nor what it has taken out"
    );
}

#[test]
fn a_sample_between_is_served_when_the_newest_in_memory_expires() {
    let home = Home::new();
    let cache = open(&home);
    let key = key(1);
    for sample in 0..3 {
        let mut entry = entry(sample, &format!("{sample}"));
        if sample == 2 {
            entry.header = Header::new(2, NOW, Some("10s".parse().unwrap()));
        }
        cache.put(&key, entry, b"").wait().unwrap();
    }
    cache.clear(Clear::Memory, NOW).unwrap();
    for sample in [0, 2] {
        assert!(cache.get(&key, Want::Sample(sample), NOW).is_some());
    }
    assert_eq!(cache.get(&key, Want::Newest, NOW).unwrap().entry.text, "2");
    assert_eq!(cache.get(&key, Want::Newest, NOW + 20_000).unwrap().entry.text, "1");
}
