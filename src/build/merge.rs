//! Decides what stands at each path of an archive, from a layer's artifacts and its own files.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::inputs::Inputs;
use super::native::own_file_needs;
use super::own_file::OwnFile;
use super::pack::DeflatedFiles;
use super::unused::Used;
use crate::archive::{EntryPath, Mode, NewEntry, ReadEntry, Stream};
use crate::bytecode::source_path;
use crate::cache::{ArtifactCache, ElfFilesError, NativeFile};
use crate::digest::Sha256;
use crate::ecosystem::{Artifact, ArtifactFiles, Inventory, Layout, Placement, RefusedArtifact};
use crate::error::{Error, Failure};
use crate::input::Repository;
use crate::layer::{LayerName, PackageSummary};
use crate::manifest::LayerSettings;

/// Why a layer's sources do not make an archive.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
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
            Self::Conflict { path, .. } => {
                format!("`exclude` it, or let the later one win with `overwrite = [\"{path}\"]`")
            }
            Self::FileAndFolder { .. } => "rename or `exclude` one of them".into(),
        })
    }
}

/// Something that is to stand at a path, and where it comes from.
struct Candidate<'a> {
    mode: Mode,
    source: Source<'a>,
}

enum Source<'a> {
    /// The entry of the artifact with this index.
    Artifact(usize, &'a ReadEntry<'a>),
    /// One of the layer's own files.
    Own(&'a OwnFile),
}

/// What is to be packed, and which paths an artifact brought in vain.
pub(super) struct Merged<'a> {
    layer: &'a LayerName,
    artifacts: &'a [Artifact],
    repository: &'a Repository,
    settings: &'a LayerSettings,
    /// Sorted by path, one for each.
    candidates: Vec<(EntryPath, Candidate<'a>)>,
    /// Whether something was excluded, or brought twice.
    is_reduced: bool,
    /// What of the settings had an effect.
    pub used: Used,
}

