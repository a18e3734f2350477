//! What the places are that name package indexes.

use std::path::PathBuf;

use crate::http::Url;

/// The folder of this machine that an index is, relative if it is named so; `None` for one on the web.
pub fn index_folder(place: &str) -> Option<PathBuf> {
    match place.parse::<Url>() {
        Ok(address) if address.scheme() == "file" => address.to_file_path().ok(),
        Ok(_) => None,
        Err(_) if place.is_empty() || place.contains("://") => None,
        Err(_) => Some(PathBuf::from(place)),
    }
}
