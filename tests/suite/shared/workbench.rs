//! The workbench with a shared cache: another's answer, and a panel that says how the server stands.

use super::{Redis, config, echo, thinking};
use crate::support::{Gate, Home, Server, eventually};
use crate::workbench::Session;

const F5: &str = "\x1b[15~";

/// A machine whose workbench asks this model, and shares.
fn machine(url: &str, model: &Server) -> Home {
    let home = Home::new();
    let (sharing, address) = (config(url, ""), &model.url);
    let text = format!("model = \"echo/one\"\n{sharing}\n[providers.echo]\nbase_url = \"{address}\"\n");
    home.write("config/wickdesk/config.toml", text);
    home
}

#[test]
fn what_one_workbench_asked_is_a_hit_in_another() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let model = echo();
    let (one, two) = (machine(&redis.url(), &model), machine(&redis.url(), &model));
    let mut first = Session::open(&one);
    first.wait("there │");
    first.press("p");
    first.wait("would be a miss, unless");
    first.press(F5);
    first.wait("model mock-1 ·");
    first.press("q");
    assert_eq!(first.ends(), 0);
    let mut second = Session::open(&two);
    second.wait("there │");
    second.press(F5);
    second.wait("shared hit ·");
    second.wait("shared hits    ━━━━━ 100 %");
    assert_eq!(model.calls(), 1);
    redis.kill();
    // A new sample is not looked for, but it is to be shared: that it cannot be is seen after a few.
    for n in 1..=3 {
        second.press("R");
        second.wait(&format!("sample {n}"));
    }
    second.sees("shared: away since");
    second.sees("connection refused");
    second.remember();
    redis.restart();
    second.loses("shared: away since");
    second.press("q");
    assert_eq!(second.ends(), 0);
    second.is_restored();
}

#[test]
fn left_in_the_middle_of_an_ask_it_lets_its_lease_go() {
    let Some(redis) = Redis::start(&[]) else { return };
    let model = thinking(&Gate::default());
    let home = machine(&redis.url(), &model);
    let mut session = Session::open(&home);
    session.wait("there │");
    session.press(F5);
    eventually("the model is asked", || model.calls() == 1);
    assert!(redis.keys().iter().any(|key| key.contains(":lease:")));
    session.press("q");
    assert_eq!(session.ends(), 0);
    assert_eq!(redis.keys(), [""; 0]);
}
