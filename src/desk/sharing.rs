//! The shared tier at the desk: opened when it is first needed, asked behind memory and disk, and never in the way.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::{Desk, environment, now_millis};
use crate::cache::{Entry, Hit, Key, Want};
use crate::config::SharedError;
use crate::shared::{ANSWER, Found, GRACE, Lease, Leased, Shared, Standing, State, Waited};

/// How long an ask waits for the tier to be made: for a command that prints a password.
const MAKING: Duration = Duration::from_secs(2);

/// What a lookup in the shared tier has found.
#[derive(Debug)]
pub(super) enum Looked {
    /// An answer.
    Hit(Hit),
    /// None.
    Nothing,
    /// The server did not answer in time. The lease decides.
    Late,
    /// The server is away.
    Away,
}

/// How a question stands in the shared tier.
#[derive(Debug)]
pub(super) enum Sought {
    /// It has the answer.
    Hit(Hit),
    /// It has none: the lease, where there is one to hold.
    Free(Option<Lease>),
    /// Somebody else is asking the model.
    Asked,
    /// The server is away.
    Away,
}

/// The shared tier as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    /// The server, without user and password.
    pub server: String,
    /// Whether nothing is written there.
    pub read_only: bool,
    /// How it stands.
    pub tie: Tie,
}

/// How the shared tier stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tie {
    /// It has not been asked yet.
    Untried,
    /// It answers.
    There,
    /// It answers, and takes no new answers: why.
    Full(String),
    /// It does not answer: since when, and why.
    Away(Timestamp, String),
    /// It cannot be asked as it is set: why.
    Off(String),
}

impl Sharing {
    /// How it stands, in words: `there`, `away since 14:03: connection refused`.
    pub fn words(&self) -> String {
        match self.reason() {
            None => self.brief(),
            Some(reason) => format!("{}: {reason}", self.brief()),
        }
    }

    /// The same without the reason; the time is that of the machine's place.
    pub fn brief(&self) -> String {
        match &self.tie {
            Tie::Untried => "not asked yet".to_owned(),
            Tie::There if self.read_only => "there, read only".to_owned(),
            Tie::There => "there".to_owned(),
            Tie::Full(_) => "takes no answers".to_owned(),
            Tie::Away(since, _) => {
                let since = since.to_zoned(TimeZone::system()).strftime("%H:%M");
                format!("away since {since}")
            }
            Tie::Off(_) => "off".to_owned(),
        }
    }

    /// Why it does not do its work, if it does not.
    pub fn reason(&self) -> Option<&str> {
        match &self.tie {
            Tie::Untried | Tie::There => None,
            Tie::Full(reason) | Tie::Away(_, reason) | Tie::Off(reason) => Some(reason),
        }
    }

    /// Whether it does its work, as far as is known.
    pub fn is_fine(&self) -> bool {
        self.reason().is_none()
    }

    /// As `cache stats --json` prints it.
    pub fn json(&self) -> serde_json::Value {
        let state = match &self.tie {
            Tie::Untried => "untried",
            Tie::There => "there",
            Tie::Full(_) => "full",
            Tie::Away(..) => "away",
            Tie::Off(_) => "off",
        };
        serde_json::json!({
            "server": self.server,
            "state": state,
            "reason": self.reason(),
            "read_only": self.read_only,
        })
    }
}

impl Desk {
    /// The shared tier, if one is set; made at the first call, which may read a file and run a command.
    ///
    /// # Errors
    /// [`SharedError`] when it is set and cannot be asked.
    pub async fn shared(&self) -> Result<Option<Arc<Shared>>, SharedError> {
        let Some(settings) = &self.settings.shared else {
            return Ok(None);
        };
        let made = self.shared.get_or_init(|| async {
            let (settings, ttl) = (settings.clone(), self.settings.ttl.value);
            let options = tokio::task::spawn_blocking(move || settings.options(ttl, &environment)).await;
            let options = options.map_err(|e| SharedError::Command(e.to_string()))??;
            Ok(Shared::new(options)?)
        });
        made.await.clone().map(Some)
    }

    /// How the shared tier stands, if one is set; asks nobody.
    pub fn sharing(&self) -> Option<Sharing> {
        let settings = self.settings.shared.as_ref()?;
        let tie = match self.shared.get() {
            None => Tie::Untried,
            Some(Err(error)) => Tie::Off(error.to_string()),
            Some(Ok(shared)) => tie(shared.state()),
        };
        Some(Sharing {
            server: settings.address.value.to_string(),
            read_only: settings.read_only,
            tie,
        })
    }

