//! Reads a single entry of an archive of which only a listing and the bytes around the entry are at hand.

use super::bytes::Cursor;
use super::header::Header;
use super::{ArchiveError, ENCRYPTED, ReadEntry, check_agreement, check_sizes};
use crate::archive::ListingEntry;

/// Reads the entry whose local header starts at the first of `bytes`, which may go on behind it.
///
/// # Errors
/// If the local header is not there, says something else than the listing, or promises what cannot be.
pub fn read_listed<'a>(
    bytes: &'a [u8],
    listed: &ListingEntry,
) -> Result<ReadEntry<'a>, ArchiveError> {
    let path = &listed.path;
    let mut cursor = Cursor(bytes);
    let local = Header::read_local(&mut cursor, path)?;
    if local.flags & ENCRYPTED != 0 {
        return Err(ArchiveError::Encrypted(path.clone()));
    }
    let claimed = Header::of_listed(listed, local.flags);
    check_agreement(path, &claimed, &local)?;
    let compression = check_sizes(path, &claimed)?;
    let compressed = usize::try_from(claimed.compressed)
        .ok()
        .and_then(|size| cursor.take(size))
        .ok_or_else(|| ArchiveError::BeyondEntries(path.clone()))?;
    Ok(ReadEntry {
        path: path.clone(),
        mode: listed.mode,
        compression,
        compressed,
        crc32: listed.crc32,
        size: listed.size,
    })
}
