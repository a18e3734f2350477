//! What can go wrong between the source of a package and a wheel that a layer can take.

use super::checkout::CheckoutError;
use super::transfer::TransferError;
use super::uv::UvError;
use super::wheel::WheelError;
use crate::digest::Sha256;
use crate::error::{Failure, PathError};
use crate::layer::{Architecture, PackageName, PythonVersion};

/// Why a package could not be built.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Its build, or the search for an interpreter, failed.
    #[error("cannot build `{package}`")]
    Build {
        package: PackageName,
        source: UvError,
    },
    /// Its commit could not be checked out.
    #[error("cannot build `{package}`")]
    Checkout {
        package: PackageName,
        source: CheckoutError,
    },
    /// Its source could not be downloaded.
    #[error("cannot download the source of `{package}`")]
    Transfer {
        package: PackageName,
        source: TransferError,
    },
    /// What arrived is not what the index promised.
    #[error(
        "the downloaded source of `{package}` has the hash sha256:{found}, not the sha256:{expected} that the index tells"
    )]
    Hash {
        package: PackageName,
        /// What the index tells.
        expected: Sha256,
        found: Sha256,
    },
    /// It is in a folder of an archive, which uv does not build.
    #[error("`{package}` is in the folder `{subdirectory}` of an archive")]
    Subdirectory {
        package: PackageName,
        subdirectory: String,
    },
    /// It is in a folder that leads out of its repository.
    #[error("`{package}` is in the folder `{subdirectory}`, which leads out of its Git repository")]
    Outside {
        package: PackageName,
        subdirectory: String,
    },
    /// The build made something else than one wheel of the package.
    #[error("the build of `{package}` made {found}, not one wheel of {package} {version}")]
    Output {
        package: PackageName,
        /// The version that was resolved.
        version: String,
        /// What it made.
        found: String,
    },
    /// The wheel that it made breaks a rule.
    #[error("the wheel that was built of `{package}` is refused")]
    Refused {
        package: PackageName,
        source: WheelError,
    },
    /// It must be built with the runtime's Python, which is not here.
    #[error(
        "`{package}` has to be built with python{python}, which is not installed: another Python made `{file}`"
    )]
    NeedsPython {
        package: PackageName,
        python: PythonVersion,
        /// What was made.
        file: String,
    },
    /// What is built on this machine does not run in the layer.
    #[error(
        "the wheel `{file}` that was built of `{package}` does not run on python{python} on {architecture}"
    )]
    Unsuitable {
        package: PackageName,
        file: String,
        python: PythonVersion,
        /// The layer's architecture.
        architecture: Architecture,
    },
    /// Two sources make wheels of one name.
    #[error("two sources of `{package}` build different wheels with the name `{file}`")]
    SameFile { package: PackageName, file: String },
    /// A file could not be written or read.
    #[error(transparent)]
    File(#[from] PathError),
}

impl Failure for SourceError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Build { source, .. } => return source.hint(),
            Self::Checkout { source, .. } => return source.hint(),
            Self::Transfer { source, .. } => return source.hint(),
            Self::Hash { .. } => "the index, or something on the way, serves another file: do not use it".into(),
            Self::Subdirectory { .. } => "require it from Git, as `name @ git+https://...#subdirectory=...`, or require an archive of its own".into(),
            Self::Outside { .. } | Self::Output { .. } | Self::Refused { .. } => "do not use it: require another version of the package".into(),
            Self::NeedsPython { python, .. } => format!("put python{python} on PATH, or leave python{python} out of `runtimes`, or require a version that has wheels"),
            Self::Unsuitable { architecture, .. } => format!("run `lls lock` on Linux on {architecture}, or require a version that has wheels"),
            Self::SameFile { .. } => "require one of them only".into(),
            Self::File(error) => return error.hint(),
        })
    }
}
