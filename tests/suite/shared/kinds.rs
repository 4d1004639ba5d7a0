//! The other kinds of server: on a socket, over TLS, a cluster of three, and whatever Sentinel names.

use std::path::Path;
use std::time::{Duration, Instant};

use super::{Redis, ask, echo, free_port, machine, put, stats, tier};
use crate::support::{Home, PATIENCE, Server};

/// Two machines on this server: what one asked is a hit for the other.
#[track_caller]
fn shares(url: &str, more: &str, model: &Server) -> (Home, Home) {
    let (one, two) = (machine(url, more), machine(url, more));
    assert_eq!(tier(&one, model, "hello"), "model");
    assert_eq!(tier(&two, model, "hello"), "shared");
    (one, two)
}

#[test]
fn on_a_socket() {
    let Some(redis) = Redis::start(&["--unixsocket", "redis.sock"]) else {
        return;
    };
    let socket = redis.directory.path().join("redis.sock");
    shares(&format!("redis+unix://{}", socket.display()), "", &echo());
}

#[test]
fn over_tls_when_the_certificate_is_right() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    let file = |name: &str| files.join(name).display().to_string();
    let (cert, key, ca) = (file("cert.pem"), file("key.pem"), file("ca.pem"));
    let options = [
        "--tls-port",
        "PORT",
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
    ];
    let Some(redis) = Redis::start(&options) else { return };
    let model = echo();
    let trusting = format!("ca = \"{ca}\"");
    let (one, _) = shares(&format!("rediss://localhost:{}", redis.port), &trusting, &model);
    assert!(one.run(&["doctor"]).code(0).out.contains("TLS            yes"));
    // Another name than the certificate's, an authority that is not trusted, no TLS at all: away, and the answer comes.
    let calls = model.calls();
    for (url, more) in [
        (format!("rediss://127.0.0.1:{}", redis.port), &*trusting),
        (format!("rediss://localhost:{}", redis.port), ""),
        (format!("redis://localhost:{}", redis.port), ""),
    ] {
        let home = machine(&url, more);
        assert_eq!(tier(&home, &model, "hello"), "model");
        assert_eq!(stats(&home)["shared"]["state"], "away", "{url}");
    }
    assert_eq!(model.calls(), calls + 3);
    for (ca, words) in [("/nowhere/ca.pem", "/nowhere/ca.pem"), (&*key, "holds no certificate")] {
        let home = machine(&format!("rediss://localhost:{}", redis.port), &format!("ca = \"{ca}\""));
        let ran = put(&home, &model, "hello", &[]).code(0);
        assert!(ran.last().contains(words), "{}", ran.err);
    }
}

/// Three nodes that share the slots among them.
fn cluster() -> Option<Vec<Redis>> {
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let bus = free_port().to_string();
        nodes.push(Redis::start(&["--cluster-enabled", "yes", "--cluster-port", &bus])?);
    }
    let bus: Vec<String> = nodes.iter().map(|n| n.options[3].clone()).collect();
    for (i, node) in nodes.iter().enumerate() {
        let (from, to) = (i * 16_384 / 3, (i + 1) * 16_384 / 3 - 1);
        let _: () = node.says(&["CLUSTER", "ADDSLOTSRANGE", &from.to_string(), &to.to_string()]);
        let (port, bus) = (nodes[0].port.to_string(), &bus[0]);
        if i > 0 {
            let _: () = node.says(&["CLUSTER", "MEET", "127.0.0.1", &port, bus]);
        }
    }
    let begun = Instant::now();
    let agreed = |node: &Redis| {
        let info: String = node.says(&["CLUSTER", "INFO"]);
        info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
    };
    while !nodes.iter().all(agreed) {
        assert!(begun.elapsed() < PATIENCE, "the cluster does not come up");
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(nodes)
}

#[test]
fn a_cluster_of_three() {
    let Some(mut nodes) = cluster() else { return };
    let model = echo();
    let url = format!("redis://127.0.0.1:{},127.0.0.1:{}", nodes[0].port, nodes[1].port);
    let (one, two) = shares(&url, "", &model);
    for n in 0..30 {
        assert_eq!(tier(&one, &model, &format!("question {n}")), "model");
    }
    for n in 0..30 {
        assert_eq!(tier(&two, &model, &format!("question {n}")), "shared");
    }
    let held: Vec<usize> = nodes.iter().map(|n| n.keys().len()).collect();
    assert!(
        held.iter().all(|n| *n > 0) && held.iter().sum::<usize>() == 31,
        "{held:?}"
    );
    assert!(one.run(&["doctor"]).code(0).out.contains("Redis "));
    let third = machine(&url, "");
    assert_eq!(third.run(&["cache", "pull", "--json"]).code(0).json()["copied"], 31);
    let asked = one.run(&["cache", "clear", "--shared"]).code(1);
    assert!(asked.last().contains("31 keys"), "{}", asked.err);
    one.run(&["cache", "clear", "--shared", "--yes"]).code(0);
    assert!(nodes.iter().all(|n| n.keys().is_empty()));
    assert_eq!(third.run(&["cache", "push", "--json"]).code(0).json()["copied"], 31);
    assert_eq!(nodes.iter().map(|n| n.keys().len()).sum::<usize>(), 31);
    // With a node gone the answers come, from the model where they must.
    nodes[2].kill();
    let fourth = machine(&url, "");
    for n in 0..6 {
        tier(&fourth, &model, &format!("question {n}"));
    }
}

#[test]
fn the_master_that_sentinel_names() {
    let Some(master) = Redis::start(&[]) else { return };
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("sentinel.conf");
    let port = free_port();
    let text = format!(
        "port {port}\nbind 127.0.0.1\nsentinel monitor desk 127.0.0.1 {} 1\n",
        master.port
    );
    std::fs::write(&config, text).unwrap();
    let mut command = std::process::Command::new("redis-server");
    command
        .arg(&config)
        .arg("--sentinel")
        .stdout(std::process::Stdio::null());
    let _sentinel = Killed(command.spawn().unwrap());
    let begun = Instant::now();
    loop {
        let known = redis::Client::open(format!("redis://127.0.0.1:{port}"))
            .unwrap()
            .get_connection();
        if let Ok(mut connection) = known {
            let _: Vec<String> = ask(&mut connection, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "desk"]);
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "sentinel does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let model = echo();
    shares(&format!("redis+sentinel://127.0.0.1:{port}/desk"), "", &model);
    assert_eq!(master.keys().len(), 1);
    let unknown = machine(&format!("redis+sentinel://127.0.0.1:{port}/another"), "");
    assert_eq!(tier(&unknown, &model, "hello"), "model");
}

struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
