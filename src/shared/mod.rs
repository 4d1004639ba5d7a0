//! One cache for a desk of analysts: a third tier behind memory and disk, on Redis or Valkey.
//!
//! # What is promised
//!
//! * **Never in the way.** A lookup is answered within [`ANSWER`] or counts as a miss; a write is waited for by nobody. After
//!   failures in a row a [`Breaker`] leaves the server alone, and a probe behind the work finds out when it is back. What was
//!   answered shortly before that is shared then, and leases that were held are let go. A server that can be reached and is late
//!   delays an ask by [`GRACE`] at most, for the sake of the lease.
//! * **Not trusted blindly.** A value is the disk tier's own bytes (version, checksum, header, body); with a secret a keyed
//!   BLAKE3 over key and value stands behind them. One that is damaged, foreign, newer or not authentic is a miss, counted,
//!   and never promoted. What it says is made harmless as a model's words are.
//! * **One call for the desk.** An ask that finds nothing takes a short [`lease`](Lease) before it goes to the model. The others
//!   wait for the answer as long as the lease is renewed. A holder that dies costs them at most the lease. This holds while the
//!   server answers within [`GRACE`] and a holder renews its lease in time. An ask that has to do without goes to the model by
//!   itself and is counted in [`State::uncoordinated`].
//! * What is never cached is never shared, nor are answers that cost nothing: the offline analyst's.
//!
//! A question's newest answer lies under `NAMESPACE:v1:resp:KEY` with its time to live, a lease under `NAMESPACE:v1:lease:KEY`;
//! of a question with several answers each lies under its number too, `NAMESPACE:v1:resp:KEY:N`.

mod address;
mod breaker;
mod client;
mod examine;
mod lease;
mod link;
mod seal;
mod whole;
mod writes;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use address::{Address, AddressError};
pub use breaker::{Breaker, Standing};
pub use examine::Examined;
pub use lease::{Lease, Leased, PATIENCE, Waited};
pub use link::Trouble;
pub use seal::{Refused, Seal};
pub use whole::Copied;
pub use writes::Stored;

use crate::cache::{Hit, Key, Tier, Want};
use crate::ttl::Ttl;
use link::{Link, run};
use writes::{Counted, HOLD};

/// How long a lookup may take before it counts as a miss.
pub const ANSWER: Duration = Duration::from_millis(150);

/// How long an ask waits for the lease of its question where the server is late. A second call to the model would cost more.
pub const GRACE: Duration = Duration::from_secs(2);

/// How long somebody waits who asks whether the server is there.
const GREETING: Duration = Duration::from_secs(1);

/// How long a write may take behind the work.
const WRITE: Duration = Duration::from_secs(5);

/// The version of the layout in the server.
const VERSION: &str = "v1";

/// How the tier is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the server is.
    pub address: Address,
    /// What stands before every key.
    pub namespace: String,
    /// Whether nothing is written.
    pub read_only: bool,
    /// What values are sealed with.
    pub seal: Seal,
    /// The time to live of entries that name none.
    pub ttl: Ttl,
}

/// What came of a lookup.
#[derive(Debug, Clone)]
pub enum Found {
    /// An answer, with its remaining time to live.
    Hit(Hit),
    /// None.
    Nothing,
    /// A value that is not to be used.
    Refused(Refused),
    /// The server did not answer in time. It can be reached, so the lease decides.
    Late,
    /// The server is away.
    Away,
}

/// How the tier stands, for the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The server, without user and password.
    pub server: String,
    /// Whether nothing is written.
    pub read_only: bool,
    /// How it stands.
    pub standing: Standing,
    /// Why the last write was not taken, if it was not.
    pub write_trouble: Option<String>,
    /// Writes on their way.
    pub pending: u64,
    /// Asks that went to the model without knowing whether another machine asked the same, and answers that were not shared at
    /// once. The desk makes at most as many calls too many.
    pub uncoordinated: u64,
}

/// The tier. Shared by reference; every method that asks the server must be called within a tokio runtime.
#[derive(Debug)]
pub struct Shared {
    options: Options,
    link: Link,
    breaker: Mutex<Breaker>,
    writes: Mutex<Breaker>,
    pending: AtomicU64,
    uncoordinated: AtomicU64,
}

impl Shared {
    /// The tier with these options; asks nobody.
    ///
    /// # Errors
    /// [`AddressError`] when the client cannot be made, as with a CA file that holds no certificate.
    pub fn new(options: Options) -> Result<Arc<Self>, AddressError> {
        Ok(Arc::new(Self {
            link: Link::to(&options.address)?,
            options,
            breaker: Mutex::default(),
            writes: Mutex::default(),
            pending: AtomicU64::new(0),
            uncoordinated: AtomicU64::new(0),
        }))
    }

    /// Where the answer to a question lies, or what else `kind` names.
    fn place(&self, kind: &str, key: &Key, want: Want) -> String {
        let begins = format!("{}:{VERSION}:{kind}:{key}", self.options.namespace);
        match want {
            Want::Newest => begins,
            Want::Sample(n) => format!("{begins}:{n}"),
        }
    }

    /// How long an ask may wait for a late server. One that was never reached, or is too far for a lookup, is not worth a wait.
    pub fn grace(&self) -> Duration {
        if self.link.was_reached() && !self.link.is_farther_than(ANSWER) {
            GRACE
        } else {
            ANSWER
        }
    }

    /// Counts an ask that goes to the model without knowing whether another machine asks the same, or whose answer is not shared.
    pub fn count_uncoordinated(&self) {
        tracing::info!("the desk may make a second call for this question");
        self.uncoordinated.fetch_add(1, Ordering::Relaxed);
    }

