//! The lock of one layer's folder, which also keeps the highest number that was ever given.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cache::TEMPORARY_PREFIX;
use crate::error::PathContext as _;
use crate::progress::{Event, Progress};
use crate::registry::RegistryErrorKind;
use crate::registry::error::Outcome;

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

/// How long is waited before looking again whether a lock is free.
const PAUSE: Duration = Duration::from_millis(10);

/// After how many pauses the user is told what is waited for: after about a second.
const PAUSES_UNTIL_SAID: u32 = 100;

/// Whether a lock is for the rest of what has begun, which an interruption lets come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// It is not worth waiting for once nothing new is to be started.
    No,
    /// It is waited for all the same.
    Perhaps,
}

/// The right to change a layer, held until it is dropped; waits for other processes.
pub(super) struct LayerLock {
    file: File,
    path: PathBuf,
}

impl LayerLock {
    /// The file in the layer's folder that is locked.
    pub const FILE_NAME: &str = ".lock";

    /// Takes the lock. Never blocks the thread, so that whoever is interrupted can let go of it.
    ///
    /// # Errors
    /// If the lock cannot be taken, or if `progress` is to start nothing new while another process has it.
    pub async fn take(folder: &Path, begun: Begun, progress: &dyn Progress) -> Outcome<Self> {
        std::fs::create_dir_all(folder).at("create the folder", folder)?;
        let path = folder.join(Self::FILE_NAME);
        let options = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = options.at("write", &path)?;
        if !file.metadata().at("read", &path)?.is_file() {
            return Err(RegistryErrorKind::Damaged(path.display().to_string()));
        }
        wait_for(&file, &path, begun, progress).await?;
        remove_leftovers(folder)?;
        Ok(Self { file, path })
    }

    /// The highest number that was ever given; 0 before the first.
    pub fn highest(&mut self) -> Outcome<u64> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(0)).at("read", &self.path)?;
        // A number and its line end; somebody else may have written more.
        let mut start = (&self.file).take(64);
        start.read_to_string(&mut text).at("read", &self.path)?;
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

async fn wait_for(file: &File, path: &Path, begun: Begun, progress: &dyn Progress) -> Outcome<()> {
    let mut pauses = 0;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Ok(Err(error).at("lock", path)?),
        }
        if pauses == PAUSES_UNTIL_SAID {
            progress.event(Event::Waiting { lock: path });
        }
        pauses += 1;
        tokio::time::sleep(PAUSE).await;
        if begun == Begun::No && progress.is_stopping() {
            return Err(RegistryErrorKind::Stopped);
        }
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
