//! The tier as a whole: counting, clearing, copying to it and from it, and what `doctor` looks at.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::{Cmd, FromRedisValue, InfoDict, RedisError, Value};

use super::link::{Connection, Question, Trouble, run};
use super::seal::Refused;
use super::{Shared, VERSION};
use crate::cache::{Cache, Header, Key, Want};

/// How long a step of these may take: nobody's answer waits for it.
const STEP: Duration = Duration::from_secs(10);
/// Keys asked for or deleted at once.
const BATCH: usize = 256;
/// Answers on their way at once when they are copied.
const AT_ONCE: usize = 32;

/// What a copying did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Copied {
    /// Answers copied.
    pub copied: u64,
    /// Answers that were there already.
    pub there: u64,
    /// Answers left out: expired, or never shared.
    pub left_out: u64,
    /// Values that were damaged, foreign or not authentic.
    pub refused: u64,
}

/// What there is to know of the server.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Examined {
    /// Its version, as it says.
    pub version: String,
    /// How long it takes to answer, in milliseconds.
    pub latency_ms: f64,
    /// What it does when it is full.
    pub policy: Option<String>,
    /// Bytes that it may take; 0 for no limit.
    pub memory_limit: Option<u64>,
    /// Whether it is a replica, which takes no writes.
    pub replica: bool,
    /// Whether what is said is encrypted.
    pub encrypted: bool,
    /// What would be better.
    pub advice: Vec<String>,
}

/// A command for one node of a cluster, or for the only server.
struct At<'a> {
    command: &'a Cmd,
    node: Option<&'a (String, u16)>,
}

impl Question for At<'_> {
    async fn ask<T: FromRedisValue + Send>(&self, connection: &mut Connection) -> Result<T, RedisError> {
        match (connection, self.node) {
            (Connection::Cluster(cluster), Some((host, port))) => {
                let node = SingleNodeRoutingInfo::ByAddress {
                    host: host.clone(),
                    port: *port,
                };
                let value = cluster
                    .route_command(self.command.clone(), RoutingInfo::SingleNode(node))
                    .await?;
                Ok(redis::from_redis_value(value.extract_error()?)?)
            }
            (connection, _) => self.command.query_async(connection).await,
        }
    }
}

/// The masters of a cluster; none of one server.
struct Masters;

impl Question for Masters {
    async fn ask<T: FromRedisValue + Send>(&self, connection: &mut Connection) -> Result<T, RedisError> {
        let Connection::Cluster(cluster) = connection else {
            return Ok(redis::from_redis_value(Value::Map(Vec::new()))?);
        };
        let all = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
        let value = cluster.route_command(redis::cmd("PING"), all).await?;
        Ok(redis::from_redis_value(value.extract_error()?)?)
    }
}

