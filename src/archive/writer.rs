//! Writes a ZIP archive whose bytes depend on nothing but its entries and comment.
//!
//! Every entry has the DOS epoch as its time, mode 0644, 0755 or symlink, no extra fields and no data descriptor.
//! Field layouts: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use flate2::write::DeflateEncoder;
use flate2::{Compression as Level, Crc};

use super::{ArchiveComment, EntryPath, Mode};
use crate::digest::Sha256;
use crate::error::{Failure, PathContext as _, PathError};

/// 1980-01-01 in the MS-DOS format, the earliest date that it can say.
const DOS_EPOCH_DATE: u16 = 0x0021;
/// Version 2.0: deflate and folders.
const VERSION_NEEDED: u16 = 20;
/// Made by version 2.0 on Unix, so that the upper attributes are a mode.
const MADE_BY_UNIX: u16 = 3 << 8 | VERSION_NEEDED;
/// General purpose flag 11: the name is UTF-8.
const UTF8_NAME: u16 = 1 << 11;
/// Level 6 of zlib; part of what freezes archive bytes.
const DEFLATE_LEVEL: u32 = 6;

/// How an entry's bytes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are (method 0).
    Stored,
    /// Deflated (method 8).
    Deflated,
}

/// Where an entry's bytes come from.
pub enum Content<'a> {
    /// A stream that is compressed already, copied as it is.
    Compressed {
        /// The stream.
        bytes: &'a [u8],
        /// How it was compressed.
        compression: Compression,
        /// CRC-32 of the uncompressed bytes.
        crc32: u32,
        /// Number of uncompressed bytes.
        size: u64,
    },
    /// A file on disk, deflated where that makes it smaller.
    File {
        /// Where it is.
        path: PathBuf,
        /// The hash that it had when the archive was planned.
        sha256: Sha256,
    },
    /// Bytes at hand, deflated where that makes them smaller.
    Bytes(Vec<u8>),
}

/// An entry to be written.
pub struct NewEntry<'a> {
    /// Where it stands in the archive.
    pub path: EntryPath,
    /// What kind it is.
    pub mode: Mode,
    /// What it holds.
    pub content: Content<'a>,
}

/// Why an archive could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// One of the layer's own files could not be read.
    #[error(transparent)]
    Source(#[from] PathError),
    /// One of the layer's own files changed between fingerprinting and packing.
    #[error("`{}` changed while the layer was built", .0.display())]
    Changed(PathBuf),
    /// The output could not be written.
    #[error("cannot write the archive")]
    Output(#[from] io::Error),
    /// More entries than a ZIP archive without extensions can count.
    #[error("the layer has {0} files, more than the 65,535 that a ZIP archive can list")]
    TooManyEntries(usize),
    /// An entry or the archive is too large for 32-bit sizes.
    #[error("the layer is larger than 4 GiB at `{0}`")]
    TooLarge(EntryPath),
}

impl Failure for WriteError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Changed(_) => Some("run the command again".into()),
            Self::Output(_) => None,
            Self::TooManyEntries(_) | Self::TooLarge(_) => {
                Some("split the layer, or `exclude` what it does not need".into())
            }
        }
    }
}

/// Writes `entries`, which must be sorted by path and without duplicates, and returns the number of bytes they unpack to.
pub fn write_archive(
    entries: &[NewEntry<'_>],
    comment: ArchiveComment,
    output: &mut impl Write,
) -> Result<u64, WriteError> {
    debug_assert!(
        entries.is_sorted_by(|a, b| a.path < b.path),
        "entries are sorted and unique"
    );
    let count =
        u16::try_from(entries.len()).map_err(|_| WriteError::TooManyEntries(entries.len()))?;
    let mut directory = Vec::new();
    let mut offset = 0;
    let mut unpacked = 0;
    for entry in entries {
        let stream = compress(&entry.content)?;
        let header = Header::new(entry, &stream, offset)?;
        let local = header.local();
        output.write_all(&local)?;
        output.write_all(stream.bytes())?;
        header.write_central(&mut directory);
        offset += (local.len() + stream.bytes().len()) as u64;
        unpacked += stream.size;
    }
    let too_large = || WriteError::TooLarge(entries[entries.len() - 1].path.clone());
    let directory_offset = u32::try_from(offset).map_err(|_| too_large())?;
    let directory_size = u32::try_from(directory.len()).map_err(|_| too_large())?;
    output.write_all(&directory)?;
    output.write_all(&end_of_directory(
        count,
        directory_size,
        directory_offset,
        &comment.to_bytes(),
    ))?;
    Ok(unpacked)
}

/// An entry's bytes, ready to be written.
struct Stream<'a> {
    bytes: Cow<'a, [u8]>,
    compression: Compression,
    crc32: u32,
    size: u64,
}

impl Stream<'_> {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn compress<'a>(content: &'a Content<'a>) -> Result<Stream<'a>, WriteError> {
    match content {
        Content::Compressed {
            bytes,
            compression,
            crc32,
            size,
        } => Ok(Stream {
            bytes: (*bytes).into(),
            compression: *compression,
            crc32: *crc32,
            size: *size,
        }),
        Content::Bytes(bytes) => Ok(deflate(bytes)?),
        Content::File { path, sha256 } => {
            let mut bytes = Vec::new();
            File::open(path)
                .and_then(|mut file| file.read_to_end(&mut bytes))
                .at("read", path)?;
            if Sha256::of(&bytes) != *sha256 {
                return Err(WriteError::Changed(path.clone()));
            }
            let stream = deflate(&bytes)?;
            Ok(Stream {
                bytes: stream.bytes.into_owned().into(),
                ..stream
            })
        }
    }
}

fn deflate(bytes: &[u8]) -> io::Result<Stream<'_>> {
    let mut crc = Crc::new();
    crc.update(bytes);
    let mut encoder = DeflateEncoder::new(
        Vec::with_capacity(bytes.len() / 2),
        Level::new(DEFLATE_LEVEL),
    );
    encoder.write_all(bytes)?;
    let deflated = encoder.finish()?;
    let (bytes, compression): (Cow<[u8]>, _) = if deflated.len() < bytes.len() {
        (deflated.into(), Compression::Deflated)
    } else {
        (bytes.into(), Compression::Stored)
    };
    Ok(Stream {
        bytes,
        compression,
        crc32: crc.sum(),
        size: u64::from(crc.amount()),
    })
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
    fn new(entry: &'a NewEntry<'_>, stream: &Stream<'_>, offset: u64) -> Result<Self, WriteError> {
        let narrow =
            |value: u64| u32::try_from(value).map_err(|_| WriteError::TooLarge(entry.path.clone()));
        Ok(Self {
            path: &entry.path,
            mode: entry.mode,
            method: match stream.compression {
                Compression::Stored => 0,
                Compression::Deflated => 8,
            },
            crc32: stream.crc32,
            compressed_size: narrow(stream.bytes().len() as u64)?,
            size: narrow(stream.size)?,
            offset: narrow(offset)?,
        })
    }

    fn local(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(30 + self.path.as_str().len());
        bytes.extend(b"PK\x03\x04");
        self.write_common(&mut bytes);
        bytes.extend(self.path.as_str().as_bytes());
        bytes
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

fn end_of_directory(count: u16, size: u32, offset: u32, comment: &[u8]) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
    bytes
}
