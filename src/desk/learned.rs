//! Parameters that models were found to refuse, kept so that the next request is the one that was really answered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::model::{ModelName, Params};

/// What has been learned, by model; in a file of the state directory.
#[derive(Debug)]
pub struct Learned {
    path: PathBuf,
    refused: Mutex<Option<BTreeMap<String, BTreeSet<String>>>>,
}

impl Learned {
    /// What was learned in `directory` before; it is read when it is first asked for.
    pub fn at(directory: &Path) -> Self {
        Self {
            path: directory.join("refused-parameters.json"),
            refused: Mutex::new(None),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, BTreeSet<String>>) -> T) -> T {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that is missing or faulty has taught nothing; it is learned anew.
        act(refused.get_or_insert_with(|| {
            let text = std::fs::read(&self.path).unwrap_or_default();
            serde_json::from_slice(&text).unwrap_or_default()
        }))
    }

    /// Takes away from `params` what `model` is known to refuse.
    pub fn apply(&self, model: &ModelName, params: &mut Params) {
        self.with(|refused| {
            for name in refused.get(&model.to_string()).into_iter().flatten() {
                params.drop(name);
            }
        });
    }

    /// Learns that `model` refuses the parameter of this name.
    pub fn learn(&self, model: &ModelName, name: &str) {
        self.with(|refused| {
            // Another process may have learned something meanwhile.
            let text = std::fs::read(&self.path).unwrap_or_default();
            let other: BTreeMap<String, BTreeSet<String>> = serde_json::from_slice(&text).unwrap_or_default();
            for (model, names) in other {
                refused.entry(model).or_default().extend(names);
            }
            refused.entry(model.to_string()).or_default().insert(name.to_owned());
            let Ok(text) = serde_json::to_vec_pretty(refused) else {
                return;
            };
            if let Err(error) = crate::files::write_whole(&self.path, &text) {
                // It will be learned again next time.
                tracing::warn!(%error, "not remembered: {model} refuses {name}");
            }
        });
    }
}
