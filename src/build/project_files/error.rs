//! What can be wrong with a project's file, and what to write instead.

use std::path::PathBuf;

use crate::build::RequirementPlace;
use crate::error::Failure;
use crate::input::InputError;
use crate::layer::PackageName;

/// A project's file that packages cannot be taken from.
#[derive(Debug, thiserror::Error)]
pub enum ProjectFileError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] InputError),
    /// It is not what such a file is.
    #[error("{place} cannot be read: {message}")]
    Content {
        /// Where.
        place: RequirementPlace,
        /// What is wrong.
        message: String,
    },
    /// It has another format than those that are known.
    #[error("`{}` has the format {found}, which is not known", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: String,
        /// The formats that are known, and what writes them.
        known: &'static str,
    },
    /// The build of the project would have to tell what it needs.
    #[error("{place} has dynamic `{key}`: only a build could tell what they are")]
    Dynamic {
        /// Where.
        place: RequirementPlace,
        /// What is dynamic.
        key: &'static str,
    },
    /// Nothing in it says what is needed.
    #[error("`{}` has neither a [project] table nor a group that is asked for", .0.display())]
    NoProject(PathBuf),
    /// A group or an extra that is not in it.
    #[error("`{}` has no {what} `{name}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// `group` or `extra`.
        what: &'static str,
        /// Its name.
        name: PackageName,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A package that is a folder or a file of the project.
    #[error("{place} requires `{package}`, which is code of the project and comes from no index")]
    Local {
        /// Where.
        place: RequirementPlace,
        /// The package.
        package: String,
    },
    /// A package that only uv would look for elsewhere.
    #[error("{place} requires `{package}`, for which [tool.uv.sources] names another source")]
    Redirected {
        /// Where.
        place: RequirementPlace,
        /// The package.
        package: PackageName,
    },
    /// Versions that are to replace those that packages require, which only uv can do.
    #[error("{0} sets `override-dependencies`, which are not taken")]
    Overrides(RequirementPlace),
    /// A locked package without a hash.
    #[error("{place} locks `{package}` without a SHA-256")]
    NoHash {
        /// Where.
        place: RequirementPlace,
        /// The package.
        package: PackageName,
    },
    /// A package that is resolved and not in the lock.
    #[error("`{package}` {version} is needed, but `{}` does not lock it", path.display())]
    NotLocked {
        /// The lock.
        path: PathBuf,
        /// The package.
        package: PackageName,
        /// The version that is needed.
        version: String,
    },
    /// No file of a package has a hash of the lock.
    #[error("no file that the index has of `{package}` {version} for this platform has a SHA-256 that `{}` locks", path.display())]
    OtherHashes {
        /// The lock.
        path: PathBuf,
        /// The package.
        package: PackageName,
        /// The version.
        version: String,
    },
}

impl Failure for ProjectFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read(error) => return error.hint(),
            Self::Content { .. } => {
                "make the file again with the tool that it belongs to, or correct it".into()
            }
            Self::Format { known, .. } => format!("lock again: format {known}"),
            Self::Dynamic { key, .. } => format!(
                "write `{key}` into [project], or name a lock of the project: `packages = \"uv.lock\"`"
            ),
            Self::NoProject(_) => "name the lock of the project, such as `packages = \"poetry.lock\"`, or declare `dependencies` in [project]".into(),
            Self::Missing { what, known, .. } if known.is_empty() => {
                format!("take `{what}s` out of `packages`: the file has none")
            }
            Self::Missing { what, known, .. } => {
                format!("there are the {what}s {}", known.join(", "))
            }
            Self::Local { package, .. } => format!(
                "copy its code into the layer's folder and write `prefix = \"python\"` in the manifest, and move `{package}` into a group that the layer does not take; or publish it, and require it as `{package} @ git+https://...` with `build = [\"{package}\"]`"
            ),
            Self::Redirected { package, .. } => format!(
                "name a lock of the project: `packages = \"uv.lock\"`; or require it as `{package} @ git+https://...` without the source"
            ),
            Self::Overrides(_) => {
                "remove them, or write what the layer needs into a requirements.txt in its folder".into()
            }
            Self::NoHash { .. } => "lock again, with an index that tells hashes".into(),
            Self::NotLocked { .. } => {
                "lock the project again, for the runtimes of the layer as well".into()
            }
            Self::OtherHashes { .. } => "somebody replaced the file, or the index is another one: find out why before you lock the project again".into(),
        })
    }
}
