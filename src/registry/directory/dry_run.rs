//! Whether a registry in a folder could be written to.

use std::io::{Error, ErrorKind};
use std::path::Path;

use rustix::fs::{Access, access};

use super::{DirectoryRegistry, Outcome};
use crate::error::PathContext as _;

impl DirectoryRegistry {
    /// Fails if the folder, or the one that it would be made in, cannot be written to.
    pub(super) fn check_writable(&self) -> Outcome<()> {
        let mut folders = self.folder.ancestors();
        let existing = folders.find(|folder| folder.exists());
        let folder = existing.unwrap_or(Path::new("."));
        let outcome = if folder.is_dir() {
            access(folder, Access::WRITE_OK).map_err(Error::from)
        } else {
            Err(ErrorKind::NotADirectory.into())
        };
        Ok(outcome.at("write to", folder)?)
    }
}
