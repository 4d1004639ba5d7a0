//! Variables from Picoschema, dotprompt's short form of JSON Schema (and from the long form where a file has that).

use serde_json::{Map, Value as Json};

/// What a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// One of these words.
    Choice(Vec<String>),
}

impl Kind {
    /// Why `text` is no such value, if it is none.
    pub fn refuses(&self, text: &str) -> Option<String> {
        let fits = match self {
            Kind::Text => true,
            Kind::Number => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
            Kind::Integer => text.trim().parse::<i64>().is_ok(),
            Kind::Boolean => matches!(text.trim(), "true" | "false"),
            Kind::Choice(words) => words.iter().any(|w| w == text.trim()),
        };
        let wanted = match self {
            _ if fits => return None,
            Kind::Text => return None,
            Kind::Number => "a number".to_owned(),
            Kind::Integer => "a whole number".to_owned(),
            Kind::Boolean => "true or false".to_owned(),
            Kind::Choice(words) => format!("one of {}", words.join(", ")),
        };
        let shown: String = crate::text::clean_line(text).chars().take(40).collect();
        Some(format!("`{shown}` is not {wanted}"))
    }

    /// The kind in a word, for the form.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Integer => "whole number",
            Kind::Boolean => "true/false",
            Kind::Choice(_) => "choice",
        }
    }
}

/// A blank of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name in the body.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether the template needs a value.
    pub required: bool,
    /// What it is for.
    pub description: Option<String>,
    /// What it holds where neither the analyst nor a fact says otherwise.
    pub default: Option<String>,
}

/// The variables of `schema`, with their defaults.
pub(super) fn variables(schema: &Json, defaults: &Map<String, Json>) -> Result<Vec<Variable>, String> {
    let Json::Object(members) = schema else {
        return Err("`schema` must list variables as `name: type, description`".to_owned());
    };
    let long_form = members.get("type").and_then(Json::as_str) == Some("object");
    let mut variables = match members.get("properties") {
        Some(Json::Object(properties)) if long_form => json_schema(properties, members.get("required")),
        _ => members
            .iter()
            .map(|(key, value)| variable(key, value))
            .collect::<Result<Vec<_>, _>>()?,
    };
    for variable in &mut variables {
        let Some(default) = defaults.get(&variable.name) else {
            continue;
        };
        let text = scalar(default);
        if let Some(reason) = variable.kind.refuses(&text) {
            return Err(format!("default of `{}`: {reason}", variable.name));
        }
        variable.default = Some(text);
    }
    if let Some(stray) = defaults.keys().find(|k| variables.iter().all(|v| v.name != **k)) {
        return Err(format!("a default for `{stray}`, which the schema does not name"));
    }
    Ok(variables)
}

/// Variables of a template that has defaults and no schema: their types are those of the defaults.
pub(super) fn from_defaults(defaults: &Map<String, Json>) -> Vec<Variable> {
    defaults
        .iter()
        .map(|(name, value)| Variable {
            name: name.clone(),
            kind: match value {
                Json::Number(_) => Kind::Number,
                Json::Bool(_) => Kind::Boolean,
                _ => Kind::Text,
            },
            required: false,
            description: None,
            default: Some(scalar(value)),
        })
        .collect()
}

fn scalar(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `name?: number, what it is` or `name(enum, what it is): [a, b]`.
fn variable(key: &str, value: &Json) -> Result<Variable, String> {
    let (name, form) = match key.split_once('(') {
        Some((name, form)) => {
            let form = form
                .strip_suffix(')')
                .ok_or_else(|| format!("`{key}`: the bracket is not closed"))?;
            (name.trim(), Some(form))
        }
        None => (key.trim(), None),
    };
    let (name, required) = match name.strip_suffix('?') {
        Some(name) => (name, false),
        None => (name, true),
    };
    let identifier = !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if !identifier {
        return Err(format!("`{}` is no name for a variable", crate::text::clean_line(key)));
    }
    let (kind, description) = match (form, value) {
        (Some(form), Json::Array(words)) => {
            let (kind, description) = split(form);
            if kind != "enum" {
                return Err(format!("`{name}`: a list of values needs `{name}(enum)`"));
            }
            (Kind::Choice(words.iter().map(scalar).collect()), description)
        }
        (None, Json::String(text)) => {
            let (kind, description) = split(text);
            let kind = match kind {
                "string" | "any" => Kind::Text,
                "number" => Kind::Number,
                "integer" => Kind::Integer,
                "boolean" => Kind::Boolean,
                other => {
                    return Err(format!(
                        "`{name}`: `{other}` is no type; string, number, integer, boolean or name(enum)"
                    ));
                }
            };
            (kind, description)
        }
        // Lists and objects are given as text: an analyst pastes them.
        (Some(_), _) | (None, Json::Object(_) | Json::Array(_)) => (Kind::Text, None),
        _ => return Err(format!("`{name}` needs a type, such as `{name}: number, what it is`")),
    };
    Ok(Variable {
        name: name.to_owned(),
        kind,
        required,
        description: description.map(str::to_owned),
        default: None,
    })
}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(',') {
        Some((kind, description)) => (kind.trim(), Some(description.trim())),
        None => (text.trim(), None),
    }
}

fn json_schema(properties: &Map<String, Json>, required: Option<&Json>) -> Vec<Variable> {
    let needed = |name: &str| {
        required
            .and_then(Json::as_array)
            .is_some_and(|names| names.iter().any(|n| n.as_str() == Some(name)))
    };
    properties
        .iter()
        .map(|(name, property)| Variable {
            name: name.clone(),
            kind: match (property.get("enum"), property.get("type").and_then(Json::as_str)) {
                (Some(Json::Array(words)), _) => Kind::Choice(words.iter().map(scalar).collect()),
                (_, Some("number")) => Kind::Number,
                (_, Some("integer")) => Kind::Integer,
                (_, Some("boolean")) => Kind::Boolean,
                _ => Kind::Text,
            },
            required: needed(name),
            description: property.get("description").and_then(Json::as_str).map(str::to_owned),
            default: property.get("default").map(scalar),
        })
        .collect()
}
