//! Why a layer cannot be locked.

use super::requirement_lines::{RequirementLineError, place_of};
use super::requirements::Requirements;
use super::uv::UvError;
use crate::error::{Error, Failure};
use crate::layer::{Architecture, LayerName, PackageName, PythonVersion};

/// Why a layer has no usable lock.
#[derive(Debug, thiserror::Error)]
pub enum LockingError {
    /// Locks may not be made, and this one is missing or stale.
    #[error("the lock of layer `{layer}` is {state}")]
    NotCurrent {
        layer: LayerName,
        /// `missing` or `stale`.
        state: &'static str,
    },
    /// The lock has to be made anew, and packages may have to be built for that.
    #[error("the lock of layer `{layer}` is {state}, and the layer has packages to `build`")]
    MayBuild {
        layer: LayerName,
        /// `missing` or `stale`.
        state: &'static str,
    },
    /// The resolver listed wheels of a package, but none that suits.
    #[error("`{package}` {version} has no wheel for python{python} on {architecture}")]
    NoWheel {
        package: PackageName,
        /// The version that was resolved.
        version: String,
        python: PythonVersion,
        architecture: Architecture,
    },
    /// Resolving failed.
    #[error("cannot lock layer `{layer}`")]
    Layer { layer: LayerName, source: UvError },
}

impl Failure for LockingError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NotCurrent { .. } => Some("run `lls lock` and commit requirements.lock".into()),
            Self::MayBuild { .. } => Some(
                "run `lls lock`, the only command that runs packages' code, and commit requirements.lock and .wheels".into(),
            ),
            Self::NoWheel { package, .. } => Some(format!(
                "require another version of `{package}`, or change `runtimes` or `architecture`"
            )),
            Self::Layer { source, .. } => source.hint(),
        }
    }
}

/// A failure of uv, with the line of the requirements that it is about where there is one.
pub fn in_layer(layer: &LayerName, requirements: &Requirements, source: UvError) -> Error {
    let layer = layer.clone();
    match source {
        UvError::OnlySource { package, .. } => RequirementLineError::OnlySource {
            layer,
            place: place_of(&requirements.sources, &package),
            package,
        }
        .into(),
        source => LockingError::Layer { layer, source }.into(),
    }
}
