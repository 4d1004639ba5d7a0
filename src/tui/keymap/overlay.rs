//! The keys of what stands in front of the panes: one table for its menus, its hints and its help.

use crate::tui::app::Layer;

/// A key there and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Hint {
    /// The key, or keys that belong together.
    pub keys: &'static str,
    /// A word or two for the hints.
    pub short: &'static str,
    /// A line for the help; none where the word is all there is to say.
    pub help: &'static str,
}

const fn hint(keys: &'static str, short: &'static str, help: &'static str) -> Hint {
    Hint { keys, short, help }
}

/// What can be done with a record, listed or open.
const NOTE: Hint = hint("n", "note", "write a note to it");
const TAGS: Hint = hint("t", "tags", "tag it: words apart by blanks, -tag takes one away");
const DIFFER: Hint = hint("d", "differ", "mark it; d on another shows how the two differ");
const WRITE: Hint = hint(
    "x",
    "write",
    "write it to a file: then h HTML with its chart, m Markdown, j JSON",
);
const AGAIN: Hint = hint("r", "ask again now", "ask the same on the candles as they are now");
const TAKE_OUT: Hint = hint(
    "",
    "",
    "a record is taken out of the journal by `wickdesk history delete NUMBER`",
);

const RECORDS: &[Hint] = &[
    hint(
        "Enter",
        "replay",
        "open it as it was, to be played forward candle by candle",
    ),
    hint("/", "search", "look for words in prompts, answers, notes and tags"),
    hint(
        "Esc",
        "close",
        "back to the panes; with words looked for, to all records",
    ),
    AGAIN,
    NOTE,
    TAGS,
    DIFFER,
    WRITE,
    hint("↑ ↓ PgUp PgDn g G", "", "choose a record"),
    TAKE_OUT,
];

const RECORD: &[Hint] = &[
    hint("Space", "plays", "play the candles that came after it, or pause"),
    hint("← →", "candle", "a candle back or on"),
    hint("Home End", "", "back to its own candle, on to the last"),
    hint("↑ ↓ PgUp PgDn", "text", "scroll its answer"),
    hint("Esc", "back", "back to the list"),
    AGAIN,
    NOTE,
    TAGS,
    DIFFER,
    WRITE,
];

const CACHE: &[Hint] = &[
    hint("Enter", "show", "what was asked and what came back"),
    hint("/", "filter", "those whose label or model holds what is typed"),
    hint("s", "sort", "by age, size, hits or money saved"),
    hint("p", "pin ◆", "keep it whatever its time to live, or no longer"),
    hint("d", "delete", "remove it; d again means it"),
    hint(
        "C",
        "clear",
        "clear the cache: then y both tiers, m memory, d disk, x expired",
    ),
    hint("Esc", "close", "back to the panes; with a filter, to all entries"),
    hint("↑ ↓ PgUp PgDn g G", "", "choose an entry"),
];

const ENTRY: &[Hint] = &[
    hint("↑ ↓", "scroll", "scroll, PgUp and PgDn by pages, g and G to the ends"),
    hint("Esc", "back to the list", "back to the list"),
];

const SCORES: &[Hint] = &[
    hint("← →", "sort", "by the column before or after"),
    hint("Enter", "analyses", "the analyses that a row is made of"),
    hint("Esc", "close", "back to the panes"),
    hint(
        "Tab",
        "journal, walks",
        "the journal's scores, then each walk's in turn",
    ),
    hint("r", "reverse", "turn the order about"),
    hint("↑ ↓ g G", "", "choose a row"),
];

const FILE: &[Hint] = &[
    hint("n", "a new one", ""),
    hint("d", "duplicate it", ""),
    hint("r", "rename it", ""),
    hint("x", "remove its file", ""),
    hint("v", "back to what is saved", ""),
    hint("c", "compare with the shipped one", ""),
    hint("e", "open it in $EDITOR", ""),
];

const COPY: &[Hint] = &[
    hint("t", "the ticket", ""),
    hint("j", "the setup as JSON", ""),
    hint("a", "the answer", ""),
    hint("p", "the prompt", ""),
];

const CLEAR: &[Hint] = &[
    hint("y", "both tiers", ""),
    hint("m", "memory only", ""),
    hint("d", "disk only", ""),
    hint("x", "what has expired", ""),
];

/// The keys that a menu offers behind the key that opened it.
pub fn menu(layer: &Layer) -> &'static [Hint] {
    match layer {
        Layer::File => FILE,
        Layer::Copy => COPY,
        Layer::Clear => CLEAR,
        _ => &[],
    }
}

/// What can be done in this layer, the most wanted first; its name. `None` where it says so itself.
pub fn hints(layer: &Layer) -> Option<(&'static str, &'static [Hint])> {
    match layer {
        Layer::History(history) if history.open.is_some() => Some(("In a record", RECORD)),
        Layer::History(_) => Some(("In the history", RECORDS)),
        Layer::Cache(browser) if browser.open.is_some() => Some(("In an entry of the cache", ENTRY)),
        Layer::Cache(_) => Some(("In the cache", CACHE)),
        Layer::Scores(_) => Some(("In the scoreboard", SCORES)),
        _ => None,
    }
}

/// As many of these as fit into `width` columns, and the key that shows all.
pub fn line(hints: &[Hint], help: Option<&str>, width: u16) -> String {
    let all = help.map_or_else(String::new, |key| format!(" · {key} keys"));
    let columns = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let room = usize::from(width).saturating_sub(columns(&all));
    let mut line = String::new();
    for hint in hints.iter().filter(|h| !h.short.is_empty()) {
        let gap = if line.is_empty() { "" } else { " · " };
        let next = format!("{gap}{} {}", hint.keys, hint.short);
        if columns(&line) + columns(&next) > room {
            break;
        }
        line.push_str(&next);
    }
    line + &all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_what_fits_and_always_the_way_to_the_rest() {
        let whole = line(RECORDS, Some("?"), 200);
        assert!(whole.starts_with("Enter replay · / search") && whole.ends_with("x write · ? keys"));
        for width in 0..120 {
            let line = line(RECORDS, Some("?"), width);
            assert!(line.ends_with("? keys"), "{line}");
            assert!(line.chars().count() <= usize::from(width).max(9), "{width}: {line}");
        }
    }
}
