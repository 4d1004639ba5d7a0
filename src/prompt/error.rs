//! What is wrong with a template, and where.

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(.file, .line, .column))]
pub struct TemplateError {
    /// The file or template's name.
    pub file: String,
    /// Line, from 1; 0 where it is not about a place in the file.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

fn place(file: &str, line: &usize, column: &usize) -> String {
    if *line == 0 {
        format!("{file}: ")
    } else {
        format!("{file}:{line}:{column}: ")
    }
}

impl TemplateError {
    pub(super) fn new(line: usize, column: usize, message: impl Into<String>) -> Self {
        Self {
            file: String::new(),
            line,
            column,
            message: message.into(),
        }
    }

    pub(super) fn in_file(mut self, file: &str) -> Self {
        if self.file.is_empty() {
            self.file = file.to_owned();
        }
        self
    }
}
