//! The input fingerprint: one hash over everything that shapes an archive's bytes, and nothing else.

use super::{OwnFile, PlacedWheel};
use crate::archive::ArchiveComment;
use crate::digest::{Hasher, Sha256};
use crate::manifest::LayerSettings;

/// SHA-256 over the format, the wheels and where they go, what is excluded or overwritten, and the own files.
///
/// Every part is preceded by its length or count, so that no two different inputs are hashed alike.
pub(super) fn of(
    settings: &LayerSettings,
    own_files: &[OwnFile],
    wheels: &[PlacedWheel],
) -> Sha256 {
    let mut hasher = Hasher::default();
    hasher.field(ArchiveComment::FORMAT);
    list(&mut hasher, wheels.iter(), |hasher, wheel| {
        hasher.field(&wheel.root);
        hasher.field(wheel.locked.name.as_str());
        hasher.field(wheel.locked.sha256.to_string());
    });
    // What is excluded from the own files shows in their list; from the wheels it does not.
    let exclude = if wheels.is_empty() {
        &[][..]
    } else {
        &settings.exclude.patterns
    };
    list(&mut hasher, exclude.iter(), |hasher, pattern| {
        hasher.field(pattern);
    });
    list(&mut hasher, settings.overwrite.iter(), |hasher, path| {
        hasher.field(path.as_str());
    });
    list(&mut hasher, own_files.iter(), |hasher, file| {
        hasher.field(file.path.as_str());
        hasher.field(file.mode.unix().to_le_bytes());
        hasher.field(file.sha256.to_string());
    });
    hasher.finish()
}

fn list<T>(
    hasher: &mut Hasher,
    items: impl ExactSizeIterator<Item = T>,
    add: impl Fn(&mut Hasher, T),
) {
    hasher.field((items.len() as u64).to_le_bytes());
    items.for_each(|item| add(hasher, item));
}
