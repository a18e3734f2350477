//! The rules that a wheel can break: one variant, and one message, for each.

use super::MAX_METADATA;
use super::record::MAX_RECORD_ROWS;
use crate::archive::{ArchiveError, EntryPath, EntryPathError, LayoutError};
use crate::layer::PackageName;

/// What is wrong with a wheel.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    /// Its bytes cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// It is no archive that can be trusted.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// It cannot be written anew.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// It has no folder with metadata.
    #[error("it has no `.dist-info` folder")]
    NoDistInfo,
    /// It has several.
    #[error("it has two `.dist-info` folders, `{0}` and `{1}`")]
    TwoDistInfos(String, String),
    /// Its metadata is of another package.
    #[error("its metadata `{found}` is not that of `{expected}`")]
    OtherPackage {
        /// The `.dist-info` folder, or the name in `METADATA`.
        found: String,
        /// The package that the lock names.
        expected: PackageName,
    },
    /// Its metadata is of another version.
    #[error("its metadata `{found}` is not that of version `{expected}`")]
    OtherVersion {
        /// The `.dist-info` folder, or the version in `METADATA`.
        found: String,
        /// The version that the lock names.
        expected: String,
    },
    /// A `*.data` folder that only some installers would unpack.
    #[error("the entry `{0}` is in a `.data` folder of another package or version")]
    OtherData(EntryPath),
    /// A folder in `*.data` that no installer knows.
    #[error("the entry `{0}` is in none of the folders that PEP 427 names for `.data`")]
    DataFolder(EntryPath),
    /// An entry of `*.data` would land on an impossible path.
    #[error("the entry `{path}` is refused: {reason}")]
    Path {
        /// The entry.
        path: EntryPath,
        /// Why.
        reason: EntryPathError,
    },
    /// Two entries would be placed on paths that cannot stand together.
    #[error("the entries `{0}` and `{1}` would be installed in one place")]
    OnePlace(EntryPath, EntryPath),
    /// It lacks a file that PEP 427 asks for.
    #[error("it has no `{0}`")]
    Missing(&'static str),
    /// A file of its metadata is larger than any honest one.
    #[error("its `{0}` has {1} bytes, more than {MAX_METADATA}")]
    MetadataTooLarge(&'static str, u64),
    /// Its `WHEEL` or `METADATA` lacks a field, or has it twice.
    #[error("its `{0}` does not have one field `{1}`")]
    Field(&'static str, &'static str),
    /// It is of a version of the wheel format that is not known.
    #[error("it has the unsupported wheel version `{0}`")]
    WheelVersion(String),
    /// Its `RECORD` is no list of files.
    #[error("its `RECORD` cannot be read")]
    Record(#[from] csv::Error),
    /// A line of its `RECORD` does not have a path, a hash and a size.
    #[error("its `RECORD` has {1:?} at file {0}, which is not a path, hash, and size")]
    RecordRow(u64, String),
    /// Its `RECORD` names a path outside of where it is installed.
    #[error("its `RECORD` names {path:?}: {reason}")]
    RecordPath {
        /// The path.
        path: String,
        /// Why it is refused.
        reason: EntryPathError,
    },
    /// Its `RECORD` says different things of one file.
    #[error("its `RECORD` names `{0}` twice")]
    RecordTwice(String),
    /// Its `RECORD` is longer than any honest one.
    #[error("its `RECORD` names more than {MAX_RECORD_ROWS} files")]
    RecordTooLong,
}

/// As much of what a wheel says as fits into a message, in characters.
const SHOWN: usize = 80;

/// The start of a text that may have megabytes.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
