//! Bytecode by what it was made of, shared by all projects of a user: ZIP files whose streams are copied into layers.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use super::key::NoteKey;
use super::note::{Note, Subject, write_note};
use super::project::remove_stale;
use super::whole::{persist, temporary_in};
use super::{MappedFile, seal};
use crate::digest::{Hasher, Sha256};
use crate::error::{PathContext as _, PathError};

/// The user's bytecode.
#[derive(Clone, Debug)]
pub struct BytecodeCache {
    folder: PathBuf,
    key: NoteKey,
    /// Whether what killed builds left was removed.
    cleaned: Arc<Once>,
}

/// What is noted beside a file.
#[derive(Serialize, Deserialize)]
struct BytecodeNote {
    sha256: Sha256,
}

impl BytecodeCache {
    /// The bytecode below the cache folder `cache`, with notes that are written under `key`.
    pub(super) fn new(cache: &Path, key: NoteKey) -> Self {
        Self {
            folder: cache.join("bytecode"),
            key,
            cleaned: Arc::new(Once::new()),
        }
    }

    /// What this user made under this name on this machine, its bytes checked; what is damaged is removed.
    ///
    /// # Errors
    /// If it can neither be read nor removed.
    pub fn get(&self, name: Sha256) -> Result<Option<MappedFile>, PathError> {
        let text = name.to_string();
        let note = Note::read(&self.path(name, "json"), subject(&text), &self.key);
        let note = note
            .sound()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let Some(BytecodeNote { sha256 }) = note else {
            return Ok(None);
        };
        let path = self.path(name, "zip");
        let Some(file) = MappedFile::open(&path)? else {
            return Ok(None);
        };
        let is_sound = seal::check(&path, &file, sha256.into(), &self.key)?;
        Ok(is_sound.then_some(file))
    }

    /// Keeps a file that consists of these pieces. The note comes last: without it the file does not count.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep<'a>(
        &self,
        name: Sha256,
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> Result<MappedFile, PathError> {
        self.cleaned.call_once(|| remove_stale(&self.folder));
        let path = self.path(name, "zip");
        let mut file = temporary_in(&self.folder)?;
        let (mut sha256, mut xxh3) = (Hasher::default(), XxHash3_128::new());
        let mut output = std::io::BufWriter::new(file.as_file_mut());
        for piece in pieces {
            sha256.update(piece);
            xxh3.write(piece);
            output.write_all(piece).at("write", &path)?;
        }
        output.flush().at("write", &path)?;
        drop(output);
        let mapped = MappedFile::of(file.as_file()).at("read", &path)?;
        persist(file, &path)?;
        let sha256 = sha256.finish();
        seal::seal(&path, sha256.into(), xxh3.finish_128(), &self.key);
        let note = serde_json::to_vec(&BytecodeNote { sha256 }).map_err(std::io::Error::from);
        let note_path = self.path(name, "json");
        let note = note.at("write", &note_path)?;
        write_note(&note_path, subject(&name.to_string()), &note, &self.key)?;
        Ok(mapped)
    }

    fn path(&self, name: Sha256, extension: &str) -> PathBuf {
        self.folder.join(format!("{name}.{extension}"))
    }
}

/// A note about the bytecode with this name.
fn subject(name: &str) -> Subject<'_> {
    Subject {
        kind: "bytecode",
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_kept_here_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let key = NoteKey::of_this_run().unwrap();
        let cache = BytecodeCache::new(folder.path(), key);
        let (name, other) = (Sha256::of("name"), Sha256::of("other"));
        let found = |cache: &BytecodeCache, name| {
            let file = cache.get(name).unwrap();
            file.map(|file| file.to_vec())
        };
        assert_eq!(found(&cache, name), None);
        cache.keep(name, [&b"by"[..], b"tes"].into_iter()).unwrap();
        assert_eq!(found(&cache, name).unwrap(), b"bytes");

        // Under another name, and as if somebody had brought it from another machine.
        for extension in ["zip", "json", "zip.seal"] {
            let from = cache.path(name, extension);
            std::fs::copy(from, cache.path(other, extension)).unwrap();
        }
        assert_eq!(found(&cache, other), None);
        let elsewhere = BytecodeCache::new(folder.path(), NoteKey::of_this_run().unwrap());
        assert_eq!(found(&elsewhere, name), None);

        std::fs::write(cache.path(name, "zip"), "other").unwrap();
        assert_eq!(found(&cache, name), None);
        assert!(!cache.path(name, "zip").exists());
    }
}
