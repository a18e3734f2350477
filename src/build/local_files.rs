//! Wheels that are files of this machine: `uv` names them by `file:` addresses where an index is a folder.
//!
//! It does so as well where the page of an index anywhere lists such an address, be it `file:///dev/zero`. So only what
//! is below a folder that the requirements, the environment or the settings of uv name is read.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::{Failure, PathContext as _, PathError};
use crate::http::Url;

/// The variables that name indexes, which may be folders.
const VARIABLES: [&str; 5] = [
    "UV_FIND_LINKS",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
];

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
    #[error("its address is that of something on this machine that is no file of a package")]
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
    /// Collects what the lines of requirements that name indexes, the environment and further `places` say.
    pub fn collect(lines: &[String], environment: &[(String, String)], places: &[String]) -> Self {
        let lines = lines.iter().filter_map(|line| value_of(line));
        let variables = environment.iter().flat_map(|(name, value)| {
            let is_index = VARIABLES.contains(&name.as_str());
            let separators: &[char] = match name.as_str() {
                "UV_FIND_LINKS" => &[','],
                _ => &[' ', '\t', '\n'],
            };
            let values = is_index.then(|| value.split(separators));
            values.into_iter().flatten().map(without_name)
        });
        let named = lines.chain(variables);
        let named = named.chain(places.iter().map(String::as_str));
        Self(named.filter_map(folder).collect())
    }

    /// Gives what is in the file at `address`, of at most `most` bytes, to `take`.
    pub fn read(
        &self,
        address: &Url,
        most: u64,
        take: &mut dyn FnMut(&[u8]) -> Result<(), PathError>,
    ) -> Result<(), LocalFileError> {
        let path = address.to_file_path();
        let path = self.checked(&path.map_err(|()| LocalFileError::Elsewhere)?)?;
        let file = File::open(&path).at("read", &path)?;
        let mut input = file.take(most + 1);
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

    /// The path behind all links, if it is that of a file in one of the folders. Looked at before it is opened: to open
    /// a pipe waits for somebody to write, and to open a device may do anything.
    fn checked(&self, path: &Path) -> Result<PathBuf, LocalFileError> {
        let folders = self
            .0
            .iter()
            .filter_map(|folder| folder.canonicalize().ok());
        let folders: Vec<_> = folders.filter(|folder| folder.is_dir()).collect();
        let is_in = |path: &Path, folders: &[PathBuf]| {
            let mut folders = folders.iter();
            folders.any(|folder| path.starts_with(folder))
        };
        if !is_in(path, &self.0) && !is_in(path, &folders) {
            return Err(LocalFileError::Elsewhere);
        }
        let real = path.canonicalize().at("read", path)?;
        if !is_in(&real, &folders) {
            return Err(LocalFileError::Elsewhere);
        }
        let name = real.file_name().unwrap_or_default().to_string_lossy();
        let is_archive = ENDS.iter().any(|end| name.ends_with(end));
        match is_archive && real.metadata().at("read", path)?.is_file() {
            true => Ok(real),
            false => Err(LocalFileError::NotAnArchive),
        }
    }
}

/// The value of a line that names an index.
fn value_of(line: &str) -> Option<&str> {
    let (_, value) = line.split_once([' ', '=', '\t'])?;
    value.split(" #").next().map(str::trim)
}

/// The address of an index without the name that may stand before it.
fn without_name(word: &str) -> &str {
    match word.split_once('=') {
        Some((name, address)) if !name.contains([':', '/']) => address,
        _ => word,
    }
}

/// The folder that an index is; `None` for one that is elsewhere, or named in a way that means another folder from
/// every place.
fn folder(index: &str) -> Option<PathBuf> {
    match index.parse::<Url>() {
        Ok(address) if address.scheme() == "file" => address.to_file_path().ok(),
        Ok(_) => None,
        Err(_) => Some(PathBuf::from(index)).filter(|path| path.is_absolute()),
    }
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
        LocalFolders::collect(&[line.to_owned()], &[], &[])
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
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe.whl"))
            .status();
        assert!(made.unwrap().success());
        std::fs::write(at("environ"), "x").unwrap();
        for name in ["pipe.whl", "environ", ""] {
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
            ("UV_FIND_LINKS", "/e,https://host/e"),
            ("UV_INDEX", "name=file:///f /g"),
            ("UV_CACHE_DIR", "/h"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let lines = lines.map(str::to_owned);
        let found = LocalFolders::collect(&lines, &variables, &["/i".to_owned()]).0;
        let expected = ["/a", "/b", "/c", "/e", "/f", "/g", "/i"].map(PathBuf::from);
        assert_eq!(found, expected);
    }
}
