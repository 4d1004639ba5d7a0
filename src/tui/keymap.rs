//! Keys to commands: the one table that the footer, the help, the palette and the README are made from.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, Pane};

/// What a key can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Send the prompt.
    Send,
    /// Ask the same again; the cache may answer.
    AskAgain,
    /// Ask anew, for a further sample.
    NewSample,
    /// Cancel the stream, or leave what is open.
    Cancel,
    /// Focus the next pane.
    NextPane,
    /// Focus the pane before.
    PreviousPane,
    /// To the templates.
    Templates,
    /// To the form.
    Form,
    /// To the answer.
    Answer,
    /// To the chart.
    Chart,
    /// Show the prompt as it will be sent.
    Preview,
    /// Edit the template.
    Edit,
    /// Save the template.
    Save,
    /// Open a candle file.
    Open,
    /// Choose the model.
    Model,
    /// Clear the cache.
    Clear,
    /// Look into the cache.
    Browse,
    /// The journal.
    History,
    /// The scoreboard.
    Scores,
    /// Turn to one of seven timeframes.
    Timeframe(usize),
    /// Show the sample before.
    PreviousSample,
    /// Show the sample after.
    NextSample,
    /// To the next failed check.
    NextFailed,
    /// Copy something.
    Copy,
    /// Take a variable back to what the candles say.
    Reset,
    /// Choose, or edit the field.
    Choose,
    /// One up.
    Up,
    /// One down.
    Down,
    /// One left.
    Left,
    /// One right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the beginning.
    Top,
    /// To the end.
    Bottom,
    /// Wider candles.
    ZoomIn,
    /// Narrower candles.
    ZoomOut,
    /// Point at a candle and a price.
    Point,
    /// What is drawn on the chart.
    Layers,
    /// Give the focused pane the whole screen.
    Whole,
    /// Put a fact into the template being edited.
    InsertFact,
    /// Ask another model beside.
    Beside,
    /// Show what the model thought, or fold it away.
    Thoughts,
    /// See whether the model answers.
    TestModel,
    /// The palette of commands.
    Palette,
    /// This help.
    Help,
    /// Put the program to sleep.
    Suspend,
    /// Leave.
    Quit,
    /// Cancel, then leave.
    Interrupt,
}

/// A key that asks for a command.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
    /// How the key is written.
    pub name: &'static str,
}

const fn key(code: KeyCode, name: &'static str) -> Key {
    Key {
        code,
        modifiers: KeyModifiers::NONE,
        name,
    }
}

const fn ctrl(letter: char, name: &'static str) -> Key {
    Key {
        code: KeyCode::Char(letter),
        modifiers: KeyModifiers::CONTROL,
        name,
    }
}

const fn letter(c: char, name: &'static str) -> Key {
    key(KeyCode::Char(c), name)
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// Everywhere, also while typing.
    Anywhere,
    /// Outside a text field.
    Command,
    /// While this pane has the focus, outside a text field.
    Pane(Pane),
}

/// A row of the table.
pub struct Binding {
    /// What it asks for.
    pub command: Command,
    /// Where.
    pub context: Context,
    /// The keys, the first one shown.
    pub keys: &'static [Key],
    /// A word for the footer.
    pub short: &'static str,
    /// A line for the help.
    pub help: &'static str,
    /// Whether it can be done now.
    pub enabled: fn(&App) -> bool,
}

const fn always(_: &App) -> bool {
    true
}

