//! Notes beside cached files whose SHA-256 was once found right, so that it is not computed again.
//!
//! A seal holds two things. The file's stamp says that it is the very file which was hashed: one that was restored from
//! elsewhere or written to has another. XXH3 over the bytes, which is some ten times as fast as SHA-256, says that the
//! disk still gives the same bytes. Where either differs, SHA-256 decides.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use super::note::{Note, write_note};
use super::stamp::Stamp;
use super::{MappedFile, evict};
use crate::digest::Sha256;
use crate::error::{PathContext as _, PathError};

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Seal {
    sha256: Sha256,
    stamp: Stamp,
    xxh3: u128,
}

/// Whether the bytes of the file at `path`, which is mapped as `file`, have the hash `sha256`.
///
/// One that has is sealed. One that has not is removed, with its seal, if it still stands there.
///
/// # Errors
/// If it has not, and cannot be removed.
pub(super) fn check(path: &Path, file: &MappedFile, sha256: Sha256) -> Result<bool, PathError> {
    let seal_path = seal_path(path);
    let seal = Seal {
        sha256,
        stamp: file.stamp(),
        xxh3: XxHash3_128::oneshot(file),
    };
    if read(&seal_path).is_some_and(|known| known == seal) {
        return Ok(true);
    }
    let sound = Sha256::of_pieces([&**file]) == sha256;
    if sound {
        if let Err(error) = write(&seal_path, &seal) {
            tracing::debug!(%error, "a cached file was not sealed"); // it is hashed again next time
        }
    } else if is_still_there(path, file) {
        evict(path)?;
        evict(&seal_path)?;
    }
    Ok(sound)
}

/// Whether the file at `path` is the one that was mapped: another process may have put a sound one in its place.
fn is_still_there(path: &Path, file: &MappedFile) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|metadata| Stamp::of(&metadata).inode == file.stamp().inode)
}

/// Seals a file that was just written, whose bytes have these hashes. A failure costs time, nothing else.
pub(super) fn seal(path: &Path, sha256: Sha256, xxh3: u128) {
    let metadata = path.metadata().at("read", path);
    let sealed = metadata.and_then(|metadata| {
        let stamp = Stamp::of(&metadata);
        let seal = Seal {
            sha256,
            stamp,
            xxh3,
        };
        write(&seal_path(path), &seal)
    });
    if let Err(error) = sealed {
        tracing::debug!(%error, "a cached file was not sealed"); // it is hashed next time
    }
}

fn seal_path(path: &Path) -> PathBuf {
    path.with_added_extension("seal")
}

fn read(path: &Path) -> Option<Seal> {
    serde_json::from_slice(&Note::read(path).sound()?).ok()
}

fn write(path: &Path, seal: &Seal) -> Result<(), PathError> {
    let text = serde_json::to_vec(seal).map_err(std::io::Error::from);
    write_note(path, &text.at("write", path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_sound(path: &Path, sha256: Sha256) -> bool {
        check(path, &MappedFile::open(path).unwrap(), sha256).unwrap()
    }

    #[test]
    fn a_damaged_file_is_removed_whatever_its_seal_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        std::fs::write(&path, "wheel").unwrap();
        let sha256 = Sha256::of("wheel");
        assert!(is_sound(&path, sha256));
        assert!(seal_path(&path).exists());
        assert!(is_sound(&path, sha256));

        std::fs::write(&path, "whale").unwrap();
        assert!(!is_sound(&path, sha256));
        assert!(!path.exists());
        assert!(!seal_path(&path).exists());
    }

    #[test]
    fn what_another_process_put_in_its_place_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        std::fs::write(&path, "whale").unwrap();
        let damaged = MappedFile::open(&path).unwrap();
        let sound = folder.path().join("b.whl");
        std::fs::write(&sound, "wheel").unwrap();
        std::fs::rename(&sound, &path).unwrap();
        assert!(!check(&path, &damaged, Sha256::of("wheel")).unwrap());
        assert!(is_sound(&path, Sha256::of("wheel")));
    }

    /// As if somebody had brought a file together with a seal that fits its bytes.
    #[test]
    fn a_seal_from_elsewhere_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        std::fs::write(&path, "whale").unwrap();
        let file = MappedFile::open(&path).unwrap();
        let mut forged = Seal {
            sha256: Sha256::of("wheel"),
            stamp: file.stamp(),
            xxh3: XxHash3_128::oneshot(&file),
        };
        forged.stamp.changed -= 1;
        write(&seal_path(&path), &forged).unwrap();
        assert!(!check(&path, &file, forged.sha256).unwrap());
    }

    /// As if the disk gave other bytes without having been written to.
    #[test]
    fn bytes_that_changed_by_themselves_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        std::fs::write(&path, "whale").unwrap();
        let file = MappedFile::open(&path).unwrap();
        let seal = Seal {
            sha256: Sha256::of("wheel"),
            stamp: file.stamp(),
            xxh3: XxHash3_128::oneshot(b"wheel"),
        };
        write(&seal_path(&path), &seal).unwrap();
        assert!(!check(&path, &file, seal.sha256).unwrap());
    }
}
