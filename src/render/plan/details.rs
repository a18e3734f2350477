//! What changes in a layer, a line for each package, file, part of the metadata and grant.

use anstyle::Style;

use super::group::ungranted;
use crate::layer::Statement;
use crate::plan::{Action, Changes, FileChange, LayerPlan, PackageChange, PermissionPlan};
use crate::render::style::{ADD, BAD, CHANGE};
use crate::render::text::size;

/// A sign, its style, and the text after it.
pub(in crate::render) type Detail = (&'static str, Style, String);

/// The lines below a layer.
pub(super) fn details(
    layer: &LayerPlan,
    action: &Action,
    permission: &PermissionPlan,
) -> Vec<Detail> {
    let mut details = Vec::new();
    match action {
        Action::Create => {
            let packages = layer.archive.iter().flat_map(|archive| &archive.packages);
            let packages: Vec<_> = packages
                .map(|package| format!("{} {}", package.name, package.version))
                .collect();
            if !packages.is_empty() {
                details.push(("+", ADD, packages.join(", ")));
            }
        }
        Action::Publish { changes, .. } | Action::Blocked { changes, .. } => {
            details.extend(change_details(changes));
            let equal =
                ungranted(action).map(|number| format!(":{number} is equal, but not granted"));
            details.extend(equal.map(|text| ("", Style::new(), text)));
        }
        Action::Unchanged { .. } => {}
    }
    if let Some(grantee) = &permission.grant {
        details.push(("", Style::new(), format!("grant {grantee}")));
    }
    details.extend(
        permission
            .revoke
            .iter()
            .map(|statement| ("", CHANGE, format!("revoke {}", described(statement)))),
    );
    details
}

/// A statement, named.
pub(super) fn described(statement: &Statement) -> String {
    match &statement.grantee {
        Some(grantee) => format!("{grantee} (statement {})", statement.id),
        None => format!("statement {}", statement.id),
    }
}

fn change_details(changes: &Changes) -> Vec<Detail> {
    let mut details: Vec<Detail> = changes.packages.iter().map(package_detail).collect();
    details.extend(changes.files.iter().map(file_detail));
    details.extend(changes.metadata.iter().map(|change| {
        (
            "~",
            CHANGE,
            format!("{}: {} -> {}", change.field, change.before, change.after),
        )
    }));
    if let Some(sizes) = changes
        .size
        .filter(|sizes| size(sizes.before) != size(sizes.after))
    {
        details.push((
            "",
            Style::new(),
            format!("{} -> {} zipped", size(sizes.before), size(sizes.after)),
        ));
    }
    if changes.has_false_comment {
        let text = "its comment says that it was made from the same inputs, which is not so";
        details.push(("!", BAD, text.to_owned()));
    }
    if !changes.compared && !changes.same_content && changes.size.is_some() {
        details.push((
            "",
            Style::new(),
            "the published archive could not be read to compare it".to_owned(),
        ));
    }
    details
}

/// A package that comes, goes or changes.
pub(in crate::render) fn package_detail(change: &PackageChange) -> Detail {
    let versions = |versions: &std::collections::BTreeSet<String>| {
        versions.iter().cloned().collect::<Vec<_>>().join(", ")
    };
    let (before, after) = (versions(&change.before), versions(&change.after));
    match (change.before.is_empty(), change.after.is_empty()) {
        (true, _) => ("+", ADD, format!("{} {after}", change.name)),
        (_, true) => ("-", BAD, format!("{} {before}", change.name)),
        _ if before == after => (
            "~",
            CHANGE,
            format!("{} {after}, another build", change.name),
        ),
        _ => ("~", CHANGE, format!("{} {before} -> {after}", change.name)),
    }
}

fn file_detail(change: &FileChange) -> Detail {
    let path = &change.path;
    let (Some(before), Some(after)) = (change.before, change.after) else {
        let (sign, style) = if change.before.is_none() {
            ("+", ADD)
        } else {
            ("-", BAD)
        };
        return (sign, style, path.to_string());
    };
    let mut text = path.to_string();
    if before.size != after.size {
        text.push_str(&format!("  {} -> {}", size(before.size), size(after.size)));
    }
    if before.mode != after.mode {
        text.push_str(&format!(
            "  mode {:o} -> {:o}",
            before.mode.unix(),
            after.mode.unix()
        ));
    }
    ("~", CHANGE, text)
}
