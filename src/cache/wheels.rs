//! Wheels, by SHA-256, shared by all projects of a user.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::key::NoteKey;
use super::note::{Note, Subject, write_note};
use super::project::remove_stale;
use super::{MappedFile, persist, temporary_in, unnamed_in};
use crate::archive::{ArchiveError, EntryPath, ReadEntry, read_entries};
use crate::digest::Sha256;
use crate::elf::{self, ElfNeeds, elf_needs};
use crate::error::{PathContext as _, PathError};

/// The user's wheels.
#[derive(Clone, Debug)]
pub struct WheelCache {
    folder: PathBuf,
    key: NoteKey,
    /// Whether what killed downloads left was removed.
    cleaned: Arc<Once>,
}

/// Why the ELF files of a wheel are not known.
#[derive(Debug, thiserror::Error)]
pub enum ElfFilesError {
    /// The wheel is no archive that can be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// They cannot be unpacked in the cache.
    #[error(transparent)]
    File(#[from] PathError),
}

/// What is noted beside a wheel.
#[derive(Serialize, Deserialize)]
struct ElfNote {
    format: u32,
    files: BTreeMap<EntryPath, ElfNeeds>,
}

impl ElfNote {
    /// The version of the rules by which ELF files are found. Notes that were made by others are made again.
    const FORMAT: u32 = 2;

    fn write(&self, path: &Path, wheel: &str, key: &NoteKey) -> Result<(), PathError> {
        let text = serde_json::to_vec(self).map_err(std::io::Error::from);
        write_note(path, Self::subject(wheel), &text.at("write", path)?, key)
    }

    /// A note about the ELF files of the wheel with this hash.
    fn subject(wheel: &str) -> Subject<'_> {
        Subject {
            kind: "elf",
            name: wheel,
        }
    }
}

impl WheelCache {
    /// The wheels below the cache folder `cache`, with notes that are written under `key`.
    pub fn new(cache: &Path, key: NoteKey) -> Self {
        Self {
            folder: cache.join("wheels"),
            key,
            cleaned: Arc::new(Once::new()),
        }
    }

    /// The wheel that is kept under this hash, its bytes unchecked: see [`WheelCache::check`].
    pub fn open(&self, sha256: Sha256) -> Result<Option<MappedFile>, PathError> {
        MappedFile::open(&self.path(sha256))
    }

    /// Whether the bytes of an opened wheel have this hash; one whose bytes have not is removed.
    ///
    /// # Errors
    /// If a damaged one cannot be removed.
    pub fn check(&self, sha256: Sha256, wheel: &MappedFile) -> Result<bool, PathError> {
        super::seal::check(&self.path(sha256), wheel, sha256, &self.key)
    }

    /// Whether an opened wheel passed [`WheelCache::check`] before, on this machine.
    pub fn is_known(&self, sha256: Sha256, wheel: &MappedFile) -> bool {
        super::seal::is_sealed(&self.path(sha256), wheel, sha256, &self.key)
    }

    /// The ELF files in a wheel, by their paths in it. Read from the wheel once, then noted beside it if its bytes have
    /// this hash; one whose bytes have not is removed, as by [`WheelCache::check`].
    ///
    /// # Errors
    /// If the wheel cannot be read as an archive, there is no place to unpack its ELF files to, or a damaged one cannot
    /// be removed.
    pub fn elf_files(
        &self,
        sha256: Sha256,
        wheel: &MappedFile,
    ) -> Result<BTreeMap<EntryPath, ElfNeeds>, ElfFilesError> {
        let path = self.folder.join(format!("{sha256}.elf.json"));
        let name = sha256.to_string();
        let noted = Note::read(&path, ElfNote::subject(&name), &self.key)
            .sound()
            .and_then(|text| serde_json::from_slice::<ElfNote>(&text).ok())
            .filter(|note| note.format == ElfNote::FORMAT);
        if let Some(noted) = noted {
            return Ok(noted.files);
        }
        let mut files = BTreeMap::new();
        for entry in read_entries(wheel)? {
            // Any file may be loaded or run, whatever its name.
            if entry.head(elf::MAGIC.len() as u64)? == elf::MAGIC {
                let needs = elf_needs(self.unpacked(&entry)?).at("read", &self.folder)?;
                files.extend(needs.map(|needs| (entry.path, needs)));
            }
        }
        let note = ElfNote {
            format: ElfNote::FORMAT,
            files,
        };
        // A note outlives the wheel that it was made from: one made from a damaged wheel would never be found wrong.
        if self.check(sha256, wheel)?
            && let Err(error) = note.write(&path, &name, &self.key)
        {
            tracing::debug!(%error, "what a wheel needs was not noted"); // it is found again next time
        }
        Ok(note.files)
    }

    /// An entry of a wheel in a file without a name, so that memory does not grow with it.
    fn unpacked(&self, entry: &ReadEntry<'_>) -> Result<File, ElfFilesError> {
        let mut file = unnamed_in(&self.folder)?;
        let mut written = Ok(());
        entry.unpack_to(&mut |piece| {
            if written.is_ok() {
                written = file.write_all(piece);
            }
        })?;
        written
            .and_then(|()| file.rewind())
            .at("write to", &self.folder)?;
        Ok(file)
    }

    /// A file to write a wheel to.
    pub fn temporary(&self) -> Result<NamedTempFile, PathError> {
        self.cleaned.call_once(|| remove_stale(&self.folder));
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
        let mapped = MappedFile::of(file.as_file()).at("read", &path)?;
        self.keep(file, sha256)?;
        Ok(mapped)
    }

    fn path(&self, sha256: Sha256) -> PathBuf {
        self.folder.join(format!("{sha256}.whl"))
    }
}
