//! A template: front matter and body of one `.prompt` file, parsed and checked.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::error::TemplateError;
use super::front_matter::{self, FrontMatter};
use super::messages;
use super::picoschema::Variable;
use super::render::{self, BUILT_IN};
use crate::facts::Emphasis;
use crate::ttl::Ttl;

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its name in the library.
    pub name: String,
    /// What it is for, in one line.
    pub description: Option<String>,
    /// The model it asks for.
    pub model: Option<String>,
    /// Sampling parameters.
    pub config: Map<String, Json>,
    /// Its blanks, in the order of its schema; those the body uses without declaring them come last.
    pub variables: Vec<Variable>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How long its answers stay cached.
    pub ttl: Option<Ttl>,
    /// Candles for which its setups are valid.
    pub valid_bars: Option<u32>,
    /// The facts that count most.
    pub emphasis: Emphasis,
    /// Whether its body asks for a `setup` block.
    pub(super) asks_for_setup: bool,
    /// Sections of the facts block it wants; empty for all.
    pub fact_sections: Vec<String>,
    /// Tokens that the facts block may take, where it says.
    pub facts_budget: Option<usize>,
    /// The whole file, as written.
    pub source: String,
    /// The body with its role markers replaced.
    pub(super) body: String,
    /// The body's first line in the file.
    pub(super) first_line: usize,
    /// Whether the file is a bare system message, to be followed by the analyst's own words (fabric's `system.md`).
    pub system_only: bool,
}

impl Template {
    /// The hash of its text, 16 hexadecimal digits: two versions of a template differ in it.
    pub fn hash(&self) -> String {
        blake3::hash(self.source.as_bytes()).to_hex()[..16].to_owned()
    }

    /// Parses `source`; `name` is the file's name without its ending, `file` what errors call it.
    ///
    /// # Errors
    /// [`TemplateError`] with line and column.
    pub fn parse(source: &str, name: &str, file: &str) -> Result<Self, TemplateError> {
        Self::parse_parts(source, name).map_err(|error| error.in_file(file))
    }

    fn parse_parts(source: &str, name: &str) -> Result<Self, TemplateError> {
        let template = Self::parse_syntax(source, name)?;
        template.refuse_unknown_names()?;
        Ok(template)
    }

    /// The places of `source` that use a name nobody defines; none where it cannot be read so far.
    pub fn unknown_names(source: &str) -> Vec<UnknownName> {
        Self::parse_syntax(source, "template").map_or_else(|_| Vec::new(), |template| template.unknown())
    }

    fn parse_syntax(source: &str, name: &str) -> Result<Self, TemplateError> {
        let text = crate::text::clean(source);
        let (front, body, first_line) = cut(&text)?;
        let front = match front {
            Some(yaml) => front_matter::parse(yaml, 2)?,
            None => FrontMatter::default(),
        };
        let body = messages::mark(body, first_line)?;
        render::check_syntax(&body, first_line)?;
        let asks_for_setup = body.contains("```setup") || render::names_used(&body).contains("setup_contract");
        Ok(Self {
            name: front.name.unwrap_or_else(|| name.to_owned()),
            description: front.description,
            model: front.model,
            config: front.config,
            variables: front.variables,
            tags: front.tags,
            ttl: front.ttl,
            valid_bars: front.valid_bars,
            emphasis: front.emphasis,
            asks_for_setup,
            fact_sections: front.facts,
            facts_budget: front.budget,
            source: source.to_owned(),
            body,
            first_line,
            system_only: false,
        })
    }

    /// The names its body uses that neither it nor a block of it defines.
    pub fn names_used(&self) -> BTreeSet<String> {
        render::names_used(&self.body)
    }

    fn refuse_unknown_names(&self) -> Result<(), TemplateError> {
        // Of several the first in the text is told.
        let first = self.unknown().into_iter().min_by_key(|u| (u.line, u.column));
        first.map_or(Ok(()), |u| Err(TemplateError::new(u.line, u.column, u.to_string())))
    }

