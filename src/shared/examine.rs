//! What `doctor` looks at: the server, what it is, what the user may do there, and what would be better.

use std::collections::HashMap;
use std::time::Instant;

use redis::{InfoDict, Value};

use super::link::{Trouble, run};
use super::whole::{At, Masters, STEP};
use super::{Shared, VERSION};

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
    /// Whether values are sealed with a secret.
    pub sealed: bool,
    /// What would be better.
    pub advice: Vec<String>,
}

impl Shared {
    /// Looks at the server: whether it answers, what it is, and what would be better.
    ///
    /// # Errors
    /// [`Trouble`], when it does not answer.
    pub async fn examine(&self) -> Result<Examined, Trouble> {
        // The first makes the connection, the second is the way alone.
        let _: Value = run(&self.link, self.knock(), STEP).await?;
        let begun = Instant::now();
        let _: Value = run(&self.link, self.knock(), STEP).await?;
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
            Err(Trouble::Forbidden(_)) => InfoDict::new(""),
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
            sealed: self.options.seal.is_set(),
            advice: Vec::new(),
        };
        found.advice = self.advice(&found);
        let denied = self.denied().await?;
        if !denied.is_empty() {
            found.advice.push(format!(
                "the user may not {}: give it +get +set +pttl +eval +scan +unlink +info on ~{}:*",
                denied.join(", "),
                self.options.namespace
            ));
        }
        let cluster = info.get::<String>("redis_mode").is_some_and(|mode| mode == "cluster");
        if cluster && self.options.address.is_single() {
            let trouble = Trouble::Node("redis_mode:cluster".to_owned());
            found.advice.push(trouble.to_string());
        }
        Ok(found)
    }

    /// What the user may not do of what this machine does; each is tried on a place of its own.
    async fn denied(&self) -> Result<Vec<&'static str>, Trouble> {
        let place = format!("{}:{VERSION}:doctor:{:016x}", self.options.namespace, fastrand::u64(..));
        let mut set = redis::cmd("SET");
        set.arg(&place).arg("1").arg("NX").arg("PX").arg(1_000);
        let (mut eval, mut scan, mut unlink, mut pttl) = (
            redis::cmd("EVAL"),
            redis::cmd("SCAN"),
            redis::cmd("UNLINK"),
            redis::cmd("PTTL"),
        );
        eval.arg("return redis.call('GET', KEYS[1])").arg(1).arg(&place);
        scan.arg(0).arg("MATCH").arg(&place).arg("COUNT").arg(1);
        unlink.arg(&place);
        pttl.arg(&place);
        let mut tried = vec![("PTTL", pttl)];
        if !self.options.read_only {
            tried.extend([("SET", set), ("EVAL", eval), ("UNLINK", unlink)]);
        }
        let cluster = !self.options.address.is_single();
        if !cluster {
            tried.push(("SCAN", scan));
        }
        let mut denied = Vec::new();
        for (name, command) in tried {
            match run::<Value>(&self.link, command, STEP).await {
                Err(Trouble::Forbidden(_)) => denied.push(name),
                // A replica, or one that is full, is told of elsewhere.
                Err(trouble) if trouble.is_about_writing() => {}
                done => {
                    done?;
                }
            }
        }
        Ok(denied)
    }

    fn advice(&self, found: &Examined) -> Vec<String> {
        let mut advice = Vec::new();
        // Of those that expire only, answers that are kept for good would never go.
        let evicts = found.policy.as_ref().is_none_or(|p| p.starts_with("allkeys"));
        match found.memory_limit {
            Some(0) => {
                advice.push("it has no memory limit: set maxmemory, or it grows until the machine is full".to_owned())
            }
            Some(_) if !evicts => advice.push(
                "when it is full of answers without an end it refuses new ones: maxmemory-policy allkeys-lru lets old ones go"
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
