//! What changes in a layer, a line for each package, file, part of the metadata and grant.

use super::changes::{Detail, Tone, change_details};
use super::group::ungranted;
use super::text::{count, size};
use super::visible::visible;
use crate::archive::EntryPath;
use crate::layer::{Runtime, Statement};
use crate::plan::{
    Action, Equality, LayerPlan, OwnFiles, OwnPath, ParameterChange, PermissionPlan,
};

/// How many own files or executables of a new layer are named.
const MOST_NAMED: usize = 20;

/// The lines below a layer.
pub fn details(
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
                details.push(Detail::new("+", Tone::Good, packages.join(", ")));
            }
            details.extend(own_files(layer));
            details.push(Detail::plain(metadata(layer)));
            details.extend(bytecode(layer).map(Detail::plain));
        }
        Action::Publish { changes, .. } | Action::Blocked { changes, .. } => {
            details.extend(lowered(layer, action).map(|text| Detail::new("!", Tone::Change, text)));
            details.extend(change_details(changes));
            if !changes.same_content || changes.equality == Some(Equality::WithoutBytecode) {
                details.extend(bytecode(layer).map(Detail::plain));
            }
            let equal =
                ungranted(action).map(|number| format!(":{number} is identical, but not granted"));
            details.extend(equal.map(Detail::plain));
        }
        Action::Unchanged { .. } => {}
    }
    details.extend(grant(permission).map(Detail::plain));
    details.extend(permission.revoke.iter().map(|statement| {
        Detail::new("", Tone::Change, format!("revoke {}", described(statement)))
    }));
    details.extend(parameters.iter().map(parameter_detail));
    details
}

/// The own files of a new layer: its files and folders, then its executables.
fn own_files(layer: &LayerPlan) -> Vec<Detail> {
    let Some(archive) = &layer.archive else {
        return Vec::new();
    };
    let OwnFiles { top, executables } = &archive.own_files;
    let executables: Vec<_> = executables.iter().map(EntryPath::as_str).collect();
    let others = top
        .iter()
        .filter(|named| !executables.contains(&named.path.as_str()));
    let others: Vec<_> = others
        .map(|OwnPath { path, files }| {
            if path.ends_with('/') {
                format!("{} ({})", visible(path), count(*files, "file"))
            } else {
                visible(path)
            }
        })
        .collect();
    let named: Vec<_> = executables.iter().map(|path| visible(path)).collect();
    let named = limited(&named);
    let named = named.map(|named| format!("executable: {named}"));
    let lines = limited(&others).into_iter().chain(named);
    lines
        .map(|line| Detail::new("+", Tone::Good, line))
        .collect()
}

/// A list of at most so many items as people read.
fn limited(items: &[impl AsRef<str>]) -> Option<String> {
    let shown = items.iter().take(MOST_NAMED).map(AsRef::as_ref);
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if items.len() > MOST_NAMED {
        text += &format!(", and {} more", items.len() - MOST_NAMED);
    }
    (!items.is_empty()).then_some(text)
}

/// `for python3.11, python3.12 on x86_64, license MIT`: what a new layer is meant for.
pub fn metadata(layer: &LayerPlan) -> String {
    let [runtimes, architectures] = metadata_lists(layer);
    let license = layer.license.as_ref();
    let license = license.map(|license| format!(", license {}", visible(license)));
    format!(
        "for {runtimes} on {architectures}{}",
        license.unwrap_or_default()
    )
}

/// Whom to grant access.
pub fn grant(permission: &PermissionPlan) -> Option<String> {
    let grantee = permission.grant.as_ref()?;
    Some(format!("grant {grantee}"))
}

/// What bytecode costs.
fn bytecode(layer: &LayerPlan) -> Option<String> {
    let bytes = layer.archive.as_ref()?.bytecode?;
    Some(format!("with {} of bytecode", size(bytes)))
}

/// The runtimes and the architectures of a layer.
pub fn metadata_lists(layer: &LayerPlan) -> [String; 2] {
    let listed = |items: Vec<&str>| items.join(", ");
    [
        listed(layer.runtimes.iter().map(Runtime::as_str).collect()),
        listed(layer.architectures.iter().map(|one| one.as_str()).collect()),
    ]
}

/// That the description went down, where it did. Numbers are left out: they differ in each region.
pub fn lowered(layer: &LayerPlan, action: &Action) -> Option<String> {
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
pub fn parameter_detail(change: &ParameterChange) -> Detail {
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
pub fn described(statement: &Statement) -> String {
    match &statement.grantee {
        Some(grantee) => format!("{grantee} (statement {})", statement.id),
        None => format!("statement {}", statement.id),
    }
}
