//! Decides what stands at each path of an archive, from a layer's wheels and its own files.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::assemble::AssembleError;
use super::native::own_file_needs;
use super::pack::DeflatedFiles;
use super::unused::Used;
use super::{Inputs, OwnFile, PlacedWheel, WheelFiles};
use crate::archive::{EntryPath, Mode, NewEntry, ReadEntry, Stream};
use crate::cache::{ElfFilesError, NativeFile, WheelCache};
use crate::digest::Sha256;
use crate::error::Error;
use crate::input::Repository;
use crate::layer::{LayerName, PackageSummary};
use crate::manifest::LayerSettings;
use crate::wheel::{Placement, Record, WheelError, WheelLayout};

/// Something that is to stand at a path, and where it comes from.
struct Candidate<'a> {
    mode: Mode,
    source: Source<'a>,
}

enum Source<'a> {
    /// The entry of the wheel with this index.
    Wheel(usize, &'a ReadEntry<'a>),
    /// One of the layer's own files.
    Own(&'a OwnFile),
}

/// What is to be packed, and which paths a wheel brought in vain.
pub(super) struct Merged<'a> {
    layer: &'a LayerName,
    wheels: &'a [PlacedWheel],
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
    /// Merges the wheels in the order of the lock, then the own files, which come last.
    pub fn new(
        inputs: &'a Inputs,
        settings: &'a LayerSettings,
        layouts: &'a [WheelLayout<'a>],
    ) -> Result<Self, Error> {
        let mut merged = Self {
            layer: &inputs.layer,
            wheels: &inputs.wheels,
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

    /// Adds to `all` what the wheel with this index brings, but for what is excluded.
    fn collect(
        &mut self,
        index: usize,
        layout: &'a WheelLayout<'a>,
        all: &mut Vec<(EntryPath, Candidate<'a>)>,
    ) {
        let (root, exclude) = (&self.wheels[index].root, &self.settings.exclude);
        let record = layout.record_path().below(root);
        if exclude.matches(&record) {
            self.used.exclude.extend(exclude.matching(&record));
        }
        for placement in &layout.placements {
            let path = placement.path().below(root);
            if exclude.matches(&path) {
                self.used.exclude.extend(exclude.matching(&path));
                self.is_reduced = true;
                continue;
            }
            let source = Source::Wheel(index, &placement.entry);
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
            (Source::Wheel(_, a), Source::Wheel(_, b))
                if (a.crc32, a.size) != (b.crc32, b.size) =>
            {
                Ok(false)
            }
            _ => Ok(self.sha256(a)? == self.sha256(b)?),
        }
    }

    fn sha256(&self, candidate: &Candidate<'_>) -> Result<Sha256, AssembleError> {
        match &candidate.source {
            Source::Own(file) => Ok(file.sha256),
            Source::Wheel(index, entry) => {
                let sha256 = entry.sha256();
                sha256.map_err(|error| refused(&self.wheels[*index], error.into()))
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
            Source::Wheel(index, _) => format!("`{}`", package_of(&self.wheels[*index])),
            Source::Own(file) => format!("`{}`", file.source.display()),
        }
    }

    /// The native files and what they ask for, sorted by path.
    pub fn native_files(
        &self,
        files: &WheelFiles,
        cache: &WheelCache,
    ) -> Result<Vec<NativeFile>, Error> {
        let mut wheels = Vec::new();
        for (wheel, file) in self.wheels.iter().zip(files) {
            let native =
                cache
                    .elf_files(wheel.locked.sha256, file)
                    .map_err(|error| match error {
                        ElfFilesError::Archive(error) => refused(wheel, error.into()).into(),
                        ElfFilesError::File(error) => Error::from(error),
                    })?;
            wheels.push(native);
        }
        let mut found = Vec::new();
        for (path, candidate) in &self.candidates {
            let (needs, wheel) = match &candidate.source {
                Source::Wheel(index, entry) => {
                    let needs = wheels[*index].get(&entry.path).copied();
                    (needs, Some(&self.wheels[*index]))
                }
                Source::Own(file) if file.mode == Mode::Symlink => (None, None),
                Source::Own(file) => (own_file_needs(file, self.repository)?, None),
            };
            found.extend(needs.map(|needs| NativeFile {
                path: path.clone(),
                package: wheel.map(package_of),
                needs,
            }));
        }
        Ok(found)
    }

    /// Whether what stands at a placement's path is what the wheel with this index, or one with equal content, brings.
    fn holds(&self, index: usize, placement: &Placement<'_>) -> bool {
        if !self.is_reduced {
            return true;
        }
        let path = placement.path().below(&self.wheels[index].root);
        match self.at(&path).map(|candidate| &candidate.source) {
            Some(Source::Wheel(winner, entry)) => {
                let other = &placement.entry;
                *winner == index || (entry.crc32, entry.size) == (other.crc32, other.size)
            }
            Some(Source::Own(_)) | None => false,
        }
    }

    /// The `RECORD` of each wheel, describing what is left of it.
    pub fn records(&self, layouts: &[WheelLayout<'a>]) -> Result<Vec<NewEntry<'a>>, Error> {
        let records = layouts.par_iter().enumerate();
        let records = records.map(|(index, layout)| self.record(index, layout));
        Ok(records
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    fn record(
        &self,
        index: usize,
        layout: &WheelLayout<'a>,
    ) -> Result<Option<NewEntry<'a>>, Error> {
        let wheel = &self.wheels[index];
        let path = layout.record_path().below(&wheel.root);
        if self.settings.exclude.matches(&path) {
            return Ok(None);
        }
        if let Some(present) = self.at(&path) {
            return Err(self.conflict(path, present, format!("`{}`", package_of(wheel))));
        }
        let stays = |placement: &Placement<'_>| self.holds(index, placement);
        let record = Record::describing(layout, stays).map_err(|error| refused(wheel, error))?;
        let stream = match record {
            Record::Untouched => copied(&layout.record),
            Record::Rewritten(bytes) => Stream::of(&bytes),
        };
        let mode = Mode::File;
        Ok(Some(NewEntry { path, mode, stream }))
    }

    /// Everything with the number of bytes that it unpacks to.
    pub fn sizes<'s>(
        &'s self,
        records: &'s [NewEntry<'_>],
    ) -> impl Iterator<Item = (&'s EntryPath, u64)> + Clone {
        let size = |candidate: &Candidate<'_>| match &candidate.source {
            Source::Wheel(_, entry) => entry.size,
            Source::Own(file) => file.size,
        };
        let records = records
            .iter()
            .map(|record| (&record.path, record.stream.size));
        let candidates = self.candidates.iter();
        records.chain(candidates.map(move |(path, candidate)| (path, size(candidate))))
    }

    /// What each package contributes; a package in several folders counts as one.
    pub fn packages(&self) -> Vec<PackageSummary> {
        let mut sizes = vec![0; self.wheels.len()];
        for (_, candidate) in &self.candidates {
            if let Source::Wheel(index, entry) = &candidate.source {
                sizes[*index] += entry.size;
            }
        }
        let mut summaries: BTreeMap<_, u64> = BTreeMap::new();
        for (wheel, size) in self.wheels.iter().zip(sizes) {
            *summaries
                .entry((wheel.locked.name.clone(), wheel.locked.version.clone()))
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
        records: Vec<NewEntry<'a>>,
        deflated: &'a DeflatedFiles,
    ) -> Vec<NewEntry<'a>> {
        let mut entries = records;
        let mut streams = deflated.streams();
        for (path, candidate) in self.candidates {
            let mode = candidate.mode;
            let stream = match &candidate.source {
                Source::Wheel(_, entry) => Some(copied(entry)),
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

/// A wheel's stream as it is.
fn copied<'a>(entry: &ReadEntry<'a>) -> Stream<'a> {
    Stream {
        bytes: entry.compressed.into(),
        compression: entry.compression,
        crc32: entry.crc32,
        size: entry.size,
    }
}

pub(super) fn refused(wheel: &PlacedWheel, source: WheelError) -> AssembleError {
    AssembleError::Wheel {
        package: package_of(wheel),
        source,
    }
}

fn package_of(wheel: &PlacedWheel) -> String {
    format!("{} {}", wheel.locked.name, wheel.locked.version)
}
