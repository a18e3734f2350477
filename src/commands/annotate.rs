//! Annotations where GitHub Actions runs `lls`: what goes wrong is also shown beside the manifest in a pull request.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Context;
use crate::error::Failures;
use crate::progress::{Event, Progress};
use crate::render::{
    Output, Report, TerminalProgress, annotate_failures, annotate_report, annotate_warning,
};

/// GitHub Actions, which runs `lls`.
#[derive(Clone, Debug)]
pub struct GitHub {
    /// `GITHUB_WORKSPACE`: the root of the repository.
    pub workspace: Option<PathBuf>,
}

impl GitHub {
    /// What the environment says: `GITHUB_ACTIONS` is `true` where a job runs.
    pub fn read() -> Option<Self> {
        let is_github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        is_github.then(|| Self {
            workspace: std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from),
        })
    }

    /// How a file is called from the root of the repository, or as it is, where it is elsewhere.
    fn in_repository(&self, path: &Path, folder: &Path) -> String {
        let full = folder.join(path);
        let full = full.canonicalize().unwrap_or(full);
        let root = self.workspace.as_ref();
        let root = root.and_then(|root| root.canonicalize().ok());
        let below = root.and_then(|root| Some(full.strip_prefix(root).ok()?.to_owned()));
        below.as_deref().unwrap_or(path).display().to_string()
    }
}

impl Context {
    /// Annotates failures, where GitHub Actions runs `lls`.
    pub fn annotate(&self, failures: &Failures) {
        if let Some(manifest) = self.annotated_manifest() {
            self.output
                .annotate(&annotate_failures(failures, &manifest));
        }
    }

    /// Annotates the blocked layers and failed changes of a report, where GitHub Actions runs `lls`.
    pub fn annotate_report(&self, report: &Report<'_>) {
        if let Some(manifest) = self.annotated_manifest() {
            self.output.annotate(&annotate_report(report, &manifest));
        }
    }

    /// The warnings so far, in their order.
    pub fn warned(&self) -> Vec<String> {
        let warnings = self.warnings.lock();
        warnings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn annotated_manifest(&self) -> Option<String> {
        let environment = &self.environment;
        let github = environment.github.as_ref()?;
        Some(github.in_repository(self.options.manifest_path(), &environment.folder))
    }
}

/// The warnings of a run, for its reports.
pub type Warnings = Arc<Mutex<Vec<String>>>;

/// Keeps warnings, and annotates them where GitHub Actions runs `lls`, beside showing them.
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
