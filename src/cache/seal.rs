//! Notes beside cached files whose digest was once found right, so that it is not computed again.
//!
//! A seal holds two things. The file's stamp says that it is the very file which was hashed: one that was restored from
//! elsewhere or written to has another. XXH3 over the bytes, which is some ten times as fast as a digest, says that the
//! disk still gives the same bytes. Where either differs, the digest decides.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use super::MappedFile;
use super::key::NoteKey;
use super::note::{Note, Subject, write_note};
use super::stamp::Stamp;
use super::whole::evict;
use crate::digest::Digest;
use crate::error::{PathContext as _, PathError};

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Seal {
    #[serde(rename = "sha256")] // what it was before there were others
    digest: Digest,
    stamp: Stamp,
    xxh3: u128,
}

/// Whether the bytes of the file at `path`, which is mapped as `file`, have this digest.
///
/// One that has is sealed. One that has not is removed, with its seal, if it still stands there.
///
/// # Errors
/// If it has not, and cannot be removed.
pub(super) fn check(
    path: &Path,
    file: &MappedFile,
    digest: Digest,
    key: &NoteKey,
) -> Result<bool, PathError> {
    let seal = Seal {
        digest,
        stamp: file.stamp(),
        xxh3: XxHash3_128::oneshot(file),
    };
    if read(path, key).is_some_and(|known| known == seal) {
        return Ok(true);
    }
    let sound = digest.is_of(file);
    if sound {
        if let Err(error) = write(path, &seal, key) {
            tracing::debug!(%error, "a cached file was not sealed"); // it is hashed again next time
        }
    } else if is_still_there(path, file) {
        evict(path)?;
        evict(&seal_path(path))?;
    }
    Ok(sound)
}

/// Whether a file, which is mapped as `file`, was sealed here with this digest and not written to since. Whether the disk
/// still gives the same bytes is for [`check`] to find out.
pub(super) fn is_sealed(path: &Path, file: &MappedFile, digest: Digest, key: &NoteKey) -> bool {
    let is_of = |seal: Seal| seal.digest == digest && seal.stamp == file.stamp();
    read(path, key).is_some_and(is_of)
}

/// Whether the file at `path` is the one that was mapped: another process may have put a sound one in its place.
fn is_still_there(path: &Path, file: &MappedFile) -> bool {
    let metadata = path.symlink_metadata();
    metadata.is_ok_and(|metadata| Stamp::of(&metadata).inode == file.stamp().inode)
}

/// Seals a file that was just written, whose bytes have these hashes. A failure costs time, nothing else.
pub(super) fn seal(path: &Path, digest: Digest, xxh3: u128, key: &NoteKey) {
    let metadata = path.symlink_metadata().at("read", path);
    let sealed = metadata.and_then(|metadata| {
        let stamp = Stamp::of(&metadata);
        let seal = Seal {
            digest,
            stamp,
            xxh3,
        };
        write(path, &seal, key)
    });
    if let Err(error) = sealed {
        tracing::debug!(%error, "a cached file was not sealed"); // it is hashed next time
    }
}

fn seal_path(path: &Path) -> PathBuf {
    path.with_added_extension("seal")
}

/// A seal of the file at `path`, whose name says which file it is: that of a wheel or an archive is a hash.
fn subject(path: &Path) -> Option<Subject<'_>> {
    let kind = "seal";
    let name = path.file_name()?.to_str()?;
    Some(Subject { kind, name })
}

fn read(path: &Path, key: &NoteKey) -> Option<Seal> {
    let note = Note::read(&seal_path(path), subject(path)?, key);
    serde_json::from_slice(&note.sound()?).ok()
}

fn write(path: &Path, seal: &Seal, key: &NoteKey) -> Result<(), PathError> {
    let text = serde_json::to_vec(seal).map_err(std::io::Error::from);
    let text = text.at("write", path)?;
    match subject(path) {
        Some(subject) => write_note(&seal_path(path), subject, &text, key),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Digest {
        crate::digest::Sha256::of(text).into()
    }

    fn key() -> NoteKey {
        NoteKey::of_this_run().unwrap()
    }

    fn opened(path: &Path) -> MappedFile {
        MappedFile::open(path).unwrap().unwrap()
    }

    fn is_sound(path: &Path, digest: Digest, key: &NoteKey) -> bool {
        check(path, &opened(path), digest, key).unwrap()
    }

    #[test]
    fn a_damaged_file_is_removed_whatever_its_seal_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        std::fs::write(&path, "wheel").unwrap();
        let (digest, key) = (of("wheel"), key());
        assert!(is_sound(&path, digest, &key));
        assert!(seal_path(&path).exists());
        assert!(is_sound(&path, digest, &key));

        std::fs::write(&path, "whale").unwrap();
        assert!(!is_sound(&path, digest, &key));
        assert!(!path.exists());
        assert!(!seal_path(&path).exists());
    }

    #[test]
    fn what_another_process_put_in_its_place_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        std::fs::write(&path, "whale").unwrap();
        let damaged = opened(&path);
        let sound = folder.path().join("b.whl");
        std::fs::write(&sound, "wheel").unwrap();
        std::fs::rename(&sound, &path).unwrap();
        assert!(!check(&path, &damaged, of("wheel"), &key()).unwrap());
        assert!(is_sound(&path, of("wheel"), &key()));
    }

    /// As if somebody had brought a file together with a seal that fits its bytes.
    #[test]
    fn a_seal_from_elsewhere_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        std::fs::write(&path, "whale").unwrap();
        let file = opened(&path);
        let mut forged = Seal {
            digest: of("wheel"),
            stamp: file.stamp(),
            xxh3: XxHash3_128::oneshot(&file),
        };
        forged.stamp.changed -= 1;
        let key = key();
        write(&path, &forged, &key).unwrap();
        assert!(!check(&path, &file, forged.digest, &key).unwrap());
    }

    /// As if the disk gave other bytes without having been written to.
    #[test]
    fn bytes_that_changed_by_themselves_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        std::fs::write(&path, "whale").unwrap();
        let file = opened(&path);
        let seal = Seal {
            digest: of("wheel"),
            stamp: file.stamp(),
            xxh3: XxHash3_128::oneshot(b"wheel"),
        };
        let key = key();
        write(&path, &seal, &key).unwrap();
        assert!(!check(&path, &file, seal.digest, &key).unwrap());
    }

    /// As if somebody had the right stamp, and bytes with the right XXH3, which is not hard to make.
    #[test]
    fn only_a_seal_of_this_key_and_this_file_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a.whl"), folder.path().join("b.whl"));
        let believed = |written: &Path, under: &NoteKey, key: &NoteKey| {
            std::fs::write(&path, "whale").unwrap();
            let file = opened(&path);
            let seal = Seal {
                digest: of("wheel"),
                stamp: file.stamp(),
                xxh3: XxHash3_128::oneshot(&file),
            };
            write(written, &seal, under).unwrap();
            std::fs::rename(seal_path(written), seal_path(&path)).unwrap();
            check(&path, &file, seal.digest, key).unwrap()
        };
        let (own, foreign) = (key(), key());
        assert!(believed(&path, &own, &own), "the seal is one that decides");
        assert!(!believed(&path, &foreign, &own));
        assert!(!believed(&other, &own, &own));
    }
}
