//! What commands that write into a project have in common: a manifest that stays right, and files that go again where
//! the command fails.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cache::write_file;
use crate::error::{Error, PathContext as _};
use crate::input::Repository;
use crate::manifest::{EditError, ManifestText};

/// Makes a change in the manifest as it is now, which no other `lls` does at the same time; where it is a symlink, in
/// the file that it points to.
///
/// # Errors
/// If the change cannot be made, or leaves a manifest with a problem. Then the manifest stays as it is.
pub fn edit_manifest(
    path: &Path,
    repository: &Repository,
    edit: impl FnOnce(&ManifestText) -> Result<ManifestText, EditError>,
) -> Result<ManifestText, Error> {
    repository.check_inside(path)?;
    let file = std::fs::canonicalize(path).at("read", path)?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    // The file itself is replaced, so that a lock on it would not hold. This one ends when `turn` is closed.
    let turn = File::open(folder).at("read", folder)?;
    turn.lock().at("lock", folder)?;
    let edited = edit(&ManifestText::read(path, repository)?)?;
    edited.parse()?;
    write_file(&file, edited.text.as_bytes())?;
    Ok(edited)
}

/// Files and folders that a command made; they are removed again unless they are kept.
#[derive(Default)]
pub struct NewFiles {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl NewFiles {
    /// Makes a folder, with those above it that are missing.
    pub fn make_folder(&mut self, path: &Path) -> Result<(), Error> {
        let missing = path.ancestors().take_while(|folder| {
            let is_named = !folder.as_os_str().is_empty();
            is_named && !folder.exists()
        });
        let mut missing: Vec<_> = missing.map(Path::to_owned).collect();
        missing.reverse();
        self.folders.extend(missing);
        Ok(std::fs::create_dir_all(path).at("create the folder", path)?)
    }

    /// Writes a file that is not there yet.
    pub fn write(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        self.expect(path);
        if let Some(folder) = path.parent() {
            self.make_folder(folder)?;
        }
        Ok(write_file(path, text.as_bytes())?)
    }

    /// Takes a file for one of these that is not there yet, but may come.
    pub fn expect(&mut self, path: &Path) {
        self.files.push(path.to_owned());
    }

    /// Keeps what was made, and names the files that are there.
    pub fn keep(mut self) -> Vec<PathBuf> {
        self.folders.clear();
        let files = std::mem::take(&mut self.files);
        files.into_iter().filter(|path| path.exists()).collect()
    }
}

impl Drop for NewFiles {
    fn drop(&mut self) {
        // What cannot be removed, or holds what others put there, stays: the failure that led here is told.
        for file in &self.files {
            let _ = std::fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}
