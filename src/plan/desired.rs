//! What a layer should be, as the manifest and its archive say.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::{ArchiveComment, EntryPath, Listing};
use crate::digest::Sha256;
use crate::layer::{
    Description, Grantee, HeldValue, LayerName, PackageSummary, ParameterName, ParameterNames,
    VersionMetadata,
};
use crate::manifest::{Position, Republish};

/// What a layer should be.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The layer.
    pub layer: LayerName,
    /// Its description.
    pub description: Description,
    /// Where the description stands in the manifest, if it does.
    pub description_position: Option<Position>,
    /// Everything that is immutable once published, the description included.
    pub metadata: VersionMetadata,
    /// The comment of its archive, with the hash over everything that shapes it.
    pub comment: ArchiveComment,
    /// The comment that an archive of the same inputs would have without bytecode, if its archive has some.
    pub without_bytecode: Option<ArchiveComment>,
    /// Whether an archive counts as equal if its comment says so; `--rebuild` compares what it holds.
    pub trusts_comments: bool,
    /// Hash over its archive, where that was built before.
    pub sha256: Option<Sha256>,
    /// Its archive; `None` as long as every destination is recognised without reading it.
    pub archive: Option<DesiredArchive>,
    /// Who may use it; `None` for nobody beside the owning account.
    pub grantee: Option<Grantee>,
    /// The parameters that are to hold its current version, if it has any.
    pub parameters: Option<ParameterNames>,
    /// What to do where the description exists with different content.
    pub republish: Republish,
}

impl Desired {
    /// Those of a destination's parameters that are the layer's.
    pub fn held(
        &self,
        parameters: &BTreeMap<ParameterName, HeldValue>,
    ) -> BTreeMap<ParameterName, HeldValue> {
        let names = self.parameters.iter().flat_map(ParameterNames::iter);
        let held = names.filter_map(|name| Some((name.clone(), parameters.get(name)?.clone())));
        held.collect()
    }

    /// Whether a published archive with this comment says that it was made from the same inputs, with bytecode or without.
    pub fn is_claimed_by(&self, comment: Option<ArchiveComment>) -> bool {
        comment.is_some() && [Some(self.comment), self.without_bytecode].contains(&comment)
    }
}

/// A built archive.
#[derive(Clone, Debug)]
pub struct DesiredArchive {
    /// Its size in bytes.
    pub size: u64,
    /// The files in it.
    pub listing: Listing,
    /// Those of the files that are the layer's own.
    pub own_files: BTreeSet<EntryPath>,
    /// The packages in it.
    pub packages: Vec<PackageSummary>,
}
