//! `wickdesk cache clear --shared`, `push` and `pull`: what a desk's machines share, seen as a whole.

use std::sync::Arc;

use serde_json::json;
use tokio::runtime::Runtime;

use super::transfer::{bar, number};
use super::{Exit, Failure, output};
use crate::desk::{Desk, now_millis};
use crate::shared::{Copied, Shared, Trouble};

/// Does what takes its time, until it is done or Ctrl-C stops it; what was done stays.
fn until_stopped<T>(
    runtime: &Runtime,
    server: &str,
    work: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Failure> {
    runtime.block_on(async {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
            done = work => done.map_err(|trouble| failed(server, &trouble)),
        }
    })
}

/// The shared tier and what runs calls to it.
fn open(desk: &Desk) -> Result<(Runtime, Arc<Shared>, String), Failure> {
    let runtime = output::runtime()?;
    let shared = runtime.block_on(desk.shared());
    let shared = shared.map_err(|error| Failure::configuration(error.to_string()))?;
    let shared = shared.ok_or_else(|| {
        Failure::configuration(
            "no shared cache is set: write url = \"redis://HOST\" below [cache.shared] in config.toml, or set WICKDESK_SHARED_URL",
        )
    })?;
    let server = shared.state().server;
    Ok((runtime, shared, server))
}

fn failed(server: &str, trouble: &Trouble) -> Failure {
    Failure::new(format!("{server}: {trouble}; `wickdesk doctor` looks closer"))
}

pub(super) fn clear(desk: &Desk, yes: bool, as_json: bool) -> Result<Exit, Failure> {
    let (runtime, shared, server) = open(desk)?;
    let keys = until_stopped(&runtime, &server, shared.count())?;
    let what = format!("{} below `{}` on {server}", number(keys, "key"), shared.namespace());
    if !yes && keys > 0 {
        match output::agreed(&format!("delete {what}, for everybody?"))? {
            Some(true) => {}
            Some(false) => return Err(Failure::new("nothing was deleted")),
            None => return Err(Failure::new(format!("{what}: add --yes to have them deleted"))),
        }
    }
    let bar = bar(keys, "clearing");
    let cleared = until_stopped(&runtime, &server, shared.clear(|done| bar.set_position(done)));
    bar.finish_and_clear();
    let cleared = cleared?;
    if as_json {
        output::json(&json!({ "server": server, "namespace": shared.namespace(), "shared": cleared }))?;
    } else {
        output::line(&format!(
            "deleted {} on {server}; the disk keeps its own",
            number(cleared, "key")
        ))?;
    }
    Ok(Exit::Done)
}

pub(super) fn push(desk: &Desk, as_json: bool) -> Result<Exit, Failure> {
    let (runtime, shared, server) = open(desk)?;
    let cache = desk.cache();
    let bar = bar(cache.report().disk_items, "pushing");
    let pushing = shared.push(cache, now_millis(), |done| bar.set_position(done));
    let copied = until_stopped(&runtime, &server, pushing);
    bar.finish_and_clear();
    tell(&copied?, &server, "to", as_json)
}

pub(super) fn pull(desk: &Desk, as_json: bool) -> Result<Exit, Failure> {
    let (runtime, shared, server) = open(desk)?;
    let keys = until_stopped(&runtime, &server, shared.count())?;
    let bar = bar(keys, "pulling");
    let pulling = shared.pull(desk.cache(), now_millis(), |done| bar.set_position(done));
    let copied = until_stopped(&runtime, &server, pulling);
    bar.finish_and_clear();
    desk.cache().flush();
    tell(&copied?, &server, "from", as_json)
}

fn tell(copied: &Copied, server: &str, way: &str, as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        let mut json = json!(copied);
        if let Some(object) = json.as_object_mut() {
            object.insert("server".to_owned(), json!(server));
        }
        output::json(&json)?;
    } else {
        output::line(&format!(
            "copied {} {way} {server}; {} there already, {} left out (expired, or computed here for nothing)",
            number(copied.copied, "answer"),
            copied.there,
            copied.left_out
        ))?;
    }
    if copied.refused > 0 {
        return Err(Failure::new(format!(
            "{} on {server} damaged, foreign or not authentic: not copied",
            number(copied.refused, "value")
        )));
    }
    Ok(Exit::Done)
}
