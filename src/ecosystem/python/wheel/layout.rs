//! Where the entries of a wheel go below the package root, as an installer with `--target` would place them.

use std::collections::HashMap;

use super::MAX_METADATA;
use super::error::WheelError;
use super::metadata::{check_metadata, check_wheel, find_dist_info};
use super::record::{Recorded, parse_record};
use crate::archive::{EntryPath, PathClash, ReadEntry, find_clash, read_entries};
use crate::ecosystem::Placement;
use crate::layer::PackageName;

/// The entries of a wheel that a layer takes, each with its place below the package root.
pub struct WheelLayout<'a> {
    /// What is placed, in the order of the wheel; without `RECORD`.
    pub placements: Vec<Placement<'a>>,
    /// The wheel's `RECORD`.
    pub inventory: ReadEntry<'a>,
    /// The `.dist-info` folder.
    pub dist_info: String,
    /// What that says of each path in the wheel.
    pub(super) recorded: HashMap<EntryPath, Recorded>,
}

impl<'a> WheelLayout<'a> {
    /// Reads the wheel of `package` at `version` in `bytes`.
    ///
    /// `*.data/purelib`, `platlib` and `data` go to the root; scripts, headers and byte code are left out (PEP 427,
    /// "Installing a wheel distribution"). A `.pth` file is a file like any other: it does nothing in a layer, whose
    /// folders are on the import path but are no site folders.
    pub fn read(bytes: &'a [u8], package: &PackageName, version: &str) -> Result<Self, WheelError> {
        let mut entries = read_entries(bytes)?;
        let folders = entries.iter().filter_map(|entry| top_folder(&entry.path));
        let dist_info = find_dist_info(folders, package, version)?;
        check_wheel(&metadata(&entries, &dist_info, "WHEEL")?)?;
        check_metadata(
            &metadata(&entries, &dist_info, "METADATA")?,
            package,
            version,
        )?;
        let recorded = parse_record(&metadata(&entries, &dist_info, "RECORD")?)?;
        let inventory = find(&entries, &dist_info, "RECORD")?;
        let inventory = entries.remove(inventory);
        let data = format!(
            "{}.data",
            dist_info.strip_suffix(".dist-info").unwrap_or(&dist_info)
        );
        let mut placements = Vec::with_capacity(entries.len());
        for entry in entries {
            let moved = match place(&entry.path, &data)? {
                Place::Here => None,
                Place::There(path) => Some(path),
                Place::Nowhere => continue,
            };
            placements.push(Placement { entry, moved });
        }
        check_places(&placements, &inventory.path, &dist_info)?;
        Ok(Self {
            placements,
            inventory,
            dist_info,
            recorded,
        })
    }
}

fn top_folder(path: &EntryPath) -> Option<&str> {
    path.as_str().split_once('/').map(|(folder, _)| folder)
}

/// The index of a file of the metadata.
fn find(
    entries: &[ReadEntry<'_>],
    dist_info: &str,
    file: &'static str,
) -> Result<usize, WheelError> {
    let path = format!("{dist_info}/{file}");
    let is_wanted = |entry: &ReadEntry<'_>| entry.path.as_str() == path;
    entries
        .iter()
        .position(is_wanted)
        .ok_or(WheelError::Missing(file))
}

/// The content of a file of the metadata.
fn metadata(
    entries: &[ReadEntry<'_>],
    dist_info: &str,
    file: &'static str,
) -> Result<Vec<u8>, WheelError> {
    let entry = &entries[find(entries, dist_info, file)?];
    if entry.size > MAX_METADATA {
        return Err(WheelError::MetadataTooLarge(file, entry.size));
    }
    Ok(entry.unpack()?)
}

/// Refuses placements that cannot stand together, or that bring the metadata of another package.
fn check_places(
    placements: &[Placement<'_>],
    record: &EntryPath,
    dist_info: &str,
) -> Result<(), WheelError> {
    let places = placements.iter().map(Placement::path);
    let foreign = |folder: &&str| folder.ends_with(".dist-info") && *folder != dist_info;
    if let Some(folder) = places.clone().filter_map(top_folder).find(foreign) {
        return Err(WheelError::TwoDistInfos(dist_info.into(), folder.into()));
    }
    if placements.iter().all(|placement| placement.moved.is_none()) {
        return Ok(()); // the archive's own paths stand together
    }
    let (first, second) = match find_clash(places.chain([record]), []) {
        None => return Ok(()),
        Some(PathClash::Duplicate(path)) => (path, path),
        Some(PathClash::Twins(first, second)) => (first, second),
        Some(PathClash::FileAndFolder { file, below }) => (file, below),
    };
    let mut sources = placements
        .iter()
        .filter(|placement| [first, second].contains(&placement.path()))
        .map(|placement| &placement.entry.path)
        .chain([record]);
    let (a, b) = (sources.next(), sources.next());
    Err(WheelError::OnePlace(
        a.unwrap_or(first).clone(),
        b.unwrap_or(second).clone(),
    ))
}

/// Where an entry of a wheel goes.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Where it is.
    Here,
    /// To another path.
    There(EntryPath),
    /// It is left out.
    Nowhere,
}

fn place(path: &EntryPath, data: &str) -> Result<Place, WheelError> {
    let text = path.as_str();
    if is_bytecode(text) {
        return Ok(Place::Nowhere);
    }
    let Some((folder, rest)) = text.split_once('/') else {
        return Ok(Place::Here);
    };
    if folder != data {
        return if folder.ends_with(".data") {
            Err(WheelError::OtherData(path.clone()))
        } else {
            Ok(Place::Here)
        };
    }
    match rest.split_once('/') {
        Some(("purelib" | "platlib" | "data", rest)) => match rest.parse() {
            Ok(path) => Ok(Place::There(path)),
            Err(reason) => Err(WheelError::Path {
                path: path.clone(),
                reason,
            }),
        },
        Some(("scripts" | "headers", _)) => Ok(Place::Nowhere),
        _ => Err(WheelError::DataFolder(path.clone())),
    }
}

/// Compiled Python, which differs from build to build and which the runtime makes itself.
pub fn is_bytecode(path: &str) -> bool {
    let mut parts = path.as_bytes().split(|byte| *byte == b'/');
    path.ends_with(".pyc") || parts.any(|part| part == b"__pycache__")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(text: &str) -> Place {
        place(&text.parse().unwrap(), "p-1.data").unwrap()
    }

    #[test]
    fn data_folders_are_placed_as_an_installer_would() {
        assert_eq!(placed("p/a.py"), Place::Here);
        for folder in ["purelib", "platlib", "data"] {
            assert_eq!(
                placed(&format!("p-1.data/{folder}/share/x")),
                Place::There("share/x".parse().unwrap())
            );
        }
        for path in [
            "p-1.data/scripts/p",
            "p-1.data/headers/p.h",
            "p/__pycache__/a.pyc",
            "p/a.pyc",
        ] {
            assert_eq!(placed(path), Place::Nowhere, "{path}");
        }
        assert!(place(&"p-1.data/other/x".parse().unwrap(), "p-1.data").is_err());
        assert!(place(&"p-1.data/x".parse().unwrap(), "p-1.data").is_err());
    }
}
