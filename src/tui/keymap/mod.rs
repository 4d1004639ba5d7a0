//! Keys to commands: the one table that the footer, the help, the palette and the README are made from, and the analyst's own
//! keys over it.

mod overlay;
mod own;
mod table;

use std::borrow::Cow;
use std::ops::Deref;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, Pane};
pub use overlay::{Hint, hints, line, menu};
pub use own::{KeymapError, read};
pub use table::TABLE;

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
    /// Undo what was typed into the template.
    UndoTyping,
    /// Bring back what was undone.
    RedoTyping,
    /// Copy what is selected in the template.
    CopySelected,
    /// What can be done with the template's file.
    File,
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
    /// Fold the answer's blocks, or unfold them.
    Fold,
    /// How the answer differs from the analysis before.
    Since,
    /// Show the answer's next setup.
    Alternative,
    /// To the candle of the next price.
    Level,
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
    /// Look for words in the text.
    Find,
    /// To the next line that holds them.
    FindNext,
    /// To the one before.
    FindPrevious,
    /// Ask another model beside.
    Beside,
    /// Show what the model thought, or fold it away.
    Thoughts,
    /// See whether the model answers.
    TestModel,
    /// Say what is at risk on a trade.
    Risk,
    /// The desks that are open.
    Desks,
    /// To the next desk.
    NextDesk,
    /// To the one before.
    PreviousDesk,
    /// Undo the last deed.
    Undo,
    /// Take every variable back to what the candles say.
    ResetAll,
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
#[derive(Debug, Clone)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
    /// How the key is written.
    pub name: Cow<'static, str>,
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

/// A row of the table with the keys in force.
#[derive(Clone)]
pub struct Bound {
    binding: &'static Binding,
    /// The keys, the first one shown; none where the analyst wants none.
    pub in_force: Cow<'static, [Key]>,
}

impl Deref for Bound {
    type Target = Binding;

    fn deref(&self) -> &Binding {
        self.binding
    }
}

impl Bound {
    /// The key that is shown, if there is one.
    pub fn shown(&self) -> Option<&str> {
        self.in_force.first().map(|k| &*k.name)
    }
}

/// The table with the keys in force.
#[derive(Clone)]
pub struct Keymap(Vec<Bound>);

impl Default for Keymap {
    fn default() -> Self {
        let bound = TABLE.iter().map(|binding| Bound {
            binding,
            in_force: Cow::Borrowed(binding.keys),
        });
        Self(bound.collect())
    }
}

impl Keymap {
    /// The rows.
    pub fn rows(&self) -> &[Bound] {
        &self.0
    }

    /// The key that is shown for a command, if it has one.
    pub fn shown(&self, command: Command) -> Option<&str> {
        self.0.iter().find(|b| b.command == command).and_then(Bound::shown)
    }
}

impl std::fmt::Debug for Keymap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keymap")
    }
}

/// The command that `event` asks for now, if any: the focused pane's before the rest, and of the rest only what holds
/// while typing if `typing`.
pub fn resolve(app: &App, event: &KeyEvent, typing: bool) -> Option<Command> {
    let holds = |binding: &&Bound| match binding.context {
        Context::Anywhere => true,
        Context::Command => !typing,
        Context::Pane(pane) => !typing && app.focus() == pane,
    };
    // A letter is typed where text is, whatever else it has been bound to.
    let pressed = |binding: &&Bound| {
        let keys = binding.in_force.iter();
        keys.filter(|k| !(typing && k.is_letter())).any(|k| k.matches(event))
    };
    let rank = |binding: &&Bound| u8::from(!matches!(binding.context, Context::Pane(_)));
    app.keymap()
        .rows()
        .iter()
        .filter(holds)
        .filter(pressed)
        .filter(|b| (b.enabled)(app))
        .min_by_key(rank)
        .map(|b| b.command)
}

/// What `event` would ask for if it could be done now, and is not done.
pub fn refused<'a>(app: &'a App, event: &KeyEvent) -> Option<&'a Bound> {
    let rows = app.keymap().rows().iter();
    let meant = |b: &&Bound| match b.context {
        Context::Anywhere | Context::Command => true,
        Context::Pane(pane) => app.focus() == pane,
    };
    rows.filter(meant)
        .find(|b| b.in_force.iter().any(|k| k.matches(event)))
        .filter(|b| !matches!(b.command, Command::Cancel | Command::Choose))
}

impl Key {
    fn is_letter(&self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

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
