//! `pylock.toml` (PEP 751) as the lock of a project: all its packages whose markers hold.

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::document::{Place, decided, items, table, text};
use super::pins::{Pin, Pins};
use super::{Asked, ProjectFileError};
use crate::digest::Sha256;
use crate::layer::PackageName;
use crate::manifest::ProjectFile;

/// Reads the packages, with the extras and groups that are asked for beside the default groups of the lock.
pub(super) fn read(place: Place<'_>, project: &ProjectFile) -> Result<Asked, ProjectFileError> {
    let document = place.toml()?;
    let format = text(&document, "lock-version");
    if !format.is_some_and(|format| format == "1" || format.starts_with("1.")) {
        return Err(ProjectFileError::Format {
            path: project.path.clone(),
            found: format.unwrap_or("unknown").to_owned(),
            known: "1, such as `uv export --format pylock.toml` writes",
        });
    }
    let mut project = project.clone();
    for (what, key, names) in [
        ("extra", "extras", &project.extras),
        ("group", "dependency-groups", &project.groups),
    ] {
        let known = place.texts(document.get(key))?;
        let is_known = |name: &PackageName| {
            known
                .iter()
                .any(|known| known.parse().ok().as_ref() == Some(name))
        };
        if let Some(name) = names.iter().find(|name| !is_known(name)) {
            return Err(place.no_group(what, name, known));
        }
    }
    for group in place.texts(document.get("default-groups"))? {
        project.groups.push(place.name(1, &group)?);
    }
    let mut asked = Asked::default();
    let mut pins = Pins::new(project.path.clone());
    for package in items(document.get("packages")) {
        let line = place.line(package.span().start);
        let table = package.get_ref().as_table();
        let table = table.ok_or_else(|| place.wrong(line, "a table is expected"))?;
        let line = table
            .get("name")
            .map_or(line, |name| place.line(name.span().start));
        if is_project(table) {
            continue;
        }
        let name = place.name(line, text(table, "name").unwrap_or_default())?;
        let (what, pin) = pin(place, (line, &name), table)?;
        let marker = decided(text(table, "marker").unwrap_or_default(), &project);
        let hashes = pin.hashes.iter().copied();
        asked
            .requirements
            .push(place.pinned(line, &what, &marker, hashes)?);
        pins.add(name, pin);
    }
    asked.pins = Some(pins);
    Ok(asked)
}

/// Whether it is the project that was locked: as in other locks, what it requires is taken, and not itself.
fn is_project(package: &DeTable<'_>) -> bool {
    let directory = table(package, "directory");
    directory.and_then(|directory| text(directory, "path")) == Some(".")
}

/// The package as a requirement, and what it must be.
fn pin(
    place: Place<'_>,
    (line, name): (usize, &PackageName),
    package: &DeTable<'_>,
) -> Result<(String, Pin), ProjectFileError> {
    let address = match (table(package, "vcs"), table(package, "archive")) {
        (Some(vcs), _) => {
            let of = |key| text(vcs, key).unwrap_or_default();
            let mut address = format!("{}+{}@{}", of("type"), of("url"), of("commit-id"));
            if !of("subdirectory").is_empty() {
                address.push_str(&format!("#subdirectory={}", of("subdirectory")));
            }
            Some(address)
        }
        (None, Some(archive)) => text(archive, "url").map(str::to_owned),
        (None, None) => None,
    };
    if let Some(address) = address {
        let pin = Pin {
            version: None,
            hashes: BTreeSet::new(),
        };
        return Ok((format!("{name} @ {address}"), pin));
    }
    if package.contains_key("directory") || package.contains_key("archive") {
        return Err(ProjectFileError::Local {
            place: place.at(line),
            package: name.to_string(),
        });
    }
    let version = place.version(line, text(package, "version").unwrap_or_default())?;
    let files = items(package.get("wheels"))
        .iter()
        .chain(package.get("sdist"));
    let hashes =
        files.filter_map(|file| text(table(file.get_ref().as_table()?, "hashes")?, "sha256"));
    let hashes: BTreeSet<_> = hashes.filter_map(Sha256::from_hex).collect();
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
