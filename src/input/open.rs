//! Opening without following links and without waiting.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

/// What a file is opened with to be read: a pipe does not wait for its writer, a terminal does not become ours.
pub(super) const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// What a folder is opened with.
pub(super) const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

/// Opens what is at `path`, seen from `folder`; links are followed.
pub(super) fn open_at(folder: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    Ok(openat(
        folder,
        path,
        flags | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// Opens what is at `path`, which is relative and has no `..`, below `folder`.
///
/// # Errors
/// If it cannot be opened; [`is_link`] tells where that is for a symbolic link on the way or at the end.
pub(super) fn open_without_links(
    folder: BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
) -> io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{ResolveFlags, openat2};
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match openat2(
            folder,
            path,
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            resolve,
        ) {
            // Before Linux 5.6, and in sandboxes that do not know the call.
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => {}
            outcome => return Ok(outcome?),
        }
    }
    step_by_step(folder, path, flags)
}

/// The same by one folder after the other.
fn step_by_step(folder: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let names: Vec<_> = path
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name),
            _ => None,
        })
        .collect();
    let open = |folder: BorrowedFd<'_>, name: &Path, flags: OFlags| {
        let outcome = openat(
            folder,
            name,
            flags | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        );
        match outcome {
            // A link that is opened as a folder is told to be none.
            Err(Errno::NOTDIR) if is_symlink_at(folder, name) => Err(Errno::LOOP),
            outcome => outcome,
        }
    };
    let Some((last, before)) = names.split_last() else {
        return Ok(open(folder, Path::new("."), flags)?);
    };
    let mut current: Option<OwnedFd> = None;
    for name in before {
        let parent = current.as_ref().map_or(folder, AsFd::as_fd);
        current = Some(open(parent, Path::new(name), FOLDER)?);
    }
    let parent = current.as_ref().map_or(folder, AsFd::as_fd);
    Ok(open(parent, Path::new(last), flags)?)
}

fn is_symlink_at(folder: BorrowedFd<'_>, name: &Path) -> bool {
    use rustix::fs::{AtFlags, FileType, statat};
    statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|status| FileType::from_raw_mode(status.st_mode).is_symlink())
}

/// Whether opening failed for a symbolic link.
pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

/// Whether opening failed since there is a socket, or a device without a driver.
pub(super) fn is_no_device(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::NXIO.raw_os_error())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn both_ways_open_the_same() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/file"), "x").unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("file", folder.path().join("a/b/end")).unwrap();
        let root = File::open(folder.path()).unwrap();
        for (path, flags, expected) in [
            ("a/b/file", READ, None),
            ("a/b", FOLDER, None),
            ("", FOLDER, None),
            ("link/b/file", READ, Some(Errno::LOOP)),
            ("a/b/end", READ, Some(Errno::LOOP)),
            ("a/b/none", READ, Some(Errno::NOENT)),
            ("a/b/file/x", READ, Some(Errno::NOTDIR)),
            ("a/b/file", FOLDER, Some(Errno::NOTDIR)),
        ] {
            let path = Path::new(path);
            let whole = open_without_links(root.as_fd(), path, flags).err();
            let stepped = step_by_step(root.as_fd(), path, flags).err();
            for outcome in [whole, stepped] {
                let found = outcome.and_then(|error| error.raw_os_error());
                assert_eq!(
                    found,
                    expected.map(Errno::raw_os_error),
                    "{}",
                    path.display()
                );
            }
        }
    }
}
