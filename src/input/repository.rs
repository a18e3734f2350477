//! A repository, as far as its files may be opened.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustix::fs::{CWD, OFlags};

use super::named::{follow, git_root};
use super::open::{FOLDER, READ, is_link, is_no_device, open_at, open_without_links};
use super::resolve::{by_names, resolved};
use super::{InputError, decode};
use crate::archive::MAX_UNPACKED;
use crate::error::{PathContext as _, PathError};

/// What a file is for, which says how large it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A manifest or settings, written in TOML: parsing takes a hundred times their size.
    Settings,
    /// A text that people or tools write: requirements, a lock, what describes a published version.
    Text,
    /// A saved plan, a report.
    Document,
    /// A file that goes into an archive, a wheel, an archive. Nothing larger can be in a layer
    /// (AWS Lambda developer guide, "Lambda quotas").
    Content,
}

impl FileKind {
    /// The largest size in bytes.
    pub const fn limit(self) -> u64 {
        match self {
            Self::Settings => 2 << 20,
            Self::Text => 16 << 20,
            Self::Document => 256 << 20,
            Self::Content => MAX_UNPACKED,
        }
    }
}

/// A repository and the folders outside of it that whoever runs `lls` allows.
///
/// Paths are taken as they are where `lls` runs.
#[derive(Clone)]
pub struct Repository(Arc<Inner>);

struct Inner {
    /// The folder where `lls` runs, without links.
    current: PathBuf,
    /// The folder that the repository was found from: as it was named, and without links.
    found_from: (PathBuf, PathBuf),
    /// The repository's root first, then what is allowed beside it.
    roots: Vec<Root>,
}

pub(super) struct Root {
    /// Without links.
    path: PathBuf,
    /// The open folder, once there is one.
    folder: OnceLock<OwnedFd>,
}

impl Root {
    fn of(path: &Path) -> Self {
        Self {
            path: resolved(path),
            folder: OnceLock::new(),
        }
    }

    fn folder(&self) -> io::Result<BorrowedFd<'_>> {
        if let Some(folder) = self.folder.get() {
            return Ok(folder.as_fd());
        }
        let opened = open_at(CWD, &self.path, FOLDER)?;
        Ok(self.folder.get_or_init(|| opened).as_fd())
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Repository").field(&self.root()).finish()
    }
}

impl Repository {
    /// The repository that the folder `folder` belongs to, seen from the folder `current`: the nearest one at or above
    /// it that has a `.git`, else `folder` itself. What is below one of the folders `allowed` may be opened too.
    ///
    /// A repository cannot bring a `.git` of its own along: Git refuses to track one.
    pub fn around(folder: &Path, current: &Path, allowed: &[PathBuf]) -> Self {
        let named = by_names(&current.join(folder));
        let real = resolved(&named);
        let root = git_root(&real).unwrap_or(&real);
        let allowed = allowed.iter().map(|folder| current.join(folder));
        let roots = [root.to_owned()].into_iter().chain(allowed);
        let roots = roots.map(|root| Root::of(&root)).collect();
        Self(Arc::new(Inner {
            found_from: (named, real),
            current: current.to_owned(),
            roots,
        }))
    }

    /// The same for a folder that the command line names.
    ///
    /// # Errors
    /// If a link in a repository leads out of it on the way there.
    pub fn around_named(
        folder: &Path,
        current: &Path,
        allowed: &[PathBuf],
    ) -> Result<Self, InputError> {
        let found = Self::around(folder, current, allowed);
        let followed = follow(&current.join(folder), |at| git_root(at).map(Path::to_owned));
        let Err(end) = followed else {
            return Ok(found);
        };
        let mut allowed = found.0.roots.iter().skip(1);
        if allowed.any(|root| end.starts_with(&root.path)) {
            Ok(found)
        } else {
            Err(InputError::Outside {
                path: folder.to_owned(),
                end: Some(end),
            })
        }
    }

    /// The root, without links.
    pub fn root(&self) -> &Path {
        &self.0.roots[0].path
    }

    /// The folder where `lls` runs.
    pub fn current(&self) -> &Path {
        &self.0.current
    }

