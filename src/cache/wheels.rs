//! Wheels, by SHA-256, shared by all projects of a user.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::note::{Note, write_note};
use super::{MappedFile, persist, temporary_in};
use crate::archive::{ArchiveError, EntryPath, read_entries};
use crate::digest::Sha256;
use crate::elf::{ElfNeeds, elf_needs};
use crate::error::{PathContext as _, PathError};

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
    ///
    /// # Errors
    /// If a damaged one cannot be removed.
    pub fn check(&self, sha256: Sha256, wheel: &MappedFile) -> Result<bool, PathError> {
        super::seal::check(&self.path(sha256), wheel, sha256)
    }

    /// The ELF files in a wheel, by their paths in it. Read from the wheel once, then noted beside it.
    ///
    /// # Errors
    /// If the wheel cannot be read as an archive.
    pub fn elf_files(
        &self,
        sha256: Sha256,
        wheel: &MappedFile,
    ) -> Result<BTreeMap<EntryPath, ElfNeeds>, ArchiveError> {
        let path = self.folder.join(format!("{sha256}.elf.json"));
        let noted = Note::read(&path)
            .sound()
            .and_then(|text| serde_json::from_slice(&text).ok());
        if let Some(noted) = noted {
            return Ok(noted);
        }
        let mut found = BTreeMap::new();
        for entry in read_entries(wheel)?
            .into_iter()
            .filter(|entry| may_be_elf(entry.path.as_str()))
        {
            found.extend(elf_needs(&entry.unpack()?).map(|needs| (entry.path, needs)));
        }
        let noted = serde_json::to_vec(&found)
            .map_err(std::io::Error::from)
            .at("write", &path)
            .and_then(|text| write_note(&path, &text));
        if let Err(error) = noted {
            tracing::debug!(%error, "what a wheel needs was not noted"); // it is found again next time
        }
        Ok(found)
    }

    /// A file to write a wheel to.
    pub fn temporary(&self) -> Result<NamedTempFile, PathError> {
        temporary_in(&self.folder)
    }

    /// Keeps a file whose hash the caller has checked.
    pub fn keep(&self, file: NamedTempFile, sha256: Sha256) -> Result<(), PathError> {
        persist(file, &self.path(sha256))
    }

    /// Keeps the bytes of a wheel, whose hash the caller has checked, unless they are there, and opens it.
    pub fn keep_bytes(&self, bytes: &[u8], sha256: Sha256) -> Result<MappedFile, PathError> {
        if let Some(file) = self.open(sha256)?.filter(|file| **file == *bytes) {
            return Ok(file);
        }
        let path = self.path(sha256);
        let mut file = self.temporary()?;
        file.write_all(bytes).at("write", &path)?;
        self.keep(file, sha256)?;
        MappedFile::open(&path)
    }

    fn path(&self, sha256: Sha256) -> PathBuf {
        self.folder.join(format!("{sha256}.whl"))
    }
}

/// Whether a file may be loaded or run by its name: text and data of wheels are not unpacked to be looked into.
fn may_be_elf(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with(".so") || name.contains(".so.") || !name.contains('.')
}
