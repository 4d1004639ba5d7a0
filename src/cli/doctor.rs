//! `wickdesk doctor`: what is in force, where it comes from, and whether it works.

use std::io::IsTerminal;
use std::path::Path;

use super::Session;
use super::output::{self, Exit, Failure};
use crate::cache::Trouble;
use crate::config::key_for;
use crate::desk::environment;
use crate::model::KNOWN;
use crate::text::bytes;

pub(super) fn run(session: Session) -> Result<Exit, Failure> {
    let settings = session.desk.settings();
    let row = |label: &str, value: String| output::line(&format!("  {label:<14} {value}"));
    output::line(concat!("wickdesk ", env!("CARGO_PKG_VERSION")))?;
    row("LMDB", crate::cache::engine_version())?;
    row("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH))?;

    output::line("\nSettings")?;
    let file = settings
        .file
        .as_ref()
        .map_or_else(|| "none".to_owned(), |f| f.display().to_string());
    row("config file", file)?;
    let model = settings.model.value.clone().unwrap_or_else(|| "offline".to_owned());
    row("model", format!("{model} ({})", settings.model.from))?;
    row("cache ttl", format!("{} ({})", settings.ttl.value, settings.ttl.from))?;
    row(
        "cache memory",
        format!(
            "{} ({})",
            bytes(settings.memory_bytes.value),
            settings.memory_bytes.from
        ),
    )?;
    row(
        "cache disk",
        format!("{} ({})", bytes(settings.disk_bytes.value), settings.disk_bytes.from),
    )?;
    row("theme", format!("{} ({})", settings.theme.value, settings.theme.from))?;

    output::line("\nDirectories")?;
    let places = &settings.places;
    row("config", directory(&places.config))?;
    row("templates", directory(&places.templates()))?;
    row(
        "cache",
        format!("{} ({})", directory(&settings.cache_dir.value), settings.cache_dir.from),
    )?;
    row("data", directory(&places.data))?;
    row("state", directory(&places.state))?;

    output::line("\nCache")?;
    let mut failure = None;
    let exit = match &session.trouble {
        Some(trouble @ Trouble::MemoryOnly(_)) => {
            row("health", "works on memory alone".to_owned())?;
            failure = Some(trouble.to_string());
            Exit::Failed
        }
        aside => {
            if let Some(aside) = aside {
                output::warn(&aside.to_string());
            }
            let report = session.desk.cache().report();
            row(
                "health",
                format!(
                    "open, {} entries, {} of {}; the file has {}",
                    report.disk_items,
                    bytes(report.disk_bytes),
                    bytes(report.disk_limit),
                    bytes(report.file_bytes)
                ),
            )?;
            for (name, size) in set_aside(&settings.cache_dir.value) {
                row("set aside", format!("{name}, {}: can be deleted", bytes(size)))?;
            }
            Exit::Done
        }
    };

    if let Some(trouble) = shared(&session)? {
        failure = failure.or(Some(trouble));
    }

    output::line("\nProviders")?;
    for known in KNOWN {
        let state = if let crate::model::Support::Not(why) = known.support {
            format!("not supported: {why}")
        } else {
            match key_for(settings, known.name, &environment) {
                Ok((Some(_), source)) => format!("key set ({source})"),
                Ok((None, _)) => "needs no key".to_owned(),
                Err(_) => format!("no key ({})", known.keys.join(" or ")),
            }
        };
        row(known.name, state)?;
    }
    for (name, provider) in settings
        .providers
        .iter()
        .filter(|(n, _)| KNOWN.iter().all(|k| k.name != n))
    {
        let address = provider.base_url.as_deref().unwrap_or("no base_url: add one");
        row(
            name,
            format!("{} ({})", crate::text::clean_line(address), provider.key_words()),
        )?;
    }

    output::line("\nSources of candles")?;
    for source in settings.sources.iter().chain(crate::feed::shipped()) {
        let frames: Vec<String> = source.timeframes().map(|t| t.to_string()).collect();
        let key = match &source.key_env {
            None => "needs no key".to_owned(),
            Some(variable) if environment(variable).is_some_and(|k| !k.trim().is_empty()) => {
                format!("key set ({variable})")
            }
            Some(variable) => format!("no key ({variable})"),
        };
        row(
            &source.name,
            format!(
                "{}, {key}; {}",
                crate::text::clean_line(&source.title),
                frames.join(" ")
            ),
        )?;
    }

    output::line("\nNetwork")?;
    match session.desk.reach(&model, None) {
        Ok((_, None)) => row("model", "offline: needs no network".to_owned())?,
        Ok((_, Some(endpoint))) => row("model", format!("{} {}", endpoint.base_url, endpoint.probe()))?,
        Err(error) => row("model", error.to_string())?,
    }

    output::line("\nTerminal")?;
    let size = crossterm::terminal::size().map_or_else(|_| "unknown".to_owned(), |(w, h)| format!("{w}×{h}"));
    row(
        "stdout",
        if std::io::stdout().is_terminal() {
            format!("a terminal, {size}")
        } else {
            "no terminal".to_owned()
        },
    )?;
    for variable in ["TERM", "COLORTERM", "NO_COLOR", "TMUX", "SSH_TTY", "HTTPS_PROXY"] {
        let value = environment(variable).map_or_else(|| "-".to_owned(), |v| crate::text::clean_line(&v));
        // A proxy's address may hold a password.
        let value = if variable == "HTTPS_PROXY" && value != "-" {
            "set".to_owned()
        } else {
            value
        };
        row(variable, value)?;
    }
    output::line("\nResearch, not advice.")?;
    match failure {
        Some(line) => Err(Failure::new(line)),
        None => Ok(exit),
    }
}

/// What the desk's machines share, where that is set: whether it answers, what it is, and what would be better. Returns what is
/// wrong with it.
fn shared(session: &Session) -> Result<Option<String>, Failure> {
    let Some(settings) = &session.desk.settings().shared else {
        return Ok(None);
    };
    let row = |label: &str, value: &str| output::line(&format!("  {label:<14} {value}"));
    let (server, from) = (settings.address.value.to_string(), settings.address.from);
    output::line("\nShared cache")?;
    row("server", &format!("{server} ({from})"))?;
    let access = if settings.read_only { ", read only" } else { "" };
    row("namespace", &format!("{}{access}", settings.namespace))?;
    let runtime = output::runtime()?;
    let examined = runtime.block_on(async {
        let shared = session.desk.shared().await.map_err(|error| error.to_string())?;
        match shared {
            Some(shared) => shared
                .examine()
                .await
                .map_err(|trouble| format!("shared cache {server}: {trouble}")),
            None => Err("none".to_owned()),
        }
    });
    let found = match examined {
        Ok(found) => found,
        Err(trouble) => {
            row("health", &trouble)?;
            return Ok(Some(trouble));
        }
    };
    row("health", &format!("answers in {:.1} ms", found.latency_ms))?;
    row("version", &found.version)?;
    let yes = |is: bool| if is { "yes" } else { "no" };
    row("TLS", yes(found.encrypted))?;
    row("sealed", yes(found.sealed))?;
    let limit = match found.memory_limit {
        None => "unknown".to_owned(),
        Some(0) => "none".to_owned(),
        Some(limit) => bytes(limit),
    };
    row("memory limit", &limit)?;
    row("when full", found.policy.as_deref().unwrap_or("unknown"))?;
    for advice in &found.advice {
        row("advice", advice)?;
    }
    Ok(None)
}

/// Stores that could not be used and were moved: their names, and the bytes they take.
fn set_aside(cache: &Path) -> Vec<(String, u64)> {
    let found = std::fs::read_dir(cache).into_iter().flatten().flatten();
    let mut found: Vec<_> = found
        .filter(|entry| entry.path().join("data.mdb").exists())
        .map(|entry| {
            let size = std::fs::metadata(entry.path().join("data.mdb")).map_or(0, |m| m.len());
            (entry.file_name().to_string_lossy().into_owned(), size)
        })
        .filter(|(name, _)| name.contains('-'))
        .collect();
    found.sort();
    found
}

fn directory(path: &Path) -> String {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) => {
            #[cfg(unix)]
            {
                let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
                format!("{shown}, mode {mode:04o}")
            }
            #[cfg(not(unix))]
            {
                let _ = metadata;
                format!("{shown}")
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => format!("{shown}, not made yet"),
        Err(error) => format!("{shown}, {}", crate::text::io_reason(&error)),
    }
}
