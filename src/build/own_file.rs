//! One of a layer's own files, as it was read.

use std::path::PathBuf;

use crate::archive::{EntryPath, Mode};
use crate::digest::Sha256;

/// One of a layer's own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFile {
    /// Where it goes in the archive.
    pub path: EntryPath,
    /// What kind it is.
    pub mode: Mode,
    /// Where it is on disk.
    pub source: PathBuf,
    /// Where it points, if it is a symlink.
    pub target: Option<String>,
    /// Its size in bytes, or that of its target if it is a symlink.
    pub size: u64,
    /// Hash over its bytes, or over its target if it is a symlink.
    pub sha256: Sha256,
    /// What in its bytes looks like a secret.
    pub secret: Option<String>,
}
