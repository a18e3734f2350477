//! `pylock.toml` (PEP 751) as the lock of a project: all its packages whose markers hold.

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::document::{Place, Wanted, items, on_one_line, table, text};
use super::error::ProjectFileError;
use super::pins::{Asked, LockedLines, Origin};
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
            found: on_one_line(format.unwrap_or("unknown")),
            known: "1, such as `uv export --format pylock.toml` writes",
        });
    }
    let mut wanted = Wanted::of(project);
    for (what, key, names) in [
        ("extra", "extras", &wanted.extras),
        ("group", "dependency-groups", &wanted.groups),
    ] {
        let known = place.texts(document.get(key))?;
        let names_of_known = known.iter().filter_map(|known| known.parse().ok());
        let names_of_known: BTreeSet<PackageName> = names_of_known.collect();
        if let Some(name) = names.difference(&names_of_known).next() {
            return Err(place.no_group(what, name, known));
        }
    }
    for group in place.texts(document.get("default-groups"))? {
        wanted.groups.insert(place.name(1, &group)?);
    }
    let mut locked = LockedLines::new(place);
    for (line, package) in place.packages(document.get("packages"))? {
        if is_project(package) {
            continue;
        }
        let name = place.name(line, text(package, "name").unwrap_or_default())?;
        let origin = origin(place, (line, &name), package)?;
        let marker = wanted.decided(text(package, "marker").unwrap_or_default());
        locked.add((line, &name), &origin, &marker, hashes(package))?;
    }
    Ok(locked.into())
}

/// Whether it is the project that was locked: as in other locks, what it requires is taken, and not itself.
fn is_project(package: &DeTable<'_>) -> bool {
    let directory = table(package, "directory");
    directory.and_then(|directory| text(directory, "path")) == Some(".")
}

/// Where a package comes from.
fn origin<'v>(
    place: Place<'_>,
    (line, name): (usize, &PackageName),
    package: &'v DeTable<'_>,
) -> Result<Origin<'v>, ProjectFileError> {
    let archive = table(package, "archive");
    let address = archive.and_then(|archive| text(archive, "url"));
    Ok(match (table(package, "vcs"), address) {
        (Some(vcs), _) => {
            let of = |key| text(vcs, key).unwrap_or_default();
            let kind = of("type");
            if kind != "git" {
                let message = format!("`{name}` comes from {kind:?}, and only Git is taken");
                return Err(place.wrong(line, message));
            }
            Origin::Git {
                url: of("url"),
                commit: of("commit-id"),
                folder: of("subdirectory"),
            }
        }
        (None, Some(address)) => Origin::Address(address),
        (None, None) if archive.is_some() || package.contains_key("directory") => Origin::Local,
        (None, None) => Origin::Index(text(package, "version").unwrap_or_default()),
    })
}

/// The hashes of a package's files.
fn hashes(package: &DeTable<'_>) -> impl Iterator<Item = Sha256> {
    let files = items(package.get("wheels")).iter();
    let files = files.chain(package.get("sdist"));
    let files = files
        .filter_map(|file| file.get_ref().as_table())
        .chain(table(package, "archive"));
    let hashes = files.filter_map(|file| text(table(file, "hashes")?, "sha256"));
    hashes.filter_map(Sha256::from_hex)
}
