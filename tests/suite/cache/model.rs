//! Half a million random operations against a model: a map, and a clock that jumps.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use wickdesk::cache::{Cache, Clear, Entry, Header, Options, Want};
use wickdesk::ttl::Ttl;

use super::{NOW, key, noise};
use crate::support::Home;

const CASES: u32 = 500;
const OPERATIONS: usize = 1_000;
/// Clocks that differ by less than this agree.
const SLACK: i64 = 60_000;

#[derive(Debug, Clone)]
enum Op {
    /// Store under the next number.
    Put {
        question: u64,
        length: usize,
        ttl: Option<i64>,
    },
    /// Store under this number, where no live sample bears it.
    PutAt {
        question: u64,
        sample: u32,
        length: usize,
    },
    Get {
        question: u64,
        sample: Option<u32>,
    },
    Pass(i64),
    Remove {
        question: u64,
        sample: Option<u32>,
    },
    ClearMemory,
    ClearBoth,
    ClearExpired,
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    let question = 0..12u64;
    let sample = prop::option::weighted(0.3, 0..4u32);
    let ttl = prop::option::weighted(0.3, prop_oneof![Just(0i64), 1_000..100_000i64]);
    prop_oneof![
        20 => (question.clone(), 0..3_000usize, ttl).prop_map(|(question, length, ttl)| Op::Put { question, length, ttl }),
        5 => (question.clone(), 0..4u32, 0..3_000usize)
            .prop_map(|(question, sample, length)| Op::PutAt { question, sample, length }),
        60 => (question.clone(), sample.clone()).prop_map(|(question, sample)| Op::Get { question, sample }),
        8 => prop_oneof![8 => 0..20_000i64, 1 => -200_000..0i64, 1 => 0..400_000i64].prop_map(Op::Pass),
        3 => (question, sample).prop_map(|(question, sample)| Op::Remove { question, sample }),
        2 => Just(Op::ClearMemory),
        1 => Just(Op::ClearExpired),
        1 => prop_oneof![1 => Just(Op::ClearBoth), 2 => Just(Op::Reopen)],
    ]
}

struct Known {
    text: String,
    created: i64,
    expires: Option<i64>,
    /// Whether its time has ever been up: it may have been swept since.
    may_be_gone: bool,
}

impl Known {
    fn is_live(&self, now: i64) -> bool {
        self.created <= now + SLACK && self.expires.is_none_or(|e| now < e)
    }
}

struct Run {
    options: Options,
    cache: Option<Cache>,
    known: BTreeMap<(u64, u32), Known>,
    now: i64,
    stored: u64,
}

impl Run {
    fn cache(&self) -> &Cache {
        self.cache.as_ref().unwrap()
    }

    fn put(&mut self, question: u64, sample: u32, length: usize, ttl: Option<i64>) {
        self.stored += 1;
        let text = noise(self.stored, length);
        let own = ttl.map(|ttl| match ttl {
            0 => Ttl::Never,
            millis => Ttl::For(std::time::Duration::from_millis(millis.unsigned_abs())),
        });
        let header = Header::new(sample, self.now, own);
        let expires = self.cache().expires(&header);
        let asked = question.to_le_bytes();
        let entry = Entry {
            header,
            text: text.clone(),
        };
        self.cache().put(&key(question), entry, &asked).wait().unwrap();
        let known = Known {
            text,
            created: self.now,
            expires,
            may_be_gone: false,
        };
        self.known.insert((question, sample), known);
    }

    /// What may be served: live samples from the newest down to the first that is certainly there; whether also nothing.
    fn may_be_served(&self, question: u64, sample: Option<u32>) -> (Vec<&str>, bool) {
        let mut texts = Vec::new();
        for ((_, n), known) in self.known.range((question, 0)..=(question, u32::MAX)).rev() {
            if sample.is_none_or(|s| s == *n) && known.is_live(self.now) {
                texts.push(known.text.as_str());
                if !known.may_be_gone {
                    return (texts, false);
                }
            }
        }
        (texts, true)
    }

