//! A plan: what must happen to layers, in each destination of a target.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::difference::Changes;
use super::equality::Equality;
use super::own_files::OwnFiles;
use super::parameter::ParameterChange;
use crate::digest::Sha256;
use crate::layer::{
    AccountId, Architecture, Description, Grantee, LayerName, PackageSummary, PublishedVersion,
    Runtime, Statement, VersionNumber,
};
use crate::manifest::Position;

/// What must happen to the layers of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The target.
    pub target: String,
    /// The account that it is in; `None` for a directory registry, which is in none.
    pub account: Option<AccountId>,
    /// Its destinations.
    pub destinations: Vec<String>,
    /// The layers, sorted by name.
    pub layers: Vec<LayerPlan>,
}

/// What must happen to one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayerPlan {
    /// The layer.
    pub layer: LayerName,
    /// Its description.
    pub description: Description,
    /// Where the description stands in the manifest, if it does.
    pub description_position: Option<Position>,
    /// The runtimes it is meant for.
    #[serde(default)]
    pub runtimes: BTreeSet<Runtime>,
    /// The architectures it is meant for.
    #[serde(default)]
    pub architectures: BTreeSet<Architecture>,
    /// Its licence, if one is given.
    #[serde(default)]
    pub license: Option<String>,
    /// The archive, where it had to be built.
    pub archive: Option<PlannedArchive>,
    /// What must happen in each destination, in the target's order.
    pub destinations: Vec<DestinationPlan>,
}

/// The archive that a layer's plan is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedArchive {
    /// Hash over its bytes.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes that it unpacks to.
    pub unpacked_size: u64,
    /// How many of those are bytecode; `None` for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytecode: Option<u64>,
    /// The packages in it.
    pub packages: Vec<PackageSummary>,
    /// The layer's own files in it.
    #[serde(default, skip_serializing_if = "OwnFiles::is_empty")]
    pub own_files: OwnFiles,
}

/// What must happen to one layer in one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DestinationPlan {
    /// The destination.
    pub destination: String,
    /// What must happen to the versions.
    #[serde(flatten)]
    pub action: Action,
    /// The versions that are there, newest first.
    pub versions: Vec<VersionNumber>,
    /// What must happen to the policy of the version that is current afterwards.
    pub permission: PermissionPlan,
    /// The parameters that must be set to the version that is current afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterChange>,
}

/// What must happen to the versions of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Publish the first version.
    Create,
    /// Publish a new version.
    Publish {
        /// The newest version, which it follows.
        after: VersionReference,
        /// Whether the description is a lower version than the one of that version (Semantic Versioning 2.0.0, item 11).
        #[serde(default)]
        lowers_description: bool,
        /// What differs from it.
        changes: Changes,
    },
    /// Publish nothing: a version is what the manifest says.
    Unchanged {
        /// That version.
        current: VersionReference,
        /// How it was recognised.
        equality: Equality,
    },
    /// Publish nothing and grant nothing: a version with the manifest's description is something else.
    Blocked {
        /// That version: the newest, or the oldest where one above it is `ungranted`.
        published: VersionReference,
        /// A version with the same description that is what the manifest says, but is not granted: it was left by a
        /// run that was not the first to publish the description.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ungranted: Option<VersionReference>,
        /// What differs from it.
        changes: Changes,
    },
}

/// A published version, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VersionReference {
    /// Its number.
    pub number: VersionNumber,
    /// Its description.
    pub description: String,
    /// Its ARN.
    pub arn: String,
}

impl From<&PublishedVersion> for VersionReference {
    fn from(version: &PublishedVersion) -> Self {
        Self {
            number: version.number,
            description: version.metadata.description.clone(),
            arn: version.arn.clone(),
        }
    }
}

/// What must happen to the policy of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PermissionPlan {
    /// Who is to have access by a statement.
    pub desired: Option<Grantee>,
    /// Whom to grant.
    pub grant: Option<Grantee>,
    /// The managed statements to revoke, after granting.
    pub revoke: Vec<Statement>,
    /// Statements that `lls` does not manage; they stay.
    pub unmanaged: Vec<Statement>,
}

impl PermissionPlan {
    /// Whether the policy is to be changed.
    pub fn is_change(&self) -> bool {
        self.grant.is_some() || !self.revoke.is_empty()
    }
}

impl DestinationPlan {
    /// Whether applying would change anything.
    pub fn is_change(&self) -> bool {
        match self.action {
            Action::Create | Action::Publish { .. } => true,
            Action::Unchanged { .. } => self.permission.is_change() || !self.parameters.is_empty(),
            Action::Blocked { .. } => false,
        }
    }

    /// Whether something stands in the way.
    pub fn is_blocked(&self) -> bool {
        matches!(self.action, Action::Blocked { .. })
    }
}

/// How a layer counts in a plan's summary: by the weightiest thing that happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing happens.
    Unchanged,
    /// Only parameters are set.
    Parameters,
    /// A policy changes, and perhaps parameters.
    Grant,
    /// A version is published.
    Publish,
    /// The first version is published.
    Create,
    /// Something stands in the way.
    Blocked,
}

impl LayerPlan {
    /// Whether a version of it is to be published somewhere.
    pub fn is_published(&self) -> bool {
        let mut actions = self.destinations.iter().map(|planned| &planned.action);
        actions.any(|action| matches!(action, Action::Create | Action::Publish { .. }))
    }

    /// How the layer counts.
    pub fn standing(&self) -> Standing {
        let standing = |destination: &DestinationPlan| match destination.action {
            Action::Blocked { .. } => Standing::Blocked,
            Action::Create => Standing::Create,
            Action::Publish { .. } => Standing::Publish,
            Action::Unchanged { .. } if destination.permission.is_change() => Standing::Grant,
            Action::Unchanged { .. } if destination.is_change() => Standing::Parameters,
            Action::Unchanged { .. } => Standing::Unchanged,
        };
        self.destinations
            .iter()
            .map(standing)
            .max()
            .unwrap_or(Standing::Unchanged)
    }
}

impl Plan {
    /// Whether applying would change anything.
    pub fn has_changes(&self) -> bool {
        self.layers
            .iter()
            .flat_map(|layer| &layer.destinations)
            .any(DestinationPlan::is_change)
    }

    /// Whether something stands in the way of a layer.
    pub fn is_blocked(&self) -> bool {
        self.layers
            .iter()
            .flat_map(|layer| &layer.destinations)
            .any(DestinationPlan::is_blocked)
    }

    /// How many layers count as `standing`.
    pub fn count(&self, standing: Standing) -> usize {
        self.layers
            .iter()
            .filter(|layer| layer.standing() == standing)
            .count()
    }
}
