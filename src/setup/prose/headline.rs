//! A side without a label: `GBPUSD SELL`, `Bias bullish`.

use super::heads::{After, Head, head_at, inner_heads};
use super::labels::{self, Label, plain, plain_all};
use super::lex::{Kind, Token};
use super::lines::{Event, field, fields, trimmed};
use super::sides;
use super::words::{self, Kind as Word, is};
use crate::setup::{Scale, Side, number};

/// `Bias bullish`, `Напрямок — шорт`: a side after its label, and nothing else.
pub(super) fn side_after_label(text: &str) -> Option<Vec<Event>> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let (first, rest) = text.split_once(' ')?;
    let value = rest.trim_start_matches(|c: char| c.is_whitespace() || "–—-→@=".contains(c));
    let label = labels::label(first).filter(|(label, _)| matches!(label, Label::Side { .. }))?;
    let only = plain(value).split(' ').count() <= 2;
    (only && sides::side(value).is_some()).then(|| vec![field(label, value)])
}

/// `GBPUSD SELL`, `BUY LIMIT @ 150.70 - 150.66`, `🚀 ЛОНГ BTCUSDT`: one side, a market, and no word of a sentence; labels may
/// follow in the line.
pub(super) fn headline(text: &str, tokens: &[Token], scale: Option<Scale>) -> Option<Vec<Event>> {
    let (mut long, mut short) = (false, false);
    let mut end = text.len();
    let mut entry = None;
    let mut words = 0;
    let mut fillers = 0;
    for (at, token) in tokens.iter().enumerate() {
        let said = long || short;
        if token.depth == 0
            && token.kind == Kind::Word
            && let Some((
                Head {
                    label: Some((label, _)),
                    ..
                },
                _,
            )) = head_at(text, tokens, at)
        {
            // `XAUUSD sell stop 2340` holds a label that says the side.
            if let Label::Entry { side: Some(of), .. } = label {
                (long, short) = (long || of == Side::Long, short || of == Side::Short);
            } else if !said {
                return None;
            }
            end = token.start;
            break;
        }
        let attached = text[token.end..].starts_with(|c: char| c.is_alphabetic());
        match token.kind {
            // `15M`, `1h`
            Kind::Number if attached => {}
            Kind::Number if said && entry.is_none() => entry = Some(token.start),
            Kind::Number if said => {}
            // `黄金 2345-2347 做多`
            Kind::Number => {
                let price = number::price(&text[token.start..token.end], scale);
                if !price.is_some_and(|p| scale.is_some_and(|s| s.holds(p))) {
                    return None;
                }
                entry = entry.or(Some(token.start));
            }
            Kind::Mark(c) if "?!".contains(c) && entry.is_none() && at + 1 < tokens.len() => return None,
            Kind::Mark(_) => {}
            Kind::Word if entry.is_some() && said => {
                let word = text[token.start..token.end].to_lowercase();
                if !is(Word::Headline, &word) && !is(Word::Currency, &word) && !is(Word::And, &word) && token.depth == 0
                {
                    return None;
                }
            }
            Kind::Word => {
                let word = &text[token.start..token.end];
                let glued_unit = text[..token.start].ends_with(|c: char| c.is_ascii_digit());
                if !(glued_unit || is_of_headline(word, said)) || words == LONGEST {
                    return None;
                }
                let listed = words::kinds(&word.to_lowercase());
                long |= listed.has(Word::Long);
                short |= listed.has(Word::Short);
                words += 1;
                fillers += usize::from(listed.has(Word::Filler) && !listed.has(Word::Headline));
            }
        }
    }
    // "En corto", "long at": words around a side that no price follows are a sentence's.
    let is_sentence =
        fillers > 0 && entry.is_none() && end == text.len() || plain_all(text).split(' ').any(|w| is(Word::NotSide, w));
    if long == short || is_sentence {
        return None;
    }
    let side = if long { Side::Long } else { Side::Short };
    let (order, _) = sides::order(&text[..entry.unwrap_or(end).min(end)]);
    let mut events = vec![Event::Headline {
        side,
        order,
        entry: entry
            .filter(|start| *start < end)
            .map(|start| trimmed(&text[start..end]).to_owned()),
    }];
    let from = tokens.iter().position(|t| t.start >= end).unwrap_or(tokens.len());
    events.extend(fields(text, &inner_heads(text, tokens, from, After::Headline), scale));
    Some(events)
}

/// The most words of a headline.
const LONGEST: usize = 8;

/// Whether a word may be part of a headline; `said` is whether the side has been named.
fn is_of_headline(word: &str, said: bool) -> bool {
    let lower = word.to_lowercase();
    let listed = words::kinds(&lower);
    let of_headline = [
        Word::Long,
        Word::Short,
        Word::Headline,
        Word::Filler,
        Word::Limit,
        Word::Market,
    ];
    let leverage = lower.len() > 1
        && lower
            .strip_prefix('x')
            .is_some_and(|x| x.bytes().all(|b| b.is_ascii_digit()));
    // "Stop selling gold" names no order.
    let stop = lower == "stop" && said;
    of_headline.iter().any(|kind| listed.has(*kind)) || leverage || stop || is_symbol(word)
}

/// Whether a word names a market: capitals, as in `XAUUSD`, or two currencies.
pub(super) fn is_symbol(word: &str) -> bool {
    let capitals = word.chars().count() >= 2 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let lower = word.to_lowercase();
    let pair =
        lower.len() == 6 && lower.is_ascii() && is(Word::Currency, &lower[..3]) && is(Word::Currency, &lower[3..]);
    capitals || pair
}
