//! Where the caches are, and the key that their notes are believed under.

use std::path::{Path, PathBuf};

use super::Context;
use crate::cache::{
    CachePlaces, NoteKey, NoteKeyError, default_cache_folder, default_state_folder,
    refuse_links_below,
};
use crate::error::{Error, Failure};
use crate::input::Repository;
use crate::uv::installed_uv;

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
            "name a folder outside of it, which no CI cache holds: whoever can read or write the key in it can forge what lls believes"
                .into(),
        )
    }
}

impl Context {
    /// The folder of the user's cache.
    pub fn cache_folder(&self) -> Result<PathBuf, Error> {
        match &self.environment.cache_folder {
            Some(folder) => Ok(folder.clone()),
            None => Ok(default_cache_folder()?),
        }
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
        let user = self.cache_folder()?;
        let absolute = self.environment.folder.join(&user);
        for folder in [absolute.join("wheels"), installed_uv(&absolute)] {
            refuse_links_below(repository.root(), &folder)?;
        }
        Ok(CachePlaces {
            project: project.to_owned(),
            user,
            key: self.note_key(repository)?,
        })
    }

    /// The key of this user on this machine; where there is no place for one, a key for this run alone.
    fn note_key(&self, repository: &Repository) -> Result<NoteKey, Error> {
        let named = self.environment.state_folder.as_ref();
        let named = named.map(|folder| self.environment.folder.join(folder));
        let Some(folder) = named.clone().or_else(default_state_folder) else {
            tracing::debug!("there is no home folder: nothing is believed that is noted in caches");
            return Ok(NoteKey::of_this_run()?);
        };
        if repository.holds(&folder) {
            if let Some(folder) = named {
                let root = repository.root().to_owned();
                return Err(StateInRepository { folder, root }.into());
            }
            tracing::debug!(
                folder = %folder.display(),
                "the state folder is in the repository: nothing is believed that is noted in caches"
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
                tracing::debug!(%error, "nothing is believed that is noted in caches");
            }
        }
        Ok(NoteKey::of_this_run()?)
    }
}
