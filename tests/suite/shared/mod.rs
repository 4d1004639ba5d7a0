//! The cache that several machines share, against a real server: Redis, started for each test on loopback.

mod commands;
mod crowd;
mod hits;
mod kinds;
mod lease;
mod troubles;
mod trust;
mod workbench;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use redis::FromRedisValue;
use tempfile::TempDir;
use wickdesk::desk::{Answer, Desk, Policy, Question, Step};

use crate::support::{Gate, Home, PATIENCE, Part, Ran, Server, ran, skipped, stream};

const KEY: &str = "sk-planted-0123456789";

/// A port that was free a moment ago, below those that the system gives to clients: while a server is down, no client that looks
/// for it gets its port.
fn free_port() -> u16 {
    loop {
        let port = fastrand::u16(15_000..22_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A server of a test's own.
struct Redis {
    port: u16,
    options: Vec<String>,
    directory: TempDir,
    process: Child,
}

impl Redis {
    /// One with these options more; `None`, and a word about it, where the machine has none.
    fn start(options: &[&str]) -> Option<Self> {
        let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
        // A port that was free may be taken by the time it is wanted.
        for _ in 0..10 {
            let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
            let Some(process) = launch(port, &options, directory.path()) else {
                skipped("a Redis server", "there is no redis-server on this machine");
                return None;
            };
            let mut redis = Self {
                port,
                options: options.clone(),
                directory,
                process,
            };
            if redis.answers() {
                ran("a Redis server");
                return Some(redis);
            }
        }
        panic!("redis-server does not start with {options:?}");
    }

    /// Whether it answers, if need be with an error, before long.
    fn answers(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            let client = redis::Client::open(self.url()).unwrap();
            let connected = client.get_connection_with_timeout(PATIENCE);
            let answer: redis::RedisResult<()> = connected.and_then(|mut c| redis::cmd("DBSIZE").query(&mut c));
            let not_yet = |e: &redis::RedisError| e.is_connection_refusal() || e.code() == Some("LOADING");
            if !answer.is_err_and(|e| not_yet(&e)) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again, empty, where it was.
    fn restart(&mut self) {
        loop {
            self.process = launch(self.port, &self.options, self.directory.path()).unwrap();
            if self.answers() {
                return;
            }
        }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// What it answers to a command.
    #[track_caller]
    fn says<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = redis::Client::open(self.url()).unwrap().get_connection().unwrap();
        ask(&mut connection, words)
    }

    /// How many commands it has served since it was started.
    fn served(&self) -> u64 {
        let info: String = self.says(&["INFO", "stats"]);
        let number = info
            .lines()
            .find_map(|line| line.strip_prefix("total_commands_processed:"));
        number.unwrap().trim().parse().unwrap()
    }

    fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.says(&["KEYS", "*"]);
        keys.sort();
        keys
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[track_caller]
fn ask<T: FromRedisValue>(connection: &mut redis::Connection, words: &[&str]) -> T {
    let mut command = redis::cmd(words[0]);
    words[1..].iter().for_each(|word| {
        command.arg(*word);
    });
    command.query(connection).unwrap()
}

fn launch(port: u16, options: &[String], directory: &Path) -> Option<Child> {
    let port = port.to_string();
    let mut command = Command::new("redis-server");
    let encrypted = options.iter().any(|o| o == "--tls-port");
    let own_port = if encrypted { "0" } else { &port };
    command.args([
        "--port",
        own_port,
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
    ]);
    command.args(options.iter().map(|o| if o == "PORT" { &port } else { o }));
    command
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.spawn() {
        Ok(child) => Some(child),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("redis-server: {error}"),
    }
}

/// A machine's home that shares through this server.
fn machine(url: &str, more: &str) -> Home {
    let home = Home::new();
    configure(&home, url, more);
    home
}

fn configure(home: &Home, url: &str, more: &str) {
    home.write("config/wickdesk/config.toml", config(url, more));
}

fn config(url: &str, more: &str) -> String {
    format!("[cache.shared]\nurl = \"{url}\"\n{more}\n")
}

/// A model that repeats what it is asked.
fn echo() -> Server {
    Server::answering(|_, request| stream(&["You said: ", &said(request)], Some("stop")))
}

/// The same, which answers when the gate is open.
fn thinking(gate: &Gate) -> Server {
    let gate = gate.clone();
    Server::answering(move |_, request| {
        let mut parts = vec![Part::Until(gate.clone())];
        parts.extend(stream(&["You said: ", &said(request)], Some("stop")));
        parts
    })
}

/// The question in a request.
fn said(request: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let messages = body["messages"].as_array().unwrap();
    messages.last().unwrap()["content"].as_str().unwrap().to_owned()
}

/// The command that asks the model a question.
fn asking(home: &Home, model: &Server, question: &str, more: &[&str]) -> Command {
    let mut command = home.command();
    command.env("OPENAI_API_KEY", KEY);
    command.args([
        "ask",
        question,
        "-m",
        "openai/gpt-4o",
        "--base-url",
        &model.url,
        "--json",
    ]);
    command.args(more);
    command
}

#[track_caller]
fn put(home: &Home, model: &Server, question: &str, more: &[&str]) -> Ran {
    Ran::of(asking(home, model, question, more).output().unwrap())
}

/// The tier that answers.
#[track_caller]
fn tier(home: &Home, model: &Server, question: &str) -> String {
    let answer = put(home, model, question, &[]).code(0).json();
    assert_eq!(answer["answer"], format!("You said: {question}"));
    answer["cache"]["tier"].as_str().unwrap().to_owned()
}

fn stats(home: &Home) -> serde_json::Value {
    home.run(&["cache", "stats", "--json"]).code(0).json()
}

/// The library's desk on a machine that shares, with a model at hand.
fn desk(home: &Home, url: &str, more: &str, model: &Server) -> Desk {
    let config = config(url, more);
    let model = &model.url;
    home.configured(&format!("{config}\n[providers.echo]\nbase_url = \"{model}\"\n"))
}

/// Asks the desk's model; the steps up to the answer.
async fn answered(desk: &Desk, question: &str) -> Result<Answer, String> {
    let question = Question {
        prompt: Some(question.to_owned()),
        model: Some("echo/one".to_owned()),
        ..Question::default()
    };
    let prepared = desk.prepare(&question).map_err(|e| e.to_string())?;
    let mut steps = desk.ask(&prepared, Policy::Cached);
    let mut answer = None;
    while let Some(step) = steps.next().await {
        match step {
            Step::Done(done) => answer = Some(*done),
            Step::Failed(error) => return Err(error.to_string()),
            _ => {}
        }
    }
    answer.ok_or_else(|| "no answer".to_owned())
}
