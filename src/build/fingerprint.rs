//! The input fingerprint: one hash over everything that shapes an archive's bytes, and nothing else.

use super::own_file::OwnFile;
use super::wanted_bytecode::WantedBytecode;
use crate::archive::{ArchiveComment, ArchiveFormat};
use crate::digest::Hasher;
use crate::ecosystem::Artifact;
use crate::manifest::LayerSettings;

/// SHA-256 over the format, the bytecode, the artifacts and where they go, what is excluded or overwritten, and the own files.
///
/// Every part is preceded by its length or count, so that no two different inputs are hashed alike.
pub(super) fn of(
    settings: &LayerSettings,
    own_files: &[OwnFile],
    artifacts: &[Artifact],
    bytecode: Option<&WantedBytecode>,
) -> ArchiveComment {
    let mut hasher = Hasher::default();
    let format = match bytecode {
        None => ArchiveFormat::One,
        Some(_) => ArchiveFormat::Two,
    };
    hasher.field(format.as_str());
    if let Some(WantedBytecode { mode, versions }) = bytecode {
        hasher.field(mode.as_str());
        list(&mut hasher, versions.iter(), |hasher, version| {
            hasher.field(version.python.to_string());
            hasher.field(version.magic.to_le_bytes());
        });
    }
    list(&mut hasher, artifacts.iter(), |hasher, artifact| {
        hasher.field(&artifact.root);
        hasher.field(artifact.package.as_str());
        hasher.field(artifact.digest.hex());
    });
    // What is excluded from the own files shows in their list; from artifacts and bytecode it does not.
    let exclude = if artifacts.is_empty() && bytecode.is_none() {
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
    ArchiveComment {
        format,
        fingerprint: hasher.finish(),
    }
}

fn list<T>(
    hasher: &mut Hasher,
    items: impl ExactSizeIterator<Item = T>,
    add: impl Fn(&mut Hasher, T),
) {
    hasher.field((items.len() as u64).to_le_bytes());
    items.for_each(|item| add(hasher, item));
}
