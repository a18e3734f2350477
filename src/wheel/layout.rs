//! Where the entries of a wheel go below the package root, as an installer with `--target` would place them.

use crate::archive::{ArchiveError, EntryPath, EntryPathError, ReadEntry, read_entries};
use crate::layer::PackageName;

/// What is wrong with a wheel.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    /// It is no archive that can be trusted.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Its bytes cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// It has no folder with metadata.
    #[error("it has no `.dist-info` folder")]
    NoDistInfo,
    /// It has several.
    #[error("it has two `.dist-info` folders, `{0}` and `{1}`")]
    TwoDistInfos(String, String),
    /// Its metadata is of another package.
    #[error("its metadata `{found}` is not that of `{expected}`")]
    OtherPackage {
        /// The `.dist-info` folder.
        found: String,
        /// The package that the lock names.
        expected: PackageName,
    },
    /// A folder in `*.data` that no installer knows.
    #[error("the entry `{0}` is in none of the folders that PEP 427 names for `.data`")]
    DataFolder(EntryPath),
    /// An entry of `*.data` would land on an impossible path.
    #[error("the entry `{path}` is refused: {reason}")]
    Path {
        /// The entry.
        path: EntryPath,
        /// Why.
        reason: EntryPathError,
    },
    /// It has no `RECORD`.
    #[error("it has no `RECORD`")]
    NoRecord,
    /// Its `RECORD` is no list of files.
    #[error("its `RECORD` cannot be read")]
    Record(#[from] csv::Error),
}

/// The entries of a wheel that a layer takes, each with its place below the package root.
pub struct WheelLayout<'a> {
    /// What is placed, in the order of the wheel; without `RECORD`.
    pub placements: Vec<Placement<'a>>,
    /// The wheel's `RECORD`.
    pub record: ReadEntry<'a>,
    /// The `.dist-info` folder.
    pub dist_info: String,
}

/// An entry of a wheel and its place.
#[derive(Clone, Debug)]
pub struct Placement<'a> {
    /// Where it goes, relative to the package root.
    pub path: EntryPath,
    /// The entry; its path is the one in the wheel.
    pub entry: ReadEntry<'a>,
}

impl<'a> WheelLayout<'a> {
    /// Reads the wheel of `package` in `bytes`.
    ///
    /// `*.data/purelib`, `platlib` and `data` go to the root; scripts, headers and byte code are left out (PEP 427,
    /// "Installing a wheel distribution").
    pub fn read(bytes: &'a [u8], package: &PackageName) -> Result<Self, WheelError> {
        let entries = read_entries(bytes)?;
        let dist_info = find_dist_info(&entries, package)?;
        let data = format!("{}.data/", dist_info.trim_end_matches(".dist-info"));
        let record_path = format!("{dist_info}/RECORD");
        let mut record = None;
        let mut placements = Vec::new();
        for entry in entries {
            if entry.path.as_str() == record_path {
                record = Some(entry);
            } else if let Some(path) = place(&entry.path, &data)? {
                placements.push(Placement { path, entry });
            }
        }
        Ok(Self {
            placements,
            record: record.ok_or(WheelError::NoRecord)?,
            dist_info,
        })
    }

    /// Where the wheel's `RECORD` goes, relative to the package root.
    pub fn record_path(&self) -> &EntryPath {
        &self.record.path
    }
}

fn find_dist_info(entries: &[ReadEntry<'_>], package: &PackageName) -> Result<String, WheelError> {
    let mut folders: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.path.as_str().split_once('/'))
        .map(|(folder, _)| folder)
        .filter(|folder| folder.ends_with(".dist-info"))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    match folders.as_slice() {
        [] => Err(WheelError::NoDistInfo),
        [folder] => {
            let (name, _) = folder
                .trim_end_matches(".dist-info")
                .split_once('-')
                .unwrap_or((folder, ""));
            if name.parse::<PackageName>().ok().as_ref() == Some(package) {
                Ok((*folder).to_owned())
            } else {
                Err(WheelError::OtherPackage {
                    found: (*folder).to_owned(),
                    expected: package.clone(),
                })
            }
        }
        [first, second, ..] => Err(WheelError::TwoDistInfos(
            (*first).to_owned(),
            (*second).to_owned(),
        )),
    }
}

/// Where an entry goes; `None` where it is left out.
fn place(path: &EntryPath, data: &str) -> Result<Option<EntryPath>, WheelError> {
    let text = path.as_str();
    if is_bytecode(text) {
        return Ok(None);
    }
    let Some(rest) = text.strip_prefix(data) else {
        return Ok(Some(path.clone()));
    };
    match rest.split_once('/') {
        Some(("purelib" | "platlib" | "data", rest)) => match rest.parse() {
            Ok(path) => Ok(Some(path)),
            Err(reason) => Err(WheelError::Path {
                path: path.clone(),
                reason,
            }),
        },
        Some(("scripts" | "headers", _)) => Ok(None),
        _ => Err(WheelError::DataFolder(path.clone())),
    }
}

/// Compiled Python, which differs from build to build and which the runtime makes itself.
pub(super) fn is_bytecode(path: &str) -> bool {
    path.ends_with(".pyc") || path.split('/').any(|part| part == "__pycache__")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(text: &str) -> Option<String> {
        place(&text.parse().unwrap(), "p-1.data/")
            .unwrap()
            .map(String::from)
    }

    #[test]
    fn data_folders_are_placed_as_an_installer_would() {
        assert_eq!(placed("p/a.py").as_deref(), Some("p/a.py"));
        for folder in ["purelib", "platlib", "data"] {
            assert_eq!(
                placed(&format!("p-1.data/{folder}/share/x")).as_deref(),
                Some("share/x")
            );
        }
        for path in [
            "p-1.data/scripts/p",
            "p-1.data/headers/p.h",
            "p/__pycache__/a.pyc",
            "p/a.pyc",
        ] {
            assert_eq!(placed(path), None, "{path}");
        }
        assert!(place(&"p-1.data/other/x".parse().unwrap(), "p-1.data/").is_err());
        assert!(place(&"p-1.data/x".parse().unwrap(), "p-1.data/").is_err());
    }
}