    /// Opens a file to be read.
    ///
    /// # Errors
    /// If it is outside, not a regular file, larger than its kind can be, or cannot be opened.
    pub fn open(&self, path: &Path, kind: FileKind) -> Result<File, InputError> {
        let file = match self.open_at(path, READ) {
            Err(InputError::Path(error)) if is_no_device(&error.source) => {
                return Err(not_a_file(path, "a socket"));
            }
            outcome => File::from(outcome?),
        };
        check_file(&file, path, kind)?;
        Ok(file)
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// As [`Repository::open`], or if it cannot be read.
    pub fn read(&self, path: &Path, kind: FileKind) -> Result<Vec<u8>, InputError> {
        read_all(self.open(path, kind)?, path, kind)
    }

    /// Reads a whole file that whoever runs `lls` named: it may be anywhere, but if it is named within the repository,
    /// no link may lead out of it.
    ///
    /// # Errors
    /// As [`Repository::read`].
    pub fn read_named(&self, path: &Path, kind: FileKind) -> Result<Vec<u8>, InputError> {
        let end = self.named_end(path)?;
        if end.starts_with(self.root()) {
            return self.read(path, kind);
        }
        let file = File::from(open_at(CWD, path, READ).at("read", path)?);
        check_file(&file, path, kind)?;
        read_all(file, path, kind)
    }

    /// Reads a text file.
    ///
    /// # Errors
    /// As [`Repository::read`], or if it is not UTF-8.
    pub fn read_text(&self, path: &Path) -> Result<String, InputError> {
        decode(path, self.read(path, FileKind::Text)?)
    }

    /// Checks that a folder is there.
    ///
    /// # Errors
    /// If it is outside, or cannot be opened.
    pub fn check_folder(&self, path: &Path) -> Result<(), InputError> {
        self.open_at(path, FOLDER).map(drop)
    }

    /// Checks that whatever is written to `path`, be it there or not, is written below the root.
    ///
    /// # Errors
    /// If it would go elsewhere.
    pub fn check_inside(&self, path: &Path) -> Result<(), InputError> {
        let end = resolved(&self.absolute(path));
        self.place_of(path, &end).map(drop)
    }

    /// Whether a path leads below the root, be there something or not.
    pub fn holds(&self, path: &Path) -> bool {
        resolved(&self.absolute(path)).starts_with(self.root())
    }

    /// Checks a path that whoever runs `lls` named, as a place to write to: it may be anywhere, but no link of the
    /// repository may lead from there to elsewhere.
    ///
    /// # Errors
    /// If one does.
    pub fn check_output(&self, path: &Path) -> Result<(), InputError> {
        let end = self.named_end(path)?;
        if end.starts_with(self.root()) {
            self.place_of(path, &end).map(drop)
        } else {
            Ok(())
        }
    }

    /// Where a path on the command line leads.
    fn named_end(&self, path: &Path) -> Result<PathBuf, InputError> {
        let own = |at: &Path| at.starts_with(self.root()).then(|| self.root().to_owned());
        let end = follow(&self.0.current.join(path), own);
        end.or_else(|end| self.place_of(path, &end).map(|_| end.clone()))
    }

    fn open_at(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, InputError> {
        let absolute = self.absolute(path);
        if let Ok((root, relative)) = self.place_of(path, &absolute)
            && let Ok(folder) = root.folder()
        {
            match open_without_links(folder, relative, flags) {
                Err(error) if is_link(&error) => {}
                outcome => return Ok(outcome.at("read", path)?),
            }
        }
        let end = match absolute.canonicalize() {
            Ok(end) => end,
            Err(source) => {
                // Nothing is told of what is there, or not, outside.
                self.place_of(path, &resolved(&absolute))?;
                return Err(read_error(path, source).into());
            }
        };
        let (root, relative) = self.place_of(path, &end)?;
        let opened = root
            .folder()
            .and_then(|folder| open_without_links(folder, relative, flags));
        Ok(opened.at("read", path)?)
    }

    /// The path from the file system's root, by names alone; where the folder that the repository was found from is
    /// named by a link, from where that leads.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        let Inner {
            current,
            found_from: (named, real),
            ..
        } = &*self.0;
        let absolute = current.join(path);
        let plain = absolute
            .components()
            .all(|component| component != Component::ParentDir);
        match absolute.strip_prefix(named) {
            Ok(rest) if named != real && plain => real.join(rest),
            _ => absolute,
        }
    }

