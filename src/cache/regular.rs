//! Opening files of a cache, whose folder may hold whatever a repository or an archive of a CI cache put there.
//!
//! Never follows a link and never waits for a pipe: what is no regular file counts as none, and is replaced.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// Opens the regular file at `path`, and tells what the file system knows of it; `None` where there is none.
pub(super) fn open_regular(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    match opened {
        Ok(file) => {
            let metadata = file.metadata()?;
            Ok(metadata.is_file().then_some((file, metadata)))
        }
        Err(error) if is_none(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether nothing is there, or a link or a socket.
fn is_none(error: &io::Error) -> bool {
    let others = [Errno::LOOP, Errno::NXIO].map(Errno::raw_os_error);
    error.kind() == ErrorKind::NotFound
        || error
            .raw_os_error()
            .is_some_and(|number| others.contains(&number))
}

/// Reads the regular file at `path`; `None` where there is none, or one of more than `limit` bytes.
pub(super) fn read_regular(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let Some((file, metadata)) = open_regular(path)? else {
        return Ok(None);
    };
    let size = metadata.len();
    if size > limit {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(size as usize + 1);
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
