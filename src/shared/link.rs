//! The way to the server: made when it is first needed, in a task of its own, and made anew after every failure.
//!
//! A connection that has failed once is dropped: a server that came back with another password, a replica that was a master, a
//! peer that vanished without a word are then all the same case. Requests wait for a connection no longer than they may take.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::{Cmd, FromRedisValue, Pipeline, RedisError};
use tokio::sync::watch;

use super::address::{Address, AddressError};
use super::client::{CONNECT, Client, Connection};

/// Why the server did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It did not answer in time.
    #[error("no answer in time")]
    Slow,
    /// It has failed often enough to be left alone for a while.
    #[error("it is left alone for a while")]
    LeftAlone,
    /// It could not be reached, or the connection broke.
    #[error("{0}")]
    Unreachable(String),
    /// It wants to know who asks, or does not believe it.
    #[error("user or password refused ({0})")]
    Refused(String),
    /// It has no room.
    #[error("the server is full ({0})")]
    Full(String),
    /// It does not take writes.
    #[error("the server takes no writes ({0})")]
    ReadOnly(String),
    /// Who asks may not do that.
    #[error("the user may not do that ({0})")]
    Forbidden(String),
    /// This machine does not write there.
    #[error("nothing is written there: read_only is set in [cache.shared]")]
    Own,
    /// What lies there is no value of this program's.
    #[error("another's value lies there ({0})")]
    Foreign(String),
    /// It is one node of a cluster, asked as if it were all of it.
    #[error("it is one node of a cluster ({0}); write redis+cluster:// for redis://")]
    Node(String),
    /// There is no database of that number.
    #[error("the server has no database of that number; leave it away behind the port")]
    NoDatabase,
    /// It said something else.
    #[error("the server says {0}")]
    Other(String),
}

impl Trouble {
    /// Whether lookups may work all the same, when a write came to this.
    pub fn is_about_writing(&self) -> bool {
        matches!(self, Trouble::Full(_) | Trouble::ReadOnly(_) | Trouble::Forbidden(_))
    }

    /// Whether the same may go well when the server is back.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Trouble::Slow | Trouble::LeftAlone | Trouble::Unreachable(_) | Trouble::Other(_)
        )
    }

    /// Whether a new connection would fare no better.
    fn keeps_connection(&self) -> bool {
        matches!(self, Trouble::Full(_) | Trouble::Forbidden(_) | Trouble::Foreign(_))
    }

    fn of(error: &RedisError) -> Self {
        // Of a pipeline the words lie deeper.
        let deeper = error.clone().into_server_errors().and_then(|all| {
            let (_, first) = all.first()?;
            Some(first.code().to_owned())
        });
        let code = error.code().map(str::to_owned).or(deeper).unwrap_or_default();
        match code.as_str() {
            "OOM" | "MISCONF" | "NOREPLICAS" => Trouble::Full(code),
            "READONLY" => Trouble::ReadOnly(code),
            "NOAUTH" | "WRONGPASS" => Trouble::Refused(code),
            "NOPERM" => Trouble::Forbidden(code),
            "WRONGTYPE" => Trouble::Foreign(code),
            "MOVED" | "CROSSSLOT" => Trouble::Node(code),
            "ERR" if error.to_string().contains("DB index") => Trouble::NoDatabase,
            _ if error.kind() == redis::ErrorKind::AuthenticationFailed => Trouble::Refused("AUTH".to_owned()),
            _ if error.is_timeout() => Trouble::Slow,
            _ if error.is_io_error() => Trouble::Unreachable(reachable(error)),
            // What a reply held is nobody's business: only its kind is told.
            "" => Trouble::Other(format!("something unexpected ({})", error.category())),
            _ => Trouble::Other(code),
        }
    }
}

/// Why it could not be reached, in a line.
fn reachable(error: &RedisError) -> String {
    if error.is_connection_refusal() {
        return "connection refused".to_owned();
    }
    let words = crate::text::clean_line(&error.to_string());
    // A certificate's fault is told in many words, the first of which say enough.
    words.chars().take(160).collect()
}

/// What is asked: one command, or several in one go.
pub(super) trait Question: Send {
    fn ask<T: FromRedisValue + Send>(
        &self,
        connection: &mut Connection,
    ) -> impl Future<Output = Result<T, RedisError>> + Send;
}

impl Question for Cmd {
    async fn ask<T: FromRedisValue + Send>(&self, connection: &mut Connection) -> Result<T, RedisError> {
        self.query_async(connection).await
    }
}

impl Question for Pipeline {
    async fn ask<T: FromRedisValue + Send>(&self, connection: &mut Connection) -> Result<T, RedisError> {
        self.query_async(connection).await
    }
}

/// A connection being made: nothing yet, or what came of it.
type Coming = watch::Receiver<Option<Result<Connection, Trouble>>>;

enum State {
    Idle,
    Coming(Coming),
    Ready(Connection),
}

