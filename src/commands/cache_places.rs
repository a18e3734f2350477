//! Where the caches are, and the key that their notes are believed under.

use std::path::{Path, PathBuf};

use super::Context;
use crate::cache::{
    CachePlaces, NoteKey, NoteKeyError, default_cache_folder, default_state_folder,
    refuse_links_below,
};
use crate::error::{Error, Failure};
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

    /// The caches for the project in `project`.
    ///
    /// # Errors
    /// If there is no place for the user's cache, if the repository has a link in the way of it, or if the key would be
    /// in the repository.
    pub(super) fn cache_places(&self, project: &Path) -> Result<CachePlaces, Error> {
        let root = repository_root(project);
        let user = self.cache_folder()?;
        let absolute = self.environment.folder.join(&user);
        for folder in [absolute.join("wheels"), installed_uv(&absolute)] {
            refuse_links_below(&root, &folder)?;
        }
        Ok(CachePlaces {
            project: project.to_owned(),
            user,
            key: self.note_key(&root)?,
        })
    }

    /// The key of this user on this machine; where there is no place for one, a key for this run alone.
    fn note_key(&self, root: &Path) -> Result<NoteKey, Error> {
        let named = self.environment.state_folder.as_ref();
        let named = named.map(|folder| self.environment.folder.join(folder));
        let Some(folder) = named.clone().or_else(default_state_folder) else {
            tracing::debug!("there is no home folder: nothing is believed that is noted in caches");
            return Ok(NoteKey::of_this_run()?);
        };
        if resolved(&folder).starts_with(root) {
            if let Some(folder) = named {
                let root = root.to_owned();
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

/// The root of the repository that `folder` is in, without links: the nearest folder with `.git`, else `folder` itself.
pub(super) fn repository_root(folder: &Path) -> PathBuf {
    let folder = resolved(folder);
    let has_git = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
    let root = folder.ancestors().find(has_git);
    root.unwrap_or(&folder).to_owned()
}

/// `path` without links, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|above| {
        let rest = path.strip_prefix(above).ok()?;
        Some(above.canonicalize().ok()?.join(rest))
    });
    there.unwrap_or_else(|| path.to_owned())
}
