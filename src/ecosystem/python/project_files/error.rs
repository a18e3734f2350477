//! What can be wrong with a project's file, and what to write instead.

use std::path::PathBuf;

use crate::ecosystem::python::requirement_lines::{IncludeError, RequirementPlace};
use crate::error::Failure;
use crate::input::InputError;
use crate::layer::PackageName;

/// How many groups or extras are listed.
const LISTED: usize = 20;

/// A project's file that packages cannot be taken from.
#[derive(Debug, thiserror::Error)]
pub enum ProjectFileError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] InputError),
    /// It is larger than anyone writes, or a package in it is.
    #[error(transparent)]
    Size(#[from] IncludeError),
    /// It is not what such a file is.
    #[error("{place} cannot be read: {message}")]
    Content {
        place: RequirementPlace,
        message: String,
    },
    /// It has another format than those that are known.
    #[error("`{}` has the format {found}, which is not known", path.display())]
    Format {
        path: PathBuf,
        found: String,
        /// The formats that are known, and what writes them.
        known: &'static str,
    },
    /// The build of the project would have to tell what it needs.
    #[error("{place} has dynamic `{key}`: only a build could tell what they are")]
    Dynamic {
        place: RequirementPlace,
        /// What is dynamic.
        key: &'static str,
    },
    /// Nothing in it says what is needed.
    #[error("`{}` has neither a [project] table nor a requested group", .0.display())]
    NoProject(PathBuf),
    /// A group or an extra that is not in it.
    #[error("`{}` has no {what} `{name}`", path.display())]
    Missing {
        path: PathBuf,
        /// `group` or `extra`.
        what: &'static str,
        name: PackageName,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A package that is a folder or a file of the project.
    #[error("{place} requires `{package}`, which is part of the project and not on any index")]
    Local {
        place: RequirementPlace,
        package: String,
    },
    /// A package that only uv would look for elsewhere.
    #[error("{place} requires `{package}`, for which [tool.uv.sources] names another source")]
    Redirected {
        place: RequirementPlace,
        package: PackageName,
    },
    /// Versions that are to replace those that packages require, which only uv can do.
    #[error("{0} sets `override-dependencies`, which `lls` does not support")]
    Overrides(RequirementPlace),
    /// A locked package without a hash.
    #[error("{place} locks `{package}` without a SHA-256")]
    NoHash {
        place: RequirementPlace,
        package: PackageName,
    },
    /// A package that is resolved and not in the lock.
    #[error("`{package}` {version} is needed, but `{}` does not lock it", path.display())]
    NotLocked {
        path: PathBuf,
        package: PackageName,
        version: String,
    },
    /// A package that is locked to a commit came from elsewhere.
    #[error("`{package}` does not come from the commit that `{}` locks", path.display())]
    OtherCommit { path: PathBuf, package: PackageName },
    /// No file of a package has a hash of the lock.
    #[error("no file that the index has of `{package}` {version} for this platform has a SHA-256 that `{}` locks", path.display())]
    OtherHashes {
        path: PathBuf,
        package: PackageName,
        version: String,
    },
}

impl Failure for ProjectFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read(error) => return error.hint(),
            Self::Size(error) => return error.hint(),
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
                let more = known.len().saturating_sub(LISTED);
                let more = match more {
                    0 => String::new(),
                    _ => format!(" and {more} more"),
                };
                let named = &known[..known.len().min(LISTED)];
                format!("there are the {what}s {}{more}", named.join(", "))
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
            Self::OtherCommit { .. } => "lock the project again, and look for another requirement of the package".into(),
            Self::OtherHashes { .. } => "somebody replaced the file, or the index is another one: find out why before you lock the project again".into(),
        })
    }
}
