//! Whether a server is asked: after failures in a row it is left alone, for longer each time it is still away.
//!
//! Asks that are under way together fail together, and count as one failure. Otherwise one hiccup under four asks opens the breaker.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Failures in a row after which it is left alone.
const PATIENCE: u32 = 3;
/// How long at first, and at most.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);

/// How a server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It has not been asked yet.
    Untried,
    /// It answers.
    There,
    /// It does not, since when, and why.
    Away {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: String,
    },
}

/// A circuit breaker (M. Nygard, *Release It!*, 2007).
#[derive(Debug)]
pub struct Breaker {
    standing: Standing,
    failures: u32,
    /// When the first ask of the row began, and when the last failure was noted.
    row: Option<(Instant, Instant)>,
    /// When it may be asked again, and how long it will be left alone after that.
    again: Option<Instant>,
    wait: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            standing: Standing::Untried,
            failures: 0,
            row: None,
            again: None,
            wait: FIRST,
        }
    }
}

impl Breaker {
    /// How the server stands.
    pub fn standing(&self) -> Standing {
        self.standing.clone()
    }

    /// Whether it is to be asked at `now`.
    pub fn lets(&self, now: Instant) -> bool {
        self.again.is_none_or(|again| now >= again)
    }

    /// It has answered.
    pub fn succeeded(&mut self) {
        *self = Self {
            standing: Standing::There,
            ..Self::default()
        };
    }

    /// Notes that an ask which began at `begun` has failed at `now`. The server is left alone after three failures in a row that
    /// span at least `grace`. Returns whether that is so from now on.
    pub fn failed(&mut self, reason: String, begun: Instant, now: Instant, grace: Duration) -> bool {
        let first = match self.row {
            Some((_, last)) if begun < last => return false,
            Some((first, _)) => first,
            None => begun,
        };
        self.row = Some((first, now));
        self.failures = self.failures.saturating_add(1);
        if self.failures < PATIENCE || now.saturating_duration_since(first) < grace {
            return false;
        }
        self.leave(reason, now)
    }

    /// Leaves a server alone at once that refuses, and will for a while. Returns whether that is new.
    pub fn failed_for(&mut self, reason: String, now: Instant) -> bool {
        self.failures = PATIENCE;
        self.leave(reason, now)
    }

    fn leave(&mut self, reason: String, now: Instant) -> bool {
        let was_open = self.again.is_some();
        let since = match &self.standing {
            Standing::Away { since, .. } => *since,
            _ => Timestamp::now(),
        };
        self.standing = Standing::Away { since, reason };
        self.again = Some(now + self.wait);
        self.wait = (self.wait * 2).min(LONGEST);
        !was_open
    }

    /// How long until it is probed, if it is being left alone.
    pub fn next_probe(&self) -> Option<Duration> {
        self.again.map(|again| again.saturating_duration_since(Instant::now()))
    }

    /// A probe found it still away.
    pub fn probed(&mut self, reason: String) {
        if self.again.is_some() {
            self.leave(reason, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_left_alone_after_failures_in_a_row_and_longer_each_time() {
        let mut breaker = Breaker::default();
        let begun = Instant::now();
        let fail = |breaker: &mut Breaker, at| breaker.failed("no answer".to_owned(), at, at, Duration::ZERO);
        assert!(breaker.lets(begun));
        assert!(!fail(&mut breaker, begun) && !fail(&mut breaker, begun));
        breaker.succeeded();
        assert!(!fail(&mut breaker, begun) && !fail(&mut breaker, begun) && fail(&mut breaker, begun));
        assert!(!breaker.lets(begun) && breaker.lets(begun + FIRST));
        let Standing::Away { since, .. } = breaker.standing() else {
            panic!()
        };
        // Still away when it is asked again: not opened anew, but for twice as long, and since the same time.
        let later = begun + FIRST;
        assert!(!fail(&mut breaker, later));
        assert!(!breaker.lets(later + FIRST) && breaker.lets(later + FIRST * 2));
        assert!(matches!(breaker.standing(), Standing::Away { since: s, .. } if s == since));
        for _ in 0..20 {
            fail(&mut breaker, later);
        }
        assert!(breaker.lets(later + LONGEST));
        breaker.succeeded();
        assert!(breaker.lets(later) && breaker.standing() == Standing::There);
    }

    #[test]
    fn asks_under_way_together_fail_once_and_a_grace_has_to_pass() {
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let mut breaker = Breaker::default();
        let mut fail =
            |from, to, grace| breaker.failed("late".to_owned(), at(from), at(to), Duration::from_millis(grace));
        // Four asks under one hiccup, and another that began during it.
        for n in 0..4 {
            assert!(!fail(n, 150 + n, 0));
        }
        assert!(!fail(100, 250, 0));
        assert!(!fail(250, 400, 0) && fail(400, 550, 0), "the third in a row");
        breaker.succeeded();
        let mut fail =
            |from, to, grace| breaker.failed("late".to_owned(), at(from), at(to), Duration::from_millis(grace));
        for n in 0..6 {
            assert!(!fail(n * 300, n * 300 + 150, 2_000));
        }
        assert!(fail(1_800, 2_000, 2_000), "two seconds without an answer");
    }
}
