//! Damage: every byte flipped, every truncation, other programs' files: never a crash, never a wrong answer.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use wickdesk::cache::{Cache, Clear, Options, Trouble, Unusable, Want, compact};
use wickdesk::ttl::Ttl;

use super::{NOW, entry, key, noise};
use crate::support::Home;

const ENTRIES: u64 = 6;

fn options(directory: &Path) -> Options {
    Options {
        directory: directory.to_owned(),
        memory_bytes: 0,
        disk_bytes: 1 << 30,
        ttl: Ttl::DEFAULT,
    }
}

fn text(n: u64) -> &'static str {
    static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
        (0..=ENTRIES)
            .map(|n| noise(n, usize::try_from(n * 750).unwrap()))
            .collect()
    });
    &TEXTS[usize::try_from(n).unwrap()]
}

/// A small store with entries in leaves and on pages of their own, something removed, and a list of free pages.
fn small_store(directory: &Path) -> Vec<u8> {
    let (cache, trouble) = Cache::open(&options(directory), NOW);
    assert_eq!(trouble, None);
    for n in 0..ENTRIES + 1 {
        cache.put(&key(n), entry(0, text(n)), &n.to_le_bytes()).wait().unwrap();
    }
    drop(cache);
    // Without the pages that nobody uses any more; then some that are free.
    compact(directory).unwrap();
    let (cache, _) = Cache::open(&options(directory), NOW);
    cache.remove(&key(ENTRIES), None).unwrap();
    assert!(cache.get(&key(1), Want::Newest, NOW).is_some());
    drop(cache);
    std::fs::read(directory.join("v1/data.mdb")).unwrap()
}

/// Puts these bytes in the store's place, as if it had lain there.
fn lay(directory: &Path, bytes: &[u8]) {
    for aside in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if aside.file_name().to_string_lossy().starts_with("v1-") {
            std::fs::remove_dir_all(aside.path()).unwrap();
        }
    }
    std::fs::create_dir_all(directory.join("v1")).unwrap();
    std::fs::write(directory.join("v1/data.mdb"), bytes).unwrap();
}

/// Opens and uses whatever is there. Returns whether it was set aside, and how many answers were left.
fn survive(directory: &Path, write: bool) -> (Option<Unusable>, u64) {
    let (cache, trouble) = Cache::open(&options(directory), NOW);
    let aside = match trouble {
        None => None,
        Some(Trouble::SetAside(aside)) => {
            assert!(aside.path.join("data.mdb").exists());
            Some(aside.reason)
        }
        Some(other) => panic!("{other}"),
    };
    let mut left = 0;
    for n in 0..ENTRIES {
        if let Some(hit) = cache.get(&key(n), Want::Newest, NOW) {
            assert_eq!(hit.entry.text, text(n), "a wrong answer");
            left += 1;
        }
        if let Ok(Some(asked)) = cache.asked(&key(n)) {
            assert_eq!(asked, n.to_le_bytes());
        }
    }
    let _ = cache.list().count();
    if write {
        cache.put(&key(50), entry(0, "new"), b"").wait().unwrap();
        assert_eq!(cache.get(&key(50), Want::Newest, NOW).unwrap().entry.text, "new");
        cache.clear(Clear::Expired, NOW + 1).unwrap();
        let verified = cache.verify(|_, _| {}).unwrap();
        assert_eq!(verified.file, None);
        assert!(cache.verify(|_, _| {}).unwrap().is_whole(), "what was found was mended");
    }
    (aside, left)
}

#[test]
fn every_byte_flipped_in_turn() {
    let home = Home::in_memory();
    let whole = small_store(&home.path("first"));
    let halves = [0, 1].map(|half| {
        let (whole, directory): (Vec<u8>, PathBuf) = (whole.clone(), home.path(&format!("half{half}")));
        std::thread::spawn(move || {
            let (mut aside, mut lost) = (0u64, 0u64);
            for at in (half..whole.len()).step_by(2) {
                let mut bytes = whole.clone();
                bytes[at] ^= if at % 3 == 0 { 0xFF } else { 1 << (at % 8) };
                lay(&directory, &bytes);
                let (set_aside, left) = survive(&directory, at % 64 == half);
                aside += u64::from(set_aside.is_some());
                lost += ENTRIES - left;
            }
            (aside, lost)
        })
    });
    let [one, other] = halves.map(|half| half.join().unwrap());
    let (aside, lost) = (one.0 + other.0, one.1 + other.1);
    assert!(
        aside > 100 && lost > 1_000,
        "damage was seen: {aside} set aside, {lost} entries lost"
    );
}

#[test]
fn files_cut_at_every_page_and_elsewhere() {
    let home = Home::in_memory();
    let whole = small_store(&home.path("first"));
    let cuts = (0..whole.len()).step_by(512).chain([1, 100, whole.len() - 1]);
    let mut aside = 0;
    for cut in cuts {
        lay(&home.path("cut"), &whole[..cut]);
        let (set_aside, left) = survive(&home.path("cut"), true);
        assert!(
            set_aside.is_some() || left == ENTRIES || cut == 0,
            "cut at {cut}: {left} left"
        );
        aside += u64::from(set_aside.is_some());
    }
    assert!(aside > 50, "{aside}");
}

#[test]
fn a_crash_after_opening_leaves_no_trust() {
    // A byte that rots while the file's time stays as it was is seen too: what crashed its reader has lost its stamp.
    let home = Home::in_memory();
    small_store(&home.path("cache"));
    let v1 = home.path("cache/v1");
    assert!(v1.join("stamp").exists(), "left in order");
    let (cache, _) = Cache::open(&options(&home.path("cache")), NOW);
    assert!(!v1.join("stamp").exists(), "in use");
    drop(cache);
    assert!(v1.join("stamp").exists());
}

#[test]
fn other_files_are_set_aside_with_their_reason() {
    let home = Home::in_memory();
    let whole = small_store(&home.path("first"));
    let mut other_version = whole.clone();
    for meta in [0, 4096] {
        other_version[meta + 20] = 2;
    }
    let cases: [(&[u8], &str); 3] = [
        (b"SQLite format 3\0and so on and on and on and on and on", "truncated"),
        (&[b'x'; 20_000], "another program's"),
        (&other_version, "of an unknown version"),
    ];
    for (bytes, expected) in cases {
        lay(&home.path("other"), bytes);
        let (reason, _) = survive(&home.path("other"), true);
        let reason = reason.map(|reason| reason.to_string()).unwrap_or_default();
        assert!(reason.starts_with(expected), "{reason}");
    }
}
