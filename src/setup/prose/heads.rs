//! Labels at their places in a line, and where the value of each begins.

use super::headline::is_symbol;
use super::labels::{self, Label, field_label, plain};
use super::lex::{Kind, Token};
use super::words::{self, Kind as Word, is};

/// A label at its place in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub start: usize,
    /// Where its value begins.
    pub value: usize,
    /// What it names; nothing of a plan where it is `None`, which ends the value before it.
    pub label: Option<(Label, Option<u8>)>,
}

/// The labels of a line that begins with one, or whose further ones have colons of their own.
pub(super) fn heads(text: &str, tokens: &[Token], is_item: bool) -> Vec<Head> {
    let Some(first) = tokens
        .iter()
        .position(|t| t.kind == Kind::Word || t.kind == Kind::Number)
    else {
        return Vec::new();
    };
    let colon = label_colon(text, tokens, first);
    if let Some(colon) = colon {
        let name = &text[tokens[first].start..tokens[colon].start];
        let value = tokens[colon].end;
        if let Some(label) = labels::label(name) {
            let mut heads = vec![Head {
                start: tokens[first].start,
                value,
                label: Some(label),
            }];
            heads.extend(inner_heads(text, tokens, colon + 1, After::Label));
            return heads;
        }
    }
    let Some((head, explicit)) = head_at(text, tokens, first) else {
        // Something else begins the line: only what follows a comma or bar, with a colon, is a field.
        return match colon {
            Some(colon) => inner_heads(text, tokens, colon + 1, After::Other),
            None => Vec::new(),
        };
    };
    let mut heads = vec![head];
    let next = tokens
        .iter()
        .position(|t| t.start >= head.value)
        .unwrap_or(tokens.len());
    heads.extend(inner_heads(text, tokens, next, After::Label));
    if explicit || is_terse(text, &heads, is_item) {
        heads
    } else {
        Vec::new()
    }
}

/// Whether a line of labels without colons has few words beside them; otherwise it is a sentence.
fn is_terse(text: &str, heads: &[Head], is_item: bool) -> bool {
    let ends = heads.iter().skip(1).map(|h| h.start).chain([text.len()]);
    let words: usize = heads
        .iter()
        .zip(ends)
        .map(|(head, end)| {
            let plain = plain(text.get(head.value..end).unwrap_or_default());
            plain.split(' ').filter(|w| w.contains(char::is_alphabetic)).count()
        })
        .sum();
    words <= if is_item { 10 } else { 4 } + 2 * (heads.len() - 1)
}

/// The token of the colon that ends the name at the beginning of a line.
fn label_colon(text: &str, tokens: &[Token], first: usize) -> Option<usize> {
    (first..tokens.len()).find(|at| is_label_colon(text, tokens, *at))
}

/// Whether a token is a colon, or an equals sign, that ends a label: outside brackets, not that of `risk:reward`.
fn is_label_colon(text: &str, tokens: &[Token], at: usize) -> bool {
    let named = at
        .checked_sub(1)
        .is_some_and(|before| tokens[before].kind == Kind::Word);
    let ends = tokens[at].is_mark(":") || tokens[at].is_mark("=") && named && !text[tokens[at].end..].starts_with('>');
    ends && tokens[at].depth == 0 && !is_ratio_colon(text, tokens, at)
}

/// The colon of `R:R` and `Riesgo:beneficio`.
fn is_ratio_colon(text: &str, tokens: &[Token], at: usize) -> bool {
    let word = |at: Option<usize>| {
        let token = at.and_then(|at| tokens.get(at)).filter(|t| t.kind == Kind::Word)?;
        Some(text[token.start..token.end].to_lowercase())
    };
    let (Some(before), Some(after)) = (word(at.checked_sub(1)), word(Some(at + 1))) else {
        return false;
    };
    let is_one = |word: &str| word == "r" || is(Word::Risk, word) || is(Word::Reward, word);
    is_one(&before) && is_one(&after)
}

/// What is before further labels in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// A label, whose value comes first.
    Label,
    Headline,
    /// The name of something else.
    Other,
}

/// The labels from token `from` on. After the name of something else they need a colon, and a comma or bar before them.
pub(super) fn inner_heads(text: &str, tokens: &[Token], from: usize, after: After) -> Vec<Head> {
    let mut heads: Vec<Head> = Vec::new();
    let mut at = from;
    // The tokens of the open value that are words since its last number or mark.
    let mut clause = from;
    while at < tokens.len() {
        let token = tokens[at];
        if token.depth > 0 || token.kind != Kind::Word {
            let is_colon =
                token.is_mark(":") && is_label_colon(text, tokens, at) && clause < at && is_name(tokens, clause, at);
            if is_colon {
                // `Bid: 81.162`: the name of something else ends the value before it.
                let start = if clause == from && heads.is_empty() {
                    at - 1
                } else {
                    clause
                };
                heads.push(Head {
                    start: tokens[start].start,
                    value: token.end,
                    label: None,
                });
            }
            at += 1;
            clause = at;
            continue;
        }
        let before = at.checked_sub(1).filter(|b| *b >= from).map(|b| tokens[b]);
        let found = head_at(text, tokens, at).filter(|(_, explicit)| {
            let parted = match before {
                // `Stop: entry - 7`: what a level is measured from is no label.
                None => after == After::Headline || after == After::Label && *explicit,
                Some(b) if b.kind == Kind::Word => *explicit && is_end_of_value(text, tokens, clause, at),
                Some(b) => after != After::Other || !heads.is_empty() || b.is_mark(",;|·•)]") || is_dash(text, b),
            };
            parted && (after != After::Other || *explicit)
        });
        match found {
            Some((head, _)) => {
                heads.push(head);
                at = tokens
                    .iter()
                    .position(|t| t.start >= head.value)
                    .unwrap_or(tokens.len());
                clause = at;
            }
            None => at += 1,
        }
    }
    heads
}

