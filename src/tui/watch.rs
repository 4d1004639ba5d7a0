//! Watching what changes by itself: a terminal that exports every minute makes a candle file grow, a source has a new candle at
//! each close, the shared cache goes and comes back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::app::{Candles, Opened};
use crate::desk::{Desk, Sharing};
use crate::feed::{Locator, join};
use crate::market::Series;

/// How often the file is looked at: one `stat`, and no frame unless it has changed.
const EVERY: Duration = Duration::from_secs(1);

/// A file that is absent for so many looks is gone; for fewer it is being replaced.
const GONE: u32 = 3;

/// A file's length and time.
type Seen = Option<(u64, SystemTime)>;

fn look(path: &Path) -> Seen {
    let data = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some((data.len(), data.modified().ok()?))
}

/// Calls `changed` with how the shared cache stands, asked once at the start so that the first question finds the way open, and
/// whenever that changes. Runs until it is dropped, or until `changed` says that nobody listens; ends at once where none is set.
pub(super) async fn watch_sharing(desk: Desk, mut changed: impl FnMut(Sharing) -> bool) {
    let Some(mut known) = desk.greet_shared().await else {
        return;
    };
    while changed(known.clone()) {
        // Only what is known is looked at: nothing is asked.
        loop {
            tokio::time::sleep(EVERY).await;
            match desk.sharing() {
                None => return,
                Some(now) if now != known => {
                    known = now;
                    break;
                }
                Some(_) => {}
            }
        }
    }
}

/// Calls `changed` whenever the file at `path` is another than it was and has been so for a moment: who writes it is done,
/// or at least between two writes. Runs until it is dropped, or until `changed` says that nobody listens.
pub(super) async fn watch(path: PathBuf, mut changed: impl FnMut(Result<&Path, String>) -> bool) {
    let mut known = look(&path);
    let mut last = known;
    let mut absent = 0;
    loop {
        tokio::time::sleep(EVERY).await;
        let now = look(&path);
        let settled = now == last;
        last = now;
        absent = if now.is_none() { absent + 1 } else { 0 };
        if absent == GONE && !changed(Err(format!("{} is gone", path.display()))) {
            return;
        }
        // A file that is gone for a moment is being replaced.
        if now.is_some() && now != known && settled {
            known = now;
            if !changed(Ok(&path)) {
                return;
            }
        }
    }
}

/// A source has a candle this long after it has closed.
const GRACE: i64 = 2;
/// So many candles are fetched again: they show that it is the same market.
const OVERLAP: usize = 4;

/// Fetches what is new at `locator` whenever a candle has closed there, and has `changed` told; a failure is told once, and
/// tried again at the next turn. Runs until it is dropped, or until `changed` says that nobody listens.
pub(super) async fn poll(desk: Desk, locator: Locator, mut open: Candles, mut changed: impl FnMut(Opened) -> bool) {
    let step = open.base.timeframe().seconds();
    let mut quiet = false;
    let mut told = None;
    loop {
        let next_close = open.base.last().time.saturating_add(2 * step) + GRACE;
        let until = next_close - Timestamp::now().as_second();
        // A market that is closed, or a source that is late, is asked again now and then.
        let wait = if quiet { (step / 4).clamp(GRACE, 300) } else { 0 };
        tokio::time::sleep(Duration::from_secs(u64::try_from(until.max(wait)).unwrap_or(0))).await;
        match more(&desk, &locator, &open).await {
            Ok(None) => quiet = true,
            Ok(Some(candles)) => {
                (quiet, told) = (false, None);
                open = candles.clone();
                if !changed(Ok(Box::new(candles))) {
                    return;
                }
            }
            Err(reason) => {
                quiet = true;
                if told.as_ref() != Some(&reason) {
                    told = Some(reason.clone());
                    if !changed(Err(reason)) {
                        return;
                    }
                }
            }
        }
    }
}

/// The candles of `open` with what is new at the source; `None` if nothing is.
async fn more(desk: &Desk, locator: &Locator, open: &Candles) -> Result<Option<Candles>, String> {
    let known = open.base.candles();
    let since = known[known.len().saturating_sub(OVERLAP + 1)].time;
    let fetched = desk.fetch(locator, Some(since)).await.map_err(|e| e.to_string())?;
    let joined = join(known, fetched.loaded.series.candles()).map_err(|e| format!("{locator}: {e}"))?;
    if joined == known {
        return Ok(None);
    }
    let base = &open.base;
    let series = Series::new(base.symbol(), base.timeframe(), base.decimals(), base.volume(), joined)
        .map_err(|e| format!("{locator}: {e}"))?;
    let series = Arc::new(series.from_live_source());
    let mut card = open.card.clone();
    card.rows = series.candles().len();
    card.last = crate::market::timestamp(series.last().time);
    Ok(Some(Candles {
        market: open.market.clone().grown(&series),
        base: series,
        card,
    }))
}
