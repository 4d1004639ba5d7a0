//! The answer on show: its text as it streams, wrapped once for the pane's width, and what was read from it.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::cache::Key;
use crate::desk::{Answer, Judged, Prepared, Step};
use crate::model::{Usage, price};
use crate::tui::markdown;
use crate::tui::theme::Theme;

/// Lines wrapped for a width, and how far they are scrolled.
#[derive(Debug, Default)]
pub struct Text {
    source: String,
    lines: Vec<Line<'static>>,
    width: u16,
    top: usize,
    /// Whether the end is kept in sight as text comes.
    follow: bool,
    /// Bytes of the text that have come to stay, and the lines they make: what streams is wrapped from there on.
    settled: (usize, usize),
}

impl Text {
    /// The width it is wrapped for.
    pub(super) fn width(&self) -> u16 {
        self.width
    }

    /// The wrapped lines.
    pub fn lines(&self) -> &[Line<'static>] {
        &self.lines
    }

    /// The first line in sight of `height`.
    fn top(&self, height: u16) -> usize {
        let last = self.lines.len().saturating_sub(usize::from(height));
        if self.follow { last } else { self.top.min(last) }
    }

    /// The lines in sight of `height`, with what they hold of `words` marked.
    pub fn marked(&self, height: u16, words: &str, mark: Style) -> Vec<Line<'static>> {
        let words = words.to_lowercase();
        let mut lines = self.visible(height);
        if !words.is_empty() {
            for line in &mut lines {
                line.spans = std::mem::take(&mut line.spans)
                    .into_iter()
                    .flat_map(|span| marked(span, &words, mark))
                    .collect();
            }
        }
        lines
    }

    /// The lines in sight of `height`.
    pub fn visible(&self, height: u16) -> Vec<Line<'static>> {
        let lines = self.lines.iter().skip(self.top(height));
        lines.take(usize::from(height)).cloned().collect()
    }

    /// The first line in sight of `height`.
    pub(super) fn first(&self, height: u16) -> usize {
        self.top(height)
    }

    /// The lines that hold `words`, in any letter case; none of none.
    pub(super) fn holding(&self, words: &str) -> Vec<usize> {
        let words = words.to_lowercase();
        if words.is_empty() {
            return Vec::new();
        }
        let holds = |line: &Line<'_>| {
            let text: String = line.spans.iter().map(|s| s.content.as_ref()).collect();
            text.to_lowercase().contains(&words)
        };
        let lines = self.lines.iter().enumerate();
        lines.filter(|(_, line)| holds(line)).map(|(at, _)| at).collect()
    }

    /// Has `line` in sight of `height`, a third down where it was not.
    pub(super) fn show(&mut self, line: usize, height: u16) {
        let (top, rows) = (self.top(height), usize::from(height));
        if !(top..top + rows.max(1)).contains(&line) {
            self.top = line.saturating_sub(rows / 3).min(self.lines.len().saturating_sub(rows));
        } else {
            self.top = top;
        }
        self.follow = false;
    }

    pub(super) fn set(&mut self, source: String, lines: Vec<Line<'static>>, width: u16) {
        self.source = source;
        self.lines = lines;
        self.width = width;
    }

    /// Shows `text`, of which more may come while it `streams`: paragraphs that are whole are wrapped once.
    pub(super) fn stream(&mut self, text: &str, width: u16, streams: bool, theme: &Theme) {
        let goes_on = self.width == width && text.starts_with(self.source.as_str());
        if !streams || !goes_on {
            self.settled = (0, 0);
        }
        let (mut from, mut kept) = self.settled;
        self.lines.truncate(kept);
        if streams {
            let end = from + whole_paragraphs(&text[from..]);
            if end > from {
                self.lines.extend(markdown::lines(&text[from..end], width, theme));
                self.lines.push(Line::default());
                (from, kept) = (end, self.lines.len());
                self.settled = (from, kept);
            }
        }
        self.lines.extend(markdown::lines(&text[from..], width, theme));
        self.source.clear();
        self.source.push_str(text);
        self.width = width;
    }

    /// The first line in sight, as it was last scrolled.
    pub(super) fn kept_top(&self) -> usize {
        self.top
    }

    /// Shows the text from this line on.
    pub(super) fn scroll_to(&mut self, line: usize) {
        self.top = line;
        self.follow = false;
    }

    pub(super) fn begin(&mut self) {
        self.top = 0;
        self.follow = false;
    }

    pub(super) fn scroll(&mut self, by: isize, height: u16) {
        let last = self.lines.len().saturating_sub(usize::from(height));
        self.top = self.top(height).saturating_add_signed(by).min(last);
        self.follow = by > 0 && self.top == last;
    }
}

