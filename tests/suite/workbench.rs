//! The real program in a pseudo-terminal: what is seen, and the terminal as it was.
//!
//! A key is followed by a wait for what it brings. [`Session::wait`] takes whole words that were not on the screen before the key,
//! and panics where they were: such a wait would be over before the program has read the key.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::{Home, PATIENCE, Server, eventually, reply};

/// What is typed, and what the terminal itself replies.
#[derive(Clone)]
struct Keys(Arc<Mutex<Box<dyn Write + Send>>>);

impl Write for Keys {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().unwrap().flush()
    }
}

pub(crate) struct Session {
    screen: Arc<Mutex<vt100::Parser>>,
    /// `None` once the terminal has vanished.
    terminal: Option<(Box<dyn MasterPty + Send>, Keys)>,
    child: Box<dyn Child + Send + Sync>,
    /// The line's modes before the program.
    modes: String,
    /// The text of the screen when the last key was pressed.
    before: String,
    output: Output,
}

/// The thread that reads the program's output, and its state.
struct Output {
    /// How many pieces have been read.
    pieces: Arc<AtomicU64>,
    /// Whether the thread is to stop at the next piece.
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How many of these bytes may be shown: all up to a frame that has begun and not ended.
fn whole_frames(bytes: &[u8]) -> usize {
    const BEGIN: &[u8] = b"\x1b[?2026h";
    const END: &[u8] = b"\x1b[?2026l";
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|window| window == mark);
    match (last(BEGIN), last(END)) {
        (Some(begin), end) if end.is_none_or(|end| end < begin) => begin,
        _ => {
            // The mark itself may be cut.
            let cut = (1..BEGIN.len()).rev().find(|n| bytes.ends_with(&BEGIN[..*n]));
            bytes.len() - cut.unwrap_or(0)
        }
    }
}

#[test]
fn a_frame_is_shown_whole_or_not_yet() {
    let shown = |text: &str| whole_frames(text.as_bytes());
    assert_eq!((shown("abc"), shown("abc\x1b[?2026hde"), shown("a\x1b[?20")), (3, 3, 1));
    assert_eq!(shown("\x1b[?2026hde\x1b[?2026l"), 18);
    assert_eq!(shown("\x1b[?2026hde\x1b[?2026lf\x1b[?2026h"), 19);
}

/// Whether a text holds these words, whole: `agree` is not in `disagree`.
fn holds(text: &str, words: &str) -> bool {
    let (first, last) = (words.chars().next(), words.chars().next_back());
    let joins = |edge: Option<char>, next: Option<char>| {
        edge.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
    };
    text.match_indices(words).any(|(at, _)| {
        let (head, tail) = (&text[..at], &text[at + words.len()..]);
        !joins(first, head.chars().next_back()) && !joins(last, tail.chars().next())
    })
}

#[test]
fn words_are_found_whole() {
    assert!(holds("they agree.", "agree") && !holds("they disagree", "agree") && !holds("agreed", "agree"));
    assert!(holds("memory hit · 1", "memory hit") && !holds("memory hits", "memory hit"));
    assert!(holds("│✓ setup complete", "✓ setup complete") && holds("disagree, agree", "agree"));
}

impl Session {
    pub(crate) fn start(home: &Home, program: &str, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        Self::sized(home, program, arguments, more, (120, 36))
    }

