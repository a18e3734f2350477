//! The end of an archive: the one end record, its ZIP64 forms, and the central directory directly before them.
//!
//! Field layouts: PKWARE APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.

use super::bytes::Cursor;
use super::error::{ArchiveError, MAX_DIRECTORY};
use crate::archive::MAX_ENTRIES;

const END: &[u8] = b"PK\x05\x06";
const END_SIZE: usize = 22;
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_SIZE: usize = 20;
const ZIP64_END: &[u8] = b"PK\x06\x06";
const ZIP64_END_SIZE: usize = 56;

/// The central directory of an archive.
pub(super) struct Directory<'a> {
    /// Its bytes, without the end records.
    pub bytes: &'a [u8],
    /// What stands before it: the entries.
    pub entries: &'a [u8],
    /// How many entries the end record counts.
    pub count: u64,
}

/// What both kinds of end record say of the central directory.
struct EndRecord {
    disk: u64,
    directory_disk: u64,
    entries_here: u64,
    entries: u64,
    size: u64,
    offset: u64,
}

/// Finds the central directory of the archive that `bytes` are, from the first to the last.
pub(super) fn locate(bytes: &[u8]) -> Result<Directory<'_>, ArchiveError> {
    let place = find_end(bytes)?;
    let end = read_end(&bytes[place..])?;
    let (place, end) = match read_zip64(&bytes[..place])? {
        Some((zip64_place, zip64)) => (zip64_place, widened(&end, zip64)?),
        None => (place, end),
    };
    if (end.disk, end.directory_disk) != (0, 0) || end.entries_here != end.entries {
        return Err(ArchiveError::SeveralDisks);
    }
    if end.entries > MAX_ENTRIES {
        return Err(ArchiveError::TooManyEntries(end.entries));
    }
    if end.size > MAX_DIRECTORY {
        return Err(ArchiveError::DirectoryTooLarge(end.size));
    }
    if end.offset.checked_add(end.size) != Some(place as u64) {
        return Err(ArchiveError::DirectoryPlace);
    }
    let (entries, directory) = bytes[..place].split_at(end.offset as usize);
    Ok(Directory {
        bytes: directory,
        entries,
        count: end.entries,
    })
}

/// The place of the only end record; its comment, which may hold anything but another one, must end the archive. Only
/// zeros may follow, in which nothing can be hidden: some writers fill a last block with them.
fn find_end(bytes: &[u8]) -> Result<usize, ArchiveError> {
    let window = bytes.len().saturating_sub(END_SIZE + usize::from(u16::MAX));
    let signatures = bytes[window..]
        .windows(END.len())
        .enumerate()
        .filter(|(_, found)| *found == END)
        .map(|(index, _)| window + index);
    let zeros = bytes.iter().rposition(|byte| *byte != 0);
    let zeros = zeros.map_or(0, |last| last + 1);
    let mut fitting = None;
    let mut last = None;
    for place in signatures {
        let end = record_end(bytes, place);
        match fitting {
            None if end.is_some_and(|end| end >= zeros) => fitting = Some(place),
            None => {}
            Some(_) => return Err(ArchiveError::TwoEnds),
        }
        last = end;
    }
    match (fitting, last) {
        (Some(place), _) => Ok(place),
        (None, Some(end)) => {
            let foreign = bytes.len() - end;
            Err(ArchiveError::ForeignData(foreign as u64, "after"))
        }
        (None, None) => Err(ArchiveError::NoEnd),
    }
}

/// Where the comment of the end record at `place` ends; `None` where it is cut off.
fn record_end(bytes: &[u8], place: usize) -> Option<usize> {
    let comment = bytes.get(place + END_SIZE - 2..place + END_SIZE)?;
    let length = usize::from(u16::from_le_bytes(comment.try_into().ok()?));
    let end = place + END_SIZE + length;
    (end <= bytes.len()).then_some(end)
}

fn read_end(bytes: &[u8]) -> Result<EndRecord, ArchiveError> {
    let mut cursor = Cursor(bytes);
    let mut read = || {
        cursor.expect(END)?;
        Some(EndRecord {
            disk: cursor.u16()?.into(),
            directory_disk: cursor.u16()?.into(),
            entries_here: cursor.u16()?.into(),
            entries: cursor.u16()?.into(),
            size: cursor.u32()?.into(),
            offset: cursor.u32()?.into(),
        })
    };
    read().ok_or(ArchiveError::NoEnd)
}

/// The ZIP64 end record and its place, if a locator ends `bytes`.
fn read_zip64(bytes: &[u8]) -> Result<Option<(usize, EndRecord)>, ArchiveError> {
    let Some(place) = bytes.len().checked_sub(LOCATOR_SIZE) else {
        return Ok(None);
    };
    let mut locator = Cursor(&bytes[place..]);
    if locator.expect(LOCATOR).is_none() {
        return Ok(None);
    }
    let place = place
        .checked_sub(ZIP64_END_SIZE)
        .ok_or(ArchiveError::Zip64End)?;
    let mut read = || Some((locator.u32()?, locator.u64()?, locator.u32()?));
    let (disk, offset, disks) = read().ok_or(ArchiveError::Zip64End)?;
    if disk != 0 || disks > 1 {
        return Err(ArchiveError::SeveralDisks);
    }
    if offset != place as u64 {
        return Err(ArchiveError::Zip64End);
    }
    let mut cursor = Cursor(&bytes[place..]);
    let mut read = || {
        cursor.expect(ZIP64_END)?;
        let length = cursor.u64()?;
        cursor.take(4)?;
        let end = EndRecord {
            disk: cursor.u32()?.into(),
            directory_disk: cursor.u32()?.into(),
            entries_here: cursor.u64()?,
            entries: cursor.u64()?,
            size: cursor.u64()?,
            offset: cursor.u64()?,
        };
        (length == ZIP64_END_SIZE as u64 - 12).then_some((place, end))
    };
    read().map(Some).ok_or(ArchiveError::Zip64End)
}

/// The ZIP64 record, if each field of the short one is equal to it or leaves it to it.
fn widened(end: &EndRecord, zip64: EndRecord) -> Result<EndRecord, ArchiveError> {
    let short = u64::from(u16::MAX);
    let long = u64::from(u32::MAX);
    let fields = [
        ("disk", end.disk, zip64.disk, short),
        ("disk", end.directory_disk, zip64.directory_disk, short),
        (
            "number of entries",
            end.entries_here,
            zip64.entries_here,
            short,
        ),
        ("number of entries", end.entries, zip64.entries, short),
        ("size of the directory", end.size, zip64.size, long),
        ("place of the directory", end.offset, zip64.offset, long),
    ];
    for (what, narrow, wide, left_out) in fields {
        if narrow != wide && narrow != left_out {
            return Err(ArchiveError::Zip64EndDisagreement(what));
        }
    }
    Ok(zip64)
}