/// What is said of an answer that stays because none came in its place.
const ANEW: &str = "asked anew, and no answer came";

/// How an answer stands.
#[derive(Debug, Default)]
pub enum State {
    /// Nothing was asked yet.
    #[default]
    Idle,
    /// The model has been asked.
    Waiting {
        /// The ask's id.
        id: u64,
        /// Whether it thinks aloud.
        thinking: bool,
    },
    /// Text is coming.
    Streaming {
        /// The ask's id.
        id: u64,
    },
    /// It ended, whole or partial.
    Done(Box<Answer>),
    /// There is no answer, and why.
    Failed(String),
}

/// The answer on show.
#[derive(Debug, Default)]
pub struct Response {
    /// The ask it answers.
    pub(super) asked: u64,
    pub(super) state: State,
    pub(super) text: String,
    /// What the model thought to itself; never part of the answer, nor kept.
    pub(super) thoughts: String,
    pub(super) wrapped: Text,
    pub(super) judged: Option<Judged>,
    /// The alternative on show instead of the setup, from 1 on, with its own checks.
    pub(super) alternative: Option<(usize, Judged)>,
    /// The candles it was asked about: checks are made on these.
    pub(super) market: Option<crate::desk::Market>,
    /// Why it is not kept, if it is not.
    pub(super) not_stored: Option<String>,
    /// When it was asked.
    pub(super) begun: Option<jiff::Timestamp>,
    /// What happened on the way: parameters left away, other models.
    pub(super) notes: Vec<String>,
    /// What keeps it from coming just now.
    pub(super) waits_because: Option<String>,
    /// The check looked at.
    pub(super) check: Option<usize>,
    /// Whether blocks are folded into a line each, and how they were when it was wrapped last.
    pub(super) folded: bool,
    wrapped_folded: bool,
    /// Bytes of the text when it was wrapped last: it only grows, and begins anew with a new ask.
    wrapped_text: usize,
    /// What has changed since the analysis before, in lines, and the number of its record and this one's.
    pub(super) since: Option<Since>,
    /// What was asked.
    pub(super) prepared: Option<Box<Prepared>>,
    /// The numbers of the samples that can be shown instead.
    pub(super) samples: Vec<u32>,
    /// The whole answer to the same question that stood here, until this one is whole too.
    before: Option<Box<Response>>,
}

impl Response {
    /// What happened on the way: parameters left away, other models.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What keeps it from coming just now, if anything does.
    pub fn waits_because(&self) -> Option<&str> {
        self.waits_because.as_deref()
    }

    /// How long it takes so far, about how many tokens have come, and how many a second.
    pub fn pace(&self, now: jiff::Timestamp) -> String {
        let Some(begun) = self.begun else { return String::new() };
        let seconds = now.duration_since(begun).as_secs_f64().max(0.0);
        let tokens = price::estimate_tokens(self.text.len());
        if tokens == 0 {
            return format!("{seconds:.0} s");
        }
        let asked = self.prepared.as_ref().map(|p| &p.request);
        let cost = asked.and_then(|request| {
            let usage = Usage {
                input: price::estimate_tokens(request.text_len()),
                output: tokens + price::estimate_tokens(self.thoughts.len()),
                ..Usage::default()
            };
            price::cost(&request.model, usage).filter(|usd| *usd > 0.0)
        });
        let cost = cost.map_or_else(String::new, |usd| format!(" · ${usd:.4} so far"));
        format!(
            "{seconds:.0} s · {tokens} tokens · {:.0}/s{cost}",
            tokens as f64 / seconds.max(0.1)
        )
    }

