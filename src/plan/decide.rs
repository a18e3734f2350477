//! The decision table: from what is published, and what should be, to an action.

use std::cmp::Ordering;

use super::comparison::{ComparedVersion, compare};
use super::desired::Desired;
use super::difference::{Changes, compare_metadata};
use super::equality::{Equality, content_equality, recognise};
use super::observed::Observed;
use super::own_files::OwnFiles;
use super::parameter::plan_parameters;
use super::permission::plan_permission;
use super::planned::{
    Action, DestinationPlan, LayerPlan, PermissionPlan, PlannedArchive, VersionReference,
};
use crate::bytecode::bytecode_size;
use crate::layer::{Description, Policy, PublishedVersion, VersionMetadata, VersionNumber};
use crate::manifest::Republish;

/// Plans one layer for all destinations.
pub fn plan_layer(desired: &Desired, observed: &[Observed]) -> LayerPlan {
    let archive = desired
        .sha256
        .zip(desired.archive.as_ref())
        .map(|(sha256, archive)| PlannedArchive {
            sha256,
            size: archive.size,
            unpacked_size: archive.listing.unpacked_size(),
            bytecode: Some(bytecode_size(&archive.listing)).filter(|size| *size > 0),
            packages: archive.packages.clone(),
            own_files: OwnFiles::of(&archive.listing, &archive.own_files),
        });
    // Destructured, so that a new field is not forgotten.
    let VersionMetadata {
        description: _,
        runtimes,
        architectures,
        license,
    } = desired.metadata.clone();
    LayerPlan {
        layer: desired.layer.clone(),
        description: desired.description.clone(),
        description_position: desired.description_position,
        runtimes,
        architectures,
        license,
        archive,
        destinations: observed
            .iter()
            .map(|observed| plan_destination(desired, observed))
            .collect(),
    }
}

fn plan_destination(desired: &Desired, observed: &Observed) -> DestinationPlan {
    let decision = decide(desired, observed);
    let grantee = desired.grantee.as_ref();
    let permission = match &decision {
        Decision::Blocked { .. } => PermissionPlan::default(),
        Decision::Unchanged { policy, .. } => plan_permission(grantee, policy),
        Decision::Create | Decision::Publish { .. } => plan_permission(grantee, &Policy::default()),
    };
    let names = desired.parameters.as_ref();
    let parameters = names.map_or_else(Vec::new, |names| {
        let plan = |arn| plan_parameters(names, &observed.parameters, arn);
        match &decision {
            Decision::Blocked { .. } => Vec::new(),
            Decision::Unchanged { current, .. } => plan(Some(current.arn.as_str())),
            Decision::Create | Decision::Publish { .. } => plan(None),
        }
    });
    DestinationPlan {
        destination: observed.destination.clone(),
        action: action(&decision, desired, observed),
        versions: observed
            .versions
            .iter()
            .map(|version| version.number)
            .collect(),
        permission,
        parameters,
    }
}

/// What happens to the versions, before it is told what differs.
enum Decision<'a> {
    Create,
    Publish {
        after: &'a PublishedVersion,
    },
    Unchanged {
        current: &'a PublishedVersion,
        equality: Equality,
        policy: &'a Policy,
    },
    Blocked {
        published: &'a PublishedVersion,
        ungranted: Option<&'a PublishedVersion>,
    },
}

/// The version whose files must be read before the layer is planned; `None` where no files are compared.
pub fn compared_version(desired: &Desired, observed: &Observed) -> Option<VersionNumber> {
    let version = match decide(desired, observed) {
        Decision::Publish { after } => after,
        Decision::Blocked { published, .. } => published,
        Decision::Create | Decision::Unchanged { .. } => return None,
    };
    let content = observed.contents.get(&version.number)?;
    let differs = content_equality(desired, content).is_none();
    differs.then_some(version.number)
}

fn decide<'a>(desired: &Desired, observed: &'a Observed) -> Decision<'a> {
    let Some(newest) = observed.versions.first() else {
        return Decision::Create;
    };
    // The oldest of several equal versions is the current one, so that racing publishes settle on the first.
    let equal = observed.versions.iter().rev().find_map(|version| {
        let content = observed.contents.get(&version.number)?;
        Some((version, content, recognise(desired, version, content)?))
    });
    let described_so =
        |version: &&PublishedVersion| version.metadata.description == desired.description.as_str();
    if let Some((version, content, equality)) = equal {
        let oldest = observed.versions.iter().rev().find(described_so);
        let other = oldest.filter(|oldest| oldest.number < version.number);
        let is_granted = plan_permission(desired.grantee.as_ref(), &content.policy)
            .grant
            .is_none();
        return match other {
            Some(other) if desired.republish == Republish::Deny && !is_granted => {
                Decision::Blocked {
                    published: other,
                    ungranted: Some(version),
                }
            }
            _ => Decision::Unchanged {
                current: version,
                equality,
                policy: &content.policy,
            },
        };
    }
    let same_description = observed.versions.iter().find(described_so);
    match same_description {
        Some(version) if desired.republish == Republish::Deny => Decision::Blocked {
            published: version,
            ungranted: None,
        },
        _ => Decision::Publish { after: newest },
    }
}

/// The action, with what differs.
fn action(decision: &Decision<'_>, desired: &Desired, observed: &Observed) -> Action {
    match *decision {
        Decision::Create => Action::Create,
        Decision::Publish { after } => Action::Publish {
            after: after.into(),
            lowers_description: is_lower(&desired.description, after),
            changes: changes(desired, observed, after),
        },
        Decision::Unchanged {
            current, equality, ..
        } => Action::Unchanged {
            current: current.into(),
            equality,
        },
        Decision::Blocked {
            published,
            ungranted,
        } => Action::Blocked {
            published: published.into(),
            ungranted: ungranted.map(VersionReference::from),
            changes: changes(desired, observed, published),
        },
    }
}

/// Whether a description comes before that of a published version; one that is no semantic version has no place.
fn is_lower(description: &Description, published: &PublishedVersion) -> bool {
    let published = published.metadata.description.parse::<Description>();
    let order = |published: Description| {
        let version = description.version();
        version.cmp_precedence(published.version())
    };
    published.map(order).is_ok_and(Ordering::is_lt)
}

/// What differs from a published version, as far as its content was read.
fn changes(desired: &Desired, observed: &Observed, version: &PublishedVersion) -> Changes {
    let content = observed.contents.get(&version.number);
    let (Some(archive), Some(content)) = (&desired.archive, content) else {
        return Changes {
            metadata: compare_metadata(&version.metadata, &desired.metadata),
            ..Changes::default()
        };
    };
    let before = ComparedVersion {
        metadata: &version.metadata,
        sha256: Some(content.sha256),
        size: content.size,
        comment: content.comment,
        listing: content.listing.as_ref(),
    };
    let after = ComparedVersion {
        metadata: &desired.metadata,
        sha256: desired.sha256,
        size: archive.size,
        comment: Some(desired.comment),
        listing: Some(&archive.listing),
    };
    let equality = content_equality(desired, content);
    let own_files = Some(&archive.own_files);
    compare(&before, &after, equality, own_files, &observed.evidence)
}
