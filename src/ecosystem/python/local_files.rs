//! Wheels that are files of this machine: `uv` names them by `file:` addresses where an index is a folder.
//!
//! It does so as well where the page of an index anywhere lists such an address, be it `file:///dev/zero`. So only what
//! is below a folder that the requirements, the environment or the settings of uv name is read.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::uv::{index_folder, index_option, places_in_variables};
use crate::error::{Failure, PathContext as _, PathError};
use crate::http::Url;
use crate::input::{InputError, open_in_index};
use crate::process::Launcher;

/// How the names of packages' files end.
const ENDS: [&str; 7] = [
    ".whl", ".zip", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst",
];

/// How much is read at a time, in bytes.
const PIECE: usize = 1024 * 1024;

/// Why a file of this machine is not taken. Its path is not shown, for an index may have written it.
#[derive(Debug, thiserror::Error)]
pub enum LocalFileError {
    /// Nobody but the index names a folder that it is in.
    #[error(
        "its address is that of a file of this machine, in no folder that is named as an index"
    )]
    Elsewhere,
    /// It is a folder, a device, or a file of another kind: some files of the system wait for whoever reads them.
    #[error("its address points to something on this machine that is not a package file")]
    NotAnArchive,
    /// It is larger than it may be.
    #[error("it has more than {most} bytes")]
    TooLarge {
        /// The most bytes that it may have.
        most: u64,
    },
    /// It cannot be read, or not be written where it is needed.
    #[error(transparent)]
    File(#[from] PathError),
}

impl Failure for LocalFileError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Elsewhere | Self::NotAnArchive => Some(
                "do not use this index; wheels on this machine are taken from folders that `--find-links` or UV_FIND_LINKS names"
                    .into(),
            ),
            Self::TooLarge { .. } => Some("no Lambda layer can hold it: require a smaller version".into()),
            Self::File(error) => error.hint(),
        }
    }
}

/// The folders of this machine that serve as indexes.
pub(super) struct LocalFolders(Vec<PathBuf>);

impl LocalFolders {
    /// Collects what the lines of requirements that name indexes, further `places`, and the variables say.
    pub fn collect(lines: &[String], places: &[String], launcher: &Launcher) -> Self {
        let lines = lines.iter().map(|line| index_option(line).1);
        let repository = lines.chain(places.iter().map(String::as_str));
        let repository = repository.map(|value| launcher.expanded(value));
        let named = repository.chain(places_in_variables(launcher).map(str::to_owned));
        Self(named.filter_map(|index| folder(&index)).collect())
    }

    /// Gives what is in the file at `address`, of at most `most` bytes, to `take`.
    pub fn read(
        &self,
        address: &Url,
        most: u64,
        take: &mut dyn FnMut(&[u8]) -> Result<(), PathError>,
    ) -> Result<(), LocalFileError> {
        let path = address.to_file_path();
        let path = path.map_err(|()| LocalFileError::Elsewhere)?;
        let mut input = self.open(&path)?.take(most + 1);
        let (mut piece, mut total) = (vec![0; PIECE], 0);
        loop {
            let length = input.read(&mut piece).at("read", &path)?;
            total += length as u64;
            match length {
                _ if total > most => return Err(LocalFileError::TooLarge { most }),
                0 => return Ok(()),
                length => take(&piece[..length])?,
            }
        }
    }

    /// Opens a file that is in one of the folders, also behind all links: those of a folder may lead anywhere.
    fn open(&self, path: &Path) -> Result<File, LocalFileError> {
        let folders = self
            .0
            .iter()
            .filter_map(|folder| folder.canonicalize().ok());
        let folders: Vec<_> = folders.collect();
        let mut named = self.0.iter().chain(&folders);
        if !named.any(|folder| path.starts_with(folder)) {
            return Err(LocalFileError::Elsewhere);
        }
        let real = path.canonicalize().at("read", path)?;
        let mut places = folders.iter().filter_map(|folder| {
            let end = real.strip_prefix(folder).ok()?;
            Some((folder, end))
        });
        let (folder, end) = places.next().ok_or(LocalFileError::Elsewhere)?;
        let name = real.file_name().unwrap_or_default().to_string_lossy();
        if !ENDS.iter().any(|end| name.ends_with(end)) {
            return Err(LocalFileError::NotAnArchive);
        }
        open_in_index(folder, end).map_err(|error| match error {
            InputError::Path(error) => LocalFileError::File(error),
            _ => LocalFileError::NotAnArchive,
        })
    }
}

