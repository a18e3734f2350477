//! Places of package indexes: what they are, and which of them variables name.

use std::path::PathBuf;

use toml::{Table, Value};

use crate::http::Url;
use crate::process::Launcher;

/// The variables in which the runner names indexes, and what separates several (uv, "Environment variables").
const VARIABLES: [(&str, &[char]); 5] = [
    ("UV_FIND_LINKS", &[',']),
    ("UV_DEFAULT_INDEX", &[]),
    ("UV_INDEX", &[' ', '\t', '\n']),
    ("UV_INDEX_URL", &[]),
    ("UV_EXTRA_INDEX_URL", &[' ', '\t', '\n']),
];

/// Settings whose values are addresses or paths.
pub(super) const PATHS: [&str; 4] = ["index-url", "extra-index-url", "find-links", "url"];

/// A place that is named as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexPlace<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a str>,
    /// Its address, or a folder.
    pub place: &'a str,
}

/// The indexes that the runner names in variables.
pub(super) fn indexes_in_variables(launcher: &Launcher) -> impl Iterator<Item = IndexPlace<'_>> {
    VARIABLES.iter().flat_map(|(name, separators)| {
        let value = launcher.value(name).unwrap_or_default();
        value.split(*separators).map(index_place)
    })
}

/// The addresses and folders of the indexes that the runner names in variables.
pub fn places_in_variables(launcher: &Launcher) -> impl Iterator<Item = &str> {
    indexes_in_variables(launcher).map(|index| index.place)
}

/// Reads `[name=]address`.
fn index_place(word: &str) -> IndexPlace<'_> {
    match word.split_once('=') {
        Some((name, place)) if !name.contains([':', '/']) => IndexPlace {
            name: Some(name),
            place,
        },
        _ => IndexPlace {
            name: None,
            place: word,
        },
    }
}

/// The name of an index as uv has it in variables.
pub(super) fn in_variables(name: &str) -> String {
    let upper = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    name.chars().map(upper).collect()
}

/// The folder of this machine that an index is, relative if it is named so; `None` for one on the web.
pub fn index_folder(place: &str) -> Option<PathBuf> {
    match place.parse::<Url>() {
        Ok(address) if address.scheme() == "file" => address.to_file_path().ok(),
        Ok(_) => None,
        Err(_) if place.is_empty() || place.contains("://") => None,
        Err(_) => Some(PathBuf::from(place)),
    }
}

/// An option of a requirements file that names an index, and its value.
pub fn index_option(line: &str) -> (&str, &str) {
    let (option, value) = line.split_once([' ', '=', '\t']).unwrap_or((line, ""));
    let value = value.split(" #").next().unwrap_or_default();
    (option, value.trim())
}

/// The values of all settings that name indexes, be they addresses or paths.
pub(super) fn index_places(settings: &Table) -> Vec<&str> {
    let mut places = Vec::new();
    collect_places(settings, &mut places);
    places
}

/// Adds the values of settings that are addresses or paths, in tables and lists as well.
fn collect_places<'t>(settings: &'t Table, places: &mut Vec<&'t str>) {
    for (key, value) in settings {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            match value {
                Value::Table(table) => collect_places(table, places),
                Value::String(place) if PATHS.contains(&key.as_str()) => {
                    places.push(place);
                }
                _ => {}
            }
        }
    }
}
