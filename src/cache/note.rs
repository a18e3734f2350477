//! Notes: small files that say what is known of other files, so that those need not be read.
//!
//! A note begins with the hash over the rest of it, so that a damaged one is never believed.

use std::io::Write as _;
use std::path::Path;

use super::{persist, temporary_in};
use crate::digest::Sha256;
use crate::error::{PathContext as _, PathError};

/// What stands where a note may be.
pub(super) enum Note {
    /// What was written there.
    Sound(Vec<u8>),
    /// Something else than what was written.
    Damaged,
    /// Nothing that can be read.
    Missing,
}

impl Note {
    /// The note at `path`.
    pub fn read(path: &Path) -> Self {
        match std::fs::read(path) {
            Err(_) => Self::Missing,
            Ok(bytes) => checked(&bytes).map_or(Self::Damaged, Self::Sound),
        }
    }

    /// What was written there, if it is there and sound.
    pub fn sound(self) -> Option<Vec<u8>> {
        match self {
            Self::Sound(text) => Some(text),
            Self::Damaged | Self::Missing => None,
        }
    }
}

fn checked(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (head, text) = (&bytes[..end], &bytes[end + 1..]);
    // Compared as text: in a hash that is parsed, a changed case would not show.
    (head == Sha256::of(text).to_string().as_bytes()).then(|| text.to_vec())
}

/// Writes a note, which appears whole or not at all.
pub(super) fn write_note(path: &Path, text: &[u8]) -> Result<(), PathError> {
    let mut file = temporary_in(path.parent().unwrap_or(Path::new(".")))?;
    let head = format!("{}\n", Sha256::of(text));
    file.write_all(&[head.as_bytes(), text].concat())
        .at("write", path)?;
    persist(file, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_note_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note");
        assert!(matches!(Note::read(&path), Note::Missing));
        for text in ["", "{\"size\":1}", "two\nlines\n"] {
            write_note(&path, text.as_bytes()).unwrap();
            assert_eq!(Note::read(&path).sound().unwrap(), text.as_bytes());
            let written = std::fs::read(&path).unwrap();
            for bit in 0..written.len() * 8 {
                let mut flipped = written.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(checked(&flipped), None, "bit {bit} of {text:?}");
            }
            for end in 0..written.len() {
                assert_eq!(checked(&written[..end]), None, "{end} bytes of {text:?}");
            }
        }
    }
}
