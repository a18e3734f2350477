//! The lock of one layer's folder, which also keeps the highest number that was ever given.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::Outcome;
use crate::cache::TEMPORARY_PREFIX;
use crate::error::PathContext as _;
use crate::registry::RegistryErrorKind;

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

/// Removes what writers that were killed left behind. All writers hold the lock, so none is at work.
fn remove_leftovers(folder: &Path) -> Outcome<()> {
    for name in file_names(folder)? {
        if name.starts_with(TEMPORARY_PREFIX) {
            let path = folder.join(name);
            std::fs::remove_file(&path).at("delete", &path)?;
        }
    }
    Ok(())
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
        remove_leftovers(folder)?;
        Ok(Self { file, path })
    }

    /// The highest number that was ever given; 0 before the first.
    pub fn highest(&mut self) -> Outcome<u64> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(0)).at("read", &self.path)?;
        self.file.read_to_string(&mut text).at("read", &self.path)?;
        match text.trim() {
            "" => Ok(0),
            number => number
                .parse()
                .map_err(|_| RegistryErrorKind::Damaged(self.path.display().to_string())),
        }
    }

    /// Numbers only grow and are all written as long, so that a write which ends early never leaves a smaller one.
    pub fn set_highest(&mut self, number: u64) -> Outcome<()> {
        self.file.seek(SeekFrom::Start(0)).at("write", &self.path)?;
        self.file
            .write_all(text(number).as_bytes())
            .at("write", &self.path)?;
        Ok(self.file.sync_all().at("write", &self.path)?)
    }
}

/// As many digits as the largest number has.
fn text(number: u64) -> String {
    format!("{number:020}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_written_in_part_is_no_smaller() {
        for (old, new) in [(0, 1), (9, 10), (99, 100), (199, 200), (1, u64::MAX)] {
            let (before, after) = (text(old), text(new));
            for end in 0..=after.len() {
                let torn = [&after[..end], &before[end..]].concat();
                assert!(torn.trim().parse::<u64>().unwrap() >= old, "{torn}");
            }
        }
    }
}
