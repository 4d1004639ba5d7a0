//! The YAML between `---` lines, in dotprompt's keys and our own under `ext.wickdesk`.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::error::TemplateError;
use super::picoschema::{self, Variable};
use crate::facts::Emphasis;
use crate::ttl::Ttl;

/// What a template's front matter says; everything optional.
#[derive(Debug, Clone, Default)]
pub(super) struct FrontMatter {
    pub name: Option<String>,
    pub description: Option<String>,
    pub model: Option<String>,
    /// Sampling parameters, as dotprompt's `config` has them.
    pub config: Map<String, Json>,
    pub variables: Vec<Variable>,
    pub tags: Vec<String>,
    pub ttl: Option<Ttl>,
    pub valid_bars: Option<u32>,
    /// The facts that count most.
    pub emphasis: Emphasis,
    /// Sections of the facts block, where not all are wanted.
    pub facts: Vec<String>,
    /// Tokens that the facts block may take.
    pub budget: Option<usize>,
}

/// The keys as they stand in the file.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Raw {
    name: Option<String>,
    description: Option<String>,
    model: Option<String>,
    config: Map<String, Json>,
    input: RawInput,
    ext: RawExt,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawInput {
    schema: Option<Json>,
    default: Map<String, Json>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawExt {
    wickdesk: Option<RawOwn>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct RawOwn {
    tags: Vec<String>,
    ttl: Option<Ttl>,
    valid_bars: Option<u32>,
    emphasis: Option<String>,
    facts: Vec<String>,
    budget: Option<usize>,
}

/// Reads `yaml`, whose first line is line `first_line` of the file.
pub(super) fn parse(yaml: &str, first_line: usize) -> Result<FrontMatter, TemplateError> {
    if yaml.trim().is_empty() {
        return Ok(FrontMatter::default());
    }
    let raw: Raw = serde_saphyr::from_str(yaml).map_err(|error| {
        let (line, column) = error.location().map_or((1, 1), |at| {
            (
                usize::try_from(at.line()).unwrap_or(1),
                usize::try_from(at.column()).unwrap_or(1),
            )
        });
        TemplateError::new(
            first_line + line.max(1) - 1,
            column,
            format!("front matter: {}", one_line(&error.to_string())),
        )
    })?;
    let own = raw.ext.wickdesk.unwrap_or_default();
    let line_of = |word: &str| {
        let at = yaml.lines().position(|l| l.trim_start().starts_with(word));
        first_line + at.unwrap_or(0)
    };
    for section in &own.facts {
        if !crate::facts::SECTIONS.contains(&section.as_str()) {
            let near = crate::text::nearest(section, crate::facts::SECTIONS);
            let hint = near.map_or_else(|| crate::facts::SECTIONS.join(", "), |n| format!("did you mean `{n}`?"));
            let message = format!("front matter: `{section}` is no section of the facts; {hint}");
            return Err(TemplateError::new(line_of("facts"), 1, message));
        }
    }
    let emphasis = match own.emphasis.as_deref() {
        None => Emphasis::default(),
        Some(name) => Emphasis::named(name).ok_or_else(|| {
            let near = crate::text::nearest(name, Emphasis::NAMES);
            let hint = near.map_or_else(
                || format!("Use {}.", Emphasis::NAMES.join(", ")),
                |n| format!("Did you mean `{n}`?"),
            );
            let shown = crate::text::clean_line(name);
            let message = format!("front matter: unknown emphasis `{shown}`. {hint}");
            TemplateError::new(line_of("emphasis"), 1, message)
        })?,
    };
    let variables = match &raw.input.schema {
        Some(schema) => picoschema::variables(schema, &raw.input.default)
            .map_err(|message| TemplateError::new(line_of("schema"), 1, format!("front matter: {message}")))?,
        None => picoschema::from_defaults(&raw.input.default),
    };
    Ok(FrontMatter {
        name: raw.name,
        description: raw.description.map(|d| crate::text::clean_line(&d)),
        model: raw.model,
        config: raw.config,
        variables,
        tags: own.tags,
        ttl: own.ttl,
        valid_bars: own.valid_bars,
        emphasis,
        facts: own.facts,
        budget: own.budget,
    })
}

/// The parser's message without its position and its picture of the source.
fn one_line(message: &str) -> String {
    let first = message.lines().find(|l| !l.trim().is_empty()).unwrap_or("not YAML");
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let first = first
        .strip_prefix("line ")
        .and_then(|rest| rest.split_once(": "))
        .map_or(first, |(_, rest)| rest);
    crate::text::clean_line(first.split(" at line ").next().unwrap_or(first))
}
