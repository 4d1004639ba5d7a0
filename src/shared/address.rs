//! Where the server is: one, on a socket, a cluster of several, or whatever Sentinel says is the master; over TLS or not.

use std::path::PathBuf;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

use crate::secret::Secret;

/// The port where a URL names none.
const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Why there is no way to the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error(
        "the shared cache's address {0}; write redis://HOST:PORT, rediss://…, redis+unix:///PATH, several with commas between \
         them or redis+cluster://HOST for a cluster, or redis+sentinel://HOST:PORT/MASTER"
    )]
    Form(String),
    /// The CA file cannot be used.
    #[error("the shared cache's CA file {path}: {reason}")]
    Certificates {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
}

/// What kind of server.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    One(ConnectionInfo),
    Cluster(Vec<ConnectionInfo>),
    Sentinel {
        sentinels: Vec<ConnectionAddr>,
        master: String,
        database: i64,
        tls: bool,
    },
}

/// Where the server is, and who asks.
#[derive(Clone)]
pub struct Address {
    pub(super) kind: Kind,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    /// Certificates in PEM that alone are trusted.
    pub(super) authority: Option<Vec<u8>>,
    /// As it is shown: without user and password.
    shown: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({})", self.shown)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Address {
    /// Reads an address; a user and password in it may be replaced by others.
    ///
    /// # Errors
    /// [`AddressError::Form`]
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (kind, user, password) = match sentinel_of(text) {
            Some(sentinel) => sentinel?,
            None => servers(text)?,
        };
        let shown = shown(&kind);
        Ok(Self {
            kind,
            user,
            password,
            authority: None,
            shown,
        })
    }

    /// Whether it names a password.
    pub fn names_password(&self) -> bool {
        self.password.is_some()
    }

    /// Whether it names who asks, by user or password.
    pub fn names_asker(&self) -> bool {
        self.user.is_some() || self.password.is_some()
    }

    /// Whether it is one server of a name, and not a cluster or what Sentinel says.
    pub fn is_single(&self) -> bool {
        matches!(self.kind, Kind::One(_))
    }

    /// The same for this user.
    #[must_use]
    pub fn with_user(self, user: Option<String>) -> Self {
        Self {
            user: user.or(self.user),
            ..self
        }
    }

    /// The same with this password.
    #[must_use]
    pub fn with_password(self, password: Option<Secret>) -> Self {
        Self {
            password: password.or(self.password),
            ..self
        }
    }

    /// The same, its certificate held against those of this file and no others.
    ///
    /// # Errors
    /// [`AddressError::Certificates`] when the file cannot be read or holds none.
    pub fn with_authority(self, path: Option<&PathBuf>) -> Result<Self, AddressError> {
        let Some(path) = path else { return Ok(self) };
        let fail = |reason: String| AddressError::Certificates {
            path: path.display().to_string(),
            reason,
        };
        if !self.is_encrypted() {
            return Err(fail(
                "is of use over TLS alone: write rediss:// for redis://".to_owned(),
            ));
        }
        let pem = std::fs::read(path).map_err(|e| fail(crate::text::io_reason(&e)))?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(fail("holds no certificate; write them in PEM".to_owned()));
        }
        Ok(Self {
            authority: Some(pem),
            ..self
        })
    }

    /// Whether what is said is encrypted.
    pub fn is_encrypted(&self) -> bool {
        match &self.kind {
            Kind::One(info) => matches!(info.addr(), ConnectionAddr::TcpTls { .. }),
            Kind::Cluster(infos) => infos.iter().all(|i| matches!(i.addr(), ConnectionAddr::TcpTls { .. })),
            Kind::Sentinel { tls, .. } => *tls,
        }
    }

    /// Whether it is another machine's, as far as can be told.
    pub fn is_remote(&self) -> bool {
        let far = |addr: &ConnectionAddr| match addr {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => {
                !(host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()))
            }
            _ => false,
        };
        match &self.kind {
            Kind::One(info) => far(info.addr()),
            Kind::Cluster(infos) => infos.iter().any(|i| far(i.addr())),
            Kind::Sentinel { sentinels, .. } => sentinels.iter().any(far),
        }
    }
}

type Parts = (Kind, Option<String>, Option<Secret>);

