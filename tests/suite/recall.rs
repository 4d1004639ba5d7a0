//! History and scoreboard in the workbench: what was asked is listed, found, played candle by candle, and scored.

use std::sync::Arc;

use crossterm::event::KeyCode;
use futures_util::StreamExt;
use wickdesk::desk::{Judged, Policy, Question, Step, parse_as_of};
use wickdesk::tui::app::{Layer, Message, State};

use crate::app::Bench;
use crate::support;

/// A workbench whose journal has an analysis of each of these days.
fn with_records(width: u16, height: u16, template: &str, days: &[&str]) -> Bench {
    let bench = Bench::sized(width, height);
    let desk = bench.desk().clone();
    let series = Arc::new(support::series());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for day in days {
        let question = Question {
            template: Some(desk.library().find(template).unwrap().0),
            candles: vec![Arc::clone(&series)],
            as_of: Some(parse_as_of(day).unwrap()),
            ..Question::default()
        };
        let prepared = desk.prepare(&question).unwrap();
        let answer = runtime.block_on(async {
            let mut steps = desk.ask(&prepared, Policy::Cached);
            while let Some(step) = steps.next().await {
                if let Step::Done(answer) = step {
                    return answer;
                }
            }
            panic!("no answer")
        });
        let judged = Judged::answer(&answer, prepared.market.as_ref());
        desk.record(&prepared, &answer, &judged, "sample").unwrap();
    }
    bench
}

/// Days that some of which are traded on.
const DAYS: [&str; 12] = [
    "2017-02-01T10:00",
    "2017-02-08T10:00",
    "2017-02-15T10:00",
    "2017-02-22T10:00",
    "2017-03-01T10:00",
    "2017-03-08T10:00",
    "2017-03-15T10:00",
    "2017-03-22T10:00",
    "2017-04-05T10:00",
    "2017-04-12T10:00",
    "2017-04-19T10:00",
    "2017-05-03T10:00",
];

#[test]
fn what_is_answered_is_in_the_history() {
    let mut bench = Bench::sized(120, 36);
    bench.press(KeyCode::F(5));
    bench.keys("r");
    bench.keys("h");
    let screen = bench.screen();
    assert!(screen.contains("1 record ") && screen.contains("offline/3"), "{screen}");
    assert!(screen.contains("Enter replay"));
    bench.keys("/");
    bench.keys("q nothing of that");
    bench.press(KeyCode::Enter);
    assert!(bench.screen().contains("no record holds these words"));
    bench.press(KeyCode::Esc);
    assert!(bench.screen().contains("1 record "));
    bench.press(KeyCode::Esc);
    assert!(bench.app.layers().is_empty());
}

#[test]
fn a_record_is_played_candle_by_candle() {
    let mut bench = with_records(160, 48, "confluence", &DAYS);
    bench.keys("h");
    // The oldest that was traded.
    let Some(Layer::History(history)) = bench.app.layers().last() else {
        panic!("no history")
    };
    let traded = |h: &wickdesk::journal::Head| h.trial.closed_r().is_some();
    let at = history.heads.iter().rposition(traded).unwrap();
    let r = history.heads[at].trial.closed_r().unwrap();
    for _ in 0..at {
        bench.press(KeyCode::Down);
    }
    bench.press(KeyCode::Enter);
    let screen = bench.screen();
    assert!(
        screen.contains("candle 0 of ") && screen.contains("the order waits"),
        "{screen}"
    );
    bench.press(KeyCode::Right);
    bench.press(KeyCode::Right);
    assert!(bench.screen().contains("candle 2 of "));
    bench.press(KeyCode::Left);
    assert!(bench.screen().contains("candle 1 of "));
    // By itself, until it is decided.
    assert!(!bench.app.is_playing());
    bench.keys(" ");
    assert!(bench.app.is_playing());
    let mut ticks = 0;
    while bench.app.is_playing() {
        bench.send(Message::Tick);
        ticks += 1;
        assert!(ticks < 500);
    }
    let screen = bench.screen();
    assert!(screen.contains(&format!("{r:+.2} R   Space")), "{r} {screen}");
    insta::assert_snapshot!("replay_160x48", screen);
    // The setup is drawn on candles that were not known then, and no structure of theirs is known before its time.
    bench.press(KeyCode::Home);
    assert!(bench.screen().contains("candle 0 of "));
    bench.press(KeyCode::Esc);
    assert!(bench.screen().contains("Enter replay"));
}