    /// One that is asked for now.
    pub(super) fn asked(id: u64, prepared: Box<Prepared>, now: jiff::Timestamp) -> Self {
        let mut response = Self {
            asked: id,
            begun: Some(now),
            state: State::Waiting { id, thinking: false },
            market: prepared.market.clone(),
            prepared: Some(prepared),
            folded: true,
            ..Self::default()
        };
        response.wrapped.begin();
        response
    }

    /// Takes the place of the answer that stood here: a whole one to the same question stays at hand until this one is whole.
    pub(super) fn in_place_of(&mut self, other: Response) {
        let asks = self.prepared.as_ref().map(|p| p.key);
        self.before = match &other.state {
            State::Done(answer) if !answer.finish.is_complete() => other.before,
            State::Done(answer) if Some(answer.key) == asks => Some(Box::new(Response { before: None, ..other })),
            State::Done(_) | State::Idle => None,
            State::Waiting { .. } | State::Streaming { .. } | State::Failed(_) => other.before,
        };
        self.before = self.before.take().filter(|b| b.answers(asks));
    }

    /// Whether it is an answer to the question of this key.
    fn answers(&self, key: Option<Key>) -> bool {
        matches!(&self.state, State::Done(answer) if Some(answer.key) == key)
    }

    /// Shows the whole answer that stood here again, where nothing came in its place; says whether there is one.
    pub(super) fn give_way(&mut self, why: &str) -> bool {
        if !self.text.is_empty() {
            return false;
        }
        let Some(before) = self.before.take() else { return false };
        *self = *before;
        self.notes.retain(|note| !note.starts_with(ANEW));
        self.notes.push(format!("{ANEW}: {why}"));
        true
    }

    /// Question and sample of the whole answer that stands here, or stood here until another was asked for.
    pub(super) fn kept(&self) -> Option<(String, u32)> {
        match &self.state {
            State::Done(answer) if answer.finish.is_complete() => Some((answer.key.to_string(), answer.sample)),
            _ => self.before.as_ref()?.kept(),
        }
    }

    /// Ends what is waited for, and says why.
    pub(super) fn end(&mut self, why: &str) {
        if self.is_streaming() {
            self.state = State::Failed(why.to_owned());
        }
    }

    /// Takes in a step of its ask.
    pub(super) fn take(&mut self, step: Step) {
        if !matches!(step, Step::Note(_)) {
            self.waits_because = None;
        }
        match step {
            Step::Text(text) => {
                if let Some(id) = self.id() {
                    self.state = State::Streaming { id };
                }
                self.text.push_str(&text);
            }
            Step::Thinking(text) => {
                self.thoughts.push_str(&text);
                if let State::Waiting { thinking, .. } = &mut self.state {
                    *thinking = true;
                }
            }
            Step::WasThinking => {
                self.thoughts.push_str(&std::mem::take(&mut self.text));
                self.wrapped.begin();
                self.wrapped_text = 0;
            }
            Step::Note(words) => self.notes.push(words),
            Step::Waiting(words) => self.waits_because = Some(words),
            Step::Done(answer) => {
                self.judged = Some(Judged::answer(&answer, self.market.as_ref()));
                self.text.clone_from(&answer.text);
                if answer.finish.is_complete() {
                    self.before = None;
                }
                self.state = State::Done(answer);
            }
            Step::Stored(result) => self.not_stored = result.err(),
            Step::Failed(error) => self.state = State::Failed(error.to_string()),
        }
    }