/// A dash with blanks around it.
fn is_dash(text: &str, token: Token) -> bool {
    token.is_mark("-–—") && text[..token.start].ends_with(' ') && text[token.end..].starts_with(' ')
}

/// Whether tokens are words only.
fn is_name(tokens: &[Token], from: usize, to: usize) -> bool {
    tokens[from..to].iter().all(|t| t.kind == Kind::Word)
}

/// Whether the words before a label can end the value before it (`buy at market SL: …`); those of `distance to SL: …` cannot.
fn is_end_of_value(text: &str, tokens: &[Token], clause: usize, at: usize) -> bool {
    let words = tokens[clause..at].iter().map(|t| &text[t.start..t.end]);
    words.into_iter().all(|word| {
        let lower = word.to_lowercase();
        let listed = words::kinds(&lower);
        let of_value = [
            Word::Long,
            Word::Short,
            Word::Limit,
            Word::Market,
            Word::StopOrder,
            Word::Currency,
            Word::Distance,
            Word::SmallDistance,
            Word::Candle,
            Word::Headline,
        ];
        of_value.iter().any(|kind| listed.has(*kind)) || is_symbol(word)
    })
}

/// The label that begins at token `at`, the longest that has a colon or a number after it, and whether it has the colon.
pub(super) fn head_at(text: &str, tokens: &[Token], at: usize) -> Option<(Head, bool)> {
    let start = tokens[at].start;
    let mut best = None;
    let mut words = 0;
    let mut next = at;
    while next < tokens.len() && words < 6 {
        let token = tokens[next];
        let is_part = match token.kind {
            Kind::Word => true,
            // `TP 1`
            Kind::Number => words > 0 && token.end - token.start == 1,
            Kind::Mark(_) => is_inner_mark(text, tokens, next),
        };
        if !is_part {
            break;
        }
        next += 1;
        if matches!(token.kind, Kind::Mark(_)) {
            continue;
        }
        words += 1;
        if let Some(label) = field_label(&text[start..token.end])
            && let Some((value, explicit)) = value_start(text, tokens, next)
            && (explicit || !is_numbered(text, tokens, start, next))
        {
            let head = Head {
                start,
                value,
                label: Some(label),
            };
            best = Some((head, explicit));
        }
    }
    // A digit alone is a number, not "the fifth target".
    best.filter(|_| tokens[at].kind == Kind::Word)
}

/// Whether the number after a label is part of it: the 1 of `TP 1`.
fn is_numbered(text: &str, tokens: &[Token], start: usize, next: usize) -> bool {
    let digit = tokens
        .get(next)
        .filter(|t| t.kind == Kind::Number && t.end - t.start == 1);
    digit.is_some_and(|t| field_label(&text[start..t.end]).is_some())
}

/// A mark inside a label: `Stop-Loss`, `T.P`, `Reward / Risk`, `R:R`.
fn is_inner_mark(text: &str, tokens: &[Token], at: usize) -> bool {
    let token = tokens[at];
    let attached = |marks: &str| {
        let before = text[..token.start].ends_with(char::is_alphanumeric);
        token.is_mark(marks) && before && text[token.end..].starts_with(char::is_alphanumeric)
    };
    attached("-.'’&/_") || token.is_mark("/&") || token.is_mark(":") && is_ratio_colon(text, tokens, at)
}

/// Where the value of a label begins that ends before token `at`, and whether a colon says so; otherwise a number has to.
fn value_start(text: &str, tokens: &[Token], at: usize) -> Option<(usize, bool)> {
    let mut at = at;
    let mut explicit = false;
    let mut filler = 0;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            _ if token.depth > 0 || token.is_mark(")]") => {
                // A bracket explains the label; `[64200, 64500]` after a colon is the value.
                if explicit {
                    break;
                }
            }
            Kind::Mark(_) if is_label_colon(text, tokens, at) => {
                if explicit {
                    break;
                }
                explicit = true;
            }
            // Arithmetic: `entry - 7`, `entry + 15`.
            Kind::Mark('+') => break,
            Kind::Mark(c) if "$€£¥₿₽₺₹₩".contains(c) => break,
            Kind::Mark(c) if ",;|/.%&!?\"".contains(c) => break,
            Kind::Mark(_) => {
                if explicit {
                    break;
                }
            }
            Kind::Number => {
                let glued = text[..token.start].ends_with(|c: char| c.is_alphanumeric() && !labels::is_unspaced(c));
                return (explicit || !glued).then_some((token.start, explicit));
            }
            Kind::Word => {
                let word = text[token.start..token.end].to_lowercase();
                let is_filler = is(Word::Filler, &word) || is(Word::Currency, &word) || word == "us";
                if explicit || !is_filler || filler == 2 {
                    break;
                }
                filler += 1;
            }
        }
        at += 1;
    }
    if explicit {
        return Some((tokens.get(at).map_or(text.len(), |t| t.start), true));
    }
    // `US$64,200`
    let currency = tokens.get(at).filter(|t| t.is_mark("$€£¥₿₽₺₹₩"))?;
    let number = tokens.get(at + 1).filter(|t| t.kind == Kind::Number)?;
    Some((number.start.min(currency.end), false))
}
