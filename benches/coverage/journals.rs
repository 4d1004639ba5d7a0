//! Journals whose true mean is known.

use fastrand::Rng;
use wickdesk::setup::score::{Interval, Observation, estimate, share};

use crate::candidates::{block_bootstrap, cluster_robust, episodes, stationary_bootstrap, student_of_independent};

/// How the result of one independent trade is drawn.
#[derive(Clone, Copy)]
enum Results {
    /// Normal, variance 1.
    Normal,
    /// -1 R in seven of ten, else +2 or +3 R: skewed as results are.
    Skewed,
    /// -1 R in three of four, else +3 R.
    OneInFour,
    /// Student's with 3 degrees of freedom: heavy tails.
    Heavy,
    /// Losses of 1 to 1.5 R, gains of 1 to 3 R and seldom 9 R.
    Real,
}

impl Results {
    fn mean(self) -> f64 {
        match self {
            Results::Normal | Results::OneInFour | Results::Heavy => 0.0,
            Results::Skewed => 0.3 * 2.5 - 0.7,
            Results::Real => -0.65 - 0.05 * 1.25 + 0.3 * (2.0 + 0.05 * 3.0),
        }
    }

    fn draw(self, random: &mut Rng) -> f64 {
        match self {
            Results::Normal => normal(random),
            Results::Skewed if random.f64() < 0.7 => -1.0,
            Results::Skewed => f64::from(random.i32(2..=3)),
            Results::OneInFour if random.f64() < 0.25 => 3.0,
            Results::OneInFour => -1.0,
            Results::Heavy => {
                let squares: f64 = (0..3).map(|_| normal(random).powi(2)).sum();
                normal(random) / (squares / 3.0).sqrt()
            }
            Results::Real => match random.f64() {
                u if u < 0.65 => -1.0,
                u if u < 0.7 => -1.0 - 0.5 * random.f64(),
                _ => {
                    let more = if random.f64() < 0.05 { 6.0 * random.f64() } else { 0.0 };
                    1.0 + 2.0 * random.f64() + more
                }
            },
        }
    }
}

fn normal(random: &mut Rng) -> f64 {
    (-2.0 * (1.0 - random.f64()).ln()).sqrt() * (std::f64::consts::TAU * random.f64()).cos()
}

type Draw = Box<dyn Fn(&mut Rng) -> Vec<Observation>>;

/// A kind of journal: its name, the true mean, and how one is drawn.
struct Kind(String, f64, Draw);

/// Trades one after another.
fn independent(n: i64, results: Results) -> Draw {
    Box::new(move |random| {
        let each = (0..n).map(|at| Observation {
            start: at * 10,
            end: at * 10 + 5,
            value: results.draw(random),
        });
        each.collect()
    })
}

/// A trade at every candle, held for one of these numbers of candles; its result is what the market did meanwhile. With
/// `either`, the side of each is a coin's.
fn overlapping(n: i64, held: std::ops::RangeInclusive<i64>, either: bool) -> Draw {
    Box::new(move |random| {
        let mut market = vec![0.0];
        for at in 0..(n + held.end()) as usize {
            market.push(market[at] + normal(random));
        }
        let each = (0..n).map(|start| {
            let end = start + random.i64(held.clone());
            let side = if either && random.bool() { -1.0 } else { 1.0 };
            let moved = market[end as usize] - market[start as usize];
            Observation {
                start,
                end,
                value: side * moved / ((end - start) as f64).sqrt(),
            }
        });
        each.collect()
    })
}

/// A trade every `every` candles with a stop loss and a target so many steps of a driftless market away.
fn stops_and_targets(n: i64, every: i64, stop: i64, target: i64, either: bool) -> Draw {
    Box::new(move |random| {
        let mut market = vec![0i64];
        let mut at = |time: i64, random: &mut Rng| {
            while market.len() <= time as usize {
                let last = market[market.len() - 1];
                market.push(last + if random.bool() { 1 } else { -1 });
            }
            market[time as usize]
        };
        let each = (0..n).map(|number| {
            let start = number * every;
            let side = if either && random.bool() { -1 } else { 1 };
            let entry = at(start, random);
            let mut end = start;
            loop {
                end += 1;
                let moved = (at(end, random) - entry) * side;
                if moved <= -stop || moved >= target {
                    let value = moved as f64 / stop as f64;
                    return Observation { start, end, value };
                }
            }
        });
        each.collect()
    })
}

