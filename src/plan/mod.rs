//! The planner: what must happen so that a registry holds what the manifest says, and why.
//!
//! A pure function of desired and observed state: no I/O, no clock, no environment; equal inputs give equal plans.

mod bump;
mod comparison;
mod decide;
mod difference;
mod movement;
mod package;
mod parameter;
mod permission;
mod retention;
mod saved;
mod texts;
mod usage;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::archive::{ArchiveComment, EntryPath, Listing};
use crate::digest::Sha256;
use crate::layer::{
    AccountId, Architecture, Description, Grantee, HeldValue, LayerName, PackageName,
    PackageSummary, ParameterName, ParameterNames, Policy, PublishedVersion, Runtime, Statement,
    VersionMetadata, VersionNumber,
};
use crate::manifest::{Position, Republish};

pub use bump::Suggestion;
pub use comparison::{
    ComparedVersion, Ownership, changed_files, changed_packages, compare_versions, package_files,
    packages, recorded_package, records,
};
pub use decide::{plan_layer, recognise};
pub use difference::{FileChange, FileState, LineChange, SizeChange};
pub use movement::{Movement, PlanMoved, movements};
pub use package::{PackageChange, PackageChangeKind};
pub use parameter::{ParameterChange, plan_parameters};
pub use permission::plan_permission;
pub use retention::{Fate, Retention, VersionFate, plan_delete, plan_prune, shared_with};
pub use saved::{SavedPlan, SavedPlanError};
pub use texts::{TextDetail, Texts, Uncompared, compare_texts, unreadable_texts, wanted_texts};
pub use usage::{LayerUsage, PublishedLayer, Uses, VersionUsage};

/// What a layer should be.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The layer.
    pub layer: LayerName,
    /// Its description.
    pub description: Description,
    /// Where the description stands in the manifest, if it does.
    pub description_position: Option<Position>,
    /// Everything that is immutable once published, the description included.
    pub metadata: VersionMetadata,
    /// Hash over everything that shapes its archive.
    pub fingerprint: Sha256,
    /// Whether an archive counts as equal if its comment says so; `--rebuild` compares what it holds.
    pub trusts_comments: bool,
    /// Hash over its archive, where that was built before.
    pub sha256: Option<Sha256>,
    /// Its archive; `None` as long as every destination is recognised without reading it.
    pub archive: Option<DesiredArchive>,
    /// Who may use it; `None` for nobody beside the owning account.
    pub grantee: Option<Grantee>,
    /// The parameters that are to hold its current version, if it has any.
    pub parameters: Option<ParameterNames>,
    /// What to do where the description exists with other content.
    pub republish: Republish,
}

impl Desired {
    /// Those of a destination's parameters that are the layer's.
    pub fn held(
        &self,
        parameters: &BTreeMap<ParameterName, HeldValue>,
    ) -> BTreeMap<ParameterName, HeldValue> {
        let names = self.parameters.iter().flat_map(ParameterNames::iter);
        let held = names.filter_map(|name| Some((name.clone(), parameters.get(name)?.clone())));
        held.collect()
    }

    /// Whether a published archive with this comment says that it was made from the same inputs.
    pub fn is_claimed_by(&self, comment: Option<ArchiveComment>) -> bool {
        comment.is_some_and(|comment| comment.0 == self.fingerprint)
    }
}

/// A built archive.
#[derive(Clone, Debug)]
pub struct DesiredArchive {
    /// Its size in bytes.
    pub size: u64,
    /// The files in it.
    pub listing: Listing,
    /// Those of the files that are the layer's own.
    pub own_files: BTreeSet<EntryPath>,
    /// The packages in it.
    pub packages: Vec<PackageSummary>,
}

impl DesiredArchive {
    /// What is known without reading files of whose they are.
    pub fn ownership(&self) -> Ownership<'_> {
        Ownership {
            own_files: Some(&self.own_files),
            ..Ownership::default()
        }
    }
}

/// What one destination has of a layer.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The destination's name.
    pub destination: String,
    /// All versions, newest first.
    pub versions: Vec<PublishedVersion>,
    /// What is known of the content of those versions that matter.
    pub contents: BTreeMap<VersionNumber, ObservedContent>,
    /// What those of its parameters hold that are there.
    pub parameters: BTreeMap<ParameterName, HeldValue>,
}

/// What is known of a published version's content.
#[derive(Clone, Debug)]
pub struct ObservedContent {
    /// Hash over its archive.
    pub sha256: Sha256,
    /// Size of its archive in bytes.
    pub size: u64,
    /// The comment of its archive, where it was read and `lls` made it.
    pub comment: Option<ArchiveComment>,
    /// The files in it, where they were read.
    pub listing: Option<Listing>,
    /// Its policy, where it was read.
    pub policy: Policy,
}

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
    /// The packages in it.
    pub packages: Vec<PackageSummary>,
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

impl Action {
    /// The version that the layer was compared with, and what differs; `None` where nothing was compared.
    pub fn compared(&mut self) -> Option<(VersionNumber, &mut Changes)> {
        match self {
            Self::Publish { after, changes, .. } => Some((after.number, changes)),
            Self::Blocked {
                published, changes, ..
            } => Some((published.number, changes)),
            Self::Create | Self::Unchanged { .. } => None,
        }
    }
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

/// How two archives were found to hold the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Equality {
    /// Their hashes are equal.
    SameBytes,
    /// They were made from equal inputs, as the archive's comment says.
    SameInputs,
    /// They list the same files with the same checksums.
    SameFiles,
}

/// What differs between a published version and the layer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// Whether the content is the same, so that only the metadata differs.
    pub same_content: bool,
    /// How the content was found to be the same, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equality: Option<Equality>,
    /// Whether the content differs though the archive's comment says that it was made from the same inputs.
    #[serde(default)]
    pub has_false_comment: bool,
    /// Whether it is known what differs in the files: they were compared, or are the same. If not, only hashes were.
    pub compared: bool,
    /// Packages that come, go or change.
    pub packages: Vec<PackageChange>,
    /// Own files that come, go or change.
    pub files: Vec<FileChange>,
    /// The archive's sizes before and after.
    pub size: Option<SizeChange>,
    /// Bytes that it unpacks to before and after, where that is known of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpacked_size: Option<SizeChange>,
    /// Metadata that differs.
    pub metadata: Vec<MetadataChange>,
}

/// A package of a published version; several versions where runtimes differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageVersions {
    /// Its name.
    pub name: PackageName,
    /// Its versions.
    pub versions: BTreeSet<String>,
}

/// A part of the metadata that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MetadataChange {
    /// Which: `runtimes`, `architectures` or `license`; between published versions also `description`.
    pub field: Cow<'static, str>,
    /// The published value.
    pub before: String,
    /// The manifest's.
    pub after: String,
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