impl<'a> Merged<'a> {
    /// Merges the artifacts in the order of the lock, then the own files, which come last.
    pub fn new(
        inputs: &'a Inputs,
        settings: &'a LayerSettings,
        layouts: &'a [Layout<'a>],
    ) -> Result<Self, Error> {
        let mut merged = Self {
            layer: &inputs.layer,
            artifacts: &inputs.locked.artifacts,
            repository: &inputs.repository,
            settings,
            candidates: Vec::new(),
            is_reduced: false,
            used: inputs.used.clone(),
        };
        let count = layouts.iter().map(|layout| layout.placements.len());
        let mut all = Vec::with_capacity(count.sum::<usize>() + inputs.own_files.len());
        for (index, layout) in layouts.iter().enumerate() {
            merged.collect(index, layout, &mut all);
        }
        all.extend(inputs.own_files.iter().map(|file| {
            let (mode, source) = (file.mode, Source::Own(file));
            (file.path.clone(), Candidate { mode, source })
        }));
        all.sort_by(|(a, _), (b, _)| a.cmp(b)); // it leaves those with one path in their order
        merged.candidates.reserve(all.len());
        for (path, candidate) in all {
            merged.add(path, candidate)?;
        }
        Ok(merged)
    }

    /// Adds to `all` what the artifact with this index brings, but for what is excluded.
    fn collect(
        &mut self,
        index: usize,
        layout: &'a Layout<'a>,
        all: &mut Vec<(EntryPath, Candidate<'a>)>,
    ) {
        let (root, exclude) = (&self.artifacts[index].root, &self.settings.exclude);
        let inventory = layout.inventory.path.below(root);
        if exclude.matches(&inventory) {
            self.used.exclude.extend(exclude.matching(&inventory));
        }
        for placement in &layout.placements {
            let path = placement.path().below(root);
            if exclude.matches(&path) {
                self.used.exclude.extend(exclude.matching(&path));
                self.is_reduced = true;
                continue;
            }
            let source = Source::Artifact(index, &placement.entry);
            let mode = placement.entry.mode;
            all.push((path, Candidate { mode, source }));
        }
    }

    /// Adds a candidate for the last path or one behind it; one with the same content is dropped, one with other
    /// content needs leave to overwrite.
    fn add(&mut self, path: EntryPath, candidate: Candidate<'a>) -> Result<(), Error> {
        let present = match self.candidates.last() {
            Some((last, present)) if *last == path => present,
            _ => {
                self.candidates.push((path, candidate));
                return Ok(());
            }
        };
        let is_same = self.same_content(present, &candidate)?;
        if !is_same && !self.settings.overwrite.contains(&path) {
            return Err(self.conflict(path, present, self.origin(&candidate)));
        }
        self.is_reduced = true;
        if !is_same {
            self.used.overwrite.insert(path.clone());
            self.candidates.pop();
            self.candidates.push((path, candidate));
        }
        Ok(())
    }

    /// What stands at a path.
    fn at(&self, path: &EntryPath) -> Option<&Candidate<'a>> {
        let place = self.candidates.binary_search_by(|(at, _)| at.cmp(path));
        place.ok().map(|index| &self.candidates[index].1)
    }

    fn same_content(&self, a: &Candidate<'_>, b: &Candidate<'_>) -> Result<bool, Error> {
        if a.mode != b.mode {
            return Ok(false);
        }
        match (&a.source, &b.source) {
            (Source::Artifact(_, a), Source::Artifact(_, b))
                if (a.crc32, a.size) != (b.crc32, b.size) =>
            {
                Ok(false)
            }
            _ => Ok(self.sha256(a)? == self.sha256(b)?),
        }
    }

    fn sha256(&self, candidate: &Candidate<'_>) -> Result<Sha256, RefusedArtifact> {
        match &candidate.source {
            Source::Own(file) => Ok(file.sha256),
            Source::Artifact(index, entry) => {
                let sha256 = entry.sha256();
                sha256.map_err(|error| self.artifacts[*index].refused(error))
            }
        }
    }

    fn conflict(&self, path: EntryPath, present: &Candidate<'_>, second: String) -> Error {
        let (layer, first) = (self.layer.clone(), self.origin(present));
        AssembleError::Conflict {
            layer,
            path,
            first,
            second,
        }
        .into()
    }

    fn origin(&self, candidate: &Candidate<'_>) -> String {
        match &candidate.source {
            Source::Artifact(index, _) => format!("`{}`", self.artifacts[*index]),
            Source::Own(file) => format!("`{}`", file.source.display()),
        }
    }

    /// The native files and what they ask for, sorted by path.
    pub fn native_files(
        &self,
        files: &ArtifactFiles,
        cache: &ArtifactCache,
    ) -> Result<Vec<NativeFile>, Error> {
        let mut native = Vec::new();
        for (artifact, file) in self.artifacts.iter().zip(files) {
            let files = cache.elf_files(artifact.digest, file);
            native.push(files.map_err(|error| match error {
                ElfFilesError::Archive(error) => artifact.refused(error).into(),
                ElfFilesError::File(error) => Error::from(error),
            })?);
        }
        let mut found = Vec::new();
        for (path, candidate) in &self.candidates {
            let (needs, artifact) = match &candidate.source {
                Source::Artifact(index, entry) => {
                    let needs = native[*index].get(&entry.path).copied();
                    (needs, Some(&self.artifacts[*index]))
                }
                Source::Own(file) if file.mode == Mode::Symlink => (None, None),
                Source::Own(file) => (own_file_needs(file, self.repository)?, None),
            };
            found.extend(needs.map(|needs| NativeFile {
                path: path.clone(),
                package: artifact.map(Artifact::to_string),
                needs,
            }));
        }
        Ok(found)
    }

    /// Whether what stands at a placement's path is what the artifact with this index, or one with equal content, brings.
    fn holds(&self, index: usize, placement: &Placement<'_>) -> bool {
        if !self.is_reduced {
            return true;
        }
        let path = placement.path().below(&self.artifacts[index].root);
        match self.at(&path).map(|candidate| &candidate.source) {
            Some(Source::Artifact(winner, entry)) => {
                let other = &placement.entry;
                *winner == index || (entry.crc32, entry.size) == (other.crc32, other.size)
            }
            Some(Source::Own(_)) | None => false,
        }
    }

    /// The inventory of each artifact, describing what is left of it.
    pub fn inventories(&self, layouts: &[Layout<'a>]) -> Result<Vec<NewEntry<'a>>, Error> {
        let inventories = layouts.par_iter().enumerate();
        let inventories = inventories.map(|(index, layout)| self.inventory(index, layout));
        Ok(inventories
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    fn inventory(&self, index: usize, layout: &Layout<'a>) -> Result<Option<NewEntry<'a>>, Error> {
        let artifact = &self.artifacts[index];
        let path = layout.inventory.path.below(&artifact.root);
        if self.settings.exclude.matches(&path) {
            return Ok(None);
        }
        if let Some(present) = self.at(&path) {
            return Err(self.conflict(path, present, format!("`{artifact}`")));
        }
        let stays = |placement: &Placement<'_>| self.holds(index, placement);
        let inventory = layout.describing(stays);
        let stream = match inventory.map_err(|error| artifact.refused(error))? {
            Inventory::Untouched => copied(&layout.inventory),
            Inventory::Rewritten(bytes) => Stream::of(&bytes),
        };
        let mode = Mode::File;
        Ok(Some(NewEntry { path, mode, stream }))
    }

    /// Those of the entries, which are the bytecode of an artifact or of own files, whose sources are packed.
    pub fn bytecode(
        &self,
        artifact: Option<usize>,
        entries: Vec<ReadEntry<'a>>,
    ) -> Vec<NewEntry<'a>> {
        let is_packed = |entry: &ReadEntry<'_>| {
            let source = source_path(&entry.path);
            match source.and_then(|source| Some(&self.at(&source)?.source)) {
                Some(Source::Artifact(index, _)) => artifact == Some(*index),
                Some(Source::Own(_)) => artifact.is_none(),
                None => false,
            }
        };
        let entries = entries.into_iter().filter(is_packed);
        let entries = entries.filter(|entry| !self.settings.exclude.matches(&entry.path));
        let entry = |entry: ReadEntry<'a>| NewEntry {
            stream: copied(&entry),
            path: entry.path,
            mode: Mode::File,
        };
        entries.map(entry).collect()
    }

    /// Everything with the number of bytes that it unpacks to.
    pub fn sizes<'s>(
        &'s self,
        inventories: &'s [NewEntry<'_>],
    ) -> impl Iterator<Item = (&'s EntryPath, u64)> + Clone {
        let size = |candidate: &Candidate<'_>| match &candidate.source {
            Source::Artifact(_, entry) => entry.size,
            Source::Own(file) => file.size,
        };
        let inventories = inventories
            .iter()
            .map(|entry| (&entry.path, entry.stream.size));
        let candidates = self.candidates.iter();
        inventories.chain(candidates.map(move |(path, candidate)| (path, size(candidate))))
    }

    /// What each package contributes; a package in several folders counts as one.
    pub fn packages(&self) -> Vec<PackageSummary> {
        let mut sizes = vec![0; self.artifacts.len()];
        for (_, candidate) in &self.candidates {
            if let Source::Artifact(index, entry) = &candidate.source {
                sizes[*index] += entry.size;
            }
        }
        let mut summaries: BTreeMap<_, u64> = BTreeMap::new();
        for (artifact, size) in self.artifacts.iter().zip(sizes) {
            *summaries
                .entry((artifact.package.clone(), artifact.version.clone()))
                .or_default() += size;
        }
        let summary = |((name, version), unpacked_size)| PackageSummary {
            name,
            version,
            unpacked_size,
        };
        summaries.into_iter().map(summary).collect()
    }

    /// The own regular files that are to be packed, in the order of their paths.
    pub fn own_files(&self) -> Vec<&'a OwnFile> {
        let own = |(_, candidate): &(EntryPath, Candidate<'a>)| match candidate.source {
            Source::Own(file) if file.mode != Mode::Symlink => Some(file),
            _ => None,
        };
        self.candidates.iter().filter_map(own).collect()
    }

    /// The entries, with the streams of [`Merged::own_files`] in their places.
    pub fn into_entries(
        self,
        inventories: Vec<NewEntry<'a>>,
        deflated: &'a DeflatedFiles,
    ) -> Vec<NewEntry<'a>> {
        let mut entries = inventories;
        let mut streams = deflated.streams();
        for (path, candidate) in self.candidates {
            let mode = candidate.mode;
            let stream = match &candidate.source {
                Source::Artifact(_, entry) => Some(copied(entry)),
                Source::Own(OwnFile {
                    target: Some(target),
                    ..
                }) => Some(Stream::of(target.as_bytes())),
                Source::Own(_) => streams.next(),
            };
            entries.extend(stream.map(|stream| NewEntry { path, mode, stream }));
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries
    }
}

/// The stream of an artifact's entry as it is.
fn copied<'a>(entry: &ReadEntry<'a>) -> Stream<'a> {
    Stream {
        bytes: entry.compressed.into(),
        compression: entry.compression,
        crc32: entry.crc32,
        size: entry.size,
    }
}