/// One server, or several with commas between them; `redis+cluster://` makes one the first of a cluster.
fn servers(text: &str) -> Result<Parts, AddressError> {
    let fail = |what: String| AddressError::Form(what);
    let (scheme, _) = text
        .split_once("://")
        .ok_or_else(|| fail("names no kind of server".to_owned()))?;
    let plain = scheme.strip_suffix("+cluster");
    let mut infos = Vec::new();
    for part in parts(text) {
        // Behind the first a server may be written as HOST:PORT.
        let (given, rest) = part.split_once("://").unwrap_or((scheme, part));
        let given = given.strip_suffix("+cluster").unwrap_or(given);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if !given.contains("unix") && rest.contains('@') && !authority.contains('@') {
            let why = "holds a sign in its user or password that is written %23 for #, %2F for /, %3F for ?";
            return Err(fail(why.to_owned()));
        }
        let whole = format!("{given}://{rest}");
        let info = whole.as_str().into_connection_info().map_err(|error| {
            // What could not be read may be a password, or a part of one.
            let why = error
                .detail()
                .map_or_else(|| error.category().to_owned(), str::to_owned);
            let why = if part.contains('@') || why.contains("://") {
                "cannot be read".to_owned()
            } else {
                why
            };
            fail(format!(
                "`{}://…`: {}",
                crate::text::clean_line(given),
                crate::text::clean_line(&why)
            ))
        })?;
        infos.push(info);
    }
    let first = infos.first().ok_or_else(|| fail("is empty".to_owned()))?;
    let user = first.redis_settings().username().map(str::to_owned);
    let password = first.redis_settings().password().map(Secret::new);
    if infos.len() > 1 && infos.iter().any(|i| matches!(i.addr(), ConnectionAddr::Unix(_))) {
        return Err(fail("names a socket among several servers".to_owned()));
    }
    let kind = match <[ConnectionInfo; 1]>::try_from(infos) {
        Ok([info]) if plain.is_none() => Kind::One(info),
        Ok([info]) => Kind::Cluster(vec![info]),
        Err(infos) => Kind::Cluster(infos),
    };
    Ok((kind, user, password))
}

