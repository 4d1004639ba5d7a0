//! Text from outside made harmless, and the small wordings that several rooms share.

mod thoughts;

pub use thoughts::{ThoughtSplitter, Voice, split_thoughts};

/// `text` without what could move a cursor, change a colour, hide or reorder characters: escape sequences, control
/// characters (line ends and tabs stay), bidirectional overrides and zero-width characters other than the joiners
/// that scripts and emoji need.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars();
    loop {
        // Nearly all of a text is plain: that is taken in runs.
        let rest = chars.as_str();
        let run = rest.bytes().position(|b| !is_plain(b)).unwrap_or(rest.len());
        clean.push_str(&rest[..run]);
        chars = rest[run..].chars();
        match chars.next() {
            None => return clean,
            Some('\u{1b}') => skip_escape(&mut chars),
            Some('\u{9b}') => skip_csi(&mut chars),
            Some('\r') => {
                // CRLF is a line end; a lone CR is one too, not a return to the line's start.
                if peek(&chars) != Some('\n') {
                    clean.push('\n');
                }
            }
            Some(c) if is_harmful(c) => {}
            Some(c) => clean.push(c),
        }
    }
}

/// Whether a byte stands for itself and does no harm.
fn is_plain(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) || byte == b'\n' || byte == b'\t'
}

/// [`clean`] for text that arrives in pieces: what could be the beginning of an escape sequence is held back until its end
/// has come.
#[derive(Debug, Default)]
pub struct StreamCleaner {
    held: String,
}

/// No honest sequence is longer; a longer one is let go as it would be at the end.
const LONGEST_SEQUENCE: usize = 4_096;

impl StreamCleaner {
    /// Takes in `piece` and gives out what is settled.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let open = self.held.rfind(['\u{1b}', '\u{9b}']).filter(|at| {
            let tail = &self.held[*at..];
            // A sequence that has ended leaves a following letter alone.
            tail.len() < LONGEST_SEQUENCE && clean(&format!("{tail}x")).is_empty() && !tail.contains('\n')
        });
        let settled = open.unwrap_or(self.held.len());
        let settled = if self.held[..settled].ends_with('\r') {
            settled - 1
        } else {
            settled
        };
        let rest = self.held.split_off(settled);
        clean(&std::mem::replace(&mut self.held, rest))
    }

    /// Gives out what was held back.
    pub fn finish(self) -> String {
        clean(&self.held)
    }
}

/// [`clean`], on one line.
pub fn clean_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
            | '\u{061c}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{2028}' | '\u{2029}')
}

type Chars<'a> = std::str::Chars<'a>;

fn peek(chars: &Chars<'_>) -> Option<char> {
    chars.clone().next()
}

fn skip_escape(chars: &mut Chars<'_>) {
    match peek(chars) {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        // OSC, DCS, SOS, PM, APC: to BEL or ST. An unended one reaches to its line's end, so that it hides no more.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = peek(chars) {
                if c == '\n' {
                    return;
                }
                chars.next();
                if c == '\u{7}' || c == '\u{9c}' {
                    return;
                }
                if c == '\u{1b}' {
                    if peek(chars) == Some('\\') {
                        chars.next();
                    }
                    return;
                }
            }
        }
        Some('\n') | None => {}
        Some(c) => {
            let intermediate = (' '..='/').contains(&c);
            chars.next();
            if intermediate && peek(chars).is_some_and(|c| c != '\n') {
                chars.next();
            }
        }
    }
}

fn skip_csi(chars: &mut Chars<'_>) {
    while let Some(c) = peek(chars) {
        match c {
            ' '..='?' => {
                chars.next();
            }
            '@'..='~' => {
                chars.next();
                return;
            }
            _ => return,
        }
    }
}

/// A system error in few words, without the "(os error 2)".
pub fn io_reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

/// `1 candle`, `2 candles`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The name in `known` nearest to `unknown`, if one is near enough to be a slip.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 3)
        .map(|(_, name)| name)
}

/// Bytes as people read them: `312 B`, `4.2 KiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Money as people read it, small sums to a hundredth of a cent: `$0.0037`, `$12.50`.
pub fn money(usd: f64) -> String {
    if usd > 0.0 && usd < 1.0 {
        format!("${usd:.4}")
    } else {
        format!("${usd:.2}")
    }
}

/// A length of time as people say it: `3.1 ms`, `8.4 s`, `2 h`.
pub fn duration(millis: f64) -> String {
    let seconds = millis / 1000.0;
    match seconds {
        s if s < 0.1 => format!("{millis:.1} ms"),
        s if s < 1.0 => format!("{millis:.0} ms"),
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} d", s / 86_400.0),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_overrides_are_gone() {
        let hostile = "a\u{1b}[31mred\u{1b}[0m \u{1b}]52;c;aGk=\u{7}b\u{202e}c\u{200b}d\u{0}\r\ne\u{9b}2Jf";
        assert_eq!(clean(hostile), "ared bcd\nef");
    }

    #[test]
    fn an_unended_sequence_hides_one_line_at_most() {
        assert_eq!(clean("x\u{1b}]0;title\nnext"), "x\nnext");
        assert_eq!(clean("x\u{1b}"), "x");
    }

    #[test]
    fn pieces_are_cleaned_like_the_whole() {
        let hostile = "a\u{1b}[31mred\u{1b}[0m \u{1b}]52;c;aGk=\u{7}b\r\nc\u{1b}(Bd\u{1b}]0;t\nnext\u{1b}";
        for size in 1..hostile.len() {
            let mut cleaner = StreamCleaner::default();
            let chars: Vec<char> = hostile.chars().collect();
            let mut got = String::new();
            for piece in chars.chunks(size) {
                got.push_str(&cleaner.push(&piece.iter().collect::<String>()));
            }
            got.push_str(&cleaner.finish());
            assert_eq!(got, clean(hostile), "pieces of {size}");
        }
    }

    #[test]
    fn joined_emoji_and_scripts_stay() {
        assert_eq!(clean("👩\u{200d}🚀 日本"), "👩\u{200d}🚀 日本");
    }

    #[test]
    fn nearest_is_near() {
        assert_eq!(nearest("confluense", ["smc", "confluence"]), Some("confluence"));
        assert_eq!(nearest("zzz", ["smc", "confluence"]), None);
    }

    #[test]
    fn wordings() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(4300), "4.2 KiB");
        assert_eq!(duration(3.1), "3.1 ms");
        assert_eq!(duration(8400.0), "8.4 s");
        assert_eq!(duration(7_200_000.0), "2 h");
    }
}
