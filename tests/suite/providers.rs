//! Every dialect over a real socket: what is asked, how answers end, what refusals mean, and what is done about them.

use std::io::Read as _;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::support::{Gate, Home, PATIENCE, Part, Ran, STREAM, Server, delta, finish, frame, reply, stream, text};

const KEY: &str = "key-planted-0123456789";
const JSON: &str = "content-type: application/json\r\n";

/// A way of speaking: how a model of it is named, where its key comes from, and how its server streams.
struct Speaker {
    model: &'static str,
    key: &'static str,
    path: &'static str,
    base: &'static str,
    /// Words, reason, and the answer's pieces.
    says: fn(&[&str], Option<&str>) -> Vec<Part>,
    stop: &'static str,
    length: &'static str,
}

const NDJSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n";

fn event(kind: &str, data: Json) -> Part {
    text(&format!("event: {kind}\ndata: {data}\n\n"))
}

fn anthropic(words: &[&str], reason: Option<&str>) -> Vec<Part> {
    let usage = json!({"input_tokens": 600, "cache_read_input_tokens": 400, "output_tokens": 1});
    let start = json!({"type": "message_start", "message": {"model": "claude-x", "usage": usage}});
    let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let mut parts = vec![
        text(STREAM),
        event("message_start", start),
        event("content_block_start", block),
        event("ping", json!({"type": "ping"})),
    ];
    parts.extend(words.iter().map(|w| {
        event(
            "content_block_delta",
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": w}}),
        )
    }));
    if let Some(reason) = reason {
        let delta = json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 500}});
        parts.push(event("message_delta", delta));
        parts.push(event("message_stop", json!({"type": "message_stop"})));
    }
    parts
}

fn gemini(words: &[&str], reason: Option<&str>) -> Vec<Part> {
    let mut parts = vec![text(STREAM)];
    for (at, word) in words.iter().enumerate() {
        let mut candidate = json!({"content": {"role": "model", "parts": [{"text": word}]}, "index": 0});
        let mut piece = json!({"modelVersion": "gemini-x"});
        if at + 1 == words.len()
            && let Some(reason) = reason
        {
            candidate["finishReason"] = reason.into();
            piece["usageMetadata"] = json!({"promptTokenCount": 1000, "cachedContentTokenCount": 400, "candidatesTokenCount": 300, "thoughtsTokenCount": 200});
        }
        piece["candidates"] = json!([candidate]);
        parts.push(text(&format!("data: {piece}\r\n\r\n")));
    }
    parts
}

fn cohere(words: &[&str], reason: Option<&str>) -> Vec<Part> {
    let mut parts = vec![
        text(STREAM),
        event("message-start", json!({"type": "message-start", "id": "1"})),
    ];
    parts.extend(words.iter().map(|w| {
        event(
            "content-delta",
            json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": w}}}}),
        )
    }));
    if let Some(reason) = reason {
        let usage =
            json!({"billed_units": {"input_tokens": 9.0}, "tokens": {"input_tokens": 1000.0, "output_tokens": 500.0}});
        parts.push(event(
            "message-end",
            json!({"type": "message-end", "delta": {"finish_reason": reason, "usage": usage}}),
        ));
        parts.push(text("data: [DONE]\n\n"));
    }
    parts
}

fn ollama(words: &[&str], reason: Option<&str>) -> Vec<Part> {
    let mut parts = vec![text(NDJSON)];
    parts.extend(words.iter().map(|w| {
        text(&format!(
            "{}\n",
            json!({"model": "llama-x", "message": {"role": "assistant", "content": w}, "done": false})
        ))
    }));
    if let Some(reason) = reason {
        let last = json!({"model": "llama-x", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason, "prompt_eval_count": 1000, "eval_count": 500});
        parts.push(text(&format!("{last}\n")));
    }
    parts
}

