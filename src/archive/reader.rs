//! Reads a ZIP archive that somebody else made, and refuses whatever an honest one would not hold.
//!
//! The central directory is believed only where the local header says the same.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

use super::{Compression, EntryPath, EntryPathError, MAX_UNPACKED, Mode};

/// One file of an archive; its compressed bytes borrow from the archive's.
#[derive(Clone, Debug)]
pub struct ReadEntry<'a> {
    /// Where it stands in the archive.
    pub path: EntryPath,
    /// Whether it may be executed. Never a symlink.
    pub mode: Mode,
    /// How `compressed` was compressed.
    pub compression: Compression,
    /// The stream as it stands in the archive.
    pub compressed: &'a [u8],
    /// CRC-32 of the uncompressed bytes, as both headers claim it.
    pub crc32: u32,
    /// Number of uncompressed bytes, as both headers claim it.
    pub size: u64,
}

/// The rule that an archive breaks.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is no ZIP archive, or a damaged one.
    #[error("it is not a valid ZIP archive")]
    Zip(#[source] rawzip::Error),
    /// Bytes before the first entry or after the end record.
    #[error("it has {0} bytes of foreign data {1} the archive")]
    ForeignData(u64, &'static str),
    /// An entry's path could be dangerous to unpack.
    #[error("the entry {name:?} is refused: {reason}")]
    Path {
        /// The name as it stands in the archive, escaped.
        name: String,
        /// Why.
        reason: EntryPathError,
    },
    /// Two entries would be unpacked to one path.
    #[error("the entry `{0}` occurs twice")]
    Duplicate(EntryPath),
    /// An entry is neither a file nor a folder.
    #[error("the entry `{0}` is a symlink or a special file")]
    Special(EntryPath),
    /// An entry is encrypted.
    #[error("the entry `{0}` is encrypted")]
    Encrypted(EntryPath),
    /// An entry is compressed by a method that Lambda cannot be relied on to unpack.
    #[error("the entry `{0}` is compressed by the unsupported method {1}")]
    Method(EntryPath, u16),
    /// The local header of an entry contradicts the central directory.
    #[error("the entry `{0}` has a local header with another {1} than the central directory")]
    Disagreement(EntryPath, &'static str),
    /// Two entries share bytes.
    #[error("the entry `{0}` overlaps another one")]
    Overlap(EntryPath),
    /// The entries together are larger than any layer may be.
    #[error("it unpacks to more than {MAX_UNPACKED} bytes, which no Lambda layer may")]
    TooLarge,
    /// An entry does not hold what its headers claim.
    #[error("the entry `{0}` does not unpack to the size and checksum that its header claims")]
    Content(EntryPath),
}

/// Reads the central directory of `bytes` and returns the files in it, in the order of the archive.
pub fn read_entries(bytes: &[u8]) -> Result<Vec<ReadEntry<'_>>, ArchiveError> {
    let archive = ZipArchive::from_slice(bytes).map_err(ArchiveError::Zip)?;
    let trailing = bytes.len() as u64 - archive.end_offset();
    if trailing > 0 {
        return Err(ArchiveError::ForeignData(trailing, "after"));
    }
    let mut files = Vec::new();
    let mut paths = BTreeSet::new();
    let mut ranges = Vec::new();
    let mut unpacked = 0u64;
    let mut records = archive.entries();
    while let Some(record) = records.next_entry().map_err(ArchiveError::Zip)? {
        let Some(entry) = read_entry(bytes, &archive, &record, &mut ranges)? else {
            continue;
        };
        unpacked = unpacked.saturating_add(entry.size);
        if unpacked > MAX_UNPACKED {
            return Err(ArchiveError::TooLarge);
        }
        if !paths.insert(entry.path.clone()) {
            return Err(ArchiveError::Duplicate(entry.path));
        }
        files.push(entry);
    }
    check_ranges(ranges)?;
    Ok(files)
}

impl ReadEntry<'_> {
    /// Unpacks the entry, never further than the size that its header claims.
    pub fn unpack(&self) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::with_capacity(self.size.min(MAX_UNPACKED) as usize);
        let limit = self.size + 1;
        let outcome = match self.compression {
            Compression::Stored => self.compressed.take(limit).read_to_end(&mut bytes),
            Compression::Deflated => DeflateDecoder::new(self.compressed)
                .take(limit)
                .read_to_end(&mut bytes),
        };
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        let sound = outcome.is_ok() && bytes.len() as u64 == self.size && crc.sum() == self.crc32;
        if sound {
            Ok(bytes)
        } else {
            Err(ArchiveError::Content(self.path.clone()))
        }
    }
}

/// The bytes of an archive that one entry takes, header included.
struct Extent {
    start: u64,
    end: u64,
    path: EntryPath,
}

