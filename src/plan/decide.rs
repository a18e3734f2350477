//! The decision table: from what is published, and what should be, to an action.

use std::cmp::Ordering;

use super::difference::compare;
use super::parameter::plan_parameters;
use super::permission::plan_permission;
use super::{
    Action, Changes, Desired, DestinationPlan, Equality, LayerPlan, Observed, ObservedContent,
    PermissionPlan, PlannedArchive,
};
use crate::layer::{Description, Policy, PublishedVersion, VersionMetadata};
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
            packages: archive.packages.clone(),
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
    let (action, policy) = decide(desired, observed);
    let permission = match &action {
        Action::Blocked { .. } => PermissionPlan::default(),
        _ => plan_permission(
            desired.grantee.as_ref(),
            policy.unwrap_or(&Policy::default()),
        ),
    };
    let names = desired.parameters.as_ref();
    let parameters = names.map_or_else(Vec::new, |names| {
        let plan = |arn| plan_parameters(names, &observed.parameters, arn);
        match &action {
            Action::Blocked { .. } => Vec::new(),
            Action::Unchanged { current, .. } => plan(Some(current.arn.as_str())),
            Action::Create | Action::Publish { .. } => plan(None),
        }
    });
    DestinationPlan {
        destination: observed.destination.clone(),
        action,
        versions: observed
            .versions
            .iter()
            .map(|version| version.number)
            .collect(),
        permission,
        parameters,
    }
}

/// The action, with the policy of the version that stays current.
fn decide<'a>(desired: &Desired, observed: &'a Observed) -> (Action, Option<&'a Policy>) {
    let Some(newest) = observed.versions.first() else {
        return (Action::Create, None);
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
        if let Some(other) = other.filter(|_| desired.republish == Republish::Deny && !is_granted) {
            let action = Action::Blocked {
                published: other.into(),
                ungranted: Some(version.into()),
                changes: changes(desired, observed, other),
            };
            return (action, None);
        }
        return (
            Action::Unchanged {
                current: version.into(),
                equality,
            },
            Some(&content.policy),
        );
    }
    let same_description = observed.versions.iter().find(described_so);
    let action = match same_description {
        Some(version) if desired.republish == Republish::Deny => Action::Blocked {
            published: version.into(),
            ungranted: None,
            changes: changes(desired, observed, version),
        },
        _ => Action::Publish {
            after: newest.into(),
            lowers_description: is_lower(&desired.description, newest),
            changes: changes(desired, observed, newest),
        },
    };
    (action, None)
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

/// How a published version is what the manifest says, content and metadata; `None` where it is not.
pub fn recognise(
    desired: &Desired,
    version: &PublishedVersion,
    content: &ObservedContent,
) -> Option<Equality> {
    if version.metadata == desired.metadata {
        content_equality(desired, content)
    } else {
        None
    }
}

/// How the published content is the desired one; `None` where it is not, or where that cannot be known.
pub(super) fn content_equality(desired: &Desired, content: &ObservedContent) -> Option<Equality> {
    if desired.sha256 == Some(content.sha256) {
        return Some(Equality::SameBytes);
    }
    if desired.trusts_comments && desired.is_claimed_by(content.comment) {
        return Some(Equality::SameInputs);
    }
    let listings = desired
        .archive
        .as_ref()
        .map(|archive| &archive.listing)
        .zip(content.listing.as_ref());
    listings
        .filter(|(desired, published)| desired == published)
        .map(|_| Equality::SameFiles)
}

fn changes(desired: &Desired, observed: &Observed, version: &PublishedVersion) -> Changes {
    compare(
        desired,
        &version.metadata,
        observed.contents.get(&version.number),
    )
}
