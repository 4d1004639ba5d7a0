//! A remote model, over a real socket: what is complete is cached, what is not is told apart and never kept.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Gate, Home, PATIENCE, Part, Ran, STREAM, Server, delta, finish, frame, reply, stream, text};

const KEY: &str = "sk-planted-0123456789";

fn ask(home: &Home, server: &Server, more: &[&str]) -> Ran {
    let mut arguments = vec![
        "ask",
        "hello",
        "-m",
        "openai/gpt-4o",
        "--base-url",
        &server.url,
        "--json",
    ];
    arguments.extend(more);
    Ran::of(
        home.command()
            .env("OPENAI_API_KEY", KEY)
            .args(arguments)
            .output()
            .unwrap(),
    )
}

#[test]
fn a_streamed_answer_is_kept_and_the_second_ask_calls_nobody() {
    let home = Home::new();
    let server = Server::saying(&["Hello", ", desk."], "stop");
    let first = ask(&home, &server, &["--temperature", "0.5", "--system", "Be brief."])
        .code(0)
        .json();
    assert_eq!(
        (&first["answer"], &first["model"], &first["requested_model"]),
        (&"Hello, desk.".into(), &"mock-1".into(), &"openai/gpt-4o".into())
    );
    assert_eq!(
        first["usage"],
        json!({"input": 1000, "cached_input": 400, "output": 500, "reasoning": 0})
    );
    // 600 fresh at $2.5, 400 cached at $1.25, 500 out at $10 per million
    assert!((first["cost_usd"].as_f64().unwrap() - 0.007).abs() < 1e-9);
    let request = server.request(0);
    assert!(request.to_lowercase().contains(&format!("authorization: bearer {KEY}")));
    let body: Json = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(
        body["messages"],
        json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}])
    );
    assert_eq!(
        (&body["model"], &body["temperature"], &body["stream"]),
        (&"gpt-4o".into(), &0.5.into(), &true.into())
    );
    let second = ask(&home, &server, &["--temperature", "0.5", "--system", "Be brief."])
        .code(0)
        .json();
    assert_eq!((&second["cache"]["tier"], server.calls()), (&"disk".into(), 1));
    assert_eq!(second["cost_usd"], first["cost_usd"]);
    let slash = server.with_slash();
    assert_eq!(
        ask(&home, &slash, &["--temperature", "0.5", "--system", "Be brief."]).json()["cache"]["tier"],
        "disk"
    );
    let stats = home.run(&["cache", "stats", "--json"]).json();
    assert_eq!(stats["calls_saved"], 2);
    assert!(stats["usd_saved"].as_f64().unwrap() > 0.013);
}

#[test]
fn a_stream_without_its_end_is_shown_marked_and_not_kept() {
    let home = Home::new();
    let cases = [
        (stream(&["half an ", "answer"], None), "incomplete"),
        (stream(&["half an answer"], Some("length")), "length"),
        (stream(&["half an answer"], Some("content_filter")), "content_filter"),
        (
            vec![
                text(STREAM),
                delta("half an answer"),
                frame(&json!({"error": {"message": "overloaded"}})),
            ],
            "error",
        ),
    ];
    for (script, reason) in cases {
        let server = Server::start(vec![script]);
        for _ in 0..2 {
            let ran = ask(&home, &server, &[]).code(4);
            let json = ran.json();
            assert_eq!(
                (&json["answer"], &json["complete"], &json["finish_reason"]),
                (&"half an answer".into(), &false.into(), &reason.into())
            );
            assert!(
                ran.err.contains("not stored") && ran.last().contains("partial"),
                "{}",
                ran.err
            );
        }
        assert_eq!(server.calls(), 2, "{reason}");
    }
    assert_eq!(home.run(&["cache", "stats", "--json"]).json()["disk_items"], 0);
}

#[test]
fn the_finish_reason_is_enough_and_bytes_may_come_in_any_pieces() {
    let home = Home::new();
    let mut bytes: Vec<u8> = STREAM.as_bytes().to_vec();
    bytes.extend(
        "\u{feff}: ping\r\n\r\ndata:{\"choices\":[{\"delta\":{\"content\":\"Zürich 日本 \"}}]}\r\n\r\n".as_bytes(),
    );
    bytes.extend(
        "event: x\ndata: {\"choices\":[{\"delta\":{\"content\":\"ok\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n"
            .as_bytes(),
    );
    let pieces: Vec<Part> = bytes
        .chunks(3)
        .flat_map(|piece| [Part::Bytes(piece.to_vec()), Part::Wait(Duration::from_micros(200))])
        .collect();
    let server = Server::start(vec![pieces]);
    assert_eq!(ask(&home, &server, &[]).code(0).json()["answer"], "Zürich 日本 ok");
}

