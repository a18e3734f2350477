//! Lays out a ZIP archive whose bytes depend on nothing but its entries and comment.
//!
//! Every entry has the DOS epoch as its time, mode 0644, 0755 or symlink, no extra fields and no data descriptor.
//! Field layouts: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. Contents are borrowed, not copied.

use super::{ArchiveComment, Compression, EntryPath, Mode, Stream};
use crate::error::Failure;

/// 1980-01-01 in the MS-DOS format, the earliest date that it can say.
const DOS_EPOCH_DATE: u16 = 0x0021;
/// Version 2.0: deflate and folders.
const VERSION_NEEDED: u16 = 20;
/// Made by version 2.0 on Unix, so that the upper attributes are a mode.
const MADE_BY_UNIX: u16 = 3 << 8 | VERSION_NEEDED;
/// General purpose flag 11: the name is UTF-8.
const UTF8_NAME: u16 = 1 << 11;

/// Sizes of headers and of the end record in bytes, without names and comment.
const LOCAL_HEADER: usize = 30;
const CENTRAL_HEADER: usize = 46;
const END_RECORD: usize = 22;

/// An entry to be written.
pub struct NewEntry<'a> {
    /// Where it stands in the archive.
    pub path: EntryPath,
    /// What kind it is.
    pub mode: Mode,
    /// What it holds.
    pub stream: Stream<'a>,
}

/// Why entries do not make an archive.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// More entries than a ZIP archive without extensions can count.
    #[error("the layer has {0} files, more than the 65,535 that a ZIP archive can list")]
    TooManyEntries(usize),
    /// An entry or the archive is too large for 32-bit sizes.
    #[error("the layer is larger than 4 GiB at `{0}`")]
    TooLarge(EntryPath),
}

impl Failure for LayoutError {
    fn hint(&self) -> Option<String> {
        Some("split the layer, or `exclude` what it does not need".into())
    }
}

/// An archive that is ready to be written.
pub struct ArchiveLayout<'a> {
    entries: &'a [NewEntry<'a>],
    /// The local headers, one after another.
    headers: Vec<u8>,
    /// Where each local header ends in `headers`.
    header_ends: Vec<usize>,
    /// The central directory and the end record.
    directory: Vec<u8>,
    /// Size of the archive in bytes.
    pub size: u64,
    /// Number of bytes that the entries unpack to.
    pub unpacked_size: u64,
}

impl<'a> ArchiveLayout<'a> {
    /// Lays out `entries`, which must be sorted by path and without duplicates.
    pub fn new(entries: &'a [NewEntry<'a>], comment: ArchiveComment) -> Result<Self, LayoutError> {
        Self::with_comment(entries, &comment.to_bytes())
    }

    /// The same without a comment, for archives that are no layers.
    pub fn without_comment(entries: &'a [NewEntry<'a>]) -> Result<Self, LayoutError> {
        Self::with_comment(entries, &[])
    }

    fn with_comment(entries: &'a [NewEntry<'a>], comment: &[u8]) -> Result<Self, LayoutError> {
        debug_assert!(
            entries.is_sorted_by(|a, b| a.path < b.path),
            "entries are sorted and unique"
        );
        let count =
            u16::try_from(entries.len()).map_err(|_| LayoutError::TooManyEntries(entries.len()))?;
        let names: usize = entries.iter().map(|entry| entry.path.as_str().len()).sum();
        let mut layout = Self {
            entries,
            headers: Vec::with_capacity(names + entries.len() * LOCAL_HEADER),
            header_ends: Vec::with_capacity(entries.len()),
            directory: Vec::with_capacity(
                names + entries.len() * CENTRAL_HEADER + END_RECORD + comment.len(),
            ),
            size: 0,
            unpacked_size: 0,
        };
        for entry in entries {
            let header = Header::new(entry, layout.size)?;
            let start = layout.headers.len();
            header.write_local(&mut layout.headers);
            header.write_central(&mut layout.directory);
            layout.header_ends.push(layout.headers.len());
            layout.size += (layout.headers.len() - start + entry.stream.bytes.len()) as u64;
            layout.unpacked_size += entry.stream.size;
        }
        let last = || {
            entries.last().map_or_else(
                || LayoutError::TooManyEntries(0),
                |entry| LayoutError::TooLarge(entry.path.clone()),
            )
        };
        let directory_offset = u32::try_from(layout.size).map_err(|_| last())?;
        let directory_size = u32::try_from(layout.directory.len()).map_err(|_| last())?;
        write_end(
            &mut layout.directory,
            count,
            directory_size,
            directory_offset,
            comment,
        );
        layout.size += layout.directory.len() as u64;
        Ok(layout)
    }

    /// The archive in pieces, in their order; most of them borrow from the entries.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let starts = std::iter::once(0).chain(self.header_ends.iter().copied());
        let headers = starts
            .zip(&self.header_ends)
            .map(|(start, end)| &self.headers[start..*end]);
        let contents = self.entries.iter().map(|entry| entry.stream.bytes.as_ref());
        headers
            .zip(contents)
            .flat_map(|(header, content)| [header, content])
            .chain([self.directory.as_slice()])
    }

    /// The archive as one piece, for small ones.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.pieces().collect::<Vec<_>>().concat()
    }
}

/// What the local and the central header of an entry say alike.
struct Header<'a> {
    path: &'a EntryPath,
    mode: Mode,
    method: u16,
    crc32: u32,
    compressed_size: u32,
    size: u32,
    offset: u32,
}

impl<'a> Header<'a> {
    fn new(entry: &'a NewEntry<'_>, offset: u64) -> Result<Self, LayoutError> {
        let narrow = |value: u64| {
            u32::try_from(value).map_err(|_| LayoutError::TooLarge(entry.path.clone()))
        };
        let stream = &entry.stream;
        Ok(Self {
            path: &entry.path,
            mode: entry.mode,
            method: match stream.compression {
                Compression::Stored => 0,
                Compression::Deflated => 8,
            },
            crc32: stream.crc32,
            compressed_size: narrow(stream.bytes.len() as u64)?,
            size: narrow(stream.size)?,
            offset: narrow(offset)?,
        })
    }

    fn write_local(&self, bytes: &mut Vec<u8>) {
        bytes.extend(b"PK\x03\x04");
        self.write_common(bytes);
        bytes.extend(self.path.as_str().as_bytes());
    }

    fn write_central(&self, bytes: &mut Vec<u8>) {
        bytes.extend(b"PK\x01\x02");
        bytes.extend(MADE_BY_UNIX.to_le_bytes());
        self.write_common(bytes);
        bytes.extend([0; 2 + 2 + 2]); // comment length, disk, internal attributes
        bytes.extend((self.mode.unix() << 16).to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        bytes.extend(self.path.as_str().as_bytes());
    }

    /// The fields from "version needed" to "extra field length".
    fn write_common(&self, bytes: &mut Vec<u8>) {
        let flags = if self.path.as_str().is_ascii() {
            0
        } else {
            UTF8_NAME
        };
        let name_length = self.path.as_str().len() as u16; // `EntryPath` has at most 4096 bytes
        for half in [VERSION_NEEDED, flags, self.method, 0, DOS_EPOCH_DATE] {
            bytes.extend(half.to_le_bytes());
        }
        for word in [self.crc32, self.compressed_size, self.size] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(name_length.to_le_bytes());
        bytes.extend([0; 2]);
    }
}

fn write_end(bytes: &mut Vec<u8>, count: u16, size: u32, offset: u32, comment: &[u8]) {
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
}
