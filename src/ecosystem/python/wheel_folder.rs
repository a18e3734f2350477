//! The folder `.wheels` of a layer: the wheels that `lls lock` built, which are committed beside the lock.

use std::path::PathBuf;

use super::lock::{BuiltWheel, Lock, LockedWheel};
use super::wheel::WheelName;
use crate::cache::{TEMPORARY_PREFIX, write_file};
use crate::digest::{Digest, Sha256};
use crate::error::{Failure, PathContext as _, PathError};
use crate::input::{FileKind, InputError, Repository};
use crate::layer::LayerName;
use crate::manifest::LayerSettings;
use crate::progress::{Event, Progress};

/// What is wrong with a built wheel.
#[derive(Debug, thiserror::Error)]
pub enum WheelFolderError {
    /// The lock names it, but it is not there.
    #[error("there is no `{}`, which the lock of layer `{layer}` names", path.display())]
    Missing { layer: LayerName, path: PathBuf },
    /// It is not the one that was locked.
    #[error("`{}` has the hash sha256:{found}, not the locked {expected}", path.display())]
    Damaged {
        path: PathBuf,
        expected: Digest,
        found: Sha256,
    },
    /// It cannot be written or removed.
    #[error(transparent)]
    File(#[from] PathError),
    /// It cannot be read, or the folder is elsewhere.
    #[error(transparent)]
    Input(#[from] InputError),
}

impl Failure for WheelFolderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(
                "commit the folder `.wheels` with the lock, or build the wheel again with `lls lock`"
                    .into(),
            ),
            Self::Damaged { .. } => {
                Some("restore it from Git, or build the wheel again with `lls lock`".into())
            }
            Self::File(error) => error.hint(),
            Self::Input(error) => error.hint(),
        }
    }
}

/// The folder of built wheels of a layer, there or not.
pub(super) struct WheelFolder<'a> {
    layer: &'a LayerName,
    path: PathBuf,
    repository: &'a Repository,
}

impl<'a> WheelFolder<'a> {
    /// The folder of `layer`.
    pub fn of(layer: &'a LayerName, settings: &LayerSettings, repository: &'a Repository) -> Self {
        Self {
            layer,
            repository,
            path: settings.directory.join(BuiltWheel::FOLDER),
        }
    }

    /// The bytes of a locked wheel, if they have the locked hash.
    pub fn read(&self, file: &str, expected: Digest) -> Result<Vec<u8>, WheelFolderError> {
        let path = self.path.join(file);
        let bytes = match self.repository.read(&path, FileKind::Content) {
            Err(error) if error.is_missing() => {
                let layer = self.layer.clone();
                return Err(WheelFolderError::Missing { layer, path });
            }
            outcome => outcome?,
        };
        let found = Sha256::of(&bytes);
        if expected != found.into() {
            return Err(WheelFolderError::Damaged {
                path,
                expected,
                found,
            });
        }
        Ok(bytes)
    }

    /// Fails at the first wheel of the lock that is missing or damaged.
    pub fn check(&self, lock: &Lock) -> Result<(), WheelFolderError> {
        for (built, wheel) in built_wheels(lock) {
            self.read(built.file.as_str(), wheel.sha256.into())?;
        }
        Ok(())
    }

    /// Writes a wheel; one of that name is replaced whole.
    pub fn write(&self, file: &WheelName, bytes: &[u8]) -> Result<(), WheelFolderError> {
        self.repository.check_inside(&self.path)?;
        Ok(write_file(&self.path.join(file.to_string()), bytes)?)
    }

    /// Removes the wheels that the lock does not name, and says so. Other files stay.
    pub fn remove_stale(
        &self,
        lock: &Lock,
        progress: &dyn Progress,
    ) -> Result<(), WheelFolderError> {
        self.repository.check_inside(&self.path)?;
        let entries = match std::fs::read_dir(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            outcome => outcome.at("list", &self.path)?,
        };
        let mut stale = Vec::new();
        for entry in entries {
            let name = entry.at("list", &self.path)?.file_name();
            let text = name.to_string_lossy();
            // A temporary file is one that an interrupted run left behind.
            let is_ours = text.ends_with(".whl") || text.starts_with(TEMPORARY_PREFIX);
            let is_named = |(built, _): (&BuiltWheel, _)| built.file.to_string() == text;
            if is_ours && !built_wheels(lock).any(is_named) {
                stale.push(self.path.join(&name));
            }
        }
        stale.sort();
        for path in stale {
            std::fs::remove_file(&path).at("remove", &path)?;
            progress.event(Event::RemovedWheel { path: &path });
        }
        if built_wheels(lock).next().is_none() {
            // It stays where something else is in it.
            let _ = std::fs::remove_dir(&self.path);
        }
        Ok(())
    }
}

fn built_wheels(lock: &Lock) -> impl Iterator<Item = (&BuiltWheel, &LockedWheel)> {
    let wheels = lock.wheels.iter();
    wheels.filter_map(|wheel| Some((wheel.built.as_ref()?, wheel)))
}
