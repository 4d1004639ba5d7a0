//! What lies on the server is not believed until it has been looked at.

use super::{Redis, asking, echo, machine, put, stats, tier};
use crate::support::{Home, Ran, Server};

/// A machine that asks with this secret.
fn told(home: &Home, model: &Server, question: &str, secret: &str) -> (String, u64) {
    let mut command = asking(home, model, question, &[]);
    let answer = Ran::of(command.env("DESK_SECRET", secret).output().unwrap())
        .code(0)
        .json();
    assert_eq!(answer["answer"], format!("You said: {question}"));
    let refused = stats(home)["refused"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    (answer["cache"]["tier"].as_str().unwrap().to_owned(), refused)
}

#[test]
fn poisoned_values_are_misses_counted_and_replaced() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    assert_eq!(tier(&machine(&redis.url(), ""), &model, "hello"), "model");
    assert_eq!(tier(&machine(&redis.url(), ""), &model, "another"), "model");
    let mut connection = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
    let mut bytes = |key: &str| -> Vec<u8> { redis::cmd("GET").arg(key).query(&mut connection).unwrap() };
    let first = put(&machine(&redis.url(), ""), &model, "hello", &[]).json()["cache"]["key"].clone();
    let place = format!("wickdesk:v1:resp:{}", first.as_str().unwrap());
    let elsewhere = redis.keys().into_iter().find(|key| *key != place).unwrap();
    let (good, foreign) = (bytes(&place), bytes(&elsewhere));
    let changed = |at: usize, to: u8| {
        let mut value = good.clone();
        value[at] = to;
        value
    };
    let end = good.len() - 1;
    let poisons: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"You said: something else".to_vec(),
        good[..end].to_vec(),
        [&good[..], b"more"].concat(),
        changed(0, 99),
        changed(end, b'!'),
        // Another question's answer.
        foreign,
        vec![0; 3_000_000],
    ];
    for poison in poisons {
        let mut connection = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
        let _: () = redis::cmd("SET")
            .arg(&place)
            .arg(&poison)
            .query(&mut connection)
            .unwrap();
        let home = machine(&redis.url(), "");
        let before = model.calls();
        assert_eq!(tier(&home, &model, "hello"), "model");
        assert_eq!(model.calls(), before + 1);
        let counts = stats(&home);
        assert_eq!(counts["refused"]["shared: damaged"], 1, "{counts}");
        assert_eq!(
            (&counts["shared_hits"], &counts["shared_misses"]),
            (&0.into(), &1.into())
        );
        // The place holds a good one again.
        assert_eq!(tier(&machine(&redis.url(), ""), &model, "hello"), "shared");
    }
    // What is no string at all.
    let _: i64 = redis.says(&["DEL", &place]);
    let _: i64 = redis.says(&["RPUSH", &place, "a", "list"]);
    assert_eq!(tier(&machine(&redis.url(), ""), &model, "hello"), "model");
}

#[test]
fn with_a_secret_only_who_knows_it_is_believed() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = echo();
    let sealed = || machine(&redis.url(), "secret_env = \"DESK_SECRET\"");
    assert_eq!(told(&sealed(), &model, "hello", "one"), ("model".to_owned(), 0));
    assert_eq!(told(&sealed(), &model, "hello", "one"), ("shared".to_owned(), 0));
    // Another's secret, or none: refused, and replaced by what each believes.
    assert_eq!(told(&sealed(), &model, "hello", "two"), ("model".to_owned(), 1));
    assert_eq!(
        told(&machine(&redis.url(), ""), &model, "hello", ""),
        ("model".to_owned(), 1)
    );
    assert_eq!(told(&sealed(), &model, "hello", "one"), ("model".to_owned(), 1));
    // An authentic value in another question's place is none.
    let place = redis.keys().remove(0);
    assert_eq!(told(&sealed(), &model, "another", "one"), ("model".to_owned(), 0));
    let other = redis.keys().into_iter().find(|key| *key != place).unwrap();
    let _: i64 = redis.says(&["COPY", &place, &other, "REPLACE"]);
    let fresh = sealed();
    assert_eq!(told(&fresh, &model, "another", "one"), ("model".to_owned(), 1));
    assert_eq!(stats(&fresh)["refused"]["shared: not authentic"], 1);
    let pulled = Ran::of(
        sealed()
            .command()
            .env("DESK_SECRET", "three")
            .args(["cache", "pull"])
            .output()
            .unwrap(),
    )
    .code(1);
    assert!(pulled.last().contains("2 values"), "{}", pulled.err);
    let missing = put(&sealed(), &model, "hello", &[]).code(0);
    assert!(missing.last().contains("DESK_SECRET is not set"), "{}", missing.err);
}
