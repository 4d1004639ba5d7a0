//! Limits of a provider: how many calls at once, and how many a minute.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// What a provider is asked at most, by this process.
#[derive(Debug)]
pub struct Gate {
    at_once: Option<Arc<Semaphore>>,
    per_minute: Option<usize>,
    /// When the last calls began, oldest first.
    begun: Mutex<VecDeque<Instant>>,
}

/// Leave to call; given back when it is dropped.
#[derive(Debug)]
pub struct Pass {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// A gate for so many calls at once and so many a minute; `None` where nothing is limited.
    pub fn of(at_once: Option<usize>, per_minute: Option<usize>) -> Option<Arc<Self>> {
        (at_once.is_some() || per_minute.is_some()).then(|| {
            Arc::new(Self {
                at_once: at_once.map(|n| Arc::new(Semaphore::new(n.max(1)))),
                per_minute: per_minute.map(|n| n.max(1)),
                begun: Mutex::default(),
            })
        })
    }

    /// Waits for leave to call.
    pub async fn pass(&self) -> Pass {
        let permit = match &self.at_once {
            // Never closed.
            Some(semaphore) => Arc::clone(semaphore).acquire_owned().await.ok(),
            None => None,
        };
        while let Some(wait) = self.wait() {
            tokio::time::sleep(wait).await;
        }
        Pass { _permit: permit }
    }

    /// How long until the next call may begin; `None` notes that it begins now.
    fn wait(&self) -> Option<Duration> {
        let most = self.per_minute?;
        let now = Instant::now();
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        while begun.front().is_some_and(|first| now.duration_since(*first) >= MINUTE) {
            begun.pop_front();
        }
        if begun.len() < most {
            begun.push_back(now);
            return None;
        }
        begun
            .front()
            .map(|first| MINUTE.saturating_sub(now.duration_since(*first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_so_many_calls() {
        let gate = Gate::of(None, Some(3)).unwrap();
        let begun = Instant::now();
        for _ in 0..7 {
            drop(gate.pass().await);
        }
        assert_eq!(begun.elapsed().as_secs(), 120);
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_at_once() {
        let gate = Gate::of(Some(2), None).unwrap();
        let (_a, b) = (gate.pass().await, gate.pass().await);
        let third = gate.pass();
        tokio::pin!(third);
        assert!(tokio::time::timeout(MINUTE, &mut third).await.is_err());
        drop(b);
        third.await;
        assert!(Gate::of(None, None).is_none());
    }
}
