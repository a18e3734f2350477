//! `Pipfile.lock`: the packages of the default category and of others that are asked for as groups, each pinned.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::Place;
use super::error::ProjectFileError;
use super::pins::{Asked, LockedLines, Origin};
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
    let places = places(place.text);
    let mut locked = LockedLines::new(place);
    for (category, packages) in chosen {
        for (name, package) in packages.as_object().into_iter().flatten() {
            let offset = places.get(&(category.as_str(), name.as_str()));
            let line = place.line(offset.copied().unwrap_or(0));
            let package = package.as_object();
            let package = package.ok_or_else(|| place.wrong(line, "an object is expected"))?;
            let name = place.name(line, name)?;
            let hashes = package.get("hashes").and_then(Value::as_array);
            let hashes = hashes.into_iter().flatten().filter_map(Value::as_str);
            let origin = origin(place, (line, &name), package)?;
            let marker = text(package, "markers");
            locked.add(
                (line, &name),
                &origin,
                marker,
                hashes.filter_map(Place::sha256),
            )?;
        }
    }
    Ok(locked.into())
}

fn text<'v>(package: &'v Map<String, Value>, key: &str) -> &'v str {
    package.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Where the packages of each category stand, by the texts between the quotes. Categories are the keys of the outermost
/// object, packages those of their objects.
fn places(text: &str) -> BTreeMap<(&str, &str), usize> {
    let mut places = BTreeMap::new();
    let (mut depth, mut category, mut quoted) = (0_usize, "", None);
    let mut bytes = text.bytes().enumerate();
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let mut is_escaped = false;
                let end = bytes.find(|(_, byte)| {
                    let is_end = *byte == b'"' && !is_escaped;
                    is_escaped = *byte == b'\\' && !is_escaped;
                    is_end
                });
                quoted = end.and_then(|(end, _)| Some((index, text.get(index + 1..end)?)));
            }
            b':' if depth == 1 => category = quoted.map_or("", |(_, key)| key),
            b':' if depth == 2 => {
                if let Some((index, key)) = quoted {
                    places.entry((category, key)).or_insert(index);
                }
            }
            _ => {}
        }
    }
    places
}

/// Where a package comes from.
fn origin<'v>(
    place: Place<'_>,
    (line, name): (usize, &PackageName),
    package: &'v Map<String, Value>,
) -> Result<Origin<'v>, ProjectFileError> {
    let is_local =
        package.contains_key("path") || package.get("editable") == Some(&Value::Bool(true));
    let (git, file) = (text(package, "git"), text(package, "file"));
    if is_local {
        return Ok(Origin::Local);
    }
    if !git.is_empty() {
        return Ok(Origin::Git {
            url: git,
            commit: text(package, "ref"),
            folder: text(package, "subdirectory"),
        });
    }
    if !file.is_empty() {
        return Ok(Origin::Address(file));
    }
    let version = text(package, "version").strip_prefix("==");
    let no_version = || place.wrong(line, format!("`{name}` has no version"));
    Ok(Origin::Index(version.ok_or_else(no_version)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_in_their_categories() {
        let text = r#"{"_meta": {"a": {"b": 1}}, "default": {"a": {"hashes": ["b:"]}, "\"}": {}}, "develop": {"a": {}}}"#;
        let places = places(text);
        let keys: Vec<_> = places.keys().copied().collect();
        let expected = [
            ("_meta", "a"),
            ("default", "\\\"}"),
            ("default", "a"),
            ("develop", "a"),
        ];
        assert_eq!(keys, expected);
        assert!(places[&("develop", "a")] > places[&("default", "a")]);
    }
}
