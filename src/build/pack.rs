//! Writes an archive to a file in large writes, and deflates a layer's own files for it.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use twox_hash::XxHash3_128;

use super::own_file::OwnFile;
use crate::archive::{ArchiveLayout, Compressed, Stream, compress};
use crate::cache::{ArchiveStore, MappedFile};
use crate::error::{Error, Failure, PathContext as _, PathError};
use crate::input::{FileKind, Repository};

/// How much is written at a time, in bytes: fits into the second cache of every processor, so that it is read from
/// memory once.
const WRITE: usize = 256 * 1024;

/// Writes the archive to `output`. Returns the XXH3 over it, which its seal needs.
pub(super) fn write(layout: &ArchiveLayout<'_>, output: &File) -> io::Result<u128> {
    let mut xxh3 = XxHash3_128::new();
    let mut output = BufWriter::with_capacity(WRITE, output);
    for chunk in layout.pieces().flat_map(|piece| piece.chunks(WRITE)) {
        xxh3.write(chunk);
        output.write_all(chunk)?;
    }
    output.flush()?;
    Ok(xxh3.finish_128())
}

/// One of the layer's own files changed between fingerprinting and packing.
#[derive(Debug, thiserror::Error)]
#[error("`{}` changed while the layer was built", .0.display())]
pub(super) struct Changed(pub std::path::PathBuf);

impl Failure for Changed {
    fn hint(&self) -> Option<String> {
        Some("run the command again".into())
    }
}

/// A layer's own files, deflated into files without names, so that memory does not grow with them.
pub(super) struct DeflatedFiles {
    spools: Vec<MappedFile>,
    /// For each own file: its spool, where it starts there, and what it is.
    places: Vec<(usize, u64, Compressed)>,
}

impl DeflatedFiles {
    /// Deflates `files` of a repository on as many threads as there are cores.
    pub fn new(
        files: &[&OwnFile],
        repository: &Repository,
        store: &ArchiveStore,
    ) -> Result<Self, Error> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let next = AtomicUsize::new(0);
        let spooled = thread::scope(|scope| {
            let workers: Vec<_> = (0..cores.min(files.len()))
                .map(|_| scope.spawn(|| deflate_some(files, &next, repository, store)))
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|_| Err(WorkerFailed.into())))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let mut places: Vec<_> = Vec::new();
        let mut spools = Vec::new();
        for (number, (spool, done)) in spooled.into_iter().enumerate() {
            spools.push(spool);
            places.extend(
                done.into_iter()
                    .map(|(index, start, compressed)| (index, (number, start, compressed))),
            );
        }
        places.sort_by_key(|(index, _)| *index);
        Ok(Self {
            spools,
            places: places.into_iter().map(|(_, place)| place).collect(),
        })
    }

    /// The streams, in the order of the files.
    pub fn streams(&self) -> impl Iterator<Item = Stream<'_>> {
        self.places.iter().map(|(spool, start, compressed)| {
            let start = *start as usize;
            let bytes = &self.spools[*spool][start..start + compressed.compressed_size as usize];
            let Compressed {
                compression,
                crc32,
                size,
                ..
            } = *compressed;
            Stream {
                bytes: bytes.into(),
                compression,
                crc32,
                size,
            }
        })
    }
}

/// Index of a file, where its stream starts, and what it is.
type Done = (usize, u64, Compressed);

/// Takes files, the next one at a time, until there are no more.
fn deflate_some(
    files: &[&OwnFile],
    next: &AtomicUsize,
    repository: &Repository,
    store: &ArchiveStore,
) -> Result<(MappedFile, Vec<Done>), Error> {
    let mut spool = store.unnamed()?;
    let mut done = Vec::new();
    let mut start = 0;
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(file) = files.get(index) else { break };
        let input = repository.open(&file.source, FileKind::Content)?;
        let compressed =
            compress(input, &mut spool).map_err(|source| deflate_error(file, source))?;
        if compressed.sha256 != file.sha256 {
            return Err(Changed(file.source.clone()).into());
        }
        done.push((index, start, compressed));
        start += compressed.compressed_size;
    }
    let bytes = MappedFile::of(&spool).at("read", Path::new("a temporary file"))?;
    Ok((bytes, done)) // the spool is closed here; its bytes stay as long as they are mapped
}

fn deflate_error(file: &OwnFile, source: io::Error) -> PathError {
    PathError {
        operation: "pack",
        path: file.source.clone(),
        source,
    }
}

/// A thread panicked: a bug in `lls`.
#[derive(Debug, thiserror::Error)]
#[error("a worker failed unexpectedly")]
struct WorkerFailed;

impl Failure for WorkerFailed {}