    /// How it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What has come so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the model thought to itself.
    pub fn thoughts(&self) -> &str {
        &self.thoughts
    }

    /// The same as lines.
    pub fn wrapped(&self) -> &Text {
        &self.wrapped
    }

    /// What the answer proposes, and its checks.
    pub fn judged(&self) -> Option<&Judged> {
        self.judged.as_ref()
    }

    /// The same of the setup on show: the answer's, or one of its alternatives.
    pub fn shown(&self) -> Option<&Judged> {
        let alternative = self.alternative.as_ref().map(|(_, judged)| judged);
        alternative.or(self.judged.as_ref())
    }

    /// What has changed since the analysis before.
    pub fn since(&self) -> Option<&Since> {
        self.since.as_ref()
    }

    /// Whether blocks are folded.
    pub fn is_folded(&self) -> bool {
        self.folded
    }

    /// The candles it was asked about.
    pub fn market(&self) -> Option<&crate::desk::Market> {
        self.market.as_ref()
    }

    /// Why it is not kept.
    pub fn not_stored(&self) -> Option<&str> {
        self.not_stored.as_deref()
    }

    /// The numbers of the samples that there are.
    pub fn samples(&self) -> &[u32] {
        &self.samples
    }

    /// The sample after the one on show, or before it.
    pub(super) fn neighbour(&self, after: bool) -> Option<u32> {
        let State::Done(answer) = &self.state else { return None };
        let others = self.samples.iter().copied();
        if after {
            others.filter(|n| *n > answer.sample).min()
        } else {
            others.filter(|n| *n < answer.sample).max()
        }
    }

    /// The check looked at.
    pub fn check(&self) -> Option<usize> {
        self.check
    }

    /// Whether more is to come.
    pub fn is_streaming(&self) -> bool {
        self.id().is_some()
    }

    /// The id of the ask on its way.
    pub fn id(&self) -> Option<u64> {
        match self.state {
            State::Waiting { id, .. } | State::Streaming { id } => Some(id),
            _ => None,
        }
    }

    /// Whether a step of the ask `id` is still wanted; that it was stored also when the answer is whole.
    pub(super) fn waits_for(&self, id: u64, step: &Step) -> bool {
        let receipt = matches!((step, &self.state), (Step::Stored(_), State::Done(_)));
        self.asked == id && (self.is_streaming() || receipt)
    }

    /// Wraps the text for `width`; costs nothing while neither has changed.
    pub(super) fn wrap(&mut self, width: u16, theme: &Theme) {
        let streams = self.is_streaming();
        // What is still coming is shown as it comes.
        let folded = self.folded && !streams;
        if self.wrapped.width == width && self.wrapped_folded == folded && self.wrapped_text == self.text.len() {
            return;
        }
        self.wrapped_folded = folded;
        self.wrapped_text = self.text.len();
        if folded {
            self.wrapped.stream(&fold(&self.text), width, false, theme);
        } else {
            self.wrapped.stream(&self.text, width, streams, theme);
        }
    }
}

/// What has changed since the analysis before of the same template on the same market.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Since {
    /// In lines.
    pub lines: Vec<String>,
    /// The numbers of both records.
    pub records: (u64, u64),
}

/// The text with each fenced block in a line of its own; one that is not closed stays.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut block: Option<(String, String, usize)> = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        match &mut block {
            None if trimmed.starts_with("```") && trimmed.len() < 40 => {
                let name = trimmed.trim_start_matches('`').trim();
                let name = if name.is_empty() { "block" } else { name };
                block = Some((name.to_owned(), line.to_owned(), 0));
            }
            None => folded.push_str(line),
            Some((name, _, lines)) if trimmed == "```" => {
                folded.push_str(&format!(
                    "`▸ {name}` · {} · F unfolds\n",
                    crate::text::count(*lines, "line")
                ));
                block = None;
            }
            Some((_, held, lines)) => {
                held.push_str(line);
                *lines += 1;
            }
        }
    }
    if let Some((_, held, _)) = block {
        folded.push_str(&held);
    }
    folded
}

