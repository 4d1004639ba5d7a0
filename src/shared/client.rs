//! What makes connections to the server, and a connection: to one server, or to a cluster.

use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterClientBuilder, ClusterConfig};
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Cmd, ConnectionAddr, ConnectionInfo, Pipeline, RedisError, RedisFuture, TlsCertificates,
    Value,
};

use super::address::{Address, AddressError, Kind};

/// How long a connection may take to be made.
pub(super) const CONNECT: Duration = Duration::from_secs(3);

/// How long a request may take where nobody has said less: the caller always has.
const RESPONSE: Duration = Duration::from_secs(5);

/// What makes connections.
pub(super) enum Client {
    One(Box<redis::Client>),
    Cluster(Box<ClusterClient>),
    Sentinel(Box<tokio::sync::Mutex<SentinelClient>>),
}

impl Client {
    /// What makes connections to `address`; asks nobody.
    ///
    /// # Errors
    /// [`AddressError`] when it is no address, or its CA file holds no certificate.
    pub fn to(address: &Address) -> Result<Self, AddressError> {
        let form = |error: RedisError| AddressError::Form(crate::text::clean_line(&error.to_string()));
        // Once a process: without one a connection over TLS has no ciphers.
        crate::web::install_ciphers();
        let certificates = address.authority.clone().map(|root_cert| TlsCertificates {
            client_tls: None,
            root_cert: Some(root_cert),
        });
        Ok(match &address.kind {
            Kind::One(info) => {
                let info = signed(address, info);
                let encrypted = matches!(info.addr(), ConnectionAddr::TcpTls { .. });
                let client = match certificates.filter(|_| encrypted) {
                    Some(certificates) => redis::Client::build_with_tls(info, certificates),
                    None => redis::Client::open(info),
                };
                Self::One(Box::new(client.map_err(form)?))
            }
            Kind::Cluster(infos) => {
                let mut builder = ClusterClientBuilder::new(infos.iter().map(|info| signed(address, info)))
                    .tcp_settings(tcp())
                    .connection_timeout(CONNECT)
                    .response_timeout(RESPONSE)
                    .overall_response_timeout(Some(RESPONSE))
                    .retries(3)
                    .min_retry_wait(20)
                    .max_retry_wait(200);
                if let Some(certificates) = certificates {
                    builder = builder.certs(certificates);
                }
                Self::Cluster(Box::new(builder.build().map_err(form)?))
            }
            Kind::Sentinel {
                sentinels,
                master,
                database,
                tls,
            } => {
                let mut builder =
                    SentinelClientBuilder::new(sentinels.iter().cloned(), master, SentinelServerType::Master)
                        .map_err(form)?
                        .set_client_to_redis_db(*database)
                        .set_client_to_redis_tcp_settings(tcp())
                        .set_client_to_sentinel_tcp_settings(tcp());
                if let Some(user) = &address.user {
                    builder = builder.set_client_to_redis_username(user);
                }
                if let Some(password) = &address.password {
                    builder = builder.set_client_to_redis_password(password.expose());
                }
                if *tls {
                    builder = builder
                        .set_client_to_redis_tls_mode(redis::TlsMode::Secure)
                        .set_client_to_sentinel_tls_mode(redis::TlsMode::Secure);
                    if let Some(certificates) = certificates {
                        builder = builder
                            .set_client_to_redis_certificates(certificates.clone())
                            .set_client_to_sentinel_certificates(certificates);
                    }
                }
                Self::Sentinel(Box::new(tokio::sync::Mutex::new(builder.build().map_err(form)?)))
            }
        })
    }

    /// Makes a connection; of a master that Sentinel names, to the one it names now.
    pub async fn connect(&self) -> Result<Connection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(RESPONSE));
        Ok(match self {
            Client::One(client) => Connection::One(client.get_multiplexed_async_connection_with_config(&config).await?),
            Client::Cluster(client) => {
                let config = ClusterConfig::new()
                    .set_connection_timeout(CONNECT)
                    .set_response_timeout(RESPONSE);
                Connection::Cluster(client.get_async_connection_with_config(config).await?)
            }
            Client::Sentinel(sentinel) => {
                let client = sentinel.lock().await.async_get_client().await?;
                Connection::One(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
        })
    }
}

/// A server's address with who asks.
fn signed(address: &Address, info: &ConnectionInfo) -> ConnectionInfo {
    let mut settings = info.redis_settings().clone().set_skip_set_lib_name();
    if let Some(user) = &address.user {
        settings = settings.set_username(user);
    }
    if let Some(password) = &address.password {
        settings = settings.set_password(password.expose());
    }
    info.clone().set_redis_settings(settings).set_tcp_settings(tcp())
}

/// Small messages at once, and a peer that vanished is noticed.
fn tcp() -> TcpSettings {
    let alive = TcpKeepalive::new()
        .with_time(Duration::from_secs(15))
        .with_interval(Duration::from_secs(5));
    let settings = TcpSettings::default().set_nodelay(true).set_keepalive(alive);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(Duration::from_secs(5));
    settings
}

/// A connection to one server, or to a cluster.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(one) => one.req_packed_command(cmd),
            Self::Cluster(cluster) => cluster.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(one) => one.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(one) => one.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}
