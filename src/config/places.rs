//! Where files lie: XDG's directories (also on macOS), the platform's own on Windows.

use std::path::PathBuf;

use etcetera::BaseStrategy;

/// The program's directories. None of them need exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Configuration and the user's templates.
    pub config: PathBuf,
    /// What may be cleared at any time.
    pub cache: PathBuf,
    /// What must not be lost.
    pub data: PathBuf,
    /// Logs and crash reports.
    pub state: PathBuf,
}

impl Places {
    /// Finds them; `None` without a home directory.
    pub fn find() -> Option<Self> {
        const NAME: &str = "wickdesk";
        let base = etcetera::choose_base_strategy().ok()?;
        Some(Self {
            config: base.config_dir().join(NAME),
            cache: base.cache_dir().join(NAME),
            data: base.data_dir().join(NAME),
            state: base.state_dir().unwrap_or_else(|| base.data_dir()).join(NAME),
        })
    }

    /// The file of prices of the analyst's own.
    pub fn prices(&self) -> PathBuf {
        self.config.join("prices.tsv")
    }

    /// Where the user's templates lie.
    pub fn templates(&self) -> PathBuf {
        self.config.join("templates")
    }
}