    /// What stands before every key.
    pub fn namespace(&self) -> &str {
        &self.options.namespace
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        // Its methods do not panic midway.
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writes(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands.
    pub fn state(&self) -> State {
        State {
            server: self.options.address.to_string(),
            read_only: self.options.read_only,
            standing: self.breaker().standing(),
            write_trouble: match self.writes().standing() {
                Standing::Away { reason, .. } => Some(reason),
                _ => None,
            },
            pending: self.pending.load(Ordering::Relaxed),
            uncoordinated: self.uncoordinated.load(Ordering::Relaxed),
        }
    }

    /// Looks a question up, within `budget`; `now` is in UTC epoch milliseconds.
    pub async fn get(self: &Arc<Self>, key: &Key, want: Want, now: i64, budget: Duration) -> Found {
        let Want::Sample(n) = want else {
            return self.get_at(key, want, now, budget).await;
        };
        // The newest may be the one.
        let (own, newest) = tokio::join!(
            self.get_at(key, want, now, budget),
            self.get_at(key, Want::Newest, now, budget)
        );
        match (own, newest) {
            (Found::Hit(hit), _) if hit.entry.header.sample != n => Found::Refused(Refused::Damaged),
            (Found::Nothing, Found::Hit(hit)) if hit.entry.header.sample == n => Found::Hit(hit),
            (own, _) => own,
        }
    }

    async fn get_at(self: &Arc<Self>, key: &Key, want: Want, now: i64, budget: Duration) -> Found {
        if !self.breaker().lets(Instant::now()) {
            return Found::Away;
        }
        let place = self.place("resp", key, want);
        let mut question = redis::pipe();
        question.cmd("GET").arg(&place).cmd("PTTL").arg(&place);
        let begun = Instant::now();
        let asked: Result<(Option<Vec<u8>>, i64), Trouble> = run(&self.link, question, budget).await;
        match asked {
            Err(Trouble::Foreign(_)) => {
                self.answered();
                Found::Refused(Refused::Damaged)
            }
            Err(trouble) => {
                self.failed(&trouble, begun);
                if trouble == Trouble::Slow && self.grace() > ANSWER {
                    Found::Late
                } else {
                    Found::Away
                }
            }
            Ok((value, left)) => {
                self.answered();
                let Some(value) = value else { return Found::Nothing };
                match self.options.seal.open(&place, key, &value, self.options.ttl, left, now) {
                    Ok((entry, expires)) => Found::Hit(Hit {
                        tier: Tier::Shared,
                        entry: Arc::new(entry),
                        expires,
                    }),
                    Err(Refused::Expired) => Found::Nothing,
                    Err(refused) => Found::Refused(refused),
                }
            }
        }
    }

    /// Stores an answer behind the work; the lease is let go when it is there. Nobody waits for it, except [`Shared::settle`].
    pub fn put_behind(self: &Arc<Self>, key: Key, stored: Stored, now: i64, lease: Option<Lease>) {
        let shared = Arc::clone(self);
        let mut counted = Counted::pending_answer(self);
        tokio::spawn(async move {
            let stored = shared
                .insist(HOLD, &mut counted, |again| shared.put(&key, &stored, now, again))
                .await;
            if let Err(trouble) = stored {
                counted.is_late();
                shared.took_not(&trouble, Instant::now());
                tracing::info!(%trouble, "an answer is not shared");
            }
            if let Some(lease) = lease {
                lease.release(&mut counted).await;
            }
        });
    }

    /// What shows that the server answers: a lookup, which whoever may look anything up may do.
    fn knock(&self) -> redis::Cmd {
        let mut command = redis::cmd("GET");
        command.arg(format!("{}:{VERSION}:knock", self.options.namespace));
        command
    }

    /// Finds out whether the server answers; how it stands then is told by [`Shared::state`].
    pub async fn greet(self: &Arc<Self>) {
        match run::<redis::Value>(&self.link, self.knock(), GREETING).await {
            Ok(_) => self.answered(),
            // Asked for by somebody who waits for the answer: one failure says enough.
            Err(trouble) => self.failed_at_once(&trouble),
        }
    }

    fn answered(&self) {
        self.breaker().succeeded();
    }

    /// Notes that an ask which began at `begun` has failed. After one failure too many the server is left alone and probed in the
    /// background until it is back.
    fn failed(self: &Arc<Self>, trouble: &Trouble, begun: Instant) {
        // A server that is late, and worth a wait, is not left alone before the wait is over.
        let grace = match trouble {
            Trouble::LeftAlone => return,
            Trouble::Slow if self.grace() > ANSWER => GRACE,
            _ => Duration::ZERO,
        };
        if self.breaker().failed(trouble.to_string(), begun, Instant::now(), grace) {
            self.probe_behind(trouble);
        }
    }

    fn failed_at_once(self: &Arc<Self>, trouble: &Trouble) {
        if self.breaker().failed_for(trouble.to_string(), Instant::now()) {
            self.probe_behind(trouble);
        }
    }

    fn probe_behind(self: &Arc<Self>, trouble: &Trouble) {
        tracing::info!(%trouble, "the shared cache is left alone for a while");
        let shared = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                let Some(wait) = shared.upgrade().and_then(|s| s.breaker().next_probe()) else {
                    return;
                };
                tokio::time::sleep(wait).await;
                let Some(shared) = shared.upgrade() else { return };
                match run::<redis::Value>(&shared.link, shared.knock(), WRITE).await {
                    Ok(_) => return shared.answered(),
                    Err(trouble) => shared.breaker().probed(trouble.to_string()),
                }
            }
        });
    }
}
