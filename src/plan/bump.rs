//! How much a layer's description should be raised, judged by what differs from the published version.

use serde::{Deserialize, Serialize};

use super::difference::{Changes, FileChange, MetadataChange};
use super::planned::{Action, LayerPlan};
use crate::ecosystem::PackageChange;
use crate::error::Failure;
use crate::layer::{Level, VersionNumber};

/// How much to raise a description, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// How much.
    pub level: Level,
    /// The changes that ask for it; empty where nothing asks for more than a patch.
    pub reasons: Changes,
}

/// Why a description is raised, or stays.
#[derive(Debug, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum BumpReason {
    /// The user said how much to raise it.
    Asked {
        /// How much.
        level: Level,
    },
    /// The layer differs from what is published with its description.
    Suggested(Suggestion),
    /// It is not published yet.
    Unpublished,
    /// The layer is what is published with it.
    Unchanged,
}

/// Why it is not known what a layer differs in.
#[derive(Debug, thiserror::Error)]
pub enum NotCompared {
    /// What is published could not be read.
    #[error("the published archive cannot be read")]
    Unreadable,
    /// A version is equal, but another one has its description.
    #[error(":{0} is identical, but another version was published first with the same description")]
    Second(VersionNumber),
}

impl Failure for NotCompared {}

impl LayerPlan {
    /// How the description stands to what is published.
    ///
    /// # Errors
    /// If it is blocked, and it is not known what differs.
    pub fn bump(&self) -> Result<BumpReason, NotCompared> {
        let actions = || self.destinations.iter().map(|plan| &plan.action);
        let blocked = actions().filter_map(|action| match action {
            Action::Blocked {
                changes, ungranted, ..
            } => Some(changes.suggestion().ok_or(match ungranted {
                Some(version) => NotCompared::Second(version.number),
                None => NotCompared::Unreadable,
            })),
            _ => None,
        });
        let blocked: Vec<Suggestion> = blocked.collect::<Result<_, _>>()?;
        let weightiest = blocked
            .into_iter()
            .max_by_key(|suggestion| suggestion.level);
        if let Some(suggestion) = weightiest {
            return Ok(BumpReason::Suggested(suggestion));
        }
        let is_unpublished =
            |action: &Action| matches!(action, Action::Create | Action::Publish { .. });
        Ok(if actions().any(is_unpublished) {
            BumpReason::Unpublished
        } else {
            BumpReason::Unchanged
        })
    }
}

impl Changes {
    /// How much to raise the description; `None` where it is not known what differs.
    ///
    /// Major where something that functions may rely on goes away: a package, an own Python file, a runtime, an
    /// architecture, or what a package's other major version had. Minor where something comes.
    pub fn suggestion(&self) -> Option<Suggestion> {
        if !self.compared {
            return None;
        }
        let packages = self.packages.iter().map(PackageChange::level);
        let files = self.files.iter().map(file_level);
        let metadata = self.metadata.iter().map(metadata_level);
        let levels = packages.chain(files).chain(metadata);
        let level = levels.max().unwrap_or(Level::Patch);
        Some(Suggestion {
            level,
            reasons: self.of_level(level),
        })
    }

    fn of_level(&self, level: Level) -> Self {
        let packages = self.packages.iter().filter(|c| c.level() == level);
        let files = self.files.iter().filter(|c| file_level(c) == level);
        let metadata = self.metadata.iter().filter(|c| metadata_level(c) == level);
        Self {
            same_content: self.same_content,
            compared: self.compared,
            packages: packages.cloned().collect(),
            files: files.cloned().collect(),
            metadata: metadata.cloned().collect(),
            ..Self::default()
        }
    }
}

fn file_level(change: &FileChange) -> Level {
    let is_python = change.path.as_str().ends_with(".py");
    match (change.before.is_some(), change.after.is_some()) {
        (true, false) if is_python => Level::Major,
        (false, true) => Level::Minor,
        _ => Level::Patch,
    }
}

/// Runtimes and architectures are lists in words; a licence takes nothing from functions.
fn metadata_level(change: &MetadataChange) -> Level {
    if change.field == "license" {
        return Level::Patch;
    }
    let items = |text: &str| -> Vec<String> { text.split(", ").map(str::to_owned).collect() };
    let (before, after) = (items(&change.before), items(&change.after));
    if before.iter().all(|item| after.contains(item)) {
        Level::Minor
    } else {
        Level::Major
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_metadata(field: &'static str, before: &str, after: &str) -> Level {
        metadata_level(&MetadataChange {
            field: field.into(),
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    #[test]
    fn a_runtime_that_goes_is_major_and_one_that_comes_is_minor() {
        let both = "python3.12, python3.13";
        assert_eq!(of_metadata("runtimes", both, "python3.13"), Level::Major);
        assert_eq!(of_metadata("runtimes", "python3.13", both), Level::Minor);
        assert_eq!(
            of_metadata("architectures", "x86_64", "arm64"),
            Level::Major
        );
        assert_eq!(of_metadata("license", "MIT", "none"), Level::Patch);
    }

    #[test]
    fn what_was_not_compared_is_not_judged() {
        assert_eq!(Changes::default().suggestion(), None);
    }
}
