//! Shared by the tests: directories of their own, the binary, a server on loopback, gates, and a record of comparisons.
//!
//! No test waits for a time to pass and hopes that something has happened by then. It waits for the event: a [`Gate`] holds a
//! server's answer back, [`eventually`] waits for a state, [`Asked`] for a line of a process. Each ends in a failure after
//! [`PATIENCE`], which no machine should need.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wickdesk::config::{Flags, Settings};
use wickdesk::desk::Desk;
use wickdesk::market::{ReadOptions, Series, sample};

/// A home of a test's own: nothing outside it is read or written.
pub struct Home {
    directory: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// One that lies in memory where the system has a place for that: for tests that sync a hundred thousand times.
    pub fn in_memory() -> Self {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self {
            directory: directory.unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The bundled candles as a file.
    pub fn sample(&self) -> PathBuf {
        self.write(
            "EURUSD_H1.csv",
            include_bytes!("../../assets/candles/EURUSD_H1_dukascopy_ask.csv"),
        )
    }

    /// Variables under which the program keeps to this home and knows no key.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let at = |name: &str| self.path(name).display().to_string();
        vec![
            ("HOME", at("home")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_CACHE_HOME", at("cache")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_STATE_HOME", at("state")),
        ]
    }

    /// The binary, kept to this home.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wickdesk"));
        command.env_clear().envs(self.variables()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command().args(arguments).output().unwrap())
    }

    /// A desk of the library's, kept to this home.
    pub fn desk(&self) -> Desk {
        self.configured("")
    }

    /// The same, with this configuration.
    pub fn configured(&self, config: &str) -> Desk {
        let config = self.write("config/wickdesk/config.toml", config);
        let flags = Flags {
            config: Some(config),
            cache_dir: Some(self.path("cache/wickdesk")),
            data_dir: Some(self.path("data")),
        };
        let mut settings = Settings::gather(&flags, &|_| None).unwrap();
        settings.places.config = self.path("config/wickdesk");
        settings.places.state = self.path("state");
        let (desk, warning) = Desk::open(settings);
        assert_eq!(warning, None);
        desk
    }
}

/// What a run of the binary left.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.out, self.err))
    }

    /// The last line of standard error.
    pub fn last(&self) -> &str {
        self.err.trim_end().lines().last().unwrap_or_default()
    }
}

/// The bundled candles.
pub fn series() -> Series {
    sample(&ReadOptions::default()).unwrap().series
}

/// A file or folder of `tests/data`, which every clone has.
#[track_caller]
pub fn data(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    assert!(
        path.exists(),
        "tests/data/{name} is missing: it belongs to the repository"
    );
    path
}

/// The full reference data beside the project, where there is some. Records whether this test could compare with it.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    if path.exists() {
        ran("the full reference data in ../shared");
        return Some(path);
    }
    skipped(
        "the full reference data in ../shared",
        &format!("there is no ../shared/{name}"),
    );
    None
}

/// Records that this test compared with something that not every machine has.
pub fn ran(with: &str) {
    record(&format!("ran\t{}\t{with}\t", test_name()));
}

/// Records that it could not, and why.
pub fn skipped(with: &str, why: &str) {
    eprintln!("skipped: {with}: {why}");
    record(&format!(
        "skipped\t{}\t{with}\t{}",
        test_name(),
        why.trim().replace(['\n', '\t'], " ")
    ));
}

/// The harness names each thread after its test.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("unnamed").to_owned()
}

/// The comparisons of one run, for `tests/summary.rs`. Its file is named after the run, so that no other run's lines count, and begun
/// anew by each process.
fn record(line: &str) {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut lines = LINES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !lines.iter().any(|known| known == line) {
        lines.push(line.to_owned());
    }
    let name = format!("comparisons-{}.txt", run_number());
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), lines.join("\n")).unwrap();
}

/// The process that runs the test binaries one after the other, and so names the run.
fn run_number() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    0
}

/// How long a test waits for an event before it fails. No test passes because this time is over.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until it is so.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not so after {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Holds whoever passes until it is opened.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open. A gate that is never opened holds until the test is over.
    fn pass(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(open, PATIENCE * 10, |open| !*open).unwrap());
    }
}

/// A process on its way, with what it has written to standard error so far.
pub struct Asked {
    child: Child,
    err: Arc<Mutex<String>>,
    readers: Vec<std::thread::JoinHandle<String>>,
}

impl Asked {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = Arc::new(Mutex::new(String::new()));
        let (mut out, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let seen = Arc::clone(&err);
        let readers = vec![
            std::thread::spawn(move || {
                let mut text = String::new();
                out.read_to_string(&mut text).unwrap();
                text
            }),
            std::thread::spawn(move || {
                let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
                while let Ok(n @ 1..) = errors.read(&mut buffer) {
                    all.extend_from_slice(&buffer[..n]);
                    *seen.lock().unwrap() = String::from_utf8_lossy(&all).into_owned();
                }
                String::from_utf8(all).unwrap()
            }),
        ];
        Self { child, err, readers }
    }

    /// Whether it has said so on standard error.
    pub fn has_said(&self, words: &str) -> bool {
        self.err.lock().unwrap().contains(words)
    }

