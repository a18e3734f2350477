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

impl<'a, T: Serialize> From<&TargetResult<'a, T>> for Target<'a, T> {
    fn from(of: &TargetResult<'a, T>) -> Self {
        let (target, failures) = (of.target, of.failures);
        match of.result {
            Some(result) => Self::Result { result, failures },
            None => Self::Nothing { target, failures },
        }
    }
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
