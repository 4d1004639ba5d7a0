//! Whole flows of the workbench without a terminal: keys in, effects done by a real desk, the state looked at.

use std::sync::Arc;
use std::sync::mpsc::channel;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::StreamExt;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use wickdesk::desk::{Desk, Market, Step};
use wickdesk::market::{ReadOptions, read_file, sample};
use wickdesk::tui::app::{App, Candles, Center, Effect, Item, Layer, Message, Pane, Session, State};
use wickdesk::tui::drafts::Drafts;
use wickdesk::tui::theme::{Depth, Theme};
use wickdesk::tui::{view, work};

use crate::support::{Home, Part, STREAM, Server, delta, finish, frame, reply, stream, text};

/// A workbench whose effects are done at once, in order.
pub struct Bench {
    pub app: App,
    pub home: Home,
    desk: Desk,
    runtime: tokio::runtime::Runtime,
    pub copied: Vec<String>,
    /// What would be there again after a crash.
    pub kept: Drafts,
    /// What the next start would find.
    pub session: Session,
    pub left: bool,
    /// Answers held back until they are wanted.
    pub held: Option<Vec<Message>>,
}

pub const NOW: &str = "2017-06-23T21:30:00Z";

impl Bench {
    pub fn sized(width: u16, height: u16) -> Self {
        Self::themed(width, height, Theme::dark(Depth::Full))
    }

    pub fn themed(width: u16, height: u16, theme: Theme) -> Self {
        Self::with(width, height, theme, "")
    }

    pub fn configured(width: u16, height: u16, config: &str) -> Self {
        Self::with(width, height, Theme::dark(Depth::Full), config)
    }

    fn with(width: u16, height: u16, theme: Theme, config: &str) -> Self {
        let home = Home::new();
        let desk = home.configured(config);
        let now: Timestamp = NOW.parse().unwrap();
        let models = vec![Item {
            value: "offline".to_owned(),
            detail: "built in".to_owned(),
        }];
        let mut bench = Self {
            app: App::new((width, height), desk.library().list(), models, theme, now),
            home,
            desk,
            runtime: tokio::runtime::Runtime::new().unwrap(),
            copied: Vec::new(),
            kept: Drafts::default(),
            session: Session::default(),
            left: false,
            held: None,
        };
        let effects = bench.app.start(None);
        bench.all(effects);
        bench
    }

    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    pub fn send(&mut self, message: Message) {
        let effects = self.app.update(message);
        self.all(effects);
    }

