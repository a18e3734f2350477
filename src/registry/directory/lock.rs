//! The lock of one layer's folder, which also keeps the highest number that was ever given.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::Outcome;
use crate::cache::TEMPORARY_PREFIX;
use crate::error::PathContext as _;

/// The names in a folder; none where there is no folder.
pub(super) fn file_names(folder: &Path) -> Outcome<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        outcome => outcome.at("list", folder)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(
            entry
                .at("list", folder)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    Ok(names)
}

/// The right to change a layer, held until it is dropped; waits for other processes.
pub(super) struct LayerLock {
    file: File,
    path: PathBuf,
}

impl LayerLock {
    pub fn take(folder: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(folder).at("create the folder", folder)?;
        let path = folder.join(".lock");
        let options = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = options.at("write", &path)?;
        file.lock().at("lock", &path)?;
        Ok(Self { file, path })
    }

    /// Removes what writers that were killed left behind: all writers hold the lock, so none is at work.
    pub fn remove_leftovers(&self) -> Outcome<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        for name in file_names(folder)? {
            if name.starts_with(TEMPORARY_PREFIX) {
                let path = folder.join(name);
                std::fs::remove_file(&path).at("delete", &path)?;
            }
        }
        Ok(())
    }

    /// The highest number that was ever given; 0 before the first.
    pub fn highest(&mut self) -> Outcome<u64> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(0)).at("read", &self.path)?;
        self.file.read_to_string(&mut text).at("read", &self.path)?;
        Ok(text.trim().parse().unwrap_or(0))
    }

    /// Numbers only grow, so that overwriting in place never leaves a smaller one.
    pub fn set_highest(&mut self, number: u64) -> Outcome<()> {
        self.file.seek(SeekFrom::Start(0)).at("write", &self.path)?;
        self.file
            .write_all(format!("{number}\n").as_bytes())
            .at("write", &self.path)?;
        Ok(self.file.sync_all().at("write", &self.path)?)
    }
}
