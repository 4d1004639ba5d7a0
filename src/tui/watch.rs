//! Watching the open candle file: a terminal that exports every minute makes it grow.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the file is looked at: one `stat`, and no frame unless it has changed.
const EVERY: Duration = Duration::from_secs(1);

/// A file's length and time.
type Seen = Option<(u64, SystemTime)>;

fn look(path: &Path) -> Seen {
    let data = std::fs::metadata(path).ok()?;
    Some((data.len(), data.modified().ok()?))
}

/// Calls `changed` whenever the file at `path` is another than it was and has been so for a moment: who writes it is done,
/// or at least between two writes. Runs until it is dropped, or until `changed` says that nobody listens.
pub(super) async fn watch(path: PathBuf, mut changed: impl FnMut(&Path) -> bool) {
    let mut known = look(&path);
    let mut last = known;
    loop {
        tokio::time::sleep(EVERY).await;
        let now = look(&path);
        let settled = now == last;
        last = now;
        // A file that is gone for a moment is being replaced.
        if now.is_some() && now != known && settled {
            known = now;
            if !changed(&path) {
                return;
            }
        }
    }
}
