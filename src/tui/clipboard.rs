//! Text on the clipboard: by the terminal itself (OSC 52), also over SSH and from within tmux or screen, and by the desktop's
//! own tool where there is one.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// What the environment says of where this runs.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The sequence that asks the terminal to take `text`.
pub fn sequence(text: &str, environment: Environment<'_>) -> String {
    let sequence = format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text));
    // GNU screen hands on what stands between these, in strings of limited length.
    if environment("STY").is_some() && environment("TMUX").is_none() {
        let parts = sequence.as_bytes().chunks(250);
        return parts
            .map(|part| format!("\x1bP{}\x1b\\", String::from_utf8_lossy(part)))
            .collect();
    }
    sequence
}

/// The command that takes the clipboard's text on its standard input, if there is one here: tmux's own, else the desktop's
/// where the program does not run on another machine.
fn tool(environment: Environment<'_>) -> Option<&'static [&'static str]> {
    if environment("TMUX").is_some() {
        // Whatever `set-clipboard` says, this reaches the terminal that tmux runs in.
        return Some(&["tmux", "load-buffer", "-w", "-"]);
    }
    if environment("SSH_CONNECTION").is_some() {
        return None;
    }
    if cfg!(target_os = "macos") {
        Some(&["pbcopy"])
    } else if cfg!(windows) {
        Some(&["clip"])
    } else if environment("WAYLAND_DISPLAY").is_some() {
        Some(&["wl-copy"])
    } else if environment("DISPLAY").is_some() {
        Some(&["xclip", "-selection", "clipboard"])
    } else {
        None
    }
}

/// Hands `text` to the tool, if there is one. May take as long as that.
pub fn hand_over(text: &str, environment: Environment<'_>) -> io::Result<()> {
    let Some([program, arguments @ ..]) = tool(environment) else {
        return Ok(());
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    // xclip stays to serve what it holds, in a process of its own.
    child.wait().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_way() {
        let none = |_: &str| None;
        assert_eq!(sequence("short", &none), "\x1b]52;c;c2hvcnQ=\x07");
        assert_eq!(tool(&none).is_some(), cfg!(any(windows, target_os = "macos")));
        let with = |name: &'static str| move |asked: &str| (asked == name).then(|| "1".to_owned());
        assert_eq!(tool(&with("TMUX")).unwrap()[0], "tmux");
        assert_eq!(sequence("short", &with("TMUX")), sequence("short", &none));
        let long = "x".repeat(1_000);
        let wrapped = sequence(&long, &with("STY"));
        assert!(wrapped.starts_with("\x1bP\x1b]52;c;") && wrapped.ends_with("\x1b\\"));
        let plain: String = wrapped.replace("\x1b\\", "").replace("\x1bP", "");
        assert_eq!(plain, sequence(&long, &none));
        let far = |asked: &str| matches!(asked, "SSH_CONNECTION" | "DISPLAY").then(|| "1".to_owned());
        assert_eq!(tool(&far), None);
    }
}