    fn all(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            for message in self.perform(effect) {
                match &mut self.held {
                    Some(held) => held.push(message),
                    None => self.send(message),
                }
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Vec<Message> {
        let desk = &self.desk;
        match effect {
            Effect::Open(id, path) => {
                let options = ReadOptions::default();
                let loaded = if path.as_os_str().is_empty() {
                    sample(&options)
                } else {
                    read_file(&path, &options)
                };
                let opened = loaded.map_err(|e| e.to_string()).map(|loaded| {
                    let base = Arc::new(loaded.series);
                    let market = Market::of(&base, None).unwrap();
                    Box::new(Candles {
                        base,
                        market,
                        card: loaded.card,
                    })
                });
                vec![Message::Opened(id, opened)]
            }
            // Files that grow are the pseudo-terminal's test.
            Effect::Watch(..) | Effect::Unwatch(_) => Vec::new(),
            Effect::TestModel(id, model) => {
                let tested = self.runtime.block_on(self.desk.test_model(model, None));
                vec![Message::Tested(
                    id,
                    tested.map(|a| a.in_words()).map_err(|e| e.to_string()),
                )]
            }
            Effect::ListFiles(id) => {
                let item = |name: &str| Item {
                    value: name.to_owned(),
                    detail: String::new(),
                };
                vec![Message::Files(id, vec![item("EURUSD_H1.csv"), item("notes.txt")])]
            }
            Effect::Ask(id, prepared, policy) => {
                let (sender, receiver) = channel();
                self.runtime.block_on(async {
                    let mut steps = desk.ask(&prepared, policy);
                    while let Some(mut step) = steps.next().await {
                        if let Step::Done(answer) = &mut step {
                            // Screens are compared: every answer takes as long.
                            answer.latency_ms = 0.7;
                        }
                        sender.send(Message::Step(id, step)).unwrap();
                    }
                });
                drop(sender);
                receiver.iter().collect()
            }
            Effect::KeepDrafts(drafts) => {
                self.kept = *drafts;
                Vec::new()
            }
            Effect::Copy(text) => {
                self.copied.push(text);
                Vec::new()
            }
            Effect::Quit => {
                self.left = true;
                Vec::new()
            }
            Effect::KeepSession(session) => {
                self.session = *session;
                Vec::new()
            }
            Effect::Cancel(_) | Effect::Suspend => Vec::new(),
            effect => work::done(&self.desk, effect),
        }
    }

    pub fn press(&mut self, code: KeyCode) {
        self.send(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        // A frame follows a key.
        self.send(Message::Now(NOW.parse().unwrap()));
    }

    pub fn control(&mut self, letter: char) {
        self.send(Message::Key(KeyEvent::new(
            KeyCode::Char(letter),
            KeyModifiers::CONTROL,
        )));
        self.send(Message::Now(NOW.parse().unwrap()));
    }

    pub fn keys(&mut self, letters: &str) {
        letters.chars().for_each(|c| self.press(KeyCode::Char(c)));
    }

    /// The screen with its styles.
    pub fn buffer(&mut self) -> Buffer {
        self.send(Message::Now(NOW.parse().unwrap()));
        let screen = self.app.areas().screen;
        let mut terminal = Terminal::new(TestBackend::new(screen.width, screen.height)).unwrap();
        terminal.draw(|frame| view::draw(frame, &self.app)).unwrap();
        terminal.backend().buffer().clone()
    }

    pub fn screen(&mut self) -> String {
        let buffer = self.buffer();
        let areas = self.app.areas();
        let line = |y| {
            (0..areas.screen.width)
                .map(|x| buffer[(x, y)].symbol())
                .collect::<String>()
        };
        (0..areas.screen.height)
            .map(|y| line(y).trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    }

    pub fn toast(&self) -> String {
        self.app.toast().map(|t| t.text.clone()).unwrap_or_default()
    }
}

#[test]
fn one_key_from_start_to_a_checked_setup() {
    let mut bench = Bench::sized(160, 48);
    bench.press(KeyCode::F(5));
    let judged = bench.app.judged().unwrap();
    assert!(judged.reading.setup.is_some() && !judged.failed());
    assert!(matches!(bench.app.response().state(), State::Done(a) if a.tier.to_string() == "model"));
    bench.press(KeyCode::F(5));
    assert!(matches!(bench.app.response().state(), State::Done(a) if a.tier.to_string() == "memory"));
    let report = bench.app.report().unwrap();
    assert_eq!((report.session.lookups, report.session.memory_hits), (2, 1));
    bench.keys("Cm");
    bench.press(KeyCode::F(5));
    assert!(matches!(bench.app.response().state(), State::Done(a) if a.tier.to_string() == "disk"));
    bench.keys("Cy");
    assert!(
        bench
            .toast()
            .contains("cleared 1 answer from memory and 1 answer from disk"),
        "{}",
        bench.toast()
    );
    bench.keys("C");
    bench.press(KeyCode::Esc);
    assert_eq!(bench.toast(), "nothing was cleared");
    bench.keys("R");
    assert_eq!(bench.app.report().unwrap().session.bypasses, 1);
}

#[test]
fn the_form_is_filled_from_the_candles_until_the_analyst_says_otherwise() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::Enter);
    assert_eq!(bench.app.focus(), Pane::Form);
    let before = bench.app.fields()[0].clone();
    assert_eq!(
        (
            before.name.as_str(),
            before.text.as_str(),
            format!("{:?}", before.source).as_str()
        ),
        ("swing_high", "1.12130", "Fact")
    );
    bench.press(KeyCode::Enter);
    for _ in 0..7 {
        bench.press(KeyCode::Backspace);
    }
    bench.keys("1.2x");
    assert!(
        bench.app.fields()[0]
            .fault
            .as_deref()
            .is_some_and(|f| f.contains("is not a number"))
    );
    assert!(
        bench
            .app
            .prepared()
            .unwrap()
            .is_err_and(|e| e.contains("`swing_high`: `1.2x` is not a number"))
    );
    bench.press(KeyCode::Backspace);
    bench.press(KeyCode::F(5));
    assert!(!bench.app.is_typing(), "sending commits the field");
    let prompt = bench.app.prepared().unwrap().unwrap().0.request.messages[1]
        .text
        .clone();
    assert!(
        prompt.contains("between the swing high 1.2 and the swing low 1.11191"),
        "{prompt}"
    );
    bench.keys("v");
    bench.press(KeyCode::Backspace);
    assert_eq!(bench.app.fields()[0], before, "reset");
    bench.press(KeyCode::Down);
    bench.press(KeyCode::Down);
    bench.press(KeyCode::Right);
    assert_eq!(bench.app.fields()[2].text, "long");
    bench.press(KeyCode::Left);
    bench.press(KeyCode::Left);
    assert_eq!(bench.app.fields()[2].text, "short");
}

#[test]
fn a_pasted_text_of_many_lines_is_one_value() {
    let mut bench = Bench::sized(120, 36);
    bench.app.choose_template("sentiment");
    bench.keys("v");
    bench.send(Message::Paste(
        "Rates on hold.\r\nq F5 \u{1b}[31mC\u{1b}[0m y\nLast line".to_owned(),
    ));
    assert_eq!(bench.app.fields()[0].text, "Rates on hold.\nq F5 C y\nLast line");
    bench.press(KeyCode::Esc);
    bench.press(KeyCode::F(5));
    assert!(bench.app.response().text().contains("EURUSD"));
}

#[test]
fn a_paste_too_long_to_be_drawn_is_refused_and_nothing_is_lost() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("e");
    bench.send(Message::Paste("typed before\n".to_owned()));
    let before = bench.app.editing().unwrap().editor.text();
    bench.send(Message::Paste("1.1,1.2,1.0,1.1\n".repeat(70_000)));
    assert!(
        bench.toast().contains("nothing was pasted: 70001 lines"),
        "{}",
        bench.toast()
    );
    assert_eq!(bench.app.editing().unwrap().editor.text(), before);
    bench.send(Message::Paste("x".repeat(1 << 20)));
    assert!(bench.app.editing().unwrap().editor.text().len() > 1 << 20);
}

#[test]
fn a_template_is_edited_checked_saved_and_kept_while_others_are_looked_at() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("e");
    assert_eq!(bench.app.center(), Center::Editor);
    bench.send(Message::Paste("{{ swing_hihg }}\n".to_owned()));
    assert!(bench.app.editing().unwrap().parsed.is_err());
    let screen = bench.screen();
    assert!(screen.contains("line 1: `swing_hihg` is no fact"), "{screen}");
    bench.press(KeyCode::F(5));
    assert!(
        bench.toast().contains("did you mean `swing_high`?"),
        "sending says why not: {}",
        bench.toast()
    );
    bench.keys("e");
    bench.control('u');
    assert!(
        bench.app.editing().unwrap().parsed.is_ok(),
        "a paste is undone as one edit"
    );
    bench.press(KeyCode::Down);
    bench.press(KeyCode::End);
    bench.send(Message::Paste(" too".to_owned()));
    bench.press(KeyCode::Esc);
    bench.keys("t");
    bench.press(KeyCode::Down);
    assert!(bench.app.is_dirty("confluence"), "an edit stays");
    bench.keys("q");
    assert!(
        matches!(bench.app.layers(), [Layer::Leave]) && !bench.left,
        "and is warned of"
    );
    bench.press(KeyCode::Esc);
    bench.press(KeyCode::Up);
    bench.keys("e");
    bench.control('s');
    bench.keys("2");
    bench.press(KeyCode::Enter);
    assert_eq!(bench.toast(), "saved as confluence2 · u undoes it");
    assert!(bench.home.path("config/wickdesk/templates/confluence2.prompt").exists());
    assert_eq!(bench.app.template().unwrap().name, "confluence too");
    bench.press(KeyCode::Esc);
    bench.keys("q");
    assert!(bench.left);
}

#[test]
fn another_file_is_opened_with_its_card_and_a_bad_one_changes_nothing() {
    let mut bench = Bench::sized(120, 36);
    let lines: String = std::fs::read_to_string(bench.home.sample())
        .unwrap()
        .lines()
        .take(900)
        .map(|l| format!("{l}\n"))
        .collect();
    let path = bench.home.write("GBPUSD_H1.csv", lines);
    bench.keys("o");
    bench.send(Message::Paste(path.display().to_string()));
    bench.press(KeyCode::Enter);
    assert!(matches!(bench.app.layers(), [Layer::Card]));
    assert!(bench.screen().contains("Dukascopy"));
    bench.press(KeyCode::Esc);
    let bad = bench.home.write("bad.csv", "name,age\nalice,30\n");
    bench.keys("o");
    bench.send(Message::Paste(bad.display().to_string()));
    bench.press(KeyCode::Enter);
    assert!(bench.toast().contains("no column for time"), "{}", bench.toast());
    assert_eq!(bench.app.candles().unwrap().card.symbol, "GBPUSD");
}

#[test]
fn a_model_without_a_key_is_one_line_and_loses_nothing() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("m");
    bench.send(Message::Paste("groq/llama-3.3-70b-versatile".to_owned()));
    bench.press(KeyCode::Enter);
    bench.press(KeyCode::F(5));
    assert!(
        bench.toast().contains("no key for groq: set GROQ_API_KEY"),
        "{}",
        bench.toast()
    );
    bench.keys("m");
    bench.press(KeyCode::Enter);
    bench.press(KeyCode::F(5));
    assert!(bench.app.judged().is_some());
}

