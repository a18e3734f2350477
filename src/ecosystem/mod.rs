//! What depends on a language, as four questions: what is locked, where does each file go, which package owns a path, and
//! how do versions compare.
//!
//! `python` has the answers for the one language whose packages layers hold so far. Nothing outside of this module, but
//! what is for Python alone, asks it directly.

mod artifact;
mod locked;
mod native;
mod package_change;
pub mod python;
mod workbench;

use std::collections::BTreeSet;

pub use artifact::{Artifact, ArtifactFiles, Inventory, Placement, RefusedArtifact};
pub use locked::{Locked, PackageOrigin};
pub use native::{NativeError, Offer};
pub use package_change::{PackageChange, PackageChangeKind};
// If a second language is added, each of these becomes an enum over both.
pub use python::import_path::below_root;
pub use python::installed::Installed;
use python::version::Version;
use python::wheel::WheelError as ArtifactError;
pub use python::wheel::WheelLayout as Layout;
pub use python::{RequirementPlace, Sources, Tools};
pub use workbench::{LockOutcome, LockPolicy, Upgrade, Workbench};

use crate::archive::EntryPath;
use crate::error::Error;
use crate::layer::{LayerName, PackageName, Runtime};
use crate::manifest::LayerSettings;

/// A language whose packages layers hold, with its answers to the first two questions. Which package owns a path is for
/// [`Installed`] to say, and how versions compare for [`PackageChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ecosystem {
    /// Python: requirements, `uv`, and wheels.
    Python,
}

impl Ecosystem {
    /// The one of a layer's packages.
    pub fn of(_: &LayerSettings) -> Self {
        Self::Python
    }
}

/// What is locked.
impl Ecosystem {
    /// The layer's packages; their lock is made or refreshed where the policy allows it.
    pub async fn locked(
        self,
        bench: &Workbench<'_>,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<Locked, Error> {
        match self {
            Self::Python => bench.python_locked(layer, settings).await,
        }
    }

    /// Makes the layer's lock (`lls lock`); tells which packages it has otherwise than the one before.
    pub async fn lock(
        self,
        bench: &Workbench<'_>,
        (layer, settings): (&LayerName, &LayerSettings),
        upgrade: Upgrade,
    ) -> Result<(LockOutcome, Vec<PackageChange>), Error> {
        match self {
            Self::Python => bench.lock_python(layer, settings, upgrade).await,
        }
    }

    /// The packages that the layer's lock has as built from source, where no manifest says which may be built.
    pub fn built_packages(
        self,
        bench: &Workbench<'_>,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<BTreeSet<PackageName>, Error> {
        match self {
            Self::Python => bench.built_wheels(layer, settings),
        }
    }

    /// The bytes of the layer's artifacts, in their order; those that are missing are downloaded.
    pub async fn fetch(
        self,
        bench: &Workbench<'_>,
        (layer, settings): (&LayerName, &LayerSettings),
        locked: &Locked,
    ) -> Result<ArtifactFiles, Error> {
        match self {
            Self::Python => bench.fetch_wheels(layer, settings, locked).await,
        }
    }

    /// Whether a file of this name at the top of a layer's folder says what is locked, and is no file of the layer.
    pub fn is_source_of_packages(self, name: &str) -> bool {
        match self {
            Self::Python => name == "requirements.txt" || name == python::lock::Lock::FILE_NAME,
        }
    }

    /// Whether the language's runtimes bring a package.
    ///
    /// For Python: AWS Lambda developer guide, "Runtime-included SDK versions".
    pub fn is_in_runtimes(self, package: &PackageName) -> bool {
        match self {
            Self::Python => ["boto3", "botocore"].contains(&package.as_str()),
        }
    }
}

/// Where each file goes.
impl Ecosystem {
    /// Where the entries of an artifact with these bytes go.
    pub fn layout<'a>(
        self,
        artifact: &Artifact,
        bytes: &'a [u8],
    ) -> Result<Layout<'a>, RefusedArtifact> {
        let layout = match self {
            Self::Python => Layout::read(bytes, &artifact.package, &artifact.version),
        };
        layout.map_err(|error| artifact.refused(error))
    }

    /// Refuses own files of a layer that its runtimes would not find.
    pub fn check_places<'a>(
        self,
        layer: &LayerName,
        settings: &LayerSettings,
        own_files: impl Iterator<Item = &'a EntryPath>,
    ) -> Result<(), Error> {
        match self {
            Self::Python => Ok(python::import_path::check(layer, settings, own_files)?),
        }
    }

    /// The only runtime that sees what is at `path`; `None` where all of the language do.
    pub fn runtime_at(self, path: &EntryPath) -> Option<Runtime> {
        match self {
            Self::Python => python::import_path::runtime_at(path),
        }
    }

    /// Whether a file or folder of this name is made when code runs, and is left out.
    pub fn is_made_by_running(self, name: &str) -> bool {
        match self {
            Self::Python => python::wheel::is_bytecode(name),
        }
    }
}
