//! Files kept by hash on disk: wheels for every project of a user, archives for one project.
//!
//! A file appears whole or not at all (temporary file, rename), so that any number of processes may share a
//! folder. A file is checked whenever it is read; one with wrong bytes is removed and made again.

mod archives;
mod file_index;
mod key;
mod mapped;
mod note;
mod programs;
mod project;
mod regular;
mod seal;
mod stamp;
mod usage;
mod wheels;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

pub use archives::{ArchiveStore, ArchiveSummary, BuiltArchive, Found, NativeFile, StoredArchive};
pub use file_index::{FileContent, FileIndex};
pub use key::{NoRandomness, NoteKey, NoteKeyError};
pub use mapped::MappedFile;
pub use programs::{is_noted_program, note_program};
pub use project::{LinkedCache, PROJECT_CACHES, project_cache_folder, refuse_links_below};
pub use usage::CachePart;
pub use wheels::{ElfFilesError, WheelCache};

use crate::error::{Failure, PathContext as _, PathError};

/// There is no place for the user's cache.
#[derive(Debug, thiserror::Error)]
#[error("there is no home folder to keep the cache in")]
pub struct NoCacheFolder;

impl Failure for NoCacheFolder {
    fn hint(&self) -> Option<String> {
        Some("set LLS_CACHE_DIR to a folder that may be written".into())
    }
}

/// The user's cache folder where none is named: `lls` in the operating system's place for caches.
pub fn default_cache_folder() -> Result<PathBuf, NoCacheFolder> {
    use etcetera::BaseStrategy as _;
    etcetera::choose_base_strategy()
        .map(|base| base.cache_dir().join("lls"))
        .map_err(|_| NoCacheFolder)
}

/// The user's state folder where none is named: `lls` in the operating system's place for state, if there is one.
///
/// Not the cache folder: that is what CI systems carry from job to job.
pub fn default_state_folder() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.state_dir()?.join("lls"))
}

/// Where the caches of a project are, and what makes their notes believed.
#[derive(Clone, Debug)]
pub struct CachePlaces {
    /// The project's folder.
    pub project: PathBuf,
    /// The user's cache folder.
    pub user: PathBuf,
    /// The key of their notes.
    pub key: NoteKey,
}

impl CachePlaces {
    /// The user's wheels.
    pub fn wheels(&self) -> WheelCache {
        WheelCache::new(&self.user, self.key.clone())
    }

    /// The project's archives, and the index of its files, for a version of the `rules` for secrets.
    ///
    /// # Errors
    /// If a folder of the project's caches is a link.
    pub fn of_project(&self, rules: u32) -> Result<(ArchiveStore, FileIndex), LinkedCache> {
        let cache = project::ProjectCache::open(&self.project, self.key.clone())?;
        let files = FileIndex::load(cache.clone(), rules);
        Ok((ArchiveStore::new(cache), files))
    }
}

/// How the names of files begin that are being written, or were when their writer was killed.
pub const TEMPORARY_PREFIX: &str = ".tmp-";

/// A file that is not visible under its name before [`persist`].
fn temporary_in(folder: &Path) -> Result<NamedTempFile, PathError> {
    std::fs::create_dir_all(folder).at("create the folder", folder)?;
    tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .tempfile_in(folder)
        .at("write to", folder)
}

/// A file that never has a name: it is gone when it is closed, however the program ends.
fn unnamed_in(folder: &Path) -> Result<File, PathError> {
    std::fs::create_dir_all(folder).at("create the folder", folder)?;
    tempfile::tempfile_in(folder).at("write to", folder)
}

/// Gives a finished temporary file its name.
///
/// It is not synced: what is cached has its hash checked when it is read, so that a file which a crash of the system
/// left incomplete is made again.
fn persist(file: NamedTempFile, path: &Path) -> Result<(), PathError> {
    file.persist(path)
        .map(drop)
        .map_err(|error| error.error)
        .at("write", path)
}

/// Removes a file that turned out to be wrong. One that cannot be removed would be found wrong again and again.
fn evict(path: &Path) -> Result<(), PathError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        outcome => outcome.at("delete the damaged file", path),
    }
}

/// Writes a whole file so that it appears under its name complete or not at all.
///
/// # Errors
/// Where the folder cannot be made or the file cannot be written; what was there before is then untouched.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), PathError> {
    use std::os::unix::fs::PermissionsExt;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = temporary_in(folder)?;
    file.write_all(bytes).at("write", path)?;
    let mode = std::fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
    file.as_file()
        .set_permissions(PermissionsExt::from_mode(mode))
        .at("write", path)?;
    file.as_file().sync_all().at("write", path)?;
    persist(file, path)
}
