//! What a command came to in each of its targets, and the JSON form: as it is for one, and in a list for several.

use serde::Serialize;

use super::Document;

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

/// The results as a JSON document.
pub fn render_documents<T: Serialize>(results: &[TargetResult<'_, T>]) -> String {
    if let [
        TargetResult {
            result: Some(result),
            ..
        },
    ] = results
    {
        return Document::new(result).render();
    }
    let targets = results.iter().map(|of| match of.result {
        Some(result) => Target::Result {
            result,
            failures: of.failures,
        },
        None => Target::Nothing {
            target: of.target,
            failures: of.failures,
        },
    });
    Document::new(Targets {
        targets: targets.collect(),
    })
    .render()
}
