//! One call for the desk: who is to ask the model holds a short lease, renewed while the answer comes; the others wait for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::link::{Trouble, run};
use super::{ANSWER, Found, Landed, Shared};
use crate::cache::{Hit, Key, Want};

/// How long a lease holds: a holder that dies costs the others at most this.
const LEASE: Duration = Duration::from_secs(8);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(2);
/// How long the others wait at most, however long it is renewed.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often they look.
const LOOK: Duration = Duration::from_millis(150);

/// Lets a lease go, if it is still the holder's own.
const RELEASE: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";
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
    /// It took too long, or the server is away.
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

impl Shared {
    /// Takes the lease of a question, if nobody holds it.
    pub async fn lease(self: &Arc<Self>, key: &Key, want: Want) -> Leased {
        if self.options.read_only || !self.lets_write() {
            return Leased::Unknown;
        }
        let place = self.place("lease", key, want);
        let token = format!("{:032x}", fastrand::u128(..));
        let mut command = redis::cmd("SET");
        command.arg(&place).arg(&token).arg("NX").arg("PX").arg(millis(LEASE));
        let taken: Result<bool, Trouble> = run(&self.link, command, ANSWER).await;
        match self.written(taken) {
            Ok(true) => Leased::Ours(Lease::renewed(Arc::clone(self), place, token)),
            Ok(false) => Leased::Theirs,
            Err(_) => Leased::Unknown,
        }
    }

    /// Waits for the answer of who holds the lease, as long as somebody does; `now` tells the time in UTC epoch milliseconds.
    pub async fn wait_for(self: &Arc<Self>, key: &Key, want: Want, now: impl Fn() -> i64) -> Waited {
        let place = self.place("lease", key, want);
        let until = tokio::time::Instant::now() + PATIENCE;
        let mut last_look = false;
        loop {
            match self.get(key, want, now()).await {
                Found::Hit(hit) => return Waited::Hit(hit),
                Found::Nothing | Found::Refused(_) => {}
                Found::Away => return Waited::GaveUp,
            }
            if last_look {
                return Waited::Free;
            }
            if tokio::time::Instant::now() >= until {
                return Waited::GaveUp;
            }
            let mut command = redis::cmd("EXISTS");
            command.arg(&place);
            let held: Result<bool, Trouble> = run(&self.link, command, ANSWER).await;
            match held {
                Ok(true) => tokio::time::sleep(LOOK).await,
                // Let go: the answer was stored before that, or there is none.
                Ok(false) => last_look = true,
                Err(trouble) => {
                    self.failed(&trouble);
                    return Waited::GaveUp;
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
                    let _: Result<i64, Trouble> = run(&shared.link, command, ANSWER).await;
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

    /// Lets it go: the others ask by themselves, or find what was stored.
    pub async fn release(mut self) {
        self.released = true;
        self.renewing.abort();
        let _: Result<i64, Trouble> = run(&self.shared.link, self.releasing(), ANSWER).await;
    }

    fn releasing(&self) -> redis::Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(RELEASE).arg(1).arg(&self.place).arg(&self.token);
        command
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
        if self.released {
            return;
        }
        // An ask that was cancelled, or failed: nobody is to wait for it.
        let (shared, command) = (Arc::clone(&self.shared), self.releasing());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            shared.pending.fetch_add(1, Ordering::Relaxed);
            runtime.spawn(async move {
                let _landed = Landed(&shared.pending);
                let _: Result<i64, Trouble> = run(&shared.link, command, ANSWER).await;
            });
        }
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
