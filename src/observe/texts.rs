//! Reads single files of a published archive, and of the archive only the parts in which they are.

use std::collections::BTreeSet;
use std::ops::Range;

use futures::StreamExt as _;

use crate::archive::{EntryPath, Listing, ListingEntry, Text, Texts, read_text, readable};
use crate::registry::{ArchiveAddress, ReadRegistry};

/// Entries that are no further apart are asked for together, in bytes.
const NEAR: u64 = 64 << 10;
/// The most bytes that are asked for together; a single entry may take a little more.
const LARGEST: u64 = 4 << 20;
/// The most bytes that are read of one archive.
const MOST: u64 = 16 << 20;
/// The most requests for one archive.
const MOST_REQUESTS: usize = 32;
/// How many of them are made at a time.
const PARALLEL: usize = 4;
/// A local header takes 30 bytes, the name, and extra fields of at most 64 KiB (APPNOTE 4.3.7).
const LARGEST_HEADER: u64 = 30 + (64 << 10);

/// Reads those of the files at `paths` that are listed. What cannot be had is [`Text::Unreadable`], and no failure.
pub async fn read_texts(
    registry: &dyn ReadRegistry,
    archive: &ArchiveAddress,
    listing: &Listing,
    paths: &BTreeSet<EntryPath>,
) -> Texts {
    let (read, mut texts) = readable(listing, paths);
    let parts = futures::stream::iter(parts(read)).map(|part| read_part(registry, archive, part));
    let parts: Vec<_> = parts.buffered(PARALLEL).collect().await;
    texts.extend(parts.into_iter().flatten());
    texts
}

/// Entries that are read with one request; without a range they are left out, for want of room.
struct Part<'a> {
    range: Option<Range<u64>>,
    entries: Vec<&'a ListingEntry>,
}

/// Where the bytes of an entry are: up to the next one, unless that is further away than they can reach.
fn range(entry: &ListingEntry) -> Range<u64> {
    let place = entry.place;
    let name = entry.path.as_str().len() as u64;
    let longest = LARGEST_HEADER + name + place.compressed;
    place.start..place.end.min(place.start.saturating_add(longest))
}

/// Which entries are read together, in the order of the archive.
fn parts(mut entries: Vec<&ListingEntry>) -> Vec<Part<'_>> {
    entries.sort_by_key(|entry| entry.place.start);
    let mut parts: Vec<Part<'_>> = Vec::new();
    let (mut total, mut requests) = (0, 0);
    for entry in entries {
        let wanted = range(entry);
        if let Some(Part {
            range: Some(last),
            entries,
        }) = parts.last_mut()
            && wanted.start <= last.end.saturating_add(NEAR)
            && wanted.end.max(last.end) - last.start <= LARGEST
        {
            let grown = wanted.end.saturating_sub(last.end);
            if total + grown <= MOST {
                total += grown;
                last.end = last.end.max(wanted.end);
                entries.push(entry);
                continue;
            }
        }
        let size = wanted.end.saturating_sub(wanted.start);
        let is_read = total + size <= MOST && requests < MOST_REQUESTS;
        if is_read {
            total += size;
            requests += 1;
        }
        parts.push(Part {
            range: is_read.then_some(wanted),
            entries: vec![entry],
        });
    }
    parts
}

async fn read_part(
    registry: &dyn ReadRegistry,
    archive: &ArchiveAddress,
    part: Part<'_>,
) -> Vec<(EntryPath, Text)> {
    let Some(range) = part.range else {
        let skipped = |entry: &ListingEntry| (entry.path.clone(), Text::Skipped);
        return part.entries.into_iter().map(skipped).collect();
    };
    let start = range.start;
    let bytes = match registry.archive_range(archive, range).await {
        Ok(bytes) => bytes.unwrap_or_default(),
        Err(error) => {
            tracing::debug!(%error, "files of a published archive are not read");
            Vec::new()
        }
    };
    let texts = part.entries.into_iter().map(|entry| {
        let skipped = usize::try_from(entry.place.start - start).ok();
        let found = skipped.and_then(|skipped| bytes.get(skipped..));
        let text = found.map_or(Text::Unreadable, |bytes| read_text(bytes, entry));
        (entry.path.clone(), text)
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{EntryPlace, Mode};

    /// Entries with these starts, ends and compressed sizes, as the parts that they are read in.
    fn read_in(places: &[(u64, u64, u64)]) -> Vec<Option<Range<u64>>> {
        let entry = |(start, end, compressed): &(u64, u64, u64)| ListingEntry {
            path: format!("f{start:020}").parse().unwrap(),
            mode: Mode::File,
            size: 10,
            crc32: 0,
            place: EntryPlace {
                start: *start,
                end: *end,
                compressed: *compressed,
                method: 0,
            },
        };
        let mut listing = Listing(places.iter().map(entry).collect());
        listing.0.sort_by(|a, b| a.path.cmp(&b.path));
        let paths = listing.0.iter().map(|entry| entry.path.clone()).collect();
        let (read, _) = readable(&listing, &paths);
        let parts = parts(read);
        parts.into_iter().map(|part| part.range).collect()
    }

    #[test]
    fn neighbours_are_read_together() {
        let far = 200 << 10;
        let places = [(500, 600, 60), (0, 100, 50), (far, far + 50, 9)];
        assert_eq!(read_in(&places), [Some(0..600), Some(far..far + 50)]);
    }

    #[test]
    fn what_cannot_be_is_not_asked_for() {
        // Nothing comes behind it, its end is before its start, or it claims more than a text has.
        assert!(read_in(&[(7, 7, 1)]).is_empty());
        assert!(read_in(&[(u64::MAX, u64::MAX, 1)]).is_empty());
        assert!(read_in(&[(0, 1 << 40, 1 << 30)]).is_empty());
        // A gap behind it is not read.
        assert_eq!(
            read_in(&[(0, 1 << 40, 10)]),
            [Some(0..LARGEST_HEADER + 21 + 10)]
        );
    }

    #[test]
    fn an_archive_of_many_changes_is_read_in_part() {
        let places: Vec<_> = (0..100u64)
            .map(|n| (n << 20, (n << 20) + 100, 50))
            .collect();
        let read = read_in(&places).into_iter().flatten().count();
        assert_eq!(read, MOST_REQUESTS);
        let places: Vec<_> = (0..100u64)
            .map(|n| (n << 20, (n + 1) << 20, 1 << 20))
            .collect();
        let read: u64 = read_in(&places)
            .iter()
            .flatten()
            .map(|range| range.end - range.start)
            .sum();
        assert_eq!(read, MOST);
    }
}