    /// Asks the shared tier whether it is there; how it stands then.
    pub async fn greet_shared(&self) -> Option<Sharing> {
        if let Ok(Some(shared)) = self.shared().await {
            shared.greet().await;
        }
        self.sharing()
    }

    /// The shared tier, if one is set and it can be had soon: a command for its password may take its time.
    pub(super) async fn shared_soon(&self) -> Option<Arc<Shared>> {
        self.settings.shared.as_ref()?;
        if let Some(made) = self.shared.get() {
            return made.clone().ok();
        }
        // Made to its end, however many give up waiting.
        let desk = self.clone();
        let making = tokio::spawn(async move { desk.shared().await.ok().flatten() });
        tokio::time::timeout(MAKING, making).await.ok()?.ok()?
    }

    /// The shared tier, if it has been made; waits for nothing.
    pub(super) fn shared_at_hand(&self) -> Option<Arc<Shared>> {
        self.shared.get()?.clone().ok()
    }

    /// Looks a question up in the shared tier.
    pub(super) async fn look_shared(&self, shared: &Arc<Shared>, key: &Key, want: Want) -> Looked {
        match shared.get(key, want, now_millis(), ANSWER).await {
            Found::Hit(hit) => Looked::Hit(hit),
            Found::Late => Looked::Late,
            Found::Away => Looked::Away,
            Found::Nothing => Looked::Nothing,
            Found::Refused(why) => {
                self.cache.refuse(why.name());
                Looked::Nothing
            }
        }
    }

    /// On from what a lookup has found: takes the lease where there is no answer.
    pub(super) async fn seek_on(&self, shared: &Arc<Shared>, key: &Key, want: Want, looked: Looked) -> Sought {
        match looked {
            Looked::Hit(hit) => Sought::Hit(hit),
            Looked::Away => {
                shared.count_uncoordinated();
                Sought::Away
            }
            Looked::Nothing | Looked::Late => take(shared, key, want).await,
        }
    }

    /// Waits for the answer of who is asking, not past `until`; when there is none, takes the lease.
    pub(super) async fn wait_for(&self, shared: &Arc<Shared>, key: &Key, want: Want, until: Instant) -> Sought {
        match shared.wait_for(key, want, until, now_millis).await {
            Waited::Hit(hit) => Sought::Hit(hit),
            Waited::Free => take(shared, key, want).await,
            Waited::GaveUp => {
                shared.count_uncoordinated();
                Sought::Free(None)
            }
        }
    }

    /// The newest answer that the desk has, which a fresh one is to follow.
    pub(super) async fn newest_shared(&self, shared: &Arc<Shared>, key: &Key) -> Option<Arc<Entry>> {
        match shared.get(key, Want::Newest, now_millis(), ANSWER).await {
            Found::Hit(hit) => Some(hit.entry),
            _ => None,
        }
    }

    /// Waits, briefly, for calls that were left, which note what they cost and let their leases go, and for answers on their way
    /// to the shared tier: to be called before the process ends.
    pub async fn settle_calls(&self) {
        let left = Instant::now() + GRACE;
        while !self.calls.is_empty() && Instant::now() < left {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if let Some(Ok(shared)) = self.shared.get() {
            shared.settle().await;
        }
    }
}

/// Takes the lease of a question that has no answer, as far as is known.
///
/// A late server is waited for here, not at the lookup: without the lease a busy machine would pay for an answer twice.
async fn take(shared: &Arc<Shared>, key: &Key, want: Want) -> Sought {
    let until = Instant::now() + shared.grace();
    match shared.lease(key, want, shared.grace()).await {
        Leased::Theirs => Sought::Asked,
        Leased::Unknown => {
            shared.count_uncoordinated();
            Sought::Free(None)
        }
        Leased::Ours(lease) => {
            // The previous holder stores its answer before it lets go. So a lookup that began earlier says nothing: this one does.
            let left = until.saturating_duration_since(Instant::now()).max(ANSWER);
            match shared.get(key, want, now_millis(), left).await {
                Found::Hit(hit) => return Sought::Hit(hit),
                Found::Nothing | Found::Refused(_) => {}
                Found::Late | Found::Away => shared.count_uncoordinated(),
            }
            Sought::Free(Some(lease))
        }
    }
}

fn tie(state: State) -> Tie {
    match (state.standing, state.write_trouble) {
        (Standing::Away { since, reason }, _) => Tie::Away(since, reason),
        (_, Some(trouble)) => Tie::Full(trouble),
        (Standing::Untried, None) => Tie::Untried,
        (Standing::There, None) => Tie::There,
    }
}