fn remote(bench: &mut Bench, server: &Server) {
    let config = format!("[providers.mine]\nbase_url = \"{}\"\n", server.url);
    bench.home.write("config/wickdesk/config.toml", config);
    let settings = wickdesk::config::Settings::gather(
        &wickdesk::config::Flags {
            config: Some(bench.home.path("config/wickdesk/config.toml")),
            cache_dir: Some(bench.home.path("cache/wickdesk")),
            data_dir: None,
        },
        &|_| None,
    );
    bench.desk = Desk::open(settings.unwrap()).0;
    bench.app.choose_model(Some("mine/m".to_owned()));
}

#[test]
fn a_stream_that_breaks_off_is_shown_marked_and_checked() {
    let mut bench = Bench::sized(120, 36);
    let server = Server::start(vec![stream(
        &["Buy the dip.\n\n```setup\n{\"side\": \"long\", \"en"],
        None,
    )]);
    remote(&mut bench, &server);
    bench.press(KeyCode::F(5));
    assert!(bench.app.response().text().starts_with("Buy the dip."));
    let judged = bench.app.judged().unwrap();
    assert!(!judged.complete && judged.failed() && judged.reading.setup.is_none());
    let screen = bench.screen();
    assert!(screen.contains("partial: the stream broke off"), "{screen}");
    assert!(screen.contains("not stored: only whole answers are"), "{screen}");
    bench.keys("n");
    assert!(
        bench.toast().starts_with("fail setup complete: the answer was cut off"),
        "{}",
        bench.toast()
    );
}

#[test]
fn cancelling_keeps_what_had_come_and_late_answers_are_dropped() {
    let mut bench = Bench::sized(120, 36);
    let mut script = vec![text(crate::support::STREAM), delta("first words")];
    script.push(Part::Wait(std::time::Duration::from_millis(10)));
    script.extend([delta(" and more"), crate::support::finish("stop")]);
    let server = Server::start(vec![script]);
    remote(&mut bench, &server);
    bench.keys("r");
    bench.held = Some(Vec::new());
    bench.keys("R");
    let held = bench.held.take().unwrap();
    let mut prepared = held.into_iter();
    bench.held = Some(Vec::new());
    bench.send(prepared.next().unwrap());
    let mut steps = bench.held.take().unwrap().into_iter();
    let counted = |bench: &Bench| bench.app.report().unwrap().session.bypasses;
    let before = counted(&bench);
    bench.send(steps.next().unwrap());
    assert!(bench.app.response().is_streaming());
    assert_eq!(counted(&bench), before + 1, "the panel counts it while it streams");
    bench.press(KeyCode::Esc);
    assert_eq!(bench.app.response().text(), "first words");
    assert!(bench.toast().contains("partial answer stays"), "{}", bench.toast());
    for late in steps {
        bench.send(late);
    }
    assert_eq!(bench.app.response().text(), "first words", "nobody waits for the rest");
    bench.control('c');
    assert!(bench.left, "with nothing to cancel, Ctrl-C leaves");
}

#[test]
fn the_ticket_is_copied_with_its_notice() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    bench.keys("yt");
    let ticket = bench.copied.pop().unwrap();
    assert!(
        ticket.starts_with("EURUSD H1 as of 2017-06-23T20:00:00Z\nside: short")
            && ticket.ends_with("Research, not advice."),
        "{ticket}"
    );
    bench.keys("yj");
    assert!(serde_json::from_str::<serde_json::Value>(&bench.copied.pop().unwrap()).unwrap()["side"].is_string());
}

#[test]
fn the_palette_runs_what_it_finds() {
    let mut bench = Bench::sized(120, 36);
    bench.control('p');
    bench.keys("as it will be sent");
    bench.press(KeyCode::Enter);
    assert_eq!(bench.app.center(), Center::Preview);
    let screen = bench.screen();
    assert!(screen.contains("── system"), "{screen}");
}

#[test]
fn an_answer_turns_stale_when_later_candles_are_opened() {
    let mut bench = Bench::sized(160, 48);
    let all = std::fs::read_to_string(bench.home.sample()).unwrap();
    let early: String = all.lines().take(2_999).map(|l| format!("{l}\n")).collect();
    let path = bench.home.write("early/EURUSD_H1.csv", early);
    let open = |bench: &mut Bench, path: std::path::PathBuf| {
        bench.keys("o");
        bench.send(Message::Paste(path.display().to_string()));
        bench.press(KeyCode::Enter);
        bench.press(KeyCode::Esc);
    };
    open(&mut bench, path);
    bench.press(KeyCode::F(5));
    let later = bench.home.sample();
    open(&mut bench, later);
    let screen = bench.screen();
    assert!(screen.contains("2 candles since: stale"), "{screen}");
}

#[test]
fn what_is_sent_before_the_candles_are_read_waits_for_them() {
    let mut bench = Bench::sized(120, 36);
    let path = bench.home.sample();
    bench.held = Some(Vec::new());
    bench.keys("o");
    bench.send(Message::Paste(path.display().to_string()));
    bench.press(KeyCode::Enter);
    bench.press(KeyCode::F(5));
    let read = bench.held.take().unwrap();
    assert!(matches!(bench.app.response().state(), State::Idle));
    for message in read {
        bench.send(message);
    }
    assert!(bench.app.judged().is_some(), "{}", bench.toast());
    // The data card is shown, not in the way: the next key does what it says.
    assert!(matches!(bench.app.layers(), [Layer::Card]));
    bench.keys("p");
    assert_eq!((bench.app.layers().len(), bench.app.center()), (0, Center::Preview));
}

#[test]
fn an_answer_about_other_candles_says_so() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    let lines: String = std::fs::read_to_string(bench.home.sample())
        .unwrap()
        .lines()
        .take(900)
        .map(|l| format!("{l}\n"))
        .collect();
    let path = bench.home.write("GBPUSD_H1.csv", lines);
    bench.keys("o");
    bench.send(Message::Paste(path.display().to_string()));
    bench.press(KeyCode::Enter);
    bench.press(KeyCode::Esc);
    let screen = bench.screen();
    assert!(
        screen.contains("this answer is about EURUSD H1, not the candles open now"),
        "{screen}"
    );
    assert!(
        !screen.contains("1.12119 stop"),
        "its prices are not drawn on others: {screen}"
    );
    // The card says it too, and so does what is copied of it.
    assert!(screen.contains("of EURUSD H1, not of the"), "{screen}");
    bench.keys("yt");
    assert!(
        bench
            .toast()
            .ends_with("it is about EURUSD H1, not the candles open now"),
        "{}",
        bench.toast()
    );
}

