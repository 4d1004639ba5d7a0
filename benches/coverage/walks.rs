//! Driftless random walks: nothing is to be won or lost on them, so each verdict is a false one.

use fastrand::Rng;
use wickdesk::analyst::Analyst;
use wickdesk::facts::{BUDGET, Facts, Study};
use wickdesk::market::{Candle, Series, Timeframe, VolumeKind};
use wickdesk::prompt::{Context, Library, Template, Values, render};
use wickdesk::setup::score::{By, Fate, Trial, Verdict, board, random_side};
use wickdesk::setup::{Setup, Terms, read};

const CANDLES: usize = 3_000;
/// Steps of one tick in a candle: fine enough that a price is reached exactly.
const STEPS: usize = 400;
/// Each candle in parts so small that none of them is doubtful: what the same setups come to on the path itself.
const PARTS: usize = 40;
const START: i64 = 1_500_001_200;
const HOUR: i64 = 3_600;
/// As-ofs: every second candle from the 200th on.
const WARM_UP: usize = 199;
const EVERY: usize = 2;
const TEMPLATES: [&str; 3] = ["smc", "fibonacci", "confluence"];

/// A market that goes up or down a tick at each step, as a coin falls: candles, and their parts.
fn walk(random: &mut Rng) -> (Series, Vec<Candle>) {
    let price = |ticks: i64| 1_000.0 + ticks as f64 / 100.0;
    let mut at = 0i64;
    let part = |number: usize| {
        let (open, mut high, mut low) = (at, at, at);
        let mut bits = random.u64(..);
        for _ in 0..STEPS / PARTS {
            at += if bits & 1 == 0 { -1 } else { 1 };
            bits >>= 1;
            high = high.max(at);
            low = low.min(at);
        }
        Candle {
            time: START + number as i64 * HOUR / PARTS as i64,
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(at),
            volume: f64::from(random.u32(1..100)),
        }
    };
    let parts: Vec<Candle> = (0..CANDLES * PARTS).map(part).collect();
    let whole = |parts: &[Candle]| Candle {
        time: parts[0].time,
        open: parts[0].open,
        high: parts.iter().map(|p| p.high).fold(f64::MIN, f64::max),
        low: parts.iter().map(|p| p.low).fold(f64::MAX, f64::min),
        close: parts[PARTS - 1].close,
        volume: parts.iter().map(|p| p.volume).sum(),
    };
    let candles = parts.chunks(PARTS).map(whole).collect();
    let series = Series::new("WALK", Timeframe::H1, 2, VolumeKind::Real, candles).expect("candles in order");
    (series, parts)
}

/// An analysis played on candles, and its result on the path itself.
type Played = (Trial, Option<f64>);

/// What the offline analyst proposes on the walk, played.
fn trials(series: &Series, parts: &[Candle], template: &Template) -> Vec<Played> {
    let values = Values::default();
    let mut study = Study::of(&[]);
    let asked = (WARM_UP..CANDLES).step_by(EVERY).map(|bar| {
        let known = series.up_to(bar);
        study.extend(known.candles());
        let facts = Facts::from_study(&known, &study);
        let context = Context {
            series: Some(&known),
            facts: Some(&facts),
            further: &[],
            values: &values,
            facts_budget: BUDGET,
        };
        let messages = render(template, &context).expect("a prompt");
        let setup = read(&Analyst::answer(&messages), None, true).setup;
        trial(template, setup.as_ref(), series, parts, bar)
    });
    asked.collect()
}

