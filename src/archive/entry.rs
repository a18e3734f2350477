//! What an archive entry carries beside its content, and the comment by which `lls` knows its own archives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256;

/// The three kinds of entry that a layer holds. Folders are implied by paths.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A file, 0644.
    File,
    /// A file that may be executed, 0755.
    Executable,
    /// A symbolic link; its content is the target.
    Symlink,
}

impl Mode {
    /// The `st_mode` under which the entry is stored.
    pub fn unix(self) -> u32 {
        match self {
            Self::File => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Symlink => 0o120_777,
        }
    }

    /// The kind that a regular file with these permission bits becomes.
    pub fn of_file(permissions: u32) -> Self {
        if permissions & 0o111 == 0 {
            Self::File
        } else {
            Self::Executable
        }
    }
}

/// The rules by which inputs become bytes. They are part of every fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// Without bytecode. Since `lls` 0.1.0.
    One,
    /// With bytecode.
    Two,
}

impl ArchiveFormat {
    /// How a comment begins.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One => "lls:1",
            Self::Two => "lls:2",
        }
    }
}

/// The archive comment `lls:1:<input fingerprint>`, or `lls:2:`, by which an unchanged layer is recognised from a few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveComment {
    /// The rules by which the archive was made.
    pub format: ArchiveFormat,
    /// The fingerprint of its inputs.
    pub fingerprint: Sha256,
}

impl ArchiveComment {
    /// The comment of an archive without bytecode.
    pub fn of(fingerprint: Sha256) -> Self {
        Self {
            format: ArchiveFormat::One,
            fingerprint,
        }
    }

    /// The comment's bytes.
    pub fn to_bytes(self) -> Vec<u8> {
        format!("{}:{}", self.format.as_str(), self.fingerprint).into_bytes()
    }

    /// Parses a comment; `None` where an archive was made by something else or by other rules.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (start, fingerprint) = text.rsplit_once(':')?;
        let formats = [ArchiveFormat::One, ArchiveFormat::Two];
        let mut formats = formats
            .into_iter()
            .filter(|format| format.as_str() == start);
        let format = formats.next()?;
        let fingerprint = Sha256::from_hex(fingerprint)?;
        Some(Self {
            format,
            fingerprint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comments_of_known_formats_are_recognised() {
        for format in [ArchiveFormat::One, ArchiveFormat::Two] {
            let fingerprint = Sha256::of("x");
            let comment = ArchiveComment {
                format,
                fingerprint,
            };
            assert_eq!(ArchiveComment::parse(&comment.to_bytes()), Some(comment));
        }
        let other = format!("lls:3:{}", Sha256::of("x"));
        assert_eq!(ArchiveComment::parse(other.as_bytes()), None);
        assert_eq!(ArchiveComment::parse(b"lls:2:00"), None);
        assert_eq!(ArchiveComment::parse(b""), None);
    }
}