#[test]
fn what_is_saved_and_renamed_is_undone() {
    let mut bench = Bench::sized(120, 36);
    let file = |bench: &Bench, name: &str| {
        let path = bench.home.path(&format!("config/wickdesk/templates/{name}.prompt"));
        std::fs::read_to_string(path).ok()
    };
    let write = |bench: &mut Bench, words: &str| {
        bench.keys("e");
        let end = crossterm::event::KeyEvent::new(KeyCode::End, crossterm::event::KeyModifiers::CONTROL);
        bench.send(Message::Key(end));
        bench.keys(words);
    };
    bench.keys("u");
    assert_eq!(bench.toast(), "nothing to undo");
    // Saved under another name: the file goes, what was typed is an edit of the first again.
    write(&mut bench, " first");
    bench.control('s');
    bench.keys("_a");
    bench.press(KeyCode::Enter);
    assert!(file(&bench, "confluence_a").is_some_and(|text| text.trim_end().ends_with(" first")));
    bench.press(KeyCode::Esc);
    bench.keys("u");
    assert_eq!(file(&bench, "confluence_a"), None);
    assert!(bench.app.is_dirty("confluence"));
    assert!(
        bench
            .app
            .editing()
            .unwrap()
            .editor
            .text()
            .trim_end()
            .ends_with(" first")
    );
    // And saved again: undoing is undone.
    bench.keys("u");
    let saved = file(&bench, "confluence_a").unwrap();
    // Saved over itself: the file holds what it did, what was typed stays typed.
    bench.app.choose_template("confluence_a");
    write(&mut bench, " second");
    bench.control('s');
    bench.press(KeyCode::Enter);
    assert!(file(&bench, "confluence_a").unwrap().trim_end().ends_with(" second"));
    bench.press(KeyCode::Esc);
    bench.keys("u");
    assert_eq!(file(&bench, "confluence_a").as_deref(), Some(saved.as_str()));
    assert!(bench.app.is_dirty("confluence_a"));
    // Renamed, and named as before.
    bench.keys("fr");
    bench.keys("b");
    bench.press(KeyCode::Enter);
    assert_eq!(bench.app.library()[bench.app.chosen()].name, "confluence_ab");
    bench.keys("u");
    assert_eq!(bench.app.library()[bench.app.chosen()].name, "confluence_a");
    assert_eq!(bench.toast(), "confluence_ab is confluence_a now · u undoes it");
    assert!(bench.app.is_dirty("confluence_a"), "the edit goes with it");
    // Over a shipped one of the same name.
    bench.app.choose_template("smc");
    write(&mut bench, " own");
    bench.control('s');
    bench.press(KeyCode::Enter);
    assert!(file(&bench, "smc").is_some());
    bench.press(KeyCode::Esc);
    bench.keys("u");
    assert_eq!(file(&bench, "smc"), None);
    assert!(bench.app.is_dirty("smc") && bench.app.editing().unwrap().editor.text().trim_end().ends_with(" own"));
}

#[test]
fn typing_is_undone_by_its_key_and_by_name() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("e");
    let text = |bench: &Bench| bench.app.editing().unwrap().editor.text();
    let before = text(&bench);
    bench.keys("# one\u{20}");
    let typed = text(&bench);
    assert!(bench.screen().contains("Ctrl-U undo"));
    bench.control('u');
    assert_ne!(text(&bench), typed);
    while text(&bench) != before {
        bench.control('u');
    }
    bench.control('u');
    assert_eq!(bench.toast(), "nothing is left to undo here");
    bench.control('y');
    assert_ne!(text(&bench), before);
    bench.control('p');
    bench.keys("undo what was typed");
    bench.press(KeyCode::Enter);
    assert_eq!(text(&bench), before);
    // To the ends of the text and back.
    bench.keys("i");
    let end = crossterm::event::KeyEvent::new(KeyCode::End, crossterm::event::KeyModifiers::CONTROL);
    bench.send(Message::Key(end));
    bench.keys("#");
    assert_eq!(text(&bench), format!("{before}#"));
}

#[test]
fn a_key_that_does_nothing_now_says_so_and_lists_tell_their_keys() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    bench.keys("n");
    assert_eq!(bench.toast(), "no check has failed or warns");
    bench.keys("]");
    assert!(
        bench.toast().starts_with("not now: show the sample after"),
        "{}",
        bench.toast()
    );
    for (keys, heading) in [
        ("h", "In the history"),
        ("h\r", "In a record"),
        ("s", "In the scoreboard"),
        ("b", "In the cache"),
    ] {
        for key in keys.chars() {
            match key {
                '\r' => bench.press(KeyCode::Enter),
                letter => bench.keys(&letter.to_string()),
            }
        }
        let under = bench.screen();
        bench.keys("?");
        assert!(bench.screen().contains(heading), "{}", bench.screen());
        bench.press(KeyCode::Esc);
        assert_eq!(bench.screen(), under);
        while !bench.app.layers().is_empty() {
            bench.press(KeyCode::Esc);
        }
    }
    // Nothing came after a record of the last candle: it says what to do.
    bench.keys("h");
    bench.press(KeyCode::Enter);
    bench.keys(" ");
    assert!(bench.toast().starts_with("no later candle yet"), "{}", bench.toast());
}

#[test]
fn a_name_that_is_none_stays_in_its_box() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("e");
    bench.control('s');
    bench.control('u');
    bench.keys("../evil");
    bench.press(KeyCode::Enter);
    assert!(
        matches!(bench.app.layers(), [Layer::Name(..)]) && bench.toast().contains("is no name"),
        "{}",
        bench.toast()
    );
    bench.control('u');
    bench.keys("mine");
    bench.press(KeyCode::Enter);
    assert_eq!(bench.toast(), "saved as mine · u undoes it");
}

/// What can stand in front of the panes, and what it takes to get there.
const LAYERS: [&str; 17] = [
    "", "?", "C", "y", "o", "m", "L", "w", "f", "fd", "$", "=", "b", "s", "h", "h\r", "/a",
];

/// What can have the focus.
const PANES: [&str; 8] = ["t", "v", "v\r", "c", "cx", "a", "p", "e"];

/// A workbench in every state that has much to draw: two desks, three columns, samples, records.
fn crowded() -> Bench {
    let mut bench = Bench::sized(160, 48);
    bench.press(KeyCode::F(5));
    bench.keys("Rwn5");
    bench.press(KeyCode::F(5));
    bench.keys("=offline");
    bench.press(KeyCode::Enter);
    bench
}

fn draw_at(bench: &mut Bench, pane: &str, layer: &str, size: (u16, u16)) {
    for _ in 0..4 {
        bench.press(KeyCode::Esc);
    }
    for keys in [pane, layer] {
        for key in keys.chars() {
            match key {
                '\r' => bench.press(KeyCode::Enter),
                key => bench.keys(&key.to_string()),
            }
        }
        if pane == "e" && keys == pane {
            bench.press(KeyCode::Esc);
        }
    }
    bench.send(Message::Resize(size.0, size.1));
    bench.screen();
}

