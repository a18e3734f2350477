//! GitHub Actions: the names of files there, and warnings as annotations.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::progress::{Event, Progress};
use crate::render::{Output, TerminalProgress, annotate_warning};

/// GitHub Actions, which runs `lls`.
#[derive(Clone, Debug)]
pub struct GitHub {
    /// `GITHUB_WORKSPACE`: the root of the repository.
    pub workspace: Option<PathBuf>,
}

impl GitHub {
    /// Reads the environment: in a job, `GITHUB_ACTIONS` is `true`.
    pub fn read() -> Option<Self> {
        let is_github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        is_github.then(|| Self {
            workspace: std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from),
        })
    }

    /// The path of a file from the root of the repository, or the path itself if the file is elsewhere.
    pub fn in_repository(&self, path: &Path, folder: &Path) -> String {
        let full = folder.join(path);
        let full = full.canonicalize().unwrap_or(full);
        let root = self.workspace.as_ref();
        let root = root.and_then(|root| root.canonicalize().ok());
        let below = root.and_then(|root| Some(full.strip_prefix(root).ok()?.to_owned()));
        below.as_deref().unwrap_or(path).display().to_string()
    }
}

/// The warnings of a run, for its reports.
pub type Warnings = Arc<Mutex<Vec<String>>>;

/// Shows and keeps warnings. In GitHub Actions, it also annotates them.
pub struct NotedProgress {
    /// Who shows what happens.
    pub shown: TerminalProgress,
    /// Where annotations go, if they go anywhere.
    pub annotations: Option<Output>,
    /// The warnings so far.
    pub warnings: Warnings,
}

impl Progress for NotedProgress {
    fn event(&self, event: Event<'_>) {
        if let Event::Warning { message } = event {
            if let Some(output) = &self.annotations {
                output.annotate(&annotate_warning(message));
            }
            let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
            warnings.push(message.to_owned());
        }
        self.shown.event(event);
    }

    fn is_stopping(&self) -> bool {
        self.shown.is_stopping()
    }
}
