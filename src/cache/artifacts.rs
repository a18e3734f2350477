//! Locked files, by their digests, shared by all projects of a user.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::MappedFile;
use super::key::NoteKey;
use super::note::{Note, Subject, write_note};
use super::project::remove_stale;
use super::whole::{persist, temporary_in, unnamed_in};
use crate::archive::{ArchiveError, EntryPath, ReadEntry, read_entries};
use crate::digest::Digest;
use crate::elf::{self, ElfNeeds, elf_needs};
use crate::error::{PathContext as _, PathError};

/// The user's artifacts: the files that locks name.
#[derive(Clone, Debug)]
pub struct ArtifactCache {
    folder: PathBuf,
    key: NoteKey,
    /// Whether what killed downloads left was removed.
    cleaned: Arc<Once>,
}

/// Why the ELF files of an artifact are not known.
#[derive(Debug, thiserror::Error)]
pub enum ElfFilesError {
    /// The artifact is no archive that can be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// They cannot be unpacked in the cache.
    #[error(transparent)]
    File(#[from] PathError),
}

/// What is noted beside an artifact.
#[derive(Serialize, Deserialize)]
struct ElfNote {
    format: u32,
    files: BTreeMap<EntryPath, ElfNeeds>,
}

impl ElfNote {
    /// The version of the rules by which ELF files are found. Notes that were made by others are made again.
    const FORMAT: u32 = 2;

    fn write(&self, path: &Path, artifact: &str, key: &NoteKey) -> Result<(), PathError> {
        let text = serde_json::to_vec(self).map_err(std::io::Error::from);
        write_note(path, Self::subject(artifact), &text.at("write", path)?, key)
    }

    /// A note about the ELF files of the artifact with this digest.
    fn subject(artifact: &str) -> Subject<'_> {
        Subject {
            kind: "elf",
            name: artifact,
        }
    }
}

impl ArtifactCache {
    /// The artifacts below the cache folder `cache`, with notes that are written under `key`.
    pub fn new(cache: &Path, key: NoteKey) -> Self {
        Self {
            folder: cache.join("wheels"),
            key,
            cleaned: Arc::new(Once::new()),
        }
    }

    /// The artifact that is kept under this digest, its bytes unchecked: see [`ArtifactCache::check`].
    pub fn open(&self, digest: Digest) -> Result<Option<MappedFile>, PathError> {
        MappedFile::open(&self.path(digest))
    }

    /// Whether the bytes of an opened artifact have this digest; one whose bytes have not is removed.
    ///
    /// # Errors
    /// If a damaged one cannot be removed.
    pub fn check(&self, digest: Digest, artifact: &MappedFile) -> Result<bool, PathError> {
        super::seal::check(&self.path(digest), artifact, digest, &self.key)
    }

    /// Whether an opened artifact passed [`ArtifactCache::check`] before, on this machine.
    pub fn is_known(&self, digest: Digest, artifact: &MappedFile) -> bool {
        super::seal::is_sealed(&self.path(digest), artifact, digest, &self.key)
    }

    /// The ELF files in an artifact, by their paths in it. Read from it once, then noted beside it if its bytes have
    /// this digest; one whose bytes have not is removed, as by [`ArtifactCache::check`].
    ///
    /// # Errors
    /// If the artifact cannot be read as an archive, there is no place to unpack its ELF files to, or a damaged one cannot
    /// be removed.
    pub fn elf_files(
        &self,
        digest: Digest,
        artifact: &MappedFile,
    ) -> Result<BTreeMap<EntryPath, ElfNeeds>, ElfFilesError> {
        let path = self.folder.join(format!("{}.elf.json", digest.hex()));
        let name = digest.hex();
        let noted = Note::read(&path, ElfNote::subject(&name), &self.key)
            .sound()
            .and_then(|text| serde_json::from_slice::<ElfNote>(&text).ok())
            .filter(|note| note.format == ElfNote::FORMAT);
        if let Some(noted) = noted {
            return Ok(noted.files);
        }
        let mut files = BTreeMap::new();
        for entry in read_entries(artifact)? {
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
        // A note outlives the artifact that it was made from: one made from a damaged one would never be found wrong.
        if self.check(digest, artifact)?
            && let Err(error) = note.write(&path, &name, &self.key)
        {
            tracing::debug!(%error, "what an artifact needs was not noted"); // it is found again next time
        }
        Ok(note.files)
    }

    /// An entry in a file without a name, so that memory does not grow with it.
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

    /// A file to write an artifact to.
    pub fn temporary(&self) -> Result<NamedTempFile, PathError> {
        self.cleaned.call_once(|| remove_stale(&self.folder));
        temporary_in(&self.folder)
    }

    /// Keeps a file whose digest the caller has checked.
    pub fn keep(&self, file: NamedTempFile, digest: Digest) -> Result<(), PathError> {
        persist(file, &self.path(digest))
    }

    /// Keeps the bytes of an artifact, whose digest the caller has checked, unless they are there, and opens it.
    pub fn keep_bytes(&self, bytes: &[u8], digest: Digest) -> Result<MappedFile, PathError> {
        if let Some(file) = self.open(digest)?.filter(|file| **file == *bytes) {
            return Ok(file);
        }
        let path = self.path(digest);
        let mut file = self.temporary()?;
        file.write_all(bytes).at("write", &path)?;
        let mapped = MappedFile::of(file.as_file()).at("read", &path)?;
        self.keep(file, digest)?;
        Ok(mapped)
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{}.whl", digest.hex()))
    }
}