#[test]
fn the_scoreboard_is_sorted_and_leads_to_its_analyses() {
    let mut bench = with_records(160, 48, "confluence", &DAYS);
    bench.keys("s");
    let screen = bench.screen();
    assert!(
        screen.contains("offline/3 · confluence · EURUSD H1") && screen.contains("too few to tell"),
        "{screen}"
    );
    insta::assert_snapshot!("scores_160x48", screen);
    bench.press(KeyCode::Right);
    assert!(bench.screen().contains("by no trade"));
    bench.press(KeyCode::Enter);
    let screen = bench.screen();
    assert!(screen.contains("History 12 records"), "{screen}");
    bench.press(KeyCode::Esc);
    assert!(bench.screen().contains("Scoreboard journal"));
    bench.press(KeyCode::Esc);
    assert!(bench.app.layers().is_empty());
}

#[test]
fn at_every_size_nothing_falls_out_of_the_screen() {
    for (width, height) in [(60, 20), (80, 24), (120, 36), (220, 60)] {
        let mut bench = with_records(width, height, "smc", &DAYS[..3]);
        for keys in ["s", "h"] {
            bench.keys(keys);
            let screen = bench.screen();
            assert!(screen.contains("Esc") || width < 80, "{screen}");
            bench.press(KeyCode::Enter);
            bench.screen();
            bench.press(KeyCode::Esc);
            bench.press(KeyCode::Esc);
            bench.press(KeyCode::Esc);
        }
    }
}

#[test]
fn records_are_noted_tagged_written_held_against_each_other_and_asked_again() {
    let mut bench = Bench::sized(160, 48);
    bench.press(KeyCode::F(5));
    bench.keys("tj");
    bench.press(KeyCode::F(5));
    bench.keys("h");
    let screen = bench.screen();
    assert!(
        screen.contains("2 records") && screen.contains("offline/3 answered"),
        "{screen}"
    );
    bench.keys("nA good one");
    bench.press(KeyCode::Enter);
    bench.keys("tgold a+");
    bench.press(KeyCode::Enter);
    assert!(
        bench.screen().contains("#gold #a+") && bench.screen().contains("note: A good one"),
        "{}",
        bench.screen()
    );
    // What is noted is found, and so is what only the prompt says.
    bench.keys("/good gold");
    bench.press(KeyCode::Enter);
    assert!(bench.screen().contains("1 record"), "{}", bench.screen());
    bench.press(KeyCode::Esc);
    bench.keys("/0.786 pocket");
    bench.press(KeyCode::Enter);
    assert!(bench.screen().contains("1 record"), "{}", bench.screen());
    bench.press(KeyCode::Esc);
    // The mark stays while another is looked for.
    bench.keys("d");
    bench.press(KeyCode::Down);
    bench.keys("d");
    assert!(
        bench.screen().contains("How they differ") && bench.screen().contains("+template: confluence"),
        "{}",
        bench.screen()
    );
    bench.press(KeyCode::Esc);
    bench.keys("r");
    assert!(bench.app.layers().is_empty());
    assert_eq!(bench.app.library()[bench.app.chosen()].name, "confluence");
    let State::Done(answer) = bench.app.response().state() else {
        panic!("asked again")
    };
    assert_eq!(answer.tier.to_string(), "memory");
}

#[test]
fn a_record_of_another_market_is_asked_again_on_a_desk_of_its_own() {
    let mut bench = Bench::sized(120, 36);
    bench.keys("5");
    bench.press(KeyCode::F(5));
    bench.keys("4hr");
    assert_eq!((bench.app.tabs().count(), bench.app.tab_at()), (2, 1));
    assert_eq!(bench.app.candles().unwrap().market.facts.timeframe.to_string(), "H4");
    assert!(
        matches!(bench.app.response().state(), State::Done(_)),
        "{}",
        bench.toast()
    );
    bench.keys("<");
    assert_eq!(bench.app.candles().unwrap().market.facts.timeframe.to_string(), "H1");
}