#[test]
fn at_the_smallest_and_the_edges_everything_is_drawn_or_refused() {
    let mut bench = crowded();
    for size in [
        (0, 0),
        (1, 1),
        (59, 20),
        (60, 20),
        (79, 22),
        (80, 21),
        (115, 30),
        (116, 29),
        (116, 30),
    ] {
        for pane in PANES {
            for layer in LAYERS {
                draw_at(&mut bench, pane, layer, size);
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]
    #[test]
    fn no_size_makes_drawing_panic(
        sizes in proptest::collection::vec((0u16..=400, 0u16..=200), 3),
        pane in 0..PANES.len(),
        layer in 0..LAYERS.len(),
        side in -60i16..60,
        chart in -60i16..60,
    ) {
        thread_local! {
            static BENCH: std::cell::RefCell<Bench> = std::cell::RefCell::new(crowded());
        }
        BENCH.with_borrow_mut(|bench| {
            let moved = Session {
                borders: wickdesk::tui::app::Borders { side, chart },
                ..bench.session.clone()
            };
            bench.app.remember(moved);
            for size in sizes {
                draw_at(bench, PANES[pane], LAYERS[layer], size);
            }
        });
    }
}

#[test]
fn the_cache_is_browsed_filtered_pinned_and_one_entry_deleted() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    bench.keys("R");
    bench.keys("b");
    let screen = bench.screen();
    assert!(
        screen.contains("Cache 2 · by age") && screen.contains("#1 confluence"),
        "{screen}"
    );
    bench.keys("p");
    assert!(bench.screen().contains("▸◆"), "{}", bench.screen());
    bench.press(KeyCode::Enter);
    let screen = bench.screen();
    assert!(
        screen.contains("answer, sample 1 of 0, 1") && screen.contains("Offline analyst"),
        "{screen}"
    );
    bench.keys("G");
    assert!(bench.screen().contains("setup"), "what was asked stands below");
    bench.press(KeyCode::Esc);
    bench.keys("d");
    assert!(bench.screen().contains("d again removes"));
    bench.keys("j");
    bench.keys("d");
    assert_eq!(bench.app.report().unwrap().disk_items, 2, "another key keeps it");
    bench.keys("d");
    assert_eq!(bench.app.report().unwrap().disk_items, 1);
    bench.keys("/nothing like it");
    bench.press(KeyCode::Enter);
    assert!(bench.screen().contains("nothing fits"));
    bench.press(KeyCode::Esc);
    bench.keys("s");
    assert!(bench.screen().contains("by size"));
    bench.keys("C");
    bench.keys("y");
    assert!(bench.screen().contains("the cache is empty"), "{}", bench.screen());
    bench.press(KeyCode::Esc);
    assert!(bench.app.layers().is_empty());
}

#[test]
fn samples_are_listed_and_turned_without_a_call() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    assert!(!bench.screen().contains("samples"), "one is not worth a line");
    bench.keys("R");
    assert!(bench.screen().contains("samples  0  [1]"), "{}", bench.screen());
    bench.keys("[");
    assert!(bench.screen().contains("samples [0]  1"), "{}", bench.screen());
    let State::Done(answer) = bench.app.response().state() else {
        panic!()
    };
    assert_eq!((answer.sample, answer.tier), (0, wickdesk::cache::Tier::Memory));
    bench.keys("[");
    bench.keys("]");
    assert!(bench.screen().contains("samples  0  [1]"));
    let counts = &bench.app.report().unwrap().session;
    assert_eq!((counts.stored, counts.lookups, counts.calls_saved), (2, 1, 0));
}

#[test]
fn what_keeps_an_answer_from_coming_is_told_until_it_comes() {
    let mut bench = Bench::sized(120, 36);
    let server = Server::answering(|call, _| match call {
        0 => reply("503 Service Unavailable", "", "{\"error\": {\"message\": \"busy\"}}"),
        _ => stream(&["here it is"], Some("stop")),
    });
    remote(&mut bench, &server);
    bench.held = Some(Vec::new());
    bench.press(KeyCode::F(5));
    let mut seen = String::new();
    while let Some(mut held) = bench.held.replace(Vec::new()).filter(|held| !held.is_empty()) {
        let first = held.remove(0);
        bench.send(first);
        seen.push_str(&bench.screen());
        held.extend(bench.held.take().unwrap());
        bench.held = Some(held);
    }
    assert!(seen.contains("mine failed (503): busy · trying again in"), "{seen}");
    assert!(bench.app.response().text().contains("here it is"));
    assert!(!bench.screen().contains("trying again"), "{}", bench.screen());
}

#[test]
fn an_answer_gives_way_to_one_that_comes_only() {
    let mut bench = Bench::sized(120, 36);
    let server = Server::answering(|call, _| match call {
        0 => stream(&["the first answer"], Some("stop")),
        1 => reply("400 Bad Request", "", "{\"error\": {\"message\": \"not today\"}}"),
        _ => stream(&["half of a"], None),
    });
    remote(&mut bench, &server);
    bench.press(KeyCode::F(5));
    bench.screen();
    let session = bench.session.clone();
    assert!(session.desks[0].answer.is_some());
    let shows = |bench: &mut Bench, words: &[&str]| {
        let screen = bench.screen();
        for words in words {
            assert!(screen.contains(words), "no {words} in {screen}");
        }
        assert_eq!(bench.session, session, "the next start finds it");
    };
    // One that does not come.
    bench.keys("R");
    assert!(bench.toast().contains("not today"), "{}", bench.toast());
    shows(
        &mut bench,
        &["the first answer", "asked anew, and no answer came", "not today"],
    );
    // One that is left before its first word.
    bench.held = Some(Vec::new());
    bench.keys("R");
    let prepared = bench.held.take().unwrap().remove(0);
    bench.held = Some(Vec::new());
    bench.send(prepared);
    assert!(bench.app.response().is_streaming());
    shows(&mut bench, &["waiting"]);
    bench.press(KeyCode::Esc);
    bench.held = None;
    shows(&mut bench, &["the first answer", "no answer came: cancelled"]);
    assert_eq!(bench.app.response().notes().len(), 1, "said once");
    // One that breaks off stands there, marked; the whole one is what is found again.
    bench.keys("R");
    shows(&mut bench, &["half of a", "partial"]);
    bench.keys("R");
    shows(&mut bench, &["half of a"]);
    // Looked at again it costs nothing, and is no lookup.
    let counts = bench.app.report().unwrap().session.clone();
    let effects = bench.app.resume(session.clone());
    bench.all(effects);
    assert_eq!(bench.app.response().text(), "the first answer");
    assert_eq!(bench.desk.cache().report().session.lookups, counts.lookups);
}

#[test]
fn another_timeframe_is_a_key_away_and_its_own_question() {
    let mut bench = Bench::sized(160, 48);
    bench.press(KeyCode::F(5));
    bench.keys("5");
    let screen = bench.screen();
    assert!(
        screen.contains("EURUSD H4") && screen.contains("not the candles open now"),
        "{screen}"
    );
    bench.press(KeyCode::F(5));
    assert!(bench.screen().contains("confluence") && bench.app.report().unwrap().session.misses == 2);
    bench.keys("4");
    bench.press(KeyCode::F(5));
    assert_eq!(
        bench.app.report().unwrap().session.memory_hits,
        1,
        "back where it was asked before"
    );
    bench.keys("2");
    let said = bench.app.toast().unwrap();
    assert!(
        said.bad && said.text.contains("M5 candles cannot be made of H1 ones"),
        "{said:?}"
    );
    assert!(bench.screen().contains("EURUSD H1"));
}

