//! What the facts put on a stretch of candles, each thing with its words; [`super::Scene`] chooses among them by layer.

use std::ops::Range;

use super::scene::{Doubt, Kind, Level, Mark, Plan, Zone};
use crate::facts::fibonacci::Leg;
use crate::facts::volume_profile::{BARS, VolumeProfile};
use crate::facts::{Facts, Side, Study, Trading, session_levels};
use crate::market::{Series, price, timestamp};

/// Where a scene's things come from.
pub(super) struct Draft<'a> {
    pub series: &'a Series,
    pub study: &'a Study,
    pub window: Range<usize>,
    /// Only what stands in a prompt: what lives at the last candle.
    pub live_only: bool,
}

impl Draft<'_> {
    fn time(&self, bar: usize) -> String {
        let time = self.series.candles().get(bar).map_or(0, |c| c.time);
        let form = if self.series.timeframe().is_daily() {
            "%Y-%m-%d"
        } else {
            "%m-%d %H:%M"
        };
        timestamp(time).strftime(form).to_string()
    }

    fn price(&self, value: f64) -> String {
        price(value, self.series.decimals())
    }

    /// How far the last close lies from a price, in ATR.
    fn away(&self, value: f64) -> String {
        let atr = self.study.atr.at(self.series.candles().len() - 1).filter(|a| *a > 0.0);
        let Some(atr) = atr else { return String::new() };
        format!(", {:+.1} ATR away", (value - self.series.last().close) / atr)
    }

    /// Whether what lies from one bar to another is in sight.
    fn in_sight(&self, from: usize, until: Option<usize>) -> bool {
        from < self.window.end
            && until.is_none_or(|until| until >= self.window.start)
            && (until.is_none() || !self.live_only)
    }

    /// The zones that have ended, and of those that live the few nearest to price on each side: more would bury the candles.
    pub fn nearest(&self, zones: Vec<Zone>) -> Vec<Zone> {
        const EACH_SIDE: usize = 3;
        let close = self.series.last().close;
        let (mut living, mut ended): (Vec<Zone>, Vec<Zone>) = zones.into_iter().partition(|z| z.until.is_none());
        living.sort_by(|a, b| distance(a, close).total_cmp(&distance(b, close)));
        let (mut above, mut below) = (0, 0);
        living.retain(|zone| {
            let side = if zone.bottom > close { &mut above } else { &mut below };
            *side += 1;
            *side <= EACH_SIDE
        });
        // The nearest is drawn last, over the others.
        ended.extend(living.into_iter().rev());
        ended
    }

    pub fn order_blocks(&self) -> Vec<Zone> {
        let sizes = [("internal", &self.study.internal), ("swing", &self.study.swing)];
        let blocks = sizes
            .iter()
            .flat_map(|(size, t)| t.order_blocks.iter().map(move |o| (*size, o)));
        blocks
            .filter(|(_, o)| self.in_sight(o.bar, o.broken))
            .map(|(size, o)| {
                let state = match (o.broken, o.tested) {
                    (Some(bar), _) => format!("broken {}", self.time(bar)),
                    (None, Some(bar)) => format!("tested {}", self.time(bar)),
                    (None, None) => "untested".to_owned(),
                };
                Zone {
                    kind: Kind::OrderBlock,
                    direction: o.direction,
                    top: o.top,
                    bottom: o.bottom,
                    from: o.bar,
                    until: o.broken,
                    label: "OB",
                    words: format!(
                        "{} {size} order block {}–{}, candle {}, known {}, {state}{}",
                        o.direction,
                        self.price(o.bottom),
                        self.price(o.top),
                        self.time(o.bar),
                        self.time(o.known),
                        self.away(self.series.last().close.clamp(o.bottom, o.top)),
                    ),
                }
            })
            .collect()
    }

    pub fn gaps(&self) -> Vec<Zone> {
        let gaps = self.study.gaps.iter().filter(|g| self.in_sight(g.bar, g.filled));
        gaps.map(|g| {
            let state = match (g.filled, g.touched) {
                (Some(bar), _) => format!("filled {}", self.time(bar)),
                (None, Some(bar)) => format!("touched {}", self.time(bar)),
                (None, None) => "untouched".to_owned(),
            };
            Zone {
                kind: Kind::Gap,
                direction: g.direction,
                top: g.top,
                bottom: g.bottom,
                from: g.bar,
                until: g.filled,
                label: "FVG",
                words: format!(
                    "{} fair value gap {}–{}, candle {}, known {}, {state}{}",
                    g.direction,
                    self.price(g.bottom),
                    self.price(g.top),
                    self.time(g.bar),
                    self.time(g.known),
                    self.away(self.series.last().close.clamp(g.bottom, g.top)),
                ),
            }
        })
        .collect()
    }

    pub fn equal_levels(&self) -> Vec<Level> {
        let pairs = self
            .study
            .equal_levels
            .iter()
            .filter(|e| self.in_sight(e.first, e.swept));
        pairs
            .map(|e| {
                let (label, what) = match e.side {
                    Side::High => ("EQH", "equal highs"),
                    Side::Low => ("EQL", "equal lows"),
                };
                let state = match e.swept {
                    Some(bar) if e.close_back => format!("swept {}, closed back", self.time(bar)),
                    Some(bar) => format!("swept {}", self.time(bar)),
                    None => "unswept".to_owned(),
                };
                Level {
                    doubt: Doubt::None,
                    kind: Kind::EqualLevel,
                    direction: None,
                    price: e.outer(),
                    from: Some(e.first),
                    until: e.swept,
                    label: label.to_owned(),
                    words: format!(
                        "{what} {} of {} and {}, known {}, {state}{}",
                        self.price(e.outer()),
                        self.time(e.first),
                        self.time(e.second),
                        self.time(e.known),
                        self.away(e.outer()),
                    ),
                }
            })
            .collect()
    }

    pub fn breaks(&self) -> Vec<Level> {
        let sizes = [("internal", &self.study.internal), ("swing", &self.study.swing)];
        let breaks = sizes
            .iter()
            .flat_map(|(size, t)| t.breaks.iter().map(move |b| (*size, b)));
        breaks
            .filter(|(_, b)| b.pivot < self.window.end && b.known >= self.window.start)
            .map(|(size, b)| {
                let label = b.kind.label();
                Level {
                    doubt: Doubt::None,
                    kind: Kind::Break,
                    direction: Some(b.direction),
                    price: b.level,
                    from: Some(b.pivot),
                    until: Some(b.known),
                    // The smaller structure speaks softly.
                    label: if size == "swing" {
                        label.to_owned()
                    } else {
                        label.to_lowercase()
                    },
                    words: format!(
                        "{} {size} {label} of {}, the swing of {}, closed beyond {}",
                        b.direction,
                        self.price(b.level),
                        self.time(b.pivot),
                        self.time(b.known),
                    ),
                }
            })
            .collect()
    }

    pub fn swings(&self) -> Vec<Mark> {
        let minor = self.swings_of(&self.study.internal, false);
        let major = self.swings_of(&self.study.swing, true);
        // Where both have a point, the larger one speaks.
        let hidden: Vec<(usize, Side)> = major.iter().map(|m| (m.bar, m.side)).collect();
        let minor = minor.into_iter().filter(|m| !hidden.contains(&(m.bar, m.side)));
        minor.chain(major.iter().cloned()).collect()
    }

    fn swings_of(&self, trading: &Trading, major: bool) -> Vec<Mark> {
        let legs = &trading.legs;
        let first = legs.partition_point(|p| p.bar < self.window.start);
        let shown = legs
            .iter()
            .enumerate()
            .skip(first)
            .take_while(|(_, p)| p.bar < self.window.end);
        shown
            .map(|(at, p)| {
                // Legs alternate: the one before the last is of the same side.
                let before = at.checked_sub(2).map(|i| legs[i].price);
                let higher = before.is_some_and(|b| p.price > b);
                let label = match (before, p.side, higher) {
                    (None, Side::High, _) => "H",
                    (None, Side::Low, _) => "L",
                    (_, Side::High, true) => "HH",
                    (_, Side::High, false) => "LH",
                    (_, Side::Low, true) => "HL",
                    (_, Side::Low, false) => "LL",
                };
                Mark {
                    bar: p.bar,
                    price: p.price,
                    side: p.side,
                    label,
                    major,
                }
            })
            .collect()
    }

    pub fn fibonacci(&self) -> Vec<Level> {
        /// The ratios drawn, with their labels.
        const DRAWN: [(f64, &str); 7] = [
            (0.0, "0"),
            (0.236, ".236"),
            (0.382, ".382"),
            (0.5, ".5"),
            (0.618, ".618"),
            (0.786, ".786"),
            (1.0, "1"),
        ];
        let legs = [("swing", &self.study.swing), ("internal", &self.study.internal)];
        let found = legs.iter().find_map(|(size, t)| Some((size, Leg::last(&t.legs)?)));
        let Some((size, leg)) = found else { return Vec::new() };
        let drawn = DRAWN.iter().map(|(ratio, label)| {
            let price = leg.retracement(*ratio);
            Level {
                doubt: Doubt::None,
                kind: Kind::Fibonacci,
                direction: None,
                price,
                from: Some(leg.a.bar),
                until: None,
                label: (*label).to_owned(),
                words: format!(
                    "Fibonacci {ratio} {}, {size} leg {} ({}) to {} ({}), known {}{}",
                    self.price(price),
                    self.price(leg.a.price),
                    self.time(leg.a.bar),
                    self.price(leg.b.price),
                    self.time(leg.b.bar),
                    self.time(leg.a.known.max(leg.b.known)),
                    self.away(price),
                ),
            }
        });
        drawn.collect()
    }

    pub fn sessions(&self, facts: &Facts) -> Vec<Level> {
        session_levels::names()
            .filter_map(|name| {
                let fact = facts.get(&name)?;
                let value = fact.number()?;
                Some(Level {
                    doubt: Doubt::None,
                    kind: Kind::Session,
                    direction: None,
                    price: value,
                    from: Some(fact.bar),
                    until: None,
                    label: session_label(&name),
                    words: format!(
                        "{} {}, candle {}{}",
                        name.replace('_', " "),
                        self.price(value),
                        self.time(fact.bar),
                        self.away(value),
                    ),
                })
            })
            .collect()
    }

    pub fn profile(&self, profile: Option<&VolumeProfile>) -> Vec<Level> {
        let Some(profile) = profile else { return Vec::new() };
        let first = self.series.candles().len().saturating_sub(BARS);
        [
            ("VAL", "value area low", profile.value_area_low),
            ("VAH", "value area high", profile.value_area_high),
            ("POC", "point of control", profile.point_of_control),
        ]
        .into_iter()
        .map(|(label, what, value)| Level {
            doubt: Doubt::None,
            kind: Kind::Profile,
            direction: None,
            price: value,
            from: Some(first),
            until: None,
            label: label.to_owned(),
            words: format!(
                "{what} {} of the last {} ({} volume){}",
                self.price(value),
                crate::text::count(self.series.candles().len() - first, "candle"),
                self.series.volume(),
                self.away(value),
            ),
        })
        .collect()
    }

    pub fn plan(&self, plan: &Plan) -> Vec<Level> {
        let [of_entry, of_stop, of_targets] = plan.doubts;
        let level = |kind: Kind, value: f64, label: String, doubt: Doubt| Level {
            kind,
            direction: None,
            price: value,
            from: None,
            until: None,
            words: format!("{label} of the setup {}{}", self.price(value), self.away(value)),
            label: format!("{label}{}", doubt.mark()),
            doubt,
        };
        let entry = plan.entry.into_iter().flat_map(|(low, high)| {
            // A zone of one price is one line.
            let edges = if low < high { vec![high, low] } else { vec![low] };
            edges
                .into_iter()
                .map(|value| level(Kind::Entry, value, "entry".to_owned(), of_entry))
                .collect::<Vec<_>>()
        });
        let stop = plan
            .stop
            .map(|value| level(Kind::Stop, value, "stop".to_owned(), of_stop));
        let targets = plan.targets.iter().enumerate();
        let targets = targets.map(|(n, value)| level(Kind::Target, *value, format!("T{}", n + 1), of_targets));
        entry.chain(stop).chain(targets).collect()
    }
}

/// How far a zone lies from a price; 0 inside.
fn distance(zone: &Zone, price: f64) -> f64 {
    (zone.bottom - price).max(price - zone.top).max(0.0)
}

/// `previous_day_high` as PDH, `london_low` as Lon L.
fn session_label(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.collect();
    let initial = |word: &str| word.chars().take(1).flat_map(char::to_uppercase).collect::<String>();
    let end = rest.last().map(|w| initial(w)).unwrap_or_default();
    match first {
        "previous" => format!("P{}", rest.iter().map(|w| initial(w)).collect::<String>()),
        "asia" => format!("As{end}"),
        "london" => format!("Lo{end}"),
        _ => format!("NY{end}"),
    }
}
