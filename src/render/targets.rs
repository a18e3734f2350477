//! What a command came to in each of its targets, and the JSON form: as it is for one, and in a list for several.

use serde::Serialize;

use super::Document;
use super::text::joined;
use crate::error::{Error, Failures};
use crate::manifest::ManifestError;
use crate::registry::Session;

/// What a command came to in one target.
#[derive(Clone, Copy)]
pub struct TargetResult<'a, T> {
    /// The target.
    pub target: &'a str,
    /// The result; `None` where there is none.
    pub result: Option<&'a T>,
    /// What is not in the result, and why.
    pub failures: &'a [String],
}

#[derive(Serialize)]
struct Targets<'a, T: Serialize> {
    targets: Vec<Target<'a, T>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Target<'a, T: Serialize> {
    /// There is a result, though perhaps not of everything.
    Result {
        #[serde(flatten)]
        result: &'a T,
        failures: &'a [String],
    },
    /// There is none.
    Nothing {
        target: &'a str,
        failures: &'a [String],
    },
}

impl<'a, T: Serialize> From<&TargetResult<'a, T>> for Target<'a, T> {
    fn from(of: &TargetResult<'a, T>) -> Self {
        let (target, failures) = (of.target, of.failures);
        match of.result {
            Some(result) => Self::Result { result, failures },
            None => Self::Nothing { target, failures },
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
    let failures: Vec<_> = failures.0.iter().flat_map(of_error).collect();
    Document::new(serde_json::json!({ "failures": failures })).render()
}

/// The results as a JSON document.
pub fn render_documents<T: Serialize>(results: &[TargetResult<'_, T>]) -> String {
    match results {
        [only] => Document::new(Target::from(only)).render(),
        several => Document::new(Targets {
            targets: several.iter().map(Target::from).collect(),
        })
        .render(),
    }
}