    /// The root that a path without links is below, and how it is named from there.
    pub(super) fn place_of<'a>(
        &self,
        path: &Path,
        end: &'a Path,
    ) -> Result<(&Root, &'a Path), InputError> {
        for root in &self.0.roots {
            let Ok(relative) = end.strip_prefix(&root.path) else {
                continue;
            };
            if relative
                .components()
                .any(|part| part == Component::ParentDir)
            {
                continue;
            }
            // At any depth: nested repositories may hold credentials too.
            let is_git = |part: Component<'_>| part.as_os_str().eq_ignore_ascii_case(".git");
            if relative.components().any(is_git) {
                return Err(InputError::InGit {
                    path: path.to_owned(),
                });
            }
            return Ok((root, relative));
        }
        Err(InputError::Outside {
            path: path.to_owned(),
            end: (by_names(&self.absolute(path)) != end).then(|| end.to_owned()),
        })
    }
}

/// Reads a text file of whoever runs `lls`, which no repository names.
///
/// # Errors
/// If it cannot be opened, is not a regular file, too large, or not UTF-8.
pub fn read_of_runner(path: &Path) -> Result<String, InputError> {
    let file = File::from(open_at(CWD, path, READ).at("read", path)?);
    check_file(&file, path, FileKind::Settings)?;
    decode(path, read_all(file, path, FileKind::Settings)?)
}

/// Opens a file in a folder that serves as an index of packages, wherever that is: `end` is its path from there, of names
/// alone. It may have any size. No link is followed.
///
/// # Errors
/// If it cannot be opened, or is not a regular file.
pub fn open_in_index(folder: &Path, end: &Path) -> Result<File, InputError> {
    let path = folder.join(end);
    let opened = open_at(CWD, folder, FOLDER)
        .and_then(|folder| open_without_links(folder.as_fd(), end, READ))
        .at("read", &path)?;
    let file = File::from(opened);
    check_type(&file, &path)?;
    Ok(file)
}

fn check_file(file: &File, path: &Path, kind: FileKind) -> Result<(), InputError> {
    check_size(check_type(file, path)?, path, kind)
}

/// Checks that a file is a regular one; its size in bytes.
fn check_type(file: &File, path: &Path) -> Result<u64, InputError> {
    let metadata = file.metadata().at("read", path)?;
    let file_type = metadata.file_type();
    let what = match () {
        () if file_type.is_file() => "",
        () if file_type.is_dir() => "a folder",
        () if file_type.is_fifo() => "a pipe",
        () => "a device",
    };
    if !what.is_empty() {
        return Err(not_a_file(path, what));
    }
    Ok(metadata.len())
}

fn check_size(size: u64, path: &Path, kind: FileKind) -> Result<(), InputError> {
    let limit = kind.limit();
    if size > limit {
        Err(InputError::TooLarge {
            path: path.to_owned(),
            size,
            limit,
        })
    } else {
        Ok(())
    }
}

fn read_all(file: File, path: &Path, kind: FileKind) -> Result<Vec<u8>, InputError> {
    // With a byte more, so that what is read next is the end.
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes =
        Vec::with_capacity(usize::try_from(size.min(kind.limit())).unwrap_or_default() + 1);
    // It may grow, or say that it has no bytes, as those of the system's own file systems do.
    let read = file.take(kind.limit() + 1).read_to_end(&mut bytes);
    read.at("read", path)?;
    check_size(bytes.len() as u64, path, kind)?;
    Ok(bytes)
}

fn not_a_file(path: &Path, what: &'static str) -> InputError {
    InputError::NotAFile {
        path: path.to_owned(),
        what,
    }
}

fn read_error(path: &Path, source: std::io::Error) -> PathError {
    PathError {
        operation: "read",
        path: path.to_owned(),
        source,
    }
}