/// The way to the server.
pub(super) struct Link {
    client: Arc<Client>,
    state: Arc<Mutex<(u64, State)>>,
    /// Whether a connection has ever been made.
    reached: Arc<AtomicBool>,
    trips: Mutex<Trips>,
}

/// How long the ways there and back took.
#[derive(Debug, Default)]
struct Trips {
    number: u32,
    shortest: Option<Duration>,
}

/// How many answers show how far a server is: a busy machine delays a few, never all.
const ENOUGH: u32 = 8;

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}

impl Link {
    /// The way to `address`; nobody is asked yet.
    pub fn to(address: &Address) -> Result<Self, AddressError> {
        Ok(Self {
            client: Arc::new(Client::to(address)?),
            state: Arc::new(Mutex::new((0, State::Idle))),
            reached: Arc::default(),
            trips: Mutex::default(),
        })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, (u64, State)> {
        // Assignments only: nothing panics midway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection and its number, once there is one.
    pub async fn connection(&self) -> Result<(u64, Connection), Trouble> {
        let (number, mut coming) = {
            let mut state = self.state();
            match &state.1 {
                State::Ready(connection) => return Ok((state.0, connection.clone())),
                State::Coming(coming) => (state.0, coming.clone()),
                State::Idle => {
                    state.0 += 1;
                    let coming = self.connect(state.0);
                    state.1 = State::Coming(coming.clone());
                    (state.0, coming)
                }
            }
        };
        let made = coming.wait_for(Option::is_some).await;
        let made = made.ok().and_then(|made| made.clone());
        let made = made.unwrap_or(Err(Trouble::Unreachable("the connection was given up".to_owned())));
        made.map(|connection| (number, connection))
    }

    /// Makes connection `number` in a task of its own: who waits for it may give up, it goes on.
    fn connect(&self, number: u64) -> Coming {
        let (sender, coming) = watch::channel(None);
        let (client, state) = (Arc::clone(&self.client), Arc::clone(&self.state));
        let reached = Arc::clone(&self.reached);
        tokio::spawn(async move {
            let made = match tokio::time::timeout(CONNECT, client.connect()).await {
                Ok(made) => made.map_err(|error| Trouble::of(&error)),
                Err(_) => Err(Trouble::Slow),
            };
            if made.is_ok() {
                reached.store(true, Ordering::Relaxed);
            }
            {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                if state.0 == number {
                    state.1 = match &made {
                        Ok(connection) => State::Ready(connection.clone()),
                        Err(_) => State::Idle,
                    };
                }
            }
            // Nobody may be waiting any more.
            let _ = sender.send(Some(made));
        });
        coming
    }

    /// Whether a connection has ever been made.
    pub fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// Whether every answer so far took longer than this, as far as there have been enough.
    pub fn is_farther_than(&self, budget: Duration) -> bool {
        let trips = self.trips();
        trips.number >= ENOUGH && trips.shortest.is_some_and(|shortest| shortest > budget)
    }

    fn trips(&self) -> std::sync::MutexGuard<'_, Trips> {
        self.trips.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops connection `number`, if it is still the one in use.
    fn drop_connection(&self, number: u64) {
        let mut state = self.state();
        if state.0 == number && matches!(state.1, State::Ready(_)) {
            state.1 = State::Idle;
        }
    }
}

/// Asks over `link`, within `budget` all in all. A connection that was dropped while it lay idle is made anew once.
pub(super) async fn run<T: FromRedisValue + Send>(
    link: &Link,
    question: impl Question,
    budget: Duration,
) -> Result<T, Trouble> {
    let asking = async {
        for again in [true, false] {
            let (number, mut connection) = link.connection().await?;
            let begun = Instant::now();
            match question.ask::<T>(&mut connection).await {
                Ok(answer) => {
                    let took = begun.elapsed();
                    let mut trips = link.trips();
                    trips.number = trips.number.saturating_add(1);
                    trips.shortest = Some(trips.shortest.map_or(took, |shortest| shortest.min(took)));
                    drop(trips);
                    return Ok(answer);
                }
                Err(error) => {
                    let trouble = Trouble::of(&error);
                    // A server that only does not do this stays connected; otherwise a new connection may find a better one.
                    if !trouble.keeps_connection() {
                        link.drop_connection(number);
                    }
                    if !(again && error.is_connection_dropped()) {
                        return Err(trouble);
                    }
                }
            }
        }
        Err(Trouble::Unreachable("the connection broke".to_owned()))
    };
    match tokio::time::timeout(budget, asking).await {
        Ok(answer) => answer,
        Err(_) => {
            // A peer that vanished without a word is never heard of again over the same connection.
            let ready = {
                let state = link.state();
                matches!(state.1, State::Ready(_)).then_some(state.0)
            };
            if let Some(number) = ready {
                link.drop_connection(number);
            }
            Err(Trouble::Slow)
        }
    }
}
