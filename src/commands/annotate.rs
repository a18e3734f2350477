//! Annotations where GitHub Actions runs `lls`: what goes wrong is also shown beside the manifest in a pull request.

use std::path::{Path, PathBuf};

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

    fn annotated_manifest(&self) -> Option<String> {
        let environment = &self.environment;
        let github = environment.github.as_ref()?;
        Some(github.in_repository(self.options.manifest_path(), &environment.folder))
    }
}

/// Annotates warnings beside showing them.
pub struct AnnotatedProgress {
    /// Who shows what happens.
    pub shown: TerminalProgress,
    /// Where annotations go.
    pub output: Output,
}

impl Progress for AnnotatedProgress {
    fn event(&self, event: Event<'_>) {
        if let Event::Warning { message } = event {
            self.output.annotate(&annotate_warning(message));
        }
        self.shown.event(event);
    }

    fn is_stopping(&self) -> bool {
        self.shown.is_stopping()
    }
}