impl Shared {
    /// Every key below the namespace, in batches: `each` hears them.
    async fn scan(
        &self,
        what: &str,
        mut each: impl AsyncFnMut(Vec<Vec<u8>>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let masters: HashMap<String, Value> = run(&self.link, Masters, STEP).await?;
        let mut nodes: Vec<Option<(String, u16)>> = masters
            .keys()
            .filter_map(|name| {
                let (host, port) = name.rsplit_once(':')?;
                Some(Some((host.to_owned(), port.parse().ok()?)))
            })
            .collect();
        if nodes.is_empty() {
            nodes.push(None);
        }
        // The namespace holds nothing that a pattern could take for one of its signs.
        let pattern = format!("{}:{VERSION}:{what}", self.options.namespace);
        for node in &nodes {
            let mut cursor = 0u64;
            loop {
                let mut command = redis::cmd("SCAN");
                command
                    .arg(cursor)
                    .arg("MATCH")
                    .arg(&pattern)
                    .arg("COUNT")
                    .arg(BATCH * 4);
                let at = At {
                    command: &command,
                    node: node.as_ref(),
                };
                let (next, keys): (u64, Vec<Vec<u8>>) = run(&self.link, at, STEP).await?;
                for batch in keys.chunks(BATCH) {
                    each(batch.to_vec()).await?;
                }
                cursor = next;
                if cursor == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// How many answers there are.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn count(&self) -> Result<u64, Trouble> {
        let mut count = 0;
        self.scan("resp:*", async |keys| {
            count += keys.len() as u64;
            Ok(())
        })
        .await?;
        Ok(count)
    }

    /// Deletes everything below the namespace, and nothing else; returns how many keys that were. `progress` hears of each
    /// batch.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn clear(&self, mut progress: impl FnMut(u64)) -> Result<u64, Trouble> {
        if self.options.read_only {
            return Err(Trouble::ReadOnly("read_only is set".to_owned()));
        }
        let mut cleared = 0;
        self.scan("*", async |keys| {
            let mut command = redis::cmd("UNLINK");
            command.arg(&keys);
            let gone: u64 = run(&self.link, command, STEP).await?;
            cleared += gone;
            progress(cleared);
            Ok(())
        })
        .await?;
        Ok(cleared)
    }

    /// Copies what lives on disk to the server; what is there stays. `progress` hears how many have been looked at.
    ///
    /// # Errors
    /// [`Trouble`], when the server does not do it; what was copied stays there.
    pub async fn push(&self, cache: &Cache, now: i64, mut progress: impl FnMut(u64)) -> Result<Copied, Trouble> {
        if self.options.read_only {
            return Err(Trouble::ReadOnly("read_only is set".to_owned()));
        }
        // With nothing to copy too it is told when the server is away.
        let _: Value = run(&self.link, redis::cmd("PING"), STEP).await?;
        let mut copied = Copied::default();
        let mut samples: HashMap<Key, Vec<u32>> = HashMap::new();
        for listed in cache.list() {
            let listed = listed.map_err(|e| Trouble::Other(e.to_string()))?;
            let header = &listed.header;
            if header.local || !header.is_live(self.options.ttl, now) {
                copied.left_out += 1;
                continue;
            }
            samples.entry(listed.key).or_default().push(header.sample);
        }
        let each = samples.into_iter().flat_map(|(key, mut samples)| {
            samples.sort_unstable();
            let (newest, several) = (samples.last().copied(), samples.len() > 1);
            samples.into_iter().map(move |sample| {
                let numbered = (several || sample > 0).then_some(Want::Sample(sample));
                let wants = numbered
                    .into_iter()
                    .chain((newest == Some(sample)).then_some(Want::Newest));
                (key, sample, wants.collect::<Vec<_>>())
            })
        });
        let copying = stream::iter(each).map(|(key, sample, wants)| async move {
            // One that went meanwhile, or is damaged, is not copied.
            let Ok(Some(entry)) = cache.sample(&key, sample) else {
                return Ok(None);
            };
            let mut new = false;
            for want in wants {
                let Some(command) = self.setting(&key, want, &entry, now, true) else {
                    return Ok(None);
                };
                let set: Option<String> = run(&self.link, command, STEP).await?;
                new |= set.is_some();
            }
            Ok::<_, Trouble>(Some(new))
        });
        let mut copying = std::pin::pin!(copying.buffer_unordered(AT_ONCE));
        let mut seen = 0;
        while let Some(done) = copying.next().await {
            match done? {
                Some(true) => copied.copied += 1,
                Some(false) => copied.there += 1,
                None => copied.left_out += 1,
            }
            seen += 1;
            progress(seen);
        }
        Ok(copied)
    }

    /// Copies what is on the server to the disk tier, unless it is there; `progress` hears how many have been looked at.
    ///
    /// # Errors
    /// [`Trouble`], when the server does not answer; what was copied stays on disk.
    pub async fn pull(
        self: &Arc<Self>,
        cache: &Cache,
        now: i64,
        mut progress: impl FnMut(u64),
    ) -> Result<Copied, Trouble> {
        let mut copied = Copied::default();
        let mut seen = 0;
        // The newest of several lies under its number too, and may not be on disk yet when that comes.
        let mut pulled: HashSet<(Key, u32)> = HashSet::new();
        let begins = format!("{}:{VERSION}:resp:", self.options.namespace);
        self.scan("resp:*", async |places| {
            let mut last = None;
            let reading = stream::iter(&places).map(|place| async move {
                let mut question = redis::pipe();
                question.cmd("GET").arg(place).cmd("PTTL").arg(place);
                let read: (Option<Vec<u8>>, i64) = run(&self.link, question, STEP).await?;
                Ok::<_, Trouble>((String::from_utf8_lossy(place), read))
            });
            let mut reading = std::pin::pin!(reading.buffer_unordered(AT_ONCE));
            while let Some(read) = reading.next().await {
                let (place, (value, left)) = read?;
                seen += 1;
                let Some((key, number)) = place.strip_prefix(&begins).and_then(named) else {
                    copied.refused += 1;
                    continue;
                };
                // It may have expired since it was listed.
                let Some(value) = value else { continue };
                match self
                    .options
                    .seal
                    .open(&place, &key, &value, self.options.ttl, left, now)
                {
                    Ok((entry, _)) if number.is_some_and(|n| n != entry.header.sample) => copied.refused += 1,
                    Ok((entry, _)) => {
                        let sample = entry.header.sample;
                        let there = |known: &Header| known.sample == sample;
                        if !pulled.insert((key, sample)) {
                            continue;
                        }
                        if cache.samples(&key).is_ok_and(|known| known.iter().any(there)) {
                            copied.there += 1;
                        } else {
                            last = Some(cache.promote(&key, Arc::new(entry), &[], now));
                            copied.copied += 1;
                        }
                    }
                    Err(Refused::Expired) => copied.left_out += 1,
                    Err(_) => copied.refused += 1,
                }
            }
            if let Some(receipt) = last {
                // A batch is on disk before the next is asked for.
                let stored = tokio::task::spawn_blocking(move || receipt.wait()).await;
                stored
                    .map_err(|e| Trouble::Other(e.to_string()))?
                    .map_err(|e| Trouble::Other(e.to_string()))?;
            }
            progress(seen);
            Ok(())
        })
        .await?;
        Ok(copied)
    }

    /// Looks at the server: whether it answers, what it is, and what would be better.
    ///
    /// # Errors
    /// [`Trouble`], when it does not answer.
    pub async fn examine(&self) -> Result<Examined, Trouble> {
        // The first makes the connection, the second is the way alone.
        let _: Value = run(&self.link, redis::cmd("PING"), STEP).await?;
        let begun = Instant::now();
        let _: Value = run(&self.link, redis::cmd("PING"), STEP).await?;
        let latency_ms = begun.elapsed().as_secs_f64() * 1_000.0;
        let masters: HashMap<String, Value> = run(&self.link, Masters, STEP).await?;
        let node = masters.keys().min().and_then(|name| {
            let (host, port) = name.rsplit_once(':')?;
            Some((host.to_owned(), port.parse().ok()?))
        });
        let mut command = redis::cmd("INFO");
        let at = At {
            command: command.arg("default"),
            node: node.as_ref(),
        };
        // Who may ask for answers only is told nothing more.
        let info: InfoDict = match run(&self.link, at, STEP).await {
            Err(Trouble::Refused(_)) => InfoDict::new(""),
            info => info?,
        };
        let version = info
            .get::<String>("valkey_version")
            .map(|v| format!("Valkey {v}"))
            .or_else(|| info.get::<String>("redis_version").map(|v| format!("Redis {v}")));
        let mut found = Examined {
            version: crate::text::clean_line(&version.unwrap_or_else(|| "unknown".to_owned())),
            latency_ms,
            policy: info.get("maxmemory_policy"),
            memory_limit: info.get("maxmemory"),
            replica: info.get::<String>("role").is_some_and(|role| role != "master"),
            encrypted: self.options.address.is_encrypted(),
            advice: Vec::new(),
        };
        found.advice = self.advice(&found);
        Ok(found)
    }

    fn advice(&self, found: &Examined) -> Vec<String> {
        let mut advice = Vec::new();
        let evicts = found.policy.as_ref().is_some_and(|p| p != "noeviction");
        match found.memory_limit {
            Some(0) => {
                advice.push("it has no memory limit: set maxmemory, or it grows until the machine is full".to_owned())
            }
            Some(_) if !evicts => advice.push(
                "when it is full it refuses writes: maxmemory-policy allkeys-lru lets old answers go instead"
                    .to_owned(),
            ),
            _ => {}
        }
        if self.options.address.is_remote() && !found.encrypted {
            advice.push("what is said goes over the network in the clear: use rediss://".to_owned());
        }
        if self.options.address.is_remote() && !self.options.seal.is_set() {
            advice.push("whoever can write to it can put words into an answer: set secret_env".to_owned());
        }
        if found.replica && !self.options.read_only {
            advice.push("it is a replica and takes no writes: name the master, or set read_only".to_owned());
        }
        if found.latency_ms > super::ANSWER.as_secs_f64() * 500.0 {
            advice.push("it is slow to answer: lookups that take longer than 150 ms count as misses".to_owned());
        }
        advice
    }
}

/// The question that a place ends in, and the number of an answer to it, if there is one.
fn named(rest: &str) -> Option<(Key, Option<u32>)> {
    match rest.split_once(':') {
        None => Some((rest.parse().ok()?, None)),
        Some((hex, number)) => Some((hex.parse().ok()?, Some(number.parse().ok()?))),
    }
}
