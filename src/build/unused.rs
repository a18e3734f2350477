//! Finds entries of a layer's own lists that have no effect: they are misspelled, or what they were for is gone.
//!
//! Entries in `[defaults]` are for all layers, and need not serve each of them.

use std::collections::BTreeSet;

use super::own_file::OwnFile;
use super::secrets;
use crate::archive::EntryPath;
use crate::layer::{LayerName, PackageName};
use crate::manifest::{LayerSettings, ListEntry, nearest};

/// What in the lists of a layer had an effect on its archive.
#[derive(Clone, Debug, Default)]
pub struct Used {
    /// The globs of `exclude` that left something out, by their places in the list.
    pub exclude: BTreeSet<usize>,
    /// The paths of `overwrite` that several sources write.
    pub overwrite: BTreeSet<EntryPath>,
}

/// What to say of entries about packages and secrets, which are known before the layer is built. `packages` are those
/// of the layer's lock.
pub(super) fn before_building(
    layer: &LayerName,
    settings: &LayerSettings,
    packages: &BTreeSet<PackageName>,
    files: &[OwnFile],
) -> Vec<String> {
    let mut warnings = Vec::new();
    for entry in &settings.entries {
        let why = match entry.key {
            "build" | "exclude_packages" => no_package(entry, packages),
            "allow_secrets" => {
                let has_use = secrets::is_allowed_by(settings, files, &entry.text);
                (!has_use).then(|| "which matches nothing that looks like a secret".to_owned())
            }
            _ => None,
        };
        warnings.extend(why.map(|why| warning(layer, entry, &why)));
    }
    warnings
}

/// What to say of entries about paths, which are known when the layer is built.
pub(super) fn after_building(
    layer: &LayerName,
    settings: &LayerSettings,
    used: &Used,
) -> Vec<String> {
    let left_out = |text: &str| {
        let mut patterns = used
            .exclude
            .iter()
            .map(|index| &settings.exclude.patterns[*index]);
        patterns.any(|pattern| pattern == text)
    };
    let written = |text: &str| used.overwrite.iter().any(|path| path.as_str() == text);
    let mut warnings = Vec::new();
    for entry in &settings.entries {
        let why = match entry.key {
            "exclude" if !left_out(&entry.text) => "which matches nothing in it",
            "overwrite" if !written(&entry.text) => "which no two sources write differently",
            _ => continue,
        };
        warnings.push(warning(layer, entry, why));
    }
    warnings
}

fn no_package(entry: &ListEntry, packages: &BTreeSet<PackageName>) -> Option<String> {
    let name: PackageName = entry.text.parse().ok()?;
    if packages.contains(&name) {
        return None;
    }
    let near = nearest(name.as_str(), packages.iter().map(PackageName::as_str));
    let near = near.map(|near| format!(": did you mean `{near}`?"));
    Some(format!(
        "which is not one of its packages{}",
        near.unwrap_or_default()
    ))
}

fn warning(layer: &LayerName, entry: &ListEntry, why: &str) -> String {
    let ListEntry { key, text, place } = entry;
    format!("{place}: `{key}` of layer `{layer}` has `{text}`, {why}")
}
