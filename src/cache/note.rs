//! Notes: small files that say what is known of other files, so that those need not be read.
//!
//! A note begins with the hash over the rest of it, so that a damaged one shows, and with an authentication code
//! (HMAC-SHA-256, RFC 2104) over what it is about and what it says. So only a note that this user wrote on this
//! machine, about just that, is believed: one from Git or from the cache of a CI system counts as none.

use std::io::Write as _;
use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use super::key::NoteKey;
use super::regular::read_regular;
use super::whole::{persist, temporary_in};
use crate::digest::Sha256;
use crate::error::{PathContext as _, PathError};

/// The most bytes of a note: enough for what is known of some 300,000 files.
const LONGEST: u64 = 64 << 20;

/// What a note is about. One about something else is never taken for it, wherever it lies.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    /// What is noted, a word for each kind of note.
    pub kind: &'static str,
    /// Of which file it is noted, by a name that no other file has.
    pub name: &'a str,
}

/// What stands where a note may be.
pub(super) enum Note {
    /// What was written there.
    Sound(Vec<u8>),
    /// A whole note, which is about something else or was not written by this user on this machine.
    Foreign,
    /// Something else than what was written.
    Damaged,
    /// Nothing that can be read.
    Missing,
}

impl Note {
    /// The note at `path` about `subject`, which must have been written under `key`.
    pub fn read(path: &Path, subject: Subject<'_>, key: &NoteKey) -> Self {
        match read_regular(path, LONGEST) {
            Ok(Some(bytes)) => checked(bytes, subject, key),
            Ok(None) | Err(_) => Self::Missing,
        }
    }

    /// What was written there, if it is there and sound.
    pub fn sound(self) -> Option<Vec<u8>> {
        match self {
            Self::Sound(text) => Some(text),
            Self::Foreign | Self::Damaged | Self::Missing => None,
        }
    }
}

fn checked(mut bytes: Vec<u8>, subject: Subject<'_>, key: &NoteKey) -> Note {
    let Some((hash, rest)) = line(&bytes) else {
        return Note::Damaged;
    };
    // Compared as text: in a hash that is parsed, a changed case would not show.
    if hash != Sha256::of(rest).to_string().as_bytes() {
        return Note::Damaged;
    }
    let authentic = line(rest).filter(|(found, text)| {
        let expected = code(text, subject, key);
        verify_slices_are_equal(expected.as_bytes(), found).is_ok()
    });
    let Some((_, text)) = authentic else {
        return Note::Foreign;
    };
    let start = bytes.len() - text.len();
    bytes.drain(..start);
    Note::Sound(bytes)
}

/// The first line, and what comes after it.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// The code over all of it, in hexadecimal digits.
fn code(text: &[u8], subject: Subject<'_>, key: &NoteKey) -> String {
    let mut context = hmac::Context::with_key(&key.0);
    let Subject { kind, name } = subject;
    for part in [kind.as_bytes(), name.as_bytes(), text] {
        // Behind its length, so that no two notes are authenticated alike.
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    hex::encode(context.sign())
}

/// Writes a note, which appears whole or not at all.
pub(super) fn write_note(
    path: &Path,
    subject: Subject<'_>,
    text: &[u8],
    key: &NoteKey,
) -> Result<(), PathError> {
    let mut file = temporary_in(path.parent().unwrap_or(Path::new(".")))?;
    let authenticated = [code(text, subject, key).as_bytes(), b"\n", text].concat();
    let head = format!("{}\n", Sha256::of(&authenticated));
    file.write_all(&[head.as_bytes(), &authenticated].concat())
        .at("write", path)?;
    persist(file, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject<'_> = Subject {
        kind: "kind",
        name: "name",
    };

    #[test]
    fn every_flipped_bit_of_a_note_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note");
        let key = NoteKey::of_this_run().unwrap();
        assert!(matches!(Note::read(&path, SUBJECT, &key), Note::Missing));
        for text in ["", "{\"size\":1}", "two\nlines\n"] {
            write_note(&path, SUBJECT, text.as_bytes(), &key).unwrap();
            let read = Note::read(&path, SUBJECT, &key);
            assert_eq!(read.sound().unwrap(), text.as_bytes());
            let written = std::fs::read(&path).unwrap();
            let is_damaged =
                |bytes: &[u8]| matches!(checked(bytes.to_vec(), SUBJECT, &key), Note::Damaged);
            for bit in 0..written.len() * 8 {
                let mut flipped = written.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(is_damaged(&flipped), "bit {bit} of {text:?}");
            }
            for end in 0..written.len() {
                assert!(is_damaged(&written[..end]), "{end} bytes of {text:?}");
            }
        }
    }

    #[test]
    fn only_a_note_of_this_key_about_this_subject_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note");
        let key = NoteKey::of_this_run().unwrap();
        let is_foreign = || matches!(Note::read(&path, SUBJECT, &key), Note::Foreign);
        let others = [("kind", "other"), ("other", "name"), ("kindn", "ame")];
        for (kind, name) in others {
            write_note(&path, Subject { kind, name }, b"text", &key).unwrap();
            assert!(is_foreign(), "{kind} {name}");
        }
        let other = NoteKey::of_this_run().unwrap();
        write_note(&path, SUBJECT, b"text", &other).unwrap();
        assert!(is_foreign());
        // As notes were before they were authenticated, with one line and with several.
        for text in ["text", "", "line\ntext\n"] {
            std::fs::write(&path, format!("{}\n{text}", Sha256::of(text))).unwrap();
            assert!(is_foreign(), "{text:?}");
        }
    }

    #[test]
    fn links_and_what_is_too_long_are_no_notes() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("note"), folder.path().join("link"));
        let key = NoteKey::of_this_run().unwrap();
        write_note(&path, SUBJECT, b"text", &key).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(Note::read(&link, SUBJECT, &key), Note::Missing));
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_len(LONGEST + 1).unwrap();
        assert!(matches!(Note::read(&path, SUBJECT, &key), Note::Missing));
    }
}