/// The table. Where two rows want a key, the pane's goes before the rest.
pub const TABLE: &[Binding] = &[
    Binding {
        command: Command::Send,
        context: Context::Anywhere,
        keys: &[
            key(KeyCode::F(5), "F5"),
            Key {
                code: KeyCode::Enter,
                modifiers: KeyModifiers::CONTROL,
                name: "Ctrl-Enter",
            },
        ],
        short: "send",
        help: "send the prompt, also while typing",
        enabled: App::can_send,
    },
    Binding {
        command: Command::Cancel,
        context: Context::Anywhere,
        keys: &[key(KeyCode::Esc, "Esc")],
        short: "cancel",
        help: "cancel the stream, leave a text field, close an overlay",
        enabled: App::can_cancel,
    },
    Binding {
        command: Command::AskAgain,
        context: Context::Command,
        keys: &[letter('r', "r")],
        short: "again",
        help: "ask again: a hit if nothing has changed",
        enabled: App::can_send,
    },
    Binding {
        command: Command::NewSample,
        context: Context::Command,
        keys: &[letter('R', "R")],
        short: "sample",
        help: "ask the model anew and keep the answer as a further sample",
        enabled: App::can_send,
    },
    Binding {
        command: Command::Templates,
        context: Context::Command,
        keys: &[letter('t', "t")],
        short: "templates",
        help: "choose a template",
        enabled: always,
    },
    Binding {
        command: Command::Form,
        context: Context::Command,
        keys: &[letter('v', "v")],
        short: "form",
        help: "fill the template's variables",
        enabled: always,
    },
    Binding {
        command: Command::Preview,
        context: Context::Command,
        keys: &[letter('p', "p")],
        short: "prompt",
        help: "show the prompt as it will be sent, and back",
        enabled: always,
    },
    Binding {
        command: Command::Edit,
        context: Context::Command,
        keys: &[letter('e', "e")],
        short: "edit",
        help: "edit the template",
        enabled: App::has_template,
    },
    Binding {
        command: Command::Save,
        context: Context::Anywhere,
        keys: &[ctrl('s', "Ctrl-S")],
        short: "save",
        help: "save the template under a name",
        enabled: App::is_editing_template,
    },
    Binding {
        command: Command::Open,
        context: Context::Command,
        keys: &[letter('o', "o")],
        short: "open",
        help: "open a candle file",
        enabled: always,
    },
    Binding {
        command: Command::Model,
        context: Context::Command,
        keys: &[letter('m', "m")],
        short: "model",
        help: "choose the model",
        enabled: always,
    },
    Binding {
        command: Command::Answer,
        context: Context::Command,
        keys: &[letter('a', "a")],
        short: "answer",
        help: "to the answer",
        enabled: always,
    },
    Binding {
        command: Command::Chart,
        context: Context::Command,
        keys: &[letter('c', "c")],
        short: "chart",
        help: "to the chart",
        enabled: App::has_candles,
    },
    Binding {
        command: Command::Timeframe(0),
        context: Context::Command,
        keys: &[letter('1', "1")],
        short: "M1",
        help: "M1 candles, made of the open ones",
        enabled: App::has_coarser,
    },
    Binding {
        command: Command::Timeframe(1),
        context: Context::Command,
        keys: &[letter('2', "2")],
        short: "M5",
        help: "M5 candles, made of the open ones",
        enabled: App::has_coarser,
    },
    Binding {
        command: Command::Timeframe(2),
        context: Context::Command,
        keys: &[letter('3', "3")],
        short: "M15",
        help: "M15 candles, made of the open ones",
        enabled: App::has_coarser,
    },
    Binding {
        command: Command::Timeframe(3),
        context: Context::Command,
        keys: &[letter('4', "4")],
        short: "H1",
        help: "H1 candles, made of the open ones",
        enabled: App::has_coarser,
    },
    Binding {
        command: Command::Timeframe(4),
        context: Context::Command,
        keys: &[letter('5', "5")],
        short: "H4",
        help: "H4 candles, made of the open ones",
        enabled: App::has_coarser,
    },
    Binding {
        command: Command::Timeframe(5),
        context: Context::Command,
        keys: &[letter('6', "6")],
        short: "D1",
        help: "D1 candles, made of the open ones",
        enabled: App::has_coarser,
    },
    Binding {
        command: Command::Timeframe(6),
        context: Context::Command,
        keys: &[letter('7', "7")],
        short: "W1",
        help: "W1 candles, made of the open ones",
        enabled: App::has_coarser,
    },
    Binding {
        command: Command::NextFailed,
        context: Context::Command,
        keys: &[letter('n', "n")],
        short: "failed",
        help: "to the next check that failed or warns",
        enabled: App::has_failed_check,
    },
    Binding {
        command: Command::Copy,
        context: Context::Command,
        keys: &[letter('y', "y")],
        short: "copy",
        help: "copy: then t ticket, j JSON, a answer, p prompt",
        enabled: App::can_copy,
    },
    Binding {
        command: Command::Clear,
        context: Context::Command,
        keys: &[letter('C', "C")],
        short: "clear cache",
        help: "clear the cache: then y both tiers, m memory, d disk, x expired",
        enabled: always,
    },
    Binding {
        command: Command::Scores,
        context: Context::Command,
        keys: &[letter('s', "s")],
        short: "scores",
        help: "the scoreboard: what became of the analyses, and of walks",
        enabled: always,
    },
    Binding {
        command: Command::History,
        context: Context::Command,
        keys: &[letter('h', "h")],
        short: "history",
        help: "the journal of every answer shown, played forward candle by candle",
        enabled: always,
    },
    Binding {
        command: Command::Browse,
        context: Context::Command,
        keys: &[letter('b', "b")],
        short: "browse cache",
        help: "browse the cache: what was asked, what came back; pin or delete one",
        enabled: always,
    },
    Binding {
        command: Command::PreviousSample,
        context: Context::Command,
        keys: &[letter('[', "[")],
        short: "sample before",
        help: "show the sample before this one",
        enabled: App::has_sample_before,
    },
    Binding {
        command: Command::NextSample,
        context: Context::Command,
        keys: &[letter(']', "]")],
        short: "sample after",
        help: "show the sample after this one",
        enabled: App::has_sample_after,
    },
    Binding {
        command: Command::NextPane,
        context: Context::Command,
        keys: &[key(KeyCode::Tab, "Tab")],
        short: "pane",
        help: "to the next pane",
        enabled: always,
    },
    Binding {
        command: Command::PreviousPane,
        context: Context::Command,
        keys: &[key(KeyCode::BackTab, "Shift-Tab")],
        short: "back",
        help: "to the pane before",
        enabled: always,
    },
    Binding {
        command: Command::Choose,
        context: Context::Pane(Pane::Templates),
        keys: &[key(KeyCode::Enter, "Enter")],
        short: "use",
        help: "in the templates: use it and go to its form",
        enabled: always,
    },
    Binding {
        command: Command::Choose,
        context: Context::Pane(Pane::Form),
        keys: &[key(KeyCode::Enter, "Enter"), letter('i', "i")],
        short: "change",
        help: "in the form: type a value, or take the next choice",
        enabled: App::has_field,
    },
    Binding {
        command: Command::Reset,
        context: Context::Pane(Pane::Form),
        keys: &[key(KeyCode::Backspace, "Backspace"), key(KeyCode::Delete, "Delete")],
        short: "reset",
        help: "in the form: back to what the candles or the template say",
        enabled: App::field_is_set,
    },
    Binding {
        command: Command::Choose,
        context: Context::Pane(Pane::Answer),
        keys: &[key(KeyCode::Enter, "Enter"), letter('i', "i")],
        short: "type",
        help: "in the editor: go on typing",
        enabled: App::is_editing_template,
    },
    Binding {
        command: Command::ZoomIn,
        context: Context::Pane(Pane::Chart),
        keys: &[letter('+', "+")],
        short: "zoom",
        help: "in the chart: wider candles",
        enabled: App::has_candles,
    },
    Binding {
        command: Command::ZoomOut,
        context: Context::Pane(Pane::Chart),
        keys: &[letter('-', "-")],
        short: "zoom out",
        help: "in the chart: more candles",
        enabled: App::has_candles,
    },
    Binding {
        command: Command::Point,
        context: Context::Pane(Pane::Chart),
        keys: &[letter('x', "x")],
        short: "cursor",
        help: "in the chart: a cursor that tells candle and levels; arrows move it",
        enabled: App::has_candles,
    },
    Binding {
        command: Command::Layers,
        context: Context::Command,
        keys: &[letter('L', "L")],
        short: "layers",
        help: "choose what is drawn on the chart: structure, zones, levels, profile, RSI, volume",
        enabled: App::has_candles,
    },
    Binding {
        command: Command::Whole,
        context: Context::Command,
        keys: &[letter('z', "z")],
        short: "whole",
        help: "give the focused pane the whole screen, and back",
        enabled: always,
    },
    Binding {
        command: Command::Thoughts,
        context: Context::Command,
        keys: &[letter('T', "T")],
        short: "thoughts",
        help: "show what the model thought before it answered, or fold it away",
        enabled: App::has_thoughts,
    },
    Binding {
        command: Command::TestModel,
        context: Context::Command,
        keys: &[letter('M', "M")],
        short: "test model",
        help: "see whether the model answers, as whom and how fast, for a word's price",
        enabled: always,
    },
    Binding {
        command: Command::Beside,
        context: Context::Command,
        keys: &[letter('=', "=")],
        short: "beside",
        help: "ask another model beside: the same prompt, setups compared",
        enabled: App::can_compare,
    },
    Binding {
        command: Command::InsertFact,
        context: Context::Anywhere,
        keys: &[key(KeyCode::F(2), "F2")],
        short: "fact",
        help: "in the editor: insert a fact, chosen by its name and value",
        enabled: App::is_editing_template,
    },
    Binding {
        command: Command::Left,
        context: Context::Command,
        keys: &[key(KeyCode::Left, "←")],
        short: "left",
        help: "left: the choice before, earlier candles",
        enabled: always,
    },
    Binding {
        command: Command::Right,
        context: Context::Command,
        keys: &[key(KeyCode::Right, "→"), letter('l', "l")],
        short: "right",
        help: "right: the next choice, later candles",
        enabled: always,
    },
    Binding {
        command: Command::Up,
        context: Context::Command,
        keys: &[key(KeyCode::Up, "↑"), letter('k', "k")],
        short: "up",
        help: "up",
        enabled: always,
    },
    Binding {
        command: Command::Down,
        context: Context::Command,
        keys: &[key(KeyCode::Down, "↓"), letter('j', "j")],
        short: "down",
        help: "down",
        enabled: always,
    },
    Binding {
        command: Command::PageUp,
        context: Context::Command,
        keys: &[key(KeyCode::PageUp, "PgUp"), ctrl('b', "Ctrl-B")],
        short: "page up",
        help: "a page up",
        enabled: always,
    },
    Binding {
        command: Command::PageDown,
        context: Context::Command,
        keys: &[
            key(KeyCode::PageDown, "PgDn"),
            ctrl('f', "Ctrl-F"),
            letter(' ', "Space"),
        ],
        short: "page down",
        help: "a page down",
        enabled: always,
    },
    Binding {
        command: Command::Top,
        context: Context::Command,
        keys: &[letter('g', "g"), key(KeyCode::Home, "Home")],
        short: "top",
        help: "to the beginning",
        enabled: always,
    },
    Binding {
        command: Command::Bottom,
        context: Context::Command,
        keys: &[letter('G', "G"), key(KeyCode::End, "End")],
        short: "bottom",
        help: "to the end; a stream is followed from there",
        enabled: always,
    },
    Binding {
        command: Command::Palette,
        context: Context::Anywhere,
        keys: &[ctrl('p', "Ctrl-P")],
        short: "palette",
        help: "find a command by its name",
        enabled: always,
    },
    Binding {
        command: Command::Help,
        context: Context::Command,
        keys: &[letter('?', "?"), key(KeyCode::F(1), "F1")],
        short: "help",
        help: "this help",
        enabled: always,
    },
    Binding {
        command: Command::Suspend,
        context: Context::Anywhere,
        keys: &[ctrl('z', "Ctrl-Z")],
        short: "suspend",
        help: "put wickdesk to sleep; fg wakes it",
        enabled: can_suspend,
    },
    Binding {
        command: Command::Quit,
        context: Context::Command,
        keys: &[letter('q', "q")],
        short: "quit",
        help: "leave",
        enabled: always,
    },
    Binding {
        command: Command::Interrupt,
        context: Context::Anywhere,
        keys: &[ctrl('c', "Ctrl-C")],
        short: "stop",
        help: "cancel the stream; with none, leave",
        enabled: always,
    },
];

