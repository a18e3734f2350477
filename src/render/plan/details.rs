//! What changes in a layer, a line for each package, file, part of the metadata and grant.

use super::group::ungranted;
use crate::layer::Statement;
use crate::plan::{Action, LayerPlan, ParameterChange, PermissionPlan};
use crate::render::changes::{Detail, change_details};
use crate::render::style::{ADD, CHANGE};

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
        }
        Action::Publish { changes, .. } | Action::Blocked { changes, .. } => {
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