#[test]
fn a_fact_is_put_into_the_template_with_its_value_seen() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("e");
    bench.press(KeyCode::F(2));
    bench.keys("fib_0_618");
    assert!(bench.screen().contains("1.11771"), "{}", bench.screen());
    bench.press(KeyCode::Enter);
    let text = bench.app.editing().unwrap().editor.text();
    assert!(text.contains("{{ fib_0_618 }}"), "{text}");
    assert!(bench.app.is_typing(), "one goes on typing");
}

#[test]
fn zoom_keeps_the_cursor_in_sight() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("cx");
    for _ in 0..25 {
        bench.press(KeyCode::Left);
    }
    for _ in 0..4 {
        bench.keys("+");
    }
    let look = bench.app.look();
    let cursor = look.cursor.unwrap();
    assert_eq!(look.pan + cursor.back, 25, "it points at the same candle");
    assert!(look.pan > 0, "which had gone out of sight");
    for _ in 0..40 {
        bench.press(KeyCode::Right);
    }
    let look = bench.app.look();
    assert_eq!((look.pan, look.cursor.unwrap().back), (0, 0));
}

#[test]
fn two_models_answer_side_by_side_and_their_setups_are_compared() {
    let mut bench = Bench::sized(160, 48);
    let setup = r#"{"side": "long", "order": "limit", "entry": [1.1150, 1.1150], "stop": 1.1140, "targets": [1.1190]}"#;
    let says = format!("Another view.\n```setup\n{setup}\n```\n");
    let line = serde_json::json!({"says": [says]});
    let file = bench.home.write("other.jsonl", format!("{line}\n"));
    bench.keys("=");
    bench.keys(&format!("recorded/{}", file.display()));
    bench.press(KeyCode::Enter);
    let screen = bench.screen();
    for words in ["Another view.", "Offline analyst", "≠ disagree", "ATR apart", "checks"] {
        assert!(screen.contains(words), "no {words} in\n{screen}");
    }
    assert_eq!(bench.app.beside().len(), 1);
    // Sending again asks both; both are hits by now.
    bench.press(KeyCode::F(5));
    let screen = bench.screen();
    assert_eq!(screen.matches("memory hit ·").count(), 2, "{screen}");
    assert!(screen.contains("send: 2 hits"), "{screen}");
    // What is left of them when one has not answered.
    bench.keys("vc");
    bench.press(KeyCode::F(5));
    bench.keys("=");
    bench.keys(&format!("recorded/{}", bench.home.path("none.jsonl").display()));
    bench.press(KeyCode::Enter);
    let screen = bench.screen();
    assert!(screen.contains("send: 2 hits, 1 call ~"), "{screen}");
    // And one model again.
    bench.keys("=");
    bench.press(KeyCode::Enter);
    assert!(bench.app.beside().is_empty() && !bench.screen().contains("Another view."));
}

#[test]
fn a_model_is_tested_and_its_thoughts_are_folded_away() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("M");
    assert!(
        bench.screen().contains("offline/3 answers as offline/3 in"),
        "{}",
        bench.screen()
    );
    let thinking = frame(&serde_json::json!({"choices": [{"delta": {"reasoning_content": "let me see about that"}}]}));
    let server = Server::start(vec![vec![text(STREAM), thinking, delta("The answer."), finish("stop")]]);
    let config = format!("[providers.desk]\nbase_url = \"{}\"\n", server.url);
    let mut bench = Bench::configured(120, 36, &config);
    bench.app.choose_model(Some("desk/thinker".to_owned()));
    bench.press(KeyCode::F(5));
    let screen = bench.screen();
    assert!(
        screen.contains("thought for 5 words · T shows them") && screen.contains("The answer."),
        "{screen}"
    );
    assert!(!screen.contains("let me see"));
    bench.keys("T");
    assert!(bench.screen().contains("let me see about that"));
}

#[test]
fn words_are_found_in_the_answer_and_in_the_prompt() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    bench.screen();
    bench.keys("/");
    bench.keys("SWING");
    let find = bench.app.find().unwrap().clone();
    assert!(find.typing && find.place.0 == 1 && find.place.1 > 1, "{find:?}");
    assert!(
        bench.screen().contains("/ SWING▏   1 of "),
        "typed, not done: q, s and the like are letters here"
    );
    bench.press(KeyCode::Enter);
    let last = find.place.1;
    for at in 2..=last {
        bench.press(KeyCode::F(3));
        assert_eq!(bench.app.find().unwrap().place, (at, last));
        let line = bench.app.find().unwrap().at;
        let text: String = bench.app.response().wrapped().lines()[line]
            .spans
            .iter()
            .map(|s| s.content.as_ref())
            .collect();
        assert!(text.to_lowercase().contains("swing"), "{text}");
    }
    bench.keys(".");
    assert_eq!(bench.app.find().unwrap().place, (1, last), "round to the first");
    bench.keys(",");
    assert_eq!(bench.app.find().unwrap().place, (last, last), "and back to the last");
    bench.press(KeyCode::Esc);
    assert_eq!(bench.app.find(), None);
    bench.keys("p");
    bench.screen();
    bench.keys("/");
    bench.keys("as of the candle");
    assert_eq!(bench.app.find().unwrap().place.1, 1);
    bench.press(KeyCode::Backspace);
    bench.keys("zzz");
    assert!(bench.screen().contains("nowhere"));
    bench.press(KeyCode::Esc);
    assert!(bench.app.find().is_none() && bench.app.center() == Center::Preview);
}

#[test]
fn what_is_typed_would_be_there_again() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("eA draft. ");
    assert!(bench.kept.templates["confluence"].starts_with("A draft. "));
    let kept = bench.kept.clone();
    let mut after = Bench::sized(120, 36);
    after.app.restore(kept, &[]);
    assert!(after.app.is_dirty("confluence"));
    after.keys("e");
    assert!(after.app.editing().unwrap().editor.text().starts_with("A draft. "));
    // Left in order, nothing comes back.
    bench.press(KeyCode::Esc);
    bench.keys("qy");
    assert!(bench.left && bench.kept.is_empty());
}

/// A workbench that begins where another was left.
fn resumed(session: &Session) -> Bench {
    let mut bench = Bench::sized(120, 36);
    let effects = bench.app.resume(session.clone());
    bench.all(effects);
    bench.screen();
    bench
}

#[test]
fn several_desks_are_tabs_each_with_its_own_market_and_answer() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    let short = bench.app.judged().unwrap().reading.setup.clone();
    bench.keys("wn");
    assert_eq!((bench.app.tabs().count(), bench.app.tab_at()), (2, 1));
    assert!(matches!(bench.app.response().state(), State::Idle));
    bench.keys("5");
    bench.keys("tj");
    assert!(
        bench.screen().contains(" 1 EURUSD H1  2 EURUSD H4 "),
        "{}",
        bench.screen()
    );
    bench.keys("<");
    assert_eq!(bench.app.judged().unwrap().reading.setup, short);
    assert_eq!(bench.app.library()[bench.app.chosen()].name, "confluence");
    bench.keys("w2");
    assert_eq!(bench.app.library()[bench.app.chosen()].name, "smc");
    // Closed, it is named how it comes back; and it does.
    bench.keys("wx");
    assert!(bench.toast().contains("u brings it back"), "{}", bench.toast());
    assert_eq!(bench.app.tabs().count(), 1);
    bench.keys("u");
    assert_eq!((bench.app.tabs().count(), bench.app.tab_at()), (2, 1));
    assert_eq!(bench.app.candles().unwrap().market.facts.timeframe.to_string(), "H4");
    bench.keys("wxwx");
    assert!(bench.toast().contains("last desk stays"), "{}", bench.toast());
}

