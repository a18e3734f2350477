//! Requirements that `lls` does not take.

use super::place::RequirementPlace;
use crate::error::Failure;
use crate::layer::{LayerName, PackageName};

/// A requirement that `lls` does not take.
#[derive(Debug, thiserror::Error)]
pub enum RequirementLineError {
    /// Code on this machine.
    #[error("{place} requires the local path `{path}`")]
    LocalPath {
        place: RequirementPlace,
        path: String,
    },
    /// An address that does not say which package is there: it would have to be built to find out.
    #[error("{place} requires `{address}` without the name of a package")]
    Unnamed {
        place: RequirementPlace,
        /// The address, without what may be secret.
        address: String,
    },
    /// The address of a wheel, whose name says which package it is.
    #[error("{place} requires the wheel `{address}` without the name of its package")]
    UnnamedWheel {
        place: RequirementPlace,
        /// The address, without what may be secret.
        address: String,
        /// The line that is right.
        line: String,
    },
    /// An address to be worked on in place.
    #[error("{place} requires `{address}` as editable")]
    Editable {
        place: RequirementPlace,
        /// The address, without what may be secret.
        address: String,
    },
    /// A file that is elsewhere, so that nobody could say what it asks for.
    #[error("{place} includes `{address}`, which is not a file of this machine")]
    IncludedAddress {
        place: RequirementPlace,
        /// The address, without what may be secret.
        address: String,
    },
    /// An option that is not known to be harmless: some have uv run the code of packages.
    #[error("{place} has the option `{option}`, which `lls` does not support")]
    Option {
        place: RequirementPlace,
        /// The option, without its value.
        option: String,
    },
    /// A line that is neither a requirement nor an option.
    #[error("{place} is not a requirement")]
    Unknown { place: RequirementPlace },
    /// Source code that the manifest does not allow to be built.
    #[error("{place} requires `{package}` as source code")]
    NotAllowed {
        place: RequirementPlace,
        package: PackageName,
    },
    /// A wheel of a package that is to be built.
    #[error("{place} requires a wheel of `{package}`, which `build` names")]
    WheelToBuild {
        place: RequirementPlace,
        package: PackageName,
    },
    /// Source code that comes in a way in which anybody on the way could change it.
    #[error("{place} requires `{package}` by `{scheme}`, which does not prove where it comes from")]
    Protocol {
        place: RequirementPlace,
        package: PackageName,
        /// What the address begins with.
        scheme: String,
    },
    /// A package of an index that has no wheels, and that the manifest does not allow to be built.
    #[error("{}", only_source(layer, package, place.as_ref()))]
    OnlySource {
        layer: LayerName,
        package: PackageName,
        /// Where it is required; `None` where another package requires it.
        place: Option<RequirementPlace>,
    },
}

fn only_source(
    layer: &LayerName,
    package: &PackageName,
    place: Option<&RequirementPlace>,
) -> String {
    match place {
        Some(place) => format!("{place} requires `{package}`, which comes only as source code"),
        None => format!("layer `{layer}` needs `{package}`, which comes only as source code"),
    }
}

impl Failure for RequirementLineError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::LocalPath { .. } => {
                "put the code into the layer's folder, which makes it part of the archive".into()
            }
            Self::Unnamed { .. } => {
                "write `name @ address`, and add the name to the layer's `build` in the manifest"
                    .into()
            }
            Self::UnnamedWheel { line, .. } => format!("write `{line}`"),
            Self::Editable { .. } => "write `name @ address` without `-e`".into(),
            Self::IncludedAddress { .. } => {
                "copy it into the layer's folder, and include that file".into()
            }
            Self::Option { option, .. } if option == "--no-binary" => {
                "remove it, and name the package in the layer's `build` in the manifest: `lls lock` then builds it; `plan`, `build` and `apply` never do".into()
            }
            Self::Option { .. } => {
                "remove it; what may stand here is `-r` and `-c` with one file, `-i`, `--extra-index-url`, `-f` with one value, `--no-index`, `--pre`, `--only-binary`, `--prefer-binary` and `--require-hashes`".into()
            }
            Self::Unknown { .. } => {
                "write a requirement such as `requests>=2`, an option, or a comment".into()
            }
            Self::NotAllowed { package, .. } => allow(package),
            Self::WheelToBuild { package, .. } => format!(
                "take `{package}` out of the layer's `build`, or require the address of its source code"
            ),
            Self::Protocol { .. } => {
                "name the repository by `git+https`, `git+ssh` or `git+file`".into()
            }
            Self::OnlySource { package, .. } => {
                format!("{}; or require a version that has wheels", allow(package))
            }
        })
    }
}

fn allow(package: &PackageName) -> String {
    format!(
        "add `build = [\"{package}\"]` to the layer in the manifest: `lls lock` then runs the package's code to build a wheel; `plan`, `build` and `apply` never do"
    )
}
