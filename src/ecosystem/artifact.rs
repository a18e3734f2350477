//! Files that a lock names: what they are, and where their entries go in a layer.

use std::fmt;
use std::sync::Arc;

use super::ArtifactError;
use crate::archive::{EntryPath, ReadEntry};
use crate::cache::MappedFile;
use crate::digest::Digest;
use crate::error::Failure;
use crate::layer::{PackageName, Runtime};

/// A locked file and the folder that its entries go into.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// The package that it holds.
    pub package: PackageName,
    /// The version of that.
    pub version: String,
    /// The locked digest.
    pub digest: Digest,
    /// The folder of the archive below which its entries are placed.
    pub root: String,
    /// A runtime that uses it.
    pub runtime: Runtime,
    /// The name of its file among those that were built for the layer; `None` for one of a package index.
    pub built: Option<String>,
}

impl Artifact {
    /// The error for one that breaks a rule.
    pub fn refused(&self, source: impl Into<ArtifactError>) -> RefusedArtifact {
        RefusedArtifact {
            package: self.to_string(),
            source: source.into(),
        }
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.version)
    }
}

/// The bytes of artifacts while a layer is assembled.
pub type ArtifactFiles = Vec<Arc<MappedFile>>;

/// An artifact that breaks a rule.
#[derive(Debug, thiserror::Error)]
#[error("the wheel of `{package}` is refused")]
pub struct RefusedArtifact {
    package: String,
    source: ArtifactError,
}

impl Failure for RefusedArtifact {
    fn hint(&self) -> Option<String> {
        Some("do not use it: require another version of the package".into())
    }
}

/// An entry of an artifact and its place.
#[derive(Clone, Debug)]
pub struct Placement<'a> {
    /// The entry; its path is the one in the artifact.
    pub entry: ReadEntry<'a>,
    /// Where it goes, if that is elsewhere.
    pub moved: Option<EntryPath>,
}

impl Placement<'_> {
    /// Where it goes, relative to the artifact's root.
    pub fn path(&self) -> &EntryPath {
        self.moved.as_ref().unwrap_or(&self.entry.path)
    }
}

/// The file of a package that lists its files, once some of these are moved or left out.
pub enum Inventory {
    /// The artifact's own still describes what is there.
    Untouched,
    /// It does not; these are the bytes of one that does.
    Rewritten(Vec<u8>),
}
