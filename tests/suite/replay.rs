//! Setups played on what came after: against the reference, and as the command writes them.

use wickdesk::market::Candle;
use wickdesk::setup::{Ended, Order, Play, Replay, Setup, Side, Terms, Unplayable, Zone};

use crate::support::{self, Home, Ran};

const INPUTS: usize = 10;

#[test]
fn every_setup_of_the_reference_ends_as_it_must() {
    let (Some(reference), Some(data)) = (support::shared("reference"), support::shared("data")) else {
        return;
    };
    let home = Home::new();
    let mut compared = 0;
    for folder in std::fs::read_dir(&reference).unwrap().flatten() {
        let Ok(vectors) = std::fs::read_to_string(folder.path().join("replay.csv")) else {
            continue;
        };
        let name = folder.file_name().into_string().unwrap();
        let candles = data.join(format!("{name}.csv"));
        let inputs: Vec<String> = vectors
            .lines()
            .map(|line| line.split(',').take(INPUTS).collect::<Vec<_>>().join(","))
            .collect();
        let setups = home.write("setups.csv", inputs.join("\n"));
        let ran = home.run(&[
            "replay",
            setups.to_str().unwrap(),
            "-c",
            candles.to_str().unwrap(),
            "--export",
            "-",
        ]);
        let ran = ran.code(0);
        for (want, got) in vectors.lines().zip(ran.out.lines()).skip(1) {
            for (a, b) in want.split(',').zip(got.split(',')) {
                let near = match (a.parse::<f64>(), b.parse::<f64>()) {
                    (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
                    _ => a == b,
                };
                assert!(near, "{name}\nwant {want}\ngot  {got}");
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 1_200);
}

fn candle(time: i64, open: f64, high: f64, low: f64, close: f64) -> Candle {
    Candle {
        time,
        open,
        high,
        low,
        close,
        volume: 0.0,
    }
}

fn long(order: Order, entry: f64, stop: f64, targets: &[f64]) -> Setup {
    Setup {
        side: Some(Side::Long),
        order: Some(order),
        entry: Some(Zone::between(entry, entry)),
        stop: Some(stop),
        targets: targets.to_vec(),
        ..Setup::default()
    }
}

#[test]
fn gaps_costs_and_what_cannot_be_played() {
    let setup = long(Order::Limit, 100.0, 98.0, &[104.0, 106.0]);
    let terms = Terms {
        commission: 0.5,
        ..Terms::default()
    };
    let candles = [
        candle(1, 101.0, 101.5, 99.5, 100.5),
        // Opens beyond the first target: out there, better than asked.
        candle(2, 105.0, 105.5, 103.0, 105.0),
        // Opens beyond the stop loss: out there, worse.
        candle(3, 97.0, 97.5, 96.0, 97.0),
    ];
    let outcome = Play::new(&setup, 101.0, terms).unwrap().run(&candles);
    assert_eq!(outcome.status(), "tp1_then_sl");
    assert_eq!(
        (outcome.filled, outcome.end, outcome.exit),
        (Some((0, 100.0)), Some(2), Some(97.0))
    );
    // Half of +5, half of -3, less the commission, over a risk of 2.
    assert!((outcome.r.unwrap() - (0.5 * 5.0 - 0.5 * 3.0 - 0.5) / 2.0).abs() < 1e-12);
    let play = |setup: &Setup| Play::new(setup, 101.0, Terms::default());
    assert_eq!(
        play(&long(Order::Limit, 100.0, 101.0, &[104.0])).unwrap_err(),
        Unplayable::StopSide
    );
    assert_eq!(
        play(&long(Order::Limit, 100.0, 99.0, &[99.5])).unwrap_err(),
        Unplayable::TargetSide
    );
    assert_eq!(
        play(&long(Order::Limit, 100.0, 99.0, &[])).unwrap_err(),
        Unplayable::Missing("a target")
    );
    assert_eq!(
        play(&Setup {
            side: Some(Side::None),
            ..Setup::default()
        })
        .unwrap_err(),
        Unplayable::NoTrade
    );
}

#[test]
fn a_market_that_opens_beyond_the_stop_counts_by_the_planned_risk() {
    let setup = long(Order::Limit, 100.0, 98.0, &[104.0]);
    let terms = Terms {
        spread: 0.5,
        ..Terms::default()
    };
    // In at the ask, out at the bid of one open. At 98.0 and 97.5 no risk is left to the stop loss, or none at all.
    for open in [98.0, 97.5, 90.0] {
        let candles = [candle(1, open, open + 1.0, open - 1.0, open)];
        let outcome = Play::new(&setup, 101.0, terms).unwrap().run(&candles);
        assert_eq!((outcome.status().as_str(), outcome.exit), ("sl", Some(open)));
        assert_eq!(outcome.filled, Some((0, open + 0.5)));
        assert_eq!(outcome.r, Some(-0.5 / 2.0), "{open}");
    }
    // A market order without an entry planned to deal at the close it was given at.
    let market = Setup {
        entry: None,
        order: Some(Order::Market),
        ..setup
    };
    let outcome = Play::new(&market, 103.0, terms)
        .unwrap()
        .run(&[candle(1, 97.0, 97.5, 96.0, 97.0)]);
    assert_eq!(outcome.r, Some(-0.5 / 5.0));
}

#[test]
fn a_replay_goes_on_where_it_stood() {
    let setup = long(Order::Market, 100.0, 98.0, &[104.0]);
    let play = Play::new(&setup, 100.0, Terms::default()).unwrap();
    let mut replay = Replay::new(play.clone());
    assert_eq!(replay.outcome().ended, Ended::Open);
    assert!(!replay.step(&candle(1, 100.5, 101.0, 100.0, 100.8)));
    let open = replay.outcome();
    assert_eq!(
        (open.status().as_str(), open.filled, open.exit),
        ("open", Some((0, 100.5)), Some(100.8))
    );
    let last = candle(2, 100.8, 104.5, 100.5, 104.0);
    assert!(replay.step(&last));
    assert_eq!(
        replay.outcome(),
        play.run(&[candle(1, 100.5, 101.0, 100.0, 100.8), last])
    );
    assert_eq!(replay.outcome().status(), "tp1");
}

#[test]
fn a_bad_file_of_setups_is_one_line() {
    let home = Home::new();
    let candles = home.write(
        "c.csv",
        "time,open,high,low,close\n2024-01-01 00:00,1,2,1,2\n2024-01-01 01:00,2,3,2,3\n2024-01-01 02:00,3,4,3,4\n",
    );
    let head = "id,bar,dir,order,entry,sl,tps,spread,expiry,max_hold\n";
    for (row, words) in [
        (
            "0,9,1,market,2,1,4,0,6,10",
            "setup 0: bar 9 is beyond the last candle, 2",
        ),
        ("0,0,2,market,2,1,4,0,6,10", "dir 2 is neither 1 (buys) nor -1 (sells)"),
        ("0,0,1,later,2,1,4,0,6,10", "line 2: "),
        ("0,0,1,market,2,3,4,0,6,10", "the stop is on the wrong side"),
        ("0,0,1,market,2,1,four,0,6,10", "tps `four` are no prices"),
    ] {
        let setups = home.write("setups.csv", format!("{head}{row}\n"));
        let ran: Ran = home.run(&["replay", setups.to_str().unwrap(), "-c", candles.to_str().unwrap()]);
        let ran = ran.code(1);
        assert!(ran.last().contains(words), "{}", ran.err);
    }
}
