//! A real model, no mock: llama.cpp's server on loopback, where `WICKDESK_LLAMA` names its address. See `tests/README.md`.

use crate::support::{Home, Ran, ran, skipped};

/// The server's address, if there is one. Records whether this test could ask it.
fn server() -> Option<String> {
    let url = std::env::var("WICKDESK_LLAMA").ok();
    match url {
        Some(_) => ran("a real model"),
        None => skipped(
            "a real model",
            "WICKDESK_LLAMA names no llama.cpp server (tests/README.md)",
        ),
    }
    url
}

fn ask(home: &Home, url: &str, key: &str, arguments: &[&str]) -> Ran {
    let mut command = home.command();
    command.env("OPENAI_API_KEY", key).arg("ask").args(arguments);
    let ran = Ran::of(
        command
            .args(["-m", "openai/gemma", "--base-url", url])
            .output()
            .unwrap(),
    );
    assert!(
        !ran.err.contains("right-key") && !ran.err.contains("wrong-key"),
        "{}",
        ran.err
    );
    ran
}

#[test]
fn a_real_model_answers_once_and_is_a_hit_the_second_time() {
    let Some(url) = server() else { return };
    let home = Home::new();
    // Ended by a word that stops it: a normal end.
    let template = home.write(
        "story.prompt",
        "---\nconfig:\n  temperature: 0\n  max_tokens: 200\n  stop: [\"a\"]\n---\nOnce upon a time\n",
    );
    let question = ["-t", template.to_str().unwrap(), "--json"];
    let first = ask(&home, &url, "right-key", &question).code(0).json();
    assert!(
        !first["answer"].as_str().unwrap().is_empty() && first["complete"] == true,
        "{first}"
    );
    assert!(first["usage"]["output"].as_u64().unwrap() > 0);
    let second = ask(&home, &url, "right-key", &question).code(0).json();
    assert_eq!(
        (&second["cache"]["tier"], &second["answer"]),
        (&"disk".into(), &first["answer"])
    );
    let streamed = ask(
        &home,
        &url,
        "right-key",
        &["-t", template.to_str().unwrap(), "--refresh"],
    )
    .code(0);
    assert!(!streamed.out.trim().is_empty());
}

#[test]
fn a_real_model_cut_short_is_partial_and_not_kept() {
    let Some(url) = server() else { return };
    let home = Home::new();
    for _ in 0..2 {
        let json = ask(
            &home,
            &url,
            "right-key",
            &["Once upon a time", "--max-tokens", "5", "--json"],
        )
        .code(4)
        .json();
        assert_eq!(
            (&json["finish_reason"], &json["cache"]["tier"]),
            (&"length".into(), &"model".into())
        );
    }
}

#[test]
fn a_real_server_says_what_is_wrong() {
    let Some(url) = server() else { return };
    let home = Home::new();
    let long = "word ".repeat(2_000);
    let ran = ask(&home, &url, "right-key", &[&long]).code(1);
    assert!(
        ran.last().contains("the prompt is too long for openai by "),
        "{}",
        ran.err
    );
    let ran = ask(&home, &url, "wrong-key", &["hello"]).code(1);
    assert_eq!(ran.last(), "error: openai refuses the key (401): check OPENAI_API_KEY");
}

#[test]
#[cfg(unix)]
fn a_real_stream_is_cancelled_at_once() {
    use std::io::Read;
    let Some(url) = server() else { return };
    let home = Home::new();
    let mut command = home.command();
    command.env("OPENAI_API_KEY", "right-key");
    command.args([
        "ask",
        "Count to a thousand: one, two,",
        "-m",
        "openai/gemma",
        "--base-url",
        &url,
    ]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    let begun = std::time::Instant::now();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < crate::support::PATIENCE);
}
