//! Joins a layer's artifacts and own files into one archive.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use rayon::prelude::*;

use super::damaged::DamagedArtifacts;
use super::inputs::Inputs;
use super::merge::{AssembleError, Merged};
use super::pack::{self, DeflatedFiles};
use super::unused;
use super::wanted_bytecode::BytecodeFile;
use super::{check, native};
use crate::archive::{ArchiveError, ArchiveLayout, NewEntry, PathClash, find_clash, read_entries};
use crate::cache::{ArchiveStore, ArchiveSummary, ArtifactCache, BuiltArchive};
use crate::digest::Sha256;
use crate::ecosystem::{ArtifactFiles, Ecosystem, Layout, RefusedArtifact};
use crate::error::{Error, Failure, PathContext as _};
use crate::manifest::LayerSettings;

/// Bytecode that was made here, and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the bytecode in the cache cannot be read")]
struct UnreadableBytecode(#[source] ArchiveError);

impl Failure for UnreadableBytecode {
    fn hint(&self) -> Option<String> {
        Some("remove it with `lls cache --clear`".into())
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

/// Builds the archive of `inputs` from `files`, the bytes of its artifacts, and writes it to `output`.
/// With it come the XXH3 that its seal needs, and what is dubious in the layer's settings.
///
/// It fails unless the artifacts have the hashes of the lock. What is wrong with a layer is only told where they have:
/// else it may be wrong with the cache alone.
pub(super) fn assemble(
    inputs: &Inputs,
    settings: &LayerSettings,
    (files, bytecode): (&ArtifactFiles, &[BytecodeFile]),
    cache: &ArtifactCache,
    output: &Output,
) -> Result<(BuiltArchive, u128, Vec<String>), Error> {
    build(inputs, settings, (files, bytecode), cache, output).or_else(|error| {
        check_artifacts(inputs, files, cache)?;
        Err(error)
    })
}

/// Fails unless all artifacts have their hashes. Every damaged one is removed from the cache, not just the first.
fn check_artifacts(
    inputs: &Inputs,
    files: &ArtifactFiles,
    cache: &ArtifactCache,
) -> Result<(), Error> {
    let (mut checked, mut damaged) = (BTreeSet::new(), BTreeSet::new());
    for (artifact, file) in inputs.locked.artifacts.iter().zip(files) {
        let digest = artifact.digest;
        if checked.insert(digest) && !cache.check(digest, file)? {
            damaged.insert(format!("`{}`", artifact.package));
        }
    }
    if damaged.is_empty() {
        Ok(())
    } else {
        Err(DamagedArtifacts(damaged).into())
    }
}

fn build(
    inputs: &Inputs,
    settings: &LayerSettings,
    (files, bytecode): (&ArtifactFiles, &[BytecodeFile]),
    cache: &ArtifactCache,
    output: &Output,
) -> Result<(BuiltArchive, u128, Vec<String>), Error> {
    let layouts = read_artifacts(inputs, settings, files)?;
    let merged = Merged::new(inputs, settings, &layouts)?;
    let packages = merged.packages();
    let warnings = unused::after_building(&inputs.layer, settings, &merged.used);
    let mut made = merged.inventories(&layouts)?;
    let mut bytecode_size = 0;
    for BytecodeFile { artifact, file } in bytecode {
        let entries = read_entries(file).map_err(UnreadableBytecode)?;
        let entries = merged.bytecode(*artifact, entries);
        bytecode_size += entries.iter().map(|entry| entry.stream.size).sum::<u64>();
        made.extend(entries);
    }
    check::unpacked_size(inputs, &merged.sizes(&made), &packages, bytecode_size)?;
    let native = merged.native_files(files, cache)?;
    native::check(inputs, settings, &native)?;
    let deflated = DeflatedFiles::new(&merged.own_files(), &inputs.repository, &output.store)?;
    let entries = merged.into_entries(made, &deflated);
    if entries.is_empty() {
        return Err(check::empty(&inputs.layer, settings, &inputs.locked).into());
    }
    let (checked, layout) = rayon::join(
        || check_paths(inputs, &entries),
        || ArchiveLayout::new(&entries, inputs.comment),
    );
    checked?;
    let layout = layout?;
    // Hashing takes longest: all that is done beside it is free.
    let (sha256, (xxh3, checked)) = rayon::join(
        || Sha256::of_pieces(layout.pieces()),
        || {
            rayon::join(
                || pack::write(&layout, &output.file).at("write", &output.path),
                || check_artifacts(inputs, files, cache),
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

/// Reads the artifacts, the largest first, so that no core is left with a large one at the end.
fn read_artifacts<'a>(
    inputs: &Inputs,
    settings: &LayerSettings,
    files: &'a ArtifactFiles,
) -> Result<Vec<Layout<'a>>, RefusedArtifact> {
    let ecosystem = Ecosystem::of(settings);
    let artifacts = inputs.locked.artifacts.iter();
    let mut artifacts: Vec<_> = artifacts.zip(files).enumerate().collect();
    artifacts.sort_by_key(|(_, (_, bytes))| Reverse(bytes.len()));
    let artifacts = artifacts.into_iter().par_bridge(); // which hands them out in this order, one at a time
    let layouts =
        artifacts.map(|(index, (artifact, bytes))| (index, ecosystem.layout(artifact, bytes)));
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
