//! Export and import: a desk's answers in one file.

use wickdesk::cache::{Cache, Entry, Header, Key, Options, Want};

use super::{NOW, entry, options};
use crate::support::Home;

fn open(home: &Home, name: &str) -> Cache {
    let options = Options {
        directory: home.path(name),
        ..options(home, 1 << 30)
    };
    Cache::open(&options, NOW).0
}

fn asked(n: u64) -> Vec<u8> {
    format!("what about {n}?").into_bytes()
}

/// A cache of four entries, one of them expired, and its export.
fn exported(home: &Home) -> Vec<u8> {
    let cache = open(home, "from");
    for n in 0..3 {
        let key = Key::of(&asked(n));
        cache
            .put(&key, entry(0, &format!("answer {n}")), &asked(n))
            .wait()
            .unwrap();
    }
    let brief = Entry {
        header: Header::new(0, NOW - 5_000, Some("1s".parse().unwrap())),
        text: "gone".to_owned(),
    };
    cache.put(&Key::of(&asked(3)), brief, &asked(3)).wait().unwrap();
    let mut out = Vec::new();
    assert_eq!(cache.export(&mut out, NOW, |_| {}).unwrap().written, 3);
    out
}

fn import(cache: &Cache, bytes: &[u8], now: i64) -> (wickdesk::cache::Imported, Vec<u64>) {
    let mut lines = Vec::new();
    let done = cache.import(&mut &bytes[..], now, |line, _| lines.push(line)).unwrap();
    (done, lines)
}

#[test]
fn a_colleagues_answers_are_hits() {
    let home = Home::in_memory();
    let file = exported(&home);
    let cache = open(&home, "to");
    let (done, _) = import(&cache, &file, NOW);
    assert_eq!((done.stored, done.known, done.whole), (3, 0, true));
    let hit = cache.get(&Key::of(&asked(1)), Want::Newest, NOW).unwrap();
    assert_eq!(hit.entry.text, "answer 1");
    assert_eq!(cache.asked(&Key::of(&asked(1))).unwrap(), Some(asked(1)));
    let (again, _) = import(&cache, &file, NOW);
    assert_eq!((again.stored, again.known), (0, 3), "merged, not doubled");
    let (late, _) = import(&open(&home, "late"), &file, NOW + 90_000_000);
    assert_eq!((late.stored, late.expired), (0, 3));
}

#[test]
fn another_answer_to_the_same_question_is_a_sample_more() {
    let home = Home::in_memory();
    let file = exported(&home);
    let cache = open(&home, "to");
    let key = Key::of(&asked(0));
    let mut own = entry(0, "my own");
    own.header.created = NOW - 10;
    cache.put(&key, own, &asked(0)).wait().unwrap();
    import(&cache, &file, NOW);
    assert_eq!(cache.samples(&key).unwrap().len(), 2);
    assert_eq!(cache.get(&key, Want::Newest, NOW).unwrap().entry.text, "answer 0");
    assert_eq!(cache.get(&key, Want::Sample(0), NOW).unwrap().entry.text, "my own");
}

#[test]
fn damage_is_refused_by_line_and_the_rest_is_taken() {
    let home = Home::in_memory();
    let file = String::from_utf8(exported(&home)).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    let altered = lines[2].replace("answer", "bought");
    let foreign = lines[3].replace("\"key\":\"", "\"key\":\"0");
    let bad = [lines[0], lines[1], &altered, "garbage", &foreign, lines[4]].join("\n");
    let cache = open(&home, "to");
    let (done, refused) = import(&cache, bad.as_bytes(), NOW);
    assert_eq!((done.stored, done.refused, done.whole), (1, 3, false));
    assert_eq!(refused, [3, 4, 5]);
    let (cut, _) = import(&open(&home, "cut"), lines[..3].join("\n").as_bytes(), NOW);
    assert_eq!((cut.stored, cut.whole), (2, false));
    assert!(cache.import(&mut &b"time,open,high\n"[..], NOW, |_, _| {}).is_err());
    assert!(
        cache
            .import(&mut &b"{\"wickdesk_cache\":9,\"notice\":\"\"}\n"[..], NOW, |_, _| {})
            .is_err()
    );
}

