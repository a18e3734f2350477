//! What a destination has of a layer.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use crate::archive::{ArchiveComment, Listing};
use crate::digest::Sha256;
use crate::layer::{HeldValue, ParameterName, Policy, PublishedVersion, VersionNumber};

/// What one destination has of a layer.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The destination's name.
    pub destination: String,
    /// All versions, newest first.
    pub versions: Vec<PublishedVersion>,
    /// What is known of the content of those versions that matter.
    pub contents: BTreeMap<VersionNumber, ObservedContent>,
    /// What those of its parameters hold that are there.
    pub parameters: BTreeMap<ParameterName, HeldValue>,
    /// What was read of files of the version that the layer is compared with and of the layer's archive.
    pub evidence: Evidence,
}

/// What is known of a published version's content.
#[derive(Clone, Debug)]
pub struct ObservedContent {
    /// Hash over its archive.
    pub sha256: Sha256,
    /// Size of its archive in bytes.
    pub size: u64,
    /// The comment of its archive, where it was read and `lls` made it.
    pub comment: Option<ArchiveComment>,
    /// The files in it, where they were read.
    pub listing: Option<Listing>,
    /// Its policy, where it was read.
    pub policy: Policy,
}