#[test]
fn a_whole_json_answer_is_taken_as_the_answer_it_is() {
    let home = Home::new();
    let body = json!({"model": "m", "choices": [{"message": {"content": "all at once"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
    let server = Server::start(vec![reply(
        "200 OK",
        "content-type: application/json\r\n",
        &body.to_string(),
    )]);
    let json = ask(&home, &server, &[]).code(0).json();
    assert_eq!(
        (&json["answer"], &json["complete"]),
        (&"all at once".into(), &true.into())
    );
}

#[test]
fn failures_are_told_apart_in_one_line_without_the_key() {
    let home = Home::new();
    let error = format!("{{\"error\":{{\"message\":\"about {KEY} indeed\"}}}}");
    let json = "content-type: application/json\r\n";
    let cases = [
        (
            reply("401 Unauthorized", json, &error),
            "refuses the key (401): check OPENAI_API_KEY",
        ),
        (reply("404 Not Found", json, &error), "has no model `gpt-4o`"),
        (
            reply(
                "429 Too Many",
                "content-type: application/json\r\nretry-after: 700\r\n",
                &error,
            ),
            "limits the rate (wait 700 s)",
        ),
        (
            reply("400 Bad Request", json, &error),
            "refuses the request (400): about [key] indeed",
        ),
        (reply("500 Oops", json, "boom"), "failed (500): boom"),
        (
            reply("302 Found", "location: http://127.0.0.1:9/\r\n", ""),
            "a redirect",
        ),
        (
            reply("200 OK", "content-type: text/html\r\n", "<!DOCTYPE html><html>"),
            "is no model server: it answered with a web page",
        ),
        (reply("200 OK", json, "{}"), "JSON without an answer"),
        (reply("200 OK", json, &error), "about [key] indeed"),
        (vec![text(STREAM)], "an empty answer"),
        (vec![text(STREAM), finish("stop")], "an empty answer"),
        (vec![text("nonsense\r\n\r\n")], "cannot reach"),
    ];
    for (script, want) in cases {
        let server = Server::start(vec![script]);
        let ran = ask(&home, &server, &[]).code(1);
        assert!(ran.last().contains(want), "{want}: {}", ran.err);
        let tries = ran.err.lines().filter(|l| l.contains("trying again in")).count();
        assert_eq!(
            (ran.err.trim_end().lines().count() - tries, ran.out.as_str()),
            (1, ""),
            "{}",
            ran.err
        );
        assert!(!ran.err.contains(KEY), "{}", ran.err);
    }
    no_key_below(&home.path(""));
}

fn no_key_below(directory: &std::path::Path) {
    nowhere_below(directory, KEY);
}

/// Searches every byte that was written.
pub fn nowhere_below(directory: &std::path::Path, key: &str) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            nowhere_below(&path, key);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(key.len()).any(|w| w == key.as_bytes()),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn hostile_output_is_made_harmless() {
    let home = Home::new();
    let server = Server::saying(&["a\u{1b}[3", "1mred\u{1b}]52;c;", "aGk=\u{7} \u{202e}b\r\nc"], "stop");
    let ran = ask(&home, &server, &[]).code(0);
    assert_eq!(ran.json()["answer"], "ared b\nc");
    assert_eq!(ask(&home, &server, &[]).json()["answer"], "ared b\nc");
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_the_ask_cleanly() {
    let home = Home::new();
    let mut script = stream(&["first words"], None);
    script.push(Part::Until(Gate::default()));
    let server = Server::start(vec![script]);
    let mut child = home
        .command()
        .args(["ask", "hello", "-m", "openai/gpt-4o", "--base-url", &server.url])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = [0; 11];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut out).unwrap();
    let begun = Instant::now();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < PATIENCE, "it waited for the server");
}

#[test]
fn twenty_at_once_are_one_call() {
    use futures_util::StreamExt;
    let home = Home::new();
    let gate = Gate::default();
    let mut script = vec![text(STREAM), delta("slow "), Part::Until(gate.clone())];
    script.extend([delta("answer"), finish("stop")]);
    let server = Server::start(vec![script]);
    let desk = home.desk();
    let question = wickdesk::desk::Question {
        prompt: Some("hello".to_owned()),
        model: Some("openai/x".to_owned()),
        base_url: Some(server.url.clone()),
        ..Default::default()
    };
    let prepared = desk.prepare(&question).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let texts = runtime.block_on(async {
        let asks = (0..20).map(|_| desk.ask(&prepared, wickdesk::desk::Policy::Cached).collect::<Vec<_>>());
        let joined = async {
            while desk.cache().report().session.joined < 19 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            gate.open();
        };
        let asked = futures_util::future::join(futures_util::future::join_all(asks), joined);
        tokio::time::timeout(PATIENCE, asked).await.unwrap().0
    });
    for steps in texts {
        let done = steps.iter().find_map(|s| match s {
            wickdesk::desk::Step::Done(answer) => Some(answer.text.clone()),
            _ => None,
        });
        assert_eq!(done.as_deref(), Some("slow answer"));
    }
    assert_eq!(server.calls(), 1);
    let counts = desk.cache().report().session;
    assert_eq!((counts.stored, counts.joined), (1, 19));
}
