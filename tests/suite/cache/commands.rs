//! `wickdesk cache` as a user types it.

use crate::support::Home;

/// A home whose cache holds an answer of the bundled candles with a sample more, and another.
fn asked() -> Home {
    let home = Home::new();
    let sample = home.sample();
    let smc = ["ask", "-t", "smc", "-c", sample.to_str().unwrap()];
    home.run(&smc).code(0);
    home.run(&[&smc[..], &["--refresh"]].concat()).code(0);
    home.run(&["ask", "what is a fair value gap?"]).code(0);
    home
}

fn keys(home: &Home) -> Vec<serde_json::Value> {
    let list = home.run(&["cache", "list", "--json"]).code(0);
    list.out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn listed_newest_first_filtered_and_limited() {
    let home = asked();
    let all = keys(&home);
    assert_eq!(all.len(), 3);
    assert!(all[0]["label"].as_str().unwrap().starts_with("what is a fair"));
    let created = |entry: &serde_json::Value| entry["created"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(all.windows(2).all(|w| created(&w[0]) >= created(&w[1])));
    assert_eq!(home.run(&["cache", "list", "SMC"]).code(0).out.lines().count(), 2);
    assert_eq!(home.run(&["cache", "list", "-n", "1"]).code(0).out.lines().count(), 1);
}

#[test]
fn shown_with_its_request_and_samples() {
    let home = asked();
    let key = keys(&home)[1]["key"].as_str().unwrap().to_owned();
    let shown = home.run(&["cache", "show", &key[..10]]).code(0).out;
    for expected in [
        &key,
        "samples",
        "> 1  ",
        "── user ──",
        "── answer, sample 1 ──",
        "\"side\"",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let json = home
        .run(&["cache", "show", &key, "--sample", "0", "--json"])
        .code(0)
        .json();
    assert_eq!(json["samples"].as_array().unwrap().len(), 2);
    assert_eq!(json["sample"], 0);
    assert_eq!(json["request"]["model"], "offline/3");
    assert!(json["request"]["messages"][0]["content"].as_str().unwrap().len() > 100);
    for (arguments, words) in [
        (vec!["cache", "show", "zz"], "is no key"),
        (vec!["cache", "show", "0123456789abcdef0123"], "no key begins"),
        (vec!["cache", "show", &key, "--sample", "7"], "there is 0, 1"),
    ] {
        assert!(home.run(&arguments).code(1).last().contains(words));
    }
}

#[test]
fn removed_and_pinned_one_by_one() {
    let home = asked();
    let key = keys(&home)[1]["key"].as_str().unwrap().to_owned();
    home.run(&["cache", "pin", &key, "--sample", "0"]).code(0);
    let pinned = |home: &Home| keys(home).iter().filter(|e| e["pinned"] == true).count();
    assert_eq!(pinned(&home), 1);
    home.run(&["cache", "pin", &key, "--sample", "0", "--off"]).code(0);
    assert_eq!(pinned(&home), 0);
    home.run(&["cache", "remove", &key, "--sample", "1"]).code(0);
    assert_eq!(keys(&home).len(), 2);
    home.run(&["cache", "remove", &key]).code(0);
    assert_eq!(keys(&home).len(), 1);
}

#[test]
fn verified_and_compacted() {
    let home = asked();
    let verified = home.run(&["cache", "verify", "--json"]).code(0).json();
    assert_eq!((&verified["entries"], &verified["whole"]), (&3.into(), &true.into()));
    home.run(&["cache", "clear"]).code(0);
    let done = home.run(&["cache", "compact", "--json"]).code(0).json();
    assert!(done["after"].as_u64() < done["before"].as_u64(), "{done}");
    home.run(&["ask", "again"]).code(0);
    assert_eq!(keys(&home).len(), 1);
}

#[test]
fn compacting_waits_for_nobody_and_says_who_is_in_the_way() {
    let home = asked();
    let options = wickdesk::cache::Options {
        directory: home.path("cache/wickdesk"),
        ..super::options(&home, 1 << 30)
    };
    let (open, _) = wickdesk::cache::Cache::open(&options, super::NOW);
    let refused = home.run(&["cache", "compact"]).code(1);
    assert!(
        refused.last().contains("another wickdesk has the cache open"),
        "{}",
        refused.err
    );
    drop(open);
    home.run(&["cache", "compact"]).code(0);
}

#[test]
fn a_damaged_store_is_reported_and_the_next_is_whole() {
    let home = asked();
    let data = home.path("cache/wickdesk/v1/data.mdb");
    let mut bytes = std::fs::read(&data).unwrap();
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    std::fs::write(&data, bytes).unwrap();
    let ran = home.run(&["cache", "verify"]).code(1);
    assert!(
        ran.err.contains("set aside as") && ran.err.contains("v1-truncated-"),
        "{}",
        ran.err
    );
    home.run(&["cache", "verify"]).code(0);
}

#[test]
fn a_damaged_entry_is_reported_and_removed() {
    let home = asked();
    let data = home.path("cache/wickdesk/v1/data.mdb");
    let mut bytes = std::fs::read(&data).unwrap();
    // The label in the entry's header, and the words of the request; in pages that are free, too.
    let words = b"what is a fair value";
    let places: Vec<usize> = (0..bytes.len() - words.len())
        .filter(|at| bytes[*at..].starts_with(words))
        .collect();
    assert!(places.len() >= 2);
    for at in places {
        bytes[at] ^= 0x20;
    }
    std::fs::write(&data, bytes).unwrap();
    let first = home.run(&["cache", "verify", "--json"]);
    let json = first.json();
    assert_eq!(
        (first.code, &json["damaged"], &json["whole"], &json["entries"]),
        (1, &1.into(), &false.into(), &2.into()),
        "{json}"
    );
    home.run(&["cache", "verify"]).code(0);
}

#[test]
fn exported_and_imported_by_a_colleague() {
    let home = asked();
    let file = home.path("desk.jsonl");
    let file = file.to_str().unwrap();
    home.run(&["cache", "export", file]).code(0);
    let colleague = Home::new();
    let done = colleague.run(&["cache", "import", file, "--json"]).code(0).json();
    assert_eq!((&done["stored"], &done["whole"]), (&3.into(), &true.into()));
    let hit = colleague
        .run(&["ask", "what is a fair value gap?", "--json"])
        .code(0)
        .json();
    assert_eq!(hit["cache"]["tier"], "disk");
    let out = home.run(&["cache", "export", "-"]).code(0).out;
    assert!(out.starts_with("{\"wickdesk_cache\":1") && out.contains("Research, not advice."));
    let refused = colleague
        .run(&["cache", "import", home.sample().to_str().unwrap()])
        .code(1);
    assert!(refused.last().contains("no file that `wickdesk cache export` wrote"));
    let missing = colleague.run(&["cache", "import", "nowhere.jsonl"]).code(1);
    assert!(missing.last().contains("nowhere.jsonl"));
}
