//! Joins a layer's wheels and own files into one archive.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use rayon::prelude::*;

use super::merge::{Merged, refused};
use super::pack::{self, DeflatedFiles};
use super::unused;
use super::{Inputs, WheelFiles, check, native};
use crate::archive::{ArchiveComment, ArchiveLayout, EntryPath, NewEntry, PathClash, find_clash};
use crate::cache::{ArchiveStore, ArchiveSummary, BuiltArchive, WheelCache};
use crate::digest::Sha256;
use crate::error::{Error, Failure, PathContext as _};
use crate::layer::LayerName;
use crate::manifest::LayerSettings;
use crate::wheel::{WheelError, WheelLayout};

/// Why a layer's sources do not make an archive.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// A wheel is refused.
    #[error("the wheel of `{package}` is refused")]
    Wheel {
        /// The package and its version.
        package: String,
        /// The rule that it breaks.
        source: WheelError,
    },
    /// Two sources have different content for one path.
    #[error(
        "`{path}` of layer `{layer}` comes with different content from {first} and from {second}"
    )]
    Conflict {
        /// The layer.
        layer: LayerName,
        /// The path in the archive.
        path: EntryPath,
        /// One source.
        first: String,
        /// The other.
        second: String,
    },
    /// A path is a file in one source and a folder in another.
    #[error("`{file}` of layer `{layer}` is a file, but `{below}` needs it to be a folder")]
    FileAndFolder {
        /// The layer.
        layer: LayerName,
        /// The file.
        file: EntryPath,
        /// A path below it.
        below: EntryPath,
    },
}

impl Failure for AssembleError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Wheel { .. } => "do not use it: require another version of the package".into(),
            Self::Conflict { path, .. } => {
                format!("`exclude` it, or let the later one win with `overwrite = [\"{path}\"]`")
            }
            Self::FileAndFolder { .. } => "rename or `exclude` one of them".into(),
        })
    }
}

/// Wheels of the cache whose bytes turned out to be wrong. They have been removed from it.
#[derive(Debug, thiserror::Error)]
#[error("the wheels of {} in the cache are damaged", .0.iter().map(String::as_str).collect::<Vec<_>>().join(", "))]
pub(super) struct DamagedWheels(
    /// The names of their packages, in backticks.
    pub BTreeSet<String>,
);

impl Failure for DamagedWheels {
    fn hint(&self) -> Option<String> {
        Some("something changes them while they are in use: check the disk".into())
    }
}

/// Where an archive is written to. Whoever waits for it owns the file's name.
pub(super) struct Output {
    /// The file.
    pub file: File,
    /// Its name.
    pub path: PathBuf,
    /// Where files without names are made.
    pub store: ArchiveStore,
}

/// Builds the archive of `inputs` from `files`, the bytes of its wheels, and writes it to `output`.
/// With it come the XXH3 that its seal needs, and what is dubious in the layer's settings.
///
/// It fails unless the wheels have the hashes of the lock. What is wrong with a layer is only told where they have:
/// else it may be wrong with the cache alone.
pub(super) fn assemble(
    inputs: &Inputs,
    settings: &LayerSettings,
    files: &WheelFiles,
    wheels: &WheelCache,
    output: &Output,
) -> Result<(BuiltArchive, u128, Vec<String>), Error> {
    build(inputs, settings, files, wheels, output).or_else(|error| {
        check_wheels(inputs, files, wheels)?;
        Err(error)
    })
}

/// Fails unless all wheels have their hashes. Every damaged one is removed from the cache, not just the first.
fn check_wheels(inputs: &Inputs, files: &WheelFiles, wheels: &WheelCache) -> Result<(), Error> {
    let (mut checked, mut damaged) = (BTreeSet::new(), BTreeSet::new());
    for (wheel, file) in inputs.wheels.iter().zip(files) {
        let sha256 = wheel.locked.sha256;
        if checked.insert(sha256) && !wheels.check(sha256, file)? {
            damaged.insert(format!("`{}`", wheel.locked.name));
        }
    }
    match damaged.is_empty() {
        true => Ok(()),
        false => Err(DamagedWheels(damaged).into()),
    }
}

