//! Joins a layer's wheels and own files into one archive and stores it.

use std::collections::BTreeSet;

use rayon::prelude::*;
use tempfile::NamedTempFile;

use super::merge::{Merged, refused};
use super::pack::{self, DeflatedFiles};
use super::{Inputs, WheelFiles, check};
use crate::archive::{ArchiveComment, ArchiveLayout, EntryPath, NewEntry, PathClash, find_clash};
use crate::cache::{ArchiveStore, ArchiveSummary, StoredArchive, WheelCache};
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
#[error("wheels in the cache were damaged")]
pub(super) struct DamagedWheels;

impl Failure for DamagedWheels {}

/// Builds the archive of `inputs` from `files`, the bytes of its wheels, and keeps it in `store`.
///
/// Nothing is kept unless the wheels have the hashes of the lock. What is wrong with a layer is only told where they
/// have: else it may be wrong with the cache alone.
pub(super) fn assemble(
    inputs: &Inputs,
    settings: &LayerSettings,
    files: &WheelFiles,
    wheels: &WheelCache,
    store: &ArchiveStore,
) -> Result<StoredArchive, Error> {
    let is_sound = || are_sound(inputs, files, wheels);
    match build(inputs, settings, files, wheels, store) {
        Ok((output, summary)) => Ok(store.keep(output, inputs.fingerprint, summary)?),
        Err(error) if is_sound() => Err(error),
        Err(_) => Err(DamagedWheels.into()),
    }
}

/// Whether all wheels have their hashes. Every damaged one is removed from the cache, not just the first.
fn are_sound(inputs: &Inputs, files: &WheelFiles, wheels: &WheelCache) -> bool {
    let mut checked = BTreeSet::new();
    let pairs = inputs.wheels.iter().zip(files);
    pairs
        .filter(|(wheel, _)| checked.insert(wheel.locked.sha256))
        .fold(true, |sound, (wheel, file)| {
            wheels.check(wheel.locked.sha256, file) && sound
        })
}

fn build(
    inputs: &Inputs,
    settings: &LayerSettings,
    files: &WheelFiles,
    wheels: &WheelCache,
    store: &ArchiveStore,
) -> Result<(NamedTempFile, ArchiveSummary), Error> {
    let layouts = read_wheels(inputs, files)?;
    let merged = Merged::new(inputs, settings, &layouts)?;
    let packages = merged.packages();
    check::unpacked_size(&inputs.layer, merged.unpacked_size(), &packages)?;
    merged.check_native(files, wheels)?;
    let records = merged.records(&layouts)?;
    let deflated = DeflatedFiles::new(&merged.own_files(), store)?;
    let entries = merged.into_entries(records, &deflated);
    if entries.is_empty() {
        return Err(check::CheckError::Empty {
            layer: inputs.layer.clone(),
        }
        .into());
    }
    check_paths(&inputs.layer, &entries)?;
    check::symlinks(
        &inputs.layer,
        &inputs.own_files,
        entries.iter().map(|entry| &entry.path),
    )?;
    let layout = ArchiveLayout::new(&entries, ArchiveComment(inputs.fingerprint))?;
    let output = store.temporary()?;
    // Hashing takes longest: writing and checking the wheels together take another core about as long.
    let (sha256, written) = rayon::join(
        || Sha256::of_pieces(layout.pieces()),
        || {
            pack::write(&layout, output.as_file()).at("write", output.path())?;
            match are_sound(inputs, files, wheels) {
                true => Ok(()),
                false => Err(Error::from(DamagedWheels)),
            }
        },
    );
    written?;
    let (size, unpacked_size) = (layout.size, layout.unpacked_size);
    Ok((
        output,
        ArchiveSummary {
            sha256,
            size,
            unpacked_size,
            packages,
        },
    ))
}

fn read_wheels<'a>(
    inputs: &Inputs,
    files: &'a WheelFiles,
) -> Result<Vec<WheelLayout<'a>>, AssembleError> {
    let wheels = inputs.wheels.par_iter().zip(files);
    wheels
        .map(|(wheel, bytes)| {
            WheelLayout::read(bytes, &wheel.locked.name, &wheel.locked.version)
                .map_err(|e| refused(wheel, e))
        })
        .collect()
}

/// Refuses paths that a file system could not hold side by side: twins, and a file that must be a folder.
fn check_paths(layer: &LayerName, entries: &[NewEntry<'_>]) -> Result<(), Error> {
    let layer = layer.clone();
    match find_clash(entries.iter().map(|entry| &entry.path), []) {
        None => Ok(()),
        Some(PathClash::Duplicate(path)) => {
            let (first, second) = (path.clone(), path.clone());
            Err(check::CheckError::CaseTwins {
                layer,
                first,
                second,
            }
            .into())
        }
        Some(PathClash::Twins(first, second)) => {
            let (first, second) = (first.clone(), second.clone());
            Err(check::CheckError::CaseTwins {
                layer,
                first,
                second,
            }
            .into())
        }
        Some(PathClash::FileAndFolder { file, below }) => {
            let (file, below) = (file.clone(), below.clone());
            Err(AssembleError::FileAndFolder { layer, file, below }.into())
        }
    }
}
