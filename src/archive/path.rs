//! Paths of archive entries that cannot leave the folder they are unpacked into.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The path of an archive entry: relative, `/` between its parts, ordered by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryPath(String);

/// Why a text cannot be the path of an entry.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryPathError {
    /// Nothing in it, or nothing between two slashes.
    #[error("it has an empty part")]
    EmptyPart,
    /// A `.` or `..` part.
    #[error("it has a `{0}` part")]
    DotPart(String),
    /// It starts at the root of a file system.
    #[error("it is absolute")]
    Absolute,
    /// It starts with a drive, such as `C:`.
    #[error("it starts with a drive letter")]
    Drive,
    /// A backslash, NUL or another control character.
    #[error("it has the character {0:?}")]
    Character(char),
    /// It is no UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is longer than any file system would take.
    #[error("it has {0} bytes, more than 4096")]
    TooLong(usize),
}

impl EntryPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the bytes of an entry's name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryPathError> {
        std::str::from_utf8(bytes)
            .map_err(|_| EntryPathError::NotUtf8)?
            .parse()
    }

    /// This path below `folder`; an empty folder changes nothing.
    pub fn below(&self, folder: &str) -> Self {
        if folder.is_empty() {
            self.clone()
        } else {
            Self(format!("{folder}/{self}"))
        }
    }
}

impl FromStr for EntryPath {
    type Err = EntryPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > 4096 {
            return Err(EntryPathError::TooLong(text.len()));
        }
        if text.starts_with('/') {
            return Err(EntryPathError::Absolute);
        }
        if text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic() {
            return Err(EntryPathError::Drive);
        }
        if let Some(character) = text.chars().find(|c| *c == '\\' || c.is_control()) {
            return Err(EntryPathError::Character(character));
        }
        for part in text.split('/') {
            match part {
                "" => return Err(EntryPathError::EmptyPart),
                "." | ".." => return Err(EntryPathError::DotPart(part.to_owned())),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for EntryPath {
    type Error = EntryPathError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EntryPath> for String {
    fn from(path: EntryPath) -> Self {
        path.0
    }
}

impl AsRef<std::path::Path> for EntryPath {
    fn as_ref(&self) -> &std::path::Path {
        self.0.as_ref()
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_folder() {
        for text in [
            "", "/a", "a//b", "a/", "../a", "a/../b", "./a", "a/.", "C:/a", "c:a", "a\\b", "a\0b",
            "a\nb",
        ] {
            assert!(text.parse::<EntryPath>().is_err(), "{text:?}");
        }
        for text in ["a", "a/b.py", ".hidden", "a/..b", "a b/é"] {
            assert!(text.parse::<EntryPath>().is_ok(), "{text:?}");
        }
    }
}
