//! A line without its marks: list item, heading, quote, emphasis, table cells.

use super::labels::field_label;

/// A line without its marks.
pub(super) struct Line {
    pub text: String,
    pub is_item: bool,
    /// 1 to 6 for `#` to `######`, 7 for a line in bold, 0 for others.
    pub heading: usize,
    /// The text in bold at the beginning, where there is some.
    pub bold: Option<String>,
    pub indent: usize,
    /// `> …`: someone else's words, unless a heading of this answer's names them a setup.
    pub is_quoted: bool,
    /// The cells, if it is a row of a table.
    pub cells: Option<Vec<String>>,
}

impl Line {
    pub fn of(raw: &str) -> Self {
        let mut rest = raw.trim_end();
        let mut indent = 0;
        let mut is_item = false;
        let mut heading = 0;
        let mut is_quoted = false;
        loop {
            let trimmed = rest.trim_start();
            indent += rest.len() - trimmed.len();
            rest = trimmed;
            let hashes = rest.len() - rest.trim_start_matches('#').len();
            if hashes > 0 && rest[hashes..].starts_with(' ') && heading == 0 {
                heading = hashes;
                rest = &rest[hashes..];
            } else if let Some(quoted) = rest.strip_prefix('>') {
                is_quoted = true;
                rest = quoted;
            } else if let Some(behind) = item(rest) {
                is_item = true;
                rest = behind;
            } else {
                break;
            }
        }
        let rest = without_strikes(rest);
        let rest = as_labelled(&rest).unwrap_or(rest);
        let cells = cells(&rest);
        let bold = leading_bold(&rest);
        let text = without_emphasis(&rest);
        let named = text.trim_end_matches([':', '.']);
        let decimal = named.contains('.') && named.contains(|c: char| c.is_ascii_digit());
        if heading == 0 && !decimal && bold.as_deref().is_some_and(|b| b.trim_end_matches([':', '.']) == named) {
            heading = 7;
        }
        Self {
            text,
            is_item,
            heading,
            bold,
            indent,
            is_quoted,
            cells,
        }
    }
}

/// The line after its list marker.
fn item(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    let rest = &text[first.len_utf8()..];
    if ('①'..='⑨').contains(&first) {
        return Some(rest);
    }
    if "-*+•·◦▪▫‣–—►▶→✓✔✅☑●○■□➤➜".contains(first) {
        // `**bold**` and `---` are no items.
        return rest.starts_with([' ', '\t']).then_some(rest);
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &text[digits..];
    if (1..=2).contains(&digits) && rest.starts_with(['.', ')']) {
        // `5.Risk-to-reward` has lost its blank; `5.120` is a number.
        return (!rest[1..].starts_with(|c: char| c.is_ascii_digit())).then_some(&rest[1..]);
    }
    // `a) `, `(1) `.
    let bracket = text.strip_prefix('(').unwrap_or(text);
    let (mark, rest) = bracket.split_once(')')?;
    (mark.chars().count() == 1 && mark.chars().all(char::is_alphanumeric) && rest.starts_with(' ')).then_some(rest)
}

/// `Entry | 2345`, `Entry⇥2345`: a bar or tab in the place of a colon.
fn as_labelled(text: &str) -> Option<String> {
    let (name, value) = ['|', '\t'].iter().find_map(|mark| text.split_once(*mark))?;
    let labelled = !value.contains(['|', '\t']) && !name.contains(':') && field_label(name).is_some();
    labelled.then(|| format!("{name}: {value}"))
}

fn without_strikes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("~~") {
        let Some((_, after)) = behind.split_once("~~") else {
            break;
        };
        out.push_str(before);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn leading_bold(text: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '*' && c != '_');
    let mark = ["**", "__"].into_iter().find(|m| text.starts_with(m))?;
    let (bold, _) = text[2..].split_once(mark)?;
    Some(without_emphasis(bold))
}

/// Takes emphasis, code marks and tags off; a line break within a cell is a comma.
fn without_emphasis(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tag = rest[at + 1..].find('>').filter(|len| *len <= 20);
        let name = tag.map(|len| rest[at + 1..at + 1 + len].trim_matches('/').trim().to_lowercase());
        match (name.as_deref(), tag) {
            (Some("br"), Some(len)) => {
                out.push_str(", ");
                rest = &rest[at + len + 2..];
            }
            (Some(name), Some(len)) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                rest = &rest[at + len + 2..]
            }
            _ => {
                out.push('<');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    let out = out.replace("__", "").replace(['*', '`'], "").replace("\\|", "/");
    out.trim().to_owned()
}

/// The cells of a table's row.
fn cells(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if !text.starts_with('|') || text.len() < 3 {
        return None;
    }
    let inner = text.strip_prefix('|').unwrap_or(text);
    let inner = inner.strip_suffix('|').unwrap_or(inner).replace("\\|", "/");
    Some(inner.split('|').map(|cell| without_emphasis(cell.trim())).collect())
}