const fn can_suspend(_: &App) -> bool {
    cfg!(unix)
}

/// The command that `event` asks for now, if any: the focused pane's before the rest, and of the rest only what holds
/// while typing if `typing`.
pub fn resolve(app: &App, event: &KeyEvent, typing: bool) -> Option<Command> {
    let holds = |binding: &&Binding| match binding.context {
        Context::Anywhere => true,
        Context::Command => !typing,
        Context::Pane(pane) => !typing && app.focus() == pane,
    };
    let pressed = |binding: &&Binding| binding.keys.iter().any(|k| k.matches(event));
    let rank = |binding: &&Binding| u8::from(!matches!(binding.context, Context::Pane(_)));
    TABLE
        .iter()
        .filter(holds)
        .filter(pressed)
        .filter(|b| (b.enabled)(app))
        .min_by_key(rank)
        .map(|b| b.command)
}

impl Key {
    fn matches(&self, event: &KeyEvent) -> bool {
        // A capital letter's Shift is in the letter; Shift-Tab's is in the code.
        let relevant = event.modifiers - KeyModifiers::SHIFT;
        self.code == event.code && self.modifiers == relevant
    }
}

/// The table as Markdown, for the README.
pub fn markdown() -> String {
    let mut text = String::from("| key | does |\n|---|---|\n");
    for binding in TABLE {
        let keys: Vec<String> = binding.keys.iter().map(|k| format!("`{}`", k.name)).collect();
        text.push_str(&format!("| {} | {} |\n", keys.join(", "), binding.help));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (at, a) in TABLE.iter().enumerate() {
            for b in &TABLE[at + 1..] {
                if a.context != b.context
                    && !matches!((a.context, b.context), (Context::Anywhere, _) | (_, Context::Anywhere))
                {
                    continue;
                }
                for key in a.keys {
                    let clash = b
                        .keys
                        .iter()
                        .any(|k| k.code == key.code && k.modifiers == key.modifiers);
                    assert!(!clash, "{} means {:?} and {:?}", key.name, a.command, b.command);
                }
            }
        }
    }
}
