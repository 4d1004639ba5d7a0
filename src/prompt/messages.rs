//! Splitting a template into messages: dotprompt's `{{role "system"}}` and LiteLLM's `System:` lines.
//!
//! Markers are found in the template's own text, before rendering, and replaced by control characters that no value can
//! hold; so a value that looks like a marker stays what it is.

use super::error::TemplateError;
use crate::message::{Message, Role};

/// Control characters that stand for a marker between marking and splitting; cleaned from every value.
const MARK: char = '\u{1}';

/// `body` with its role markers replaced; lines keep their numbers.
pub(super) fn mark(body: &str, first_line: usize) -> Result<String, TemplateError> {
    let mut marked = String::with_capacity(body.len());
    for (number, line) in body.split_inclusive('\n').enumerate() {
        let heading = [
            ("System:", Role::System),
            ("User:", Role::User),
            ("Assistant:", Role::Assistant),
        ]
        .into_iter()
        .find_map(|(word, role)| Some((role, line.strip_prefix(word)?)));
        let line = match heading {
            Some((role, rest)) => {
                push_mark(&mut marked, role);
                rest.trim_start_matches([' ', '\t'])
            }
            None => line,
        };
        mark_line(line, first_line + number, &mut marked)?;
    }
    Ok(marked)
}

fn push_mark(marked: &mut String, role: Role) {
    marked.push(MARK);
    marked.push_str(role.name());
    marked.push(MARK);
}

/// Replaces `{{role "…"}}` in one line, and refuses other Handlebars.
fn mark_line(line: &str, number: usize, marked: &mut String) -> Result<(), TemplateError> {
    let mut rest = line;
    let mut column = 1;
    while let Some(open) = rest.find("{{") {
        let inner = &rest[open + 2..];
        let Some(close) = inner.find("}}") else { break };
        let call = inner[..close].trim().trim_matches('~').trim();
        let at = column + rest[..open].chars().count();
        let fail = |message: String| Err(TemplateError::new(number, at, message));
        let word = call.split_whitespace().next().unwrap_or_default();
        let handlebars = call.starts_with(['#', '/', '^', '>', '!', '&']) || inner.starts_with('{');
        if handlebars || matches!(word, "else" | "history" | "media" | "section") {
            let shown: String = crate::text::clean_line(call).chars().take(30).collect();
            return fail(format!(
                "`{{{{{shown}}}}}` is Handlebars; write it as Jinja, such as {{% if x %}} … {{% endif %}}"
            ));
        }
        marked.push_str(&rest[..open]);
        if word == "role" {
            let name = call[4..].trim().trim_matches(['"', '\'']);
            match name {
                "system" => push_mark(marked, Role::System),
                "user" => push_mark(marked, Role::User),
                "model" | "assistant" => push_mark(marked, Role::Assistant),
                _ => {
                    let shown: String = crate::text::clean_line(name).chars().take(30).collect();
                    return fail(format!("`{shown}` is no role; system, user or model"));
                }
            }
        } else {
            marked.push_str(&rest[open..open + close + 4]);
        }
        column = at + rest[open..open + close + 4].chars().count();
        rest = &inner[close + 2..];
    }
    marked.push_str(rest);
    Ok(())
}

/// Cuts rendered text at its marks. Text before the first is the user's; empty messages are left out.
pub(super) fn split(rendered: &str) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut role = Role::User;
    let mut push = |role: Role, text: &str| {
        let text = text.trim_matches('\n').trim_end();
        if !text.trim().is_empty() {
            messages.push(Message {
                role,
                text: text.to_owned(),
            });
        }
    };
    let mut parts = rendered.split(MARK);
    push(role, parts.next().unwrap_or_default());
    while let (Some(name), Some(text)) = (parts.next(), parts.next()) {
        role = match name {
            "system" => Role::System,
            "assistant" => Role::Assistant,
            _ => Role::User,
        };
        push(role, text);
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(body: &str) -> Vec<(Role, String)> {
        split(&mark(body, 1).unwrap())
            .into_iter()
            .map(|m| (m.role, m.text))
            .collect()
    }

    #[test]
    fn both_ways_of_marking_roles() {
        let want = vec![(Role::System, "Be brief.".to_owned()), (Role::User, "Why?".to_owned())];
        assert_eq!(
            messages("{{role \"system\"}}\nBe brief.\n{{ role 'user' }}\nWhy?\n"),
            want
        );
        assert_eq!(messages("System: Be brief.\nUser:\nWhy?\n"), want);
        assert_eq!(messages("Why?"), want[1..]);
    }

    #[test]
    fn handlebars_are_refused_by_name_and_line() {
        let error = mark("a\n  {{#if x}}b{{/if}}\n", 10).unwrap_err();
        assert_eq!((error.line, error.column), (11, 3));
        assert!(error.message.contains("#if x"), "{}", error.message);
        assert!(mark("{{> partial}}", 1).is_err());
        assert!(mark("{{role \"boss\"}}", 1).is_err());
        assert!(mark("{{ symbol }} {% if x %}{% endif %}", 1).is_ok());
    }
}
