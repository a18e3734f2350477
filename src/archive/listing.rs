//! What an archive holds, read from its last bytes alone.

use std::cmp::Ordering;
use std::io;

use rawzip::{ReaderAt, ZipLocator};

use super::{ArchiveComment, EntryPath, Mode};

/// The files of an archive, sorted by path. Two archives with equal listings unpack to the same layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing(pub Vec<ListingEntry>);

/// One file of a listing. Two are equal where they unpack to the same, wherever their bytes are.
#[derive(Clone, Debug)]
pub struct ListingEntry {
    /// Where it stands in the archive.
    pub path: EntryPath,
    /// What kind it is.
    pub mode: Mode,
    /// Number of uncompressed bytes.
    pub size: u64,
    /// CRC-32 of the uncompressed bytes.
    pub crc32: u32,
    /// Where its bytes are.
    pub place: EntryPlace,
}

/// Where the bytes of an entry are, as the central directory claims it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryPlace {
    /// Where its local header starts in the archive.
    pub start: u64,
    /// Where the next local header or the central directory starts; `start` where nothing comes.
    pub end: u64,
    /// Number of compressed bytes.
    pub compressed: u64,
    /// How they were compressed (APPNOTE 4.4.5).
    pub method: u16,
}

impl ListingEntry {
    /// What counts when two entries are compared. Destructured, so that a new field is not forgotten.
    fn content(&self) -> (&EntryPath, Mode, u64, u32) {
        let Self {
            path,
            mode,
            size,
            crc32,
            place: _,
        } = self;
        (path, *mode, *size, *crc32)
    }
}

impl PartialEq for ListingEntry {
    fn eq(&self, other: &Self) -> bool {
        self.content() == other.content()
    }
}

impl Eq for ListingEntry {}

impl PartialOrd for ListingEntry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ListingEntry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.content().cmp(&other.content())
    }
}

impl Listing {
    /// The number of bytes that the archive unpacks to; at most [`u64::MAX`], whatever its entries claim.
    pub fn unpacked_size(&self) -> u64 {
        let sizes = self.0.iter().map(|entry| entry.size);
        sizes.fold(0, u64::saturating_add)
    }

    /// The entry at `path`.
    pub fn get(&self, path: &EntryPath) -> Option<&ListingEntry> {
        self.0
            .binary_search_by(|entry| entry.path.cmp(path))
            .ok()
            .map(|index| &self.0[index])
    }
}

/// What the last bytes of an archive tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// The comment and everything that the archive holds.
    Whole {
        /// The comment, if `lls` made the archive.
        comment: Option<ArchiveComment>,
        /// The files.
        listing: Listing,
    },
    /// The central directory starts before the given bytes.
    Partial {
        /// The comment, if `lls` made the archive.
        comment: Option<ArchiveComment>,
        /// Where the bytes must start to tell everything.
        directory_offset: u64,
    },
    /// This is not the end of an archive that can be understood.
    Foreign,
}

/// Reads what `tail`, the last bytes of an archive of `archive_size` bytes, tells of it.
pub fn read_tail(tail: &[u8], archive_size: u64) -> Tail {
    // No file is larger than `i64::MAX`; below it, no sum of an offset and a length overflows.
    let plausible_size = Some(archive_size).filter(|size| i64::try_from(*size).is_ok());
    let start = plausible_size.and_then(|size| size.checked_sub(tail.len() as u64));
    let Some(start) = start else {
        return Tail::Foreign;
    };
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let located = ZipLocator::new()
        .max_search_space(tail.len() as u64)
        .locate_in_reader(TailReader { tail, start }, &mut buffer, archive_size);
    let Ok(archive) = located else {
        return Tail::Foreign;
    };
    let mut comment = Vec::new();
    if io::Read::read_to_end(&mut archive.comment(), &mut comment).is_err() {
        return Tail::Foreign;
    }
    let comment = ArchiveComment::parse(&comment);
    let directory_offset = archive.directory_offset();
    if directory_offset < start {
        return Tail::Partial {
            comment,
            directory_offset,
        };
    }
    match read_listing(&archive) {
        Some(listing) => Tail::Whole { comment, listing },
        None => Tail::Foreign,
    }
}

fn read_listing(archive: &rawzip::ZipArchive<TailReader<'_>>) -> Option<Listing> {
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let mut records = archive.entries(&mut buffer);
    let mut entries = Vec::new();
    let mut starts = vec![archive.directory_offset()];
    while let Some(record) = records.next_entry().ok()? {
        let start = record.local_header_offset();
        starts.push(start);
        if record.is_dir() {
            continue;
        }
        let mode = record.mode();
        entries.push(ListingEntry {
            path: EntryPath::from_bytes(record.file_path().as_ref()).ok()?,
            mode: if mode.is_symlink() {
                Mode::Symlink
            } else {
                Mode::of_file(mode.value())
            },
            size: record.uncompressed_size_hint(),
            crc32: record.crc32(),
            place: EntryPlace {
                start,
                end: start,
                compressed: record.compressed_size_hint(),
                method: record.compression_method().as_u16(),
            },
        });
    }
    starts.sort_unstable();
    for ListingEntry { place, .. } in &mut entries {
        let next = starts.partition_point(|start| *start <= place.start);
        place.end = starts.get(next).copied().unwrap_or(place.start);
    }
    entries.sort();
    Some(Listing(entries))
}

/// An archive of which only the last bytes are at hand.
struct TailReader<'a> {
    tail: &'a [u8],
    start: u64,
}

impl ReaderAt for TailReader<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let skipped = offset
            .checked_sub(self.start)
            .ok_or(io::ErrorKind::InvalidInput)?;
        let rest = self.tail.get(skipped as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ArchiveLayout, NewEntry, Stream};
    use super::*;
    use crate::digest::Sha256;

    #[test]
    fn sizes_may_claim_more_than_a_number_holds() {
        let entry = |path: &str, size| ListingEntry {
            path: path.parse().unwrap(),
            mode: Mode::File,
            size,
            crc32: 0,
            place: EntryPlace::default(),
        };
        let listing = Listing(vec![entry("a", u64::MAX), entry("b", 1)]);
        assert_eq!(listing.unpacked_size(), u64::MAX);
    }

    #[test]
    fn sizes_that_no_file_has_are_refused() {
        let comment_beyond_the_end = [b"PK\x05\x06".as_slice(), &[0; 16], &[1, 0]].concat();
        for size in [u64::MAX, u64::MAX - 1, 1 << 63, 22, 21, 0] {
            assert_eq!(read_tail(&comment_beyond_the_end, size), Tail::Foreign);
        }
    }

    #[test]
    fn the_tail_is_enough() {
        let entry = |path: &str| NewEntry {
            path: path.parse().unwrap(),
            mode: Mode::File,
            stream: Stream::of(&[7; 5000]),
        };
        let comment = ArchiveComment::of(Sha256::of("inputs"));
        let entries = [entry("a"), entry("b")];
        let bytes = ArchiveLayout::new(&entries, comment).unwrap().to_bytes();
        let size = bytes.len() as u64;

        let Tail::Partial {
            comment: found,
            directory_offset,
        } = read_tail(&bytes[bytes.len() - 130..], size)
        else {
            panic!("130 bytes hold the end record but not the directory");
        };
        assert_eq!(found, Some(comment));
        let Tail::Whole { listing, .. } = read_tail(&bytes[directory_offset as usize..], size)
        else {
            panic!("the central directory is there");
        };
        assert_eq!(listing.unpacked_size(), 10_000);
        assert_eq!(read_tail(b"garbage", 7), Tail::Foreign);
    }
}
