//! The data card: what was recognised in a file, what was assumed, and what is wrong with it.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::when::DateOrder;
use crate::market::{Timeframe, VolumeKind};

/// What is known of the clock that a layout writes its times in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Nothing is known against UTC.
    Unstated,
    /// The broker's server time, often UTC+2 in winter and +3 in summer.
    Broker,
    /// Eastern Standard Time without daylight saving.
    Est,
}

/// Something in a file that a careful reader would want to be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Irregularity {
    /// A row that is no candle was left out.
    Refused {
        /// Line in the file, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Rows that repeat a candle exactly were left out.
    Duplicates {
        /// How many.
        count: usize,
    },
    /// Two rows give one time different prices; the first is kept.
    Conflict {
        /// The time both claim.
        time: Timestamp,
        /// The line kept.
        kept: usize,
        /// The line left out.
        dropped: usize,
    },
    /// Candles are missing where the market usually trades.
    Gap {
        /// The last candle before it.
        after: Timestamp,
        /// The first candle behind it.
        until: Timestamp,
        /// Candles missing.
        missing: usize,
    },
    /// One candle reaches 20 average ranges beyond its neighbours.
    Spike {
        /// Its open time.
        time: Timestamp,
        /// Its reach, in average ranges.
        ranges: f64,
    },
    /// Prices look like points, not prices.
    Points {
        /// A price of the file.
        price: f64,
    },
    /// Times are naive, and the layout is known for another clock than UTC.
    ForeignClock {
        /// Which.
        clock: Clock,
    },
    /// Volumes below zero, taken as none.
    NegativeVolume {
        /// How many.
        count: usize,
    },
    /// The last candle had not closed and was dropped.
    Forming {
        /// Its open time.
        time: Timestamp,
    },
    /// The last candle lies in the future by more than one candle.
    Future {
        /// Its open time.
        time: Timestamp,
    },
}

impl Irregularity {
    /// The candles that a gap is wide.
    fn missing(&self) -> Option<usize> {
        match self {
            Self::Gap { missing, .. } => Some(*missing),
            _ => None,
        }
    }
}

impl fmt::Display for Irregularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { line, reason } => write!(f, "line {line} left out: {reason}"),
            Self::Duplicates { count } => write!(f, "{} left out", crate::text::count(*count, "repeated row")),
            Self::Conflict { time, kept, dropped } => {
                write!(f, "{time} stands twice with different values: line {kept} kept, line {dropped} left out")
            }
            Self::Gap { after, until, missing } => {
                write!(f, "gap of {} between {after} and {until}", crate::text::count(*missing, "candle"))
            }
            Self::Spike { time, ranges } => {
                write!(f, "spike at {time}: {ranges:.0} average ranges beyond its neighbours, kept")
            }
            Self::Points { price } => {
                write!(f, "prices such as {price} look like points, not prices; they are used as they are")
            }
            Self::ForeignClock { clock: Clock::Est } => {
                f.write_str("this layout is written in EST without daylight saving; times are read as UTC, say otherwise with --tz=-05")
            }
            Self::ForeignClock { .. } => f.write_str(
                "this layout is written in the broker's server time; times are read as UTC, say otherwise with --tz (many brokers: Europe/Athens)",
            ),
            Self::NegativeVolume { count } => {
                write!(f, "{} below zero, taken as none", crate::text::count(*count, "volume"))
            }
            Self::Forming { time } => write!(f, "the candle of {time} had not closed and is left out"),
            Self::Future { time } => {
                write!(f, "the last candle opens at {time}, in the future: is the time zone right? see --tz")
            }
        }
    }
}

/// How a file was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The file, as the user named it.
    pub file: String,
    /// The layout recognised.
    pub layout: &'static str,
    /// The instrument.
    pub symbol: String,
    /// The spacing of the candles.
    pub timeframe: Timeframe,
    /// The spacing of the file's own candles, where coarser ones were made of them.
    pub made_of: Option<Timeframe>,
    /// The zone in which times were read.
    pub zone: String,
    /// Whether that zone was assumed, because the times name none and no option did.
    pub zone_assumed: bool,
    /// The order of day, month and year.
    pub date_order: DateOrder,
    /// Candles kept.
    pub rows: usize,
    /// Open time of the first candle.
    pub first: Timestamp,
    /// Open time of the last candle: the as-of.
    pub last: Timestamp,
    /// Whether the file runs from the newest row to the oldest.
    pub newest_first: bool,
    /// What the volume column counts.
    pub volume: VolumeKind,
    /// Decimals of the prices.
    pub decimals: u8,
    /// Gaps that are no session break.
    pub gaps: usize,
    /// Rows that repeat a candle.
    pub duplicates: usize,
    /// Rows that are no candle.
    pub refused: usize,
    /// Whether a forming candle was dropped.
    pub forming_dropped: bool,
    /// All that is irregular, in the order of a reader's concern.
    pub irregularities: Vec<Irregularity>,
}

/// How many irregularities of one kind are told singly.
const TOLD: usize = 5;

impl Card {
    /// The irregularities as lines; of many of one kind the first five and a count.
    pub fn warnings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut told = [0usize; 2];
        // Of many gaps the widest are told.
        let mut widths: Vec<usize> = self.irregularities.iter().filter_map(Irregularity::missing).collect();
        widths.sort_unstable_by(|a, b| b.cmp(a));
        let narrowest = widths.get(TOLD - 1).copied().unwrap_or(0);
        let wide = widths.iter().filter(|w| **w > narrowest).count();
        let mut as_narrow = TOLD.saturating_sub(wide);
        for irregularity in &self.irregularities {
            let kind = match irregularity {
                Irregularity::Refused { .. } => 0,
                Irregularity::Gap { .. } => 1,
                _ => {
                    lines.push(irregularity.to_string());
                    continue;
                }
            };
            told[kind] += 1;
            let tell = match irregularity.missing() {
                None => told[kind] <= TOLD,
                Some(missing) if missing > narrowest => true,
                Some(missing) if missing == narrowest && as_narrow > 0 => {
                    as_narrow -= 1;
                    true
                }
                Some(_) => false,
            };
            if tell {
                lines.push(irregularity.to_string());
            }
        }
        for (count, [one, many]) in told
            .into_iter()
            .zip([["row left out", "rows left out"], ["gap", "gaps"]])
        {
            match count.saturating_sub(TOLD) {
                0 => {}
                1 => lines.push(format!("and 1 more {one}")),
                more => lines.push(format!("and {more} more {many}")),
            }
        }
        lines
    }

    /// The card as label and value, one line each.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let zone = if self.zone_assumed {
            format!("{} (assumed; --tz says otherwise)", self.zone)
        } else {
            self.zone.clone()
        };
        vec![
            ("file", self.file.clone()),
            ("layout", self.layout.to_owned()),
            ("symbol", self.symbol.clone()),
            (
                "timeframe",
                match self.made_of {
                    Some(finer) => format!("{}, made of the file's {finer} candles", self.timeframe),
                    None => self.timeframe.to_string(),
                },
            ),
            ("time zone", zone),
            ("candles", self.rows.to_string()),
            ("span", format!("{} to {}", self.first, self.last)),
            ("gaps", self.gaps.to_string()),
            ("duplicates", self.duplicates.to_string()),
            ("bad rows", self.refused.to_string()),
            (
                "forming candle",
                if self.forming_dropped { "left out" } else { "none" }.to_owned(),
            ),
            ("volume", self.volume.to_string()),
            ("decimals", self.decimals.to_string()),
        ]
    }
}
