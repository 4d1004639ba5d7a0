//! The workbench measured without a terminal: `cargo bench --bench frames`.

use std::sync::Arc;

use criterion::{BatchSize, Criterion};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use wickdesk::desk::Market;
use wickdesk::market::{ReadOptions, sample};
use wickdesk::prompt::Library;
use wickdesk::tui::app::{App, Candles, Message};
use wickdesk::tui::theme::{Depth, Theme};
use wickdesk::tui::view;

const SIZE: (u16, u16) = (200, 60);

/// A workbench on the bundled candles, nothing asked yet.
fn app() -> App {
    let now: Timestamp = "2017-06-23T21:30:00Z".parse().expect("a time");
    let home = tempfile::tempdir().expect("a directory");
    let library = Library::new(home.path().to_owned()).list();
    let mut app = App::new(SIZE, library, Vec::new(), Theme::dark(Depth::Full), now);
    app.start(None);
    let loaded = sample(&ReadOptions::default()).expect("the bundled candles");
    let base = Arc::new(loaded.series);
    let market = Market::of(&base, None).expect("a market");
    let candles = Candles {
        base,
        market,
        card: loaded.card,
    };
    app.update(Message::Opened(1, Ok(Box::new(candles))));
    app.update(Message::Now(now));
    app
}

fn key(c: char) -> Message {
    Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
}

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("frames");
    let app_now = app();
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a terminal");
    group.bench_function("a frame at 200×60, everything in sight", |b| {
        b.iter(|| terminal.draw(|frame| view::draw(frame, &app_now)).expect("drawn").area);
    });
    group.bench_function("a thousand keys in the editor", |b| {
        b.iter_batched(
            || {
                let mut app = app();
                app.update(key('e'));
                app
            },
            |mut app| {
                for n in 0..1_000u32 {
                    let c = char::from_u32(u32::from(b'a') + n % 26).unwrap_or('x');
                    app.update(key(c));
                }
                app
            },
            BatchSize::PerIteration,
        );
    });
    let paste: String = "A line of text that is pasted, long enough to be wrapped.\n".repeat((1 << 20) / 58);
    group.sample_size(10);
    group.bench_function("a paste of 1 MB into the editor", |b| {
        b.iter_batched(
            || {
                let mut app = app();
                app.update(key('e'));
                (app, paste.clone())
            },
            |(mut app, paste)| {
                app.update(Message::Paste(paste));
                app
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    criterion.final_summary();
}