/// Reads one record; `None` for a folder.
fn read_entry<'a>(
    bytes: &'a [u8],
    archive: &ZipSliceArchive<&'a [u8]>,
    record: &ZipFileHeaderRecord<'_>,
    extents: &mut Vec<Extent>,
) -> Result<Option<ReadEntry<'a>>, ArchiveError> {
    let name = record.file_path();
    let raw = name.as_ref();
    let trimmed = raw.strip_suffix(b"/").unwrap_or(raw);
    let path = EntryPath::from_bytes(trimmed).map_err(|reason| {
        let name = String::from_utf8_lossy(raw).into_owned();
        ArchiveError::Path { name, reason }
    })?;
    if record.flags().is_encrypted() || record.flags().has_strong_encryption() {
        return Err(ArchiveError::Encrypted(path));
    }
    let entry = archive
        .get_entry(record.wayfinder())
        .map_err(ArchiveError::Zip)?;
    check_agreement(&path, record, &entry)?;
    let (start, end) = entry.compressed_data_range();
    extents.push(Extent {
        start: record.local_header_offset(),
        end,
        path: path.clone(),
    });
    if raw.ends_with(b"/") {
        return Ok(None);
    }
    let mode = record.mode();
    if mode.is_symlink() || !is_regular(mode.value()) {
        return Err(ArchiveError::Special(path));
    }
    let compression = match record.compression_method() {
        CompressionMethod::STORE => Compression::Stored,
        CompressionMethod::DEFLATE => Compression::Deflated,
        method => return Err(ArchiveError::Method(path, method.as_u16())),
    };
    Ok(Some(ReadEntry {
        path,
        mode: Mode::of_file(mode.value()),
        compression,
        compressed: &bytes[start as usize..end as usize],
        crc32: record.crc32(),
        size: record.uncompressed_size_hint(),
    }))
}

/// A regular file, or one whose maker recorded no type.
fn is_regular(mode: u32) -> bool {
    matches!(mode & 0o170_000, 0 | 0o100_000)
}

fn check_agreement(
    path: &EntryPath,
    record: &ZipFileHeaderRecord<'_>,
    entry: &rawzip::ZipSliceEntry<'_>,
) -> Result<(), ArchiveError> {
    let local = entry.local_header();
    let disagreement = |what| Err(ArchiveError::Disagreement(path.clone(), what));
    if local.file_path().as_ref() != record.file_path().as_ref() {
        return disagreement("name");
    }
    if local.compression_method() != record.compression_method() {
        return disagreement("compression method");
    }
    if local.flags().bits() != record.flags().bits() {
        return disagreement("set of flags");
    }
    let (crc32, compressed, size) = match entry.data_descriptor().map_err(ArchiveError::Zip)? {
        Some(descriptor) => (
            descriptor.crc32(),
            descriptor.compressed_size(),
            descriptor.uncompressed_size(),
        ),
        None => (
            local.crc32(),
            local.compressed_size_hint(),
            local.uncompressed_size_hint(),
        ),
    };
    if crc32 != record.crc32() {
        return disagreement("checksum");
    }
    if (compressed, size)
        != (
            record.compressed_size_hint(),
            record.uncompressed_size_hint(),
        )
    {
        return disagreement("size");
    }
    let stored = record.compression_method() == CompressionMethod::STORE;
    if stored && compressed != size {
        disagreement("size")
    } else {
        Ok(())
    }
}

fn check_ranges(mut extents: Vec<Extent>) -> Result<(), ArchiveError> {
    extents.sort_by_key(|extent| extent.start);
    if let Some(first) = extents.first().filter(|first| first.start > 0) {
        return Err(ArchiveError::ForeignData(first.start, "before"));
    }
    match extents.windows(2).find(|pair| pair[0].end > pair[1].start) {
        Some(pair) => Err(ArchiveError::Overlap(pair[1].path.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ArchiveComment, ArchiveLayout, NewEntry, Stream};
    use super::*;
    use crate::digest::Sha256;

    fn archive(paths: &[&str]) -> Vec<u8> {
        let entries: Vec<_> = paths
            .iter()
            .map(|path| NewEntry {
                path: path.parse().unwrap(),
                mode: Mode::Executable,
                stream: Stream::of(path.repeat(99).as_bytes()),
            })
            .collect();
        ArchiveLayout::new(&entries, ArchiveComment(Sha256::of("")))
            .unwrap()
            .to_bytes()
    }

    #[test]
    fn what_was_written_is_read_back() {
        let bytes = archive(&["a/b.py", "é.txt"]);
        let entries = read_entries(&bytes).unwrap();
        assert_eq!(
            entries
                .iter()
                .map(|entry| entry.path.as_str())
                .collect::<Vec<_>>(),
            ["a/b.py", "é.txt"]
        );
        assert_eq!(entries[0].mode, Mode::Executable);
        assert_eq!(entries[0].unpack().unwrap(), "a/b.py".repeat(99).as_bytes());
    }

    #[test]
    fn a_name_that_differs_between_the_headers_is_refused() {
        let mut bytes = archive(&["aaaa"]);
        bytes[30] = b'b';
        let error = read_entries(&bytes).unwrap_err().to_string();
        assert_eq!(
            error,
            "the entry `aaaa` has a local header with another name than the central directory"
        );
    }

    #[test]
    fn foreign_data_is_refused() {
        let bytes = archive(&["a"]);
        assert!(read_entries(&[bytes.as_slice(), b"x"].concat()).is_err());
        assert!(read_entries(&[b"x", bytes.as_slice()].concat()).is_err());
        assert!(read_entries(b"no archive").is_err());
    }

    #[test]
    fn a_damaged_stream_is_noticed() {
        let mut bytes = archive(&["a"]);
        bytes[33] ^= 1;
        let entries = read_entries(&bytes).unwrap();
        assert!(matches!(entries[0].unpack(), Err(ArchiveError::Content(_))));
    }
}
