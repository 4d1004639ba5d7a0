//! `keymap.toml`: the analyst's own keys, a command a line; what contradicts itself is refused by path and line.
//!
//! ```toml
//! send = ["F5", "ctrl-g"]
//! scores = "S"
//! next_sample = []          # none
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crossterm::event::{KeyCode, KeyModifiers};
use serde::Deserialize;
use toml::Spanned;

use super::{Command, Context, Key, Keymap};

/// What is wrong with the file, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {reason}")]
pub struct KeymapError {
    path: String,
    line: usize,
    reason: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// The keys in force: the usual ones, and those of the file at `path` over them, if there is one.
///
/// # Errors
/// [`KeymapError`] for a file that cannot be read or contradicts itself.
pub fn read(path: &Path) -> Result<Keymap, KeymapError> {
    let at = |line: usize, reason: String| KeymapError {
        path: path.display().to_string(),
        line,
        reason,
    };
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).map_err(|(line, reason)| at(line, reason)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Keymap::default()),
        Err(error) => Err(at(1, crate::text::io_reason(&error))),
    }
}

/// What is wrong, and in which line.
type Wrong = (usize, String);

fn parse(text: &str) -> Result<Keymap, Wrong> {
    let line = |byte: usize| text[..byte.min(text.len())].matches('\n').count() + 1;
    let file: BTreeMap<String, Spanned<Keys>> = toml::from_str(text).map_err(|e| {
        let place = e.span().map_or(1, |s| line(s.start));
        let what = crate::text::clean_line(e.message());
        (place, format!("{what}; write command = \"key\" or [\"key\", \"key\"]"))
    })?;
    let mut map = Keymap::default();
    let names: Vec<String> = map.0.iter().map(|b| name(b.command)).collect();
    // Where each row's keys were said.
    let mut said = vec![0; map.0.len()];
    for (command, keys) in file {
        let place = line(keys.span().start);
        if !names.contains(&command) {
            let hint = crate::text::nearest(&command, names.iter().map(String::as_str)).map_or_else(
                || "commands are send, scores, history, next_failed and so on".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err((
                place,
                format!("no command `{}`; {hint}", crate::text::clean_line(&command)),
            ));
        }
        let keys = keys_of(keys.into_inner()).map_err(|reason| (place, reason))?;
        if keys.is_empty() && command == name(Command::Interrupt) {
            return Err((
                place,
                "interrupt has to keep a key: there would be no way out".to_owned(),
            ));
        }
        for (row, own) in map.0.iter_mut().zip(&mut said) {
            if name(row.command) == command {
                row.in_force = Cow::Owned(keys.clone());
                *own = place;
            }
        }
    }
    match clash(&map, &said) {
        Some(clash) => Err(clash),
        None => Ok(map),
    }
}

fn keys_of(keys: Keys) -> Result<Vec<Key>, String> {
    let texts = match keys {
        Keys::One(text) => vec![text],
        Keys::Several(texts) => texts,
    };
    let read = |text: &String| {
        key(text).ok_or_else(|| {
            let text = crate::text::clean_line(text);
            format!("`{text}` is no key; write g, G, F5, ctrl-g, alt-g, tab or esc")
        })
    };
    texts.iter().map(read).collect()
}

/// Two commands on one key in one place, where the file has a hand in it.
fn clash(map: &Keymap, said: &[usize]) -> Option<Wrong> {
    for (at, one) in map.0.iter().enumerate() {
        for (other_at, other) in map.0.iter().enumerate().skip(at + 1) {
            let place = said[at].max(said[other_at]);
            let anywhere = one.context == Context::Anywhere || other.context == Context::Anywhere;
            if place == 0 || one.command == other.command || one.context != other.context && !anywhere {
                continue;
            }
            let same = |a: &Key, b: &Key| (a.code, a.modifiers) == (b.code, b.modifiers);
            let shared = one.in_force.iter().find(|k| other.in_force.iter().any(|o| same(k, o)));
            if let Some(key) = shared {
                let (a, b) = (name(one.command), name(other.command));
                return Some((
                    place,
                    format!("{} is both {a} and {b}; give one of them another key", key.name),
                ));
            }
        }
    }
    None
}

/// A command's name in the file: `next_failed`, `timeframe_1`.
pub(super) fn name(command: Command) -> String {
    if let Command::Timeframe(at) = command {
        return format!("timeframe_{}", at + 1);
    }
    let mut name = String::new();
    for c in format!("{command:?}").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    name
}

/// Reads `g`, `G`, `F5`, `ctrl-g`, `alt-enter`, `shift-tab`.
fn key(text: &str) -> Option<Key> {
    let text = text.trim();
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = text;
    let mut shift = false;
    // A minus alone is a key.
    while let Some((word, behind)) = rest
        .split_once(['-', '+'])
        .filter(|(a, b)| !a.is_empty() && !b.is_empty())
    {
        match word.to_ascii_lowercase().as_str() {
            "ctrl" | "control" | "c" => modifiers |= KeyModifiers::CONTROL,
            "alt" | "meta" | "a" => modifiers |= KeyModifiers::ALT,
            "shift" | "s" => shift = true,
            _ => return None,
        }
        rest = behind;
    }
    let code = match rest.to_ascii_lowercase().as_str() {
        "enter" | "return" => KeyCode::Enter,
        "esc" | "escape" => KeyCode::Esc,
        "tab" if shift => KeyCode::BackTab,
        "tab" => KeyCode::Tab,
        "space" => KeyCode::Char(' '),
        "backspace" => KeyCode::Backspace,
        "delete" | "del" => KeyCode::Delete,
        "insert" => KeyCode::Insert,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" | "pageup" => KeyCode::PageUp,
        "pgdn" | "pagedown" => KeyCode::PageDown,
        other => match other.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
            Some(n @ 1..=24) => KeyCode::F(n),
            _ => letter(rest, shift, modifiers)?,
        },
    };
    Some(Key {
        code,
        modifiers,
        name: Cow::Owned(crate::text::clean_line(text)),
    })
}

