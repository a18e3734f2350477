//! Built archives of one project, by input fingerprint, each with a summary that is cheap to read.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::note::{Note, write_note};
use super::{MappedFile, evict, make_project_cache, persist, seal, temporary_in, unnamed_in};
use crate::archive::EntryPath;
use crate::digest::Sha256;
use crate::elf::ElfNeeds;
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

/// A native file of an archive. Whether it suits a layer depends on settings that shape no bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeFile {
    /// Where it stands in the archive.
    pub path: EntryPath,
    /// The package and its version, unless it is one of the layer's own files.
    pub package: Option<String>,
    /// What it asks for.
    pub needs: ElfNeeds,
}

/// What is noted of an archive when it is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltArchive {
    /// What it is, and what is in it.
    #[serde(flatten)]
    pub summary: ArchiveSummary,
    /// Its native files, sorted by path.
    pub native: Vec<NativeFile>,
}

/// An archive with its checked bytes.
pub struct StoredArchive {
    /// What is known of it.
    pub summary: ArchiveSummary,
    /// Its native files, sorted by path.
    pub native: Vec<NativeFile>,
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: MappedFile,
}

/// What a store has under a fingerprint.
pub enum Found {
    /// The archive, its bytes checked.
    Sound(Box<StoredArchive>),
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
        let BuiltArchive { summary, .. } = serde_json::from_slice(&text).ok()?;
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
        let built = match Note::read(&summary_path) {
            Note::Missing => return Ok(Found::Missing),
            Note::Damaged => None,
            Note::Sound(text) => match serde_json::from_slice::<BuiltArchive>(&text) {
                Ok(built) => Some(built),
                // Another version of `lls` wrote it, which noted other things.
                Err(_) => return Ok(Found::Missing),
            },
        };
        let bytes = match MappedFile::open(&path) {
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Found::Missing);
            }
            outcome => outcome?,
        };
        match built {
            Some(BuiltArchive { summary, native })
                if seal::check(&path, &bytes, summary.sha256)? =>
            {
                Ok(Found::Sound(Box::new(StoredArchive {
                    summary,
                    native,
                    path,
                    bytes,
                })))
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
        make_project_cache(&self.folder)?;
        temporary_in(&self.folder)
    }

    /// A file without a name, in the same place: it is gone when it is closed, however the program ends.
    pub fn unnamed(&self) -> Result<File, PathError> {
        make_project_cache(&self.folder)?;
        unnamed_in(&self.folder)
    }

    /// Keeps a built archive, whose bytes have the hash `xxh3`, and gives it back.
    ///
    /// The summary comes last: without it the archive does not count.
    pub fn keep(
        &self,
        file: NamedTempFile,
        fingerprint: Sha256,
        built: BuiltArchive,
        xxh3: u128,
    ) -> Result<StoredArchive, PathError> {
        let path = self.path(fingerprint, "zip");
        let bytes = MappedFile::of(file.as_file()).at("read", &path)?;
        persist(file, &path)?;
        seal::seal(&path, built.summary.sha256, xxh3);
        let summary_path = self.path(fingerprint, "json");
        let text = serde_json::to_vec(&built)
            .map_err(std::io::Error::from)
            .at("write", &summary_path)?;
        write_note(&summary_path, &text)?;
        let BuiltArchive { summary, native } = built;
        Ok(StoredArchive {
            summary,
            native,
            path,
            bytes,
        })
    }

    fn path(&self, fingerprint: Sha256, extension: &str) -> PathBuf {
        self.folder.join(format!("{fingerprint}.{extension}"))
    }
}
