//! What happens to a layer in a few words: sign, headline, and what to do about it.

use super::changes::Tone;
use super::group::Group;
use super::text::{joined, size};
use super::visible::visible;
use crate::layer::Level;
use crate::plan::{Action, Changes, Equality, LayerPlan, Plan};

/// The target with its account and destinations.
pub fn place(plan: &Plan) -> String {
    let account = plan
        .account
        .as_ref()
        .map(|account| format!("account {account}, "))
        .unwrap_or_default();
    format!("{}: {account}{}", plan.target, joined(&plan.destinations))
}

/// What to do about a layer that is blocked.
pub fn hint(layer: &LayerPlan, manifest: &str) -> String {
    match layer.description_position {
        Some(position) => format!(
            "raise `description` in {manifest}:{}, for example with {}",
            position.line,
            bump(layer)
        ),
        None => "publish it as another version".to_owned(),
    }
}

/// The command that makes the layer publishable.
fn bump(layer: &LayerPlan) -> String {
    let changes = layer
        .destinations
        .iter()
        .filter_map(|plan| match &plan.action {
            Action::Blocked { changes, .. } => Some(changes),
            _ => None,
        });
    let suggestions = changes.filter_map(Changes::suggestion);
    let level = suggestions.map(|suggestion| suggestion.level).max();
    let level = level.unwrap_or(Level::Minor).as_str();
    format!("`lls bump {} --{level}`", layer.layer)
}

/// The sign of what happens to a layer, and its tone.
pub fn sign(action: &Action) -> (&'static str, Tone) {
    match action {
        Action::Create => ("+", Tone::Good),
        Action::Publish { .. } => ("^", Tone::Good),
        Action::Unchanged { .. } => ("~", Tone::Change),
        Action::Blocked { .. } => ("!", Tone::Bad),
    }
}

/// The sizes of a new layer: `, 0.2 MB zipped, 0.9 MB unpacked`.
pub fn new_sizes(layer: &LayerPlan, action: &Action) -> String {
    match (action, &layer.archive) {
        (Action::Create, Some(archive)) => {
            let (zipped, unpacked) = (size(archive.size), size(archive.unpacked_size));
            format!(", {zipped} zipped, {unpacked} unpacked")
        }
        _ => String::new(),
    }
}

/// What happens to a layer in a group of destinations, of so many in all.
pub fn headline(group: &Group<'_>, destinations: usize) -> String {
    let everywhere = group.destinations.len() == destinations;
    let place = if everywhere {
        String::new()
    } else {
        format!(" in {}", joined(&group.names()))
    };
    match &group.first().action {
        Action::Create => format!("new layer{place}"),
        Action::Publish { after, changes, .. } => {
            let same = match changes.equality {
                Some(Equality::WithoutBytecode) => ", same content, now with bytecode",
                _ if changes.same_content => ", same content",
                _ => "",
            };
            // Whoever published it may have written anything.
            let described = match after.description.as_str() {
                "" => "a version without description".to_owned(),
                description => visible(description),
            };
            format!("after {described} ({}){same}", group.versions(destinations))
        }
        Action::Unchanged { .. } => {
            let permission = &group.first().permission;
            let what = match (permission.grant.is_some(), permission.revoke.is_empty()) {
                (true, true) => "not granted",
                (true, false) => "granted to someone else",
                (false, true) => "parameters to set",
                (false, false) if permission.desired.is_none() => "granted, but should not be",
                (false, false) => "granted by other statements too",
            };
            format!(
                "published as {}, {what}{place}",
                group.versions(destinations)
            )
        }
        Action::Blocked { changes, .. } => {
            let what = if changes.same_content {
                "different metadata"
            } else {
                "different content"
            };
            format!(
                "already published as {} with {what}",
                group.versions(destinations)
            )
        }
    }
}
