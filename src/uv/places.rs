//! Places of package indexes: what they are, and which of them variables name.

use std::path::PathBuf;

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

/// The addresses and folders of the indexes that the runner names in variables.
pub fn places_in_variables(launcher: &Launcher) -> impl Iterator<Item = &str> {
    VARIABLES.iter().flat_map(|(name, separators)| {
        let value = launcher.value(name).unwrap_or_default();
        value.split(*separators).map(without_name)
    })
}

/// The address of an index without the name that may be in front of it.
fn without_name(word: &str) -> &str {
    match word.split_once('=') {
        Some((name, address)) if !name.contains([':', '/']) => address,
        _ => word,
    }
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
