//! Candles from live sources, by the settings: which source, and with what key.

use jiff::Timestamp;

use super::{Desk, DeskError, environment};
use crate::config::Settings;
use crate::feed::{self, FeedError, Fetched, Locator, Want};
use crate::secret::Secret;

/// Fetches the candles of `locator`: its newest ones, or all `since` that open time (UTC epoch seconds). `progress` hears
/// after each page how many there are.
///
/// # Errors
/// [`DeskError::Feed`] for whatever keeps them from coming.
pub async fn fetch(
    settings: &Settings,
    locator: &Locator,
    since: Option<i64>,
    progress: impl FnMut(usize),
) -> Result<Fetched, DeskError> {
    let source = feed::find(&settings.sources, &locator.origin)?;
    let key = match &source.key_env {
        None => None,
        Some(variable) => {
            let key = environment(variable).filter(|key| !key.trim().is_empty());
            let key = key.ok_or_else(|| FeedError::NoKey {
                origin: source.name.clone(),
                variable: variable.clone(),
            })?;
            Some(Secret::new(&key))
        }
    };
    let want = Want {
        symbol: &locator.symbol,
        timeframe: locator.timeframe,
        limit: locator.limit,
        since,
        now: Timestamp::now(),
    };
    let mut fetched = feed::fetch(source, key.as_ref(), &want, progress).await?;
    fetched.loaded.card.file = locator.to_string();
    Ok(fetched)
}

impl Desk {
    /// As [`fetch`], by the desk's settings.
    ///
    /// # Errors
    /// As [`fetch`].
    pub async fn fetch(&self, locator: &Locator, since: Option<i64>) -> Result<Fetched, DeskError> {
        fetch(&self.settings, locator, since, |_| ()).await
    }
}
