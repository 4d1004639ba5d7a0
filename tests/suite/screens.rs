//! The screens as they are seen, at the sizes that matter.

use crossterm::event::KeyCode;
use wickdesk::tui::theme::Theme;

use crate::app::Bench;

const SIZES: [(u16, u16); 5] = [(60, 20), (80, 24), (120, 36), (160, 48), (220, 60)];

/// A screen without what differs from run to run: how long an answer took.
fn steady(bench: &mut Bench) -> String {
    let screen = bench.screen();
    let mut steady = String::new();
    for word in screen.split_inclusive(' ') {
        let number = word.trim_end();
        // `0.7 ms` takes as many columns as any other short time.
        if number.len() == 3
            && number.as_bytes()[1] == b'.'
            && number.as_bytes()[0].is_ascii_digit()
            && screen.contains(&format!("{number} ms"))
        {
            steady.push_str(&word.replace(number, "#.#"));
        } else {
            steady.push_str(word);
        }
    }
    steady
}

#[test]
fn the_first_screen() {
    for (width, height) in SIZES {
        let mut bench = Bench::sized(width, height);
        insta::assert_snapshot!(format!("first_{width}x{height}"), steady(&mut bench));
    }
}

#[test]
fn an_answer_with_its_setup() {
    for (width, height) in SIZES {
        let mut bench = Bench::sized(width, height);
        bench.press(KeyCode::F(5));
        insta::assert_snapshot!(format!("answer_{width}x{height}"), steady(&mut bench));
    }
}

#[test]
fn panes_and_overlays() {
    let shots: [(&str, &str); 7] = [
        ("form", "v"),
        ("prompt", "p"),
        ("editor", "e"),
        ("help", "?"),
        ("clear", "C"),
        ("models", "m"),
        ("open", "o"),
    ];
    for (name, keys) in shots {
        let mut bench = Bench::sized(80, 24);
        bench.keys(keys);
        insta::assert_snapshot!(name, steady(&mut bench));
    }
}

#[test]
fn without_colour_every_mark_still_speaks() {
    let mut bench = Bench::themed(120, 36, Theme::mono());
    bench.press(KeyCode::F(5));
    let screen = bench.screen();
    assert!(
        screen.contains('║') && screen.contains('█'),
        "rising and falling differ in shape"
    );
    assert!(
        screen.contains("✓ complete") && screen.contains("● from the candles"),
        "{screen}"
    );
}
