//! `Pipfile.lock`: the packages of the default category and of others that are asked for as groups, each pinned.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::document::Place;
use super::pins::{Pin, Pins};
use super::{Asked, ProjectFileError};
use crate::layer::PackageName;
use crate::manifest::ProjectFile;

/// The categories that Pipfiles call otherwise than their locks do.
const DEVELOP: &str = "develop";

/// Reads the packages of the default category, and of those that `groups` names; `dev-packages` is `develop`.
pub(super) fn read(place: Place<'_>, asked: &ProjectFile) -> Result<Asked, ProjectFileError> {
    let document: Value = serde_json::from_str(place.text)
        .map_err(|error| place.wrong(error.line(), "it is no JSON of `pipenv lock`"))?;
    let format = document
        .pointer("/_meta/pipfile-spec")
        .and_then(Value::as_u64);
    if format != Some(6) {
        return Err(ProjectFileError::Format {
            path: asked.path.clone(),
            found: format.map_or_else(|| "unknown".to_owned(), |format| format.to_string()),
            known: "6, which pipenv writes: `pipenv lock`",
        });
    }
    if let Some(extra) = asked.extras.first() {
        return Err(place.no_group("extra", extra, []));
    }
    let categories = document.as_object().into_iter().flatten();
    let categories = categories.filter(|(name, _)| *name != "_meta");
    let categories: Vec<_> = categories.collect();
    let mut chosen: Vec<_> = categories
        .iter()
        .filter(|(name, _)| *name == "default")
        .collect();
    for group in &asked.groups {
        let name = match group.as_str() {
            "dev-packages" | "dev" => DEVELOP,
            name => name,
        };
        let is_it = |known: &str| {
            known
                .parse::<PackageName>()
                .is_ok_and(|known| known.as_str() == name)
        };
        let found = categories.iter().find(|(known, _)| is_it(known));
        let known = categories.iter().map(|(name, _)| (*name).clone());
        chosen.push(found.ok_or_else(|| place.no_group("group", group, known))?);
    }
    let mut pinned = Asked::default();
    let mut pins = Pins::new(asked.path.clone());
    let mut seen = BTreeSet::new();
    for (category, packages) in chosen {
        for (name, package) in packages.as_object().into_iter().flatten() {
            let line = line_of(place.text, category, name);
            let package = package.as_object();
            let package = package.ok_or_else(|| place.wrong(line, "an object is expected"))?;
            let name = place.name(line, name)?;
            let (what, pin) = pin(place, (line, &name), package)?;
            let marker = text(package, "markers");
            let hashes = pin.hashes.iter().copied();
            let requirement = place.pinned(line, &what, marker, hashes)?;
            if seen.insert(requirement.text.clone()) {
                pinned.requirements.push(requirement);
                pins.add(name, pin);
            }
        }
    }
    pinned.pins = Some(pins);
    Ok(pinned)
}

fn text<'v>(package: &'v Map<String, Value>, key: &str) -> &'v str {
    package.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The line of a package in its category.
fn line_of(text: &str, category: &str, name: &str) -> usize {
    let quoted = |name: &str| format!("{name:?}:");
    let start = text.find(&quoted(category)).unwrap_or(0);
    let end = text[start..]
        .find(&quoted(name))
        .map_or(start, |end| start + end);
    1 + text[..end].matches('\n').count()
}

/// The package as a requirement, and what it must be.
fn pin(
    place: Place<'_>,
    (line, name): (usize, &PackageName),
    package: &Map<String, Value>,
) -> Result<(String, Pin), ProjectFileError> {
    if package.contains_key("path") || package.get("editable") == Some(&Value::Bool(true)) {
        return Err(ProjectFileError::Local {
            place: place.at(line),
            package: name.to_string(),
        });
    }
    let (git, file) = (text(package, "git"), text(package, "file"));
    if !git.is_empty() || !file.is_empty() {
        let mut address = file.to_owned();
        if !git.is_empty() {
            address = format!("git+{git}@{}", text(package, "ref"));
            if !text(package, "subdirectory").is_empty() {
                address.push_str(&format!("#subdirectory={}", text(package, "subdirectory")));
            }
        }
        let pin = Pin {
            version: None,
            hashes: BTreeSet::new(),
        };
        return Ok((format!("{name} @ {address}"), pin));
    }
    let Some(version) = text(package, "version").strip_prefix("==") else {
        return Err(place.wrong(line, format!("`{name}` has no version")));
    };
    let version = place.version(line, version)?;
    let hashes = package.get("hashes").and_then(Value::as_array);
    let hashes = hashes.into_iter().flatten().filter_map(Value::as_str);
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