#[test]
fn an_answer_cannot_be_passed_off_as_one_to_another_question() {
    // Rightly summed, but its request is not the one that its key is of.
    let home = Home::in_memory();
    let file = String::from_utf8(exported(&home)).unwrap();
    let line = file.lines().nth(1).unwrap();
    let body = line.split_once("\"entry\":").unwrap().1.strip_suffix('}').unwrap();
    let key = body.split('"').nth(3).unwrap();
    let forged = body.replace(key, &Key::of(b"other").to_string());
    let sum: String = blake3::hash(forged.as_bytes()).to_hex().chars().take(32).collect();
    let forged = format!(
        "{}\n{{\"sum\":\"{sum}\",\"entry\":{forged}}}\n",
        file.lines().next().unwrap()
    );
    let (done, _) = import(&open(&home, "to"), forged.as_bytes(), NOW);
    assert_eq!((done.stored, done.refused), (0, 1));
}

#[test]
fn the_newest_sample_is_the_newest_after_an_import_too() {
    let home = Home::in_memory();
    let (from, key) = (open(&home, "from"), Key::of(&asked(0)));
    for sample in 0..3 {
        let mut answer = entry(sample, &format!("answer {sample}"));
        answer.header.created = NOW + i64::from(sample);
        from.put(&key, answer, &asked(0)).wait().unwrap();
    }
    let mut out = Vec::new();
    from.export(&mut out, NOW + 5, |_| {}).unwrap();
    let cache = open(&home, "to");
    assert_eq!(import(&cache, &out, NOW + 5).0.stored, 3);
    assert_eq!(cache.get(&key, Want::Newest, NOW + 5).unwrap().entry.text, "answer 2");
}

#[test]
fn pins_numbers_and_exports_behind_one_another_come_back() {
    let home = Home::new();
    for sample in ["0", "7"] {
        home.run(&["ask", "hi", "-m", "offline", "--sample", sample]).code(0);
    }
    home.run(&["ask", "ho", "-m", "offline"]).code(0);
    let list = |home: &Home| home.run(&["cache", "list", "--json"]).code(0).out;
    let first: serde_json::Value = serde_json::from_str(list(&home).lines().last().unwrap()).unwrap();
    let key = first["key"].as_str().unwrap().to_owned();
    home.run(&["cache", "pin", &key, "--sample", "7"]).code(0);
    let export = home.run(&["cache", "export", "-"]).code(0).out;
    let other = Home::new();
    // Twice the same, and something behind it.
    let twice = other.write("twice", format!("{export}{export}"));
    let ran = other.run(&["cache", "import", twice.to_str().unwrap()]).code(0);
    assert!(ran.out.contains("imported 3 entries; 3 already here"), "{}", ran.out);
    let numbers = |text: &str| -> Vec<(u64, bool)> {
        let mut found: Vec<(u64, bool)> = text
            .lines()
            .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
            .map(|l| (l["sample"].as_u64().unwrap(), l["pinned"].as_bool().unwrap_or(false)))
            .collect();
        found.sort_unstable();
        found
    };
    assert_eq!(numbers(&list(&other)), [(0, false), (0, false), (7, true)]);
    let behind = other.write("behind", format!("{export}more\n"));
    let ran = other.run(&["cache", "import", behind.to_str().unwrap()]).code(1);
    assert!(ran.err.contains("behind the end of the export"), "{}", ran.err);
}

#[test]
#[cfg(unix)]
fn an_export_into_a_pipe_that_closes_is_no_error() {
    let home = Home::new();
    for n in 0..40 {
        home.run(&["ask", &format!("question {n} {}", "word ".repeat(400)), "-m", "offline"])
            .code(0);
    }
    let mut command = home.command();
    command
        .args(["cache", "export", "-"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned()),
        (Some(0), String::new())
    );
}
