//! Files kept by hash on disk: wheels for every project of a user, archives for one project.
//!
//! A file appears whole or not at all (temporary file, rename), so that any number of processes may share a
//! folder. A file is checked whenever it is read; one with wrong bytes is removed and made again.

mod archives;
mod artifacts;
mod bytecode;
mod file_index;
mod key;
mod mapped;
mod note;
mod programs;
mod project;
mod regular;
mod seal;
mod stamp;
mod tracked;
mod usage;
mod whole;

use std::path::PathBuf;

pub use archives::{ArchiveStore, ArchiveSummary, BuiltArchive, Found, NativeFile, StoredArchive};
pub use artifacts::{ArtifactCache, ElfFilesError};
pub use bytecode::BytecodeCache;
pub use file_index::{FileContent, FileIndex};
pub use key::{NoRandomness, NoteKey, NoteKeyError};
pub use mapped::MappedFile;
pub use programs::{is_noted_program, note_program};
pub use project::{LinkedCache, PROJECT_CACHES, project_cache_folder, refuse_links_below};
pub use tracked::{GIT_PATIENCE, TrackedCaches};
pub use usage::CachePart;
pub use whole::{TEMPORARY_PREFIX, write_copy, write_file};

use crate::error::Failure;

/// There is no place for the user's cache.
#[derive(Debug, thiserror::Error)]
#[error("there is no home folder to keep the cache in")]
pub struct NoCacheFolder;

impl Failure for NoCacheFolder {
    fn hint(&self) -> Option<String> {
        Some("set LLS_CACHE_DIR to a writable folder".into())
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
    /// The user's bytecode.
    pub fn bytecode(&self) -> BytecodeCache {
        BytecodeCache::new(&self.user, self.key.clone())
    }

    /// The user's artifacts.
    pub fn artifacts(&self) -> ArtifactCache {
        ArtifactCache::new(&self.user, self.key.clone())
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
