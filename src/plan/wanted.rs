//! What must be read of the files of two archives before their difference can be told.

use std::collections::BTreeSet;

use super::comparison::changed_files;
use super::evidence::Evidence;
use super::installed::{changed_packages, records};
use crate::archive::{EntryPath, Listing};

/// The files of an archive before and of one after that are to be read.
pub type Wanted = (BTreeSet<EntryPath>, BTreeSet<EntryPath>);

/// What tells which files belong to the packages that differ: their `RECORD`s.
pub fn wanted_records(before: &Listing, after: &Listing) -> Wanted {
    let packages = changed_packages(before, after);
    (records(before, &packages), records(after, &packages))
}

/// The files whose texts differ, once the `RECORD`s were read; `own_files` are the layer's own, where that is known.
pub fn wanted_texts(
    before: &Listing,
    after: &Listing,
    own_files: Option<&BTreeSet<EntryPath>>,
    records: &Evidence,
) -> Wanted {
    let content = |listing: &Listing, path: &EntryPath| {
        let entry = listing.get(path)?;
        Some((entry.size, entry.crc32))
    };
    let changes = changed_files(before, after, own_files, records).into_iter();
    let paths = changes.map(|change| change.path);
    let paths: BTreeSet<_> = paths
        .filter(|path| content(before, path) != content(after, path))
        .collect();
    let in_listing = |listing: &Listing| {
        let present = paths.iter().filter(|path| listing.get(path).is_some());
        present.cloned().collect()
    };
    (in_listing(before), in_listing(after))
}
