//! What `lls doctor` asks of the tools for Python: which `uv` there is, whether locks are current, and whether indexes answer.

use std::path::PathBuf;

use super::locking_error::in_layer;
use super::requirements::pythons;
use super::uv::{Platform, present_uv};
use crate::ecosystem::Workbench;
use crate::error::Error;
use crate::layer::{LayerName, PackageName};
use crate::manifest::LayerSettings;

/// Whether a lock can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockState {
    /// It is what the requirements ask for.
    Current,
    /// It is missing, stale, or damaged, as the word says.
    Outdated(&'static str),
}

impl Workbench<'_> {
    /// The `uv` that a run would use, and its version; `None` if it would be installed first.
    ///
    /// # Errors
    /// If it cannot be run.
    pub async fn uv_version(&self) -> Result<Option<(PathBuf, String)>, Error> {
        if present_uv(&self.python.uv_source).is_none() {
            return Ok(None);
        }
        Ok(Some(self.python.uv(self.progress).await?.version().await?))
    }

    /// Whether the layer's lock can be used; `None` if the layer requires no packages.
    ///
    /// # Errors
    /// If the requirements or the lock cannot be read.
    pub fn lock_state(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<Option<LockState>, Error> {
        let requirements = self.requirements(layer, settings)?;
        Ok(requirements.map(|requirements| {
            if requirements.lock_is_current(&settings.build) {
                LockState::Current
            } else {
                LockState::Outdated(requirements.lock_state())
            }
        }))
    }

    /// A package that the layer's lock has from an index, and the newest version that the index has of it; `None` if
    /// there is no such package.
    ///
    /// # Errors
    /// If the index does not answer.
    pub async fn ask_index(
        &self,
        layer: &LayerName,
        settings: &LayerSettings,
    ) -> Result<Option<(PackageName, String)>, Error> {
        let Some(requirements) = self.requirements(layer, settings)? else {
            return Ok(None);
        };
        let locked = requirements.lock.iter().flat_map(|lock| &lock.wheels);
        let mut from_index = locked.filter(|wheel| wheel.built.is_none());
        let python = pythons(settings).pop_last();
        let Some((wheel, python)) = from_index.next().zip(python) else {
            return Ok(None);
        };
        let in_layer = |source| in_layer(layer, &requirements, source);
        let platform = Platform {
            python,
            architecture: settings.architecture,
        };
        let asked = [wheel.name.to_string()];
        let uv = self.python.uv(self.progress).await.map_err(in_layer)?;
        let found = uv.newest(&asked, &requirements.index_options, platform);
        let found = found.await.map_err(in_layer)?.into_iter().next();
        Ok(found.and_then(|package| Some((package.name, package.version?))))
    }
}