/// A span with every place that holds `words` set apart. A letter whose small form has another length is left as it is.
fn marked(span: Span<'static>, words: &str, mark: Style) -> Vec<Span<'static>> {
    let lower = span.content.to_lowercase();
    if lower.len() != span.content.len() || !lower.contains(words) {
        return vec![span];
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, found) in lower.match_indices(words) {
        let end = at + found.len();
        if let (Some(before), Some(hit)) = (span.content.get(from..at), span.content.get(at..end)) {
            parts.push(Span::styled(before.to_owned(), span.style));
            parts.push(Span::styled(hit.to_owned(), span.style.patch(mark)));
            from = end;
        }
    }
    parts.push(Span::styled(span.content[from..].to_owned(), span.style));
    parts
}

/// The bytes up to the last blank line that ends a paragraph of its own: outside a fence, before a line that is not indented
/// nor an item, so that no list, table or block goes on behind it.
fn whole_paragraphs(text: &str) -> usize {
    let mut end = 0;
    let mut at = 0;
    let mut fenced = false;
    let mut blank = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
        }
        let begins = trimmed
            .chars()
            .next()
            .is_some_and(|c| c.is_alphabetic() || matches!(c, '#' | '*' | '`'));
        let is_item = trimmed.starts_with("* ");
        if blank && !fenced && begins && !is_item && !line.starts_with(char::is_whitespace) && line.ends_with('\n') {
            end = at;
        }
        blank = trimmed.is_empty() && !fenced;
        at += line.len();
    }
    end
}

/// The prompt's messages as lines, roles as headings.
pub(super) fn preview(text: &mut Text, messages: &[crate::message::Message], width: u16, theme: &Theme) {
    let mut source = String::new();
    let mut lines: Vec<Line<'static>> = Vec::new();
    for message in messages {
        lines.push(Line::styled(format!("── {} ", message.role.name()), theme.accent));
        for line in message.text.lines() {
            lines.extend(markdown::wrap_plain(line, width, Style::new()));
        }
        lines.push(Line::default());
        source.push_str(&message.text);
    }
    text.set(source, lines, width);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Depth;

    const ANSWER: &str = "## XAUUSD\n\nThe trend is up.\nIt goes on.\n\n| what | vote |\n|---|---:|\n| swing | +2.0 |\n| **together** | **+2.0** |\n\n**Verdict.** Long.\n\n- one\n- two\n\n  more of two\n\n- three\n\n1. first\n\n2. second\n\nThen a block:\n\n```setup\n{\n  \"side\": \"long\"\n\n}\n```\n\nA last word, long enough to be wrapped at any width that is worth the name.\n";

    fn said(lines: &[Line<'static>]) -> Vec<String> {
        let text = |l: &Line<'static>| l.spans.iter().map(|s| s.content.as_ref()).collect::<String>();
        let lines = lines.iter().map(|l| text(l).trim_end().to_owned());
        lines.filter(|l| !l.is_empty()).collect()
    }

    #[test]
    fn what_streams_is_wrapped_as_the_whole_is() {
        let theme = Theme::dark(Depth::Full);
        for width in [20, 40, 90] {
            let mut text = Text::default();
            for end in (1..=ANSWER.len()).filter(|at| ANSWER.is_char_boundary(*at)) {
                text.stream(&ANSWER[..end], width, true, &theme);
                let whole = markdown::lines(&ANSWER[..end], width, &theme);
                assert_eq!(said(text.lines()), said(&whole), "{width}: {}", &ANSWER[..end]);
            }
            assert!(text.settled.0 > ANSWER.len() / 2, "most of it is wrapped once");
            text.stream(ANSWER, width, false, &theme);
            assert_eq!(text.lines(), markdown::lines(ANSWER, width, &theme));
        }
    }
}
