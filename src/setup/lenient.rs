//! A JSON reader that mends what models break: trailing commas, comments, single and smart quotes, unquoted keys.
//!
//! It keeps numbers as the text they were written in, keys in their order and keys given twice, so that whoever asks can
//! refuse what is ambiguous. It reads each character once and nests to a fixed depth.

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A quoted string.
    Text(String),
    /// Anything unquoted: a number, `true`, `null`, a bare word.
    Bare(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The text of a string or bare word.
    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) | Node::Bare(text) => Some(text),
            _ => None,
        }
    }
}

/// Why reading ended without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// The text ended inside the value.
    Cut,
    /// It is no JSON, mended or not; the byte at which that showed.
    At(usize),
}

/// An object or list never nests deeper in a setup.
const DEPTH: usize = 16;

/// Reads the object or list that begins at byte `at` of `text`; returns it and the byte behind it.
pub(super) fn read(text: &str, at: usize) -> Result<(Node, usize), Broken> {
    let mut reader = Reader { text, at, depth: 0 };
    let node = match reader.peek() {
        Some('{') => reader.object()?,
        Some('[') => reader.list()?,
        _ => return Err(Broken::At(at)),
    };
    Ok((node, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn broken<T>(&self) -> Result<T, Broken> {
        Err(if self.rest().is_empty() {
            Broken::Cut
        } else {
            Broken::At(self.at)
        })
    }

    /// Skips blanks and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let skipped = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += skipped;
        }
    }

    fn enter(&mut self) -> Result<(), Broken> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Broken::At(self.at));
        }
        self.take();
        Ok(())
    }

    fn object(&mut self) -> Result<Node, Broken> {
        self.enter()?;
        let mut members: Vec<(String, Node)> = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                Some('}') => {
                    self.take();
                    self.depth -= 1;
                    return Ok(Node::Object(members));
                }
                Some(',') => {
                    self.take();
                    continue;
                }
                None => return Err(Broken::Cut),
                _ => {}
            }
            let start = self.at;
            if self.rest().starts_with("```") {
                // The fence ends before the object does.
                return self.broken();
            }
            match self.key() {
                Ok(key) => {
                    let value = self.value()?;
                    members.push((key, value));
                }
                // `"stop": 2,345.50` — what follows the comma is no key but the rest of the number.
                Err(Broken::At(_)) if self.joins(start, &mut members) => {}
                Err(broken) => return Err(broken),
            }
        }
    }

    fn key(&mut self) -> Result<String, Broken> {
        let key = match self.peek() {
            Some(quote) if closing(quote).is_some() => crate::text::clean(&self.quoted()?),
            Some(c) if c.is_alphabetic() || c == '_' || c == '$' => {
                let rest = self.rest();
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || "_$- ".contains(c)))
                    .unwrap_or(rest.len());
                let key = rest[..end].trim_end().to_owned();
                self.at += end;
                key
            }
            _ => return self.broken(),
        };
        self.blanks();
        match self.peek() {
            Some(':' | '：') => {
                self.take();
                self.blanks();
                Ok(key)
            }
            _ => self.broken(),
        }
    }

    fn joins(&mut self, start: usize, members: &mut [(String, Node)]) -> bool {
        let Some((_, Node::Bare(bare))) = members.last_mut() else {
            return false;
        };
        let rest = &self.text[start..];
        let digits = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || ".,".contains(c))
                .len();
        let more = rest[..digits].trim_end_matches(',');
        if !more.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        bare.push(',');
        bare.push_str(more);
        self.at = start + more.len();
        true
    }

    fn list(&mut self) -> Result<Node, Broken> {
        self.enter()?;
        let mut items = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                Some(']') => {
                    self.take();
                    self.depth -= 1;
                    return Ok(Node::List(items));
                }
                Some(',') => {
                    self.take();
                }
                None => return Err(Broken::Cut),
                _ => items.push(self.value()?),
            }
        }
    }

    fn value(&mut self) -> Result<Node, Broken> {
        match self.peek() {
            None => Err(Broken::Cut),
            Some('{') => self.object(),
            Some('[') => self.list(),
            Some(quote) if closing(quote).is_some() => self.quoted().map(|text| Node::Text(crate::text::clean(&text))),
            Some(_) => self.bare(),
        }
    }

    fn bare(&mut self) -> Result<Node, Broken> {
        let rest = self.rest();
        let end = rest.find([',', '}', ']', '\n', '{', '[']).unwrap_or(rest.len());
        // A comment may follow on the line.
        let comment = |mark| rest[..end].find(mark);
        let end = comment("//").into_iter().chain(comment("/*")).min().unwrap_or(end);
        let word = rest[..end].trim();
        if word.is_empty() {
            return self.broken();
        }
        let node = Node::Bare(word.to_owned());
        self.at += end;
        if self.rest().is_empty() {
            return Err(Broken::Cut);
        }
        Ok(node)
    }

    /// A string; it ends at its quote, never beyond its line.
    fn quoted(&mut self) -> Result<String, Broken> {
        let Some((open, ends)) = self.take().and_then(|q| Some((q, closing(q)?))) else {
            return self.broken();
        };
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if c == '\n' {
                return Err(Broken::At(self.at));
            }
            self.take();
            if c == '\\' {
                self.escape(&mut text)?;
            } else if ends.contains(&c) && (open == '"' || self.ends_here()) {
                return Ok(text);
            } else {
                text.push(c);
            }
        }
        Err(Broken::Cut)
    }

    /// Whether what follows a quote mark can follow a string: an apostrophe inside one is none.
    fn ends_here(&self) -> bool {
        let rest = self.rest().trim_start_matches([' ', '\t', '\r']);
        rest.is_empty() || rest.starts_with([',', ':', '：', '}', ']', '\n']) || rest.starts_with("//")
    }

    /// Four hexadecimal digits: a UTF-16 code unit.
    fn unit(&mut self) -> Option<u16> {
        let unit = self.rest().get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok())?;
        self.at += 4;
        Some(unit)
    }

    /// The character of a code unit, with the second half of a surrogate pair where it follows.
    fn character(&mut self, first: u16) -> char {
        let before = self.at;
        let second = if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            self.unit()
        } else {
            None
        };
        let pair = [first, second.unwrap_or_default()];
        let units = if second.is_some() { &pair[..] } else { &pair[..1] };
        match char::decode_utf16(units.iter().copied()).next() {
            Some(Ok(c)) => c,
            _ => {
                // The half stands alone: what follows it is read by itself.
                self.at = before;
                char::REPLACEMENT_CHARACTER
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Broken> {
        let Some(c) = self.take() else {
            return Err(Broken::Cut);
        };
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'u' => {
                let Some(first) = self.unit() else { return self.broken() };
                text.push(self.character(first));
            }
            'b' | 'f' | 'r' => {}
            other => text.push(other),
        }
        Ok(())
    }
}

