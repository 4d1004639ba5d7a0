//! Templates: prompt files with blanks, where they are found, and how facts and the analyst's values fill them.
//!
//! file → [`Template`] (front matter and body) → [`Values`] for its variables → [`render`] → messages.

mod error;
mod fence;
mod front_matter;
mod library;
mod messages;
mod picoschema;
mod render;
mod request;
mod template;
mod values;

pub use error::TemplateError;
pub use fence::break_facts;
pub use library::{Library, LibraryError, Listed, Origin, is_name, shipped};
pub use picoschema::{Kind, Variable};
pub use render::{BUILT_IN, Context, SETUP_CONTRACT, bare_facts, render};
pub use template::{Template, UnknownName};
pub use values::{Filled, Source, Values};
