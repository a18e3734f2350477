//! Wheels, by SHA-256, shared by all projects of a user.

use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{MappedFile, persist, temporary_in};
use crate::digest::Sha256;
use crate::error::PathError;

/// The user's wheels.
#[derive(Clone, Debug)]
pub struct WheelCache {
    folder: PathBuf,
}

impl WheelCache {
    /// The wheels below the cache folder `cache`.
    pub fn new(cache: &Path) -> Self {
        Self {
            folder: cache.join("wheels"),
        }
    }

    /// The wheel that is kept under this hash, its bytes unchecked: see [`WheelCache::check`].
    pub fn open(&self, sha256: Sha256) -> Result<Option<MappedFile>, PathError> {
        let path = self.path(sha256);
        match MappedFile::open(&path) {
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    /// Whether the bytes of an opened wheel have this hash; one whose bytes have not is removed.
    pub fn check(&self, sha256: Sha256, wheel: &MappedFile) -> bool {
        let sound = Sha256::of(&**wheel) == sha256;
        if !sound {
            // Where it cannot be removed, it is found wrong again next time; nothing worse.
            let _ = std::fs::remove_file(self.path(sha256));
        }
        sound
    }

    /// A file to write a wheel to.
    pub fn temporary(&self) -> Result<NamedTempFile, PathError> {
        temporary_in(&self.folder)
    }

    /// Keeps a file whose hash the caller has checked.
    pub fn keep(&self, file: NamedTempFile, sha256: Sha256) -> Result<(), PathError> {
        persist(file, &self.path(sha256))
    }

    fn path(&self, sha256: Sha256) -> PathBuf {
        self.folder.join(format!("{sha256}.whl"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_damaged_wheel_is_evicted() {
        let folder = tempfile::tempdir().unwrap();
        let cache = WheelCache::new(folder.path());
        let sha256 = Sha256::of("wheel");
        let mut file = cache.temporary().unwrap();
        file.write_all(b"wheel").unwrap();
        cache.keep(file, sha256).unwrap();
        assert!(cache.check(sha256, &cache.open(sha256).unwrap().unwrap()));

        std::fs::write(cache.path(sha256), "whale").unwrap();
        assert!(!cache.check(sha256, &cache.open(sha256).unwrap().unwrap()));
        assert!(cache.open(sha256).unwrap().is_none());
    }
}
