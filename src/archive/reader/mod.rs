//! Reads a ZIP archive that somebody else made, and refuses whatever an honest one would not hold.
//!
//! The archive must be readable in one way only: entries side by side from the first byte, then the central directory,
//! then the end record, with both headers of an entry saying the same. Content is checked where it is unpacked:
//! streams that are only copied are not inflated, since the lock's hash vouches for the archive as a whole.
//! `docs/wheels.md` says for every rule which attack it stops, and which honest builder comes near it.

mod bytes;
mod end;
mod error;
mod header;
mod listed;

use std::io::Read;

use flate2::bufread::DeflateDecoder;

use self::bytes::Cursor;
pub use self::error::ArchiveError;
use self::header::{CentralHeader, Header};
pub use self::listed::read_listed;
use super::{Compression, EntryPath, MAX_ENTRIES, MAX_UNPACKED, Mode, PathClash, find_clash};
use crate::digest::{Hasher, Sha256};

/// Deflate makes at most this many bytes of one: 258 of two bits.
const MAX_DEFLATE_RATIO: u64 = 1032;

/// Flag 3: the sizes stand in a data descriptor behind the data.
const HAS_DESCRIPTOR: u16 = 1 << 3;
/// Flag 11: the name is UTF-8.
const UTF8_NAME: u16 = 1 << 11;
/// Flags 0, 6 and 13: encrypted, strongly, and with masked headers.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Flags 1 and 2, which tell how hard the compressor tried, and the harmless ones above.
const KNOWN_FLAGS: u16 = 1 << 1 | 1 << 2 | HAS_DESCRIPTOR | UTF8_NAME;

const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// The deflate streams of nothing that writers make, which some write for folders: one by levels that compress, one by
/// level 0. Only these, for whatever is longer can hide bytes.
const DEFLATED_NOTHING: [&[u8]; 2] = [&[3, 0], &[1, 0, 0, 0xff, 0xff]];

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

/// Reads the central directory of `bytes` and returns the files in it, in the order of the archive.
pub fn read_entries(bytes: &[u8]) -> Result<Vec<ReadEntry<'_>>, ArchiveError> {
    let directory = end::locate(bytes)?;
    let mut items = Vec::new();
    let mut unpacked = 0u64;
    let mut cursor = Cursor(directory.bytes);
    while !cursor.0.is_empty() {
        let found = items.len() as u64 + 1;
        if found > MAX_ENTRIES {
            return Err(ArchiveError::TooManyEntries(found));
        }
        let record =
            CentralHeader::read(&mut cursor).ok_or(ArchiveError::DirectoryDamaged(found))?;
        let item = read_item(directory.entries, record)?;
        unpacked = unpacked.saturating_add(item.entry.size);
        if unpacked > MAX_UNPACKED {
            return Err(ArchiveError::TooLarge);
        }
        items.push(item);
    }
    let (counted, found) = (directory.count, items.len() as u64);
    if counted != found {
        return Err(ArchiveError::Count { counted, found });
    }
    check_paths(&items)?;
    check_places(&items, directory.entries)?;
    let files = items.into_iter().filter(|item| !item.is_folder);
    Ok(files.map(|item| item.entry).collect())
}

impl ReadEntry<'_> {
    /// Unpacks the entry, never further than the size that its header claims.
    pub fn unpack(&self) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::with_capacity(self.size.min(MAX_UNPACKED) as usize);
        self.unpack_to(&mut |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }

    /// Checks that the entry unpacks to exactly the size and checksum that its header claims, in little memory.
    pub fn verify(&self) -> Result<(), ArchiveError> {
        self.unpack_to(&mut |_| {})
    }

    /// The hash over the content, in little memory.
    pub fn sha256(&self) -> Result<Sha256, ArchiveError> {
        let mut hasher = Hasher::default();
        self.unpack_to(&mut |piece| hasher.update(piece))?;
        Ok(hasher.finish())
    }

    /// The first bytes of the content, fewer than `count` where it is shorter. Nothing behind them is unpacked or checked.
    pub fn head(&self, count: u64) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        let read = match self.compression {
            Compression::Stored => self.compressed.take(count).read_to_end(&mut bytes),
            Compression::Deflated => DeflateDecoder::new(self.compressed)
                .take(count)
                .read_to_end(&mut bytes),
        };
        match read {
            Ok(_) => Ok(bytes),
            Err(_) => Err(ArchiveError::Content(self.path.clone())),
        }
    }

    /// Hands out pieces of the content, never more than the claimed size; what they are worth is known at the end.
    pub fn unpack_to(&self, output: &mut dyn FnMut(&[u8])) -> Result<(), ArchiveError> {
        let wrong = || ArchiveError::Content(self.path.clone());
        let mut crc = flate2::Crc::new();
        let mut take = |piece: &[u8]| {
            crc.update(piece);
            if u64::from(crc.amount()) > self.size {
                return Err(wrong());
            }
            output(piece);
            Ok(())
        };
        match self.compression {
            Compression::Stored => take(self.compressed)?,
            Compression::Deflated => {
                let mut decoder = DeflateDecoder::new(self.compressed);
                let mut buffer = vec![0; 1 << 16];
                loop {
                    match decoder.read(&mut buffer).map_err(|_| wrong())? {
                        0 => break,
                        count => take(&buffer[..count])?,
                    }
                }
                if decoder.total_in() != self.compressed.len() as u64 {
                    return Err(wrong());
                }
            }
        }
        if u64::from(crc.amount()) == self.size && crc.sum() == self.crc32 {
            Ok(())
        } else {
            Err(wrong())
        }
    }
}

