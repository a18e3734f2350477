//! What applying came to: every layer and destination, with what was done there and what went wrong.

use serde::Serialize;

use crate::error::Error;
use crate::layer::{Description, Grantee, LayerName, VersionNumber};
use crate::plan::VersionReference;

/// What applying a plan came to.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The target.
    pub target: String,
    /// The layers, sorted by name.
    pub layers: Vec<LayerSummary>,
}

/// What applying came to for one layer.
#[derive(Debug, Serialize)]
pub struct LayerSummary {
    /// The layer.
    pub layer: LayerName,
    /// Its description.
    pub description: Description,
    /// Each destination, in the target's order.
    pub destinations: Vec<DestinationSummary>,
}

/// What applying came to for one layer in one destination.
#[derive(Debug, Serialize)]
pub struct DestinationSummary {
    /// The destination.
    pub destination: String,
    /// What happened.
    pub outcome: Outcome,
    /// Whether a version was published, whatever happened afterwards.
    pub published: bool,
    /// The version that is current now, as far as it is known.
    pub current: Option<CurrentVersion>,
    /// Whom that version was newly granted to.
    pub granted: Option<Grantee>,
    /// How many statements were revoked from it.
    pub revoked: usize,
    /// What went wrong.
    #[serde(serialize_with = "error_text")]
    pub error: Option<Error>,
}

/// What happened to a layer in a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The first version was published.
    Created,
    /// A further version was published.
    Published,
    /// Only the policy was changed.
    Granted,
    /// Nothing had to be done.
    Unchanged,
    /// Nothing was done, because the plan was blocked.
    Blocked,
    /// Something went wrong, perhaps after a version was published.
    Failed,
    /// Nothing was done, because the user asked to stop.
    NotStarted,
}

/// A version that is what the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CurrentVersion {
    /// Its number.
    pub number: VersionNumber,
    /// Its ARN.
    pub arn: String,
}

#[expect(clippy::ref_option, reason = "serde passes the field as it is")]
pub(super) fn error_text<S: serde::Serializer>(
    error: &Option<Error>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match error {
        Some(error) => serializer.serialize_some(&error.to_string()),
        None => serializer.serialize_none(),
    }
}

impl Summary {
    /// Whether everything is now as the manifest says.
    pub fn is_success(&self) -> bool {
        let mut destinations = self.layers.iter().flat_map(|layer| &layer.destinations);
        destinations.all(|destination| match destination.outcome {
            Outcome::Created | Outcome::Published | Outcome::Granted | Outcome::Unchanged => true,
            Outcome::Blocked | Outcome::Failed | Outcome::NotStarted => false,
        })
    }
}

impl From<&VersionReference> for CurrentVersion {
    fn from(reference: &VersionReference) -> Self {
        Self {
            number: reference.number,
            arn: reference.arn.clone(),
        }
    }
}
