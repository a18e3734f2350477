//! Where the caches are, and the key that their notes are believed under.

use std::path::{Path, PathBuf};

use super::Context;
use crate::cache::{
    CachePlaces, NoteKey, NoteKeyError, default_cache_folder, default_state_folder,
    refuse_links_below,
};
use crate::ecosystem::python::installed_uv;
use crate::error::{Error, Failure};
use crate::input::Repository;

/// The key would come with the repository, or go with it.
#[derive(Debug, thiserror::Error)]
#[error("LLS_STATE_DIR is `{}`, which is inside the repository `{}`", folder.display(), root.display())]
struct StateInRepository {
    folder: PathBuf,
    root: PathBuf,
}

impl Failure for StateInRepository {
    fn hint(&self) -> Option<String> {
        Some(
            "use a folder that is outside the repository and not in any CI cache: anyone who can read or write its key can forge what `lls` trusts"
                .into(),
        )
    }
}

impl Context {
    /// The folder of the user's cache.
    ///
    /// # Errors
    /// If there is no place for it, or if the repository has a link in the way of it.
    pub fn cache_folder(&self, repository: &Repository) -> Result<PathBuf, Error> {
        let folder = match &self.environment.cache_folder {
            Some(folder) => folder.clone(),
            None => default_cache_folder()?,
        };
        let absolute = self.environment.folder.join(&folder);
        for folder in [
            absolute.join("wheels"),
            absolute.join("bytecode"),
            installed_uv(&absolute),
        ] {
            refuse_links_below(repository.root(), &folder)?;
        }
        Ok(folder)
    }

    /// The caches for the project in `project`, which is part of `repository`.
    ///
    /// # Errors
    /// If there is no place for the user's cache, if the repository has a link in the way of it, or if the key would be
    /// in the repository.
    pub(super) fn cache_places(
        &self,
        project: &Path,
        repository: &Repository,
    ) -> Result<CachePlaces, Error> {
        Ok(CachePlaces {
            project: project.to_owned(),
            user: self.cache_folder(repository)?,
            key: self.note_key(repository)?,
        })
    }

    /// The key of this user on this machine. If it cannot be stored, a key for this run only.
    fn note_key(&self, repository: &Repository) -> Result<NoteKey, Error> {
        let named = self.environment.state_folder.as_ref();
        let named = named.map(|folder| self.environment.folder.join(folder));
        let Some(folder) = named.clone().or_else(default_state_folder) else {
            tracing::debug!("there is no home folder, so notes in caches are not trusted");
            return Ok(NoteKey::of_this_run()?);
        };
        if repository.holds(&folder) {
            if let Some(folder) = named {
                let root = repository.root().to_owned();
                return Err(StateInRepository { folder, root }.into());
            }
            tracing::debug!(
                folder = %folder.display(),
                "the state folder is in the repository, so notes in caches are not trusted"
            );
            return Ok(NoteKey::of_this_run()?);
        }
        match NoteKey::load(&folder) {
            Ok(key) => return Ok(key),
            Err(error @ NoteKeyError::Unsafe { .. }) => {
                let hint = error.hint().unwrap_or_default();
                self.warn(&format!("{error}: {hint}"));
            }
            Err(NoteKeyError::Path(error)) => {
                tracing::debug!(%error, "notes in caches are not trusted");
            }
        }
        Ok(NoteKey::of_this_run()?)
    }
}
