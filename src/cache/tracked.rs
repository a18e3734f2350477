//! Whether Git tracks the caches of a project, which nobody can review: a warning, found out beside the planning.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::{ArchiveStore, PROJECT_CACHES};
use crate::input::Repository;
use crate::process::{Launcher, Purpose};
use crate::progress::{Event, Progress};

/// How long Git may take. Where it takes longer, nothing is said.
pub const GIT_PATIENCE: Duration = Duration::from_secs(5);

/// The question to Git, which is being answered.
pub struct TrackedCaches(Option<JoinHandle<Vec<String>>>);

impl TrackedCaches {
    /// Asks Git, unless there are no caches or no repository, or its index is the one that it was asked of before.
    ///
    /// `launcher` finds no programs in the repository.
    pub fn look(
        project: &Path,
        repository: &Repository,
        archives: &ArchiveStore,
        launcher: Launcher,
    ) -> Self {
        let caches = PROJECT_CACHES.map(|cache| project.join(cache));
        let root = repository.root().to_owned();
        let git = root.join(".git");
        if !caches.iter().any(|cache| cache.exists()) || !git.exists() {
            return Self(None);
        }
        // In a worktree the index is elsewhere, and Git is asked each time.
        let index = git.join("index").symlink_metadata().ok();
        if index
            .as_ref()
            .is_some_and(|index| archives.is_untracked_in(index))
        {
            return Self(None);
        }
        let project = project.canonicalize().ok();
        let project =
            project.and_then(|project| Some(project.strip_prefix(&root).ok()?.to_owned()));
        let Some(project) = project else {
            return Self(None);
        };
        let names = PROJECT_CACHES.map(|cache| project.join(cache));
        let archives = archives.clone();
        Self(Some(tokio::spawn(async move {
            let Some(tracked) = tracked(&root, &names, &launcher).await else {
                return Vec::new();
            };
            if let Some(index) = index.filter(|_| tracked.is_empty()) {
                archives.note_untracked_in(&index);
            }
            tracked
        })))
    }

    /// Warns of what Git tracks.
    pub async fn warn(self, progress: &dyn Progress) {
        let Some(looking) = self.0 else { return };
        let tracked = looking.await.unwrap_or_default();
        if !tracked.is_empty() {
            let message = format!(
                "Git tracks {}, which are caches: nothing in them is trusted, and everything is rebuilt; run `git rm -r --cached {}`",
                tracked
                    .iter()
                    .map(|path| format!("`{path}`"))
                    .collect::<Vec<_>>()
                    .join(" and "),
                tracked.join(" ")
            );
            progress.event(Event::Warning { message: &message });
        }
    }
}

/// Those of the paths `names`, in the repository `root`, that Git tracks; `None` where there is no Git, or no answer.
///
/// Git finds the repository itself, so it refuses one that another user owns. It finds neither a repository above the
/// root nor a bare one that is committed in it, and runs nothing that the repository's settings name.
async fn tracked(root: &Path, names: &[PathBuf], launcher: &Launcher) -> Option<Vec<String>> {
    let mut git = launcher.child(&launcher.find("git")?, Purpose::Git).ok()?;
    git.arg("-C")
        .arg(root)
        .args(["-c", "safe.bareRepository=explicit", "--literal-pathspecs"])
        .args(["ls-files", "-z", "--"])
        .args(names)
        .env("GIT_NO_LAZY_FETCH", "1");
    if let Some(above) = root.parent() {
        git.env("GIT_CEILING_DIRECTORIES", above);
    }
    let output = git.output_within(GIT_PATIENCE).await.ok()?;
    let files: Vec<_> = output.stdout.split(|byte| *byte == 0).collect();
    let is_below = |name: &&PathBuf| {
        let name = name.as_os_str().as_encoded_bytes();
        files.iter().any(|file| {
            let rest = file.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        })
    };
    let tracked = names.iter().filter(is_below);
    let tracked = tracked.map(|name| name.display().to_string()).collect();
    output.status.success().then_some(tracked)
}
