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

/// The archive comment `lls:1:<input fingerprint>`, by which an unchanged layer is recognised from a few bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveComment(pub Sha256);

impl ArchiveComment {
    /// The version of the rules by which inputs become bytes; part of every fingerprint.
    pub const FORMAT: &str = "lls:1";

    /// The comment's bytes.
    pub fn to_bytes(self) -> Vec<u8> {
        format!("{}:{}", Self::FORMAT, self.0).into_bytes()
    }

    /// Parses a comment; `None` where an archive was made by something else or by other rules.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        Sha256::from_hex(text.strip_prefix(Self::FORMAT)?.strip_prefix(':')?).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_comments_of_this_format_are_recognised() {
        let comment = ArchiveComment(Sha256::of("x"));
        assert_eq!(ArchiveComment::parse(&comment.to_bytes()), Some(comment));
        assert_eq!(ArchiveComment::parse(b"lls:2:00"), None);
        assert_eq!(ArchiveComment::parse(b""), None);
    }
}