    fn sized(home: &Home, program: &str, arguments: &[&str], more: &[(&str, &str)], (cols, rows): (u16, u16)) -> Self {
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.cwd(home.path(""));
        command.env("TERM", "xterm-256color");
        for (name, value) in home.variables() {
            command.env(name, value);
        }
        for (name, value) in more {
            command.env(name, value);
        }
        let modes = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(some(rows), some(cols), 0)));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let seen = Arc::clone(&screen);
        let keys = Keys(Arc::new(Mutex::new(pair.master.take_writer().unwrap())));
        let mut replies = keys.clone();
        let light = more.contains(&("GROUND", "light"));
        let (pieces, stops) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (Arc::clone(&pieces), Arc::clone(&stops));
        let thread = std::thread::spawn(move || {
            let (mut buffer, mut frame) = ([0; 4096], Vec::new());
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // As terminals do: a frame is shown whole or not yet.
                frame.extend_from_slice(&buffer[..n]);
                let whole = whole_frames(&frame);
                if whole > 0 {
                    seen.lock().unwrap().process(&frame[..whole]);
                    frame.drain(..whole);
                    counted.fetch_add(1, Ordering::SeqCst);
                }
                let text = String::from_utf8_lossy(&buffer[..n]);
                // As terminals answer: the colours if they are told, then what they are.
                for (asked, ground) in [("\x1b]10;?", "0000/0000/0000"), ("\x1b]11;?", "ffff/ffff/f5f5")] {
                    if light && text.contains(asked) {
                        let _ = write!(replies, "{}rgb:{ground}\x1b\\", asked.trim_end_matches('?'));
                    }
                }
                if text.contains("\x1b[c") {
                    let _ = write!(replies, "\x1b[?62;22c");
                }
            }
        });
        Self {
            screen,
            terminal: Some((pair.master, keys)),
            child,
            modes,
            before: String::new(),
            output: Output {
                pieces,
                stops,
                thread: Some(thread),
            },
        }
    }

    fn terminal(&self) -> &dyn MasterPty {
        self.terminal.as_ref().unwrap().0.as_ref()
    }

    pub(crate) fn open(home: &Home) -> Self {
        let session = Self::start(home, env!("CARGO_BIN_EXE_wickdesk"), &[], &[]);
        session.wait("EURUSD H1");
        session
    }

    pub(crate) fn contents(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits for whole words that the last key brings to the screen.
    #[track_caller]
    pub(crate) fn wait(&self, words: &str) {
        assert!(
            !holds(&self.before, words),
            "`{words}` was there before the key: wait for what the key changes\n{}",
            self.before
        );
        self.until(|s| holds(s, words), words);
    }

    /// Waits for whole words that may have been there before the last key.
    #[track_caller]
    pub(crate) fn sees(&self, words: &str) {
        self.until(|s| holds(s, words), words);
    }

    /// Waits until these words, which were there before the last key, are gone.
    #[track_caller]
    pub(crate) fn loses(&self, words: &str) {
        assert!(
            holds(&self.before, words),
            "no `{words}` before the key\n{}",
            self.before
        );
        self.until(|s| !holds(s, words), &format!("screen without {words}"));
    }

    #[track_caller]
    fn until(&self, test: impl Fn(&str) -> bool, what: &str) {
        let begun = Instant::now();
        while !test(&self.contents()) {
            assert!(begun.elapsed() < PATIENCE, "no {what} in\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Remembers the screen as it is before something happens to the program that is no key.
    pub(crate) fn remember(&mut self) {
        self.before = self.contents();
    }

    /// Presses keys, and remembers the screen as it was before them.
    pub(crate) fn press(&mut self, keys: &str) {
        self.remember();
        let (_, writer) = self.terminal.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Waits until the program draws something, behind whatever `act` does.
    #[track_caller]
    fn draws_after(&mut self, act: impl FnOnce(&mut Self)) {
        let before = self.output.pieces.load(Ordering::SeqCst);
        act(self);
        eventually("something is drawn", || {
            self.output.pieces.load(Ordering::SeqCst) > before
        });
    }

    /// The exit code, once the program has ended and all it wrote is on the screen.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> u32 {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "still there:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(10));
        };
        // With the last process of the terminal its output ends.
        let thread = self.output.thread.take().unwrap();
        eventually("the output ends", || thread.is_finished());
        thread.join().unwrap();
        status.exit_code()
    }

    /// Takes the terminal away, as a closed window does.
    fn vanishes(&mut self) {
        // The reading thread has the terminal open too. It stops at the next piece, so a key makes one.
        self.output.stops.store(true, Ordering::SeqCst);
        self.press("?");
        let thread = self.output.thread.take().unwrap();
        eventually("the reader lets go", || thread.is_finished());
        thread.join().unwrap();
        self.terminal = None;
    }

    #[track_caller]
    pub(crate) fn is_restored(&self) {
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
        assert_eq!(format!("{:?}", screen.mouse_protocol_mode()), "None");
        assert_eq!(
            format!("{:?}", self.terminal().get_termios()),
            self.modes,
            "the line's own modes"
        );
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A test that failed, or is done with it, leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The emulator knows no terminal without a size.
fn some(n: u16) -> std::num::NonZeroU16 {
    std::num::NonZeroU16::new(n).unwrap_or(std::num::NonZeroU16::MIN)
}

const F5: &str = "\x1b[15~";

#[test]
fn the_main_job_across_restarts() {
    let home = Home::new();
    let mut session = Session::open(&home);
    // The second template, sent: answer, chart and a miss.
    session.press("t\x1b[B");
    session.wait("Form smc");
    session.press(F5);
    session.wait("model offline/3 ·");
    session.wait("what the candles say");
    session.wait("1 (1 missed)");
    let screen = session.contents();
    assert!(
        screen.contains('║') && screen.contains('█') && screen.contains("entry"),
        "{screen}"
    );
    session.press(F5);
    session.wait("memory hit ·");
    session.wait("2 (1 missed)");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_restored();
    // Left in order, the store is not walked at the next start.
    assert!(home.path("cache/wickdesk/v1/stamp").exists());

    // It goes on where it was left: its template, and its answer from the disk.
    let mut session = Session::open(&home);
    session.wait("Form smc");
    session.wait("disk hit ·");
    // That was no question; asked again, it is one, and nothing of this run's memory had it.
    session.wait("no lookup yet");
    session.press(F5);
    session.wait("1 (0 missed)");
    session.sees("disk hit ·");
    session.press("Cy");
    session.wait("cleared 1 answer from memory and 1 answer from disk");
    session.press(F5);
    session.wait("2 (1 missed)");
    session.wait("model offline/3 ·");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_restored();
}

#[test]
fn a_paste_is_one_edit_and_no_command() {
    let home = Home::new();
    let mut session = Session::open(&home);
    session.press("e");
    session.wait("typing");
    session.press("\x1b[200~# q C y\nsecond line\n\x1b[201~");
    session.wait("second line");
    session.press("\x1b");
    session.wait("Enter types");
    session.sees("edited");
    session.press("q");
    session.wait("A template has edits that are not saved.");
    session.press("y");
    assert_eq!(session.ends(), 0);
    session.is_restored();
}

#[test]
fn keys_in_a_burst_do_what_they_do_one_by_one() {
    let home = Home::new();
    let mut session = Session::open(&home);
    session.wait("F5 send");
    // A thousand, the last of which choose a template and send it.
    session.press(&format!("t{}j{F5}", "jk".repeat(500)));
    session.wait("Form smc");
    session.wait("model offline/3 ·");
    session.press("e");
    session.wait("typing");
    session.press(&"ab".repeat(300));
    session.wait("edited");
    session.press("\x1b");
    session.wait("Enter types");
    session.press("q");
    session.wait("A template has edits that are not saved.");
    session.press("y");
    assert_eq!(session.ends(), 0);
    session.is_restored();
}

#[test]
fn sizes_from_nothing_to_large_and_back() {
    let home = Home::new();
    let mut session = Session::open(&home);
    for (rows, cols) in [(1, 1), (10, 40), (20, 60), (60, 220), (36, 120)] {
        session.draws_after(|session| {
            session.screen.lock().unwrap().set_size(some(rows), some(cols));
            let size = PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            };
            session.terminal().resize(size).unwrap();
        });
    }
    session.wait("Templates");
    session.press(F5);
    session.wait("vote");
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn a_terminal_without_any_size_is_survived() {
    let home = Home::new();
    let mut session = Session::sized(&home, env!("CARGO_BIN_EXE_wickdesk"), &[], &[], (0, 0));
    eventually("it has taken the terminal", || {
        session.screen.lock().unwrap().screen().alternate_screen()
    });
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_restored();
}

#[test]
fn signals_give_the_terminal_back() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let home = Home::new();
        let mut session = Session::open(&home);
        session.signal(signal);
        session.ends();
        session.is_restored();
    }
}

#[test]
fn a_kill_loses_nothing_that_was_typed() {
    let home = Home::new();
    let mut session = Session::open(&home);
    session.press("eNever lose this line.");
    session.wait("Never lose this line.");
    eventually("it is among the drafts", || is_drafted(&home, "Never lose this line."));
    session.signal(rustix::process::Signal::KILL);
    session.ends();
    let mut session = Session::open(&home);
    session.wait("edits of confluence that were not saved are here again");
    session.press("e");
    session.wait("Never lose this line.");
    // Left in order, and asked whether it may be lost, it is gone.
    session.press("\x1b");
    // Together they would be Alt-q.
    session.wait("? help");
    session.press("q");
    session.wait("edits that are not saved");
    session.press("y");
    session.ends();
    let mut session = Session::open(&home);
    session.press("e");
    session.wait("description:");
    assert!(!session.contents().contains("Never lose this line."));
}

#[test]
fn keys_and_mouse_by_configuration() {
    let home = Home::new();
    home.write(
        "config/wickdesk/config.toml",
        "[ui]\nmouse = true\nup = \"#00aa00\"\ndown = \"bright-red\"\n",
    );
    home.write("config/wickdesk/keymap.toml", "send = \"ctrl-g\"\nquit = \"Q\"\n");
    let mut session = Session::open(&home);
    session.wait("Ctrl-g send".to_lowercase().as_str());
    session.press("\x07");
    session.wait("model offline/3 ·");
    // A click on the second template chooses it.
    session.press("\x1b[<0;5;4M\x1b[<0;5;4m");
    session.wait("▸ smc");
    // `q` is no key any more.
    session.press("qQ");
    assert_eq!(session.ends(), 0);
    session.is_restored();
    home.write("config/wickdesk/keymap.toml", "# mine\nsend = \"q\"\n");
    let mut session = Session::start(&home, env!("CARGO_BIN_EXE_wickdesk"), &[], &[]);
    session.wait("keymap.toml:2: q is both");
    assert_eq!(session.ends(), 5);
}

#[test]
fn ctrl_c_leaves_when_nothing_runs() {
    let home = Home::new();
    let mut session = Session::open(&home);
    session.press("\x03");
    assert_eq!(session.ends(), 0);
    session.is_restored();
}

#[test]
fn sleep_gives_the_terminal_back_and_waking_takes_it_again() {
    let home = Home::new();
    // A shell with job control puts the program to sleep and wakes it.
    let mut session = Session::start(
        &home,
        "/bin/sh",
        &["-m", "-i"],
        &[
            ("PS1", "ready> "),
            ("PATH", "/usr/bin:/bin"),
            ("WICKDESK", env!("CARGO_BIN_EXE_wickdesk")),
        ],
    );
    session.wait("ready> ");
    session.press("$WICKDESK\r");
    session.wait("Templates");
    session.press("\x1a");
    session.loses("Templates");
    session.wait("ready> ");
    session.press("fg\r");
    session.wait("Templates");
    session.press("q");
    session.loses("Templates");
    session.press("exit\r");
    session.ends();
}

#[test]
fn an_unwritable_cache_is_said_and_worked_without() {
    let home = Home::new();
    let blocked = home.write("file", "").join("cache");
    let mut session = Session::start(
        &home,
        env!("CARGO_BIN_EXE_wickdesk"),
        &["--cache-dir", blocked.to_str().unwrap()],
        &[],
    );
    session.wait("kept in memory only");
    session.press(F5);
    session.wait("not stored");
    session.press(F5);
    session.wait("memory hit ·");
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn a_fault_of_the_programs_own_leaves_the_terminal_and_a_report() {
    let home = Home::new();
    let state = home.path("state");
    let itself = std::env::current_exe().unwrap();
    let arguments = ["workbench::panics_with_the_terminal_taken", "--exact", "--nocapture"];
    let mut session = Session::start(
        &home,
        itself.to_str().unwrap(),
        &arguments,
        &[("WICKDESK_PROBE", state.to_str().unwrap())],
    );
    assert_eq!(session.ends(), 1);
    session.wait("wickdesk stopped on a fault of its own; the report is in");
    session.is_restored();
    let report = std::fs::read_dir(&state)
        .unwrap()
        .flatten()
        .find(|e| e.file_name().to_string_lossy().starts_with("crash-"))
        .unwrap();
    let text = std::fs::read_to_string(report.path()).unwrap();
    assert!(
        text.contains("a planted fault") && text.contains("workbench.rs"),
        "{text}"
    );
}

/// Run by the test above in a pseudo-terminal of its own; by itself it does nothing.
#[test]
fn panics_with_the_terminal_taken() {
    let Some(state) = std::env::var_os("WICKDESK_PROBE") else {
        return;
    };
    wickdesk::diagnostics::install(Some(std::path::Path::new(&state)), false);
    let _guard = wickdesk::tui::terminal::Guard::take(true).unwrap();
    panic!("a planted fault");
}

#[test]
fn a_terminal_that_vanishes_ends_the_program_without_a_fault() {
    let home = Home::new();
    let mut session = Session::open(&home);
    session.vanishes();
    eventually("the program ends by itself", || {
        session.child.try_wait().unwrap().is_some()
    });
    let reports = std::fs::read_dir(home.path("state/wickdesk")).unwrap().flatten();
    assert_eq!(
        reports
            .filter(|e| e.file_name().to_string_lossy().starts_with("crash"))
            .count(),
        0
    );
}

#[test]
fn a_file_that_grows_is_followed() {
    let home = Home::new();
    let whole = std::fs::read_to_string(home.sample()).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let cut = lines.len() - 3;
    let file = home.write("EURUSD_H1.csv", lines[..cut].join("\n"));
    let mut session = Session::start(&home, env!("CARGO_BIN_EXE_wickdesk"), &[file.to_str().unwrap()], &[]);
    session.wait("as of 2017-06-23 17:00");
    session.press("\x1b[15~");
    session.wait("✓ setup complete");
    // A terminal appends a candle, and half of the next.
    let half = &lines[cut + 1][..20];
    std::fs::write(&file, format!("{}\n{}\n{half}", lines[..cut].join("\n"), lines[cut])).unwrap();
    session.wait("as of 2017-06-23 18:00");
    session.wait("1 candle since: stale");
    std::fs::write(&file, lines.join("\n")).unwrap();
    session.wait("as of 2017-06-23 20:00");
    session.wait("3 candles since: stale");
    session.press("q");
    assert_eq!(session.ends(), 0);
}

#[test]
fn a_live_source_is_asked_again_at_each_close() {
    // Candles of two seconds, in Binance's format.
    let server = Server::answering(|_, request| {
        let number = |name: &str| -> i64 {
            let after = request.split_once(&format!("{name}=")).unwrap().1;
            after.split(['&', ' ']).next().unwrap().parse().unwrap()
        };
        let last = (number("end") / 1_000).min(jiff::Timestamp::now().as_second()) / 2;
        let wave = |n: i64| 100.0 + (n % 10_000) as f64 / 100.0 + 10.0 * (n as f64 / 7.0).sin();
        let row = |n: i64| {
            let (open, close) = (wave(n), wave(n + 1));
            let (high, low) = (open.max(close) + 0.5, open.min(close) - 0.5);
            format!(
                "[{},\"{open:.2}\",\"{high:.2}\",\"{low:.2}\",\"{close:.2}\",\"5\"]",
                n * 2_000
            )
        };
        let rows: Vec<String> = (last - number("limit") + 1..=last).map(row).collect();
        reply(
            "200 OK",
            "content-type: application/json\r\n",
            &format!("[{}]", rows.join(",")),
        )
    });
    let home = Home::new();
    let url = server.url.trim_end_matches("/v1");
    home.write(
        "config/wickdesk/config.toml",
        format!("[[sources]]\nname = \"desk\"\nexample = \"ABC\"\nurl = \"{url}/?s={{symbol}}&limit={{limit}}&end={{to_ms}}\"\nintervals = {{ S2 = \"2\", H1 = \"3600\" }}\npage = 500\n"),
    );
    let mut session = Session::start(&home, env!("CARGO_BIN_EXE_wickdesk"), &["desk:ABC:S2:300"], &[]);
    session.wait("ABC S2");
    session.press("\x1b[15~");
    session.wait("✓ setup complete");
    session.wait("more, as of");
    session.wait("since: stale");
    // The sources stand among the files to open, and one may be typed.
    session.press("o");
    session.wait("desk:ABC:H1");
    session.wait("binance:BTCUSDT:H1");
    session.press("desk:XYZ:S2");
    session.wait("as typed");
    session.press("\r");
    session.wait("XYZ S2");
    session.wait("live source");
    // One that does not come leaves what is there.
    session.press("\x1b");
    session.loses("live source");
    session.press("o");
    session.wait("Open candles");
    session.press("nobody:X:H1\r");
    session.wait("no source of candles is called `nobody`");
    session.sees("XYZ S2");
    session.press("q");
    assert_eq!(session.ends(), 0);
    session.is_restored();
}

/// What each of ten daily tasks takes, in keys; typed words are not counted. The README's table is this one.
#[test]
fn the_ten_tasks() {
    let home = Home::new();
    home.write("BTCUSD_H1.csv", std::fs::read(home.sample()).unwrap());
    let mut table = String::from("| task | keys | at most |\n|---|---:|---:|\n");
    let mut row = |task: &str, keys: usize, most: usize| {
        assert!(keys <= most, "{task}: {keys} keys");
        table.push_str(&format!("| {task} | {keys} | {most} |\n"));
    };
    /// Presses keys one by one and waits for what each brings to the screen or, after a minus, takes from it. Text between angle
    /// brackets is typed and not counted.
    fn press(session: &mut Session, keys: &[(&str, &str)]) -> usize {
        let mut count = 0;
        for (key, brings) in keys {
            match key.strip_prefix('<').and_then(|k| k.strip_suffix('>')) {
                Some(typed) => session.press(typed),
                None => {
                    session.press(key);
                    count += 1;
                }
            }
            match brings.strip_prefix('-') {
                Some(gone) => session.loses(gone),
                None => session.wait(brings),
            }
        }
        count
    }
    const DOWN: &str = "\x1b[B";
    const RIGHT: &str = "\x1b[C";

    /// At a desk whose last analysis is of a candle that others follow.
    fn plays_an_old_analysis() -> usize {
        let home = Home::new();
        let sample = home.sample();
        let old = ["ask", "-t", "smc", "--as-of", "2017-06-20 12:00", "-c"];
        home.run(&[&old[..], &[sample.to_str().unwrap()]].concat()).code(0);
        let mut session = Session::open(&home);
        let keys = press(
            &mut session,
            &[
                ("h", "History 1 record"),
                ("\r", "History record 1"),
                (" ", "candle 1 of"),
            ],
        );
        press(
            &mut session,
            &[("\x1b", "-History record 1"), ("\x1b", "-History 1 record")],
        );
        session.press("q");
        assert_eq!(session.ends(), 0);
        keys
    }

    let mut session = Session::open(&home);
    // The launch is one: a word and Enter.
    let keys = 1 + press(&mut session, &[(F5, "✓ stop on the right side")]);
    row("from the shell to a first checked result, no key, no network", keys, 2);
    row(
        "see whether the setup is believable, on the chart and by its checks",
        0,
        0,
    );
    // The panel of rates has counted the question, with no key of its own.
    session.wait("1 (1 missed)");
    session.sees("memory hits");
    row("read the hit rates", 0, 0);

    let keys = press(
        &mut session,
        &[("t", "Enter use"), (DOWN, "▸ smc"), (F5, "It weighs structure first")],
    );
    row("pick another template, accept the filled values, send", keys, 5);
    let keys = press(&mut session, &[("r", "memory hit ·")]);
    row("ask again", keys, 1);
    let keys = press(&mut session, &[("R", "· sample 1 ·")]);
    row("force a new sample", keys, 1);

    let keys = press(&mut session, &[("y", "Copy"), ("t", "the ticket is on the clipboard")]);
    row(
        "copy the ticket; its JSON, the answer or the prompt take as many",
        keys,
        2,
    );

    let keys = press(
        &mut session,
        &[("=", "Ask beside"), ("<offline>", "› offline"), ("\r", "= agree")],
    );
    row("a second model beside it", keys, 5);
    press(&mut session, &[("=", "▸ one model only"), ("\r", "-one model only")]);
    session.until(|s| !holds(s, "= agree"), "one column");

    let keys = press(&mut session, &[("5", "Chart EURUSD H4")]);
    row("switch the timeframe", keys, 1);

    let keys = plays_an_old_analysis();
    row("find an old analysis and play it forward", keys, 3);

    let keys = press(&mut session, &[("s", "Scoreboard"), (RIGHT, "by no trade")]);
    row("the scoreboard, sorted", keys, 2);
    press(&mut session, &[("\x1b", "-Scoreboard")]);

    let file = home.path("BTCUSD_H1.csv");
    let typed = format!("<{}>", file.display());
    let keys = press(
        &mut session,
        &[("o", "Open candles"), (&typed, "as typed"), ("\r", "Chart BTCUSD H1")],
    );
    row("open a candle file", keys, 5);
    press(&mut session, &[("\x1b", "-any key closes")]);

    let keys = press(&mut session, &[("C", "Clear the cache"), ("y", "cleared")]);
    row("clear the cache", keys, 2);
    session.press("q");
    assert_eq!(session.ends(), 0);
    let readme = include_str!("../../README.md");
    assert!(
        readme.contains(table.trim_end()),
        "the README's table of tasks is not this one:\n\n{table}"
    );
}

#[test]
fn the_next_start_opens_the_desks_as_they_were_left() {
    let home = Home::new();
    let mut session = Session::open(&home);
    session.press(F5);
    session.wait("of 12 passed");
    session.press("wn5");
    session.wait("Chart EURUSD H4");
    session.press("<");
    session.wait("Chart EURUSD H1");
    session.press("q");
    assert_eq!(session.ends(), 0);
    let mut session = Session::open(&home);
    session.wait("2 EURUSD H4");
    // Its answer stands there again, from the disk, without a key pressed.
    session.wait("disk hit");
    // Killed, it is the same.
    session.press(">");
    session.wait("Chart EURUSD H4");
    session.press("c");
    let kept = home.path("state/wickdesk/session.json");
    session.until(
        |_| std::fs::read_to_string(&kept).is_ok_and(|text| text.contains("\"at\": 1") && text.contains("chart")),
        "session that was kept",
    );
    session.signal(rustix::process::Signal::KILL);
    session.ends();
    let session = Session::open(&home);
    session.wait("Chart EURUSD H4");
    // What is named on the command line stands alone, and is not kept.
    let mut alone = Session::start(&home, env!("CARGO_BIN_EXE_wickdesk"), &["-t", "rsi"], &[]);
    alone.wait("▸ rsi");
    assert!(!alone.contents().contains("2 EURUSD"), "{}", alone.contents());
    alone.press("q");
    assert_eq!(alone.ends(), 0);
}

#[test]
fn a_template_is_edited_in_the_editor_of_the_analyst_and_comes_back() {
    let home = Home::new();
    let editor = home.write(
        "editor.sh",
        "#!/bin/sh\necho the editor reads\nread line\nsed -i \"s/Analyse/$line/\" \"$2\"\n",
    );
    let named = format!("sh {} --wait", editor.display());
    let mut session = Session::start(
        &home,
        env!("CARGO_BIN_EXE_wickdesk"),
        &[],
        &[("EDITOR", &named), ("PATH", "/usr/bin:/bin")],
    );
    session.wait("EURUSD H1");
    session.press("fe");
    // The other program has the keys, in a terminal as it was before.
    session.loses("Templates");
    session.wait("the editor reads");
    session.press("Inspect\r");
    session.wait("confluence is edited");
    session.press("fc");
    session.wait("+Inspect {{ symbol }}");
    session.press("\x1b");
    session.loses("+Inspect {{ symbol }}");
    session.press("q");
    session.wait("not saved");
    session.press("y");
    assert_eq!(session.ends(), 0);
    session.is_restored();
}

#[test]
fn a_light_terminal_is_asked_and_believed() {
    let home = Home::new();
    let ink = |ground: &str| {
        let mut session = Session::start(
            &home,
            env!("CARGO_BIN_EXE_wickdesk"),
            &[],
            &[("COLORTERM", "truecolor"), ("GROUND", ground)],
        );
        session.wait("EURUSD H1");
        let colour = {
            let parser = session.screen.lock().unwrap();
            parser.screen().cell(0, 2).unwrap().fgcolor()
        };
        session.press("q");
        assert_eq!(session.ends(), 0);
        session.is_restored();
        format!("{colour:?}")
    };
    // A terminal has 200 ms to answer. On a busy machine it may take longer, and is then taken for a dark one.
    let (light, dark) = ("Rgb(154, 91, 0)", "Rgb(230, 159, 0)");
    assert!((0..20).any(|_| ink("light") == light), "never taken for a light one");
    assert_eq!(ink("unknown"), dark);
}

/// Whether a draft of this home's holds these words. A file that is still being written has another ending.
fn is_drafted(home: &Home, words: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(home.path("state/wickdesk/drafts")) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let path = entry.path();
        path.extension().is_some_and(|ending| ending == "json")
            && std::fs::read_to_string(path).is_ok_and(|text| text.contains(words))
    })
}
