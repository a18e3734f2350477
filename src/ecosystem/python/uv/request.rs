//! What `uv` is asked for.

use std::collections::BTreeSet;
use std::path::Path;

use crate::ecosystem::python::lock::Commit;
use crate::layer::{Architecture, PackageName, PythonVersion};

/// What a resolution is for.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// The version of the runtime.
    pub python: PythonVersion,
    /// The architecture of the layer.
    pub architecture: Architecture,
}

/// A package at a version.
pub type Pin = (PackageName, String);

/// A package at a commit of what its requirement asks for.
#[derive(Clone, Debug)]
pub struct GitPin {
    /// The package.
    pub name: PackageName,
    /// The repository, as the requirement has it.
    pub url: String,
    /// The branch, tag or commit that the requirement asks for, if it asks for one.
    pub revision: Option<String>,
    /// The commit.
    pub commit: Commit,
}

/// What a resolution keeps where it still satisfies the requirements.
#[derive(Clone, Debug, Default)]
pub struct Preferences {
    /// Versions.
    pub pins: Vec<Pin>,
    /// Commits.
    pub commits: Vec<GitPin>,
}

/// What is to be resolved.
#[derive(Clone, Copy, Debug)]
pub struct ResolveRequest<'a> {
    /// The requirements file.
    pub requirements: &'a Path,
    /// Its lines that name indexes.
    pub index_options: &'a [String],
    /// The packages that come with their sources in place of wheels; uv may run their code to find what they require.
    pub from_source: &'a BTreeSet<PackageName>,
}
