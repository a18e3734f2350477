//! Built archives of one project, by input fingerprint, each with a summary that is cheap to read.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::note::{Note, write_note};
use super::{MappedFile, evict, persist, seal, temporary_in};
use crate::digest::Sha256;
use crate::error::{PathContext as _, PathError};
use crate::layer::PackageSummary;

/// What is known of a built archive without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveSummary {
    /// Hash over the archive.
    pub sha256: Sha256,
    /// Size of the archive in bytes.
    pub size: u64,
    /// Bytes that it unpacks to.
    pub unpacked_size: u64,
    /// The packages in it, sorted by name.
    pub packages: Vec<PackageSummary>,
}

/// An archive with its checked bytes.
pub struct StoredArchive {
    /// What is known of it.
    pub summary: ArchiveSummary,
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: MappedFile,
}

/// What a store has under a fingerprint.
pub enum Found {
    /// The archive, its bytes checked.
    Sound(StoredArchive),
    /// An archive or a summary that was damaged. Both have been removed.
    Damaged,
    /// Nothing.
    Missing,
}

/// The built archives of a project.
#[derive(Clone, Debug)]
pub struct ArchiveStore {
    folder: PathBuf,
}

impl ArchiveStore {
    /// The archives of the project in `project`: `.lls/archives` in it.
    pub fn new(project: &Path) -> Self {
        let folder = project.join(".lls").join("archives");
        Self {
            folder: folder.components().collect(),
        }
    }

    /// What is known of the archive with this input fingerprint, its bytes unchecked but for their number.
    pub fn summary(&self, fingerprint: Sha256) -> Option<ArchiveSummary> {
        let text = Note::read(&self.path(fingerprint, "json")).sound()?;
        let summary: ArchiveSummary = serde_json::from_slice(&text).ok()?;
        let size = std::fs::metadata(self.path(fingerprint, "zip")).ok()?.len();
        (size == summary.size).then_some(summary)
    }

    /// The archive with this input fingerprint; one whose bytes are not those that were kept is removed.
    ///
    /// # Errors
    /// If it can neither be read nor removed.
    pub fn get(&self, fingerprint: Sha256) -> Result<Found, PathError> {
        let path = self.path(fingerprint, "zip");
        let summary_path = self.path(fingerprint, "json");
        let summary = match Note::read(&summary_path) {
            Note::Missing => return Ok(Found::Missing),
            Note::Damaged => None,
            Note::Sound(text) => serde_json::from_slice::<ArchiveSummary>(&text).ok(),
        };
        let bytes = match MappedFile::open(&path) {
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Found::Missing);
            }
            outcome => outcome?,
        };
        match summary {
            Some(summary) if seal::check(&path, &bytes, summary.sha256)? => {
                Ok(Found::Sound(StoredArchive {
                    summary,
                    path,
                    bytes,
                }))
            }
            _ => {
                evict(&summary_path)?;
                evict(&path)?;
                Ok(Found::Damaged)
            }
        }
    }

    /// A file to write an archive to.
    pub fn temporary(&self) -> Result<NamedTempFile, PathError> {
        temporary_in(&self.folder)
    }

    /// A file without a name, in the same place: it is gone when it is closed, however the program ends.
    pub fn unnamed(&self) -> Result<File, PathError> {
        std::fs::create_dir_all(&self.folder).at("create the folder", &self.folder)?;
        tempfile::tempfile_in(&self.folder).at("write to", &self.folder)
    }

    /// Keeps a built archive and gives it back. The summary comes second: without it the archive does not count.
    pub fn keep(
        &self,
        file: NamedTempFile,
        fingerprint: Sha256,
        summary: ArchiveSummary,
    ) -> Result<StoredArchive, PathError> {
        let path = self.path(fingerprint, "zip");
        let bytes = MappedFile::of(file.as_file()).at("read", &path)?;
        persist(file, &path)?;
        let summary_path = self.path(fingerprint, "json");
        let text = serde_json::to_vec(&summary)
            .map_err(std::io::Error::from)
            .at("write", &summary_path)?;
        write_note(&summary_path, &text)?;
        Ok(StoredArchive {
            summary,
            path,
            bytes,
        })
    }

    fn path(&self, fingerprint: Sha256, extension: &str) -> PathBuf {
        self.folder.join(format!("{fingerprint}.{extension}"))
    }
}
