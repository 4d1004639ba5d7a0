//! The screens as they are seen, at the sizes that matter.

use crossterm::event::KeyCode;
use ratatui::style::Color;
use wickdesk::tui::theme::{Depth, Theme};

use crate::app::Bench;
use crate::support::{Server, reply, stream};

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
        for (width, height) in SIZES {
            let mut bench = Bench::sized(width, height);
            bench.keys(keys);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), bench.screen());
        }
    }
}

/// Which cells look alike: a letter for each style in the order they are met, with what each is.
fn styles(bench: &mut Bench) -> String {
    let buffer = bench.buffer();
    let mut met: Vec<String> = Vec::new();
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let style = cell.style();
            // What is behind a blank is seen, its ink is not.
            let fg = if cell.symbol() == " " { None } else { style.fg };
            let look = format!("{fg:?} on {:?} {:?}", style.bg, style.add_modifier);
            let at = met.iter().position(|m| *m == look).unwrap_or_else(|| {
                met.push(look);
                met.len() - 1
            });
            line.push(char::from(b'a' + u8::try_from(at).unwrap()));
        }
        text.push_str(&line);
        text.push('\n');
    }
    for (at, look) in met.iter().enumerate() {
        text.push_str(&format!("{} {look}\n", char::from(b'a' + u8::try_from(at).unwrap())));
    }
    text
}

#[test]
fn each_theme_on_the_screen() {
    let themes = [
        ("dark", Theme::dark(Depth::Full)),
        ("dark_256", Theme::dark(Depth::Indexed)),
        ("dark_16", Theme::dark(Depth::Sixteen)),
        ("light", Theme::light(Depth::Full)),
        ("light_16", Theme::light(Depth::Sixteen)),
        ("contrast", Theme::contrast()),
        ("mono", Theme::mono()),
    ];
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    let words = bench.screen();
    for (name, theme) in themes {
        let mut bench = Bench::themed(120, 36, theme);
        bench.press(KeyCode::F(5));
        assert_eq!(bench.screen(), words, "{name}: no word hangs on colour");
        insta::assert_snapshot!(format!("styles_{name}"), styles(&mut bench));
    }
}

/// Relative luminance and contrast as WCAG 2.2 defines them.
fn contrast(a: Color, b: Color) -> f64 {
    let luminance = |color| {
        let Color::Rgb(r, g, b) = color else {
            panic!("{color:?}")
        };
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_ink_is_legible_on_its_ground() {
    let grounds = [
        (
            Theme::dark(Depth::Full),
            [Color::Rgb(0, 0, 0), Color::Rgb(0x1e, 0x1e, 0x1e)],
        ),
        (
            Theme::light(Depth::Full),
            [Color::Rgb(255, 255, 255), Color::Rgb(0xfa, 0xfa, 0xf5)],
        ),
    ];
    for (theme, grounds) in grounds {
        let inks = [
            theme.accent,
            theme.up,
            theme.down,
            theme.good,
            theme.warn,
            theme.bad,
            theme.dim,
        ];
        for ground in grounds {
            for ink in inks {
                let ink = ink.fg.unwrap();
                let ratio = contrast(ink, ground);
                assert!(ratio >= 3.0, "{ink:?} on {ground:?}: {ratio:.1}");
            }
            let words = [theme.accent, theme.bad, theme.warn, theme.dim];
            for ink in words {
                let ink = ink.fg.unwrap();
                let ratio = contrast(ink, ground);
                assert!(ratio >= 4.5, "{ink:?} on {ground:?}: {ratio:.1}");
            }
        }
    }
}

#[test]
fn in_ascii_nothing_else_is_drawn() {
    for (width, height) in SIZES {
        let mut bench = Bench::sized(width, height);
        bench.app.draw_plainly(true);
        for keys in ["", "v", "?", "", "czLp", "h", "s", "b", "m"] {
            bench.press(KeyCode::Esc);
            bench.press(KeyCode::Esc);
            if keys.is_empty() {
                bench.press(KeyCode::F(5));
            }
            bench.keys(keys);
            let screen = bench.screen();
            assert!(
                screen.is_ascii(),
                "{:?}",
                screen.chars().filter(|c| !c.is_ascii()).collect::<String>()
            );
        }
    }
    let mut bench = Bench::sized(80, 24);
    bench.app.draw_plainly(true);
    bench.press(KeyCode::F(5));
    insta::assert_snapshot!("ascii_80x24", bench.screen());
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
        screen.contains("✓ setup complete") && screen.contains("● from the candles"),
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

/// What went wrong stays on screen with the way to ask again, and nothing that was set is lost.
#[test]
fn each_error_on_the_screen() {
    let error = |kind: &str, words: &str| {
        serde_json::json!({"error": {"type": kind, "code": kind, "message": words}}).to_string()
    };
    let json = "Content-Type: application/json\r\n";
    let refused = |status: &str, kind: &str, words: &str| reply(status, json, &error(kind, words));
    let html = reply(
        "200 OK",
        "Content-Type: text/html\r\n",
        "<html><body>Welcome</body></html>",
    );
    let cases = [
        (
            "wrong_key",
            refused("401 Unauthorized", "invalid_api_key", "Incorrect API key provided"),
            "wants a key (401)",
        ),
        (
            "no_model",
            refused("404 Not Found", "model_not_found", "The model `m` does not exist"),
            "has no model `m`",
        ),
        (
            "quota",
            refused(
                "429 Too Many Requests",
                "insufficient_quota",
                "You exceeded your current quota",
            ),
            "no quota left",
        ),
        (
            "context",
            refused(
                "400 Bad Request",
                "context_length_exceeded",
                "maximum context length is 4096 tokens, you requested 5000",
            ),
            "too long",
        ),
        (
            "request",
            refused("400 Bad Request", "invalid_request_error", "messages: too many"),
            "refuses the request (400)",
        ),
        ("not_a_model", html, "is no model server"),
        ("empty", stream(&[], Some("stop")), "gave an empty answer"),
        ("midway", stream(&["The first words"], None), "partial"),
    ];
    for (name, answer, words) in cases {
        let server = Server::start(vec![answer]);
        let mut bench = Bench::configured(100, 30, &format!("[providers.mine]\nbase_url = \"{}\"\n", server.url));
        bench.app.choose_model(Some("mine/m".to_owned()));
        bench.press(KeyCode::F(5));
        let port = server
            .url
            .trim_start_matches("http://127.0.0.1:")
            .split('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let screen = bench.screen().replace(&port, "PORT");
        assert!(screen.contains(words), "{name}: no {words} in\n{screen}");
        assert!(
            screen.contains("F5 asks again") || name == "midway",
            "{name}: no way to ask again in\n{screen}"
        );
        // What took its time says how much.
        if name != "midway" {
            insta::assert_snapshot!(format!("error_{name}"), screen);
        }
    }
}

#[test]
fn two_models_side_by_side() {
    let mut bench = Bench::sized(160, 48);
    let setup = r#"{"side": "long", "order": "limit", "entry": [1.1150, 1.1150], "stop": 1.1140, "targets": [1.1190]}"#;
    let line = serde_json::json!({"says": [format!("Another view.\n```setup\n{setup}\n```\n")]});
    // The name of the model is on the screen: it has to be the same in each run.
    let folder = bench.home.path("r");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("other.jsonl");
    std::fs::write(&file, format!("{line}\n")).unwrap();
    bench.keys("=");
    bench.keys(&format!("recorded/{}", file.display()));
    bench.press(KeyCode::Enter);
    let screen = bench.screen();
    assert!(
        screen.contains("Another view.") && screen.contains("disagree"),
        "{screen}"
    );
}
