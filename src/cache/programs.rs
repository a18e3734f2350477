//! Programs that `lls` installed in the user's cache: run only while they are what was installed.
//!
//! A cache may have come with a repository or from another job, and what it brings must not be run.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::MappedFile;
use super::key::NoteKey;
use super::note::{Note, Subject, write_note};
use super::stamp::Stamp;
use crate::digest::Sha256;
use crate::error::{PathContext as _, PathError};

/// What was installed.
#[derive(Serialize, Deserialize)]
struct Installed {
    sha256: Sha256,
    stamp: Stamp,
}

/// Notes that the program `name` was just installed at `path`. The note goes along where its folder is renamed.
///
/// # Errors
/// If it cannot be read, or the note cannot be written.
pub fn note_program(path: &Path, name: &str, key: &NoteKey) -> Result<(), PathError> {
    let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
    let program = MappedFile::open(path)?.ok_or_else(missing);
    let program = program.at("read", path)?;
    let installed = Installed {
        sha256: Sha256::of_pieces([&*program]),
        stamp: program.stamp(),
    };
    write(path, name, &installed, key)
}

/// Whether the program at `path` is `name` as it was installed, by this user on this machine.
pub fn is_noted_program(path: &Path, name: &str, key: &NoteKey) -> bool {
    let note = Note::read(&note_path(path), subject(name), key).sound();
    let installed = note.and_then(|text| serde_json::from_slice::<Installed>(&text).ok());
    let program = MappedFile::open(path).ok().flatten();
    let Some((mut installed, program)) = installed.zip(program) else {
        return false;
    };
    let stamp = program.stamp();
    if stamp == installed.stamp {
        return true;
    }
    let is_same = Sha256::of_pieces([&*program]) == installed.sha256;
    installed.stamp = stamp;
    if is_same && let Err(error) = write(path, name, &installed, key) {
        tracing::debug!(%error, "an installed program was not noted"); // it is hashed again next time
    }
    is_same
}

fn subject(name: &str) -> Subject<'_> {
    let kind = "program";
    Subject { kind, name }
}

fn note_path(program: &Path) -> PathBuf {
    program.with_added_extension("installed")
}

fn write(path: &Path, name: &str, installed: &Installed, key: &NoteKey) -> Result<(), PathError> {
    let text = serde_json::to_vec(installed).map_err(std::io::Error::from);
    let text = text.at("write", path)?;
    write_note(&note_path(path), subject(name), &text, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_installed_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("uv");
        let key = NoteKey::of_this_run().unwrap();
        let is_noted = |name| is_noted_program(&path, name, &key);
        std::fs::write(&path, "program").unwrap();
        assert!(!is_noted("uv 1"));
        note_program(&path, "uv 1", &key).unwrap();
        assert!(is_noted("uv 1") && !is_noted("uv 2"));
        assert!(!is_noted_program(
            &path,
            "uv 1",
            &NoteKey::of_this_run().unwrap()
        ));
        // The same bytes with other times, as from a copy of the cache.
        std::fs::write(&path, "program").unwrap();
        assert!(is_noted("uv 1"));
        std::fs::write(&path, "Program").unwrap();
        assert!(!is_noted("uv 1"));
    }
}
