//! What `lls doctor` finds: whether a run would have what it needs, on this machine, in the project, and in AWS.
//!
//! Nothing is changed. What an apply needs is asked for in ways that cannot change anything (`Registry::dry_run`).

mod machine;
mod project;
mod target;

use serde::Serialize;

use crate::error::Error;

pub use machine::{check_python, check_uv};
pub use project::{check_index, check_locks};
pub use target::{Needs, check_connection, check_destination};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is as it should be.
    Passed,
    /// Some runs will miss it.
    Warned,
    /// Runs will fail.
    Failed,
}

/// One thing that a run needs.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was checked, such as `uv` or `lambda:PublishLayerVersion`.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found.
    pub finding: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Check {
    /// A check that found what it looked for.
    pub fn passed(subject: impl Into<String>, finding: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            outcome: Outcome::Passed,
            finding: finding.into(),
            hint: None,
        }
    }

    /// A check that found what only some runs can do without.
    pub fn warned(
        subject: impl Into<String>,
        finding: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            outcome: Outcome::Warned,
            hint: Some(hint.into()),
            ..Self::passed(subject, finding)
        }
    }

    /// A check that failed with `error`, which says what to do.
    pub fn failed(subject: impl Into<String>, error: &Error) -> Self {
        Self {
            outcome: Outcome::Failed,
            hint: error.hint(),
            ..Self::passed(subject, error.chain().join(": "))
        }
    }
}

/// Checks of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// What they are about: `machine`, `project`, or a target and one of its regions.
    pub title: String,
    /// The checks, in the order in which a run would need what they look for.
    pub checks: Vec<Check>,
}

/// All that was checked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Examination {
    /// The checks, by kind.
    pub sections: Vec<Section>,
}

impl Examination {
    /// Adds the checks of one kind.
    pub fn add(&mut self, title: impl Into<String>, checks: Vec<Check>) {
        let title = title.into();
        self.sections.push(Section { title, checks });
    }

    /// How many checks ended so.
    pub fn count(&self, outcome: Outcome) -> usize {
        let checks = self.sections.iter().flat_map(|section| &section.checks);
        checks.filter(|check| check.outcome == outcome).count()
    }
}
