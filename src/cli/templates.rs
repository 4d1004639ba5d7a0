//! `wickdesk templates`: list, show, check.

use serde_json::json;

use super::args::{TemplatesArgs, TemplatesCommand};
use super::output::{self, Exit, Failure};
use crate::config::Settings;
use crate::prompt::{Library, Listed};

pub(super) fn run(settings: &Settings, args: &TemplatesArgs) -> Result<Exit, Failure> {
    let library = Library::new(settings.places.templates());
    match &args.command {
        None => list(&library, false),
        Some(TemplatesCommand::List { json }) => list(&library, *json),
        Some(TemplatesCommand::Show { name }) => {
            output::out(&crate::text::clean(&library.find(name)?.0.source))?;
            Ok(Exit::Done)
        }
        Some(TemplatesCommand::Check { names }) => check(&library, names),
        Some(TemplatesCommand::Path) => {
            output::line(&library.directory().display().to_string())?;
            Ok(Exit::Done)
        }
    }
}

fn list(library: &Library, as_json: bool) -> Result<Exit, Failure> {
    for listed in library.list() {
        let Listed {
            name,
            origin,
            shadows,
            template,
            ..
        } = &listed;
        if as_json {
            let template_json = template.as_ref().ok();
            output::json(&json!({
                "name": name,
                "origin": origin.to_string(),
                "shadows": shadows,
                "description": template_json.and_then(|t| t.description.as_deref()),
                "variables": template_json.map(|t| t.variables.iter().map(|v| &v.name).collect::<Vec<_>>()),
                "tags": template_json.map(|t| &t.tags),
                "error": template.as_ref().err().map(ToString::to_string),
            }))?;
            continue;
        }
        let what = match template {
            Ok(template) => template.description.clone().unwrap_or_default(),
            Err(error) => format!("faulty: {error}"),
        };
        let mark = match (origin, shadows) {
            (crate::prompt::Origin::Shipped, _) => "",
            (_, true) => " (yours, in place of the shipped one)",
            _ => " (yours)",
        };
        output::line(&format!("{name:<18} {what}{mark}"))?;
    }
    Ok(Exit::Done)
}

fn check(library: &Library, names: &[String]) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    let mut tell = |name: &str, fault: Option<String>| match fault {
        None => output::line(&format!("{name}: ok")),
        Some(fault) => {
            exit = Failure::new(fault).report();
            Ok(())
        }
    };
    if names.is_empty() {
        for listed in library.list() {
            tell(&listed.name, listed.template.err().map(|e| e.to_string()))?;
        }
    }
    for name in names {
        tell(name, library.find(name).err().map(|e| e.to_string()))?;
    }
    Ok(exit)
}