/// Events, each told in as many trades as `sizes` says; of the variance `shared` is the event's. Trades of an event start `gap`
/// candles apart and last `held`.
fn events(sizes: &[i64], shared: f64, gap: i64, held: i64, results: Results) -> Draw {
    let sizes = sizes.to_vec();
    Box::new(move |random| {
        let mut sizes = sizes.clone();
        random.shuffle(&mut sizes);
        let mut told = Vec::new();
        let mut begins = 0;
        for size in sizes {
            let event = results.draw(random);
            for at in 0..size {
                let start = begins + at * gap;
                let value = match results {
                    Results::Normal => shared.sqrt() * event + (1.0 - shared).sqrt() * normal(random),
                    _ if random.f64() < shared => event,
                    _ => results.draw(random),
                };
                let end = start + held;
                told.push(Observation { start, end, value });
            }
            begins += size * gap + held + 5;
        }
        told
    })
}

fn kinds() -> Vec<Kind> {
    use Results::{Heavy, Normal, OneInFour, Real, Skewed};
    let mut kinds = Vec::new();
    let mut add = |name: &str, mean: f64, draw: Draw| kinds.push(Kind(name.to_owned(), mean, draw));
    for n in [8, 20, 100] {
        add("independent", 0.0, independent(n, Normal));
    }
    for n in [8, 12, 20, 50] {
        add("independent, -1 / +2 / +3 R", Skewed.mean(), independent(n, Skewed));
    }
    for n in [8, 12, 20] {
        add("independent, -1 / +3 R", 0.0, independent(n, OneInFour));
    }
    for n in [8, 30] {
        add("independent, heavy tails", 0.0, independent(n, Heavy));
    }
    for n in [8, 20, 60] {
        add("independent, gaps and runners", Real.mean(), independent(n, Real));
    }
    add("overlapping", 0.0, overlapping(200, 1..=4, false));
    add("overlapping, either side", 0.0, overlapping(200, 1..=4, true));
    add("long overlap", 0.0, overlapping(100, 20..=20, false));
    for (n, held) in [(160, 20), (100, 10), (60, 5), (200, 10), (500, 10), (600, 4)] {
        add("overlapping", 0.0, overlapping(n, held..=held, false));
    }
    add("overlapping, held 1 to 40", 0.0, overlapping(200, 1..=40, false));
    add("overlapping, held 20 to 60", 0.0, overlapping(400, 20..=60, false));
    for (n, every, stop, target) in [
        (100, 2, 3, 9),
        (60, 10, 3, 9),
        (100, 5, 3, 9),
        (200, 2, 3, 9),
        (400, 2, 4, 8),
    ] {
        let name = format!("overlapping, stop 1 R target {} R", target / stop);
        add(&name, 0.0, stops_and_targets(n, every, stop, target, false));
    }
    add("the same, either side", 0.0, stops_and_targets(200, 2, 3, 9, true));
    add("bursts", 0.0, events(&[5; 20], 0.9, 1, 10, Normal));
    add("bursts", 0.0, events(&[10; 10], 0.9, 1, 20, Normal));
    add("bursts", 0.0, events(&[6; 8], 1.0, 0, 20, Normal));
    add("bursts, loosely tied", 0.0, events(&[5; 20], 0.3, 1, 10, Normal));
    add("bursts, longer than a trade", 0.0, events(&[8; 20], 0.9, 2, 5, Normal));
    add("bursts, longer than a trade", 0.0, events(&[8; 10], 0.9, 2, 5, Normal));
    add(
        "bursts, -1 / +2 / +3 R",
        Skewed.mean(),
        events(&[6; 12], 0.9, 1, 10, Skewed),
    );
    let uneven = [1, 1, 2, 2, 3, 4, 5, 7, 9, 12, 16, 20];
    add("uneven clusters", 0.0, events(&uneven, 1.0, 0, 10, Normal));
    add(
        "uneven clusters, loosely tied",
        0.0,
        events(&uneven, 0.3, 0, 10, Normal),
    );
    add("uneven clusters, not tied", 0.0, events(&uneven, 0.0, 0, 10, Normal));
    let steep = [1, 1, 2, 2, 3, 5, 8, 13, 25, 40];
    add("uneven clusters, steep", 0.0, events(&steep, 1.0, 0, 10, Normal));
    let twice = [uneven, uneven].concat();
    add(
        "uneven clusters, -1 / +2 / +3 R",
        Skewed.mean(),
        events(&twice, 0.9, 0, 10, Skewed),
    );
    let told = |event: &[i64], alone: usize| [event, &vec![1; alone]].concat();
    add(
        "one event told 60 times, 10 alone",
        0.0,
        events(&told(&[60], 10), 1.0, 0, 10, Normal),
    );
    add(
        "one event told 60 times, 100 alone",
        0.0,
        events(&told(&[60], 100), 1.0, 0, 10, Normal),
    );
    add(
        "three events told 30 times, 20 alone",
        0.0,
        events(&told(&[30; 3], 20), 0.9, 0, 10, Normal),
    );
    add("three events", 0.0, events(&[20; 3], 0.95, 0, 10, Normal));
    add("one event told 60 times", 0.0, events(&[60], 0.95, 0, 10, Normal));
    add("one event told 40 times", 0.0, events(&[40], 1.0, 0, 10, Normal));
    kinds
}