fn closing(quote: char) -> Option<&'static [char]> {
    Some(match quote {
        '"' => &['"'],
        '\'' => &['\''],
        '“' | '”' | '„' => &['”', '“', '"'],
        '‘' | '’' | '‚' => &['’', '‘', '\''],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Vec<(String, Node)> {
        match read(text, 0) {
            Ok((Node::Object(members), _)) => members,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn pairs(text: &str) -> Vec<(String, String)> {
        object(text)
            .into_iter()
            .map(|(k, v)| (k, v.text().unwrap_or("…").to_owned()))
            .collect()
    }

    #[test]
    fn mends_what_models_break() {
        let want = vec![
            ("side".to_owned(), "long".to_owned()),
            ("stop".to_owned(), "2".to_owned()),
        ];
        for text in [
            r#"{"side": "long", "stop": 2}"#,
            r#"{"side": "long", "stop": 2,}"#,
            "{'side': 'long', 'stop': 2}",
            "{side: 'long', stop: 2}",
            "{“side”: “long”, ”stop”: 2}",
            "{\n// why\n\"side\": \"long\", // that\n\"stop\": 2 /* and */ }",
        ] {
            assert_eq!(pairs(text), want, "{text}");
        }
    }

    #[test]
    fn a_surrogate_pair_is_one_character() {
        for (text, want) in [
            (r#"{"a": "\ud83d\ude00"}"#, "😀"),
            (r#"{"a": "\ud83dx"}"#, "\u{fffd}x"),
            (r#"{"a": "\ud83d\u0041"}"#, "\u{fffd}A"),
            (r#"{"a": "\ude00"}"#, "\u{fffd}"),
        ] {
            assert_eq!(pairs(text)[0].1, want, "{text}");
        }
    }

    #[test]
    fn an_apostrophe_ends_no_string() {
        assert_eq!(pairs("{'a': 'the day's low'}")[0].1, "the day's low");
    }

    #[test]
    fn a_group_mark_without_quotes_stays_with_its_number() {
        assert_eq!(pairs(r#"{"stop": 2,345.50, "side": "long"}"#)[0].1, "2,345.50");
    }

    #[test]
    fn a_cut_is_told_from_damage() {
        assert_eq!(read(r#"{"a": [1, 2"#, 0), Err(Broken::Cut));
        assert_eq!(read(r#"{"a": 1.2"#, 0), Err(Broken::Cut));
        assert_eq!(read(r#"{"a": "x"#, 0), Err(Broken::Cut));
        assert!(matches!(read("{ | }", 0), Err(Broken::At(2))));
        assert!(matches!(read(&"[".repeat(100), 0), Err(Broken::At(_))));
    }
}