    /// What is known of a question, for a failure's message: number, created, expires, whether it may be gone.
    fn samples(&self, question: u64) -> Vec<(u32, i64, Option<i64>, bool)> {
        let range = self.known.range((question, 0)..=(question, u32::MAX));
        let row = |((_, n), k): (&(u64, u32), &Known)| (*n, k.created - NOW, k.expires.map(|e| e - NOW), k.may_be_gone);
        range.map(row).collect()
    }

    fn step(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Put { question, length, ttl } => {
                let sample = self.cache().next_sample(&key(question));
                self.put(question, sample, length, ttl);
            }
            Op::PutAt {
                question,
                sample,
                length,
            } => {
                if self.known.get(&(question, sample)).is_none_or(|k| !k.is_live(self.now)) {
                    self.put(question, sample, length, None);
                }
            }
            Op::Get { question, sample } => {
                let want = sample.map_or(Want::Newest, Want::Sample);
                let peeked = self.cache().peek(&key(question), want, self.now).is_some();
                let hit = self.cache().get(&key(question), want, self.now);
                let (texts, nothing) = self.may_be_served(question, sample);
                match &hit {
                    Some(hit) => {
                        let header = &hit.entry.header;
                        prop_assert!(
                            texts.contains(&hit.entry.text.as_str()),
                            "wrong answer to {op:?}: sample {} of {} ({}), where there are {:?}, now {}",
                            header.sample,
                            header.created - NOW,
                            hit.tier,
                            self.samples(question),
                            self.now - NOW
                        );
                    }
                    None => prop_assert!(nothing, "lost: {op:?}"),
                }
                prop_assert!(peeked || nothing);
            }
            Op::Pass(millis) => {
                self.now += millis;
                let now = self.now;
                for known in self.known.values_mut() {
                    known.may_be_gone |= known.expires.is_some_and(|e| e <= now);
                }
            }
            Op::Remove { question, sample } => {
                self.cache().remove(&key(question), sample).unwrap();
                self.known
                    .retain(|(q, s), _| *q != question || sample.is_some_and(|sample| sample != *s));
            }
            Op::ClearMemory => {
                self.cache().clear(Clear::Memory, self.now).unwrap();
            }
            Op::ClearBoth => {
                self.cache().clear(Clear::Both, self.now).unwrap();
                self.known.clear();
            }
            Op::ClearExpired => {
                self.cache().clear(Clear::Expired, self.now).unwrap();
                let now = self.now;
                self.known.retain(|_, known| known.expires.is_none_or(|e| now < e));
                // None is left over, and no more have gone than could have.
                let items = self.cache().report().disk_items;
                let certain = self.known.values().filter(|k| !k.may_be_gone).count() as u64;
                prop_assert!((certain..=self.known.len() as u64).contains(&items));
            }
            Op::Reopen => {
                self.cache = None;
                let (cache, trouble) = Cache::open(&self.options, self.now);
                prop_assert_eq!(trouble, None);
                self.cache = Some(cache);
            }
        }
        Ok(())
    }
}

#[test]
fn half_a_million_operations_agree_with_a_map() {
    let config = Config {
        cases: CASES,
        max_shrink_iters: 200,
        failure_persistence: None,
        rng_seed: RngSeed::Random,
        ..Config::default()
    };
    let operations = prop::collection::vec(op(), OPERATIONS);
    let done = TestRunner::new(config).run(&operations, |operations| {
        let home = Home::in_memory();
        let options = Options {
            directory: home.path("cache"),
            memory_bytes: 20_000,
            disk_bytes: 1 << 30,
            ttl: "50s".parse().unwrap(),
        };
        let mut run = Run {
            cache: Some(Cache::open(&options, NOW).0),
            options,
            known: BTreeMap::new(),
            now: NOW,
            stored: 0,
        };
        for op in &operations {
            run.step(op)?;
        }
        let verified = run.cache().verify(|_, _| {}).unwrap();
        prop_assert!(verified.is_whole(), "{:?}", verified);
        Ok(())
    });
    if let Err(error) = done {
        panic!("{error}");
    }
}
