//! Joins a layer's wheels and own files into one archive and stores it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{Inputs, OwnFile, PlacedWheel, WheelFiles, check};
use crate::archive::{
    ArchiveComment, ArchiveError, Content, EntryPath, Mode, NewEntry, ReadEntry, WriteError,
    write_archive,
};
use crate::cache::{ArchiveStore, ArchiveSummary};
use crate::digest::{Hasher, Sha256};
use crate::error::{Error, Failure, PathContext as _};
use crate::layer::LayerName;
use crate::layer::PackageSummary;
use crate::manifest::LayerSettings;
use crate::wheel::{Record, WheelError, WheelLayout};

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

/// Something that is to stand at a path, and where it comes from.
struct Candidate<'a> {
    mode: Mode,
    source: Source<'a>,
}

enum Source<'a> {
    /// The entry of the wheel with this index.
    Wheel(usize, ReadEntry<'a>),
    /// One of the layer's own files.
    Own(&'a OwnFile),
}

/// What is to be packed, and which paths a wheel brought in vain.
struct Merged<'a> {
    layer: &'a LayerName,
    wheels: &'a [PlacedWheel],
    settings: &'a LayerSettings,
    candidates: BTreeMap<EntryPath, Candidate<'a>>,
    overwritten: BTreeSet<(usize, EntryPath)>,
}

/// Builds the archive of `inputs` from `files`, the bytes of its wheels, and keeps it in `store`.
pub(super) fn assemble(
    inputs: &Inputs,
    settings: &LayerSettings,
    files: &WheelFiles,
    store: &ArchiveStore,
) -> Result<ArchiveSummary, Error> {
    let layouts = read_wheels(inputs, files)?;
    let mut merged = Merged {
        layer: &inputs.layer,
        wheels: &inputs.wheels,
        settings,
        candidates: BTreeMap::new(),
        overwritten: BTreeSet::new(),
    };
    for (index, layout) in layouts.iter().enumerate() {
        merged.add_wheel(index, layout)?;
    }
    for file in &inputs.own_files {
        merged.add(
            file.path.clone(),
            Candidate {
                mode: file.mode,
                source: Source::Own(file),
            },
        )?;
    }
    let records = merged.records(&layouts)?;
    let packages = merged.packages();
    check::unpacked_size(&inputs.layer, merged.unpacked_size(), &packages)?;
    let entries = merged.into_entries(records)?;
    if entries.is_empty() {
        return Err(check::CheckError::Empty {
            layer: inputs.layer.clone(),
        }
        .into());
    }
    check::case_twins(&inputs.layer, entries.iter().map(|entry| &entry.path))?;
    check_folders(&inputs.layer, &entries)?;
    let output = store.temporary()?;
    let mut writer = HashingWriter::new(output.as_file());
    let unpacked_size = write_archive(&entries, ArchiveComment(inputs.fingerprint), &mut writer)?;
    let (sha256, size) = writer.finish().map_err(WriteError::Output)?;
    let summary = ArchiveSummary {
        sha256,
        size,
        unpacked_size,
        packages,
    };
    store.keep(output, inputs.fingerprint, &summary)?;
    Ok(summary)
}

fn read_wheels<'a>(
    inputs: &Inputs,
    files: &'a WheelFiles,
) -> Result<Vec<WheelLayout<'a>>, AssembleError> {
    let wheels = inputs.wheels.iter().zip(files);
    wheels
        .map(|(wheel, bytes)| {
            WheelLayout::read(bytes, &wheel.locked.name, &wheel.locked.version)
                .map_err(|e| refused(wheel, e))
        })
        .collect()
}

fn refused(wheel: &PlacedWheel, source: WheelError) -> AssembleError {
    AssembleError::Wheel {
        package: package_of(wheel),
        source,
    }
}

fn package_of(wheel: &PlacedWheel) -> String {
    format!("{} {}", wheel.locked.name, wheel.locked.version)
}

impl<'a> Merged<'a> {
    fn add_wheel(&mut self, index: usize, layout: &WheelLayout<'a>) -> Result<(), Error> {
        let root = &self.wheels[index].root;
        for placement in &layout.placements {
            let path = placement.path.below(root);
            if !self.settings.exclude.matches(&path) {
                let source = Source::Wheel(index, placement.entry.clone());
                self.add(
                    path,
                    Candidate {
                        mode: placement.entry.mode,
                        source,
                    },
                )?;
            }
        }
        Ok(())
    }

