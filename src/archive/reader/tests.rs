//! What the reader and the writer agree on; hostile archives are in `tests/suite/hostile_wheels`.

use super::super::{ArchiveComment, ArchiveLayout, NewEntry, Stream};
use super::*;
use crate::digest::Sha256;

fn archive(paths: &[&str]) -> Vec<u8> {
    let entries: Vec<_> = paths
        .iter()
        .map(|path| NewEntry {
            path: path.parse().unwrap(),
            mode: Mode::Executable,
            stream: Stream::of(path.repeat(99).as_bytes()),
        })
        .collect();
    ArchiveLayout::new(&entries, ArchiveComment::of(Sha256::of("")))
        .unwrap()
        .to_bytes()
}

#[test]
fn what_was_written_is_read_back() {
    let bytes = archive(&["a/b.py", "é.txt"]);
    let entries = read_entries(&bytes).unwrap();
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.path.as_str())
            .collect::<Vec<_>>(),
        ["a/b.py", "é.txt"]
    );
    assert_eq!(entries[0].mode, Mode::Executable);
    assert_eq!(entries[0].unpack().unwrap(), "a/b.py".repeat(99).as_bytes());
}

#[test]
fn a_name_that_differs_between_the_headers_is_refused() {
    let mut bytes = archive(&["aaaa"]);
    bytes[30] = b'b';
    let error = read_entries(&bytes).unwrap_err().to_string();
    assert_eq!(
        error,
        "the entry `aaaa` has a local header with another name than the central directory"
    );
}

#[test]
fn foreign_data_is_refused() {
    let bytes = archive(&["a"]);
    assert!(read_entries(&[bytes.as_slice(), b"x"].concat()).is_err());
    assert!(read_entries(&[b"x", bytes.as_slice()].concat()).is_err());
    assert!(read_entries(b"no archive").is_err());
}

#[test]
fn a_damaged_stream_is_noticed() {
    let mut bytes = archive(&["a"]);
    bytes[33] ^= 1;
    let entries = read_entries(&bytes).unwrap();
    assert!(matches!(entries[0].unpack(), Err(ArchiveError::Content(_))));
}
