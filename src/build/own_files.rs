//! A layer's own files: which of them go into the archive, where, and what they hold.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::Seek as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::check::CheckError;
use super::explain::savings;
use super::own_file::OwnFile;
use super::secrets;
use super::unused::Used;
use crate::archive::{EntryPath, EntryPathError, MAX_ENTRIES, MAX_UNPACKED, Mode};
use crate::cache::{FileContent, FileIndex};
use crate::digest::Sha256;
use crate::ecosystem::Ecosystem;
use crate::error::{Error, Failure, PathContext as _, PathError};
use crate::input::{FileKind, InputError, Repository};
use crate::layer::{ByteSize, LayerName};
use crate::manifest::{LayerSettings, Packages};

/// Why one of a layer's files cannot go into an archive.
#[derive(Debug, thiserror::Error)]
pub enum OwnFileError {
    /// It, or its folder, cannot be read.
    #[error(transparent)]
    Read(#[from] PathError),
    /// It is not opened.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Its name is not allowed in an archive.
    #[error("{path:?} cannot go into the archive of layer `{layer}`: {reason}")]
    Name {
        /// The layer.
        layer: LayerName,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: EntryPathError,
    },
    /// It is a symlink that would not work in Lambda.
    #[error("the symlink `{}` of layer `{layer}` points {what}, to `{}`", path.display(), target.display())]
    Symlink {
        /// The layer.
        layer: LayerName,
        /// The symlink.
        path: PathBuf,
        /// Where it points.
        target: PathBuf,
        /// What is wrong with that.
        what: &'static str,
    },
    /// There are more files than an archive can have.
    #[error(
        "layer `{0}` has more than 65,535 files of its own, which no archive for Lambda can have"
    )]
    TooMany(LayerName),
    /// It is a socket, a pipe or a device.
    #[error("`{}` of layer `{layer}` is neither a file nor a folder", path.display())]
    Special {
        /// The layer.
        layer: LayerName,
        /// The thing.
        path: PathBuf,
    },
}

impl Failure for OwnFileError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read(error) => return error.hint(),
            Self::Input(error) => return error.hint(),
            Self::Name { .. } => "rename it".into(),
            Self::Symlink { .. } => {
                "use a relative link to a file of the layer, or copy the file".into()
            }
            Self::TooMany(_) => {
                "leave out what is not needed with `exclude`, or name another `directory`".into()
            }
            Self::Special { .. } => "remove it".into(),
        })
    }
}

/// Several of a layer's files cannot go into an archive.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.lines())]
struct RefusedFiles(Vec<OwnFileError>);

impl RefusedFiles {
    fn lines(&self) -> String {
        let line = |error: &OwnFileError| Error::chain_of(error).join(": ");
        let lines: Vec<_> = self.0.iter().map(line).collect();
        format!(
            "{} files cannot be packed\n    {}",
            self.0.len(),
            lines.join("\n    ")
        )
    }
}

impl Failure for RefusedFiles {
    /// The hints of all of them, each once.
    fn hint(&self) -> Option<String> {
        let hints: BTreeSet<_> = self.0.iter().filter_map(Failure::hint).collect();
        let hints: Vec<_> = hints.into_iter().collect();
        (!hints.is_empty()).then(|| hints.join("; "))
    }
}

/// With fewer files than this, another core is not worth waking up.
const FILES_PER_CORE: usize = 32;

