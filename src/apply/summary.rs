//! What applying came to: every layer and destination, with what was done there and what went wrong.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::layer::{
    Description, Grantee, LayerName, ParameterName, PublishedVersion, VersionNumber,
};
use crate::plan::VersionReference;

/// What applying a plan came to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// The target.
    pub target: String,
    /// The layers, sorted by name.
    pub layers: Vec<LayerSummary>,
    /// How many failures kept layers or destinations from being planned, so that they are not among these.
    pub unplanned: usize,
}

/// What applying came to for one layer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LayerSummary {
    /// The layer.
    pub layer: LayerName,
    /// Its description.
    pub description: Description,
    /// Each destination, in the target's order.
    pub destinations: Vec<DestinationSummary>,
}

/// What applying came to for one layer in one destination.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DestinationSummary {
    /// The destination.
    pub destination: String,
    /// What happened.
    pub outcome: Outcome,
    /// Whether a version was published, whatever happened afterwards.
    pub published: bool,
    /// How the current version came to be that, where it was not simply published or there.
    pub found: Option<Found>,
    /// The version that is current now, as far as it is known; none where what was published must not be used.
    pub current: Option<CurrentVersion>,
    /// Whom that version was newly granted to.
    pub granted: Option<Grantee>,
    /// How many statements were revoked from it.
    pub revoked: usize,
    /// The parameters that were set to that version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterName>,
    /// Whether version and policy are as planned, so that what went wrong are the parameters.
    #[serde(skip)]
    pub is_settled: bool,
    /// What went wrong.
    #[serde(serialize_with = "error_text")]
    #[schemars(with = "Option<String>")]
    pub error: Option<Error>,
}

/// What happened to a layer in a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The first version was published.
    Created,
    /// A further version was published.
    Published,
    /// Only the policy was changed.
    Granted,
    /// Only parameters were set.
    ParametersSet,
    /// Nothing had to be done.
    Unchanged,
    /// Nothing was done, because the plan was blocked.
    Blocked,
    /// Something went wrong, perhaps after a version was published.
    Failed,
    /// Nothing was done, because the user asked to stop.
    NotStarted,
}

/// How a version was found that a run did not simply publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Found {
    /// This run published it; the answer was lost, and the version was looked for.
    LostReply,
    /// Another run published it after this one had planned.
    AnotherRun {
        /// The equal version that this run published as well, which nobody needs.
        ours: Option<VersionNumber>,
    },
}

/// A version that is what the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
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
        let destinations = self.layers.iter().flat_map(|layer| &layer.destinations);
        let mut done = destinations.map(|destination| match destination.outcome {
            Outcome::Created
            | Outcome::Published
            | Outcome::Granted
            | Outcome::ParametersSet
            | Outcome::Unchanged => true,
            Outcome::Blocked | Outcome::Failed | Outcome::NotStarted => false,
        });
        self.unplanned == 0 && done.all(|done| done)
    }
}

impl DestinationSummary {
    /// Notes that a publish of this run without an answer had arrived.
    pub(super) fn note_arrived(&mut self) {
        self.outcome = Outcome::Published;
        self.published = true;
        self.found = Some(Found::LostReply);
    }
}

impl From<&PublishedVersion> for CurrentVersion {
    fn from(version: &PublishedVersion) -> Self {
        Self {
            number: version.number,
            arn: version.arn.clone(),
        }
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
