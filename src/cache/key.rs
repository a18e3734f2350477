//! The key that notes are written under: random, of one user on one machine.
//!
//! It is kept in the user's state folder and never in a cache. CI systems carry caches from job to job, also from and
//! to jobs of pull requests: whoever has the key can forge notes.

use std::fs::DirBuilder;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::hmac;

use super::regular::open_regular;
use super::whole::TEMPORARY_PREFIX;
use crate::error::{Failure, PathContext as _, PathError};

/// The name of its file.
const NAME: &str = "note-key";

/// Its size in bytes: that of the hash, as RFC 2104, section 3, advises.
const LENGTH: usize = 32;

/// Permissions that nobody but the user may have.
const OF_OTHERS: u32 = 0o077;

/// The key that notes are written under, and believed under.
#[derive(Clone)]
pub struct NoteKey(pub(super) Arc<hmac::Key>);

/// Why the key that is stored cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoteKeyError {
    /// Somebody else may know it, or it is no key.
    #[error("the key `{}` is not used: {reason}", path.display())]
    Unsafe {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It can be neither read nor made.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Failure for NoteKeyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Unsafe { path, .. } => {
                Some(format!("remove `{}`: lls makes a new one", path.display()))
            }
            Self::Path(error) => error.hint(),
        }
    }
}

/// The operating system gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the operating system provides no random numbers")]
pub struct NoRandomness;

impl Failure for NoRandomness {}

impl NoteKey {
    /// A key for this process alone: no note that another one wrote is believed.
    pub fn of_this_run() -> Result<Self, NoRandomness> {
        Ok(Self::new(&random()?))
    }

    /// The key in the folder `state`, which is made where there is none. Processes that start at the same time get the
    /// same one.
    ///
    /// # Errors
    /// If it cannot be read or made, or if somebody else may know it.
    pub fn load(state: &Path) -> Result<Self, NoteKeyError> {
        let path = state.join(NAME);
        if let Some(key) = read(&path)? {
            return Ok(key);
        }
        make(state, &path).at("write", &path)?;
        let missing = || io::Error::from(ErrorKind::NotFound);
        let made = read(&path)?.ok_or_else(missing);
        Ok(made.at("read", &path)?)
    }

    fn new(bytes: &[u8; LENGTH]) -> Self {
        Self(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }
}

impl std::fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NoteKey")
    }
}

/// The key in the file at `path`; `None` where there is nothing.
fn read(path: &Path) -> Result<Option<NoteKey>, NoteKeyError> {
    let unsafe_for = |reason| NoteKeyError::Unsafe {
        path: path.to_owned(),
        reason,
    };
    let Some((mut file, metadata)) = open_regular(path).at("read", path)? else {
        return match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            // Another process made it in the meantime.
            Ok(metadata) if metadata.is_file() => read(path),
            _ => Err(unsafe_for("it is not a regular file")),
        };
    };
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(unsafe_for("it belongs to another user"));
    }
    if metadata.mode() & OF_OTHERS != 0 {
        return Err(unsafe_for("other users can read or write it"));
    }
    let mut bytes = [0; LENGTH];
    if metadata.len() != LENGTH as u64 {
        return Err(unsafe_for("its length is not that of a key"));
    }
    file.read_exact(&mut bytes).at("read", path)?;
    Ok(Some(NoteKey::new(&bytes)))
}

/// Makes a key, unless another process was faster.
fn make(state: &Path, path: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state)?;
    // Its mode is 0600.
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .tempfile_in(state)?;
    file.write_all(&random().map_err(io::Error::other)?)?;
    // A crash of the system must not leave zeros, which everybody knows.
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

fn random() -> Result<[u8; LENGTH], NoRandomness> {
    let mut bytes = [0; LENGTH];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn tag(key: &NoteKey) -> Vec<u8> {
        hmac::sign(&key.0, b"x").as_ref().to_vec()
    }

    #[test]
    fn everybody_who_starts_at_once_gets_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let state = folder.path().join(format!("{round}/lls"));
            let tags: Vec<_> = std::thread::scope(|scope| {
                let load = || tag(&NoteKey::load(&state).unwrap());
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
                threads
                    .into_iter()
                    .map(|load| load.join().unwrap())
                    .collect()
            });
            assert!(tags.iter().all(|other| *other == tags[0]));
            let names = std::fs::read_dir(&state).unwrap();
            assert_eq!(names.count(), 1, "no temporary file is left");
            let mode = state.join(NAME).metadata().unwrap().mode();
            assert_eq!(mode & 0o777, 0o600);
            assert_eq!(state.metadata().unwrap().mode() & 0o777, 0o700);
        }
        let own = tag(&NoteKey::of_this_run().unwrap());
        assert_ne!(own, tag(&NoteKey::of_this_run().unwrap()));
    }

    #[test]
    fn a_key_that_others_may_know_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let refused = || match NoteKey::load(folder.path()) {
            Err(NoteKeyError::Unsafe { reason, .. }) => reason,
            outcome => panic!("{outcome:?}"),
        };
        let key = |length: usize, mode| {
            std::fs::remove_file(&path).ok();
            std::fs::write(&path, vec![7; length]).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        };
        key(LENGTH, 0o600);
        let kept = tag(&NoteKey::load(folder.path()).unwrap());
        assert_eq!(kept, tag(&NoteKey::new(&[7; LENGTH])));
        key(LENGTH, 0o644);
        assert_eq!(refused(), "other users can read or write it");
        for length in [0, LENGTH - 1, LENGTH + 1] {
            key(length, 0o600);
            assert_eq!(refused(), "its length is not that of a key");
        }
        key(LENGTH, 0o600);
        std::fs::rename(&path, folder.path().join("other")).unwrap();
        std::os::unix::fs::symlink("other", &path).unwrap();
        assert_eq!(refused(), "it is not a regular file");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(refused(), "it is not a regular file");
    }
}