#[test]
fn an_answer_finds_its_desk_behind_the_front_one() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("wn");
    bench.held = Some(Vec::new());
    bench.press(KeyCode::F(5));
    // Prepared, then asked, while another desk is in front.
    let mut marked = false;
    for _ in 0..6 {
        bench.keys("<");
        let held = bench.held.replace(Vec::new()).unwrap();
        let waits = bench.app.tabs().nth(1).is_some_and(|tab| tab.is_waiting());
        assert!(bench.app.tab_at() == 0 || !waits);
        held.into_iter().for_each(|message| bench.send(message));
        marked |= bench.screen().contains("2 EURUSD H1•");
        bench.keys(">");
        assert!(!bench.screen().contains('•'), "what is looked at is not new");
    }
    assert!(marked, "an answer that came behind is pointed out");
    assert_eq!(bench.app.tab_at(), 1);
    assert!(matches!(bench.app.response().state(), State::Done(_)));
    bench.keys("<");
    assert!(matches!(bench.app.response().state(), State::Idle));
}

#[test]
fn the_next_start_finds_desks_focus_scroll_and_values_again() {
    let mut bench = Bench::sized(120, 36);
    let file = bench.home.sample();
    bench.keys("o");
    bench.send(Message::Paste(file.display().to_string()));
    bench.press(KeyCode::Enter);
    bench.press(KeyCode::Esc);
    bench.press(KeyCode::F(5));
    bench.keys("jjj");
    bench.keys("wn5tj");
    bench.keys("v");
    bench.press(KeyCode::Right);
    let values = bench.app.fields();
    bench.keys("c<");
    bench.screen();
    let session = bench.session.clone();
    assert_eq!(session.desks.len(), 2);

    let mut after = resumed(&session);
    // The answer is in the other home's cache only: here it is not asked for again.
    assert!(matches!(after.app.response().state(), State::Idle));
    assert!(after.toast().ends_with("h has it"), "{}", after.toast());
    assert_eq!(after.app.tabs().count(), 2);
    after.keys(">");
    assert_eq!(after.app.focus(), Pane::Chart);
    assert_eq!(after.app.candles().unwrap().market.facts.timeframe.to_string(), "H4");
    assert_eq!(after.app.fields(), values);

    // In its own home it stands there, and where it was scrolled to.
    let effects = bench.app.resume(session.clone());
    bench.all(effects);
    assert!(matches!(bench.app.response().state(), State::Done(_)));
    assert_eq!(bench.app.focus(), Pane::Answer);
    bench.screen();
    assert_eq!(bench.session, session);
    assert_eq!(session.desks[0].top, 3);
    assert!(!bench.screen().contains("EURUSD H1, as of"), "scrolled to where it was");
}

#[test]
fn every_field_is_taken_back_at_once_and_undone() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("v");
    bench.press(KeyCode::Enter);
    bench.keys("5");
    bench.press(KeyCode::Enter);
    let set = bench.app.fields();
    bench.keys("X");
    assert!(
        bench
            .app
            .fields()
            .iter()
            .all(|f| f.source != wickdesk::prompt::Source::Analyst)
    );
    bench.keys("u");
    assert_eq!(bench.app.fields(), set);
    // Another template has values of its own; back, these are there again.
    bench.keys("tjv");
    assert!(
        bench
            .app
            .fields()
            .iter()
            .all(|f| f.source != wickdesk::prompt::Source::Analyst)
    );
    bench.keys("tkv");
    assert_eq!(bench.app.fields(), set);
}

#[test]
fn names_are_offered_with_their_values_while_a_template_is_typed() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("e");
    bench.press(KeyCode::Enter);
    bench.press(KeyCode::Up);
    bench.keys("{{ swing_h");
    let screen = bench.screen();
    assert!(screen.contains("▸swing_high") && screen.contains("1.12130"), "{screen}");
    bench.press(KeyCode::Tab);
    bench.keys(" }} {{ atr }} {{ rsx }}");
    let text = bench.app.editing().unwrap().editor.text();
    assert!(text.starts_with("{{ swing_high }} {{ atr }} {{ rsx }}\n"), "{text}");
    // What nobody defines is told with what is nearest, at its line.
    assert!(bench.screen().contains("`rsx` is no"), "{}", bench.screen());
    // Esc only sends the names away; what is typed behind goes on.
    bench.keys("{{ at");
    assert!(bench.app.completion().is_some());
    bench.press(KeyCode::Esc);
    assert!(bench.app.completion().is_none() && bench.app.is_typing());
    // One that was moved to is taken by Enter too; otherwise that is a new line.
    let mut other = Bench::sized(120, 36);
    other.keys("e");
    other.press(KeyCode::Enter);
    other.press(KeyCode::Up);
    other.keys("{{ fib_0");
    assert!(other.screen().contains(" Tab takes the name"), "{}", other.screen());
    other.press(KeyCode::Down);
    assert!(
        other.screen().contains(" Tab or Enter takes the name"),
        "{}",
        other.screen()
    );
    other.press(KeyCode::Enter);
    other.keys(" }}{{ at");
    other.press(KeyCode::Enter);
    let text = other.app.editing().unwrap().editor.text();
    assert!(text.starts_with("{{ fib_0_236 }}{{ at\n"), "{text}");
    // No names where none can stand.
    bench.keys("r|pr");
    assert!(bench.app.completion().is_none());
    bench.keys(" }} at");
    assert!(bench.app.completion().is_none());
}

#[test]
fn words_of_a_template_are_found_and_replaced_as_one_edit() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("e");
    let before = bench.app.editing().unwrap().editor.text();
    bench.press(KeyCode::F(7));
    bench.keys("SETUP");
    let places = before.to_lowercase().matches("setup").count();
    assert_eq!(bench.app.find().unwrap().place.1, places);
    bench.press(KeyCode::Tab);
    bench.keys("plan");
    assert!(bench.screen().contains("SETUP → plan"), "{}", bench.screen());
    bench.control('a');
    let after = bench.app.editing().unwrap().editor.text();
    assert_eq!(after.matches("plan").count(), before.matches("plan").count() + places);
    assert!(!after.to_lowercase().contains("setup"));
    assert!(bench.app.is_typing() && bench.app.find().is_none());
    bench.control('u');
    assert_eq!(bench.app.editing().unwrap().editor.text(), before);
    // One at a time, on to the next.
    bench.press(KeyCode::F(7));
    bench.keys("setup");
    bench.press(KeyCode::Tab);
    bench.keys("x");
    bench.press(KeyCode::Enter);
    let after = bench.app.editing().unwrap().editor.text();
    assert_eq!(after.to_lowercase().matches("setup").count(), places - 1);
    assert_eq!(bench.app.find().unwrap().place.1, places - 1);
}

