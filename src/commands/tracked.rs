//! Whether Git tracks the caches of a project, which nobody can review: a warning, found out beside the planning.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::task::JoinHandle;

use super::Context;
use super::cache_places::repository_root;
use crate::cache::{ArchiveStore, PROJECT_CACHES};

/// How long Git may take. Where it takes longer, nothing is said.
const PATIENCE: Duration = Duration::from_secs(5);

/// The question to Git, which is being answered.
pub struct TrackedCaches(Option<JoinHandle<Vec<String>>>);

impl TrackedCaches {
    /// Asks Git, unless there are no caches or no repository, or its index is the one that it was asked of before.
    pub fn look(project: &Path, archives: &ArchiveStore, context: &Context) -> Self {
        let caches = PROJECT_CACHES.map(|cache| project.join(cache));
        let root = repository_root(project);
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
        let search_path = context.environment.search_path.clone();
        let archives = archives.clone();
        Self(Some(tokio::spawn(async move {
            let Some(tracked) = tracked(&root, &names, search_path).await else {
                return Vec::new();
            };
            if let Some(index) = index.filter(|_| tracked.is_empty()) {
                archives.note_untracked_in(&index);
            }
            tracked
        })))
    }

    /// Warns of what Git tracks.
    pub async fn warn(self, context: &Context) {
        let Some(looking) = self.0 else { return };
        let tracked = looking.await.unwrap_or_default();
        if !tracked.is_empty() {
            context.warn(&format!(
                "Git tracks {}, which are caches: what comes with the repository is made again, never believed; run `git rm -r --cached {}`",
                tracked.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(" and "),
                tracked.join(" ")
            ));
        }
    }
}

/// Those of the paths `names`, in the repository `root`, that Git tracks; `None` where there is no Git, or no answer.
///
/// The repository is named, as another one may be committed in it, and nothing that it could set up is run.
async fn tracked(
    root: &Path,
    names: &[PathBuf],
    search_path: Option<OsString>,
) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.env_clear()
        .envs(search_path.map(|folders| ("PATH", folders)))
        .current_dir("/") // where no relative folder of the search path leads into the repository
        .arg("-C")
        .arg(root)
        .arg("--git-dir=.git")
        .arg("--work-tree=.")
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(["--literal-pathspecs", "ls-files", "-z", "--"])
        .args(names)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, git.output()).await;
    let output = output.ok()?.ok()?;
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
