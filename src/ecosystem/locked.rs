//! The packages of a layer, as its lock has them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::artifact::Artifact;
use super::{RequirementPlace, Sources};
use crate::layer::PackageName;

/// What a layer's packages come from, to say why there are none.
#[derive(Clone, Debug)]
pub struct PackageOrigin {
    /// The requirements.txt, or the file of a project.
    pub path: PathBuf,
    /// The first line that requires a package under a condition.
    pub first: Option<RequirementPlace>,
}

/// The packages of a layer.
#[derive(Clone, Debug, Default)]
pub struct Locked {
    /// The files that they come in, each with the folder that it goes into.
    pub artifacts: Vec<Artifact>,
    /// All packages of the lock, be they left out of the layer.
    pub packages: BTreeSet<PackageName>,
    /// What they come from; `None` where the layer requires none.
    pub origin: Option<PackageOrigin>,
    /// Where the artifacts are looked for; it shapes no bytes.
    pub(super) sources: Sources,
}