/// A file or folder of the archive and the bytes that it takes.
struct Item<'a> {
    entry: ReadEntry<'a>,
    is_folder: bool,
    /// Where its local header starts and its data end.
    start: u64,
    end: u64,
    /// The width of the sizes in the data descriptor behind it, if its flags promise one.
    descriptor: Option<usize>,
}

fn read_item<'a>(
    entries: &'a [u8],
    mut record: CentralHeader<'a>,
) -> Result<Item<'a>, ArchiveError> {
    let path = read_path(&record.header)?;
    record.resolve(&path)?;
    check_header(&path, &record)?;
    let CentralHeader { header, offset, .. } = &record;
    let mut cursor = usize::try_from(*offset)
        .ok()
        .and_then(|offset| entries.get(offset..))
        .map(Cursor)
        .ok_or_else(|| ArchiveError::NoLocalHeader(path.clone()))?;
    let local = Header::read_local(&mut cursor, &path)?;
    check_agreement(&path, header, &local)?;
    let start = entries.len() - cursor.0.len();
    let compressed = usize::try_from(header.compressed)
        .ok()
        .and_then(|size| cursor.take(size))
        .ok_or_else(|| ArchiveError::BeyondEntries(path.clone()))?;
    let compression = check_sizes(&path, header)?;
    let is_folder = header.name.ends_with(b"/");
    let empty = header.size == 0
        && header.crc32 == 0
        && (compressed.is_empty() || DEFLATED_NOTHING.contains(&compressed));
    if is_folder && !empty {
        return Err(ArchiveError::FolderContent(path));
    }
    let width = if local.zip64 || header.zip64 { 8 } else { 4 };
    Ok(Item {
        is_folder,
        start: *offset,
        end: (start + compressed.len()) as u64,
        descriptor: (header.flags & HAS_DESCRIPTOR != 0).then_some(width),
        entry: ReadEntry {
            mode: record.mode(),
            path,
            compression,
            compressed,
            crc32: header.crc32,
            size: header.size,
        },
    })
}

fn read_path(header: &Header<'_>) -> Result<EntryPath, ArchiveError> {
    let raw = header.name;
    let refused = |reason| {
        let name: String = String::from_utf8_lossy(raw).chars().take(80).collect();
        ArchiveError::Path { name, reason }
    };
    let path = EntryPath::from_bytes(raw.strip_suffix(b"/").unwrap_or(raw)).map_err(refused)?;
    path.check_disguise().map_err(refused)?;
    Ok(path)
}

impl CentralHeader<'_> {
    /// The type of file that the attributes tell, whichever system they claim to be of.
    fn file_type(&self) -> u32 {
        self.attributes >> 16 & 0o170_000
    }

    /// Whether the file may be executed, which Unix and macOS record.
    fn mode(&self) -> Mode {
        match self.system {
            3 | 19 => Mode::of_file(self.attributes >> 16),
            _ => Mode::File,
        }
    }
}

/// Refuses what the central directory alone shows to be no file or folder of a wheel.
fn check_header(path: &EntryPath, record: &CentralHeader<'_>) -> Result<(), ArchiveError> {
    let header = &record.header;
    let path = || path.clone();
    if header.flags & ENCRYPTED != 0 {
        return Err(ArchiveError::Encrypted(path()));
    }
    if header.flags & !KNOWN_FLAGS != 0 {
        return Err(ArchiveError::Flags(path(), header.flags & !KNOWN_FLAGS));
    }
    if !header.name.is_ascii() && header.flags & UTF8_NAME == 0 {
        return Err(ArchiveError::NameEncoding(path()));
    }
    if record.disk != 0 {
        return Err(ArchiveError::SeveralDisks);
    }
    // Attribute 0x10 of MS-DOS: a folder.
    let is_dos_folder = record.attributes & 0x10 != 0;
    let is_special = match (header.name.ends_with(b"/"), record.file_type()) {
        (true, 0 | 0o040_000) => false,
        (false, 0 | 0o100_000) => is_dos_folder,
        _ => true,
    };
    if is_special {
        return Err(ArchiveError::Special(path()));
    }
    Ok(())
}

