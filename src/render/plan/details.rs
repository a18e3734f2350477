//! What changes in a layer, a line for each package, file, part of the metadata and grant.

use super::group::ungranted;
use crate::layer::{Runtime, Statement};
use crate::plan::{Action, LayerPlan, ParameterChange, PermissionPlan};
use crate::render::changes::{Detail, change_details};
use crate::render::style::{ADD, CHANGE};
use crate::render::visible::visible;

/// The lines below a layer.
pub(in crate::render) fn details(
    layer: &LayerPlan,
    action: &Action,
    permission: &PermissionPlan,
    parameters: &[ParameterChange],
) -> Vec<Detail> {
    let mut details = Vec::new();
    match action {
        Action::Create => {
            let packages = layer.archive.iter().flat_map(|archive| &archive.packages);
            let packages: Vec<_> = packages
                .map(|package| format!("{} {}", package.name, package.version))
                .collect();
            if !packages.is_empty() {
                details.push(Detail::new("+", ADD, packages.join(", ")));
            }
            details.push(Detail::plain(metadata(layer)));
        }
        Action::Publish { changes, .. } | Action::Blocked { changes, .. } => {
            details.extend(lowered(layer, action).map(|text| Detail::new("!", CHANGE, text)));
            details.extend(change_details(changes));
            let equal =
                ungranted(action).map(|number| format!(":{number} is equal, but not granted"));
            details.extend(equal.map(Detail::plain));
        }
        Action::Unchanged { .. } => {}
    }
    if let Some(grantee) = &permission.grant {
        details.push(Detail::plain(format!("grant {grantee}")));
    }
    details.extend(
        permission
            .revoke
            .iter()
            .map(|statement| Detail::new("", CHANGE, format!("revoke {}", described(statement)))),
    );
    details.extend(parameters.iter().map(parameter_detail));
    details
}

/// `for python3.11, python3.12 on x86_64, license MIT`: what a new layer is meant for.
fn metadata(layer: &LayerPlan) -> String {
    let [runtimes, architectures] = metadata_lists(layer);
    let license = layer.license.as_ref();
    let license = license.map(|license| format!(", license {}", visible(license)));
    format!(
        "for {runtimes} on {architectures}{}",
        license.unwrap_or_default()
    )
}

/// The runtimes and the architectures of a layer.
pub(in crate::render) fn metadata_lists(layer: &LayerPlan) -> [String; 2] {
    let listed = |items: Vec<&str>| items.join(", ");
    [
        listed(layer.runtimes.iter().map(Runtime::as_str).collect()),
        listed(layer.architectures.iter().map(|one| one.as_str()).collect()),
    ]
}

/// That the description went down, where it did. Numbers are left out: they differ in each region.
pub(in crate::render) fn lowered(layer: &LayerPlan, action: &Action) -> Option<String> {
    match action {
        Action::Publish {
            after,
            lowers_description: true,
            ..
        } => Some(format!(
            "description {} is lower than {} of the newest version",
            layer.description,
            visible(&after.description)
        )),
        _ => None,
    }
}

/// A parameter that is set; what it holds in which region stands in the JSON form.
pub(in crate::render) fn parameter_detail(change: &ParameterChange) -> Detail {
    let text = match &change.before {
        None => format!("set parameter {}", change.name),
        Some(before) => {
            let held = match before.version() {
                Some(version) => format!(":{}", version.number),
                None => before.to_string(),
            };
            format!("set parameter {}, which holds {held}", change.name)
        }
    };
    Detail::plain(text)
}

/// A statement, named.
pub(in crate::render) fn described(statement: &Statement) -> String {
    match &statement.grantee {
        Some(grantee) => format!("{grantee} (statement {})", statement.id),
        None => format!("statement {}", statement.id),
    }
}