/// Reads the layer's own files, sorted by their paths in the archive; tells which globs left some of them out.
///
/// Left out are: top-level names that begin with `.`, the requirements and their lock, the
/// project that packages come from, byte code, and what `exclude` names.
pub(super) fn read(
    layer: &LayerName,
    settings: &LayerSettings,
    (repository, index): (&Repository, &FileIndex),
) -> Result<(Vec<OwnFile>, Used), Error> {
    let root = &settings.directory;
    let (mut found, mut refused, mut used) = (Vec::new(), Vec::new(), Used::default());
    for entry in WalkDir::new(root)
        .min_depth(1)
        .into_iter()
        .filter_entry(|entry| is_part_of_layer(entry, settings))
    {
        let entry = entry.map_err(|error| walk_error(root, error))?;
        if entry.file_type().is_dir() {
            continue;
        }
        match archive_path(layer, settings, &entry) {
            Ok(path) if settings.exclude.matches(&path) => {
                used.exclude.extend(settings.exclude.matching(&path));
            }
            Ok(path) => found.push((path, entry)),
            Err(error) => refused.push((entry.path().to_owned(), error)),
        }
        if (found.len() + refused.len()) as u64 > MAX_ENTRIES {
            return Err(OwnFileError::TooMany(layer.clone()).into());
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let found = found.into_par_iter().with_min_len(FILES_PER_CORE);
    let found: Vec<_> = found.map(Found::of).collect();
    check_size(layer, &found)?;
    let place = Place {
        layer,
        root,
        repository,
        index,
    };
    let files = found
        .into_par_iter()
        .with_min_len(FILES_PER_CORE)
        .map(|found| (found.source.clone(), place.read_file(found)));
    let mut read = Vec::new();
    for (source, file) in files.collect::<Vec<_>>() {
        match file {
            Ok(file) => read.push(file),
            Err(error) => refused.push((source, error)),
        }
    }
    refused.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut refused = refused.into_iter().map(|(_, error)| error);
    match (refused.next(), refused.len()) {
        (None, _) => Ok((read, used)),
        (Some(only), 0) => Err(only.into()),
        (Some(first), _) => Err(RefusedFiles([first].into_iter().chain(refused).collect()).into()),
    }
}

fn is_part_of_layer(entry: &DirEntry, settings: &LayerSettings) -> bool {
    let (ecosystem, packages) = (Ecosystem::of(settings), &settings.packages);
    let name = entry.file_name().to_string_lossy();
    // A submodule's is a file.
    let git = name.eq_ignore_ascii_case(".git");
    let top = entry.depth() == 1;
    let special = top && (name.starts_with('.') || ecosystem.is_source_of_packages(&name));
    let is_source = match packages {
        Packages::Project(project) => entry.path() == project.path,
        _ => false,
    };
    let is_project = is_source || (top && packages.leave_out(&name));
    !(ecosystem.is_made_by_running(&name) || git || special || is_project)
}

fn archive_path(
    layer: &LayerName,
    settings: &LayerSettings,
    entry: &DirEntry,
) -> Result<EntryPath, OwnFileError> {
    let relative = entry
        .path()
        .strip_prefix(&settings.directory)
        .unwrap_or(entry.path());
    let path = EntryPath::from_bytes(relative.as_os_str().as_encoded_bytes());
    let path = path.map_err(|reason| OwnFileError::Name {
        layer: layer.clone(),
        path: entry.path().to_owned(),
        reason,
    })?;
    Ok(path.below(&settings.prefix))
}

/// One of a layer's files that is not read yet.
struct Found {
    path: EntryPath,
    source: PathBuf,
    metadata: std::io::Result<Metadata>,
}

impl Found {
    fn of((path, entry): (EntryPath, DirEntry)) -> Self {
        let source = entry.into_path();
        let metadata = source.symlink_metadata();
        Self {
            path,
            source,
            metadata,
        }
    }

    /// Its size in bytes.
    fn size(&self) -> u64 {
        self.metadata.as_ref().map_or(0, Metadata::len)
    }
}

/// Refuses files that are too large for any layer, before time is spent on reading them.
fn check_size(layer: &LayerName, files: &[Found]) -> Result<(), CheckError> {
    let size = files.iter().map(Found::size).sum();
    if size <= MAX_UNPACKED {
        return Ok(());
    }
    let largest = files.iter().max_by_key(|file| file.size());
    let largest =
        largest.map(|file| format!("own files such as `{}` {}", file.path, ByteSize(size)));
    Err(CheckError::TooLargeUnpacked {
        bytecode: 0,
        layer: layer.clone(),
        size,
        largest: largest.unwrap_or_default(),
        savings: savings(&files.iter().map(|file| (&file.path, file.size()))),
    })
}

/// The layer that files are read for.
struct Place<'a> {
    layer: &'a LayerName,
    root: &'a Path,
    repository: &'a Repository,
    index: &'a FileIndex,
}

impl Place<'_> {
    fn read_file(&self, found: Found) -> Result<OwnFile, OwnFileError> {
        let Found {
            path,
            source,
            metadata,
        } = found;
        let metadata = metadata.at("read", &source)?;
        if metadata.is_symlink() {
            return self.read_symlink(path, source);
        }
        if !metadata.is_file() {
            return Err(OwnFileError::Special {
                layer: self.layer.clone(),
                path: source,
            });
        }
        let content = match self.index.get(&source, &metadata) {
            Some(content) => content,
            None => {
                let content = self.read_content(&source)?;
                self.index.insert(&source, &metadata, content.clone());
                content
            }
        };
        let (mode, size) = (Mode::of_file(metadata.permissions().mode()), metadata.len());
        Ok(OwnFile {
            path,
            mode,
            source,
            target: None,
            size,
            sha256: content.sha256,
            secret: content.secret,
        })
    }

    fn read_content(&self, path: &Path) -> Result<FileContent, OwnFileError> {
        let mut file = self.repository.open(path, FileKind::Content)?;
        let sha256 = Sha256::of_reader(&file).at("read", path)?;
        let secret = file.rewind().and_then(|()| secrets::find_in(file));
        Ok(FileContent {
            sha256,
            secret: secret.at("read", path)?.map(str::to_owned),
        })
    }

    fn read_symlink(&self, path: EntryPath, source: PathBuf) -> Result<OwnFile, OwnFileError> {
        let target = std::fs::read_link(&source).at("read", &source)?;
        check_symlink(self.layer, self.root, &source, &target)?;
        let target = target
            .into_os_string()
            .into_string()
            .map_err(|_| OwnFileError::Name {
                layer: self.layer.clone(),
                path: source.clone(),
                reason: EntryPathError::NotUtf8,
            })?;
        let (size, sha256) = (target.len() as u64, Sha256::of(&target));
        Ok(OwnFile {
            path,
            mode: Mode::Symlink,
            source,
            target: Some(target),
            size,
            sha256,
            secret: None,
        })
    }
}

