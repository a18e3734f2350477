//! What the caches take on disk, and how they are cleared.

use std::path::{Path, PathBuf};

use serde::Serialize;
use walkdir::WalkDir;

use crate::error::{PathContext as _, PathError};

/// One part of the caches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CachePart {
    /// What it holds.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Number of files.
    pub files: u64,
    /// Their sizes in bytes together.
    pub size: u64,
}

impl CachePart {
    /// Measures the files below `path`; one that vanishes meanwhile does not count.
    pub fn measure(name: &'static str, path: &Path) -> Self {
        let entries = WalkDir::new(path).into_iter().flatten();
        let sizes = entries
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| entry.metadata().ok());
        let (files, size) = sizes.fold((0, 0), |(files, size), metadata| {
            (files + 1, size + metadata.len())
        });
        Self {
            name,
            path: path.components().collect(),
            files,
            size,
        }
    }

    /// Removes everything in it. Programs that use it at the moment make it again or fail with a clear error; what
    /// they add to it meanwhile may stay.
    ///
    /// # Errors
    /// If a file or folder cannot be removed.
    pub fn clear(&self) -> Result<(), PathError> {
        match std::fs::remove_dir_all(&self.path) {
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::DirectoryNotEmpty
                ) =>
            {
                Ok(())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                std::fs::remove_file(&self.path).at("delete", &self.path)
            }
            outcome => outcome.at("delete", &self.path),
        }
    }
}
