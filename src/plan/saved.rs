//! A plan that waits in a file until it is applied, and the checksum that tells whether the file is whole.
//!
//! Nothing in the file is executed: `movements` compares it with what planning again says.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::planned::{Action, Plan};
use crate::digest::Sha256;
use crate::error::Failure;

/// The version of the file's format: one with another number is refused.
const FORMAT_VERSION: &str = "1.0";

/// A plan, and what it takes to plan the same again. Holds no path of a machine and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// SHA-256 over the manifest's text.
    pub manifest: Sha256,
    /// The globs that chose the layers; empty for all of them.
    pub selection: Vec<String>,
    /// The only region to work in, where one was named.
    pub region: Option<String>,
    /// Whether every layer was built anew, instead of believing what the comments of archives say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebuild: bool,
    /// The plan.
    pub plan: Plan,
}

/// The file. Its checksum is SHA-256 over the text without the digits of the checksum.
#[derive(Serialize)]
struct File<'a> {
    format_version: &'static str,
    checksum: String,
    #[serde(flatten)]
    saved: &'a SavedPlan,
}

/// What is read of a file before the rest is believed.
#[derive(Deserialize)]
struct Head {
    format_version: String,
    checksum: Sha256,
}

/// Why a file is no saved plan.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It is something else, or its end is missing.
    #[error("`{}` is not a saved plan, or not a whole one", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the parser missed.
        source: serde_json::Error,
    },
    /// Another version of `lls` wrote it.
    #[error("`{}` has format {found}, but this version of lls reads {FORMAT_VERSION}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: String,
    },
    /// It is not as it was written.
    #[error("`{}` was changed after it was saved: its checksum is wrong", .0.display())]
    Checksum(PathBuf),
}

impl Failure for SavedPlanError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Format { .. } => "plan and apply with the same version of lls".into(),
            Self::Unreadable { .. } | Self::Checksum(_) => {
                "make it again with `lls plan --out FILE`".into()
            }
        })
    }
}

impl SavedPlan {
    /// Whether `bytes` are a saved plan of any format, be it damaged since.
    pub fn looks_like_one(bytes: &[u8]) -> bool {
        serde_json::from_slice::<Head>(bytes).is_ok()
    }

    /// The text of the file, with a line end.
    ///
    /// # Panics
    /// Never: a plan has no maps with keys that JSON cannot hold.
    pub fn to_text(&self) -> String {
        let text = |checksum: String| {
            let file = File {
                format_version: FORMAT_VERSION,
                checksum,
                saved: self,
            };
            serde_json::to_string_pretty(&file).expect("a plan can be written as JSON") + "\n"
        };
        text(Sha256::of(text(String::new())).to_string())
    }

    /// Reads what [`SavedPlan::to_text`] wrote to the file `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SavedPlanError> {
        let unreadable = |source| SavedPlanError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let head: Head = serde_json::from_str(text).map_err(unreadable)?;
        if head.format_version != FORMAT_VERSION {
            return Err(SavedPlanError::Format {
                path: path.to_owned(),
                found: head.format_version,
            });
        }
        let rest = text.replacen(&head.checksum.to_string(), "", 1);
        if Sha256::of(rest) != head.checksum {
            return Err(SavedPlanError::Checksum(path.to_owned()));
        }
        serde_json::from_str(text).map_err(unreadable)
    }
}

impl Plan {
    /// The plan as it is saved: without the lines of changed files, which are for people.
    #[must_use]
    pub fn without_diffs(mut self) -> Self {
        let layers = self.layers.iter_mut();
        let planned = layers.flat_map(|layer| &mut layer.destinations);
        let compared = planned.filter_map(|planned| match &mut planned.action {
            Action::Publish { changes, .. } | Action::Blocked { changes, .. } => Some(changes),
            Action::Create | Action::Unchanged { .. } => None,
        });
        for change in compared.flat_map(|changes| &mut changes.files) {
            change.diff = None;
        }
        self
    }

    /// The plan as it is saved: a folder is called as its target is, because its path is that of a machine.
    #[must_use]
    pub fn without_folders(&self) -> Self {
        let mut plan = self.clone();
        if plan.account.is_none() {
            let layers = plan.layers.iter_mut();
            let planned = layers.flat_map(|layer| &mut layer.destinations);
            let names = planned.map(|planned| &mut planned.destination);
            for name in names.chain(&mut plan.destinations) {
                name.clone_from(&plan.target);
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> SavedPlan {
        SavedPlan {
            manifest: Sha256::of("manifest"),
            selection: vec!["a*".to_owned()],
            region: None,
            rebuild: false,
            plan: Plan {
                target: "aws".to_owned(),
                account: None,
                destinations: vec!["us-east-1".to_owned()],
                layers: Vec::new(),
            },
        }
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let text = saved().to_text();
        assert_eq!(SavedPlan::parse(Path::new("p"), &text).unwrap(), saved());
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let text = saved().to_text();
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(
                SavedPlan::parse(Path::new("p"), &changed).is_err(),
                "{changed}"
            );
            assert!(index == 0 || SavedPlan::parse(Path::new("p"), &text[..index]).is_err());
        }
    }
}
