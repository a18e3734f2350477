//! Unpacks an archive that `lls` built into a folder that is removed with the value.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::archive::{ArchiveError, ListingEntry, Mode, Tail, read_listed, read_tail};
use crate::error::{Failure, PathContext as _, PathError};

/// Why an archive cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is not one that `lls` made.
    #[error("the archive cannot be read")]
    Foreign,
    /// An entry is damaged.
    #[error("the archive is damaged")]
    Archive(#[from] ArchiveError),
    /// A link leads out of the layer.
    #[error("the link `{0}` leads out of the layer")]
    Link(String),
    /// It cannot be written.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Failure for UnpackError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Path(error) => error.hint(),
            _ => Some("remove the stored archives with `lls cache --clear`".into()),
        }
    }
}

/// An unpacked layer, with folders for what its code may write.
#[derive(Debug)]
pub struct Unpacked {
    folder: TempDir,
}

impl Unpacked {
    /// Unpacks an archive.
    ///
    /// # Errors
    /// If it is damaged, or cannot be written.
    pub async fn of(archive: &[u8]) -> Result<Self, UnpackError> {
        let folder = tempfile::Builder::new().prefix("lls-test-").tempdir();
        let folder = folder.at("write to", &std::env::temp_dir())?;
        let unpacked = Self { folder };
        for folder in [unpacked.opt(), unpacked.home(), unpacked.temporary()] {
            fs::create_dir(&folder).at("create the folder", &folder)?;
        }
        let Tail::Whole { listing, .. } = read_tail(archive, archive.len() as u64) else {
            return Err(UnpackError::Foreign);
        };
        // Links come last, so that nothing is written through one.
        let (links, files): (Vec<_>, Vec<_>) = listing
            .0
            .iter()
            .partition(|entry| entry.mode == Mode::Symlink);
        for entry in files.into_iter().chain(links) {
            unpacked.write(archive, entry)?;
            // So that an interruption is heard.
            tokio::task::yield_now().await;
        }
        Ok(unpacked)
    }

    /// What is `/opt` on Lambda.
    pub fn opt(&self) -> PathBuf {
        self.folder.path().join("opt")
    }

    /// An empty home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// What is `/tmp` on Lambda.
    pub fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// A file beside them.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, archive: &[u8], entry: &ListingEntry) -> Result<(), UnpackError> {
        let start = usize::try_from(entry.place.start).map_err(|_| UnpackError::Foreign)?;
        let bytes = archive.get(start..).ok_or(UnpackError::Foreign)?;
        let content = read_listed(bytes, entry)?.unpack()?;
        let path = self.opt().join(entry.path.as_str());
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder).at("create the folder", folder)?;
        if entry.mode == Mode::Symlink {
            let target = String::from_utf8_lossy(&content).into_owned();
            if !stays_inside(entry.path.as_str(), &target) {
                return Err(UnpackError::Link(entry.path.to_string()));
            }
            symlink(&target, &path).at("write", &path)?;
            return Ok(());
        }
        fs::write(&path, &content).at("write", &path)?;
        let mode = fs::Permissions::from_mode(entry.mode.unix() & 0o777);
        fs::set_permissions(&path, mode).at("write", &path)?;
        Ok(())
    }
}

/// Whether a relative link at `path` leads to something below the root.
fn stays_inside(path: &str, target: &str) -> bool {
    let mut depth = path.split('/').count() - 1;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return false,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    !target.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{ArchiveComment, ArchiveLayout, NewEntry, Stream};
    use crate::digest::Sha256;

    fn archive(entries: &[(&str, Mode, &str)]) -> Vec<u8> {
        let entries: Vec<_> = entries
            .iter()
            .map(|(path, mode, text)| NewEntry {
                path: path.parse().unwrap(),
                mode: *mode,
                stream: Stream::of(text.as_bytes()),
            })
            .collect();
        let comment = ArchiveComment::of(Sha256::of("inputs"));
        ArchiveLayout::new(&entries, comment).unwrap().to_bytes()
    }

    #[tokio::test]
    async fn files_and_links_are_unpacked_and_removed() {
        let bytes = archive(&[
            ("lib/libx.so", Mode::Symlink, "libx.so.1"),
            ("lib/libx.so.1", Mode::Executable, "x"),
            ("python/a.py", Mode::File, "a = 1"),
        ]);
        let unpacked = Unpacked::of(&bytes).await.unwrap();
        let opt = unpacked.opt();
        assert_eq!(fs::read_to_string(opt.join("lib/libx.so")).unwrap(), "x");
        let mode = opt.join("lib/libx.so.1").metadata().unwrap().permissions();
        assert_eq!(mode.mode() & 0o111, 0o111);
        drop(unpacked);
        assert!(!opt.exists());
    }

    #[tokio::test]
    async fn links_lead_nowhere_else() {
        for target in ["/etc", "../..", "../../x", "x/../../.."] {
            let bytes = archive(&[("lib/x", Mode::Symlink, target)]);
            let refused = Unpacked::of(&bytes).await.unwrap_err();
            assert!(matches!(refused, UnpackError::Link(_)), "{target}");
        }
    }
}