fn build(
    inputs: &Inputs,
    settings: &LayerSettings,
    files: &WheelFiles,
    wheels: &WheelCache,
    output: &Output,
) -> Result<(BuiltArchive, u128, Vec<String>), Error> {
    let layouts = read_wheels(inputs, files)?;
    let merged = Merged::new(inputs, settings, &layouts)?;
    let packages = merged.packages();
    let warnings = unused::after_building(&inputs.layer, settings, &merged.used);
    let records = merged.records(&layouts)?;
    check::unpacked_size(inputs, &merged.sizes(&records), &packages)?;
    let native = merged.native_files(files, wheels)?;
    native::check(inputs, settings, &native)?;
    let deflated = DeflatedFiles::new(&merged.own_files(), &inputs.repository, &output.store)?;
    let entries = merged.into_entries(records, &deflated);
    if entries.is_empty() {
        return Err(check::empty(&inputs.layer, &settings.directory).into());
    }
    let (checked, layout) = rayon::join(
        || check_paths(inputs, &entries),
        || ArchiveLayout::new(&entries, ArchiveComment(inputs.fingerprint)),
    );
    checked?;
    let layout = layout?;
    // Hashing takes longest: all that is done beside it is free.
    let (sha256, (xxh3, checked)) = rayon::join(
        || Sha256::of_pieces(layout.pieces()),
        || {
            rayon::join(
                || pack::write(&layout, &output.file).at("write", &output.path),
                || check_wheels(inputs, files, wheels),
            )
        },
    );
    checked?;
    let xxh3 = xxh3?;
    let summary = ArchiveSummary {
        sha256,
        size: layout.size,
        unpacked_size: layout.unpacked_size,
        packages,
    };
    Ok((BuiltArchive { summary, native }, xxh3, warnings))
}

/// Reads the wheels, the largest first, so that no core is left with a large one at the end.
fn read_wheels<'a>(
    inputs: &Inputs,
    files: &'a WheelFiles,
) -> Result<Vec<WheelLayout<'a>>, AssembleError> {
    let mut wheels: Vec<_> = inputs.wheels.iter().zip(files).enumerate().collect();
    wheels.sort_by_key(|(_, (_, bytes))| Reverse(bytes.len()));
    let wheels = wheels.into_iter().par_bridge(); // which hands them out in this order, one at a time
    let layouts = wheels.map(|(index, (wheel, bytes))| {
        let layout = WheelLayout::read(bytes, &wheel.locked.name, &wheel.locked.version);
        (index, layout.map_err(|error| refused(wheel, error)))
    });
    let mut layouts: Vec<_> = layouts.collect();
    layouts.sort_by_key(|(index, _)| *index);
    layouts.into_iter().map(|(_, layout)| layout).collect()
}

/// Refuses paths that a file system could not hold side by side, twins and a file that must be a folder, and links to
/// nothing.
fn check_paths(inputs: &Inputs, entries: &[NewEntry<'_>]) -> Result<(), Error> {
    let paths = entries.iter().map(|entry| &entry.path);
    let layer = inputs.layer.clone();
    Err(match find_clash(paths.clone(), []) {
        None => return Ok(check::symlinks(&layer, &inputs.own_files, paths)?),
        Some(PathClash::Duplicate(path)) => {
            let path = path.clone();
            check::CheckError::Duplicate { layer, path }.into()
        }
        Some(PathClash::Twins(first, second)) => {
            let (first, second) = (first.clone(), second.clone());
            check::CheckError::CaseTwins {
                layer,
                first,
                second,
            }
            .into()
        }
        Some(PathClash::FileAndFolder { file, below }) => {
            let (file, below) = (file.clone(), below.clone());
            AssembleError::FileAndFolder { layer, file, below }.into()
        }
    })
}
