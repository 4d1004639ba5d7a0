//! One call for the desk: who is to ask the model holds a short lease, renewed while the answer comes; the others wait for it.
//!
//! A lease is a key that holds its holder's token, or [`FAILED`] for a moment after a call that left no answer: who waits then asks
//! by itself at once, instead of one after the other. One that is no lease of this program's (without an end, or a far one) is
//! waited for by nobody.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::link::{Trouble, run};
use super::writes::Counted;
use super::{Found, GRACE, Shared, WRITE};
use crate::cache::{Hit, Key, Want};

/// How long a lease holds: a holder that dies costs the others at most this.
const LEASE: Duration = Duration::from_secs(8);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(2);
/// How long an ask waits for others at most, however many of them and however long they renew their leases.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// How often they look.
const LOOK: Duration = Duration::from_millis(150);
/// What a lease holds after a call that left no answer, and for how long.
const FAILED: &str = "failed";
const AFTERMATH: Duration = Duration::from_secs(1);

/// Lets a lease go, if it is still the holder's own.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";
/// Says in it that there is no answer.
const FAILURE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 else return 0 end";
/// Renews it, if it is still the holder's own.
const RENEWAL: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) else return 0 end";

/// Whether a question may be put to the model.
#[derive(Debug)]
pub enum Leased {
    /// It is for this machine to ask.
    Ours(Lease),
    /// Another does.
    Theirs,
    /// Nobody can tell: it is asked without.
    Unknown,
}

/// What came of waiting for somebody else's answer.
#[derive(Debug)]
pub enum Waited {
    /// It is there.
    Hit(Hit),
    /// Nobody is asking any more, and there is none.
    Free,
    /// There will be none, it took too long, or the server is away: it is asked without.
    GaveUp,
}

/// A lease that is renewed until it is dropped or released.
#[derive(Debug)]
pub struct Lease {
    shared: Arc<Shared>,
    place: String,
    token: String,
    renewing: JoinHandle<()>,
    released: bool,
}

/// How a lease stands on the server.
enum Standing {
    Free,
    Held(String),
    Failed,
    /// Not one that this program would make.
    Foreign,
}

impl Shared {
    /// Where the lease lies: the first answer asked for by its number is the one that is asked for without.
    fn lease_place(&self, key: &Key, want: Want) -> String {
        let want = if want == Want::Sample(0) { Want::Newest } else { want };
        self.place("lease", key, want)
    }

    /// Takes the lease of a question, if nobody holds it, within `budget`.
    pub async fn lease(self: &Arc<Self>, key: &Key, want: Want, budget: Duration) -> Leased {
        let place = self.lease_place(key, want);
        if self.options.read_only || !self.lets_write() {
            // Who may not hold one still waits for those who do.
            let reads = self.breaker().lets(std::time::Instant::now());
            return match self.look_at(&place, budget).await {
                Ok(Standing::Held(_)) if reads => Leased::Theirs,
                _ => Leased::Unknown,
            };
        }
        let token = format!("{:032x}", fastrand::u128(..));
        let begun = std::time::Instant::now();
        let until = Instant::now() + budget;
        let mut command = redis::cmd("SET");
        command.arg(&place).arg(&token).arg("NX").arg("PX").arg(millis(LEASE));
        let taken: Result<bool, Trouble> = run(&self.link, command, budget).await;
        match taken {
            Ok(true) => {
                self.took();
                Leased::Ours(Lease::renewed(Arc::clone(self), place, token))
            }
            Ok(false) => {
                self.answered();
                // Asked again over a new connection, it may be told of its own.
                let left = until.saturating_duration_since(Instant::now());
                match self.look_at(&place, left).await {
                    Ok(Standing::Held(holder)) if holder == token => {
                        Leased::Ours(Lease::renewed(Arc::clone(self), place, token))
                    }
                    Ok(Standing::Failed | Standing::Foreign) => Leased::Unknown,
                    _ => Leased::Theirs,
                }
            }
            Err(trouble) => {
                if trouble.may_pass() {
                    // It may have been taken all the same.
                    drop(Lease::renewed(Arc::clone(self), place, token));
                }
                self.took_not(&trouble, begun);
                Leased::Unknown
            }
        }
    }

