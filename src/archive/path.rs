//! Paths of archive entries that cannot leave the folder they are unpacked into, and which of them cannot stand together.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// The longest path that Linux takes, in bytes (`PATH_MAX`).
const LONGEST: usize = 4096;
/// The longest name of a file that Linux takes, in bytes (`NAME_MAX`).
const LONGEST_PART: usize = 255;

/// The path of an archive entry: relative, `/` between its parts, ordered by its bytes.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
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
    /// A backslash, NUL or another control character, or one that changes the direction of the text.
    #[error("it contains the character {0:?}")]
    Character(char),
    /// It is no UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is longer than Linux takes.
    #[error("it has {0} bytes, more than {LONGEST}")]
    TooLong(usize),
    /// A part of it is longer than Linux takes.
    #[error("it has a part of {0} bytes, more than {LONGEST_PART}")]
    LongPart(usize),
    /// Compatibility characters that spell another of these rules.
    #[error("it becomes {0:?} in another Unicode form")]
    Disguised(String),
}

/// Two paths that cannot be unpacked beside each other.
#[derive(Debug, PartialEq, Eq)]
pub enum PathClash<'a> {
    /// The same path twice.
    Duplicate(&'a EntryPath),
    /// Paths that differ only in case or Unicode form, which some file systems do not tell apart.
    Twins(&'a EntryPath, &'a EntryPath),
    /// A file where the other path needs a folder.
    FileAndFolder {
        /// The file.
        file: &'a EntryPath,
        /// The folder, or a path below it.
        below: &'a EntryPath,
    },
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
            Self([folder, "/", &self.0].concat())
        }
    }

    /// What is equal for two paths that some file system takes for one: lowercase, in the Unicode form NFKC. A slash is
    /// the least byte of it, so that what is below a path follows it at once; no path has a zero byte.
    fn folded(&self) -> Vec<u8> {
        let mut folded = if self.0.is_ascii() {
            self.0.as_bytes().to_ascii_lowercase()
        } else {
            let cased = self.0.nfkc().flat_map(char::to_uppercase);
            let cased: String = cased.flat_map(char::to_lowercase).collect();
            cased.nfkc().collect::<String>().into_bytes()
        };
        for byte in &mut folded {
            if *byte == b'/' {
                *byte = 0;
            }
        }
        folded
    }

    /// Refuses a path that would not be one in another Unicode form, such as one with a full-width slash between two dots.
    pub fn check_disguise(&self) -> Result<(), EntryPathError> {
        if self.0.is_ascii() {
            return Ok(());
        }
        let plain: String = self.0.nfkc().collect();
        let slashes = |text: &str| text.matches(['/', '\\']).count();
        if slashes(&plain) == slashes(&self.0) && plain.parse::<Self>().is_ok() {
            Ok(())
        } else {
            Err(EntryPathError::Disguised(plain))
        }
    }
}

/// Finds two of `files` and `folders` that cannot be unpacked into one folder.
pub fn find_clash<'a>(
    files: impl IntoIterator<Item = &'a EntryPath>,
    folders: impl IntoIterator<Item = &'a EntryPath>,
) -> Option<PathClash<'a>> {
    let files = files.into_iter().map(|path| (path.folded(), path, true));
    let folders = folders.into_iter().map(|path| (path.folded(), path, false));
    let mut all: Vec<_> = files.chain(folders).collect();
    all.sort(); // archives are mostly sorted already, which this sort makes use of
    all.windows(2).find_map(|pair| {
        let [
            (first, first_path, first_is_file),
            (second, second_path, second_is_file),
        ] = pair
        else {
            return None;
        };
        let rest = second.strip_prefix(first.as_slice())?;
        if rest.is_empty() && first_path != second_path {
            Some(PathClash::Twins(first_path, second_path))
        } else if rest.is_empty() && first_is_file == second_is_file {
            Some(PathClash::Duplicate(first_path))
        } else if rest.is_empty() || (*first_is_file && rest.starts_with(&[0])) {
            Some(PathClash::FileAndFolder {
                file: first_path,
                below: second_path,
            })
        } else {
            None
        }
    })
}

/// Controls, and the characters that change the direction of what follows (Unicode 9, "Explicit Directional Formatting").
fn is_forbidden(character: char) -> bool {
    character == '\\'
        || character.is_control()
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl FromStr for EntryPath {
    type Err = EntryPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LONGEST {
            return Err(EntryPathError::TooLong(text.len()));
        }
        if text.starts_with('/') {
            return Err(EntryPathError::Absolute);
        }
        if text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic() {
            return Err(EntryPathError::Drive);
        }
        // Most paths are plain ASCII, which is seen sooner than what each character is.
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\';
        if !text.bytes().all(is_plain)
            && let Some(character) = text.chars().find(|c| is_forbidden(*c))
        {
            return Err(EntryPathError::Character(character));
        }
        for part in text.as_bytes().split(|byte| *byte == b'/') {
            match part {
                b"" => return Err(EntryPathError::EmptyPart),
                b"." | b".." => return Err(EntryPathError::DotPart(".".repeat(part.len()))),
                part if part.len() > LONGEST_PART => {
                    return Err(EntryPathError::LongPart(part.len()));
                }
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
        assert!(
            "\u{ff0e}./a"
                .parse::<EntryPath>()
                .unwrap()
                .check_disguise()
                .is_err()
        );
        assert!(
            "a\u{2100}"
                .parse::<EntryPath>()
                .unwrap()
                .check_disguise()
                .is_err()
        );
        assert!(
            "é/a…b"
                .parse::<EntryPath>()
                .unwrap()
                .check_disguise()
                .is_ok()
        );
    }

    #[test]
    fn clashes_are_found_wherever_they_stand() {
        let clash = |files: &[&str], folders: &[&str]| {
            let parse = |paths: &[&str]| -> Vec<EntryPath> {
                paths.iter().map(|path| path.parse().unwrap()).collect()
            };
            find_clash(&parse(files), &parse(folders)).map(|clash| format!("{clash:?}"))
        };
        assert_eq!(
            clash(&["a/b", "a/c", "a-b", "ab", "B/x", "b/y"], &["a"]),
            None
        );
        for files in [
            ["a", "a"],
            ["a", "A"],
            ["ß", "SS"],
            ["é", "e\u{301}"],
            ["ﬁ", "fi"],
        ] {
            assert!(clash(&files, &[]).is_some(), "{files:?}");
        }
        for below in ["a/b", "A/b/c"] {
            assert!(clash(&["a", "a-", "a.b", below], &[]).is_some(), "{below}");
        }
        assert!(clash(&["a"], &["a"]).is_some());
        assert!(clash(&[], &["a", "a"]).is_some());
    }
}
