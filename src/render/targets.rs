//! What a command came to in each of its targets, and the JSON form: as it is for one, and in a list for several.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::Document;
use crate::error::{Error, Failures};
use crate::manifest::ManifestError;
use crate::registry::Session;
use crate::render::wording::joined;

/// What a command came to in one target.
pub struct TargetResult<'a, T> {
    /// The target.
    pub target: &'a str,
    /// The result; `None` where there is none.
    pub result: Option<&'a T>,
    /// What is not in the result, and why.
    pub failures: &'a [String],
}

impl<T> Clone for TargetResult<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TargetResult<'_, T> {}

/// The results of all targets: the only one's as it is, or those of several in a list.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Targets<'a, T> {
    /// The result of one target.
    One(Target<'a, T>),
    /// The results of several targets.
    Several {
        /// Each target, in the order in which they were named.
        targets: Vec<Target<'a, T>>,
    },
    /// It did not come to targets, for example because the manifest is wrong.
    Failed {
        /// Why.
        failures: Vec<String>,
    },
}

/// The result of one target.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Target<'a, T> {
    /// There is a result, though perhaps not of everything.
    Result {
        /// What it is.
        #[serde(flatten)]
        result: &'a T,
        /// What is not in it, and why.
        failures: &'a [String],
    },
    /// There is none.
    Nothing {
        /// The target.
        target: &'a str,
        /// Why.
        failures: &'a [String],
    },
}

impl<'a, T> From<&TargetResult<'a, T>> for Target<'a, T> {
    fn from(of: &TargetResult<'a, T>) -> Self {
        let (target, failures) = (of.target, of.failures);
        match of.result {
            Some(result) => Self::Result { result, failures },
            None => Self::Nothing { target, failures },
        }
    }
}

impl<'a, T> Targets<'a, T> {
    /// The results as a document has them.
    pub fn of(results: &[TargetResult<'a, T>]) -> Self {
        match results {
            [only] => Self::One(only.into()),
            several => Self::Several {
                targets: several.iter().map(Target::from).collect(),
            },
        }
    }
}

/// Where a command looks that was told so by no manifest.
pub fn render_place(session: &Session) -> String {
    let regions: Vec<_> = session
        .registries
        .iter()
        .map(|registry| registry.destination())
        .collect();
    let (account, regions) = (&session.identity.account, joined(&regions));
    format!("There is no manifest: looking in AWS, account {account}, {regions}\n")
}

/// The JSON document of a command that failed before it had a result.
pub fn render_failure_document(failures: &Failures) -> String {
    let of_error = |error: &Error| match error.downcast_ref::<ManifestError>() {
        Some(manifest) => manifest.problems_with_places(),
        None => vec![error.to_string()],
    };
    let failures = failures.0.iter().flat_map(of_error).collect();
    let failed: Targets<'_, ()> = Targets::Failed { failures };
    Document::new(failed).render()
}