/// The folder that an index is; `None` for one that is elsewhere, or named in a way that means another folder from
/// every place.
fn folder(index: &str) -> Option<PathBuf> {
    index_folder(index).filter(|folder| folder.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folders: &LocalFolders, path: &Path) -> Result<Vec<u8>, String> {
        let address = Url::from_file_path(path).unwrap();
        let mut content = Vec::new();
        let outcome = folders.read(&address, 8, &mut |piece| {
            content.extend_from_slice(piece);
            Ok(())
        });
        outcome.map(|()| content).map_err(|error| error.to_string())
    }

    fn folders(line: &str) -> LocalFolders {
        LocalFolders::collect(&[line.to_owned()], &[], &Launcher::default())
    }

    #[test]
    fn files_in_named_folders_are_read_and_no_others() {
        let root = tempfile::tempdir().unwrap();
        let inside = root.path().join("wheels");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("a.whl"), "wheel").unwrap();
        std::fs::write(root.path().join("b.whl"), "other").unwrap();
        let named = folders(&format!("--find-links {}", inside.display()));
        assert_eq!(read(&named, &inside.join("a.whl")).unwrap(), b"wheel");
        let elsewhere = LocalFileError::Elsewhere.to_string();
        for path in [
            root.path().join("b.whl"),
            PathBuf::from("/proc/self/environ"),
            PathBuf::from("/dev/zero"),
            PathBuf::from("/nowhere"),
            root.path().join("wheels-and-more/a.whl"),
        ] {
            assert_eq!(read(&named, &path).unwrap_err(), elsewhere, "{path:?}");
        }
        let up = format!("file://{}/../b.whl", inside.display());
        let address = up.parse().unwrap();
        assert!(named.read(&address, 8, &mut |_| Ok(())).is_err());
    }

    #[test]
    fn links_devices_and_large_files_are_not_read() {
        let root = tempfile::tempdir().unwrap();
        let named = folders(&format!("-f {}", root.path().display()));
        let at = |name: &str| root.path().join(name);
        for (name, target) in [("a.whl", "/proc/self/environ"), ("z.whl", "/dev/zero")] {
            std::os::unix::fs::symlink(target, at(name)).unwrap();
            let said = read(&named, &at(name)).unwrap_err();
            assert_eq!(said, LocalFileError::Elsewhere.to_string());
        }
        std::fs::create_dir(at("folder.whl")).unwrap();
        std::fs::write(at("environ"), "x").unwrap();
        for name in ["folder.whl", "environ", ""] {
            let said = read(&named, &at(name)).unwrap_err();
            assert_eq!(said, LocalFileError::NotAnArchive.to_string(), "{name}");
        }
        std::fs::write(at("large.whl"), "123456789").unwrap();
        assert_eq!(
            read(&named, &at("large.whl")).unwrap_err(),
            "it has more than 8 bytes"
        );
    }

    #[test]
    fn folders_are_found_wherever_indexes_are_named() {
        let lines = [
            "--no-index",
            "-f /a",
            "--find-links=/b  # ours",
            "--index-url file:///c",
            "--extra-index-url https://host/d",
            "-f relative",
        ];
        let variables = [
            ("UV_FIND_LINKS", "/d,https://host/d"),
            ("UV_INDEX", "name=file:///e /f"),
            ("UV_CACHE_DIR", "/g"),
            ("AND_MORE", "/h"),
        ];
        let launcher = Launcher::new(variables.map(|(name, value)| (name.into(), value.into())));
        let launcher = launcher.allowing(&["AND_MORE".parse().unwrap()]).unwrap();
        let places = ["${AND_MORE}/i".to_owned(), "${UV_CACHE_DIR}".to_owned()];
        let found = LocalFolders::collect(&lines.map(str::to_owned), &places, &launcher).0;
        let expected = ["/a", "/b", "/c", "/h/i", "/d", "/e", "/f"].map(PathBuf::from);
        assert_eq!(found, expected);
    }
}
