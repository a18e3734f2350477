//! What a layer's archive is made of, found before it is built.

use super::own_file::OwnFile;
use super::unused::Used;
use super::wanted_bytecode::WantedBytecode;
use crate::archive::ArchiveComment;
use crate::digest::Sha256;
use crate::ecosystem::Locked;
use crate::input::Repository;
use crate::layer::LayerName;

/// Everything that a layer's archive is made of.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The layer.
    pub layer: LayerName,
    /// The repository that its own files are in.
    pub repository: Repository,
    /// Its own files, sorted by their paths in the archive, exclusions applied.
    pub own_files: Vec<OwnFile>,
    /// Its packages.
    pub locked: Locked,
    /// The bytecode that it is to have.
    pub(super) bytecode: Option<WantedBytecode>,
    /// SHA-256 over all of it.
    pub fingerprint: Sha256,
    /// The comment of its archive.
    pub comment: ArchiveComment,
    /// The comment that its archive would have without bytecode, if it is to have some.
    pub without_bytecode: Option<ArchiveComment>,
    /// Which globs left own files out; it shapes no bytes that are not shaped by those files.
    pub used: Used,
    /// What is dubious in the layer's settings.
    pub warnings: Vec<String>,
}