/// The servers of a list: a comma behind the last `@`, or before the next one's scheme, stands between two; any other belongs to a
/// password.
fn parts(text: &str) -> Vec<&str> {
    let last = text.rfind('@').map_or(0, |at| at + 1);
    let between = |at: usize| {
        let next = text[at + 1..].trim_start();
        let scheme = next.split_once("://").map_or("", |(scheme, _)| scheme);
        at >= last || (!scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+'))
    };
    let mut parts = Vec::new();
    let mut begin = 0;
    for (at, _) in text.match_indices(',').filter(|(at, _)| between(*at)) {
        parts.push(&text[begin..at]);
        begin = at + 1;
    }
    parts.push(&text[begin..]);
    parts.retain(|part| !part.trim().is_empty());
    parts.into_iter().map(str::trim).collect()
}

/// `redis+sentinel://[USER:PASSWORD@]HOST[:PORT],HOST[:PORT]/MASTER[/DATABASE]`, `rediss+sentinel` over TLS; `None` for another
/// scheme.
fn sentinel_of(text: &str) -> Option<Result<Parts, AddressError>> {
    let (scheme, rest) = text.split_once("://")?;
    let tls = match scheme {
        "redis+sentinel" | "valkey+sentinel" => false,
        "rediss+sentinel" | "valkeys+sentinel" => true,
        _ => return None,
    };
    Some(sentinel(rest, tls))
}

fn sentinel(rest: &str, tls: bool) -> Result<Parts, AddressError> {
    let fail = |what: &str| AddressError::Form(what.to_owned());
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (master, database) = path.split_once('/').unwrap_or((path, "0"));
    if master.is_empty() {
        return Err(fail("names sentinels and no master"));
    }
    let database = database.parse().map_err(|_| fail("ends in no number of a database"))?;
    let (signed, hosts) = match hosts.rsplit_once('@') {
        Some((signed, hosts)) => (Some(signed), hosts),
        None => (None, hosts),
    };
    let decoded = |part: &str| percent(part).filter(|part| !part.is_empty());
    let (user, password) = match signed.map(|s| s.split_once(':').unwrap_or((s, ""))) {
        Some((user, password)) => (decoded(user), decoded(password)),
        None => (None, None),
    };
    let mut sentinels = Vec::new();
    for host in hosts.split(',').map(str::trim).filter(|h| !h.is_empty()) {
        // `[::1]:26379` names a host that has colons itself.
        let (host, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => {
                (name, port.parse().map_err(|_| fail("names a port that is none"))?)
            }
            _ => (host, SENTINEL_PORT),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        sentinels.push(if tls {
            ConnectionAddr::TcpTls {
                host: host.to_owned(),
                port,
                insecure: false,
                tls_params: None,
            }
        } else {
            ConnectionAddr::Tcp(host.to_owned(), port)
        });
    }
    if sentinels.is_empty() {
        return Err(fail("names no sentinel"));
    }
    let kind = Kind::Sentinel {
        sentinels,
        master: master.to_owned(),
        database,
        tls,
    };
    Ok((kind, user, password.as_deref().map(Secret::new)))
}

/// A part of a URL as it is meant.
fn percent(part: &str) -> Option<String> {
    let url = url::Url::parse(&format!("x://h/?v={}", part.replace('+', "%2B"))).ok()?;
    let (_, value) = url.query_pairs().next()?;
    Some(value.into_owned())
}

fn shown(kind: &Kind) -> String {
    let named = |host: &str| {
        if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        }
    };
    let addr = |addr: &ConnectionAddr| match addr {
        ConnectionAddr::TcpTls { host, port, .. } => format!("{}:{port} (TLS)", named(host)),
        ConnectionAddr::Tcp(host, PORT) => named(host),
        ConnectionAddr::Tcp(host, port) => format!("{}:{port}", named(host)),
        other => other.to_string(),
    };
    let shown = match kind {
        Kind::One(info) => match info.redis_settings().db() {
            0 => addr(info.addr()),
            database => format!("{}, database {database}", addr(info.addr())),
        },
        Kind::Cluster(infos) => {
            let nodes: Vec<String> = infos.iter().map(|i| addr(i.addr())).collect();
            format!("cluster {}", nodes.join(", "))
        }
        Kind::Sentinel { sentinels, master, .. } => {
            let nodes: Vec<String> = sentinels.iter().map(addr).collect();
            format!("{master} by sentinel {}", nodes.join(", "))
        }
    };
    crate::text::clean_line(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_no_secret_shown() {
        let forms = [
            ("redis://cache.desk:6380/2", "cache.desk:6380, database 2"),
            ("redis://cache.desk", "cache.desk"),
            ("rediss://me:secret@cache.desk:6380", "cache.desk:6380 (TLS)"),
            ("redis+unix:///run/redis.sock?pass=secret", "/run/redis.sock"),
            ("redis://a:1,b:2, redis://c:3", "cluster a:1, b:2, c:3"),
            ("redis+cluster://me:secret@a:1", "cluster a:1"),
            ("redis://:se,cr,secret@a:1,b:2", "cluster a:1, b:2"),
            ("redis://me:secret@a,redis://me:secret@b", "cluster a, b"),
            ("redis://[::1]:7/0", "[::1]:7"),
            (
                "redis+sentinel://[::1],[::2]:5/desk",
                "desk by sentinel [::1]:26379, [::2]:5",
            ),
            ("redis+sentinel://:secret@a,b:5/desk/3", "desk by sentinel a:26379, b:5"),
        ];
        for (text, name) in forms {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), name, "{text}");
            assert!(!format!("{address:?}").contains("secret"));
            assert_eq!(address.names_password(), text.contains("secret"), "{text}");
        }
        for bad in [
            "cache.desk",
            "http://x",
            "redis+sentinel://a",
            "redis://me:secret@[x",
            "redis://h/x",
            "",
            ",",
        ] {
            let error = Address::parse(bad).unwrap_err().to_string();
            assert!(
                !error.contains("secret") && error.contains("write redis://"),
                "{bad}: {error}"
            );
        }
    }

    #[test]
    fn far_and_near() {
        let is = |text: &str| {
            let address = Address::parse(text).unwrap();
            (address.is_remote(), address.is_encrypted())
        };
        assert_eq!(is("redis://127.0.0.1"), (false, false));
        assert_eq!(is("redis+unix:///x"), (false, false));
        assert_eq!(is("rediss://cache.desk"), (true, true));
        assert_eq!(is("redis://localhost,cache.desk"), (true, false));
    }
}