fn trial(template: &Template, setup: Option<&Setup>, series: &Series, parts: &[Candle], bar: usize) -> Played {
    let candle = series.candles()[bar];
    let later = &series.candles()[bar + 1..];
    let stated = setup.and_then(|s| s.valid_bars).or(template.valid_bars);
    let usual = Terms::default();
    let terms = Terms {
        expiry: stated.map_or(usual.expiry, |bars| bars as usize),
        ..usual
    };
    let fate = Fate::of(setup, true, candle.close, terms, later);
    let end = fate.outcome().and_then(|o| o.end).and_then(|at| later.get(at));
    let fine = Terms {
        expiry: terms.expiry * PARTS,
        max_hold: terms.max_hold * PARTS,
        ..terms
    };
    let on_path = Fate::of(setup, true, candle.close, fine, &parts[(bar + 1) * PARTS..]).closed_r();
    let trial = Trial {
        model: "offline".to_owned(),
        answered_by: "offline".to_owned(),
        template: template.name.clone(),
        symbol: series.symbol().to_owned(),
        timeframe: series.timeframe().to_string(),
        as_of: candle.time,
        until: end.map_or(candle.time, |c| c.time),
        confidence: None,
        cost_usd: None,
        failed_check: false,
        random_r: setup.and_then(|s| random_side(s, candle.close, terms, later)),
        offline_r: None,
        offline_until: None,
        fate,
    };
    (trial, on_path)
}

#[derive(Default)]
struct Verdicts {
    few: usize,
    wins: usize,
    loses: usize,
}

impl Verdicts {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::TooFew => self.few += 1,
            Verdict::Wins => self.wins += 1,
            Verdict::Loses => self.loses += 1,
            Verdict::Open => {}
        }
    }

    fn cells(&self, walks: usize) -> String {
        let share = |n: usize| format!("{:.1} %", 100.0 * n as f64 / walks as f64);
        format!("{} | {} | {}", self.few, share(self.wins), share(self.loses))
    }
}

/// A mean with its standard error: walks are independent, trades of one are not.
fn mean(values: &[f64]) -> String {
    let n = values.len() as f64;
    let middle = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / (n - 1.0);
    format!("{middle:+.3} ± {:.3}", (variance / n).sqrt())
}

/// Prints verdicts, and what the readings of doubtful candles cost.
pub fn print(walks: usize) {
    println!(
        "\n{walks} driftless walks of {CANDLES} candles, every second as-of, no costs; a verdict is a false one\n"
    );
    println!(
        "| offline analyst | trades | independent | too few | wins | loses | vs random: too few | wins | loses | R per trade | on the path itself | ambiguous | vs random |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let library = Library::new(std::env::temp_dir().join("wickdesk-no-templates"));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for name in TEMPLATES {
        let template = library.find(name).expect("a template that ships").0;
        let (template, numbers) = (&template, &(0..walks).collect::<Vec<_>>());
        let all: Vec<Vec<Played>> = std::thread::scope(|scope| {
            let parts: Vec<_> = numbers
                .chunks(walks.div_ceil(threads).max(1))
                .map(|part| {
                    scope.spawn(move || {
                        let each = part.iter().map(|number| {
                            let (series, parts) = walk(&mut Rng::with_seed(*number as u64));
                            trials(&series, &parts, template)
                        });
                        each.collect::<Vec<_>>()
                    })
                })
                .collect();
            parts
                .into_iter()
                .flat_map(|part| part.join().expect("a thread"))
                .collect()
        });
        line(name, walks, &all);
    }
}

fn line(name: &str, walks: usize, all: &[Vec<Played>]) {
    let (mut own, mut random) = (Verdicts::default(), Verdicts::default());
    let (mut trades, mut independent) = (0, 0);
    let (mut results, mut on_path, mut against, mut ambiguous) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for played in all {
        let trials: Vec<Trial> = played.iter().map(|(trial, _)| trial.clone()).collect();
        let score = &board(&trials, By::default())[0];
        trades += score.trades;
        independent += score.independent;
        own.count(score.verdict());
        random.count(score.vs_random.map_or(Verdict::TooFew, |c| c.verdict()));
        results.extend(score.mean_r);
        against.extend(score.vs_random.map(|c| c.mean));
        ambiguous += score.ambiguous;
        let path: Vec<f64> = played.iter().filter_map(|(_, r)| *r).collect();
        on_path.extend(wickdesk::setup::score::mean(&path));
    }
    println!(
        "| {name} | {:.0} | {:.0} | {} | {} | {} | {} | {:.1} % | {} |",
        trades as f64 / walks as f64,
        independent as f64 / walks as f64,
        own.cells(walks),
        random.cells(walks),
        mean(&results),
        mean(&on_path),
        100.0 * f64::from(u32::try_from(ambiguous).unwrap_or(u32::MAX)) / trades.max(1) as f64,
        mean(&against),
    );
}
