//! The screens as they are seen, at the sizes that matter.

use crossterm::event::KeyCode;
use wickdesk::tui::theme::Theme;

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