    /// Adds a candidate; one with the same content is dropped, one with other content needs leave to overwrite.
    fn add(&mut self, path: EntryPath, candidate: Candidate<'a>) -> Result<(), Error> {
        let Some(present) = self.candidates.get(&path) else {
            self.candidates.insert(path, candidate);
            return Ok(());
        };
        if self.same_content(present, &candidate)? {
            return Ok(());
        }
        if !self.settings.overwrite.contains(&path) {
            let (first, second) = (self.origin(present), self.origin(&candidate));
            return Err(AssembleError::Conflict {
                layer: self.layer.clone(),
                path,
                first,
                second,
            }
            .into());
        }
        if let Some(Candidate {
            source: Source::Wheel(index, _),
            ..
        }) = self.candidates.insert(path.clone(), candidate)
        {
            self.overwritten.insert((index, path));
        }
        Ok(())
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
                let bytes = entry
                    .unpack()
                    .map_err(|error: ArchiveError| refused(&self.wheels[*index], error.into()));
                Ok(Sha256::of(bytes?))
            }
        }
    }

    fn origin(&self, candidate: &Candidate<'_>) -> String {
        match &candidate.source {
            Source::Wheel(index, _) => format!("`{}`", package_of(&self.wheels[*index])),
            Source::Own(file) => format!("`{}`", file.source.display()),
        }
    }

    /// The `RECORD` of each wheel, describing what is left of it.
    fn records(&self, layouts: &[WheelLayout<'a>]) -> Result<Vec<NewEntry<'a>>, Error> {
        let mut records = Vec::new();
        for (index, layout) in layouts.iter().enumerate() {
            let root = &self.wheels[index].root;
            let path = layout.record_path().below(root);
            if self.settings.exclude.matches(&path) {
                continue;
            }
            let stays = |path: &EntryPath| {
                let full = path.below(root);
                self.candidates.contains_key(&full) && !self.overwritten.contains(&(index, full))
            };
            let kept = layout
                .placements
                .iter()
                .map(|placement| &placement.path)
                .filter(|path| stays(path))
                .collect();
            let record = Record::describing(layout, &kept)
                .map_err(|error| refused(&self.wheels[index], error))?;
            let content = match record {
                Record::Untouched => compressed(&layout.record),
                Record::Rewritten(bytes) => Content::Bytes(bytes),
            };
            records.push(NewEntry {
                path,
                mode: Mode::File,
                content,
            });
        }
        Ok(records)
    }

    /// What everything but the `RECORD`s unpacks to, in bytes.
    fn unpacked_size(&self) -> u64 {
        let size = |candidate: &Candidate<'_>| match &candidate.source {
            Source::Wheel(_, entry) => entry.size,
            Source::Own(file) => file.size,
        };
        self.candidates.values().map(size).sum()
    }

    /// What each package contributes; a package in several folders counts as one.
    fn packages(&self) -> Vec<PackageSummary> {
        let mut sizes = vec![0; self.wheels.len()];
        for candidate in self.candidates.values() {
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

    fn into_entries(self, records: Vec<NewEntry<'a>>) -> Result<Vec<NewEntry<'a>>, Error> {
        let mut entries = records;
        for (path, candidate) in self.candidates {
            let content = match &candidate.source {
                Source::Wheel(_, entry) => compressed(entry),
                Source::Own(file) => own_content(file).at("read", &file.source)?,
            };
            entries.push(NewEntry {
                path,
                mode: candidate.mode,
                content,
            });
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }
}

fn compressed<'a>(entry: &ReadEntry<'a>) -> Content<'a> {
    Content::Compressed {
        bytes: entry.compressed,
        compression: entry.compression,
        crc32: entry.crc32,
        size: entry.size,
    }
}

fn own_content<'a>(file: &OwnFile) -> io::Result<Content<'a>> {
    if file.mode == Mode::Symlink {
        let target = std::fs::read_link(&file.source)?;
        return Ok(Content::Bytes(target.into_os_string().into_encoded_bytes()));
    }
    Ok(Content::File {
        path: file.source.clone(),
        sha256: file.sha256,
    })
}

/// Refuses a path that would have to be a file and a folder at once.
fn check_folders(layer: &LayerName, entries: &[NewEntry<'_>]) -> Result<(), AssembleError> {
    let paths: BTreeMap<&str, &EntryPath> = entries
        .iter()
        .map(|entry| (entry.path.as_str(), &entry.path))
        .collect();
    for entry in entries {
        let text = entry.path.as_str();
        let folders = text.match_indices('/').map(|(index, _)| &text[..index]);
        if let Some(file) = folders.into_iter().find_map(|folder| paths.get(folder)) {
            let (layer, file, below) = (layer.clone(), (*file).clone(), entry.path.clone());
            return Err(AssembleError::FileAndFolder { layer, file, below });
        }
    }
    Ok(())
}

/// Hashes and counts what is written to a file, in large pieces.
struct HashingWriter<W: Write> {
    output: io::BufWriter<W>,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> HashingWriter<W> {
    fn new(output: W) -> Self {
        Self {
            output: io::BufWriter::with_capacity(1 << 20, output),
            hasher: Hasher::default(),
            size: 0,
        }
    }

    fn finish(mut self) -> io::Result<(Sha256, u64)> {
        self.output.flush()?;
        Ok((self.hasher.finish(), self.size))
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.output.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