const SPEAKERS: [Speaker; 6] = [
    Speaker {
        model: "openai/gpt-4o",
        key: "OPENAI_API_KEY",
        path: "/v1/chat/completions",
        base: "/v1",
        says: stream,
        stop: "stop",
        length: "length",
    },
    Speaker {
        model: "anthropic/claude-sonnet-4-5",
        key: "ANTHROPIC_API_KEY",
        path: "/v1/messages",
        base: "/v1",
        says: anthropic,
        stop: "end_turn",
        length: "max_tokens",
    },
    Speaker {
        model: "gemini/gemini-2.5-pro",
        key: "GEMINI_API_KEY",
        path: "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
        base: "/v1beta",
        says: gemini,
        stop: "STOP",
        length: "MAX_TOKENS",
    },
    Speaker {
        model: "cohere/command-a-03-2025",
        key: "COHERE_API_KEY",
        path: "/v2/chat",
        base: "/v2",
        says: cohere,
        stop: "COMPLETE",
        length: "MAX_TOKENS",
    },
    Speaker {
        model: "ollama/llama-x",
        key: "OLLAMA_API_KEY",
        path: "/api/chat",
        base: "",
        says: ollama,
        stop: "stop",
        length: "length",
    },
    Speaker {
        model: "azure/my-deployment",
        key: "AZURE_API_KEY",
        path: "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21",
        base: "",
        says: stream,
        stop: "stop",
        length: "length",
    },
];

fn ask(home: &Home, speaker: &Speaker, server: &Server, more: &[&str]) -> Ran {
    let url = format!("{}{}", server.url.trim_end_matches("/v1"), speaker.base);
    let mut arguments = vec![
        "ask",
        "hello",
        "--system",
        "Be brief.",
        "-m",
        speaker.model,
        "--base-url",
        &url,
        "--json",
    ];
    arguments.extend(more);
    let ran = Ran::of(home.command().env(speaker.key, KEY).args(arguments).output().unwrap());
    assert!(
        !ran.out.contains(KEY) && !ran.err.contains(KEY),
        "{}{}",
        ran.out,
        ran.err
    );
    ran
}

#[test]
fn every_dialect_asks_answers_and_is_cached() {
    for speaker in &SPEAKERS {
        let home = Home::new();
        let server = Server::start(vec![(speaker.says)(&["Hello, ", "desk. 日本"], Some(speaker.stop))]);
        let parameters = ["--temperature", "0.5", "--max-tokens", "77"];
        let ran = ask(&home, speaker, &server, &parameters).code(0);
        let json = ran.json();
        assert_eq!(
            (&json["answer"], &json["complete"]),
            (&"Hello, desk. 日本".into(), &true.into()),
            "{}",
            speaker.model
        );
        let usage = &json["usage"];
        assert_eq!(
            (&usage["input"], &usage["output"]),
            (&1000.into(), &500.into()),
            "{}: {usage}",
            speaker.model
        );
        let request = server.request(0);
        assert!(
            request.starts_with(&format!("POST {} HTTP/1.1", speaker.path)),
            "{request}"
        );
        assert_eq!(request.contains(KEY), speaker.model != "ollama/llama-x", "{request}");
        assert!(!request.lines().next().unwrap().contains(KEY), "the key is in a header");
        let body: Json = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        let said = body.to_string();
        assert!(
            said.contains("Be brief.") && said.contains("hello") && said.contains("0.5") && said.contains("77"),
            "{said}"
        );
        let again = ask(&home, speaker, &server, &parameters).code(0).json();
        assert_eq!(
            (&again["cache"]["tier"], server.calls()),
            (&"disk".into(), 1),
            "{}",
            speaker.model
        );
    }
}

#[test]
fn what_is_not_whole_is_marked_and_never_kept() {
    for speaker in &SPEAKERS {
        let home = Home::new();
        let cut = (speaker.says)(&["half an ", "answer"], None);
        let long = (speaker.says)(&["half an ", "answer"], Some(speaker.length));
        for (script, reason) in [(cut, "incomplete"), (long, "length")] {
            let server = Server::start(vec![script]);
            for _ in 0..2 {
                let json = ask(&home, speaker, &server, &[]).code(4).json();
                assert_eq!(
                    (&json["answer"], &json["finish_reason"], &json["complete"]),
                    (&"half an answer".into(), &reason.into(), &false.into()),
                    "{}",
                    speaker.model
                );
            }
            assert_eq!(server.calls(), 2);
        }
        let nothing = Server::start(vec![(speaker.says)(&[], None)]);
        let ran = ask(&home, speaker, &nothing, &[]).code(1);
        assert!(ran.last().contains("empty answer"), "{}: {}", speaker.model, ran.err);
        let page = Server::start(vec![reply(
            "200 OK",
            "content-type: text/html\r\n",
            "<!DOCTYPE html><p>hi",
        )]);
        let ran = ask(&home, speaker, &page, &[]).code(1);
        assert!(
            ran.last().contains("is no model server: it answered with a web page"),
            "{}: {}",
            speaker.model,
            ran.err
        );
        assert_eq!(home.run(&["cache", "stats", "--json"]).json()["disk_items"], 0);
    }
}

