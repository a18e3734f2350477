//! What Python's packages are locked and fetched with: `uv`, once it is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::uv::{ResolvedPackage, Uv, UvError, UvSource, because, find_uv};
use crate::error::Error;
use crate::layer::{PackageName, PythonVersion};
use crate::progress::{Event, Progress};

/// What Python's packages are locked and fetched with.
pub struct Tools {
    /// Where to find, or to install, `uv`.
    pub uv_source: UvSource,
    uv: OnceCell<Uv>,
    /// The versions that were told to be yanked.
    told_yanked: Mutex<BTreeSet<(PackageName, String)>>,
    /// The releases of interpreters that were looked for.
    releases: tokio::sync::Mutex<BTreeMap<PythonVersion, Option<String>>>,
}

impl Tools {
    /// None at hand yet.
    pub fn new(uv_source: UvSource) -> Self {
        Self {
            uv_source,
            uv: OnceCell::new(),
            told_yanked: Mutex::default(),
            releases: tokio::sync::Mutex::default(),
        }
    }

    /// The interpreter of this version that `uv` finds, if it finds one. None is downloaded.
    pub async fn find_python(
        &self,
        python: PythonVersion,
        progress: &dyn Progress,
    ) -> Result<Option<PathBuf>, Error> {
        Ok(self.uv(progress).await?.find_python(python).await?)
    }

    /// The release of that interpreter, such as `3.12.11`. It is looked for once.
    pub async fn python_release(
        &self,
        python: PythonVersion,
        progress: &dyn Progress,
    ) -> Result<Option<String>, Error> {
        let mut releases = self.releases.lock().await;
        if let Some(known) = releases.get(&python) {
            return Ok(known.clone());
        }
        let found = self.uv(progress).await?.python_release(python).await?;
        releases.insert(python, found.clone());
        Ok(found)
    }

    /// `uv`, which is found or installed when it is first needed.
    pub(super) async fn uv(&self, progress: &dyn Progress) -> Result<&Uv, UvError> {
        let find = || find_uv(&self.uv_source, progress);
        self.uv.get_or_try_init(find).await
    }

    /// Warns, once, of versions that their authors have withdrawn.
    pub(super) fn warn_of_yanked(&self, packages: &[ResolvedPackage], progress: &dyn Progress) {
        for package in packages {
            let (Some(version), Some(reason)) = (&package.version, &package.yanked) else {
                continue;
            };
            let key = (package.name.clone(), version.clone());
            let mut told = self
                .told_yanked
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if told.insert(key) {
                let name = &package.name;
                let because = because(reason);
                let message = format!(
                    "`{name}` {version} has been yanked by its authors{because}; require another version, or run `lls lock --upgrade`"
                );
                progress.event(Event::Warning { message: &message });
            }
        }
    }
}
