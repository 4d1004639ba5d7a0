//! The last words of `cargo test`: how many comparisons with things that not every machine has ran, and how many were skipped.
//!
//! The suite records them in a file below the target directory. A test's own output is captured, so a second target without the
//! harness prints them. Its name puts it last.

use std::collections::BTreeMap;
use std::path::Path;

fn main() {
    // The harness's options come here too. A list of tests has none of this.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = directory.join(format!("comparisons-{}.txt", run_number()));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("\nComparisons: this run had none.\n");
        return;
    };
    let mut with: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [state, _test, what, why] = fields[..] else {
            panic!("{}: `{line}` is no record", path.display());
        };
        let counts = with.entry(what).or_default();
        if state == "ran" {
            counts.0 += 1;
        } else {
            *counts.1.entry(why).or_default() += 1;
        }
    }
    let ran: usize = with.values().map(|(ran, _)| ran).sum();
    let skipped: usize = with.values().flat_map(|(_, why)| why.values()).sum();
    println!("\nComparisons: {ran} ran, {skipped} skipped.");
    for (what, (ran, why)) in &with {
        if *ran > 0 {
            println!("  ran {ran:>3}      {what}");
        }
        for (why, number) in why {
            println!("  skipped {number:>3}  {what}: {why}");
        }
    }
    println!();
    // Nothing is counted twice.
    let _ = std::fs::remove_file(path);
}

/// The process that runs the test binaries one after the other.
fn run_number() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    0
}