#[test]
fn templates_are_copied_renamed_compared_reverted_and_removed_with_a_way_back() {
    let mut bench = Bench::sized(120, 36);
    let names = |bench: &Bench| bench.app.library().iter().map(|l| l.name.clone()).collect::<Vec<_>>();
    // A shipped one stays what it is.
    bench.keys("fx");
    assert!(bench.toast().contains("not among your own"), "{}", bench.toast());
    bench.keys("fd");
    bench.press(KeyCode::Enter);
    assert_eq!(bench.app.library()[bench.app.chosen()].name, "confluence_2");
    bench.keys("fr");
    bench.control('u');
    bench.keys("mine");
    bench.press(KeyCode::Enter);
    assert!(names(&bench).contains(&"mine".to_owned()) && !names(&bench).contains(&"confluence_2".to_owned()));
    assert!(bench.toast().contains("is mine now"), "{}", bench.toast());

    bench.keys("eNew words. ");
    bench.press(KeyCode::Esc);
    bench.keys("fc");
    assert!(bench.screen().contains("+New words."), "{}", bench.screen());
    bench.press(KeyCode::Esc);
    bench.keys("fv");
    assert!(!bench.app.is_dirty("mine"));
    bench.keys("u");
    assert!(bench.app.editing().unwrap().editor.text().starts_with("New words. "));
    bench.keys("fv");

    bench.keys("fx");
    assert!(bench.toast().contains("u brings it back"), "{}", bench.toast());
    assert!(!names(&bench).contains(&"mine".to_owned()));
    bench.keys("u");
    assert!(names(&bench).contains(&"mine".to_owned()), "{}", bench.toast());

    // A new one is whole from the start: it is asked as it stands.
    bench.keys("fn");
    bench.control('u');
    bench.keys("fresh");
    bench.press(KeyCode::Enter);
    assert_eq!(bench.app.library()[bench.app.chosen()].name, "fresh");
    assert!(bench.app.template_fault().is_none());
    bench.press(KeyCode::F(5));
    assert!(bench.app.judged().unwrap().reading.setup.is_some(), "{}", bench.toast());
}

/// An answer with two setups and prices of the candles, from a server.
const TWO: &str = "The swing high 1.12130 holds.\n\n```setup\n{\"side\": \"short\", \"order\": \"limit\", \"entry\": [1.1200, 1.1205], \"stop\": 1.1222, \"targets\": [1.1161, 1.1155]}\n```\n\n```setup\n{\"side\": \"long\", \"order\": \"limit\", \"entry\": [1.1170, 1.1172], \"stop\": 1.1190, \"targets\": [1.1200]}\n```\n";

#[test]
fn blocks_fold_alternatives_turn_and_prices_lead_to_their_candles() {
    let mut bench = Bench::sized(120, 36);
    let said = serde_json::json!({ "says": [TWO] });
    let file = bench.home.write("answer.jsonl", said.to_string());
    bench.app.choose_model(Some(format!("recorded/{}", file.display())));
    bench.press(KeyCode::F(5));
    let screen = bench.screen();
    assert!(
        screen.contains("▸ setup · 1 line") && screen.contains("1 of 2 (A)"),
        "{screen}"
    );
    bench.keys("F");
    assert!(bench.screen().contains("\"side\": \"short\""), "{}", bench.screen());
    bench.keys("A");
    let screen = bench.screen();
    assert!(
        screen.contains("2 of 2 (A)") && screen.contains("long") && screen.contains("stop ✗"),
        "{screen}"
    );
    assert!(bench.app.judged().unwrap().failed());
    bench.keys("A");
    assert!(!bench.app.judged().unwrap().failed());
    // Each price leads to the candle it comes from; what only the text quotes comes last.
    bench.keys("'");
    assert!(
        bench.toast().starts_with("1 of ") && bench.app.look().cursor.is_some(),
        "{}",
        bench.toast()
    );
    let all: usize = bench.toast().split(' ').nth(2).unwrap().parse().unwrap();
    let mut said = vec![bench.toast()];
    for _ in 1..all {
        bench.keys("'");
        said.push(bench.toast());
    }
    assert!(said.iter().any(|s| s.contains("swing_high 1.12130")), "{said:?}");
    bench.keys("'");
    assert_eq!(bench.toast(), said[0]);
}

#[test]
fn what_has_changed_since_the_analysis_before_is_told() {
    let mut bench = Bench::sized(120, 36);
    let lines: Vec<String> = include_str!("../../assets/candles/EURUSD_H1_dukascopy_ask.csv")
        .lines()
        .map(str::to_owned)
        .collect();
    let early = bench.home.write("EURUSD_H1.csv", lines[..lines.len() - 30].join("\n"));
    let open = |bench: &mut Bench, file: &std::path::Path| {
        bench.keys("o");
        bench.send(Message::Paste(file.display().to_string()));
        bench.press(KeyCode::Enter);
        bench.press(KeyCode::Esc);
        bench.press(KeyCode::F(5));
    };
    open(&mut bench, &early);
    assert!(bench.app.response().since().is_none());
    assert!(bench.screen().contains("no trade is proposed"), "{}", bench.screen());
    let late = bench.home.sample();
    open(&mut bench, &late);
    let since = bench.app.response().since().unwrap().lines.clone();
    assert!(since[0].contains("30 candles before"), "{since:?}");
    assert!(since[1].starts_with("none → short"), "{since:?}");
    assert!(bench.screen().contains("since the analysis of"), "{}", bench.screen());
    bench.keys("D");
    assert!(bench.screen().contains("How they differ"), "{}", bench.screen());
}

#[test]
fn samples_stand_side_by_side() {
    let mut bench = Bench::sized(160, 48);
    bench.press(KeyCode::F(5));
    bench.keys("R=");
    bench.keys("sample");
    bench.press(KeyCode::Enter);
    let screen = bench.screen();
    assert_eq!(bench.app.beside().len(), 1);
    assert!(screen.contains("sample 0"), "{screen}");
    assert!(matches!(bench.app.beside()[0].response().state(), State::Done(a) if a.sample == 0));
}

#[test]
fn every_key_of_a_menu_does_something() {
    for (opens, layer) in [("f", Layer::File), ("y", Layer::Copy), ("C", Layer::Clear)] {
        // $EDITOR takes the terminal, which is not here.
        let hints = wickdesk::tui::keymap::menu(&layer).iter().filter(|h| h.keys != "e");
        for hint in hints {
            let mut bench = Bench::sized(120, 36);
            // Own, edited and answered: nothing is there that a key could not be about.
            bench.keys("fd");
            bench.press(KeyCode::Enter);
            bench.press(KeyCode::F(5));
            bench.keys("e ");
            bench.press(KeyCode::Esc);
            bench.press(KeyCode::Esc);
            bench.keys(opens);
            assert!(bench.screen().contains(&format!("{}  {}", hint.keys, hint.short)));
            let before = bench.toast().to_owned();
            bench.keys(hint.keys);
            let done = !bench.app.layers().is_empty() || bench.toast() != before;
            assert!(done, "{opens} {}", hint.keys);
        }
    }
}
