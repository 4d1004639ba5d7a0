//! The tier as a whole: counting, clearing, copying to it and from it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::{Cmd, FromRedisValue, RedisError, Value};

use super::client::Connection;
use super::link::{Question, Trouble, run};
use super::seal::Refused;
use super::{Found, Shared, VERSION};
use crate::cache::{Cache, Header, Key, Want};

/// How long a step of these may take: nobody's answer waits for it.
pub(super) const STEP: Duration = Duration::from_secs(10);
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

/// A command for one node of a cluster, or for the only server.
pub(super) struct At<'a> {
    pub command: &'a Cmd,
    pub node: Option<&'a (String, u16)>,
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
pub(super) struct Masters;

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
    /// Every place below the namespace, in batches: `each` hears them, and nothing of another namespace that begins alike.
    async fn scan(
        &self,
        kinds: &[&str],
        mut each: impl AsyncFnMut(Vec<Place>) -> Result<(), Trouble>,
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
        let begins = format!("{}:{VERSION}:", self.options.namespace);
        let pattern = format!("{begins}*");
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
                let (next, names): (u64, Vec<Vec<u8>>) = run(&self.link, at, STEP).await?;
                let places = names.into_iter().filter_map(|name| Place::read(name, &begins, kinds));
                let places: Vec<Place> = places.collect();
                for batch in places.chunks(BATCH) {
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

    /// How many keys there are: answers, each of several under its number too, and leases.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn count(&self) -> Result<u64, Trouble> {
        let mut count = 0;
        self.scan(&KINDS, async |places| {
            count += places.len() as u64;
            Ok(())
        })
        .await?;
        Ok(count)
    }

    /// Deletes what this program has below the namespace, and nothing else; returns how many keys that were. `progress` hears of
    /// each batch.
    ///
    /// # Errors
    /// [`Trouble`]
    pub async fn clear(&self, mut progress: impl FnMut(u64)) -> Result<u64, Trouble> {
        if self.options.read_only {
            return Err(Trouble::Own);
        }
        let mut cleared = 0;
        self.scan(&KINDS, async |places| {
            let mut command = redis::cmd("UNLINK");
            places.iter().for_each(|place| {
                command.arg(&place.name);
            });
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
    pub async fn push(
        self: &Arc<Self>,
        cache: &Cache,
        now: i64,
        mut progress: impl FnMut(u64),
    ) -> Result<Copied, Trouble> {
        if self.options.read_only {
            return Err(Trouble::Own);
        }
        // With nothing to copy too it is told when the server is away.
        let _: Value = run(&self.link, self.knock(), STEP).await?;
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
                // What lies there and is no answer makes way for one.
                if set.is_none()
                    && let Found::Refused(_) = self.get_at(&key, want, now, STEP).await
                    && let Some(command) = self.setting(&key, want, &entry, now, false)
                {
                    let _: Value = run(&self.link, command, STEP).await?;
                    new = true;
                }
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
        self.scan(&["resp"], async |places| {
            let mut last = None;
            let reading = stream::iter(places).map(|place| async move {
                let mut question = redis::pipe();
                question.cmd("GET").arg(&place.name).cmd("PTTL").arg(&place.name);
                let read = run::<(Option<Vec<u8>>, i64)>(&self.link, question, STEP).await;
                (place, read)
            });
            let mut reading = std::pin::pin!(reading.buffer_unordered(AT_ONCE));
            while let Some((place, read)) = reading.next().await {
                seen += 1;
                let (value, left) = match read {
                    Err(Trouble::Foreign(_)) => {
                        copied.refused += 1;
                        continue;
                    }
                    read => read?,
                };
                // It may have expired since it was listed.
                let Some(value) = value else { continue };
                let (key, number) = (place.key, place.number);
                match self
                    .options
                    .seal
                    .open(&place.name, &key, &value, self.options.ttl, left, now)
                {
                    Ok((entry, _)) if number.is_some_and(|n| n != entry.header.sample) => copied.refused += 1,
                    Ok((entry, _)) => {
                        let sample = entry.header.sample;
                        let there = |known: &Header| known.sample == sample && cache.is_live(known, now);
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
}

/// The kinds of places.
const KINDS: [&str; 2] = ["resp", "lease"];

/// A place of this program's on the server.
#[derive(Debug, Clone)]
struct Place {
    name: String,
    key: Key,
    /// The number of an answer to the question, if it is in the name.
    number: Option<u32>,
}

impl Place {
    /// The place of this name, which begins so, if it is one of these kinds.
    fn read(name: Vec<u8>, begins: &str, kinds: &[&str]) -> Option<Self> {
        let name = String::from_utf8(name).ok()?;
        let (kind, rest) = name.strip_prefix(begins)?.split_once(':')?;
        let (key, number) = match rest.split_once(':') {
            None => (rest.parse().ok()?, None),
            Some((hex, number)) => (hex.parse().ok()?, Some(number.parse().ok()?)),
        };
        kinds.contains(&kind).then_some(Self { name, key, number })
    }
}
