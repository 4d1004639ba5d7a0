//! Thoughts that a model writes into its answer, told from the answer itself.

use std::borrow::Cow;

/// Tags around thoughts.
const TAGS: [&str; 5] = ["think", "thinking", "thought", "thoughts", "reasoning"];
/// No tag of thoughts, with its brackets, has more bytes.
const LONGEST_TAG: usize = 14;

/// A piece of what a model writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// A piece of the answer.
    Answer(String),
    /// A piece of its thoughts.
    Thought(String),
    /// All pieces so far were thoughts: a closing tag came, whose opening one the server's template had left out.
    WasThought,
}

/// Splits a text that arrives in pieces into answer and thoughts.
///
/// Thoughts are between `<think>` and `</think>` (also `thinking`, `thought`, `thoughts`, `reasoning`, in any case), before a
/// closing tag that comes first, and after an opening one that is never closed. A tag in code marks is only named.
#[derive(Debug, Default)]
pub struct ThoughtSplitter {
    /// What may be the beginning of a tag.
    held: String,
    thinks: bool,
    seen: bool,
    /// Whether the answer has begun; blanks before it belong to the thoughts.
    begun: bool,
    last: Option<char>,
}

impl ThoughtSplitter {
    /// Takes in `piece` and returns what is settled.
    pub fn push(&mut self, piece: &str) -> Vec<Voice> {
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        let mut said = Vec::new();
        let mut from = 0;
        for (at, _) in text.match_indices('<') {
            let before = text[..at].chars().next_back().or(self.last);
            if at < from || before == Some('`') {
                continue;
            }
            match tag(&text[at..]) {
                Tag::None => {}
                Tag::Begun => {
                    self.say(&text[from..at], &mut said);
                    self.held = text.split_off(at);
                    return said;
                }
                Tag::Whole { closes, length } => {
                    self.say(&text[from..at], &mut said);
                    if closes && !self.seen {
                        said.push(Voice::WasThought);
                        self.begun = false;
                    }
                    (self.thinks, self.seen) = (!closes, true);
                    from = at + length;
                }
            }
        }
        self.say(&text[from..], &mut said);
        said
    }

    /// Returns what was held back.
    pub fn finish(mut self) -> Vec<Voice> {
        let mut said = Vec::new();
        let held = std::mem::take(&mut self.held);
        self.say(&held, &mut said);
        said
    }

    fn say(&mut self, text: &str, said: &mut Vec<Voice>) {
        self.last = text.chars().next_back().or(self.last);
        let text = if self.thinks || self.begun || !self.seen {
            text
        } else {
            text.trim_start()
        };
        if text.is_empty() {
            return;
        }
        if self.thinks {
            said.push(Voice::Thought(text.to_owned()));
        } else {
            self.begun = true;
            said.push(Voice::Answer(text.to_owned()));
        }
    }
}

/// The thoughts in a whole text, and the answer without them.
pub fn split_thoughts(text: &str) -> (String, Cow<'_, str>) {
    let may_hold = text
        .match_indices('<')
        .any(|(at, _)| !matches!(tag(&text[at..]), Tag::None));
    if !may_hold {
        return (String::new(), Cow::Borrowed(text));
    }
    let mut splitter = ThoughtSplitter::default();
    let mut said = splitter.push(text);
    said.extend(splitter.finish());
    let (mut thoughts, mut answer) = (String::new(), String::new());
    for voice in said {
        match voice {
            Voice::Answer(text) => answer.push_str(&text),
            Voice::Thought(text) => thoughts.push_str(&text),
            Voice::WasThought => thoughts.push_str(&std::mem::take(&mut answer)),
        }
    }
    (thoughts.trim().to_owned(), Cow::Owned(answer))
}

/// What a `<` begins.
enum Tag {
    None,
    /// The beginning of a tag, as far as the text goes.
    Begun,
    Whole {
        closes: bool,
        length: usize,
    },
}

fn tag(text: &str) -> Tag {
    let inside = text.strip_prefix('<').unwrap_or(text);
    let (closes, name) = inside.strip_prefix('/').map_or((false, inside), |name| (true, name));
    let end = name.bytes().take(LONGEST_TAG).position(|b| b == b'>');
    match end {
        Some(end) => {
            let known = TAGS.iter().any(|tag| name[..end].eq_ignore_ascii_case(tag));
            let length = text.len() - name.len() + end + 1;
            if known {
                Tag::Whole { closes, length }
            } else {
                Tag::None
            }
        }
        None => {
            let begins = |tag: &&str| tag.len() >= name.len() && tag[..name.len()].eq_ignore_ascii_case(name);
            if name.is_ascii() && TAGS.iter().any(begins) {
                Tag::Begun
            } else {
                Tag::None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_told_from_the_answer() {
        for (text, thoughts, answer) in [
            ("plain", "", "plain"),
            ("<think>a</think>\n\nb", "a", "b"),
            ("a\n</think>\nb", "a", "b"),
            ("<Thinking>a</THINKING>b", "a", "b"),
            ("<think>a</think>b<think>c</think>d", "ac", "bd"),
            ("<think>never closed", "never closed", ""),
            ("b</think>c</think>d", "b", "cd"),
            ("the `<think>` tag", "", "the `<think>` tag"),
            ("1 < 2 and <b>bold</b>", "", "1 < 2 and <b>bold</b>"),
            ("<reasoning>{</reasoning>{}", "{", "{}"),
        ] {
            let (found, rest) = split_thoughts(text);
            assert_eq!((found.as_str(), &*rest), (thoughts, answer), "{text}");
        }
    }

    proptest::proptest! {
        /// However a text is cut into pieces, it is split alike.
        #[test]
        fn pieces_do_not_matter(text in "(<think>|</think>|<|`|ü|a| |\n|thinking>){0,12}", cuts in proptest::collection::vec(0usize..60, 0..5)) {
            let mut splitter = ThoughtSplitter::default();
            let mut said = Vec::new();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|at| text.is_char_boundary(*at)).collect();
            cuts.sort_unstable();
            let mut from = 0;
            for at in cuts.into_iter().chain([text.len()]) {
                said.extend(splitter.push(&text[from..at]));
                from = at;
            }
            said.extend(splitter.finish());
            let (mut thoughts, mut answer) = (String::new(), String::new());
            for voice in said {
                match voice {
                    Voice::Answer(text) => answer.push_str(&text),
                    Voice::Thought(text) => thoughts.push_str(&text),
                    Voice::WasThought => thoughts.push_str(&std::mem::take(&mut answer)),
                }
            }
            let (all, rest) = split_thoughts(&text);
            proptest::prop_assert_eq!((thoughts.trim(), answer.as_str()), (all.as_str(), &*rest));
        }
    }
}
