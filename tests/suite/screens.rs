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

/// The chart alone on the screen, each layer by itself: what it draws, it draws where its facts are.
#[test]
fn every_layer_of_the_chart() {
    let layers = [
        ("structure", "s", "choch"),
        ("order_blocks", "b", "OB+"),
        ("gaps", "g", "FVG+"),
        ("equal", "e", "EQH"),
        ("fibonacci", "f", ".618"),
        ("sessions", "d", "PDH"),
        ("averages", "a", "˙"),
        ("profile", "p", "POC"),
        ("rsi", "r", "RSI 67.9"),
        ("volume", "v", "vol real"),
    ];
    for (name, letter, sign) in layers {
        let mut bench = Bench::sized(160, 48);
        // Structure, order blocks, Fibonacci, RSI and volume are on at first.
        bench.keys("czLsbfrv");
        bench.keys(letter);
        bench.press(KeyCode::Esc);
        let screen = bench.screen();
        assert!(screen.contains(sign), "{name}: no {sign} in\n{screen}");
        insta::assert_snapshot!(format!("chart_{name}"), screen);
    }
}

#[test]
fn the_cursor_tells_candle_and_level() {
    let mut bench = Bench::sized(160, 48);
    bench.keys("czx");
    bench.press(KeyCode::Left);
    let mut screen = bench.screen();
    assert!(screen.contains("2017-06-23 19:00  O "), "{screen}");
    // Up from row to row until a Fibonacci level is under it.
    for _ in 0..20 {
        if screen.contains("Fibonacci 0.618") {
            break;
        }
        bench.press(KeyCode::Up);
        screen = bench.screen();
    }
    assert!(
        screen.contains("swing leg 1.12130 (06-19 11:00) to 1.11191 (06-20 16:00), known 06-22 18:00"),
        "{screen}"
    );
    insta::assert_snapshot!("chart_cursor", screen);
    bench.press(KeyCode::Esc);
    assert!(!bench.screen().contains("2017-06-23 19:00  O "));
    bench.press(KeyCode::Esc);
    assert!(bench.screen().contains("Templates"), "the whole screen is given back");
}