fn check_agreement(
    path: &EntryPath,
    central: &Header<'_>,
    local: &Header<'_>,
) -> Result<(), ArchiveError> {
    let disagreement = |what| Err(ArchiveError::Disagreement(path.clone(), what));
    if local.name != central.name {
        return disagreement("name");
    }
    if local.method != central.method {
        return disagreement("compression method");
    }
    if local.flags != central.flags {
        return disagreement("set of flags");
    }
    // What a data descriptor tells may be left out before the data.
    let left_out = |value: u64| value == 0 && central.flags & HAS_DESCRIPTOR != 0;
    if local.crc32 != central.crc32 && !left_out(local.crc32.into()) {
        return disagreement("checksum");
    }
    if local.compressed != central.compressed && !left_out(local.compressed) {
        return disagreement("compressed size");
    }
    if local.size != central.size && !left_out(local.size) {
        return disagreement("size");
    }
    Ok(())
}

/// Returns the compression, if the sizes are possible with it.
fn check_sizes(path: &EntryPath, header: &Header<'_>) -> Result<Compression, ArchiveError> {
    match header.method {
        0 if header.size != header.compressed => Err(ArchiveError::StoredSize(path.clone())),
        0 => Ok(Compression::Stored),
        8 if header.size > header.compressed.saturating_mul(MAX_DEFLATE_RATIO) => {
            Err(ArchiveError::Ratio {
                path: path.clone(),
                size: header.size,
                compressed: header.compressed,
            })
        }
        8 => Ok(Compression::Deflated),
        method => Err(ArchiveError::Method(path.clone(), method)),
    }
}

fn check_paths(items: &[Item<'_>]) -> Result<(), ArchiveError> {
    let of_kind = |is_folder| {
        items
            .iter()
            .filter(move |item| item.is_folder == is_folder)
            .map(|item| &item.entry.path)
    };
    Err(match find_clash(of_kind(false), of_kind(true)) {
        None => return Ok(()),
        Some(PathClash::Duplicate(path)) => ArchiveError::Duplicate(path.clone()),
        Some(PathClash::Twins(first, second)) => ArchiveError::Twins(first.clone(), second.clone()),
        Some(PathClash::FileAndFolder { file, below }) => ArchiveError::FileAndFolder {
            file: file.clone(),
            below: below.clone(),
        },
    })
}

/// Checks that the items and their data descriptors fill `entries` from the first to the last byte.
fn check_places(items: &[Item<'_>], entries: &[u8]) -> Result<(), ArchiveError> {
    let mut sorted: Vec<_> = items.iter().collect();
    sorted.sort_by_key(|item| item.start);
    let first = sorted
        .first()
        .map_or(entries.len() as u64, |item| item.start);
    if first > 0 {
        return Err(ArchiveError::ForeignData(first, "before"));
    }
    for (index, item) in sorted.iter().enumerate() {
        let next = sorted.get(index + 1);
        let end = next.map_or(entries.len() as u64, |next| next.start);
        let Some(behind) = entries.get(item.end as usize..end as usize) else {
            let shared = next.unwrap_or(item);
            return Err(ArchiveError::Overlap(shared.entry.path.clone()));
        };
        check_behind(item, behind)?;
    }
    Ok(())
}

/// Checks what stands between the data of an item and the next one: its data descriptor or nothing.
fn check_behind(item: &Item<'_>, behind: &[u8]) -> Result<(), ArchiveError> {
    let path = || item.entry.path.clone();
    let Some(width) = item.descriptor else {
        return match behind.len() {
            0 => Ok(()),
            hidden => Err(ArchiveError::Gap(path(), hidden as u64)),
        };
    };
    let length = 4 + 2 * width;
    let mut cursor = Cursor(behind);
    if behind.len() != length {
        cursor
            .expect(DESCRIPTOR)
            .ok_or_else(|| ArchiveError::NoDescriptor(path()))?;
    }
    let mut read = || {
        let crc32 = cursor.u32()?;
        let mut size = || match width {
            8 => cursor.u64(),
            _ => cursor.u32().map(u64::from),
        };
        Some((crc32, size()?, size()?))
    };
    let (crc32, compressed, size) = read().ok_or_else(|| ArchiveError::NoDescriptor(path()))?;
    let wrong = |what| Err(ArchiveError::Descriptor(path(), what));
    if crc32 != item.entry.crc32 {
        return wrong("checksum");
    }
    if compressed != item.entry.compressed.len() as u64 {
        return wrong("compressed size");
    }
    if size != item.entry.size {
        return wrong("size");
    }
    match cursor.0.len() {
        0 => Ok(()),
        hidden => Err(ArchiveError::Gap(path(), hidden as u64)),
    }
}

#[cfg(test)]
mod tests;
