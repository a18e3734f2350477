//! Why a file or folder that a repository names is not opened. No message shows what is in a file.

use std::path::{Path, PathBuf};

use crate::error::{Failure, PathError};
use crate::layer::ByteSize;

/// A file or folder that a repository names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The operating system does not open it.
    #[error(transparent)]
    Path(#[from] PathError),
    /// It is not below the repository's root, as it is named or by a symbolic link.
    #[error("`{}` {}", path.display(), outside(end.as_deref()))]
    Outside {
        /// The path, as it was named.
        path: PathBuf,
        /// Where it leads; `None` where it names that place itself.
        end: Option<PathBuf>,
    },
    /// It belongs to a `.git`, which may hold credentials.
    #[error("`{}` is part of a Git folder", path.display())]
    InGit {
        /// The path, as it was named.
        path: PathBuf,
    },
    /// It is something else than a file with content.
    #[error("`{}` is {what}, not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is: `a folder`, `a pipe`.
        what: &'static str,
    },
    /// It is larger than files of its kind can be.
    #[error("`{}` has {}, over the limit of {} for this kind of file", path.display(), ByteSize(*size), ByteSize(*limit))]
    TooLarge {
        /// The path.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A folder has more in it than such folders have.
    #[error("there are more than {limit} files and folders in `{}` and around it", path.display())]
    TooMany {
        /// Where one was too many.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// Its bytes are no UTF-8.
    #[error("`{}:{line}` is not UTF-8{}", path.display(), if encoding.is_empty() { String::new() } else { format!(": it looks like {encoding}") })]
    NotUtf8 {
        /// The path.
        path: PathBuf,
        /// The line where the first other byte is, from 1.
        line: usize,
        /// The encoding that it seems to have; empty where nothing speaks for one.
        encoding: &'static str,
    },
}

fn outside(end: Option<&Path>) -> String {
    end.map_or("is outside the repository".to_owned(), |end| {
        format!("resolves to `{}`, outside the repository", end.display())
    })
}

impl InputError {
    /// Whether there is nothing at the path.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Path(error) if error.source.kind() == std::io::ErrorKind::NotFound)
    }
}

impl Failure for InputError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Path(error) => return error.hint(),
            Self::Outside { .. } => "move it into the repository, or allow its folder with `--allow-outside DIR` or LLS_ALLOW_OUTSIDE".into(),
            Self::InGit { .. } => "name a file or folder of the project".into(),
            Self::NotAFile { .. } => "put a regular file there".into(),
            Self::TooMany { .. } => "name a folder with fewer files".into(),
            Self::TooLarge { .. } => "make the file smaller".into(),
            Self::NotUtf8 { encoding, .. } if encoding.starts_with("UTF-16") => {
                "save it as UTF-8; in PowerShell, `Set-Content -Encoding utf8` does".into()
            }
            Self::NotUtf8 { .. } => "save it as UTF-8".into(),
        })
    }
}
