//! Wheels that `lls lock` built: files beside the lock, with what they were built from.
//!
//! In the lock they are paths, which pip and uv read, below a comment that tells the source.

use std::fmt;
use std::str::FromStr;

use crate::digest::Sha256;
use crate::ecosystem::python::wheel::WheelName;

/// A wheel that `lls lock` built.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuiltWheel {
    /// The name of its file in [`BuiltWheel::FOLDER`].
    pub file: WheelName,
    /// What it was built from.
    pub source: WheelSource,
}

impl BuiltWheel {
    /// The folder beside the lock that holds built wheels.
    pub const FOLDER: &str = ".wheels";

    /// What stands before the file's name in a lock.
    pub(super) const PREFIX: &str = "./.wheels/";
}

/// What a wheel was built from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WheelSource {
    /// An archive with this SHA-256: a source distribution of an index, or one that the requirements name.
    Archive(Sha256),
    /// A commit of a Git repository.
    Git {
        /// The commit.
        commit: Commit,
        /// Hash over the address that the requirements name, by which a changed one is noticed.
        request: Sha256,
    },
}

/// The id of a Git commit: 40 hexadecimal digits, or 64 in a repository that uses SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit(String);

/// A text that is no commit's id.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the id of a Git commit")]
pub struct CommitError(String);

impl FromStr for Commit {
    type Err = CommitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        if matches!(text.len(), 40 | 64) && text.chars().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CommitError(text.to_owned()))
        }
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

const ARCHIVE: &str = "# built from the source archive sha256:";
const GIT: &str = "# built from Git commit ";
const REQUEST: &str = ", asked for by sha256:";

impl fmt::Display for WheelSource {
    /// Writes the comment that stands above a built wheel.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(sha256) => write!(f, "{ARCHIVE}{sha256}"),
            Self::Git { commit, request } => write!(f, "{GIT}{commit}{REQUEST}{request}"),
        }
    }
}

impl WheelSource {
    /// Reads the comment that stands above a built wheel; `None` for any other.
    pub(super) fn parse(comment: &str) -> Option<Self> {
        if let Some(sha256) = comment.strip_prefix(ARCHIVE) {
            return Sha256::from_hex(sha256).map(Self::Archive);
        }
        let (commit, request) = comment.strip_prefix(GIT)?.split_once(REQUEST)?;
        Some(Self::Git {
            commit: commit.parse().ok()?,
            request: Sha256::from_hex(request)?,
        })
    }
}
