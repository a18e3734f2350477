//! Destinations in which the same happens to a layer, told of in one go.

use crate::layer::VersionNumber;
use crate::plan::{Action, Changes, DestinationPlan, LayerPlan, VersionReference};

/// Destinations in which the same happens to a layer, for the same reason.
pub struct Group<'a> {
    pub destinations: Vec<&'a DestinationPlan>,
}

impl<'a> Group<'a> {
    pub fn first(&self) -> &'a DestinationPlan {
        self.destinations[0]
    }

    /// `us-east-1:2, eu-west-1:1`, or `:2` in a target with one destination.
    pub fn versions(&self, destinations: usize) -> String {
        let reference = |plan: &DestinationPlan| match reference(&plan.action) {
            Some(version) if destinations == 1 => format!(":{}", version.number),
            Some(version) => format!("{}:{}", plan.destination, version.number),
            None => plan.destination.clone(),
        };
        self.destinations
            .iter()
            .map(|plan| reference(plan))
            .collect::<Vec<_>>()
            .join(", ")
    }

    pub fn names(&self) -> Vec<&'a str> {
        self.destinations
            .iter()
            .map(|plan| plan.destination.as_str())
            .collect()
    }
}

fn reference(action: &Action) -> Option<&VersionReference> {
    match action {
        Action::Create => None,
        Action::Publish { after: version, .. }
        | Action::Unchanged {
            current: version, ..
        }
        | Action::Blocked {
            published: version, ..
        } => Some(version),
    }
}

/// The destinations of a layer in which something is to be said, grouped.
pub fn groups(layer: &LayerPlan) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for plan in layer
        .destinations
        .iter()
        .filter(|plan| plan.is_change() || plan.is_blocked())
    {
        match groups
            .iter_mut()
            .find(|group| is_alike(group.first(), plan))
        {
            Some(group) => group.destinations.push(plan),
            None => groups.push(Group {
                destinations: vec![plan],
            }),
        }
    }
    groups
}

/// Whether two destinations differ in their names and version numbers alone.
fn is_alike(first: &DestinationPlan, second: &DestinationPlan) -> bool {
    let kind = |plan: &DestinationPlan| std::mem::discriminant(&plan.action);
    let description =
        |plan: &DestinationPlan| reference(&plan.action).map(|version| version.description.clone());
    kind(first) == kind(second)
        && description(first) == description(second)
        && changes(&first.action) == changes(&second.action)
        && ungranted(&first.action) == ungranted(&second.action)
        && first.permission.grant == second.permission.grant
        && first.permission.revoke == second.permission.revoke
        && is_alike_in_parameters(first, second)
}

/// Whether the same parameters are set, in place of something or anew; what they hold differs in each region.
fn is_alike_in_parameters(first: &DestinationPlan, second: &DestinationPlan) -> bool {
    let set = |plan: &DestinationPlan| {
        let changes = plan.parameters.iter();
        let set = changes.map(|change| (change.name.clone(), change.before.is_some()));
        set.collect::<Vec<_>>()
    };
    set(first) == set(second)
}

/// What differs from a published version, where the layer was compared with one.
pub fn changes(action: &Action) -> Option<&Changes> {
    match action {
        Action::Create | Action::Unchanged { .. } => None,
        Action::Publish { changes, .. } | Action::Blocked { changes, .. } => Some(changes),
    }
}

/// The number of an equal version that is not taken, for another came before it.
pub fn ungranted(action: &Action) -> Option<VersionNumber> {
    match action {
        Action::Blocked { ungranted, .. } => ungranted.as_ref().map(|version| version.number),
        _ => None,
    }
}
