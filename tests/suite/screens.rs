//! The screens as they are seen, at the sizes that matter.

use crossterm::event::KeyCode;
use wickdesk::tui::theme::Theme;

use crate::app::Bench;

const SIZES: [(u16, u16); 5] = [(60, 20), (80, 24), (120, 36), (160, 48), (220, 60)];

#[test]
fn the_first_screen() {
    for (width, height) in SIZES {
        let mut bench = Bench::sized(width, height);
        insta::assert_snapshot!(format!("first_{width}x{height}"), bench.screen());
    }
}

#[test]
fn an_answer_with_its_setup() {
    for (width, height) in SIZES {
        let mut bench = Bench::sized(width, height);
        bench.press(KeyCode::F(5));
        insta::assert_snapshot!(format!("answer_{width}x{height}"), bench.screen());
    }
}

#[test]
fn panes_and_overlays() {
    let shots: [(&str, &str); 8] = [
        ("browser", "b"),
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
        insta::assert_snapshot!(name, bench.screen());
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
