//! Annotations in GitHub Actions: a pull request also shows problems next to the lines of the manifest.

use std::sync::PoisonError;

use super::Context;
use crate::error::Failures;
use crate::render::{Report, annotate_failures, annotate_report};

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
