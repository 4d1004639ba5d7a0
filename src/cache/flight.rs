//! One call for a question that several ask at once: all get the same events from the first on.

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt};
use tokio::task::JoinHandle;

/// What has happened in one call so far, and who waits for more.
struct Log<E> {
    events: Vec<E>,
    done: bool,
    waiting: Vec<std::task::Waker>,
}

/// A call on its way. Dropped with its last subscriber, it ends the call.
struct Flight<E> {
    log: Arc<Mutex<Log<E>>>,
    task: JoinHandle<()>,
}

impl<E> Drop for Flight<E> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Calls on their way, by question.
pub struct Flights<K, E> {
    on_their_way: Arc<Mutex<HashMap<K, Weak<Flight<E>>>>>,
}

impl<K, E> Default for Flights<K, E> {
    fn default() -> Self {
        Self {
            on_their_way: Arc::default(),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, E> Flights<K, E>
where
    K: Eq + Hash + Clone + Send + 'static,
    E: Clone + Send + 'static,
{
    /// Whether no call is on its way.
    pub fn is_empty(&self) -> bool {
        locked(&self.on_their_way).is_empty()
    }

    /// Joins the call for `key`, or makes it by `start`. Returns the events and whether this subscriber started it.
    /// Must be called within a tokio runtime.
    pub fn join<S>(&self, key: K, start: impl FnOnce() -> S) -> (Subscription<E>, bool)
    where
        S: Stream<Item = E> + Send + 'static,
    {
        let mut flights = locked(&self.on_their_way);
        if let Some(flight) = flights.get(&key).and_then(Weak::upgrade) {
            return (Subscription { flight, at: 0 }, false);
        }
        let log = Arc::new(Mutex::new(Log {
            events: Vec::new(),
            done: false,
            waiting: Vec::new(),
        }));
        let landing = Landing {
            flights: Arc::clone(&self.on_their_way),
            key: key.clone(),
            log: Arc::clone(&log),
        };
        let stream = start();
        let task = tokio::spawn(async move {
            let mut stream = std::pin::pin!(stream);
            while let Some(event) = stream.next().await {
                landing.push(event);
            }
        });
        let flight = Arc::new(Flight { log, task });
        flights.insert(key, Arc::downgrade(&flight));
        (Subscription { flight, at: 0 }, true)
    }
}

/// Ends a flight's log however its task ends: at its end, by a panic, or aborted.
struct Landing<K: Eq + Hash, E> {
    flights: Arc<Mutex<HashMap<K, Weak<Flight<E>>>>>,
    key: K,
    log: Arc<Mutex<Log<E>>>,
}

impl<K: Eq + Hash, E> Landing<K, E> {
    fn push(&self, event: E) {
        let mut log = locked(&self.log);
        log.events.push(event);
        log.waiting.drain(..).for_each(std::task::Waker::wake);
    }
}

impl<K: Eq + Hash, E> Drop for Landing<K, E> {
    fn drop(&mut self) {
        let mut flights = locked(&self.flights);
        // A later flight of the same question may stand there by now: this one's is dead or is this log's.
        let own = flights
            .get(&self.key)
            .is_some_and(|f| f.upgrade().is_none_or(|f| Arc::ptr_eq(&f.log, &self.log)));
        if own {
            flights.remove(&self.key);
        }
        drop(flights);
        let mut log = locked(&self.log);
        log.done = true;
        log.waiting.drain(..).for_each(std::task::Waker::wake);
    }
}

/// The events of a call, from its first on.
pub struct Subscription<E> {
    flight: Arc<Flight<E>>,
    at: usize,
}

impl<E: Clone> Stream for Subscription<E> {
    type Item = E;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<E>> {
        let flight = Arc::clone(&self.flight);
        let mut log = locked(&flight.log);
        if let Some(event) = log.events.get(self.at) {
            let event = event.clone();
            self.at += 1;
            return Poll::Ready(Some(event));
        }
        if log.done {
            return Poll::Ready(None);
        }
        if !log.waiting.iter().any(|w| w.will_wake(cx.waker())) {
            log.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn slow(calls: &Arc<AtomicUsize>) -> impl Stream<Item = u32> + Send + use<> {
        calls.fetch_add(1, Ordering::SeqCst);
        stream::iter(0..5).then(|n| async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            n
        })
    }

    #[tokio::test]
    async fn twenty_at_once_are_one_call() {
        let flights = Flights::default();
        let calls = Arc::new(AtomicUsize::new(0));
        let subscribers: Vec<_> = (0..20).map(|_| flights.join("q", || slow(&calls)).0).collect();
        for subscriber in subscribers {
            assert_eq!(subscriber.collect::<Vec<_>>().await, [0, 1, 2, 3, 4]);
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        let (again, started) = flights.join("q", || slow(&calls));
        assert!(started);
        assert_eq!(again.count().await, 5);
    }

    #[tokio::test]
    async fn the_first_askers_cancel_cuts_nobody_off_and_the_last_ends_the_call() {
        let flights = Flights::default();
        let calls = Arc::new(AtomicUsize::new(0));
        let (first, _) = flights.join(1, || slow(&calls));
        let (second, started) = flights.join(1, || slow(&calls));
        assert!(!started);
        drop(first);
        assert_eq!(second.count().await, 5);
        let ended = Arc::new(AtomicUsize::new(0));
        let probe = Arc::clone(&ended);
        let (only, _) = flights.join(2, || {
            stream::once(async move {
                let _on_drop = Counted(probe);
                std::future::pending::<u32>().await
            })
        });
        tokio::task::yield_now().await;
        drop(only);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    }

    struct Counted(Arc<AtomicUsize>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}
