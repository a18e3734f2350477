//! A layer's `requirements.txt`, and whether its lock still fits it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::digest::{Hasher, Sha256};
use crate::error::{Failure, PathContext as _, PathError};
use crate::layer::{LayerName, PythonVersion, Runtime};
use crate::lock::{Lock, LockError};
use crate::manifest::LayerSettings;

/// What is wrong with a layer's requirements or their lock.
#[derive(Debug, thiserror::Error)]
pub enum RequirementsError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] PathError),
    /// The lock is not as `lls lock` writes it.
    #[error("`{}` cannot be used", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// What is wrong.
        source: LockError,
    },
    /// A lock without anything that it could be made from.
    #[error("layer `{layer}` has a {} but no requirements.txt", Lock::FILE_NAME)]
    NoRequirements {
        /// The layer.
        layer: LayerName,
    },
}

impl Failure for RequirementsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read(error) => return error.hint(),
            Self::Lock { .. } => "make it again: delete it and run `lls lock`".into(),
            Self::NoRequirements { .. } => {
                "delete it, or write what it was made from into requirements.txt".into()
            }
        })
    }
}

/// A layer's requirements.
pub(super) struct Requirements {
    /// The `requirements.txt`.
    pub path: PathBuf,
    /// Hash over everything that resolution starts from.
    pub inputs: Sha256,
    /// Where the lock stands, or should.
    pub lock_path: PathBuf,
    /// The lock, current or not; `None` where there is none.
    pub lock: Option<Lock>,
}

impl Requirements {
    /// Reads the layer's requirements; `None` where it has none.
    pub fn read(
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<Option<Self>, RequirementsError> {
        let path = settings.directory.join("requirements.txt");
        let lock_path = settings.directory.join(Lock::FILE_NAME);
        if !path.exists() {
            return match lock_path.exists() {
                true => Err(RequirementsError::NoRequirements {
                    layer: layer.clone(),
                }),
                false => Ok(None),
            };
        }
        let inputs = hash_inputs(&path, settings)?;
        let lock = match lock_path.exists() {
            true => Some(read_lock(&lock_path)?),
            false => None,
        };
        Ok(Some(Self {
            path,
            inputs,
            lock_path,
            lock,
        }))
    }

    /// Whether the lock was made from just these requirements.
    pub fn lock_is_current(&self) -> bool {
        self.lock
            .as_ref()
            .is_some_and(|lock| lock.inputs == self.inputs)
    }
}

/// The Python versions among a layer's runtimes, oldest first.
pub(super) fn pythons(settings: &LayerSettings) -> BTreeSet<PythonVersion> {
    settings
        .runtimes
        .iter()
        .filter_map(Runtime::python)
        .collect()
}

fn read_lock(path: &Path) -> Result<Lock, RequirementsError> {
    let text = std::fs::read_to_string(path).at("read", path)?;
    text.parse().map_err(|source| RequirementsError::Lock {
        path: path.to_owned(),
        source,
    })
}

/// Hash over the requirements, everything that they include, the runtimes and the architecture.
///
/// Line ends do not count, so that a checkout on another system finds the lock current.
fn hash_inputs(requirements: &Path, settings: &LayerSettings) -> Result<Sha256, PathError> {
    let mut hasher = Hasher::default();
    hasher.field(settings.architecture.as_str());
    for python in pythons(settings) {
        hasher.field(python.to_string());
    }
    let mut seen = BTreeSet::new();
    hash_file(requirements, &mut hasher, &mut seen)?;
    Ok(hasher.finish())
}

fn hash_file(
    path: &Path,
    hasher: &mut Hasher,
    seen: &mut BTreeSet<PathBuf>,
) -> Result<(), PathError> {
    if !seen.insert(path.to_owned()) {
        return Ok(());
    }
    let text = std::fs::read_to_string(path).at("read", path)?;
    for line in text.lines().map(str::trim_end) {
        hasher.field(line);
        if let Some(included) = included_file(line) {
            let folder = path.parent().unwrap_or(Path::new("."));
            hash_file(&folder.join(included), hasher, seen)?;
        }
    }
    Ok(())
}

/// The file that a `-r` or `-c` line names; `None` for other lines and for addresses.
fn included_file(line: &str) -> Option<&str> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    let options = ["-r", "--requirement", "-c", "--constraint"];
    let rest = options.iter().find_map(|option| {
        let rest = line.strip_prefix(option)?;
        let separated = rest.starts_with([' ', '\t', '=']) || option.len() == 2;
        separated.then(|| rest.trim_start_matches([' ', '\t', '=']))
    })?;
    (!rest.is_empty() && !rest.contains("://")).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files_are_found() {
        for line in [
            "-r base.in",
            "-rbase.in",
            "--requirement base.in",
            "--requirement=base.in",
            "-c base.in  # x",
        ] {
            assert_eq!(included_file(line), Some("base.in"), "{line}");
        }
        for line in [
            "requests",
            "--requirements-x y",
            "-r https://example.com/x",
            "# -r x",
            "-r",
        ] {
            assert_eq!(included_file(line), None, "{line}");
        }
    }
}