fn letter(text: &str, shift: bool, modifiers: KeyModifiers) -> Option<KeyCode> {
    let mut characters = text.chars();
    let c = characters.next().filter(|c| !c.is_control())?;
    if characters.next().is_some() {
        return None;
    }
    // With Ctrl terminals send small letters.
    let small = modifiers.contains(KeyModifiers::CONTROL);
    Some(KeyCode::Char(match c {
        c if small => c.to_ascii_lowercase(),
        c if shift => c.to_ascii_uppercase(),
        c => c,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_rebound() {
        let map = parse("send = [\"F5\", \"ctrl-g\"]\nscores = \"S\"\nnext_sample = []\n").unwrap();
        let of = |command| map.0.iter().find(|b| b.command == command).unwrap();
        assert_eq!(of(Command::Send).in_force.len(), 2);
        assert_eq!(of(Command::Scores).shown(), Some("S"));
        assert_eq!(of(Command::NextSample).shown(), None);
        assert!(parse("").is_ok());
    }

    #[test]
    fn what_contradicts_itself_is_named_with_its_line() {
        for (text, line, words) in [
            ("send = \"F5\"\nscores = \"h\"\n", 2, "h is both scores and history"),
            ("\n\nscors = \"S\"", 3, "did you mean `scores`?"),
            ("scores = \"hyper-x\"", 1, "`hyper-x` is no key"),
            ("scores = 3", 1, "write command = "),
            ("scores = ", 1, "write command = "),
            ("interrupt = []", 1, "no way out"),
            ("scores = \"F5\"", 1, "both send and scores"),
        ] {
            let (at, reason) = parse(text).map(|_| ()).unwrap_err();
            assert_eq!(at, line, "{text}: {reason}");
            assert!(reason.contains(words), "{text}: {reason}");
        }
    }

    #[test]
    fn every_usual_key_can_be_written() {
        for row in Keymap::default().rows() {
            for usual in row.in_force.iter() {
                let written = match &*usual.name {
                    "←" => "left",
                    "→" => "right",
                    "↑" => "up",
                    "↓" => "down",
                    name => name,
                };
                let read = key(written).unwrap_or_else(|| panic!("{written}"));
                assert_eq!((read.code, read.modifiers), (usual.code, usual.modifiers), "{written}");
            }
        }
    }
}