fn check_symlink(
    layer: &LayerName,
    root: &Path,
    link: &Path,
    target: &Path,
) -> Result<(), OwnFileError> {
    let what = if target.is_absolute() {
        "to an absolute path"
    } else if !stays_inside(link.strip_prefix(root).unwrap_or(link), target) {
        "out of the layer"
    } else {
        // What the file system makes of it, through other links.
        match (link.canonicalize(), root.canonicalize()) {
            (Ok(end), Ok(root)) if end.starts_with(&root) => return Ok(()),
            (Ok(_), Ok(_)) => "out of the layer",
            _ => "to nothing",
        }
    };
    let (path, target) = (link.to_owned(), target.to_owned());
    Err(OwnFileError::Symlink {
        layer: layer.clone(),
        path,
        target,
        what,
    })
}

/// Whether `target`, seen from the folder of `link` (relative to the layer), never climbs above the layer's folder.
fn stays_inside(link: &Path, target: &Path) -> bool {
    let mut depth = link.components().count() - 1;
    for component in target.components() {
        match component {
            Component::ParentDir if depth == 0 => return false,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

fn walk_error(root: &Path, error: walkdir::Error) -> OwnFileError {
    let path = error.path().unwrap_or(root).to_owned();
    let source = error
        .into_io_error()
        .unwrap_or_else(|| std::io::Error::other("a loop of symlinks"));
    PathError {
        operation: "read",
        path,
        source,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symlinks_may_not_climb_out() {
        let inside = |link: &str, target: &str| stays_inside(Path::new(link), Path::new(target));
        assert!(inside("a/link", "../b") && inside("link", "b/../c") && inside("link", "b"));
        assert!(!inside("link", "../b") && !inside("a/link", "../../b") && !inside("link", "/b"));
    }
}
