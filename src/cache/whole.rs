//! Files that appear whole or not at all: written under a temporary name, then renamed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

use super::regular::open_regular;
use crate::error::{PathContext as _, PathError};

/// How many bytes of two files are compared at a time.
const COMPARED: usize = 1 << 20;

/// How the names of files begin that are being written, or were when their writer was killed.
pub const TEMPORARY_PREFIX: &str = ".tmp-";

/// A file that is not visible under its name before [`persist`].
pub(super) fn temporary_in(folder: &Path) -> Result<NamedTempFile, PathError> {
    std::fs::create_dir_all(folder).at("create the folder", folder)?;
    tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .tempfile_in(folder)
        .at("write to", folder)
}

/// A file that never has a name: it is gone when it is closed, however the program ends.
pub(super) fn unnamed_in(folder: &Path) -> Result<File, PathError> {
    std::fs::create_dir_all(folder).at("create the folder", folder)?;
    tempfile::tempfile_in(folder).at("write to", folder)
}

/// Gives a finished temporary file its name.
///
/// It is not synced: what is cached has its hash checked when it is read, so that a file which a crash of the system
/// left incomplete is made again.
pub(super) fn persist(file: NamedTempFile, path: &Path) -> Result<(), PathError> {
    file.persist(path)
        .map(drop)
        .map_err(|error| error.error)
        .at("write", path)
}

/// Removes a file that turned out to be wrong. One that cannot be removed would be found wrong again and again.
pub(super) fn evict(path: &Path) -> Result<(), PathError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        outcome => outcome.at("delete the damaged file", path),
    }
}

/// Writes a whole file so that it appears under its name complete or not at all, even if the machine crashes.
///
/// # Errors
/// Where the folder cannot be made or the file cannot be written; what was there before is then untouched.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), PathError> {
    let file = written(path, bytes)?;
    file.as_file().sync_all().at("write", path)?;
    persist(file, path)
}

/// Writes a file that can be made again: it is not synced, and an equal file is left alone.
///
/// # Errors
/// As [`write_file`].
pub fn write_copy(path: &Path, bytes: &[u8]) -> Result<(), PathError> {
    if holds(path, bytes) {
        return Ok(());
    }
    persist(written(path, bytes)?, path)
}

/// Whether a regular file holds these bytes. One that cannot be read is replaced, or the error of writing it is told.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let Ok(Some((mut file, metadata))) = open_regular(path) else {
        return false;
    };
    let mut part = vec![0; bytes.len().min(COMPARED)];
    metadata.len() == bytes.len() as u64
        && bytes.chunks(COMPARED).all(|expected| {
            let part = &mut part[..expected.len()];
            file.read_exact(part).is_ok() && part == expected
        })
}

/// A temporary file with these bytes in the folder of `path`, and with the mode of the file that it is to replace.
fn written(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, PathError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = temporary_in(folder)?;
    file.write_all(bytes).at("write", path)?;
    let mode = std::fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
    file.as_file()
        .set_permissions(PermissionsExt::from_mode(mode))
        .at("write", path)?;
    Ok(file)
}
