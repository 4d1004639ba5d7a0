//! Which cell of a row is what: from the header in any order and spelling, or from the shape of rows without one.

use super::ReadError;
use super::card::Clock;
use super::number::{DecimalMark, number};
use super::table::{Row, Table};
use super::when::{self, Parts};

/// Where a candle's values stand in a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// The layout's name, for the card.
    pub name: &'static str,
    /// Whether the first row is a header.
    pub header: bool,
    pub date: usize,
    /// The time of day, where it has a cell of its own.
    pub clock: Option<usize>,
    pub open: usize,
    pub high: usize,
    pub low: usize,
    pub close: usize,
    pub volume: Option<usize>,
    pub tick_volume: Option<usize>,
    pub ticker: Option<usize>,
    /// The marks of this file's numbers.
    pub mark: DecimalMark,
    /// What is known of the clock that naive times are written in.
    pub clock_kind: Clock,
}

impl Layout {
    /// Cells that a whole row has at least.
    pub fn width(&self) -> usize {
        let needed = [self.date, self.open, self.high, self.low, self.close];
        needed.into_iter().chain(self.clock).max().map_or(0, |last| last + 1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Date,
    Clock,
    Open,
    High,
    Low,
    Close,
    AdjustedClose,
    Volume,
    TickVolume,
    Ticker,
}

/// The spellings of each role, letters and digits only, lower case.
const SPELLINGS: [(Role, &[&str]); 9] = [
    (
        Role::Date,
        &[
            "date",
            "datetime",
            "timestamp",
            "opentime",
            "gmttime",
            "localtime",
            "dtyyyymmdd",
            "day",
            "dateutc",
            "timeutc",
            "dateandtime",
            "unix",
            "unixtime",
            "epoch",
            "t",
            "ts",
            "begin",
            "start",
            "starttime",
            "opentimestamp",
            "datum",
            "fecha",
            "data",
        ],
    ),
    (
        Role::Open,
        &[
            "open",
            "o",
            "openprice",
            "opening",
            "openask",
            "openbid",
            "eröffn",
            "eröffnung",
            "apertura",
            "abertura",
            "ouverture",
        ],
    ),
    (
        Role::High,
        &[
            "high",
            "h",
            "highprice",
            "max",
            "highask",
            "highbid",
            "hoch",
            "máximo",
            "maximo",
            "haut",
            "alta",
        ],
    ),
    (
        Role::Low,
        &[
            "low", "l", "lowprice", "min", "lowask", "lowbid", "tief", "mínimo", "minimo", "bas", "baixa",
        ],
    ),
    (
        Role::Close,
        &[
            "close",
            "c",
            "closeprice",
            "last",
            "price",
            "closelast",
            "closeask",
            "closebid",
            "zuletzt",
            "schluss",
            "cierre",
            "último",
            "ultimo",
            "clôture",
            "dernier",
        ],
    ),
    (Role::AdjustedClose, &["adjclose", "adjustedclose", "closeadj"]),
    (Role::TickVolume, &["tickvol", "tickvolume", "ticks", "tickcount"]),
    (
        Role::Volume,
        &[
            "vol",
            "v",
            "realvolume",
            "realvol",
            "basevolume",
            "qty",
            "volumen",
            "turnover",
        ],
    ),
    (Role::Ticker, &["ticker", "symbol", "pair", "instrument"]),
];

fn role(cell: &str) -> Option<Role> {
    let plain = plain(cell);
    if plain == "time" {
        return Some(Role::Clock);
    }
    SPELLINGS
        .iter()
        .find(|(_, words)| words.contains(&plain.as_str()))
        .map(|(role, _)| *role)
        // "Volume BTC", "volume_usd": the first such column is the base's.
        .or_else(|| plain.starts_with("volume").then_some(Role::Volume))
}

fn plain(cell: &str) -> String {
    cell.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Recognises the layout of `table`.
pub(super) fn recognise(table: &Table, name: &str) -> Result<Layout, ReadError> {
    let first = &table.rows[0];
    let like_values = first
        .cells
        .iter()
        .filter(|c| number(c, DecimalMark::Point).is_some() || when::parts(c).is_some())
        .count();
    if like_values >= 4 {
        return headless(table, name);
    }
    if table.rows.len() == 1 {
        let any_role = first.cells.iter().filter_map(|c| role(c)).count();
        return Err(if any_role >= 3 {
            ReadError::NoRows(name.to_owned())
        } else {
            missing_columns(first, &["time", "open", "high", "low", "close"], name)
        });
    }
    headed(table, name)
}

fn missing_columns(header: &Row, missing: &[&str], name: &str) -> ReadError {
    let found: Vec<String> = header.cells.iter().take(12).map(|c| super::table::shown(c)).collect();
    let found = found.join(", ").chars().take(100).collect();
    ReadError::Columns {
        file: name.to_owned(),
        missing: missing.join(", "),
        found,
    }
}

fn headed(table: &Table, name: &str) -> Result<Layout, ReadError> {
    let header = &table.rows[0];
    let roles: Vec<Option<Role>> = header.cells.iter().map(|c| role(c)).collect();
    let find = |wanted: Role| roles.iter().position(|r| *r == Some(wanted));
    let date = find(Role::Date).or_else(|| find(Role::Clock));
    let clock = find(Role::Clock).filter(|c| Some(*c) != date);
    let close = find(Role::Close).or_else(|| find(Role::AdjustedClose));
    let columns = [
        ("time", date),
        ("open", find(Role::Open)),
        ("high", find(Role::High)),
        ("low", find(Role::Low)),
        ("close", close),
    ];
    let [Some(date), Some(open), Some(high), Some(low), Some(close)] = columns.map(|(_, at)| at) else {
        let missing: Vec<&str> = columns.iter().filter(|(_, at)| at.is_none()).map(|(n, _)| *n).collect();
        return Err(missing_columns(header, &missing, name));
    };
    let body = &table.rows[1..];
    let named = |word: &str| header.cells.iter().any(|c| plain(c) == word);
    let bracketed = header.cells[date].starts_with('<');
    let (layout, clock_kind) = if find(Role::Ticker).is_some() && bracketed {
        ("MetaStock / Stooq", Clock::Unstated)
    } else if bracketed || find(Role::TickVolume).is_some() {
        ("MetaTrader 5", Clock::Broker)
    } else if named("adjclose") {
        ("Yahoo", Clock::Unstated)
    } else if named("price") && (named("change") || named("vol")) {
        ("Investing.com", Clock::Unstated)
    } else if named("opentime") && named("closetime") {
        ("Binance klines", Clock::Unstated)
    } else if named("gmttime") || dukascopy_time(body, date) {
        ("Dukascopy", Clock::Unstated)
    } else if header.cells[date] == "time" && header.cells[open] == "open" {
        ("TradingView", Clock::Unstated)
    } else {
        ("table with a header", Clock::Unstated)
    };
    Ok(Layout {
        name: layout,
        header: true,
        date,
        clock,
        open,
        high,
        low,
        close,
        volume: find(Role::Volume),
        tick_volume: find(Role::TickVolume),
        ticker: find(Role::Ticker),
        mark: mark(body, &[open, high, low, close], table.delimiter),
        clock_kind,
    })
}

/// `dd.mm.yyyy hh:mm:ss.mmm`
fn dukascopy_time(body: &[Row], date: usize) -> bool {
    body.first()
        .and_then(|r| r.cells.get(date))
        .is_some_and(|c| c.len() == 23 && c.as_bytes()[2] == b'.' && c.as_bytes()[19] == b'.')
}

fn mark(rows: &[Row], columns: &[usize], delimiter: u8) -> DecimalMark {
    let cells = rows
        .iter()
        .take(1000)
        .flat_map(|row| columns.iter().filter_map(|c| row.cells.get(*c)))
        .map(String::as_str);
    DecimalMark::of(cells, delimiter)
}

fn headless(table: &Table, name: &str) -> Result<Layout, ReadError> {
    let first = &table.rows[0];
    let refuse = || {
        missing_columns(
            first,
            &["open, high, low and close in this order; add a header line that names them, or time"],
            name,
        )
    };
    let date = first
        .cells
        .iter()
        .position(|c| when::parts(c).is_some())
        .ok_or_else(refuse)?;
    let epoch = matches!(when::parts(&first.cells[date]), Some(Parts::Epoch { .. }));
    let next = first.cells.get(date + 1).map_or("", String::as_str);
    let compact = first.cells[date].len() == 8 && first.cells[date].bytes().all(|b| b.is_ascii_digit());
    let has_clock = !epoch
        && (next.contains(':') || (compact && matches!(next.len(), 4 | 6) && next.bytes().all(|b| b.is_ascii_digit())));
    let open = date + 1 + usize::from(has_clock);
    let columns = [open, open + 1, open + 2, open + 3];
    let mark = mark(&table.rows, &columns, table.delimiter);
    if !in_order(&table.rows, columns, mark) {
        return Err(refuse());
    }
    let volume = open + 4;
    let dotted = first.cells[date].contains('.');
    let (layout, clock_kind) = if epoch && first.cells.len() >= 11 {
        ("Binance klines", Clock::Unstated)
    } else if has_clock && dotted {
        ("MetaTrader 4", Clock::Broker)
    } else if table.delimiter == b';' && compact_with_time(&first.cells[date]) {
        ("HistData", Clock::Est)
    } else {
        ("table without a header", Clock::Unstated)
    };
    let has_volume = first.cells.get(volume).is_some_and(|c| number(c, mark).is_some());
    let tick = clock_kind == Clock::Broker;
    Ok(Layout {
        name: layout,
        header: false,
        date,
        clock: has_clock.then_some(date + 1),
        open,
        high: open + 1,
        low: open + 2,
        close: open + 3,
        volume: (has_volume && !tick).then_some(volume),
        tick_volume: (has_volume && tick).then_some(volume),
        ticker: (date > 0 && number(&first.cells[0], mark).is_none()).then_some(0),
        mark,
        clock_kind,
    })
}

fn compact_with_time(cell: &str) -> bool {
    cell.len() == 15 && cell.as_bytes()[8] == b' '
}

/// Whether four columns are open, high, low, close: in 49 of 50 rows the second is the highest and the third the lowest.
fn in_order(rows: &[Row], columns: [usize; 4], mark: DecimalMark) -> bool {
    let values = rows.iter().filter_map(|row| {
        let mut v = [0.0; 4];
        for (value, column) in v.iter_mut().zip(columns) {
            *value = number(row.cells.get(column)?, mark)?;
        }
        Some(v)
    });
    let (mut all, mut good) = (0usize, 0usize);
    for [open, high, low, close] in values {
        all += 1;
        good += usize::from(high >= open.max(close) && low <= open.min(close));
    }
    all > 0 && (all - good) * 50 <= all
}