    async fn look_at(&self, place: &str, budget: Duration) -> Result<Standing, Trouble> {
        let mut question = redis::pipe();
        question.cmd("GET").arg(place).cmd("PTTL").arg(place);
        let (holder, left): (Option<String>, i64) = run(&self.link, question, budget).await?;
        let longest = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        Ok(match holder {
            None => Standing::Free,
            _ if left < 0 || left > longest => Standing::Foreign,
            Some(holder) if holder == FAILED => Standing::Failed,
            Some(holder) => Standing::Held(holder),
        })
    }

    /// Waits for the answer of who holds the lease, as long as somebody does, but not past `until`; `now` tells the time in UTC
    /// epoch milliseconds.
    pub async fn wait_for(self: &Arc<Self>, key: &Key, want: Want, until: Instant, now: impl Fn() -> i64) -> Waited {
        let place = self.lease_place(key, want);
        let mut last_look = None;
        loop {
            // An ask that waits anyway gives a late server its time.
            match self.get(key, want, now(), self.grace()).await {
                Found::Hit(hit) => return Waited::Hit(hit),
                Found::Nothing | Found::Refused(_) => {}
                // A hiccup is waited out; the breaker says when it is none.
                Found::Late | Found::Away if self.breaker().lets(std::time::Instant::now()) => {
                    tokio::time::sleep(LOOK).await;
                    continue;
                }
                Found::Late | Found::Away => return Waited::GaveUp,
            }
            if let Some(waited) = last_look.take() {
                return waited;
            }
            if Instant::now() >= until {
                return Waited::GaveUp;
            }
            let begun = std::time::Instant::now();
            match self.look_at(&place, self.grace()).await {
                Ok(Standing::Held(_)) => tokio::time::sleep(LOOK).await,
                // Let go: the answer was stored before that, or there is none.
                Ok(Standing::Free) => last_look = Some(Waited::Free),
                Ok(Standing::Failed | Standing::Foreign) => last_look = Some(Waited::GaveUp),
                Err(trouble) => {
                    self.failed(&trouble, begun);
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }
}

impl Lease {
    fn renewed(shared: Arc<Shared>, place: String, token: String) -> Self {
        let renewing = tokio::spawn({
            let (shared, place, token) = (Arc::clone(&shared), place.clone(), token.clone());
            async move {
                loop {
                    tokio::time::sleep(RENEW).await;
                    let mut command = redis::cmd("EVAL");
                    command.arg(RENEWAL).arg(1).arg(&place).arg(&token).arg(millis(LEASE));
                    // One that is missed is made up for by the next; a lost lease makes at worst a second call.
                    let renewed: Result<i64, Trouble> = run(&shared.link, command, GRACE).await;
                    if renewed == Ok(0) {
                        shared.count_uncoordinated();
                        return;
                    }
                }
            }
        });
        Self {
            shared,
            place,
            token,
            renewing,
            released: false,
        }
    }

    /// Lets it go: the others find what was stored. A server that is away is told when it is back, while the lease may still lie
    /// there.
    pub(super) async fn release(mut self, counted: &mut Counted) {
        self.released = true;
        self.renewing.abort();
        let command = self.releasing();
        let _ = self
            .shared
            .insist(LEASE, counted, |_| said(&self.shared, &command))
            .await;
    }

    /// Lets it go without an answer: the others ask by themselves, all at once.
    pub fn fail(mut self) {
        self.released = true;
        let mut command = redis::cmd("EVAL");
        command.arg(FAILURE).arg(1).arg(&self.place).arg(&self.token);
        command.arg(FAILED).arg(millis(AFTERMATH));
        self.behind(command);
    }

    fn releasing(&self) -> redis::Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(RELEASE).arg(1).arg(&self.place).arg(&self.token);
        command
    }

    /// Has this said behind the work; [`Shared::settle`] waits for it.
    fn behind(&self, command: redis::Cmd) {
        let shared = Arc::clone(&self.shared);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let mut counted = Counted::pending(&shared);
            runtime.spawn(async move {
                let _ = shared.insist(LEASE, &mut counted, |_| said(&shared, &command)).await;
            });
        }
    }
}

async fn said(shared: &Shared, command: &redis::Cmd) -> Result<(), Trouble> {
    run::<i64>(&shared.link, command.clone(), WRITE).await.map(|_| ())
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
        if !self.released {
            // An ask that was cancelled: nobody is to wait for it, and the next may ask for the others.
            self.behind(self.releasing());
        }
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