#[test]
fn bytes_may_come_in_any_pieces() {
    for speaker in &SPEAKERS {
        let home = Home::new();
        let mut bytes = Vec::new();
        for part in (speaker.says)(&["Zürich ", "日本 ok"], Some(speaker.stop)) {
            if let Part::Bytes(piece) = part {
                bytes.extend(piece);
            }
        }
        let pieces = bytes.chunks(3).map(|piece| Part::Bytes(piece.to_vec()));
        let server = Server::start(vec![pieces.collect()]);
        let json = ask(&home, speaker, &server, &[]).code(0).json();
        assert_eq!(json["answer"], "Zürich 日本 ok", "{}", speaker.model);
    }
}

#[test]
fn whole_answers_are_taken_as_the_answers_they_are() {
    let bodies = [
        (
            1,
            json!({"type": "message", "model": "c", "content": [{"type": "text", "text": "whole"}], "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 2}}),
        ),
        (
            2,
            json!([{"candidates": [{"content": {"parts": [{"text": "wh"}]}}]}, {"candidates": [{"content": {"parts": [{"text": "ole"}]}, "finishReason": "STOP"}]}]),
        ),
        (
            3,
            json!({"id": "1", "message": {"content": [{"type": "text", "text": "whole"}]}, "finish_reason": "COMPLETE"}),
        ),
        (
            4,
            json!({"message": {"content": "whole"}, "done": true, "done_reason": "stop"}),
        ),
    ];
    for (at, body) in bodies {
        let home = Home::new();
        let server = Server::start(vec![reply("200 OK", JSON, &body.to_string())]);
        let json = ask(&home, &SPEAKERS[at], &server, &[]).code(0).json();
        assert_eq!(
            (&json["answer"], &json["complete"]),
            (&"whole".into(), &true.into()),
            "{}",
            SPEAKERS[at].model
        );
    }
    // JSON to a stream, without a type to say so.
    let home = Home::new();
    let body = json!({"choices": [{"message": {"content": "untyped"}, "finish_reason": "stop"}]}).to_string();
    let server = Server::start(vec![reply("200 OK", "", &body)]);
    assert_eq!(
        ask(&home, &SPEAKERS[0], &server, &[]).code(0).json()["answer"],
        "untyped"
    );
    // Longer than any error.
    let long = "word ".repeat(40_000);
    let body = json!({"choices": [{"message": {"content": long}, "finish_reason": "stop"}]}).to_string();
    let server = Server::start(vec![reply("200 OK", JSON, &body)]);
    let json = ask(&home, &SPEAKERS[0], &server, &["--seed", "1"]).code(0).json();
    assert_eq!(json["answer"].as_str().unwrap().len(), long.len());
}

#[test]
fn errors_of_every_dialect_are_told_apart() {
    let [openai, anthropic, gemini, cohere, ollama, _] = &SPEAKERS;
    let say = |speaker: &Speaker, error: Json| match speaker.model.split('/').next().unwrap() {
        "cohere" => json!({"id": "1", "message": error["message"]}),
        "ollama" => json!({"error": error["message"]}),
        _ => json!({ "error": error }),
    };
    let cases: Vec<(&Speaker, &str, Json, &str)> = vec![
        (
            openai,
            "401 Unauthorized",
            json!({"message": "no", "code": "invalid_api_key"}),
            "openai refuses the key (401): check OPENAI_API_KEY",
        ),
        (
            gemini,
            "400 Bad Request",
            json!({"message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}),
            "gemini refuses the key (400): check GEMINI_API_KEY",
        ),
        (
            anthropic,
            "401 Unauthorized",
            json!({"type": "authentication_error", "message": "invalid x-api-key"}),
            "anthropic refuses the key (401)",
        ),
        (
            openai,
            "429 Too Many",
            json!({"message": "You exceeded your current quota", "code": "insufficient_quota"}),
            "openai has no quota left",
        ),
        (
            anthropic,
            "400 Bad Request",
            json!({"message": "Your credit balance is too low to access the API"}),
            "anthropic has no quota left",
        ),
        (
            openai,
            "402 Payment Required",
            json!({"message": "Insufficient Balance"}),
            "openai has no quota left",
        ),
        (
            openai,
            "404 Not Found",
            json!({"message": "The model does not exist", "code": "model_not_found"}),
            "has no model `gpt-4o`",
        ),
        (
            ollama,
            "404 Not Found",
            json!({"message": "model 'llama-x' not found, try pulling it first"}),
            "ollama has no model `llama-x`",
        ),
        (
            openai,
            "400 Bad Request",
            json!({"message": "This model's maximum context length is 128000 tokens. However, your messages resulted in 130500 tokens.", "code": "context_length_exceeded"}),
            "the prompt is too long for openai by 2500 tokens",
        ),
        (
            anthropic,
            "400 Bad Request",
            json!({"message": "prompt is too long: 210000 tokens > 200000 maximum"}),
            "the prompt is too long for anthropic by 10000 tokens",
        ),
        (
            openai,
            "400 Bad Request",
            json!({"message": "the request exceeds the available context size", "type": "exceed_context_size_error", "n_prompt_tokens": 700, "n_ctx": 512}),
            "the prompt is too long for openai by 188 tokens",
        ),
        (
            cohere,
            "400 Bad Request",
            json!({"message": "too many tokens: total number of tokens cannot exceed 4096"}),
            "the prompt is too long for cohere",
        ),
        (
            openai,
            "413 Payload Too Large",
            json!({"message": "Request too large"}),
            "the prompt is too long for openai",
        ),
        (
            gemini,
            "400 Bad Request",
            json!({"message": "Invalid value at 'contents'"}),
            "gemini refuses the request (400)",
        ),
        (
            openai,
            "409 Conflict",
            json!({"message": "conflict"}),
            "openai refuses the request (409)",
        ),
        (
            openai,
            "403 Forbidden",
            json!({"message": "Country, region, or territory not supported"}),
            "refuses the key (403)",
        ),
    ];
    for (speaker, status, error, words) in cases {
        let home = Home::new();
        let server = Server::start(vec![reply(status, JSON, &say(speaker, error).to_string())]);
        let ran = ask(&home, speaker, &server, &[]).code(1);
        assert!(ran.last().contains(words), "{status}: {}", ran.err);
        assert_eq!(
            (server.calls(), ran.err.trim_end().lines().count()),
            (1, 1),
            "{}",
            ran.err
        );
    }
    // Within a stream: first, and in its midst.
    let home = Home::new();
    let overloaded = || {
        event(
            "error",
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
        )
    };
    let server = Server::start(vec![vec![text(STREAM), overloaded()]]);
    assert!(
        ask(&home, anthropic, &server, &[])
            .code(1)
            .last()
            .contains("Overloaded")
    );
    let mut script = (anthropic.says)(&["half"], None);
    script.push(overloaded());
    let server = Server::start(vec![script]);
    let ran = ask(&home, anthropic, &server, &[]).code(4);
    assert_eq!(ran.json()["finish_reason"], "error");
    // Gemini's filter, on the prompt.
    let blocked = frame(&json!({"promptFeedback": {"blockReason": "SAFETY"}}));
    let server = Server::start(vec![vec![text(STREAM), blocked]]);
    assert!(
        ask(&home, gemini, &server, &[])
            .code(1)
            .last()
            .contains("gemini filtered it all")
    );
}

#[test]
fn what_may_pass_is_tried_again_before_the_first_words_only() {
    let openai = &SPEAKERS[0];
    let busy = |status: &str| {
        reply(
            status,
            "content-type: application/json\r\nretry-after: 0\r\n",
            "{\"error\":{\"message\":\"busy\"}}",
        )
    };
    for status in [
        "408 Request Timeout",
        "429 Too Many Requests",
        "500 Oops",
        "502 Bad Gateway",
        "503 Busy",
        "529 Overloaded",
    ] {
        let home = Home::new();
        let server = Server::start(vec![busy(status), stream(&["after all"], Some("stop"))]);
        let ran = ask(&home, openai, &server, &[]).code(0);
        assert_eq!(
            (&ran.json()["answer"], server.calls()),
            (&"after all".into(), 2),
            "{status}"
        );
        assert!(
            ran.err.contains("trying again in") && ran.err.contains("2 of 4"),
            "{status}: {}",
            ran.err
        );
    }
    // A connection that ends before the answer begins; one that ends behind its first words is not asked again.
    let home = Home::new();
    let server = Server::start(vec![vec![], stream(&["after all"], Some("stop"))]);
    assert_eq!(ask(&home, openai, &server, &[]).code(0).json()["answer"], "after all");
    let cut = vec![
        text("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"),
        delta("some"),
    ];
    let server = Server::start(vec![cut, stream(&["never"], Some("stop"))]);
    let ran = ask(&home, openai, &server, &["--seed", "2"]).code(4);
    assert_eq!((&ran.json()["answer"], server.calls()), (&"some".into(), 1));
    // Tries end.
    let server = Server::start(vec![busy("503 Busy")]);
    let home = Home::new();
    let ran = ask(&home, openai, &server, &[]).code(1);
    assert_eq!(server.calls(), 4);
    assert!(ran.last().contains("openai failed (503): busy"), "{}", ran.err);
}

#[test]
fn each_wait_has_its_end() {
    let openai = &SPEAKERS[0];
    let ping = || text(": ping\n\n");
    let wait = || Part::Wait(Duration::from_millis(100));
    // Each script goes on for far longer than the wait that is to end it.
    let slow_headers = vec![Part::Until(Gate::default())];
    let mut pings = vec![text(STREAM)];
    let mut idle = vec![text(STREAM), delta("some ")];
    let mut endless = vec![text(STREAM)];
    for _ in 0..6_000 {
        pings.extend([ping(), wait()]);
        idle.extend([ping(), wait()]);
        endless.extend([delta("x"), wait()]);
    }
    let cases = [
        ("first", slow_headers, 1, "no words within 1 s"),
        ("first", pings, 1, "no words within 1 s"),
        ("idle", idle, 4, "nothing more within 1 s"),
        ("total", endless, 4, "no end within 1 s"),
    ];
    for (short, script, code, words) in cases {
        let home = Home::new();
        // A busy machine may take longer than the wait that is tried, so the others are out of its way.
        let length = |name| if name == short { "1s" } else { "300s" };
        let config = ["first", "idle", "total"].map(|name| format!("{name} = \"{}\"\n", length(name)));
        home.write(
            "config/wickdesk/config.toml",
            format!("[timeouts]\n{}", config.concat()),
        );
        let server = Server::start(vec![script]);
        let begun = Instant::now();
        let ran = ask(&home, openai, &server, &[]).code(code);
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
        assert!(begun.elapsed() < PATIENCE, "{words}");
    }
}

#[test]
fn a_parameter_that_is_refused_is_left_away_and_remembered() {
    let openai = &SPEAKERS[0];
    let home = Home::new();
    let refusal = json!({"error": {"message": "Unsupported value: 'temperature' does not support 0.5 with this model.", "param": "temperature"}});
    let server = Server::start(vec![
        reply("400 Bad Request", JSON, &refusal.to_string()),
        stream(&["without"], Some("stop")),
    ]);
    let first = ask(&home, openai, &server, &["--temperature", "0.5"]).code(0);
    assert!(
        first.err.contains("openai/gpt-4o does not take temperature"),
        "{}",
        first.err
    );
    assert!(server.request(0).contains("temperature") && !server.request(1).contains("temperature"));
    // What is kept is what was really asked: with the parameter or without it, the next ask finds it.
    for more in [&["--temperature", "0.5"][..], &[]] {
        let again = ask(&home, openai, &server, more).code(0).json();
        assert_eq!(
            (&again["cache"]["tier"], server.calls()),
            (&"disk".into(), 2),
            "{more:?}"
        );
        assert_eq!(again["cache"]["key"], first.json()["cache"]["key"]);
    }
}

#[test]
fn a_fallback_answers_under_its_own_name_and_key() {
    let home = Home::new();
    let bad = Server::start(vec![reply("401 Unauthorized", JSON, "{}")]);
    let good = Server::saying(&["from the second"], "stop");
    let config = format!(
        "model = \"first/a\"\nfallback = [\"keyed/x\", \"second/b\", \"offline\"]\n[providers.first]\nbase_url = \"{}\"\n[providers.second]\nbase_url = \"{}\"\n[providers.keyed]\nbase_url = \"{}\"\nkey_env = \"NOT_SET\"\n",
        bad.url, good.url, good.url
    );
    home.write("config/wickdesk/config.toml", config);
    let ran = home.run(&["ask", "hello", "--json"]).code(0);
    let json = ran.json();
    assert_eq!(
        (&json["answer"], &json["requested_model"]),
        (&"from the second".into(), &"second/b".into())
    );
    assert!(
        ran.err.contains("first wants a key (401)") && ran.err.contains("(asking second/b instead)"),
        "{}",
        ran.err
    );
    let again = home.run(&["ask", "hello", "-m", "second/b", "--json"]).code(0).json();
    assert_eq!((&again["cache"]["tier"], good.calls()), (&"disk".into(), 1));
}

#[test]
fn spending_is_counted_and_stops_at_its_limit() {
    let openai = &SPEAKERS[0];
    let home = Home::new();
    let server = Server::saying(&["costs"], "stop");
    ask(&home, openai, &server, &[]).code(0);
    ask(&home, openai, &server, &[]).code(0);
    let spend = home.run(&["models", "spend", "--json"]).code(0).json();
    assert_eq!(spend["day"]["calls"], 1, "a hit costs nothing");
    assert!((spend["day"]["usd"].as_f64().unwrap() - 0.007).abs() < 1e-9, "{spend}");
    home.write("config/wickdesk/config.toml", "[limits]\nspend_per_day = 0.005\n");
    assert_eq!(
        ask(&home, openai, &server, &[]).code(0).json()["cache"]["tier"],
        "disk",
        "a hit is free"
    );
    let ran = ask(&home, openai, &server, &["--refresh"]).code(5);
    assert!(
        ran.last()
            .contains("0.0070 US dollars were spent today, the limit is 0.005"),
        "{}",
        ran.err
    );
    assert_eq!(server.calls(), 1);
}

#[test]
fn a_call_that_is_left_or_cut_is_counted_too() {
    let openai = &SPEAKERS[0];
    let home = Home::new();
    let spend = || home.run(&["models", "spend", "--json"]).code(0).json()["day"].clone();
    let refused = Server::start(vec![reply("401 Unauthorized", JSON, "{}")]);
    ask(&home, openai, &refused, &[]).code(1);
    assert_eq!(spend()["calls"], 0, "who refuses charges nothing");

    let words = "word ".repeat(400);
    let cut = Server::start(vec![stream(&[&words], None)]);
    ask(&home, openai, &cut, &[]).code(4);
    let first = spend();
    assert_eq!((&first["calls"], &first["estimated"]), (&1.into(), &1.into()));
    // 2,000 bytes are about 500 tokens at $10 per million, and the prompt on top.
    let usd = first["usd"].as_f64().unwrap();
    assert!((0.005..0.006).contains(&usd), "{first}");

    let endless = Server::start(vec![vec![text(STREAM), delta(&words), Part::Until(Gate::default())]]);
    let mut command = home.command();
    command
        .env("OPENAI_API_KEY", KEY)
        .args(["ask", "hello", "-m", openai.model, "--base-url", &endless.url])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut some = [0; 5];
    child.stdout.as_mut().unwrap().read_exact(&mut some).unwrap();
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    Ran::of(child.wait_with_output().unwrap()).code(130);
    let both = spend();
    assert_eq!((&both["calls"], &both["estimated"]), (&2.into(), &2.into()));
    assert!((0.010..0.011).contains(&both["usd"].as_f64().unwrap()), "{both}");
    let table = home.run(&["models", "spend"]).code(0);
    assert!(
        table.out.contains("2 calls") && table.out.contains(", 2 estimated"),
        "{}",
        table.out
    );
}

#[test]
fn a_model_is_listed_and_checked() {
    let home = Home::new();
    let list = home.run(&["models"]).code(0);
    for words in [
        "offline/3",
        "openai/gpt-4o",
        "no key (ANTHROPIC_API_KEY)",
        "Not supported",
        "bedrock",
    ] {
        assert!(list.out.contains(words), "{words}");
    }
    let one = home.run(&["models", "list", "gpt-4o-mini", "--json"]).code(0);
    let first: Json = serde_json::from_str(one.out.lines().next().unwrap()).unwrap();
    assert!(first["context"].as_u64().unwrap() > 100_000 && first["usd_per_million"]["input"].as_f64().unwrap() > 0.0);
    let server = Server::saying(&["OK"], "stop");
    let mut command = home.command();
    command
        .env("OPENAI_API_KEY", KEY)
        .args(["models", "check", "gpt-4o", "--base-url", &server.url]);
    let ran = Ran::of(command.output().unwrap()).code(0);
    assert!(ran.out.contains("openai/gpt-4o answers as mock-1"), "{}", ran.out);
    assert!(server.request(0).contains("\"max_completion_tokens\":16"));
    assert_eq!(
        home.run(&["models", "check", "gpt-4o"]).code(5).last(),
        "error: no key for openai: set OPENAI_API_KEY, or ask the offline analyst with -m offline"
    );
}

/// The system's program for its keyring is another's; one in its place shows what is asked of it.
#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn a_key_comes_from_the_keyring() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.write("config/wickdesk/config.toml", "[providers.openai]\nkeyring = true\n");
    let server = Server::saying(&["OK"], "stop");
    let run = |path: &str| {
        let mut command = home.command();
        command.env("PATH", path);
        command.args(["ask", "hello", "-m", "gpt-4o", "--base-url", &server.url]);
        Ran::of(command.output().unwrap())
    };
    let none = run(&home.path("nowhere").display().to_string()).code(5);
    assert!(
        none.last()
            .ends_with("put it there with: secret-tool store --label wickdesk service wickdesk account openai"),
        "{}",
        none.err
    );
    let script = format!("#!/bin/sh\n[ \"$*\" = \"lookup service wickdesk account openai\" ] && echo {KEY}\n");
    let tool = home.write("bin/secret-tool", script);
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    run(&format!("{}:/usr/bin:/bin", home.path("bin").display())).code(0);
    assert!(server.request(0).contains(&format!("Bearer {KEY}")));
}

#[test]
fn usage_comes_in_many_shapes() {
    let openai = &SPEAKERS[0];
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 3, "prompt_cache_hit_tokens": 4});
    let scripts = [
        // In the last chunk with choices, as LiteLLM's proxy sends it; behind it; under Groq's own name.
        vec![
            text(STREAM),
            delta("a"),
            frame(&json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage})),
        ],
        vec![
            text(STREAM),
            delta("a"),
            finish("stop"),
            frame(&json!({"choices": [], "usage": usage})),
        ],
        vec![
            text(STREAM),
            delta("a"),
            frame(&json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "x_groq": {"usage": usage}})),
        ],
    ];
    for script in scripts {
        let home = Home::new();
        let server = Server::start(vec![script]);
        let json = ask(&home, openai, &server, &[]).code(0).json();
        assert_eq!(
            json["usage"],
            json!({"input": 9, "cached_input": 4, "output": 3, "reasoning": 0})
        );
    }
    let home = Home::new();
    let json = ask(
        &home,
        &SPEAKERS[1],
        &Server::start(vec![anthropic(&["a"], Some("end_turn"))]),
        &[],
    )
    .code(0)
    .json();
    assert_eq!(
        json["usage"],
        json!({"input": 1000, "cached_input": 400, "output": 500, "reasoning": 0})
    );
    let json = ask(
        &home,
        &SPEAKERS[2],
        &Server::start(vec![gemini(&["a"], Some("STOP"))]),
        &[],
    )
    .code(0)
    .json();
    assert_eq!(
        json["usage"],
        json!({"input": 1000, "cached_input": 400, "output": 500, "reasoning": 200})
    );
}

