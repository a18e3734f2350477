//! What differs between two versions of a layer.

use std::collections::BTreeSet;

use super::difference::{
    BytecodeChange, Changes, FileChange, MetadataChange, SizeChange, compare_metadata,
};
use super::equality::Equality;
use super::evidence::Evidence;
use super::installed::{compare_packages, files_of_changed_packages};
use super::texts::compare_texts;
use crate::archive::{ArchiveComment, EntryPath, Listing};
use crate::bytecode::is_bytecode;
use crate::digest::Sha256;
use crate::layer::VersionMetadata;

/// One of two versions that are compared.
#[derive(Clone, Copy, Debug)]
pub struct ComparedVersion<'a> {
    /// What describes it.
    pub metadata: &'a VersionMetadata,
    /// Hash over its archive, where that is known.
    pub sha256: Option<Sha256>,
    /// Size of its archive in bytes.
    pub size: u64,
    /// The comment of its archive, where it was read and `lls` made it.
    pub comment: Option<ArchiveComment>,
    /// The files in it, where they were read.
    pub listing: Option<&'a Listing>,
}

/// Compares two published or built versions, their descriptions included, as far as their content was read;
/// `own_files` are those of the later one that are the layer's own, where that is known.
pub fn compare_versions(
    before: &ComparedVersion<'_>,
    after: &ComparedVersion<'_>,
    own_files: Option<&BTreeSet<EntryPath>>,
    evidence: &Evidence,
) -> Changes {
    let listings = before.listing.zip(after.listing);
    let same_comment = before.comment.is_some() && before.comment == after.comment;
    let equality = match listings {
        _ if before.sha256.is_some() && before.sha256 == after.sha256 => Some(Equality::SameBytes),
        Some((before, after)) => (before == after).then_some(Equality::SameFiles),
        None => same_comment.then_some(Equality::SameInputs),
    };
    let changes = compare(before, after, equality, own_files, evidence);
    Changes {
        metadata: metadata(before.metadata, after.metadata),
        ..changes
    }
}

/// Compares two versions of which it is known whether their content is the same. Their descriptions are not compared.
pub(super) fn compare(
    before: &ComparedVersion<'_>,
    after: &ComparedVersion<'_>,
    equality: Option<Equality>,
    own_files: Option<&BTreeSet<EntryPath>>,
    evidence: &Evidence,
) -> Changes {
    let listings = before.listing.zip(after.listing);
    // What is the same unpacks to the same, whether or not it took a listing to see that.
    let known = match equality {
        None | Some(Equality::WithoutBytecode) => before.listing,
        Some(_) => after.listing,
    };
    let mut changes = Changes {
        same_content: equality.is_some(),
        equality,
        has_false_comment: equality.is_none()
            && before.comment.is_some()
            && before.comment == after.comment,
        compared: equality.is_some() || listings.is_some(),
        size: Some(SizeChange {
            before: before.size,
            after: after.size,
        }),
        unpacked_size: known.zip(after.listing).map(|(before, after)| SizeChange {
            before: before.unpacked_size(),
            after: after.unpacked_size(),
        }),
        metadata: compare_metadata(before.metadata, after.metadata),
        ..Changes::default()
    };
    if let (None, Some((old, new))) = (equality, listings) {
        changes.packages = compare_packages(old, new);
        changes.files = changed_files(old, new, own_files, evidence);
        changes.bytecode = BytecodeChange::between(old, new);
        compare_texts(&mut changes.files, evidence);
    }
    changes
}

/// What differs in the metadata, the description included.
fn metadata(before: &VersionMetadata, after: &VersionMetadata) -> Vec<MetadataChange> {
    let description = (before.description != after.description).then(|| MetadataChange {
        field: "description".into(),
        before: described(before),
        after: described(after),
    });
    let rest = compare_metadata(before, after);
    description.into_iter().chain(rest).collect()
}

fn described(metadata: &VersionMetadata) -> String {
    match metadata.description.as_str() {
        "" => "none".to_owned(),
        description => description.to_owned(),
    }
}

/// The files that differ, but for those of packages that do, and for bytecode.
pub(super) fn changed_files(
    before: &Listing,
    after: &Listing,
    own_files: Option<&BTreeSet<EntryPath>>,
    evidence: &Evidence,
) -> Vec<FileChange> {
    let of_packages = files_of_changed_packages(before, after, evidence);
    let is_own = |path: &EntryPath| {
        own_files.is_some_and(|files| files.contains(path)) || !of_packages.contains(path)
    };
    let paths = before.0.iter().chain(&after.0).map(|entry| &entry.path);
    let is_bytecode = |path: &EntryPath| is_bytecode(before, path) || is_bytecode(after, path);
    let paths: BTreeSet<_> = paths
        .filter(|path| is_own(path) && !is_bytecode(path))
        .collect();
    let sides = paths
        .into_iter()
        .map(|path| (path, before.get(path), after.get(path)));
    sides
        .filter(|(_, old, new)| old != new)
        .map(|(path, old, new)| FileChange::new(path, old, new))
        .collect()
}
