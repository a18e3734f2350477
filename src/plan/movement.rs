//! What moved between a saved plan and what planning again says: each difference with its place, before and now.
//!
//! How a version was recognised, and what could be compared, depends on what is cached, and is no movement.

use std::fmt::Display;
use std::path::PathBuf;

use super::parameter::ParameterChange;
use super::planned::{Action, DestinationPlan, LayerPlan, PermissionPlan, Plan};
use crate::error::Failure;
use crate::layer::{Statement, VersionNumber};

/// Something that is not as it was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The destination, where it is about one, and the layer.
    pub place: Vec<String>,
    /// What moved.
    pub field: &'static str,
    /// What was planned.
    pub before: String,
    /// What is so now.
    pub now: String,
}

/// A saved plan is not what would be done now.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is out of date", path.display())]
pub struct PlanMoved {
    /// The saved plan.
    pub path: PathBuf,
    /// What moved; never empty.
    pub movements: Vec<Movement>,
}

impl Failure for PlanMoved {
    fn hint(&self) -> Option<String> {
        Some("nothing was changed; make a new plan with `lls plan --out FILE`".into())
    }
}

impl std::fmt::Display for Movement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for place in &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: {} -> {}", self.field, self.before, self.now)
    }
}

/// Everything in which `now` is another plan than the saved one; nothing where applying it does the same.
pub fn movements(saved: &Plan, now: &Plan) -> Vec<Movement> {
    let mut found = Movements::default();
    // Destructured here and below, so that a new field is not forgotten.
    let Plan {
        target,
        account,
        destinations,
        layers,
    } = saved;
    found.compare("target", target, &now.target);
    found.compare(
        "account",
        or_none(account.as_ref()),
        or_none(now.account.as_ref()),
    );
    found.compare(
        "destinations",
        listed(destinations),
        listed(&now.destinations),
    );
    let names = |layers: &[LayerPlan]| listed(layers.iter().map(|layer| &layer.layer));
    found.compare("layers", names(layers), names(&now.layers));
    if found.movements.is_empty() {
        for (layer, now) in layers.iter().zip(&now.layers) {
            found.compare_layer(layer, now);
        }
    }
    found.movements
}

#[derive(Default)]
struct Movements {
    place: Vec<String>,
    movements: Vec<Movement>,
}

impl Movements {
    fn compare(&mut self, field: &'static str, before: impl Display, now: impl Display) {
        let (before, now) = (before.to_string(), now.to_string());
        if before != now {
            self.movements.push(Movement {
                place: self.place.clone(),
                field,
                before,
                now,
            });
        }
    }

    fn compare_layer(&mut self, saved: &LayerPlan, now: &LayerPlan) {
        let LayerPlan {
            layer,
            description,
            description_position: _,
            runtimes,
            architectures,
            license,
            archive,
            destinations,
        } = saved;
        self.place = vec![layer.to_string()];
        self.compare("description", description, &now.description);
        self.compare("runtimes", listed(runtimes), listed(&now.runtimes));
        self.compare(
            "architectures",
            listed(architectures),
            listed(&now.architectures),
        );
        self.compare(
            "license",
            or_none(license.as_ref()),
            or_none(now.license.as_ref()),
        );
        let hash = |layer: &LayerPlan| layer.archive.as_ref().map(|archive| archive.sha256);
        let (planned, built) = (archive.as_ref().map(|archive| archive.sha256), hash(now));
        // What is published is pinned. Elsewhere it depends on what is recognised without it, which the actions tell,
        // whether it is built.
        if now.is_published() || planned.is_some() && built.is_some() {
            self.compare("archive", or_none(planned), or_none(built));
        }
        let names = |plans: &[DestinationPlan]| listed(plans.iter().map(|plan| &plan.destination));
        let (before, after) = (names(destinations), names(&now.destinations));
        self.compare("destinations", &before, &after);
        let pairs = destinations.iter().zip(&now.destinations);
        for (planned, now) in pairs.filter(|_| before == after) {
            self.place = vec![layer.to_string(), planned.destination.clone()];
            self.compare_destination(planned, now);
        }
    }

    fn compare_destination(&mut self, saved: &DestinationPlan, now: &DestinationPlan) {
        let DestinationPlan {
            destination: _,
            action,
            versions,
            permission,
            parameters,
        } = saved;
        let without = |versions: &[VersionNumber], others: &[VersionNumber]| {
            let rest = versions.iter().filter(|number| !others.contains(number));
            listed(rest.map(|number| format!(":{number}")))
        };
        self.compare(
            "versions published since",
            "none",
            without(&now.versions, versions),
        );
        self.compare(
            "versions deleted since",
            "none",
            without(versions, &now.versions),
        );
        self.compare("action", described(action), described(&now.action));
        let PermissionPlan {
            desired,
            grant,
            revoke,
            unmanaged,
        } = permission;
        self.compare(
            "parameters",
            changed_parameters(parameters),
            changed_parameters(&now.parameters),
        );
        let now = &now.permission;
        self.compare(
            "permission",
            or_none(desired.as_ref()),
            or_none(now.desired.as_ref()),
        );
        self.compare(
            "grant",
            or_none(grant.as_ref()),
            or_none(now.grant.as_ref()),
        );
        self.compare("revoke", statements(revoke), statements(&now.revoke));
        self.compare(
            "unmanaged statements",
            statements(unmanaged),
            statements(&now.unmanaged),
        );
    }
}

fn described(action: &Action) -> String {
    match action {
        Action::Create => "create".to_owned(),
        Action::Publish { after, .. } => format!("publish after :{}", after.number),
        Action::Unchanged { current, .. } => format!("unchanged, :{}", current.number),
        Action::Blocked { published, .. } => format!("blocked by :{}", published.number),
    }
}

fn statements(statements: &[Statement]) -> String {
    listed(statements.iter().map(|statement| match &statement.grantee {
        Some(grantee) => format!("{grantee} ({})", statement.id),
        None => statement.id.to_string(),
    }))
}

fn changed_parameters(changes: &[ParameterChange]) -> String {
    listed(changes.iter().map(|change| match &change.before {
        Some(before) => format!("{} (now {before})", change.name),
        None => change.name.to_string(),
    }))
}

fn listed<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    or_none((!items.is_empty()).then(|| items.join(", ")))
}

fn or_none<T: Display>(item: Option<T>) -> String {
    item.map_or_else(|| "none".to_owned(), |item| item.to_string())
}
