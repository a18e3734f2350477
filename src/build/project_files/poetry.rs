//! `poetry.lock`: the packages of groups and extras, each pinned.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::document::{Place, Value, decided, items, keys, named, table, text};
use super::pins::{Pin, Pins};
use super::{Asked, ProjectFileError};
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
            found: format.unwrap_or("unknown").to_owned(),
            known: "2.1, which Poetry 2 writes and which says what belongs to which group: `poetry lock`",
        });
    }
    let extras = table(&document, "extras");
    for extra in &asked.extras {
        named(extras, extra).ok_or_else(|| place.no_group("extra", extra, keys(extras)))?;
    }
    let mut wanted = vec![
        "main"
            .parse::<PackageName>()
            .map_err(|_| place.wrong(1, "no group"))?,
    ];
    wanted.extend(asked.groups.iter().cloned());
    let packages = items(document.get("package"));
    check_groups(place, packages, &asked.groups)?;
    let mut pinned = Asked::default();
    let mut pins = Pins::new(asked.path.clone());
    for package in packages {
        let line = place.line(package.span().start);
        let table = package.get_ref().as_table();
        let table = table.ok_or_else(|| place.wrong(line, "a table is expected"))?;
        let line = table
            .get("name")
            .map_or(line, |name| place.line(name.span().start));
        let groups = groups(place, table)?;
        let groups: Vec<_> = groups
            .iter()
            .filter(|group| wanted.contains(group))
            .collect();
        if groups.is_empty() {
            continue;
        }
        let marker = decided(&marker(place, table, &groups)?, asked);
        let name = place.name(line, text(table, "name").unwrap_or_default())?;
        let (what, pin) = pin(place, (line, &name), table)?;
        let hashes = pin.hashes.iter().copied();
        let line = place.pinned(line, &what, &marker, hashes)?;
        pinned.requirements.push(line);
        pins.add(name, pin);
    }
    pinned.pins = Some(pins);
    Ok(pinned)
}

fn check_groups(
    place: Place<'_>,
    packages: &[Value<'_>],
    wanted: &[PackageName],
) -> Result<(), ProjectFileError> {
    let mut known = BTreeSet::new();
    for package in packages {
        if let Some(table) = package.get_ref().as_table() {
            known.extend(groups(place, table)?);
        }
    }
    let is_unknown = |group: &&PackageName| !known.contains(group);
    match wanted.iter().find(is_unknown) {
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
    let mut all = Vec::new();
    for group in groups {
        match named(Some(of_groups), group) {
            Some(marker) => all.push(format!("({})", place.text(marker)?)),
            None => return Ok(String::new()),
        }
    }
    Ok(all.join(" or "))
}

/// The package as a requirement, and what it must be.
fn pin(
    place: Place<'_>,
    (line, name): (usize, &PackageName),
    package: &DeTable<'_>,
) -> Result<(String, Pin), ProjectFileError> {
    let source = table(package, "source");
    let of_source = |key| {
        source
            .and_then(|source| text(source, key))
            .unwrap_or_default()
    };
    match of_source("type") {
        "directory" | "file" => {
            return Err(ProjectFileError::Local {
                place: place.at(line),
                package: name.to_string(),
            });
        }
        kind @ ("git" | "url") => {
            let mut address = of_source("url").to_owned();
            if kind == "git" {
                address = format!("git+{address}@{}", of_source("resolved_reference"));
                if !of_source("subdirectory").is_empty() {
                    address.push_str(&format!("#subdirectory={}", of_source("subdirectory")));
                }
            }
            let pin = Pin {
                version: None,
                hashes: BTreeSet::new(),
            };
            return Ok((format!("{name} @ {address}"), pin));
        }
        _ => {}
    }
    let version = place.version(line, text(package, "version").unwrap_or_default())?;
    let files = items(package.get("files")).iter();
    let hashes = files.filter_map(|file| text(file.get_ref().as_table()?, "hash"));
    let hashes: BTreeSet<_> = hashes.filter_map(Place::sha256).collect();
    if hashes.is_empty() {
        return Err(ProjectFileError::NoHash {
            place: place.at(line),
            package: name.clone(),
        });
    }
    let what = format!("{name}=={version}");
    let version = Some(version);
    Ok((what, Pin { version, hashes }))
}
