//! How often the intervals of a scoreboard hold the truth: `cargo bench --bench coverage`.
//!
//! `-- journals [N]` simulates N journals of each kind (2,000 unless given) whose true mean is known, and prints the share of
//! 95 % intervals that contain it, next to those of the methods that were rejected. `-- walks [N]` sends the offline analyst
//! along N driftless random walks (500 unless given) and counts verdicts where none is due. Both run without an argument.
//! Every run prints the same.

mod candidates;
mod journals;
mod walks;

fn main() {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let number = words.iter().find_map(|word| word.parse().ok());
    let wanted = |name: &str| words.iter().all(|word| word.parse::<usize>().is_ok() || word == name);
    if wanted("journals") {
        journals::print(number.unwrap_or(2_000));
    }
    if wanted("walks") {
        walks::print(number.unwrap_or(500));
    }
}
