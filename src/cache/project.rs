//! The caches of one project: `.lls` in its folder. What stands there may have come with the repository.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::key::NoteKey;
use super::whole::{TEMPORARY_PREFIX, write_file};
use crate::error::{Failure, PathContext as _, PathError};

/// The name of the folder.
const NAME: &str = ".lls";

/// The folder in it for archives.
pub(super) const ARCHIVES: &str = "archives";

/// What in a project's folder are caches, and not to be tracked by Git. A directory registry may stand beside them.
pub const PROJECT_CACHES: [&str; 2] = [".lls/archives", ".lls/files"];

/// What Git is not to see of a project's `.lls` folder: the caches alone, as a directory registry may stand beside them
/// that is committed.
const IGNORED: &str = "\
# Caches of lls, which it makes again. A directory registry in this folder is none.
/.gitignore
/archives/
/files
/.tmp-*
";

/// After how long nobody writes a temporary file any more.
const STALE: Duration = Duration::from_hours(24);

/// Where the caches of a project are, and what makes its notes believed.
#[derive(Clone, Debug)]
pub(super) struct ProjectCache {
    folder: PathBuf,
    /// The project's folder by a name that no other has, for notes about the project.
    pub name: String,
    /// The key of its notes.
    pub key: NoteKey,
}

/// A cache's folder is a link, so that what is written to it would go elsewhere.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is a symbolic link, and caches are kept in real folders only", .0.display())]
pub struct LinkedCache(PathBuf);

impl Failure for LinkedCache {
    fn hint(&self) -> Option<String> {
        let path = self.0.display();
        Some(format!(
            "remove the link, lls makes the folder; where Git tracks it, with `git rm {path}`"
        ))
    }
}

/// The folder for the caches of the project in `project`.
///
/// # Errors
/// If it, or a folder in it, is a link: a repository must not have files written elsewhere.
pub fn project_cache_folder(project: &Path) -> Result<PathBuf, LinkedCache> {
    let folder: PathBuf = project.join(NAME).components().collect();
    refuse_links([folder.clone(), folder.join(ARCHIVES)])?;
    Ok(folder)
}

/// Fails where a folder of `path`, from `root` down, is a link. Nothing is asked of a path that is not below `root`.
///
/// # Errors
/// If one is: a repository must not have files written elsewhere.
pub fn refuse_links_below(root: &Path, path: &Path) -> Result<(), LinkedCache> {
    let is_root = |folder: &&Path| folder.canonicalize().is_ok_and(|folder| folder == root);
    let Some(named_root) = path.ancestors().skip(1).find(is_root) else {
        return Ok(());
    };
    let depth = named_root.components().count();
    let mut folders: Vec<_> = path.ancestors().map(Path::to_owned).collect();
    folders.reverse();
    let below = folders
        .into_iter()
        .filter(|folder| folder.components().count() > depth);
    refuse_links(below)
}

fn refuse_links(folders: impl IntoIterator<Item = PathBuf>) -> Result<(), LinkedCache> {
    let mut folders = folders.into_iter();
    match folders.find(|folder| folder.is_symlink()) {
        Some(link) => Err(LinkedCache(link)),
        None => Ok(()),
    }
}

impl ProjectCache {
    /// The caches of the project in `project`.
    ///
    /// # Errors
    /// If a folder is a link.
    pub fn open(project: &Path, key: NoteKey) -> Result<Self, LinkedCache> {
        let folder = project_cache_folder(project)?;
        let name = project
            .canonicalize()
            .unwrap_or_else(|_| project.to_owned());
        // Escaped, so that two folders whose names are no UTF-8 have no name in common.
        let name = name
            .as_os_str()
            .as_encoded_bytes()
            .escape_ascii()
            .to_string();
        Ok(Self { folder, name, key })
    }

    /// What is called `name` in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes the folder, and keeps its caches out of Git.
    ///
    /// # Errors
    /// Where it cannot be made. That Git sees it is no failure.
    pub fn make(&self) -> Result<(), PathError> {
        let folder = &self.folder;
        std::fs::create_dir_all(folder).at("create the folder", folder)?;
        let list = self.path(".gitignore");
        if list.symlink_metadata().is_err()
            && let Err(error) = write_file(&list, IGNORED.as_bytes())
        {
            tracing::debug!(%error, "the project's caches are not hidden from Git");
        }
        Ok(())
    }
}

/// Removes the temporary files in `folder` that writers left which were killed, long ago: none of today's, which other
/// processes may be writing. What cannot be removed stays.
pub(super) fn remove_stale(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let temporary = entries.filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes()
            .starts_with(TEMPORARY_PREFIX.as_bytes())
    });
    for entry in temporary {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let is_stale = |time| {
            SystemTime::now()
                .duration_since(time)
                .is_ok_and(|age| age > STALE)
        };
        if modified.is_ok_and(is_stale)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::debug!(%error, "an old temporary file was not removed");
        }
    }
}