#[test]
fn a_recording_is_replayed_with_its_timing_and_kept_like_any_answer() {
    let home = Home::new();
    let lines = [
        json!({"asked": "never asked", "says": ["wrong"]}),
        json!({"asked": "weather", "says": ["It ", "rains."], "ms": 150}),
        json!({"says": ["half"], "finish": null}),
    ];
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    let file = home.write("answers.jsonl", text);
    let model = format!("recorded/{}", file.display());
    let begun = Instant::now();
    let json = home
        .run(&["ask", "the weather?", "-m", &model, "--json"])
        .code(0)
        .json();
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!((&json["answer"], &json["cost_usd"]), (&"It rains.".into(), &Json::Null));
    assert_eq!(
        home.run(&["ask", "the weather?", "-m", &model, "--json"])
            .code(0)
            .json()["cache"]["tier"],
        "disk"
    );
    let json = home.run(&["ask", "anything", "-m", &model, "--json"]).code(4).json();
    assert_eq!(json["finish_reason"], "incomplete");
    let ran = home.run(&["ask", "x", "-m", "recorded/nowhere.jsonl"]).code(1);
    assert!(ran.last().contains("recorded answers nowhere.jsonl"), "{}", ran.err);
}

#[test]
fn prices_are_refreshed_from_a_file_or_an_address_and_nothing_is_spoilt() {
    let home = Home::new();
    let table = json!({"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-3, "output_cost_per_token": 2e-3, "max_input_tokens": 99}});
    let file = home.write("table.json", table.to_string());
    home.run(&["models", "refresh", file.to_str().unwrap()]).code(0);
    let price = |home: &Home| -> Json {
        let out = home.run(&["models", "list", "openai/gpt-4o", "--json"]).out;
        let all = out.lines().map(|l| serde_json::from_str::<Json>(l).unwrap());
        all.into_iter().find(|m| m["model"] == "openai/gpt-4o").unwrap()
    };
    assert_eq!(
        (&price(&home)["usd_per_million"]["input"], &price(&home)["context"]),
        (&json!(1000.0), &json!(99))
    );
    let server = Server::start(vec![
        reply("200 OK", JSON, &table.to_string()),
        reply("404 Not Found", "", ""),
    ]);
    home.run(&["models", "refresh", &server.url]).code(0);
    for from in [server.url.as_str(), "http://example.org/x.json", "nowhere.json"] {
        let ran = home.run(&["models", "refresh", from]).code(1);
        assert!(ran.last().contains("the prices stay as they are"), "{}", ran.err);
    }
    assert_eq!(price(&home)["context"], 99);
}

#[test]
fn models_asked_last_are_known() {
    let home = Home::new();
    let config = |url: &str| format!("[providers.one]\nbase_url = \"{url}\"\n[providers.two]\nbase_url = \"{url}\"\n");
    let server = Server::saying(&["yes"], "stop");
    home.write("config/wickdesk/config.toml", config(&server.url));
    for model in ["one/a", "two/b", "one/a"] {
        home.run(&["ask", "hi", "-m", model, "--refresh"]).code(0);
    }
    let desk = {
        let flags = wickdesk::config::Flags {
            config: Some(home.path("config/wickdesk/config.toml")),
            cache_dir: Some(home.path("cache/wickdesk")),
            data_dir: Some(home.path("data/wickdesk")),
        };
        wickdesk::desk::Desk::open(wickdesk::config::Settings::gather(&flags, &|_| None).unwrap()).0
    };
    let used: Vec<String> = desk.last_used().into_iter().map(|(model, _)| model).collect();
    assert_eq!(used, ["one/a", "two/b"]);
}

#[test]
fn addresses_that_lead_nowhere_are_told_apart() {
    let home = Home::new();
    // A server that answers a TLS greeting as plain http servers do.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let tls = format!("https://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let page = Server::start(vec![reply(
        "501 Unsupported method",
        "content-type: text/html\r\n",
        "<!DOCTYPE HTML><html>",
    )]);
    for (url, words) in [
        (tls.as_str(), "no safe connection to"),
        (
            "https://no-such-host.invalid/v1",
            "cannot resolve https://no-such-host.invalid/v1",
        ),
        (
            "http://127.0.0.1:9/v1",
            "cannot reach http://127.0.0.1:9/v1: connection refused",
        ),
        (page.url.as_str(), "is no model server"),
    ] {
        let mut command = home.command();
        command
            .env("OPENAI_API_KEY", KEY)
            .args(["ask", "hi", "-m", "openai/x", "--base-url", url]);
        let ran = Ran::of(command.output().unwrap()).code(1);
        assert!(ran.last().contains(words), "{url}: {}", ran.err);
        assert_eq!(ran.err.trim_end().lines().count(), 1, "{}", ran.err);
    }
}
