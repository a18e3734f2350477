//! `poetry.lock`: the packages of groups and extras, each pinned.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::document::{Place, Wanted, by_name, items, keys, on_one_line, table, text};
use super::error::ProjectFileError;
use super::pins::{Asked, LockedLines, Origin};
use crate::layer::PackageName;
use crate::manifest::ProjectFile;

/// Reads the packages of the main group, of the groups and of the extras that are asked for.
pub(super) fn read(place: Place<'_>, asked: &ProjectFile) -> Result<Asked, ProjectFileError> {
    let document = place.toml()?;
    let format = table(&document, "metadata").and_then(|metadata| text(metadata, "lock-version"));
    let is_known = |format: &str| format.starts_with("2.") && format != "2.0";
    if !format.is_some_and(is_known) {
        return Err(ProjectFileError::Format {
            path: asked.path.clone(),
            found: on_one_line(format.unwrap_or("unknown")),
            known: "2.1, which says what belongs to which group and which Poetry 2 writes: run `poetry lock` of Poetry 2, which keeps the locked versions",
        });
    }
    let extras = table(&document, "extras");
    let wanted = Wanted::of(asked);
    let known = by_name(extras).into_keys().collect();
    if let Some(extra) = wanted.extras.difference(&known).next() {
        return Err(place.no_group("extra", extra, keys(extras)));
    }
    let main = place.name(1, "main")?;
    let packages = place.packages(document.get("package"))?;
    check_groups(place, &packages, &wanted.groups)?;
    let mut locked = LockedLines::new(place);
    for (line, package) in packages {
        let groups = groups(place, package)?;
        let groups: Vec<_> = groups
            .iter()
            .filter(|group| **group == main || wanted.groups.contains(group))
            .collect();
        if groups.is_empty() {
            continue;
        }
        let marker = wanted.decided(&marker(place, package, &groups)?);
        let name = place.name(line, text(package, "name").unwrap_or_default())?;
        let files = items(package.get("files")).iter();
        let hashes = files.filter_map(|file| text(file.get_ref().as_table()?, "hash"));
        let hashes = hashes.filter_map(Place::sha256);
        locked.add((line, &name), &origin(package), &marker, hashes)?;
    }
    Ok(locked.into())
}

fn check_groups(
    place: Place<'_>,
    packages: &[(usize, &DeTable<'_>)],
    wanted: &BTreeSet<PackageName>,
) -> Result<(), ProjectFileError> {
    let mut known = BTreeSet::new();
    for (_, package) in packages {
        known.extend(groups(place, package)?);
    }
    match wanted.difference(&known).next() {
        Some(group) => {
            let known = known.iter().map(ToString::to_string);
            Err(place.no_group("group", group, known))
        }
        None => Ok(()),
    }
}

fn groups(place: Place<'_>, package: &DeTable<'_>) -> Result<Vec<PackageName>, ProjectFileError> {
    let list = package.get("groups");
    let line = list.map_or(1, |list| place.line(list.span().start));
    let names = place.texts(list)?;
    names.iter().map(|name| place.name(line, name)).collect()
}

/// When a package is needed for one of these groups; `""` for always.
fn marker(
    place: Place<'_>,
    package: &DeTable<'_>,
    groups: &[&PackageName],
) -> Result<String, ProjectFileError> {
    let Some(markers) = package.get("markers") else {
        return Ok(String::new());
    };
    let DeValue::Table(of_groups) = markers.get_ref() else {
        return place.text(markers).map(str::to_owned);
    };
    let of_groups = by_name(Some(of_groups));
    let mut all = Vec::new();
    for group in groups {
        match of_groups.get(group) {
            Some(marker) => all.push(format!("({})", place.text(marker)?)),
            None => return Ok(String::new()),
        }
    }
    Ok(all.join(" or "))
}

/// Where a package comes from.
fn origin<'v>(package: &'v DeTable<'_>) -> Origin<'v> {
    let source = table(package, "source");
    let of_source = |key| {
        source
            .and_then(|source| text(source, key))
            .unwrap_or_default()
    };
    match of_source("type") {
        "directory" | "file" => Origin::Local,
        "git" => Origin::Git {
            url: of_source("url"),
            commit: of_source("resolved_reference"),
            folder: of_source("subdirectory"),
        },
        "url" => Origin::Address(of_source("url")),
        _ => Origin::Index(text(package, "version").unwrap_or_default()),
    }
}
