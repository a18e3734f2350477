//! Built archives of one project, by input fingerprint, each with a summary that is cheap to read.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{MappedFile, persist, temporary_in};
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
        let text = std::fs::read(self.path(fingerprint, "json")).ok()?;
        let summary: ArchiveSummary = serde_json::from_slice(&text).ok()?;
        let size = std::fs::metadata(self.path(fingerprint, "zip")).ok()?.len();
        (size == summary.size).then_some(summary)
    }

    /// The archive with this input fingerprint; one whose bytes have another hash is removed and `None` returned.
    pub fn get(&self, fingerprint: Sha256) -> Result<Option<StoredArchive>, PathError> {
        let Some(summary) = self.summary(fingerprint) else {
            return Ok(None);
        };
        let path = self.path(fingerprint, "zip");
        let bytes = MappedFile::open(&path)?;
        if super::seal::check(&path, &bytes, summary.sha256) {
            return Ok(Some(StoredArchive {
                summary,
                path,
                bytes,
            }));
        }
        // Where it cannot be removed, the archive is found wrong again next time; nothing worse.
        let _ = std::fs::remove_file(self.path(fingerprint, "json"));
        Ok(None)
    }

    /// A file to write an archive to.
    pub fn temporary(&self) -> Result<NamedTempFile, PathError> {
        temporary_in(&self.folder)
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
        let mut text = temporary_in(&self.folder)?;
        let summary_path = self.path(fingerprint, "json");
        serde_json::to_writer(&mut text, &summary)
            .map_err(std::io::Error::from)
            .at("write", &summary_path)?;
        persist(text, &summary_path)?;
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