    /// Waits until it says so on standard error.
    #[track_caller]
    pub fn says(&self, words: &str) {
        eventually(&format!("it says {words}"), || self.has_said(words));
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn id(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end. Returns its exit code and all that it has written.
    #[track_caller]
    pub fn ends(mut self) -> Ran {
        let mut status = None;
        eventually("the process ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let mut texts = self.readers.drain(..).map(|reader| reader.join().unwrap());
        Ran {
            code: status.and_then(|s| s.code()).unwrap_or(-1),
            out: texts.next().unwrap(),
            err: texts.next().unwrap(),
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A part of a server's answer.
#[derive(Clone)]
pub enum Part {
    Bytes(Vec<u8>),
    Wait(Duration),
    /// Nothing more until the gate is open.
    Until(Gate),
}

pub fn text(text: &str) -> Part {
    Part::Bytes(text.as_bytes().to_vec())
}

/// A server on loopback.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// One that answers each call with the next of its scripts, the last one for ever.
    pub fn start(scripts: Vec<Vec<Part>>) -> Self {
        Self::answering(move |call, _| scripts[call.min(scripts.len() - 1)].clone())
    }

    /// One that answers the n-th call, whose request is this.
    pub fn answering(answer: impl Fn(usize, &str) -> Vec<Part> + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for (call, stream) in listener.incoming().flatten().enumerate() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, |request| answer(call, request), &seen));
            }
        });
        Self { url, requests }
    }

    /// A server that another process runs.
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            requests: Arc::default(),
        }
    }

    /// A server that streams `words` and ends with `finish`.
    pub fn saying(words: &[&str], finish: &str) -> Self {
        Self::start(vec![stream(words, Some(finish))])
    }

    /// The same server, its address with a slash at the end.
    pub fn with_slash(&self) -> Self {
        Self {
            url: format!("{}/", self.url),
            requests: Arc::clone(&self.requests),
        }
    }

    pub fn calls(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The n-th request, head and body.
    pub fn request(&self, n: usize) -> String {
        self.requests.lock().unwrap()[n].clone()
    }
}

fn serve(mut stream: TcpStream, answer: impl Fn(&str) -> Vec<Part>, seen: &Mutex<Vec<String>>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(n) = stream.read(&mut buffer) else { return };
        bytes.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| {
                    l.to_lowercase()
                        .strip_prefix("content-length:")
                        .map(|v| v.trim().parse::<usize>().unwrap())
                })
                .unwrap_or(0);
            if body.len() >= length {
                break;
            }
        }
        if n == 0 {
            return;
        }
    }
    let request = String::from_utf8_lossy(&bytes).into_owned();
    seen.lock().unwrap().push(request.clone());
    for part in answer(&request) {
        match part {
            Part::Bytes(bytes) => {
                if stream.write_all(&bytes).and_then(|()| stream.flush()).is_err() {
                    return;
                }
            }
            Part::Wait(time) => std::thread::sleep(time),
            Part::Until(gate) => gate.pass(),
        }
    }
}

/// An answer of `status` with a body.
pub fn reply(status: &str, headers: &str, body: &str) -> Vec<Part> {
    vec![text(&format!(
        "HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))]
}

pub const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// One frame of a chat stream.
pub fn frame(json: &serde_json::Value) -> Part {
    text(&format!("data: {json}\n\n"))
}

pub fn delta(content: &str) -> Part {
    frame(&serde_json::json!({"model": "mock-1", "choices": [{"delta": {"content": content}, "finish_reason": null}]}))
}

pub fn finish(reason: &str) -> Part {
    frame(&serde_json::json!({"model": "mock-1", "choices": [{"delta": {}, "finish_reason": reason}]}))
}

/// A whole streamed answer; without a reason the stream just ends.
pub fn stream(words: &[&str], reason: Option<&str>) -> Vec<Part> {
    let mut parts = vec![text(STREAM)];
    parts.extend(words.iter().map(|w| delta(w)));
    if let Some(reason) = reason {
        parts.push(finish(reason));
        parts.push(frame(&serde_json::json!({
            "choices": [],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "prompt_tokens_details": {"cached_tokens": 400}}
        })));
        parts.push(text("data: [DONE]\n\n"));
    }
    parts
}

const CHILD: &str = "WICKDESK_TEST_CHILD";

/// The words that run one test of this binary as a process of its own, `part` in `directory`; the first one is a setting
/// of the environment, as `env` and shells read it.
pub fn child(part: &str, test: &str, directory: &Path) -> [String; 6] {
    let program = std::env::current_exe().unwrap();
    [
        format!("{CHILD}={part}:{}", directory.display()),
        program.display().to_string(),
        "--exact".to_owned(),
        test.to_owned(),
        "--nocapture".to_owned(),
        "--test-threads=1".to_owned(),
    ]
}

/// The directory given, if this process is to play that part.
pub fn is_child(part: &str) -> Option<String> {
    let given = std::env::var(CHILD).ok()?;
    let (name, directory) = given.split_once(':')?;
    (name == part).then(|| directory.to_owned())
}

/// The same numbers for the same seed, which is not 0.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}
