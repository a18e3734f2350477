//! Built archives of one project, by input fingerprint, each with a summary that is cheap to read.

use std::fs::{File, Metadata};
use std::path::PathBuf;
use std::sync::{Arc, Once};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::note::{Note, Subject, write_note};
use super::project::{ARCHIVES, ProjectCache, remove_stale};
use super::stamp::Stamp;
use super::whole::{evict, persist, temporary_in, unnamed_in};
use super::{MappedFile, seal};
use crate::archive::{EntryPath, Listing, Tail, read_tail};
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

impl StoredArchive {
    /// The files in it.
    pub fn listing(&self) -> Listing {
        match read_tail(&self.bytes, self.summary.size) {
            Tail::Whole { listing, .. } => listing,
            Tail::Partial { .. } | Tail::Foreign => Listing::default(),
        }
    }
}

/// What a store has under a fingerprint.
pub enum Found {
    /// The archive, its bytes checked.
    Sound(Box<StoredArchive>),
    /// An archive or a summary that was damaged. Both have been removed.
    Damaged,
    /// Nothing, or nothing that this user built on this machine: who could say that it was made from these inputs?
    Missing,
}

/// The built archives of a project.
#[derive(Clone, Debug)]
pub struct ArchiveStore {
    cache: ProjectCache,
    folder: PathBuf,
    /// Whether what killed builds left was removed.
    cleaned: Arc<Once>,
}

impl ArchiveStore {
    /// The archives of a project: `.lls/archives` in its folder.
    pub(super) fn new(cache: ProjectCache) -> Self {
        Self {
            folder: cache.path(ARCHIVES),
            cache,
            cleaned: Arc::new(Once::new()),
        }
    }

    /// What is known of the archive with this input fingerprint, its bytes unchecked but for their number.
    pub fn summary(&self, fingerprint: Sha256) -> Option<ArchiveSummary> {
        let text = self.note(fingerprint).sound()?;
        let BuiltArchive { summary, .. } = serde_json::from_slice(&text).ok()?;
        let archive = self.path(fingerprint, "zip").symlink_metadata().ok()?;
        (archive.is_file() && archive.len() == summary.size).then_some(summary)
    }

    /// The archive with this input fingerprint; one whose bytes are not those that were kept is removed.
    ///
    /// # Errors
    /// If it can neither be read nor removed.
    pub fn get(&self, fingerprint: Sha256) -> Result<Found, PathError> {
        let path = self.path(fingerprint, "zip");
        let summary_path = self.path(fingerprint, "json");
        let built = match self.note(fingerprint) {
            Note::Missing => return Ok(Found::Missing),
            Note::Foreign => {
                tracing::debug!(%fingerprint, "a stored archive is not known to be of these inputs");
                return Ok(Found::Missing);
            }
            Note::Damaged => None,
            Note::Sound(text) => match serde_json::from_slice::<BuiltArchive>(&text) {
                Ok(built) => Some(built),
                // Another version of `lls` wrote it, which noted other things.
                Err(_) => return Ok(Found::Missing),
            },
        };
        let Some(bytes) = MappedFile::open(&path)? else {
            return Ok(Found::Missing);
        };
        match built {
            Some(BuiltArchive { summary, native })
                if seal::check(&path, &bytes, summary.sha256.into(), &self.cache.key)? =>
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
        self.make()?;
        self.cleaned.call_once(|| remove_stale(&self.folder));
        temporary_in(&self.folder)
    }

    /// A file without a name, in the same place: it is gone when it is closed, however the program ends.
    pub fn unnamed(&self) -> Result<File, PathError> {
        self.make()?;
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
        let key = &self.cache.key;
        seal::seal(&path, built.summary.sha256.into(), xxh3, key);
        let summary_path = self.path(fingerprint, "json");
        let text = serde_json::to_vec(&built)
            .map_err(std::io::Error::from)
            .at("write", &summary_path)?;
        write_note(&summary_path, subject(&fingerprint.to_string()), &text, key)?;
        let BuiltArchive { summary, native } = built;
        Ok(StoredArchive {
            summary,
            native,
            path,
            bytes,
        })
    }

    /// What is noted of the archive with this input fingerprint.
    fn note(&self, fingerprint: Sha256) -> Note {
        let path = self.path(fingerprint, "json");
        Note::read(&path, subject(&fingerprint.to_string()), &self.cache.key)
    }

    /// Whether it was noted of this index of Git that none of the project's caches is tracked in it.
    pub fn is_untracked_in(&self, index: &Metadata) -> bool {
        let note = Note::read(&self.untracked(), self.untracked_subject(), &self.cache.key);
        let noted = note
            .sound()
            .and_then(|text| serde_json::from_slice(&text).ok());
        noted == Some(Stamp::of(index))
    }

    /// Notes that none of the project's caches is tracked in this index of Git. A failure costs time, nothing else.
    pub fn note_untracked_in(&self, index: &Metadata) {
        let path = self.untracked();
        let text = serde_json::to_vec(&Stamp::of(index)).map_err(std::io::Error::from);
        let noted = self.make().and_then(|()| {
            let text = text.at("write", &path)?;
            write_note(&path, self.untracked_subject(), &text, &self.cache.key)
        });
        if let Err(error) = noted {
            tracing::debug!(%error, "that Git tracks no caches was not noted");
        }
    }

    fn untracked(&self) -> PathBuf {
        self.folder.join("untracked")
    }

    fn untracked_subject(&self) -> Subject<'_> {
        Subject {
            kind: "untracked",
            name: &self.cache.name,
        }
    }

    fn make(&self) -> Result<(), PathError> {
        self.cache.make()?;
        let folder = &self.folder;
        std::fs::create_dir_all(folder).at("create the folder", folder)
    }

    fn path(&self, fingerprint: Sha256, extension: &str) -> PathBuf {
        self.folder.join(format!("{fingerprint}.{extension}"))
    }
}

/// A note about the archive with this input fingerprint.
fn subject(fingerprint: &str) -> Subject<'_> {
    Subject {
        kind: "archive",
        name: fingerprint,
    }
}