/// Bootstraps are slow and were rejected: they get a share of the journals.
const FEW: usize = 5;

/// Prints the share of intervals that contain the truth, a line a kind.
pub fn print(journals: usize) {
    println!(
        "{journals} journals a kind, {} for the bootstraps; coverage of 95 % intervals in %\n",
        journals / FEW
    );
    println!(
        "| journals | trades | independent | block bootstrap | stationary, studentised | t, independent | cluster t | wickdesk | won |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for Kind(name, truth, draw) in kinds() {
        let won = won(&draw);
        let mut random = Rng::with_seed(18);
        let mut held = [0usize; 6];
        let (mut trades, mut independent) = (0, 0);
        for journal in 0..journals {
            let mut results = draw(&mut random);
            results.sort_by_key(|o| (o.start, o.end));
            trades += results.len();
            independent += episodes(&results).1;
            let mut count = |at: usize, truth: f64, interval: Interval| {
                held[at] += usize::from(interval.low <= truth && truth <= interval.high);
            };
            if journal % FEW == 0 {
                count(0, truth, block_bootstrap(&results));
                count(1, truth, stationary_bootstrap(&results));
            }
            count(2, truth, student_of_independent(&results));
            count(3, truth, cluster_robust(&results));
            count(4, truth, estimate(&results).expect("results").interval);
            count(5, won, share(&results).expect("results").interval);
        }
        let of = |at: usize| if at < 2 { journals.div_ceil(FEW) } else { journals };
        let cells: Vec<String> = (0..6)
            .map(|at| format!("{:.1}", 100.0 * held[at] as f64 / of(at) as f64))
            .collect();
        let mean = |sum: usize| sum as f64 / journals as f64;
        println!(
            "| {name} | {:.0} | {:.0} | {} |",
            mean(trades),
            mean(independent),
            cells.join(" | ")
        );
    }
}

/// The true share of winners, from journals of its own.
fn won(draw: &Draw) -> f64 {
    let mut random = Rng::with_seed(81);
    let (mut won, mut all) = (0, 0);
    for _ in 0..5_000 {
        let results = draw(&mut random);
        won += results.iter().filter(|o| o.value > 0.0).count();
        all += results.len();
    }
    won as f64 / all as f64
}
