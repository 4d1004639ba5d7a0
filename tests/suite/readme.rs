//! What the README says is what the program does.

use crossterm::event::KeyCode;

use crate::app::Bench;

const README: &str = include_str!("../../README.md");

#[test]
fn the_key_table_is_the_command_table() {
    let table = wickdesk::tui::keymap::markdown();
    assert!(
        README.contains(table.trim_end()),
        "the README's keys are not the program's; they are:\n\n{table}"
    );
}

#[test]
fn it_begins_with_the_two_commands() {
    let commands: Vec<&str> = README.lines().filter(|l| l.starts_with("cargo ")).collect();
    assert_eq!(&commands[..2], ["cargo run --release", "cargo test"]);
}

#[test]
fn its_screen_is_the_programs() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    let screen = bench.screen();
    assert!(
        README.contains(&format!("```text\n{}\n```", screen.trim_end())),
        "the README's screen is not the program's, which is:\n{screen}"
    );
}