    fn unknown(&self) -> Vec<UnknownName> {
        let facts = crate::facts::known_names();
        let is_known = |name: &str| {
            BUILT_IN.contains(&name) || facts.iter().any(|f| f == name) || self.variables.iter().any(|v| v.name == name)
        };
        let mut found = Vec::new();
        for name in self.names_used().into_iter().filter(|name| !is_known(name)) {
            let candidates = BUILT_IN
                .iter()
                .copied()
                .chain(facts.iter().map(String::as_str))
                .chain(self.variables.iter().map(|v| v.name.as_str()));
            let nearest = crate::text::nearest(&name, candidates).map(str::to_owned);
            let mut places = self.places(&name);
            if places.is_empty() {
                places.push((self.first_line, 1));
            }
            found.extend(places.into_iter().map(|(line, column)| UnknownName {
                line,
                column,
                name: name.clone(),
                nearest: nearest.clone(),
            }));
        }
        found
    }

    /// Line and column of each place where the body uses `name` inside a Jinja tag.
    fn places(&self, name: &str) -> Vec<(usize, usize)> {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let mut places = Vec::new();
        for (number, line) in self.body.lines().enumerate() {
            for (at, _) in line.match_indices(name) {
                let before = line[..at].chars().next_back();
                let after = line[at + name.len()..].chars().next();
                let tag = line[..at].contains("{{") || line[..at].contains("{%");
                if tag && !before.is_some_and(word) && !after.is_some_and(word) {
                    places.push((self.first_line + number, line[..at].chars().count() + 1));
                }
            }
        }
        places
    }
}

/// A name that a template uses and nobody defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// Line of the file, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The name.
    pub name: String,
    /// The known name that is nearest to it.
    pub nearest: Option<String>,
}

impl std::fmt::Display for UnknownName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = &self.name;
        match &self.nearest {
            Some(near) => write!(
                f,
                "`{name}` is no fact and no variable; did you mean `{near}`? else declare it under input.schema"
            ),
            None => write!(f, "`{name}` is no fact and no variable; declare it under input.schema"),
        }
    }
}

/// Front matter, body and the body's first line.
fn cut(text: &str) -> Result<(Option<&str>, &str, usize), TemplateError> {
    let Some(rest) = text.strip_prefix("---\n") else {
        return Ok((None, text, 1));
    };
    let mut at = 0;
    for (number, line) in rest.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" {
            return Ok((Some(&rest[..at]), &rest[at + line.len()..], number + 3));
        }
        at += line.len();
    }
    Err(TemplateError::new(
        1,
        1,
        "front matter begins with --- but no second --- line ends it",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str) -> String {
        Template::parse(source, "t", "t.prompt").unwrap_err().to_string()
    }

    #[test]
    fn reads_front_matter_and_body() {
        let source = "---\nname: mine\nmodel: openai/gpt-4o\nconfig:\n  temperature: 0.2\ninput:\n  schema:\n    \
            bias(enum, which way): [long, short]\n    risk?: number, percent\n  default:\n    risk: 1\next:\n  wickdesk:\n    \
            ttl: 4h\n    tags: [a]\n---\n{{ symbol }} {{ bias }} {{ risk }}\n";
        let template = Template::parse(source, "t", "t.prompt").unwrap();
        assert_eq!((template.name.as_str(), template.variables.len()), ("mine", 2));
        assert_eq!(template.variables[1].default.as_deref(), Some("1"));
        assert_eq!(template.ttl.unwrap().to_string(), "4h");
    }

    #[test]
    fn a_bare_text_is_a_template() {
        assert!(
            Template::parse("Explain {{ symbol }}.", "t", "t")
                .unwrap()
                .variables
                .is_empty()
        );
    }

    #[test]
    fn faults_are_named_with_line_and_column() {
        assert_eq!(
            error("---\nname: x\n---\nHello\n{{ swing_hihg }}\n"),
            "t.prompt:5:4: `swing_hihg` is no fact and no variable; did you mean `swing_high`? else declare it under input.schema"
        );
        assert!(error("---\nname: x\n").starts_with("t.prompt:1:1: front matter begins"));
        assert!(
            error("---\nname: [x\n---\n").starts_with("t.prompt:"),
            "{}",
            error("---\nname: [x\n---\n")
        );
        assert!(error("---\next:\n  wickdesk:\n    tll: 4h\n---\n").contains("tll"));
        assert!(error("a\n{% if x %}\n").starts_with("t.prompt:"));
        assert!(error("---\ninput:\n  schema:\n    a: numbr\n---\n{{ a }}").contains("`numbr` is no type"));
    }
}
