//! Reading an answer: its blocks, or its labelled lines where it has none.

use super::{Reading, Scale, Source, block, prose};
use crate::text::{clean, split_thoughts};
use std::borrow::Cow;

/// Reads what `answer` proposes. `scale` is that of the candles it was asked about; it settles whether `1,234` is a
/// thousand or a fraction. `whole` says whether the text ended of itself, as far as is known.
///
/// Thoughts and quoted lines are not the answer's. Of several setups the first is the primary one. A block that the end of the answer cuts off yields nothing, and prose is
/// not read in its place.
pub fn read(answer: &str, scale: Option<Scale>, whole: bool) -> Reading {
    let text = clean(answer);
    let (_, text) = split_thoughts(&text);
    let block::Blocks { setups, cut } = block::read(&without_quotes(&text), scale);
    let (setups, source) = if !setups.is_empty() || cut {
        (setups, Source::Block)
    } else {
        let setups = prose::read(&text, scale, whole);
        let source = if setups.is_empty() { Source::None } else { Source::Prose };
        (setups, source)
    };
    let mut setups = setups.into_iter();
    Reading {
        setup: setups.next(),
        source,
        alternatives: setups.collect(),
        cut,
    }
}

/// `text` without its quoted lines: they are someone else's words.
pub(super) fn without_quotes(text: &str) -> Cow<'_, str> {
    let is_quoted = |line: &str| line.trim_start().starts_with('>');
    if !text.lines().any(is_quoted) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.lines()
            .map(|line| if is_quoted(line) { "" } else { line })
            .collect::<Vec<_>>()
            .join("\n"),
    )
}
